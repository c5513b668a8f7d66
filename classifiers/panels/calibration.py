"""Compare the confidence of layouts with the share that is right, on figures whose boxes are known; print totals only.

    python -m classifiers.panels.calibration set --labels classifiers/panels/labels/panels-fresh-3.jsonl --images FOLDER
    python -m classifiers.panels.calibration drawn --layouts layouts.tsv.gz --images FOLDER --fonts FOLDER

`set` evaluates a labelled set without its held figures; with `--held` only those, with `--unread` as if no label was a
letter. `drawn` evaluates figures that are drawn from real layouts with pictures that nothing was trained on: those
whose terms are not `open`. Figures whose letters are looked for and the others are reported separately.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from classifiers.panels.compounds import Compound, draw, fonts_of, read_layouts
from classifiers.panels.contents import Pictures
from pmcmine.errors import GoldError
from pmcmine.evaluation.gold_files import read_json_lines, read_sources
from pmcmine.evaluation.intervals import share_interval
from pmcmine.images.pyramid import BASE, Pyramid
from pmcmine.panels.boxes import SURE, panel_boxes
from pmcmine.panels.evaluate import figure_is_right, labelled_figure, scaled_box
from pmcmine.panels.evidence import ground, ink_over
from pmcmine.panels.geometry import Box
from pmcmine.panels.letters import readable

_FROM: Final = (SURE, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9)
_SIDES: Final = (640, 800, 1000)
_GENERATED: Final = 25  # pictures of each drawn kind
_TRIES: Final = 50  # figures drawn for each one that is judged, at most


@dataclass(frozen=True, slots=True)
class Judged:
    """A figure: whether letters are looked for and it has panels, the confidence of its layout, and if it is right."""

    lettered: bool
    panels: bool
    confidence: float
    right: bool


def judged(image: Image.Image, gold: Sequence[Box], wanted: int, named: Sequence[str]) -> Judged:
    """Find the boxes of a figure and compare them."""
    pyramid, longer = Pyramid.of(image), max(image.size)
    view = pyramid.grey(BASE)
    found = [scaled_box(b, longer / max(view.shape)) for b in panel_boxes(view, wanted, named, pyramid.fine)]
    least = min(b.confidence for b in found) if len(found) == wanted else 0.0
    return Judged(readable(named), bool(gold), least, bool(gold) and figure_is_right(gold, found))


def labelled(labels: Path, images: Path, held: bool, unread: bool) -> Iterator[Judged]:
    """Judge the figures of a labelled set whose captions name panels: all but those that are held, or these alone."""
    for row in read_json_lines(labels, ""):
        figure, named, path = labelled_figure(row, images)
        if bool(row.get("held")) == held and figure.wanted is not None:
            with Image.open(path) as opened:
                yield judged(opened.convert("RGB"), figure.boxes, figure.wanted, [] if unread else named)


def drawn(layouts: Path, images: Path, fonts: Path, figures: int, seed: int) -> Iterator[Judged]:
    """Judge drawn figures, without those that have some letters but not one for each panel.

    Args:
        layouts: table of real layouts.
        images: folder of pictures; those that are not open are used.
        fonts: folder of fonts for letters.
        figures: how many are judged.
        seed: of the figures.

    Raises:
        GoldError: if there are no such pictures or layouts, or nearly all figures have to be skipped.
    """
    files: dict[str, list[Path]] = {}
    for row in read_sources(images, "file", "kind", "terms"):
        if row["kind"] != "compound" and row["terms"] != "open":
            files.setdefault(row["kind"], []).append(images / row["file"])
    known = [x for x in read_layouts(layouts) if len(x.boxes) > 1]
    if not files or not known:
        raise GoldError(
            f"{images if known else layouts}: no {'picture that is not open' if known else 'compound figure'}"
        )
    pictures, types, r = Pictures(files, _GENERATED, seed), fonts_of(fonts), random.Random(seed)
    for _ in range(_TRIES * figures):
        if not figures:
            return
        figure = draw(r, r.choice(known), pictures, types, r.choice(_SIDES))
        names = sorted({text for text, _ in figure.letters})
        if not names or len(names) == len(figure.boxes):
            figures -= 1
            yield judged(figure.image, inked(figure), len(figure.boxes), names)
    if figures:
        raise GoldError(f"{layouts}: too few layouts with no letter, or one for each panel")


def inked(figure: Compound) -> list[Box]:
    """Trim the boxes of a drawn figure to their ink, as those of labelled ones are."""
    grey = np.asarray(figure.image.convert("L"))
    ink = ink_over(grey, ground(grey))
    out = []
    for left, top, right, bottom in figure.boxes:
        part = np.asarray(ink[max(top, 0) : bottom, max(left, 0) : right])
        rows, columns = (np.flatnonzero(np.asarray(part.any(axis))).tolist() for axis in (1, 0))
        x, y, width, height = left, top, right - left, bottom - top
        if rows:
            x, y = max(left, 0) + columns[0], max(top, 0) + rows[0]
            width, height = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
        out.append(Box(x, y, width, height))
    return out


def report(figures: Sequence[Judged]) -> list[str]:
    """Compare mean confidence with the share of right layouts; list shares right and wrong by threshold.

    Returns:
        Lines of text, for figures whose letters are looked for and for the others. Shares right are of the figures with
        panels, shares wrong of all figures; each with its 95 % interval.
    """
    lines = []
    for name, lettered in (("letters sought", True), ("no letters sought", False)):
        part = [x for x in figures if x.lettered == lettered]
        cut = [x for x in part if x.confidence > 0]
        if cut:
            mean, right = np.mean([x.confidence for x in cut]), np.mean([x.right for x in cut])
            lines.append(f"{name}: {len(part)} figures; of layouts, mean confidence {mean:.3f}, right {right:.3f}")
            lines += [_shares(part, least) for least in _FROM]
    return lines


def _shares(figures: Sequence[Judged], least: float) -> str:
    """Return a line of the shares right and wrong if boxes are given from this confidence on."""
    given = [(x.confidence >= least, x) for x in figures]
    good = [float(is_given and x.right) for is_given, x in given if x.panels]
    bad = [float(is_given and not x.right) for is_given, x in given]
    shown = [
        f"{np.mean(v or [0.0]):.3f} ({low:.2f} to {high:.2f})" for v in (good, bad) for low, high in [share_interval(v)]
    ]
    return f"  from {least:.2f}: right {shown[0]}, wrong {shown[1]}"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["set", "drawn"])
    parser.add_argument("--images", type=Path, required=True)
    for name in ("labels", "layouts", "fonts"):
        parser.add_argument(f"--{name}", type=Path)
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--held", action="store_true", help="evaluate only the held figures of the set")
    part.add_argument("--unread", action="store_true", help="do not look for letters")
    parser.add_argument("--figures", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if args.what == "set" and args.labels is None:
        parser.error("`set` needs --labels")
    if args.what == "drawn" and (args.layouts is None or args.fonts is None):
        parser.error("`drawn` needs --layouts and --fonts")
    if args.what == "drawn" and (args.held or args.unread):
        parser.error("--held and --unread are of `set`: drawn figures are neither held nor left unread")
    if args.figures < 1:
        parser.error(f"--figures: {args.figures} is no number of figures")
    try:
        if args.what == "set":
            found = list(labelled(args.labels, args.images, args.held, args.unread))
        else:
            found = list(drawn(args.layouts, args.images, args.fonts, args.figures, args.seed))
    except (GoldError, OSError) as e:
        parser.error(str(e))
    print("\n".join(report(found)))


if __name__ == "__main__":
    main()
