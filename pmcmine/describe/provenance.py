"""Describe a dataset's origin and use for Croissant: dates, PROV-O, responsible AI (RAI 1.0) and ODRL terms.

https://docs.mlcommons.org/croissant/docs/croissant-rai-spec.html, https://www.w3.org/TR/prov-o/,
https://www.w3.org/TR/odrl-model/
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pmcmine._version import __version__
from pmcmine.describe.balance import Balance
from pmcmine.describe.corpus_facts import CorpusFacts
from pmcmine.plugins.enricher import Model
from pmcmine.release.facts import Snapshot

CONTEXT: Final = {
    "cc": "http://creativecommons.org/ns#",
    "prov": "http://www.w3.org/ns/prov#",
    "odrl": "http://www.w3.org/ns/odrl/2/",
}
_SOURCE: Final = "https://pmc.ncbi.nlm.nih.gov/tools/openftlist/"
_ARTICLES: Final = "The authors of the articles in the PMC Open Access Subset"
_RAI: Final = {
    "rai:dataCollection": (
        "Figures, captions, paragraphs and tables are extracted from the XML and image files of open-access articles; "
        "the datasheet lists every exclusion with its reason and number."
    ),
    "rai:dataCollectionType": ["Secondary Data Analysis"],
    "rai:dataAnnotationAnalysis": (
        "Types, kinds, qualities, concepts and flags are estimates of models and rules, whose cards state the errors. "
        "No annotator worked on this dataset."
    ),
    "rai:dataUseCases": [
        "Pretraining and fine-tuning of image-text and language models",
        "Retrieval",
        "Research on figures and reporting",
    ],
    "rai:dataLimitations": [
        "A caption says what its authors meant to show, not everything that is visible.",
        "Not for clinical decisions.",
    ],
    "rai:dataBiases": [
        "Journals, countries, languages and diseases are represented as they are in open-access publishing."
    ],
    "rai:personalSensitiveInformation": [
        "May contain pictures and reports of patients, as published. Faces, names and similar items are flagged; "
        "a missing flag is no guarantee."
    ],
    "rai:dataReleaseMaintenancePlan": (
        "Updated from the source; retracted, withdrawn and excluded articles are listed in tombstones."
    ),
}
_USES: Final = {
    "commercial": ("odrl:use", None),
    "noncommercial": ("odrl:use", "cc:CommercialUse"),
    "other": ("odrl:read", "odrl:distribute"),
}


@dataclass(frozen=True, slots=True)
class About:
    """The facts on how a dataset was made, for its descriptions.

    Attributes:
        facts: counts of the corpus.
        snapshot: the frozen snapshot.
        models: models that labelled its rows.
        balance: its composition.
    """

    facts: CorpusFacts
    snapshot: Snapshot
    models: Sequence[Model] = ()
    balance: Balance = Balance()


def provenance(about: About, groups: Iterable[str]) -> dict[str, Any]:
    """Return the Croissant properties on a dataset's origin and permitted use.

    Args:
        about: how it was made.
        groups: its licence groups.
    """
    facts = about.facts
    # The day of the newest article, not of the run: the same input gives the same bytes.
    date = {"datePublished": _day(facts.newest)} if facts.newest else {}
    language = {"inLanguage": list(facts.languages)} if facts.languages else {}
    read = ("PMC article versions, by PMCID, version and ETag", about.snapshot.sha256)
    used = [_entity(*entity) for entity in (read, *((m.name, m.sha256) for m in about.models))]
    return (
        date
        | language
        | {
            "keywords": ["biomedicine", "PubMed Central", "open access", "figures", "captions"],
            "creator": [{"@type": "sc:Organization", "name": _ARTICLES}],
            "isBasedOn": _SOURCE,
            "prov:wasDerivedFrom": {"@id": _SOURCE},
            "prov:wasGeneratedBy": {
                "@type": "prov:Activity",
                "prov:label": "pmcmine mine",
                "prov:used": used,
                "prov:wasAssociatedWith": {"@type": "prov:SoftwareAgent", "prov:label": f"pmcmine {__version__}"},
            },
            "usageInfo": [_offer(group) for group in sorted(groups)],
        }
        | _RAI
    )


def _entity(label: str, sha256: str | None) -> dict[str, Any]:
    """Describe a used resource."""
    identifier = {"sc:identifier": f"sha256:{sha256}"} if sha256 else {}
    return {"@type": "prov:Entity", "prov:label": label, **identifier}


def _day(date: str) -> str:
    """Complete a date that may lack month and day, as schema.org requires."""
    return date if len(date) == 10 else f"{date}-01" if len(date) == 7 else f"{date}-01-01"


def _offer(group: str) -> dict[str, Any]:
    """Return the terms of a licence group; the licence of each row states them in full."""
    action, forbidden = _USES[group]
    rule: dict[str, Any] = {"odrl:action": {"@id": action}, "odrl:duty": {"odrl:action": {"@id": "odrl:attribute"}}}
    offer: dict[str, Any] = {"@type": "odrl:Offer", "sc:name": f"configuration {group}", "odrl:permission": rule}
    if forbidden:
        offer["odrl:prohibition"] = {"odrl:action": {"@id": forbidden}}
    return offer
