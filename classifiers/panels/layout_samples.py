"""Draw compound figures that layouts are learned from: small grey views, the boxes of panels, and those of letters.

    python -m classifiers.panels.layout_samples --layouts layouts.tsv.gz --images FOLDER --fonts FOLDER --out l.npz

`--images` holds `SOURCES.tsv` (file, kind, terms); only pictures whose terms are `open` are used. Two processes draw
10,000 figures in five minutes; the same seed gives the same figures, however many processes there are.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifiers.panels.compounds import Compound
from classifiers.panels.samples import Drawn, drawer
from pmcmine.panels.layout_view import VIEW, Fraction, view_of

_CHUNK: Final = 250  # figures that are drawn from one seed
_Sample = tuple[NDArray[np.uint8], list[Fraction], list[Fraction]]  # view, panels, letters


def sample_of(figure: Compound, side: int = VIEW) -> _Sample:
    """Return a figure's view, and the boxes of its panels and letters as shares of its sides."""
    width, height = figure.image.size
    view = view_of(np.asarray(figure.image.convert("L")), side)
    boxes, letters = (
        [(x0 / width, y0 / height, x1 / width, y1 / height) for x0, y0, x1, y1 in found]
        for found in (figure.boxes, [b for _, b in figure.letters])
    )
    return view, boxes, letters


@cache
def _drawer(layouts: Path, images: Path, fonts: Path, articles: Path | None, least: int) -> Drawn:
    return drawer(layouts, images, fonts, 0.0, 0, articles, least)


def _drawn(
    seed: int, layouts: Path, images: Path, fonts: Path, articles: Path | None, side: int, least: int
) -> list[_Sample]:
    draw = _drawer(layouts, images, fonts, articles, least)
    r = random.Random(seed)
    return [sample_of(draw(r, r.choice([512, 640, 768, 1000])), side) for _ in range(_CHUNK)]


def _rows(found: Iterator[list[_Sample]]) -> tuple[list[NDArray[np.uint8]], list[tuple[float, ...]]]:
    """Collect views, and rows of figure, kind (0 a panel, 1 a letter) and box."""
    views: list[NDArray[np.uint8]] = []
    rows: list[tuple[float, ...]] = []
    for samples in found:
        for view, boxes, letters in samples:
            rows += [(len(views), kind, *box) for kind, part in enumerate((boxes, letters)) for box in part]
            views.append(view)
    return views, rows


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("layouts", "images", "fonts"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--articles", type=Path, default=None, help="their figures without panels are used, too")
    parser.add_argument("--out", type=Path, default=Path("layouts.npz"))
    parser.add_argument("--view", type=int, default=VIEW, help="pixels of a view's sides; 384 for train_unlettered")
    parser.add_argument("--least", type=int, default=2, help="panels of a figure")
    parser.add_argument("--figures", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    given = {name: getattr(args, name) for name in ("layouts", "images", "fonts", "articles", "least")}
    work = partial(_drawn, side=args.view, **given)
    seeds = [args.seed * 1_000_000 + i for i in range(max(args.figures // _CHUNK, 1))]
    with get_context("spawn").Pool(args.processes) as pool:
        views, rows = _rows(pool.imap(work, seeds))
    np.savez(args.out, views=np.stack(views), boxes=np.array(rows, np.float32))


if __name__ == "__main__":
    main()
