"""Signatures of near duplicates beside the parser."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

from benchmarks.corpus import best, extractions


def duplicates(data: Path | None) -> dict[str, Any]:
    """Paragraphs a second to MinHash bands, figures a second to fingerprints, and milliseconds of a check of two."""
    import numpy as np
    from PIL import ImageOps

    from classifiers.images import generate
    from classifiers.images.kinds import KINDS
    from pmcmine.duplicates import shingles
    from pmcmine.images import fingerprint as pictures

    groups = [[p.text for p in extracted.paragraphs] for extracted in extractions(data, 200)]

    def sign() -> None:
        for texts in groups:
            sets = [s for s in shingles.shingles(texts) if len(s)]
            if sets:
                shingles.bands(sets)

    seconds = best(sign, 3)
    r = random.Random(0)
    drawn = [generate.PAINTERS[k](r, (1000, 800)).convert("L") for k in KINDS for _ in range(3)]
    seen = best(lambda: [pictures.tables(pictures.views(p)) for p in drawn], 3)
    # Half of the pairs that candidates are: a picture and a smaller copy with a border; the others are of two pictures.
    views = [pictures.views(p) for p in drawn]
    copies = [pictures.views(ImageOps.expand(p.resize((600, 480)), (20, 9, 14, 30), 255)) for p in drawn]
    pairs = [*zip(views, copies, strict=True), *itertools.pairwise(views)]
    checked = best(lambda: [pictures.similarity(a, b) for a, b in pairs], 1)
    n = sum(map(len, groups))
    return {
        "paragraphs": n,
        "words_per_paragraph": round(float(np.mean([len(t.split()) for g in groups for t in g])), 1),
        "paragraphs_per_second": round(n / seconds),
        "figures_per_second": round(len(drawn) / seen),
        "ms_per_check": round(1000 * checked / len(pairs), 1),
    }
