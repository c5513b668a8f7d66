"""Figure-caption pairs of PDFs against the XML of the same articles."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any, Final

from pmcmine.errors import GoldError
from pmcmine.evaluation.intervals import RESAMPLES, interval
from pmcmine.jats.captions import read_caption
from pmcmine.jats.dom import parse_jats
from pmcmine.jats.figures import own_graphics
from pmcmine.pdf.convert import need_pymupdf, read_pdf
from pmcmine.pdf.extract import Limits
from pmcmine.rejects import Rejected

_SAME: Final = 0.8  # similarity of the words of two captions from which they are one
_WORD: Final = re.compile(r"\w+")


def similarity(a: str, b: str) -> float:
    """Compute the ratio of equal words in order (Ratcliff and Obershelp, as in difflib)."""
    return difflib.SequenceMatcher(None, _WORD.findall(a.lower()), _WORD.findall(b.lower()), autojunk=False).ratio()


def gold_captions(xml: bytes) -> list[str]:
    """Return the captions of the XML's figures that have a picture."""
    root = parse_jats(xml)
    found = ((own_graphics(fig), read_caption(fig).text) for fig in root.iter("fig"))
    return [text for graphics, text in found if graphics and text]


def _score(gold: list[str], found: list[str]) -> tuple[int, list[str]]:
    """Compute the captions that are in both, one for one, best first; and what is in one alone."""
    pairs = sorted(((similarity(g, f), i, j) for i, g in enumerate(gold) for j, f in enumerate(found)), reverse=True)
    used_gold: set[int] = set()
    used_found: set[int] = set()
    for alike, i, j in pairs:
        if alike >= _SAME and i not in used_gold and j not in used_found:
            used_gold.add(i)
            used_found.add(j)
    wrong = [f"missed: {g[:120]}" for i, g in enumerate(gold) if i not in used_gold]
    wrong += [f"told: {f[:120]}" for j, f in enumerate(found) if j not in used_found]
    return len(used_gold), wrong


def evaluate_pdfs(gold: Path) -> tuple[dict[str, Any], list[str]]:
    """Compute precision, recall and F1 of (picture, caption) pairs, over the PDFs with an XML beside them.

    Raises:
        GoldError: if there is none.
    """
    need_pymupdf()
    import numpy as np

    files = [p for p in sorted(gold.rglob("*.pdf")) if p.with_suffix(".xml").is_file()]
    if not files:
        raise GoldError(f"{gold}: no PDF with an XML of the same name beside it")
    rows: list[tuple[int, int, int]] = []
    wrong: list[str] = []
    unusable = 0
    for file in files:
        try:
            captions: list[str] = []
            captions = gold_captions(file.with_suffix(".xml").read_bytes())
            content, pictures = read_pdf(file.read_bytes(), Limits())
        except Rejected as error:
            unusable += 1
            wrong.append(f"{file.name}: {error}")
            rows.append((0, 0, len(captions)))
            continue
        kept = [f["caption"] for f, p in zip(content["figures"], pictures, strict=True) if p.data and f["caption"]]
        right, errors = _score(captions, kept)
        rows.append((right, len(kept), len(captions)))
        wrong += [f"{file.name}: {line}" for line in errors]
    table = np.array(rows)
    rng = np.random.default_rng(0)
    samples = [_f1(*table[rng.integers(0, len(table), len(table))].sum(0)) for _ in range(RESAMPLES)]
    right, told, all_gold = (int(n) for n in table.sum(0))
    return {
        "pdfs": len(files),
        "unusable": unusable,
        "pairs": all_gold,
        "precision": round(right / max(told, 1), 4),
        "recall": round(right / max(all_gold, 1), 4),
        "f1": round(_f1(right, told, all_gold), 4),
        "f1_interval": interval(samples),
    }, wrong


def _f1(right: float, told: float, gold: float) -> float:
    return 2 * right / max(told + gold, 1)
