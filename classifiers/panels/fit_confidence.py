"""Fit how sure a layout is, on labelled figures; print the weights for `pmcmine/panels/confidence.py`.

    python -m classifiers.panels.fit_confidence --labels panels-development.jsonl --images FOLDER [--unread]

`--labels` and `--images` may be given several times, in pairs. Figures marked as `held` are left out. With several
sets, it also prints how many figures of each would be right and wrong by weights that were fitted on the others. With
`--unread`, letters are not read: the weights for figures whose labels are no letters. A network is surer of figures
that it learned from than of others: `--network`, given once a set, names one that did not learn from this set, which is
asked in place of the one that comes with the package.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifiers.panels.weigh import fit
from pmcmine.evaluation.gold_files import read_json_lines
from pmcmine.images.pyramid import BASE, Pyramid
from pmcmine.panels import networks
from pmcmine.panels.boxes import find_layout, panel_boxes
from pmcmine.panels.confidence import features
from pmcmine.panels.evaluate import figure_is_right, labelled_figure, scaled_box

_RIDGE = 3.0
_LEAST = 0.45  # probability from which boxes are given, as in `pmcmine/panels/confidence.py`
_LEAST_UNREAD = 0.5  # the same where letters are not read


@dataclass(frozen=True, slots=True)
class Judged:
    """Layouts of a set: features, whether they are right, and how many figures it has, with panels and in all."""

    table: NDArray[np.float32]
    right: NDArray[np.bool_]
    with_panels: int
    figures: int


@contextmanager
def asked(path: Path | None) -> Iterator[None]:
    """Ask this network about figures without letters, in place of the one that comes with the package."""
    own = networks.UNLETTERED
    if path is not None:
        data = path.read_bytes()
        networks.UNLETTERED = replace(own, path=path, size=len(data), sha256=sha256(data).hexdigest())  # type: ignore[misc]
    try:
        yield
    finally:
        networks.UNLETTERED = own  # type: ignore[misc]


def judged(labels: Path, images: Path, unread: bool = False) -> Judged:
    """Find the layouts of a labelled set, but for figures that are held for evaluation.

    Args:
        labels: the set.
        images: their folder.
        unread: whether letters are left unread; then the features are others.
    """
    table, right, with_panels = [], [], 0
    rows = [x for x in read_json_lines(labels, "") if not x.get("held")]
    for row in rows:
        figure, named, path = labelled_figure(row, images)
        with Image.open(path) as opened:
            pyramid, longer = Pyramid.of(opened.convert("RGB")), max(opened.size)
        view, fine = pyramid.grey(BASE), pyramid.fine
        with_panels += bool(figure.boxes)
        named = [] if unread else named
        found = find_layout(view, figure.wanted, named, fine) if figure.wanted is not None else None
        if found is not None:
            boxes = [scaled_box(b, longer / max(view.shape)) for b in panel_boxes(view, figure.wanted, named, fine)]
            table.append(features(found.layout, found.search, not unread))
            right.append(bool(figure.boxes) and figure_is_right(figure.boxes, boxes))
    return Judged(np.array(table, np.float32), np.array(right), with_panels, len(rows))


def weigh(sets: Sequence[Judged]) -> NDArray[np.float32]:
    """Fit the weights of features, and a bias; features count alike in what large weights cost."""
    table = np.concatenate([x.table for x in sets])
    mean, spread = table.mean(0), table.std(0) + 1e-6
    found = fit((table - mean) / spread, np.concatenate([x.right for x in sets]), _RIDGE)
    weights = found[:-1] / spread
    return np.append(weights, found[-1] - float(weights @ mean)).astype(np.float32)


def shares(found: Judged, weights: NDArray[np.float32], least: float = _LEAST) -> tuple[float, float]:
    """Return the share of figures with panels that are given and right, and of all that are given and wrong."""
    given = found.table @ weights[:-1] + weights[-1] > math.log(least / (1 - least))
    return float((given & found.right).sum() / found.with_panels), float((given & ~found.right).sum() / found.figures)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=Path, action="append", required=True)
    parser.add_argument("--images", type=Path, action="append", required=True)
    parser.add_argument("--unread", action="store_true")
    parser.add_argument("--network", type=Path, action="append", help="one that did not learn from the set")
    args = parser.parse_args()
    if len({len(x) for x in (args.labels, args.images, args.network or args.labels)}) > 1:
        parser.error("--labels, --images and, if given, --network go together, one of each a set")
    if args.network and not args.unread:
        parser.error("--network is asked only with --unread")
    sets = []
    for labels, images, network in zip(
        args.labels, args.images, args.network or [None] * len(args.labels), strict=True
    ):
        with asked(network):
            sets.append(judged(labels, images, args.unread))
    for i, name in enumerate(args.labels if len(sets) > 1 else ()):
        least = _LEAST_UNREAD if args.unread else _LEAST
        right, wrong = shares(sets[i], weigh([*sets[:i], *sets[i + 1 :]]), least)
        print(f"{name.name}: right {right:.3f}, wrong {wrong:.3f}")
    print([round(float(w), 2) for w in weigh(sets)])


if __name__ == "__main__":
    main()
