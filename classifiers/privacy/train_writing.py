"""Train the network that judges rows of shapes as writing: `python -m classifiers.privacy.train_writing IMAGES OUT`.

Needs PyTorch and onnx. IMAGES is a folder with SOURCES.tsv (file, repository, path, kind, terms); only images with open
terms that the labels call free of writing are drawn on, and none of the sources that judge.
"""

from __future__ import annotations

import argparse
import random
import string
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from classifiers.privacy.evaluate_images import LABELS, read_labels
from classifiers.privacy.writing import Row, crops, rows
from pmcmine.evaluation.gold_files import read_sources
from pmcmine.images.opencv import opencv

_FONTS: Final = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf",
                 "DejaVuSansCondensed.ttf", "DejaVuSerif.ttf")  # fmt: skip
_WORDS: Final = """DOE JOHN SMITH ANNA M F AX SE IMA MF WL WW HOSPITAL GENERAL CT MR SAG COR TRA FLAIR T1 T2
POST PORTABLE SUPINE ERECT AP PA LAT LEFT RIGHT LT RT BREAST AXILLA UOQ LIQ THYROID KIDNEY LIVER TUMOR Depth Gain FOV TR
TE cm
mm kV mAs kidney cyst mass nodule abscess lesion Fig www.hospital.org Dr. Name: DOB: ID: Age: Sex: 14:32:05 2019 Image
Series UPRIGHT""".split()
_PART: Final = 300  # images drawn from one seed

Box = tuple[int, int, int, int]


def backgrounds(folder: Path) -> list[Path]:
    """List the open images without writing that may be drawn on."""
    labels = {(x.repository, x.path): x for x in read_labels(LABELS)}
    out = []
    for r in read_sources(folder, "file", "repository", "path", "terms"):
        seen = labels.get((r["repository"], r["path"]))
        clean = seen is not None and seen.part == "tune" and seen.writing in ("none", "mark")
        if r["terms"] == "open" and (clean or "BCCD" in r["repository"]):
            out.append(folder / r["file"])
    return sorted(out)


def _string(r: random.Random) -> str:
    how = r.random()
    if how < 0.25:
        date = f"{r.randint(1, 28):02}.{r.randint(1, 12):02}.{r.randint(1930, 2023)}"
        time = f"{r.randint(0, 23)}:{r.randint(10, 59)}:{r.randint(10, 59)}"
        measure = f"{r.uniform(0, 300):.1f} {r.choice(['mm', 'cm', 'mA', 'kV'])}"
        return r.choice([date, time, measure, str(r.randint(100, 9_999_999))])
    if how < 0.4:
        return "".join(r.choices(string.ascii_uppercase + string.digits, k=r.randint(3, 10)))
    if how < 0.5:
        return "".join(r.choices(string.ascii_lowercase, k=r.randint(3, 9)))
    text = " ".join(r.choices(_WORDS, k=r.randint(1, 4)))
    return text if len(text.replace(" ", "")) >= 3 else text + " 123"


def _varied(r: random.Random, path: Path) -> Image.Image:
    """Return a part of an image, scaled, turned, with other grey levels; now and then noise without an image."""
    side = r.randint(220, 640)
    if r.random() < 0.2:
        rng = np.random.default_rng(r.randrange(2**31))
        small = Image.fromarray(
            rng.integers(0, 255, (side // r.choice([2, 3, 5, 9, 20]), side // 8, 1), np.uint8)[..., 0]
        )
        image = small.resize((side, side), r.choice([Image.Resampling.BICUBIC, Image.Resampling.NEAREST]))
    else:
        image = Image.open(path).convert("L")
        w, h = image.size
        share = r.uniform(0.4, 1)
        x, y = r.uniform(0, w * (1 - share)), r.uniform(0, h * (1 - share))
        image = image.resize((side, round(side * r.uniform(0.6, 1.2))), box=(x, y, x + w * share, y + h * share))
        image = image.rotate(r.choice([0, 0, 0, 90, 180, 270]), expand=True)
    levels = np.asarray(image, np.float32) / 255
    if r.random() < 0.2:
        levels = 1 - levels
    levels = np.clip((levels - r.uniform(-0.1, 0.5)) * r.uniform(0.6, 2.5), 0, 1) ** r.uniform(0.5, 2)
    return Image.fromarray((levels * 255).astype(np.uint8))


def _clutter(r: random.Random, image: Image.Image) -> None:
    """Draw what looks like letters and is none: specks, strokes, rings, scales, callipers, arrows."""
    pen, (w, h) = ImageDraw.Draw(image), image.size
    light = r.choice([r.randint(150, 255), r.randint(150, 255), r.randint(0, 60)])
    for _ in range(r.choice([0, 0, 20, 60, 150])):
        x, y, a, b = r.randrange(w), r.randrange(h), r.randint(2, 12), r.randint(2, 12)
        how = r.random()
        if how < 0.5:
            pen.ellipse((x, y, x + a, y + b), fill=light if r.random() < 0.7 else None, outline=light)
        else:
            pen.line((x, y, x + r.randint(-14, 14), y + r.randint(-14, 14)), light, r.randint(1, 4))
    if r.random() < 0.5:  # ticks of a scale
        x, y, n, step = r.randrange(w), r.randrange(h), r.randint(3, 14), r.randint(4, 24)
        for i in range(n):
            size = r.choice([3, 5, 8])
            place = (
                (x + i * step, y, x + i * step, y + size)
                if r.random() < 0.8
                else (x, y + i * step, x + size, y + i * step)
            )
            pen.line(place, light, r.randint(1, 2))
    for _ in range(r.choice([0, 0, 2, 4])):
        x, y, s = r.randrange(w), r.randrange(h), r.randint(3, 8)
        pen.line((x - s, y, x + s, y), light, 1)
        pen.line((x, y - s, x, y + s), light, 1)
    if r.random() < 0.3:  # a dotted line
        x, y, gap = r.randrange(w), r.randrange(h), r.randint(4, 12)
        slope = r.choice([0, 0, 0.3])
        for i in range(r.randint(5, 30)):
            pen.rectangle((x + i * gap, y + i * gap * slope, x + i * gap + 4, y + i * gap * slope + 4), fill=light)


def _write(r: random.Random, image: Image.Image, text: str) -> Box | None:
    """Write a line; return its box, or nothing if it would be cut off at the edge."""
    w, h = image.size
    size = round(7 * (34 / 7) ** (r.random() ** 1.6))
    levels = np.asarray(image)
    if r.random() < 0.3:
        cv2 = opencv()
        scale, thick = size / 30, 1 if size < 16 else 2
        face = r.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_DUPLEX])
        (a, b), _ = cv2.getTextSize(text, face, scale, thick)
    else:
        font = ImageFont.load_default(size) if r.random() < 0.3 else ImageFont.truetype(r.choice(_FONTS), size)
        x0, y0, x1, y1 = font.getbbox(text)
        a, b = round(x1 - x0), round(y1 - y0)
    if a + 8 >= w or b + 8 >= h or b < 5:
        return None
    x = r.choice([r.randint(2, 8), w - a - r.randint(3, 6), r.randint(2, w - a - 3)])
    y = r.choice([r.randint(2, 8), h - b - r.randint(3, 6), r.randint(2, h - b - 3)])
    ground = float(levels[y : y + b, x : x + a].mean())
    ink = r.randint(205, 255) if ground < 150 else r.randint(0, 40) if ground > 215 or r.random() < 0.5 else 255
    if r.random() < 0.15:  # on a strip of its own
        ImageDraw.Draw(image).rectangle((x - 4, y - 4, x + a + 4, y + b + 4), fill=255 if ink < 128 else 0)
    elif abs(ground - ink) < 60:
        return None
    before = image.copy()
    if "font" in locals():
        ImageDraw.Draw(image).text((x - x0, y - y0), text, fill=ink, font=font)
    else:
        image.paste(Image.fromarray(opencv().putText(np.array(image), text, (x, y + b), face, scale, ink, thick)))
    if r.random() < 0.3:
        image.paste(Image.blend(before, image, r.uniform(0.6, 1)))
    return x, y, a, b


def drawn(r: random.Random, path: Path) -> tuple[NDArray[np.uint8], list[Box], list[Box]]:
    """Draw one image: grey levels, the boxes of its lines, and boxes that count neither way (letters alone)."""
    image = _varied(r, path)
    _clutter(r, image)
    lines, marks = [], []
    for _ in range(r.choice([0, 1, 2, 4, 7])):
        box = _write(r, image, _string(r))
        if box is not None:
            lines.append(box)
    for _ in range(r.choice([0, 0, 1, 2])):
        box = _write(r, image, r.choice(["R", "L", "A", "a", "b", "LT", "RT", "1", "2"]))
        if box is not None:
            marks.append(box)
    cv2 = opencv()
    levels = np.asarray(image)
    if r.random() < 0.3:
        levels = cv2.GaussianBlur(levels, (3, 3), r.uniform(0.3, 0.9))
    if r.random() < 0.8:
        _, data = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, r.randint(40, 95)])
        levels = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    return levels, lines, marks


def _shared(row: Row, box: Box) -> float:
    """Share of a row that lies in a box."""
    x, y, a, b = box
    wide = min(row.x + row.width, x + a + 2) - max(row.x, x - 2)
    high = min(row.y + row.height, y + b + 2) - max(row.y, y - 2)
    return max(wide, 0) * max(high, 0) / (row.width * row.height)


def examples(paths: Sequence[Path], n: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draw n images; return crops of their rows and whether each is writing, up to three others for each that is."""
    r = random.Random(seed)
    xs: dict[bool, list[NDArray[np.float32]]] = {True: [], False: []}
    for _ in range(n):
        levels, lines, marks = drawn(r, r.choice(paths))
        for row, crop in zip(found := rows(levels), crops(levels, found), strict=True):
            inside = max((_shared(row, b) for b in lines), default=0.0)
            other = max((_shared(row, b) for b in marks), default=0.0)
            if inside >= 0.7 or (inside <= 0.05 and other <= 0.05):
                xs[inside >= 0.7].append(crop)
    others = r.sample(xs[False], min(len(xs[False]), 3 * len(xs[True])))
    return np.stack(xs[True] + others), np.repeat(np.array([1, 0], np.float32), [len(xs[True]), len(others)])


def network(torch: Any) -> Any:
    """Build the network: rows × 1 × 16 × 112 to one logit each."""
    nn = torch.nn

    def block(a: int, b: int) -> list[Any]:
        return [nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU()]

    return nn.Sequential(
        nn.Conv2d(1, 12, 5, stride=2, padding=2), nn.BatchNorm2d(12), nn.ReLU(), *block(12, 20), nn.MaxPool2d(2),
        *block(20, 28), nn.MaxPool2d(2), nn.Conv2d(28, 32, (2, 3), padding=(0, 1)), nn.ReLU(),
        nn.Conv2d(32, 1, 1), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(),
    )  # fmt: skip


def train(folder: Path, out: Path, images: int, epochs: int) -> None:
    """Draw, train, and write the network as ONNX."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    paths = backgrounds(folder)
    parts = [examples(paths, _PART, seed) for seed in range(max(images // _PART, 1))]
    x, y = (torch.from_numpy(np.concatenate(a)) for a in zip(*parts, strict=True))
    print(f"{len(paths)} backgrounds, {len(y)} rows, {float(y.mean()):.2f} writing", flush=True)
    model = network(torch)
    steps = epochs * (len(y) // 128)
    optimizer = torch.optim.AdamW(model.parameters(), 4e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, steps)
    loss_of = torch.nn.BCEWithLogitsLoss()
    for epoch in range(epochs):
        order, total = torch.randperm(len(y)), 0.0
        for part in order[: len(y) // 128 * 128].split(128):
            loss = loss_of(model(x[part])[:, 0], y[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(epoch, round(total / (len(y) // 128), 4), flush=True)
    model.eval()
    names = {"input": {0: "n"}, "output": {0: "n"}}
    torch.onnx.export(model, x[:2], out, input_names=["input"], output_names=["output"], dynamic_axes=names,
                      opset_version=13, dynamo=False)  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path, help="folder with SOURCES.tsv")
    parser.add_argument("out", type=Path, help="ONNX file to write")
    parser.add_argument("--drawn", type=int, default=1200, help="images to draw; default 1200")
    parser.add_argument("--epochs", type=int, default=6, help="default 6")
    given = parser.parse_args()
    train(given.images, given.out, given.drawn, given.epochs)
