"""Scores of near duplicates: labelled pairs, or copies made of a folder's texts and images.

Texts are judged by the Jaccard index of their words as strings, counted apart from the hashes that find them.
"""

from __future__ import annotations

import io
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, ImageOps

from pmcmine.duplicates import shingles
from pmcmine.duplicates.members import bucket_pairs
from pmcmine.duplicates.signatures import NEAR_TEXT, compare
from pmcmine.errors import GoldError
from pmcmine.evaluation.gold_files import read_json_lines
from pmcmine.evaluation.intervals import share_interval
from pmcmine.images import fingerprint as pictures
from pmcmine.images.check import grey_or_rgb
from pmcmine.jats.captions import read_caption
from pmcmine.jats.dom import parse_jats
from pmcmine.rejects import Rejected

_WORDS: Final = re.compile(r"[a-z0-9\u0080-\U0010ffff]+")
_IMAGES: Final = frozenset({".jpg", ".jpeg", ".png"})
_COPIES: Final = 5  # of a text, with more and more words changed
_MOST: Final = 2_000  # texts, and images, that copies are made of


def _grams(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORDS.findall(re.sub(r"[\u00a0\u2000-\u206f±·×\u2212\u3000]", " ", text.lower()))
    return (
        frozenset(zip(*(words[k:] for k in range(shingles.NGRAM)), strict=False)) if len(words) >= 10 else frozenset()
    )


def true_jaccard(a: str, b: str) -> float:
    """Compute the Jaccard index of the word 5-grams of two texts, as strings."""
    x, y = _grams(a), _grams(b)
    return len(x & y) / max(len(x | y), 1)


def found_texts(texts: Sequence[str]) -> dict[tuple[int, int], float]:
    """Near duplicates among texts, as the pipeline finds them: places of both, and their similarity."""
    sets = shingles.shingles(texts)
    kept = [n for n, s in enumerate(sets) if len(s)]
    keys = shingles.bands([sets[n] for n in kept]).tolist() if kept else []
    return _found(2, {n: [(b, k) for b, k in enumerate(row)] for n, row in zip(kept, keys, strict=True)}, sets)


def found_images(seen: Sequence[Sequence[pictures.View]]) -> dict[tuple[int, int], float]:
    """Return near duplicates among images' views."""
    return _found(0, {n: [(0, k) for k in pictures.tables(v)] for n, v in enumerate(seen) if v}, seen)


def _found(
    kind: int, keys: Mapping[int, Sequence[tuple[int, int]]], data: Sequence[Any]
) -> dict[tuple[int, int], float]:
    buckets = {key: number for number, key in enumerate(dict.fromkeys(k for row in keys.values() for k in row))}
    rows = np.array([(buckets[k], n) for n, row in keys.items() for k in row], np.int64).reshape(-1, 2)
    a, b, _ = bucket_pairs(np.full(len(rows), kind), rows[:, 0], rows[:, 1])
    pairs = {*zip(rows[a, 1].tolist(), rows[b, 1].tolist(), strict=True)}
    scored = {(a, b): compare(kind, data[a], data[b]) for a, b in sorted(pairs)}
    return {pair: similarity for pair, similarity in scored.items() if similarity > 0}


def _edited(text: str, rng: random.Random) -> str:
    """Change, drop or add some words of a text; sometimes also case and spaces."""
    words = text.split()
    for _ in range(rng.randint(0, max(1, len(words) // 25))):
        at = rng.randrange(len(words))
        what = rng.random()
        if what < 0.5:
            words[at] = f"changed{rng.randrange(1000)}"
        elif what < 0.75 and len(words) > 12:
            del words[at]
        else:
            words.insert(at, "also")
    copy = "  ".join(words) if rng.random() < 0.3 else " ".join(words)
    return copy.upper() if rng.random() < 0.1 else copy


def copies(image: Image.Image, rng: random.Random) -> Iterator[tuple[str, Image.Image]]:
    """Make copies of a picture: re-encoded, smaller, larger, with a border, and all of these in turn."""
    image = grey_or_rgb(image).convert("RGB")

    def jpeg(picture: Image.Image, quality: int) -> Image.Image:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        return Image.open(io.BytesIO(out.getvalue()))

    def bordered(picture: Image.Image) -> Image.Image:
        sides = tuple(int(rng.uniform(0.01, 0.1) * max(picture.size)) for _ in range(4))
        return ImageOps.expand(picture, sides, rng.choice(("white", "black", (210, 210, 210), (40, 60, 160))))

    def scaled(picture: Image.Image, factor: float) -> Image.Image:
        size = (max(int(picture.width * factor), 32), max(int(picture.height * factor), 32))
        return picture.resize(size, Image.Resampling.LANCZOS)

    yield "re-encoded", jpeg(image, rng.choice((30, 50, 70)))
    yield "resized", scaled(image, rng.uniform(0.3, 0.9))
    yield "enlarged", scaled(image, rng.uniform(1.1, 1.8))
    yield "palette", image.quantize(64)
    yield "bordered", bordered(image)
    yield "bordered, resized, re-encoded", jpeg(scaled(bordered(image), rng.uniform(0.4, 0.9)), 60)


def _texts(gold: Path) -> list[str]:
    out = []
    for file in sorted(gold.rglob("*.jsonl")):
        for row in read_json_lines(file, ""):
            text = row.get("text") or row.get("caption")
            if isinstance(text, str) and len(_WORDS.findall(text.lower())) >= shingles.MIN_WORDS + 5:
                out.append(text)
    for file in sorted(gold.rglob("*.xml")):
        out += _captions(file)
    return list(dict.fromkeys(out))[:_MOST]


def _captions(file: Path) -> list[str]:
    try:
        root = parse_jats(file.read_bytes())
    except Rejected:
        return []
    found = (read_caption(fig).text for fig in root.iter("fig"))
    return [t for t in found if t and len(_WORDS.findall(t.lower())) >= shingles.MIN_WORDS + 5]


def _open(file: Path) -> Image.Image:
    try:
        with Image.open(file, formats=["JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP"]) as image:
            image.load()
            return image.copy()
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise GoldError(f"{file}: no readable image ({error})") from None


def _made_texts(texts: Sequence[str], rng: random.Random) -> tuple[list[float], int, int, list[str]]:
    """Evaluate made copies of texts.

    Returns (found for each pair at Jaccard ≥ .8), correct reported pairs, all reported pairs, and errors.
    """
    hits, lines = [], []
    pool = list(texts)
    pairs = []
    for n, text in enumerate(texts):
        for _ in range(_COPIES):
            pairs.append((n, len(pool)))
            pool.append(_edited(text, rng))
    told = found_texts(pool)
    for a, b in pairs:
        true = true_jaccard(pool[a], pool[b])
        if true >= NEAR_TEXT:
            hits.append(float((a, b) in told))
            if (a, b) not in told:
                lines.append(f"missed, Jaccard {true:.3f}: {pool[a][:120]}")
    right = 0
    for (a, b), similarity in told.items():
        true = true_jaccard(pool[a], pool[b])
        right += true >= NEAR_TEXT
        if true < NEAR_TEXT:
            lines.append(f"told {similarity:.3f}, is {true:.3f}: {pool[a][:120]}")
    return hits, right, len(told), lines


def _made_images(files: Sequence[Path], rng: random.Random) -> tuple[dict[str, list[float]], int, int, list[str]]:
    """Evaluate made copies of images.

    Returns what was found for each copy by kind of change, correct reported pairs, all reported pairs, and errors.
    """
    hits: dict[str, list[float]] = {}
    lines = []
    pool: list[list[pictures.View]] = []
    source: list[int] = []
    for n, file in enumerate(files):
        image = _open(file)
        pool.append(pictures.views(grey_or_rgb(image).convert("L")))
        source.append(n)
    made = []
    for n, file in enumerate(files):
        for how, copy in copies(_open(file), rng):
            made.append((n, len(pool), how))
            pool.append(pictures.views(grey_or_rgb(copy).convert("L")))
            source.append(n)
    told = found_images(pool)
    for a, b, how in made:
        hits.setdefault(how, []).append(float((a, b) in told))
        if (a, b) not in told:
            lines.append(f"missed, {how}: {files[a]}")
    same = _same_bytes(files)
    right = 0
    for a, b in told:
        i, j = source[a], source[b]
        good = i == j or frozenset((i, j)) in same
        right += good
        if not good and a < len(files) and b < len(files):
            lines.append(f"told {told[a, b]:.3f}: {files[i]} and {files[j]}")
    return hits, right, len(told), lines


def _same_bytes(files: Sequence[Path]) -> set[frozenset[int]]:
    by: dict[bytes, list[int]] = {}
    for n, file in enumerate(files):
        by.setdefault(file.read_bytes(), []).append(n)
    return {frozenset(p) for group in by.values() for p in combinations(group, 2)}


def _labelled(rows: Sequence[Mapping[str, Any]], folder: Path) -> tuple[list[float], int, int, list[str]]:
    """Return pairs of texts (`a`, `b`) or image files (`image_a`, `image_b`) with `duplicate`."""
    hits, lines, right, told = [], [], 0, 0
    for n, row in enumerate(rows, 1):
        duplicate = row.get("duplicate")
        if not isinstance(duplicate, bool):
            raise GoldError(f"pair {n}: no `duplicate`, true or false")
        if isinstance(row.get("a"), str) and isinstance(row.get("b"), str):
            found = bool(found_texts([row["a"], row["b"]]))
        elif isinstance(row.get("image_a"), str) and isinstance(row.get("image_b"), str):
            seen = [pictures.views(grey_or_rgb(_open(folder / row[k])).convert("L")) for k in ("image_a", "image_b")]
            found = bool(found_images(seen))
        else:
            raise GoldError(f"pair {n}: give texts a and b, or files image_a and image_b")
        told += found
        right += found and duplicate
        if duplicate:
            hits.append(float(found))
        if found != duplicate:
            lines.append(f"pair {n}: {'told' if found else 'missed'}")
    return hits, right, told, lines


def evaluate_duplicates(gold: Path, seed: int = 0) -> tuple[dict[str, Any], list[str]]:
    """Compute the recall and precision of near duplicates, and what was wrong.

    Args:
        gold: JSON lines of labelled pairs; or a folder of images, of JATS and of JSON lines with `text` or `caption`,
            of which copies are made: texts with words changed, images re-encoded, resized and with borders.
        seed: of the copies.

    Raises:
        GoldError: if there is nothing to score.
    """
    if gold.is_file():
        hits, right, told, lines = _labelled(read_json_lines(gold, ""), gold.parent)
        measures = _measures("", hits, right, told)
        return {"pairs": len(hits), **measures}, lines
    texts = _texts(gold)
    files = sorted(p for p in gold.rglob("*") if p.suffix.lower() in _IMAGES and p.is_file())[:_MOST]
    if not texts and not files:
        raise GoldError(f"{gold}: no images, no JATS, and no JSON lines with text or caption")
    measures, lines = {}, []
    if texts:
        hits, right, told, lines = _made_texts(texts, random.Random(seed))
        measures |= {"texts": len(texts), "pairs": len(hits), **_measures("", hits, right, told)}
    if files:
        by, right, told, more = _made_images(files, random.Random(seed))
        lines += more
        every = [h for found in by.values() for h in found]
        measures |= {"images": len(files), "copies": len(every), **_measures("image_", every, right, told)}
        measures["image_recall_by_copy"] = {how: round(sum(f) / len(f), 4) for how, f in by.items()}
    return measures, lines


def _measures(head: str, hits: Sequence[float], right: int, told: int) -> dict[str, Any]:
    return {
        f"{head}recall": sum(hits) / max(len(hits), 1),
        f"{head}recall_interval": share_interval(hits) if hits else [0.0, 0.0],
        f"{head}precision": right / told if told else 1.0,
    }
