"""Train the networks of panels on drawn compound figures, and export them as ONNX; needs PyTorch, which nothing else does.

    python -m classifiers.panels.train letters --layouts layouts.tsv.gz --images FOLDER --fonts FOLDER --out letters.onnx

`--images` holds `SOURCES.tsv` (file, kind, terms); only pictures whose terms are `open` are used. Minutes on one core.
"""

from __future__ import annotations

import argparse
import csv
import random
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifiers.panels.compounds import Compound, Layout, Pictures, Rect, draw, fonts_of, read_layouts
from pmcmine.panels.letters import CLASSES, find_shapes
from pmcmine.panels.networks import SIDE, as_input


def open_pictures(folder: Path) -> dict[str, list[Path]]:
    """List the single pictures whose terms are `open`, by kind."""
    found: dict[str, list[Path]] = {}
    with (folder / "SOURCES.tsv").open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened, delimiter="\t"):
            if row["kind"] != "compound" and row["terms"] == "open":
                found.setdefault(row["kind"], []).append(folder / row["file"])
    return found


def letter_samples(
    r: random.Random, figure: Compound, none: int
) -> tuple[list[NDArray[np.float32]], list[int]]:
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


def cut_maps(boxes: tuple[Rect, ...], size: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draw the horizontal and vertical cuts of boxes at half the network's resolution: targets and weights, 2 × 128 × 128.

    A cut runs through all of a region and crosses no box; where a region can be cut both ways, both are drawn.
    """
    half = SIDE // 2
    f = half / max(size)
    target, weight = np.zeros((2, half, half), np.float32), np.zeros((2, half, half), np.float32)
    scaled = [(b[0] * f, b[1] * f, b[2] * f, b[3] * f) for b in boxes]
    for x0, y0, x1, y1 in scaled:
        weight[:, round(y0) : round(y1) + 1, round(x0) : round(x1) + 1] = 1
    _cut(scaled, target, weight)
    return target, weight


def _cut(boxes: list[tuple[float, float, float, float]], target: NDArray[np.float32], weight: NDArray[np.float32]) -> None:
    if len(boxes) < 2:
        return
    left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, bottom = max(b[2] for b in boxes), max(b[3] for b in boxes)
    groups_of = {}
    for axis in (0, 1):  # 0: into rows
        low, high = 1 - axis, 3 - axis
        order = sorted(boxes, key=lambda b: b[low])
        groups, end = [[order[0]]], order[0][high]
        for b in order[1:]:
            slack = max(0.8, 0.02 * (b[high] - b[low]))
            if b[low] >= end - slack:
                a, z = round((end + b[low]) / 2), round((end + b[low]) / 2)
                if b[low] - end > 2:
                    a, z = round(end), round(b[low]) - 1
                a, z = max(min(a, z) - (z - a < 2), 0), max(a, z)
                rows, columns = (slice(a, z + 1), slice(round(left), round(right) + 1))
                if axis == 1:
                    rows, columns = slice(round(top), round(bottom) + 1), slice(a, z + 1)
                target[axis, rows, columns] = 1
                weight[axis, rows, columns] = 2
                groups.append([])
            groups[-1].append(b)
            end = max(end, b[high])
        groups_of[axis] = groups
    best = max(groups_of.values(), key=len)
    if len(best) > 1:
        for group in best:
            _cut(group, target, weight)


def shrunk(image: Image.Image) -> NDArray[np.uint8]:
    """Scale an image to the network's side."""
    f = SIDE / max(image.size)
    size = (min(max(round(image.width * f), 8), SIDE), min(max(round(image.height * f), 8), SIDE))
    return np.asarray(image.resize(size, Image.Resampling.BOX), np.uint8)


def letters_network() -> Any:
    """Build the network of letters: 2 × 32 × 32 to classes."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(2, 16, 3, 2, 1), nn.ReLU(),
        nn.Conv2d(16, 32, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(64 * 16, 96), nn.ReLU(), nn.Linear(96, len(CLASSES) + 1),
    )  # fmt: skip


def cuts_network() -> Any:
    """Build the network of cuts: a small U-Net that also sees the means of rows and columns."""
    import torch
    from torch import nn

    def block(a: int, b: int, stride: int = 1) -> Any:
        return nn.Sequential(nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU())

    class Lines(nn.Module):
        """Add the means of rows and of columns to features."""

        def __init__(self, n: int) -> None:
            super().__init__()
            self.rows, self.columns, self.mix = nn.Conv2d(n, n, 1), nn.Conv2d(n, n, 1), block(n, n)

        def forward(self, x: Any) -> Any:
            return self.mix(x + self.rows(x.mean(3, keepdim=True)) + self.columns(x.mean(2, keepdim=True)))

    class Net(nn.Module):
        """U-Net of four levels."""

        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Sequential(block(3, 16, 2), block(16, 16))
            self.b = nn.Sequential(block(16, 32, 2), block(32, 32))
            self.c = nn.Sequential(block(32, 48, 2), Lines(48))
            self.d = nn.Sequential(block(48, 64, 2), Lines(64), Lines(64))
            self.up_c, self.up_b, self.up_a = block(64 + 48, 48), block(48 + 32, 32), block(32 + 16, 16)
            self.mix = Lines(48)
            self.head = nn.Conv2d(16, 2, 1)
            self.up = nn.Upsample(scale_factor=2, mode="nearest")

        def forward(self, x: Any) -> Any:
            a = self.a(x)
            b = self.b(a)
            c = self.c(b)
            d = self.d(c)
            c = self.mix(self.up_c(torch.cat([self.up(d), c], 1)))
            b = self.up_b(torch.cat([self.up(c), b], 1))
            return self.head(self.up_a(torch.cat([self.up(b), a], 1)))

    return Net()


def _export(network: Any, example: Any, out: Path) -> None:
    import torch

    network.eval()
    torch.onnx.export(
        network, (example,), str(out), input_names=["x"], output_names=["y"], opset_version=13, dynamo=False,
        dynamic_axes={"x": {0: "n"}, "y": {0: "n"}} if example.shape[1] == 2 else None,
    )  # fmt: skip


def train_letters(drawn: Any, out: Path, figures: int, seed: int) -> None:
    """Train the network of letters."""
    import torch

    r = random.Random(seed)
    patches: list[Any] = []
    classes: list[int] = []
    for _ in range(figures):
        a, b = letter_samples(r, drawn(r, r.choice([512, 640, 768, 768])), 20)
        patches += [(p * 255).astype(np.uint8) for p in a]
        classes += b
    x, y = np.stack(patches), np.array(classes)
    print(f"{len(x)} shapes, {(y < len(CLASSES)).sum()} letters", flush=True)
    test = np.arange(len(x)) >= len(x) * 0.9
    network = letters_network()
    steps = 16 * int((~test).sum()) // 128
    optimiser = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    train = np.flatnonzero(~test)
    rng = np.random.default_rng(seed)
    for step in range(steps):
        take = rng.choice(train, 128)
        batch = torch.from_numpy(x[take]).float() / 255
        loss = torch.nn.functional.cross_entropy(network(batch), torch.from_numpy(y[take]), label_smoothing=0.02)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 200 == 0:
            print(step, round(float(loss), 3), flush=True)
    network.eval()
    with torch.no_grad():
        found = network(torch.from_numpy(x[test]).float() / 255).argmax(1).numpy()
    told = y[test]
    letter = told < len(CLASSES)
    fold = np.array([CLASSES.lower().index(c) for c in CLASSES.lower()] + [99])
    print("letters right", (fold[found[letter]] == fold[told[letter]]).mean(), "none right", (found[~letter] == len(CLASSES)).mean())
    _export(network, torch.zeros(1, 2, 32, 32), out)


def train_cuts(drawn: Any, out: Path, figures: int, seed: int, passes: int) -> None:
    """Train the network of cuts."""
    import torch

    r = random.Random(seed)
    images = np.zeros((figures, 3, SIDE, SIDE), np.uint8)
    maps = np.zeros((figures, 2, SIDE // 2, SIDE // 2), np.uint8)  # target + 2 × weight
    for i in range(figures):
        figure = drawn(r, r.choice([384, 512, 640]))
        images[i] = np.round((as_input(shrunk(figure.image)) + 1) * 255).astype(np.uint8)
        target, weight = cut_maps(figure.boxes, figure.image.size)
        maps[i] = (target + 2 * weight).astype(np.uint8)
    print("drawn", flush=True)
    network = cuts_network()
    size = 16
    steps = passes * figures // size
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps, pct_start=0.2)
    rng = np.random.default_rng(seed)
    mean = 0.0
    for step in range(steps):
        take = rng.choice(figures, size, replace=False)
        x = torch.from_numpy(images[take]).float() / 255 - 1
        m = torch.from_numpy(maps[take]).float()
        if rng.random() < 0.5:  # across the diagonal
            x, m = x.transpose(2, 3), m.transpose(2, 3).flip(1)
        if rng.random() < 0.15:
            x = x.mean(1, keepdim=True).expand(-1, 3, -1, -1)
        target, weight = m % 2, m // 2
        scores = network(x)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, target, reduction="none")
        loss = (loss * weight).sum() / weight.sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        mean += 0.02 * (float(loss) - mean) if step else float(loss)
        if step % 50 == 0:
            print(step, steps, round(mean, 4), flush=True)
            if step % 400 == 0 and step:
                _export(network, torch.zeros(1, 3, SIDE, SIDE), out)
                network.train()
    _export(network, torch.zeros(1, 3, SIDE, SIDE), out)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["letters", "cuts"])
    for name in ("layouts", "images", "fonts", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--figures", type=int, default=3000)
    parser.add_argument("--passes", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    layouts = [x for x in read_layouts(args.layouts) if len(x.boxes) > 1]
    single = Layout(((0, 0, 600, 450),), ("",), (None,))
    pictures = Pictures(open_pictures(args.images), 25, args.seed)
    fonts = fonts_of(args.fonts)

    def drawn(r: random.Random, side: int) -> Compound:
        alone = args.what == "cuts" and r.random() < 0.06
        return draw(r, single if alone else r.choice(layouts), pictures, fonts, side)

    if args.what == "letters":
        train_letters(drawn, args.out, args.figures, args.seed)
    else:
        train_cuts(drawn, args.out, args.figures, args.seed, args.passes)


if __name__ == "__main__":
    main()
