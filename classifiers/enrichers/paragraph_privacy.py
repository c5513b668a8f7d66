"""Privacy flags and statements about patients as columns of the `paragraphs` table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from classifiers.privacy.patients import patients
from classifiers.privacy.text import flags
from pmcmine.plugins.enricher import OUR_LICENSE, Context, Model, Option, columns_of
from schemas.paragraph import Paragraph, Patient, TextFlag

# Kinds of sections that tell of no patient of the authors.
_BACK = frozenset(
    "abbreviations acknowledgements funding ethics data_availability conflicts supplementary appendix back".split()
)
VERSION = "2"  # of the rules; rises with every change of what they find


class ParagraphPrivacy:
    """Flags of paragraphs that may identify patients, and the patients that they describe."""

    table = "paragraphs"
    columns = columns_of(Paragraph, "patients", "privacy")
    switch = "privacy"
    options: Sequence[Option] = ()
    pixels = False

    def prepare(self, options: Mapping[str, Any]) -> None:
        """Do nothing: rules need no loading."""

    def models(self, options: Mapping[str, Any]) -> list[Model]:
        """Return the rules for texts."""
        return [Model("privacy_text", "rules, no training", version=VERSION, license=OUR_LICENSE)]

    def enrich(self, rows: Sequence[Paragraph], context: Context) -> list[dict[str, Any]]:
        """Flag each paragraph; look for patients in case reports and clinical cases."""
        out: list[dict[str, Any]] = []
        for p in rows:
            found = flags(p.text)
            in_case = p.section_kind == "case" or (p.article_type == "case-report" and p.section_kind not in _BACK)
            told = patients(p.text) if in_case else []
            out.append(
                {
                    "privacy": tuple(TextFlag(kind=f.kind, start=f.start, end=f.end, score=f.score) for f in found),
                    "patients": tuple(
                        Patient(start=x.start, end=x.end, age=x.age, sex=x.sex or None, diagnosis=x.diagnosis or None)
                        for x in told
                    ),
                }
                if found or told
                else {}
            )
        return out
