"""MedConcept-23M's records (ConceptCLIP): a pair a line, with UMLS concepts as offsets in the caption.

Tokens are the lower-cased words of the text and their places among its words: the original has WordPiece tokens of a
model that is not ours to choose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pmcmine.exports.reader import FIGURES, Beside, Export, ReleaseReader, image_name

_WORD = re.compile(r"\w+|[^\w\s]")


class MedConcept:
    """MedConcept-23M's pairs with UMLS concepts (ConceptCLIP)."""

    name = "medconcept"
    meaning = "MedConcept-23M's pairs with UMLS concepts (ConceptCLIP)"
    takes = frozenset({"where"})

    def export(self, release: ReleaseReader, out: Export) -> None:
        """Write `medconcept.jsonl` and `images/`."""
        out.json_lines("medconcept.jsonl", _pairs(release, out))


def _pairs(release: ReleaseReader, out: Export) -> Iterator[dict[str, Any]]:
    columns = 'cui, start, "end", text, score, context_kind'
    concepts = Beside(release.grouped("concepts", "context_id", columns, "start"))
    for f in release.rows(FIGURES):
        name = image_name(f)
        out.image(name, release.image(f))
        caption = f["caption"] or ""
        words = words_of(caption)
        yield {
            "pmid": f["pmid"] or "",
            "pmc": f["pmcid"].removeprefix("PMC"),
            "fig_caption": caption,
            "fig_id": f["figure_id"].split("/", 1)[1],
            "fig_label": f["label"] or "",
            "fig_list-items": "",
            "graphic_ref": f["media"],
            "href": f["source_url"],
            "caption": caption,
            "image": f"images/{name}",
            "umls_meta_info": [concept_of(c, words) for c in concepts.of(f["figure_id"]) if c["cui"]],
        }


def words_of(text: str) -> list[tuple[int, int, str]]:
    """Return words and signs of a text, lower-cased, with their offsets."""
    return [(m.start(), m.end(), m[0].lower()) for m in _WORD.finditer(text)]


def concept_of(concept: dict[str, Any], words: list[tuple[int, int, str]]) -> dict[str, Any]:
    """Convert a concept to the format: offsets in the caption, and the words it covers."""
    inside = [n for n, (a, b, _) in enumerate(words) if a < concept["end"] and b > concept["start"]]
    return {
        "umls_cui": concept["cui"],
        "umls_similarity": concept["score"],
        "start_char": concept["start"],
        "end_char": concept["end"],
        "tokens": [words[n][2] for n in inside],
        "start_token": inside[0] if inside else 0,
        "end_token": inside[-1] + 1 if inside else 0,
    }
