"""CUPCase's rows: a case up to its diagnosis, and the diagnosis. The distractors are made by a model and stay empty."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from pmcmine.exports.reader import Export, ReleaseReader, no_cases

_ENDS: Final = re.compile(r"(?<!\bFig)(?<!\bFigs)(?<!\bal)(?<!\bDr)(?<!\bNo)[.!?][)\]”\"]*\s+(?=[A-Z“(])|\n")
_QUERY: Final = (
    "SELECT c.*, a.title, a.doi, a.source_url FROM cases c JOIN articles a USING (article_id) "
    "WHERE c.withheld IS NULL ORDER BY c.article_id, c.ordinal"
)


class CupCase:
    """CUPCase's case presentations and diagnoses."""

    name = "cupcase"
    meaning = "CUPCase's case presentations and diagnoses"

    def export(self, release: ReleaseReader, out: Export) -> None:
        """Write `cupcase.jsonl`: cases with a stated diagnosis and text before it."""
        out.json_lines("cupcase.jsonl", _rows(release))
        if not out.counts["cupcase.jsonl"]:
            out.notes.append(no_cases(release, "no case states a diagnosis in words, with text before it"))


def _rows(release: ReleaseReader) -> Iterator[dict[str, Any]]:
    if "cases" not in release.tables:
        return
    for case in release.rows(_QUERY):
        diagnosis = next((s for s in case["spans"] if s["part"] == "diagnosis"), None)
        if diagnosis is None:
            continue
        before, wording = _divide(case, diagnosis)
        if before and wording:
            yield {
                "id": case["case_id"],
                "clean_case_presentation": before,
                "correct_diagnosis": wording,
                "distractor1": None,
                "distractor2": None,
                "distractor3": None,
                "license": case["license"],
                "article_url": case["source_url"],
                "attribution": case["attribution"],
            }


def _divide(case: dict[str, Any], diagnosis: dict[str, Any]) -> tuple[str, str]:
    """Return the sentences before the one that states the diagnosis, and the phrase of the diagnosis."""
    offset = 0
    for passage in case["passages"]:
        inside = passage["start"] <= diagnosis["start"] < passage["end"]
        if inside and passage["paragraph_id"] == diagnosis["paragraph_id"]:
            start = offset + diagnosis["start"] - passage["start"]
            wording = case["text"][start : start + diagnosis["end"] - diagnosis["start"]]
            ends = [m.end() for m in _ENDS.finditer(case["text"], 0, start)]
            return case["text"][: ends[-1] if ends else 0].strip(), wording
        offset += passage["end"] - passage["start"] + 1
    return "", ""
