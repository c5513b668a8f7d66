"""Define named views of a release: documented predicates over its tables. Needs nothing but DuckDB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pmcmine.plugins.load import VIEWS, plugins


@dataclass(frozen=True, slots=True)
class View:
    """A predicate over a table. Registered as an entry point of the group `pmcmine.views`, by its name.

    Attributes:
        name: its name in `pmcmine subset --view`.
        table: the table.
        groups: licence groups; all if empty.
        where: SQL condition over its columns.
        order: SQL order, which also groups related rows.
        meaning: description of the rows.
    """

    name: str
    table: str
    groups: tuple[str, ...]
    where: str
    order: str
    meaning: str


CLINICAL_CASES: Final = View(
    "clinical-cases",
    "paragraphs",
    (),
    "type = 'clinical_case' AND type_clinical_case >= 0.6 AND length(text) >= 100 AND section_kind NOT IN "
    "('introduction', 'conclusion', 'supplementary', 'acknowledgements', 'funding', 'ethics', 'data_availability', "
    "'conflicts', 'abbreviations', 'appendix', 'back') AND coalesce(article_type, '') NOT IN "
    "('reply', 'correction', 'retraction', 'article-commentary', 'discussion', 'addendum')",
    "article_type = 'case-report' DESC, pmcid, ordinal",
    "Paragraphs that tell the course of individual patients, those of case reports first and each article's "
    "together, without back matter and fragments; `patients` holds age, sex and diagnosis where they are stated. "
    "The table `cases` has a row for each patient.",
)
HIGH_QUALITY_COMMERCIAL: Final = View(
    "high-quality-commercial",
    "paragraphs",
    ("commercial",),
    "quality >= 3.3 AND type <> 'other' AND text_language = 'en'",
    "quality DESC, paragraph_id",
    "English paragraphs of educational quality that may be used commercially, the best first.",
)
RADIOLOGY: Final = View(
    "radiology",
    "figures",
    (),
    "shard IS NOT NULL AND greatest(image_kind_scores.xray, image_kind_scores.ct, image_kind_scores.mri, "
    "image_kind_scores.ultrasound, image_kind_scores.nuclear) >= 0.5",
    "pmcid, ordinal",
    "Figures with X-ray, CT, MRI, ultrasound or nuclear medicine.",
)
HISTOPATHOLOGY: Final = View(
    "histopathology",
    "figures",
    (),
    "shard IS NOT NULL AND image_kind_scores.microscopy >= 0.5 AND regexp_matches(lower(caption), "
    "'histolog|histopatholog|biops|hematoxylin|haematoxylin|h&e|immunohistochem')",
    "pmcid, ordinal",
    "Micrographs whose caption speaks of tissue under a stain.",
)
DERMATOLOGY: Final = View(
    "dermatology",
    "figures",
    (),
    "shard IS NOT NULL AND image_kind_scores.clinical_photo >= 0.5 AND regexp_matches(lower(caption), "
    "'skin|dermat|lesion|rash|plaque|papule|erythema|trichosc|dermosc')",
    "pmcid, ordinal",
    "Clinical photographs whose caption speaks of skin.",
)


def views() -> dict[str, View]:
    """Return all named views by name, including those of other packages.

    Raises:
        PluginError: if one can't be loaded.
    """
    return {p.name: p.target for p in plugins(VIEWS)}
