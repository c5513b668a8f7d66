"""Training of image kinds: looked-at figures, captions of figures without pixels, and generated pictures.

Figures that were looked at count most. Of a generated picture half come with a real caption whose cues name its kind
(and no other), half with none, so that neither pixels nor words are trusted alone.
"""

from __future__ import annotations

import csv
import io
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from classifiers.images import generate
from classifiers.images.cues import cued_kinds, cues
from classifiers.images.features import view
from classifiers.images.kinds import KINDS, KindModel, fit, inputs
from pmcmine.errors import GoldError, PmcmineError
from pmcmine.evaluation.intervals import RESAMPLES, interval
from pmcmine.ids import keyed_hash

Rows = NDArray[np.float32]
LABELS: Final = Path(__file__).parent / "labels" / "figures.tsv"
_PER_KIND: Final = 220  # generated pictures of each kind alone
_COMPOUNDS: Final = 900
_SIZES: Final = ((256, 256), (256, 180), (256, 128), (180, 256), (256, 210))
_REPEAT: Final = 4  # how often each looked-at figure is shown
FOLDS: Final = 5


def read_labels(path: Path) -> dict[str, tuple[str, ...]]:
    """Read figure → kinds, from a table of `figure_id` and `kinds` (comma-separated), tab-separated.

    Raises:
        GoldError: if the file is missing or names an unknown kind.
    """
    files = sorted(path.glob("figures*.tsv")) if path.is_dir() else [path]
    out: dict[str, tuple[str, ...]] = {}
    for file in files:
        if not file.is_file():
            raise GoldError(f"{file}: no such file")
        lines = [s for s in file.read_text("utf-8").splitlines() if s.strip() and not s.startswith("#")]
        for row in csv.DictReader(io.StringIO("\n".join(lines)), delimiter="\t"):
            kinds = tuple(str(row.get("kinds") or "").split(","))
            unknown = [k for k in kinds if k not in KINDS]
            if unknown or not row.get("figure_id"):
                raise GoldError(f"{file}: unknown kind {unknown or row}; known are {', '.join(KINDS)}")
            out[str(row["figure_id"])] = kinds
    if not out:
        raise GoldError(f"{path}: no labelled figure in it (figures.tsv)")
    return out


def samples(release: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of all figures of a release, with the bytes of the image where there is a sample.

    Raises:
        PmcmineError: if it holds no figures.
    """
    files = sorted((release / "tables" / "figures").glob("*/*.parquet"))
    if not files:
        raise PmcmineError(f"{release}: no figures; is it a release of `pmcmine mine`?")
    columns = ["figure_id", "pmcid", "license_group", "caption", "label", "shard", "image_offset", "image_bytes"]
    for file in files:
        for row in pq.read_table(file, columns=columns).to_pylist():
            if row["shard"]:
                with (release / "shards" / row["shard"]).open("rb") as stream:
                    stream.seek(row["image_offset"])
                    row["image"] = stream.read(row["image_bytes"])
            yield row


def _targets(kinds: Sequence[str]) -> NDArray[np.float32]:
    return np.array([float(k in kinds) for k in KINDS], np.float32)


def looked_at(
    release: Path, labels: Mapping[str, Sequence[str]]
) -> tuple[NDArray[np.float32], NDArray[np.float32], list[str]]:
    """Collect inputs, kinds and PMCIDs of the labelled figures in a release."""
    views, captions, kinds, pmcids = [], [], [], []
    for row in sorted(samples(release), key=lambda r: str(r["figure_id"])):
        if row["figure_id"] in labels and row.get("image"):
            with Image.open(io.BytesIO(row["image"])) as image:
                views.append(view(image))
            captions.append(f"{row['label'] or ''} {row['caption'] or ''}")
            kinds.append(_targets(labels[row["figure_id"]]))
            pmcids.append(str(row["pmcid"]))
    if not views:
        raise PmcmineError(f"{release}: contains none of the labelled figures")
    return inputs(views, captions), np.array(kinds), pmcids


def captions_by_kind(release: Path) -> dict[str, list[str]]:
    """Return commercially licensed captions whose cues name one kind alone, by kind."""
    out: dict[str, list[str]] = defaultdict(list)
    names = cued_kinds()
    for row in samples(release):
        if row["license_group"] != "commercial" or not row["caption"]:
            continue
        found = cues(row["caption"])
        if (found > 0).sum() == 1:
            out[names[int(found.argmax())]].append(row["caption"])
    return out


def generated(captions: Mapping[str, Sequence[str]], seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Generate pictures; return their inputs and kinds."""
    r = random.Random(seed)
    views: list[NDArray[np.uint8] | None] = []
    said, kinds = [], []

    def caption(kind: str) -> str:
        pool = captions.get(kind)
        return r.choice(pool) if pool and r.random() < 0.5 else ""

    for kind in KINDS:
        for _ in range(_PER_KIND):
            image = generate.PAINTERS[kind](r, r.choice(_SIZES))
            if r.random() < 0.5:
                image = _worn(image, r)
            views.append(view(image))
            said.append(caption(kind))
            kinds.append(_targets([kind]))
        for text in captions.get(kind, ())[:200]:  # words alone, for figures whose pixels are not at hand
            views.append(None)
            said.append(text)
            kinds.append(_targets([kind]))
    for _ in range(_COMPOUNDS):
        some = r.sample(KINDS, r.choice([1, 1, 2, 2, 3]))
        panels = [r.choice(some) for _ in range(r.randint(2, 6))]
        views.append(view(generate.compound(r, panels, r.choice(_SIZES))))
        said.append(" ".join(caption(k) for k in sorted(set(panels))))
        kinds.append(_targets(panels))
    return inputs(views, said), np.array(kinds)


def _worn(image: Image.Image, r: random.Random) -> Image.Image:
    """Compress a picture as JPEG and change its size."""
    w, h = image.size
    scale = r.uniform(0.6, 1.5)
    resized = image.resize((max(int(w * scale), 16), max(int(h * scale), 16)), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    resized.save(out, "JPEG", quality=r.randint(40, 90))
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


def train(
    figures: Path, corpus: Path | None, labels: Mapping[str, Sequence[str]], seed: int = 0
) -> tuple[KindModel, dict[str, Any]]:
    """Fit a model and measure it; cross-validation keeps the figures of one article together.

    Args:
        figures: release whose samples are labelled.
        corpus: release whose captions go with generated pictures; none if None.
        labels: kinds of figures.
        seed: of the generated pictures and of the network.
    """
    real_x, real_y, pmcids = looked_at(figures, labels)
    texts = captions_by_kind(corpus) if corpus is not None else {}
    made_x, made_y = generated(texts, seed)
    fold = np.array([keyed_hash("pmcmine/images/fold", p) % FOLDS for p in pmcids])
    scores = np.zeros(real_y.shape)
    for k in range(FOLDS):
        rest = np.repeat(np.nonzero(fold != k)[0], _REPEAT)
        model = fit(np.vstack([made_x, real_x[rest]]), np.vstack([made_y, real_y[rest]]), seed=seed)
        inside = fold == k
        if inside.any():
            scores[inside] = model.of_inputs(real_x[inside])
    every = np.repeat(np.arange(len(real_x)), _REPEAT)
    on = (
        f"{len(real_x):,} figures that were looked at, {len(made_x):,} generated pictures and captions "
        f"({sum(map(len, texts.values())):,} captions of openly licensed figures by their cues)"
    )
    model = fit(np.vstack([made_x, real_x[every]]), np.vstack([made_y, real_y[every]]), seed=seed, trained_on=on)
    bare = generated({}, seed + 1)
    held = model.of_inputs(bare[0])
    return model, {
        "cross_validation": measures(model, real_y, scores),
        "generated": measures(model, bare[1], held),
    }


def measures(model: KindModel, gold: NDArray[np.float32], scores: NDArray[np.float64]) -> dict[str, Any]:
    """Compute F1 over all (image, kind) pairs with its interval, the share with the right top kind, and F1 by kind."""
    named = [set(model.named(s)) for s in scores]
    truth = [{k for k, v in zip(KINDS, g, strict=True) if v} for g in gold]
    rows = np.array([(len(t & n), len(t), len(n)) for t, n in zip(truth, named, strict=True)], float)
    rng = np.random.default_rng(0)
    values = []
    for _ in range(RESAMPLES):
        s = rows[rng.integers(0, len(rows), len(rows))].sum(0)
        values.append(2 * s[0] / max(s[1] + s[2], 1))
    total = rows.sum(0)
    top = np.mean([KINDS[int(s.argmax())] in t for s, t in zip(scores, truth, strict=True)])
    by_kind = {}
    for kind in KINDS:
        both = sum(kind in t and kind in n for t, n in zip(truth, named, strict=True))
        n_gold, n_found = sum(kind in t for t in truth), sum(kind in n for n in named)
        if n_gold:
            by_kind[kind] = {"images": n_gold, "f1": round(2 * both / (n_gold + n_found), 4)}
    macro = float(np.mean([v["f1"] for v in by_kind.values()])) if by_kind else 0.0
    return {
        "images": len(gold),
        "f1": round(float(2 * total[0] / max(total[1] + total[2], 1)), 4),
        "f1_interval": interval(values),
        "accuracy": round(float(top), 4),
        "macro_f1": round(macro, 4),
        "by_kind": by_kind,
    }


def model_card(model: KindModel, figures: Mapping[str, Any]) -> str:
    """Write the model card in Markdown."""
    lines = [
        "# Kinds of images",
        "",
        "Written by `pmcmine train image-kind`. A network with one hidden layer over features of the pixels and the",
        "cues of the caption; several kinds at once for compound figures.",
        "",
        f"Trained on {model.trained_on}.",
        "The generated pictures are drawings: radiology, ultrasound, nuclear medicine and clinical photographs were",
        "learned from drawings and captions almost alone, and their scores say little beyond what the caption says.",
        "",
    ]
    titles = {
        "cross_validation": "Figures that were looked at, five folds, no article in two",
        "generated": "Generated pictures of another seed, without captions (they say nothing of real ones)",
    }
    for name, title in titles.items():
        m = figures[name]
        low, high = m["f1_interval"]
        lines += [
            f"## {title}",
            "",
            f"{m['images']:,} images; F1 over images and kinds {m['f1']:.3f} ({low:.3f} to {high:.3f}), "
            f"most likely kind right {m['accuracy']:.3f}.",
            "",
            "| kind | images | F1 |",
            "|---|---:|---:|",
            *(f"| {k} | {v['images']} | {v['f1']:.3f} |" for k, v in m["by_kind"].items()),
            "",
        ]
    return "\n".join(lines)
