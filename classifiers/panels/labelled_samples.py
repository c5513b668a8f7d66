"""Cut labelled real figures, and those parts of them that are figures by themselves, into samples of layouts.

    python -m classifiers.panels.labelled_samples --labels panels-development.jsonl --images FOLDER --out real.npz

Only figures whose terms are `open` in `SOURCES.tsv` of the folder of images, or that lie in `pmc-bucket`, are used, and
none that is marked as `held`.
`--labels` and `--images` may be given several times, in pairs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifiers.panels.contents import Rect
from pmcmine.evaluation.gold_files import read_json_lines, read_sources
from pmcmine.images.pyramid import BASE, Pyramid
from pmcmine.panels.layout_view import VIEW, Fraction, view_of
from pmcmine.panels.letters import find_letters

_SLACK: Final = 4  # pixels by which neighbours may overlap
_MOST_PARTS: Final = 12  # of a figure
_Turned = tuple[NDArray[np.uint8], list[list[Fraction]]]


def windows(boxes: Sequence[Rect], width: int, height: int) -> list[tuple[Rect, list[int]]]:
    """List the parts of a figure that straight lines between panels bound and that hold two panels, the whole first.

    Args:
        boxes: of panels: left, top, right, bottom.
        width: of the figure.
        height: of the figure.
    """
    ranges = [list(_ranges([(b[k], b[k + 2]) for b in boxes], size)) for k, size in ((0, width), (1, height))]
    found: dict[tuple[int, ...], Rect] = {}
    for (x0, x1), (y0, y1) in product(*ranges):
        meet = [
            i
            for i, b in enumerate(boxes)
            if min(b[2], x1) - max(b[0], x0) > _SLACK and min(b[3], y1) - max(b[1], y0) > _SLACK
        ]
        inside = all(
            b[0] >= x0 - _SLACK and b[2] <= x1 + _SLACK and b[1] >= y0 - _SLACK and b[3] <= y1 + _SLACK
            for b in (boxes[i] for i in meet)
        )
        if len(meet) > 1 and inside:
            found.setdefault(tuple(meet), (x0, y0, x1, y1))
    return [(rect, list(names)) for names, rect in found.items()][:_MOST_PARTS]


def _ranges(spans: Sequence[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges between lines in gaps along an axis, the whole first, then long ones."""
    ends = sorted({b for _, b in spans})
    lines = [0]
    for end in ends:
        later = [a for a, _ in spans if a >= end - _SLACK]
        if later and min(later) >= lines[-1]:
            lines.append((end + min(later)) // 2)
    lines = [*sorted(set(lines)), size]
    found = [(a, b) for i, a in enumerate(lines) for b in lines[i + 1 :]]
    yield from sorted(found, key=lambda x: x[0] - x[1])


def _samples(
    row: dict[str, object], path: Path, side: int
) -> Iterator[tuple[NDArray[np.uint8], list[Fraction], list[Fraction]]]:
    """Yield views of a figure and of its parts, and the boxes of panels and letters as shares of their sides."""
    with Image.open(path) as opened:
        pyramid, longer = Pyramid.of(opened.convert("RGB")), max(opened.size)
    grey = pyramid.grey(BASE)
    scale = max(grey.shape) / longer
    rows = [tuple(round(float(v) * scale) for v in box) for box in row["boxes"]]  # type: ignore[attr-defined]
    boxes = [(x, y, x + w, y + h) for x, y, w, h in rows]
    named = row.get("named") or row.get("labels") or ()
    letters = [(x.x, x.y, x.x + x.width, x.y + x.height) for x in find_letters(grey, [str(t) for t in named])]  # type: ignore[attr-defined]
    for (x0, y0, x1, y1), names in windows(boxes, grey.shape[1], grey.shape[0]):
        wide, high = x1 - x0, y1 - y0
        panels, own = (
            [((a - x0) / wide, (b - y0) / high, (c - x0) / wide, (d - y0) / high) for a, b, c, d in found]
            for found in ([boxes[i] for i in names], [b for b in letters if x0 <= b[0] < x1 and y0 <= b[1] < y1])
        )
        yield view_of(np.ascontiguousarray(grey[y0:y1, x0:x1]), side), panels, own


def turned(view: NDArray[np.uint8], boxes: Sequence[Sequence[Fraction]]) -> Iterator[_Turned]:
    """Yield a view and its boxes as they are, mirrored, upside down, and both."""
    for across, down in product((False, True), repeat=2):
        changed = view[::-1] if down else view
        kept = [
            [
                (1 - c if across else a, 1 - d if down else b, 1 - a if across else c, 1 - b if down else d)
                for a, b, c, d in part
            ]
            for part in boxes
        ]
        yield np.ascontiguousarray(changed[:, ::-1] if across else changed), kept


def run(
    labels: Sequence[Path], images: Sequence[Path], sources: Path, out: Path, side: int = VIEW, turn: bool = False
) -> None:
    """Write the samples of labelled sets.

    Args:
        labels: files of labels.
        images: the folder of images of each.
        sources: folder of `SOURCES.tsv`.
        out: where the samples are written.
        side: pixels of a view's sides.
        turn: whether each view is also written mirrored, upside down, and both.
    """
    is_open = {Path(x["file"]).name for x in read_sources(sources, "file", "terms") if x["terms"] == "open"}
    views: list[NDArray[np.uint8]] = []
    rows: list[tuple[float, ...]] = []
    for file, folder in zip(labels, images, strict=True):
        for row in read_json_lines(file, ""):
            path = folder / row["image"]
            if row.get("held") or not row["boxes"] or (path.name not in is_open and "pmc-bucket" not in path.parts):
                continue
            for whole, *parts in _samples(row, path, side):
                for view, boxes in turned(whole, parts) if turn else [(whole, parts)]:
                    rows += [(len(views), kind, *box) for kind, part in enumerate(boxes) for box in part]
                    views.append(view)
    print(len(views), "figures and parts")
    np.savez(out, views=np.stack(views), boxes=np.array(rows, np.float32))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=Path, action="append", required=True)
    parser.add_argument("--images", type=Path, action="append", required=True)
    parser.add_argument("--sources", type=Path, required=True, help="folder of SOURCES.tsv")
    parser.add_argument("--out", type=Path, default=Path("real.npz"))
    parser.add_argument("--view", type=int, default=VIEW, help="pixels of a view's sides; 384 for train_unlettered")
    parser.add_argument("--turned", action="store_true", help="each also mirrored, upside down, and both")
    args = parser.parse_args()
    run(args.labels, args.images, args.sources, args.out, args.view, args.turned)


if __name__ == "__main__":
    main()
