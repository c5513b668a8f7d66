"""Draw what panels are learned from: shapes of letters, as `.npz`; weights of the features of cuts are fitted at once.

    python -m classifiers.panels.samples letters --layouts layouts.tsv.gz --images FOLDER --fonts FOLDER

`--images` holds `SOURCES.tsv` (file, kind, terms); only pictures whose terms are `open` are used.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from classifiers.panels.compounds import Compound, Layout, draw, fonts_of, read_layouts
from classifiers.panels.contents import Pictures, Rect
from classifiers.panels.weigh import cut_samples, fit
from pmcmine.evaluation.gold_files import read_json_lines, read_sources
from pmcmine.panels.boxes import shrunk
from pmcmine.panels.captions import split_caption
from pmcmine.panels.evidence import Evidence
from pmcmine.panels.letters import CLASSES, find_shapes

_LINK: Final = "{http://www.w3.org/1999/xlink}href"
_LABELS: Final = Path(__file__).parent / "labels"
Drawn = Callable[[random.Random, int], Compound]


def open_pictures(folder: Path) -> dict[str, list[Path]]:
    """List the single pictures whose terms are `open`, by kind."""
    found: dict[str, list[Path]] = {}
    for row in read_sources(folder, "file", "kind", "terms"):
        if row["kind"] != "compound" and row["terms"] == "open":
            found.setdefault(row["kind"], []).append(folder / row["file"])
    return found


def article_pictures(folder: Path, labels: Path) -> list[Path]:
    """List the pictures of articles' figures whose captions name no panels, and that are in no labelled set.

    Args:
        folder: a folder for each article, with its XML and its pictures, as PMC serves them.
        labels: folder of labelled sets.
    """
    judged = {Path(row["image"]).name for path in sorted(labels.glob("*.jsonl")) for row in read_json_lines(path, "")}
    found = []
    for xml in sorted(folder.glob("PMC*/*.xml")):
        files = {path.stem: path for path in sorted(xml.parent.glob("*.jpg")) if path.name not in judged}
        for figure in etree.parse(xml).iter("fig"):
            graphics = [Path(str(g.get(_LINK))).stem for g in figure.iter("graphic")]
            caption = " ".join(" ".join("".join(map(str, c.itertext())).split()) for c in figure.iter("caption"))
            if len(graphics) == 1 and graphics[0] in files and len(split_caption(caption).panels) < 2:
                found.append(files[graphics[0]])
    return found


def letter_samples(r: random.Random, figure: Compound, none: int) -> tuple[list[NDArray[np.float32]], list[int]]:
    """Collect the shapes of a figure: all its letters, and up to `none` others."""
    shapes = find_shapes(np.asarray(figure.image.convert("L")))
    patches, classes, others = [], [], []
    for (x, y, w, h), patch in zip(shapes.boxes.tolist(), shapes.patches, strict=True):
        own = [t for t, b in figure.letters if _same((x, y, x + w, y + h), b)]
        if own and own[0] in CLASSES:
            patches.append(patch)
            classes.append(CLASSES.index(own[0]))
        elif not any(_meets((x, y, x + w, y + h), b) for _, b in figure.letters):
            others.append(patch)
    for patch in r.sample(others, min(none, len(others))):
        patches.append(patch)
        classes.append(len(CLASSES))
    return patches, classes


def _meets(a: Rect, b: Rect) -> bool:
    return min(a[2], b[2]) > max(a[0], b[0]) - 8 and min(a[3], b[3]) > max(a[1], b[1]) - 8


def _same(a: Rect, b: Rect) -> bool:
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return False
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h) > 0.6


def letter_table(drawn: Drawn, figures: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw figures and collect their shapes: patches as bytes, and classes."""
    r = random.Random(seed)
    patches: list[NDArray[np.uint8]] = []
    classes: list[int] = []
    for _ in range(figures):
        found, kinds = letter_samples(r, drawn(r, r.choice([512, 640, 768, 768])), 20)
        patches += [(p * 255).astype(np.uint8) for p in found]
        classes += kinds
    return np.stack(patches), np.array(classes, np.int64)


def drawer(
    layouts: Path, images: Path, fonts: Path, alone: float, seed: int, articles: Path | None = None, least: int = 2
) -> Drawn:
    """Return a function that draws a compound figure, or a single picture with this probability.

    Args:
        layouts: table of real layouts.
        images: folder of pictures; those that are open are used.
        fonts: folder of fonts for letters.
        alone: probability of a single picture.
        seed: of the generated pictures.
        articles: folder of articles, whose figures without panels are used like charts.
        least: panels of a figure.
    """
    known = [x for x in read_layouts(layouts) if len(x.boxes) >= least]
    single = Layout(((0, 0, 600, 450),), ("",), (None,))
    files = open_pictures(images)
    if articles is not None:
        files["chart"] = [*files.get("chart", []), *article_pictures(articles, _LABELS)]
    pictures = Pictures(files, 25, seed)
    types = fonts_of(fonts)

    def drawn(r: random.Random, side: int) -> Compound:
        return draw(r, single if r.random() < alone else r.choice(known), pictures, types, side)

    return drawn


def weights(drawn: Drawn, figures: int, seed: int) -> list[float]:
    """Draw figures and fit the weights of a cut's features, and a bias."""
    r = random.Random(seed)
    features, cuts = [], []
    for _ in range(figures):
        figure = drawn(r, r.choice([480, 640, 700]))
        grey, scale = shrunk(np.asarray(figure.image))
        boxes, letters = (
            [(int(a * scale), int(b * scale), int(c * scale), int(d * scale)) for a, b, c, d in found]
            for found in (figure.boxes, [b for _, b in figure.letters])
        )
        for row, cut in cut_samples(Evidence(grey), boxes, letters):
            features.append(row)
            cuts.append(cut)
    return [round(float(w), 3) for w in fit(np.array(features), np.array(cuts))]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["letters", "weights"])
    for name in ("layouts", "images", "fonts"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("letters.npz"))
    parser.add_argument("--figures", type=int, default=2200)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    drawn = drawer(args.layouts, args.images, args.fonts, 0.1 if args.what == "weights" else 0.0, args.seed)
    if args.what == "letters":
        patches, classes = letter_table(drawn, args.figures, args.seed)
        np.savez_compressed(args.out, x=patches, y=classes)
    else:
        print(weights(drawn, args.figures, args.seed))


if __name__ == "__main__":
    main()
