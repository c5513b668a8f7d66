"""Privacy flags and statements about patients as columns of the `paragraphs` table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from classifiers.privacy.patients import patients
from classifiers.privacy.text import flags
from schemas.paragraph import Paragraph, Patient, TextFlag

SWITCH = "privacy"
VERSION = "1"  # of the rules; rises with every change of what they find


def prepare(config: Any) -> None:
    """Nothing has to be loaded."""


def info(config: Any) -> list[dict[str, str]]:
    """Name and version of the rules."""
    return [{"name": "privacy_text", "version": VERSION, "trained_on": "rules, no training"}]


def enrich(paragraphs: Sequence[Paragraph], config: Any) -> list[Paragraph]:
    """The paragraphs with their flags; patients are looked for in case reports and clinical cases."""
    out = []
    for p in paragraphs:
        found = flags(p.text)
        told = patients(p.text) if p.article_type == "case-report" or p.section_kind == "case" else []
        if found or told:
            p = replace(
                p,
                privacy=tuple(TextFlag(kind=f.kind, start=f.start, end=f.end, score=f.score) for f in found),
                patients=tuple(
                    Patient(start=x.start, end=x.end, age=x.age, sex=x.sex or None, diagnosis=x.diagnosis or None)
                    for x in told
                ),
            )
        out.append(p)
    return out
