"""Kinds of images: one small network over pixels and caption, several kinds at once for compound figures."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifiers.images.cues import cues
from classifiers.images.features import features
from pmcmine.errors import PmcmineError
from pmcmine.io.safe_arrays import floats, read_arrays, read_header

FORMAT: Final = 1
KINDS: Final = (
    "xray", "ct", "mri", "ultrasound", "nuclear", "microscopy", "clinical_photo", "chart", "diagram", "gel",
    "molecular_structure", "table", "map", "other",
)  # fmt: skip
RADIOLOGY: Final = KINDS[:5]
MODEL_FILE: Final = Path(__file__).parent / "models" / "kinds.npz"


@dataclass(frozen=True)
class KindModel:
    """A network with one hidden layer.

    Attributes:
        mean: of each input.
        scale: of each input.
        weights: inputs × hidden, hidden × kinds.
        biases: of both layers.
        thresholds: least score at which a kind is named.
        trained_on: what it learned from.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    weights: tuple[NDArray[np.float32], NDArray[np.float32]]
    biases: tuple[NDArray[np.float32], NDArray[np.float32]]
    thresholds: NDArray[np.float32]
    trained_on: str

    def scores(self, views: Sequence[NDArray[np.uint8] | None], captions: Sequence[str]) -> NDArray[np.float64]:
        """Return the probability of each kind (images × kinds, rounded to 4 places); an image has one or more kinds.

        Args:
            views: `features.view` of each image.
            captions: its caption; may be empty.
        """
        return self.of_inputs(inputs(views, captions))

    def of_inputs(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Score `inputs`."""
        z = (x - self.mean) / self.scale
        # einsum adds up each row by itself, so that scores do not depend on the company an image keeps.
        hidden = np.maximum(np.einsum("ij,jk->ik", z, self.weights[0]) + self.biases[0], 0)
        out = np.einsum("ij,jk->ik", hidden, self.weights[1]) + self.biases[1]
        scores: NDArray[np.float64] = np.round(1 / (1 + np.exp(-out.astype(np.float64))), 4)
        return scores

    def named(self, scores: NDArray[np.float64]) -> tuple[str, ...]:
        """Return the kinds of one image that reach their threshold, most likely first; none if it is like no kind."""
        order = sorted(range(len(KINDS)), key=lambda i: (-scores[i], i))
        return tuple(KINDS[i] for i in order if scores[i] >= self.thresholds[i])


def inputs(views: Sequence[NDArray[np.uint8] | None], captions: Sequence[str]) -> NDArray[np.float32]:
    """Return the features of pixels and captions, images × inputs; zeros for the pixels of None."""
    width = len(features(np.full((8, 8, 3), 255, np.uint8)))
    pixels = [features(v) if v is not None else np.zeros(width, np.float32) for v in views]
    said = [cues(c) for c in captions]
    return np.array(
        [np.concatenate([p, c, [float(not c.any())]]) for p, c in zip(pixels, said, strict=True)], np.float32
    )


def fit(
    x: NDArray[np.float32], y: NDArray[np.float32], hidden: int = 96, seed: int = 0, trained_on: str = ""
) -> KindModel:
    """Train on inputs (images × inputs) and kinds (images × kinds, 0 or 1)."""
    from sklearn.neural_network import MLPClassifier

    mean, scale = x.mean(0), np.maximum(x.std(0), 1e-3)
    network = MLPClassifier(
        (hidden,), alpha=0.01, batch_size=128, learning_rate_init=2e-3, max_iter=60, random_state=seed,
        early_stopping=False, n_iter_no_change=60,
    ).fit((x - mean) / scale, y.astype(int))  # fmt: skip
    first, second = (w.astype(np.float16).astype(np.float32) for w in network.coefs_)
    b0, b1 = (b.astype(np.float32) for b in network.intercepts_)
    thresholds = np.full(len(KINDS), 0.5, np.float32)
    return KindModel(mean, scale, (first, second), (b0, b1), thresholds, trained_on)


def dump(model: KindModel) -> bytes:
    """Serialise a model as one `.npz`; the same model gives the same bytes."""
    header = json.dumps({"format": FORMAT, "kinds": KINDS, "trained_on": model.trained_on}, sort_keys=True)
    arrays = {
        "header": np.frombuffer(header.encode(), np.uint8),
        "mean": model.mean.astype(np.float32),
        "scale": model.scale.astype(np.float32),
        "w0": model.weights[0].astype(np.float16),
        "w1": model.weights[1].astype(np.float16),
        "b0": model.biases[0],
        "b1": model.biases[1],
        "thresholds": model.thresholds,
    }
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]  # names of arrays are no parameters
    return out.getvalue()


def parse(data: bytes, name: str) -> KindModel:
    """Load a model from the bytes of `dump`.

    Raises:
        PmcmineError: if the bytes are no such model.
    """
    try:
        arrays = read_arrays(data)
        header = read_header(arrays["header"])
        if header["format"] != FORMAT or header["kinds"] != list(KINDS):
            raise PmcmineError(f"{name}: a model of another version of pmcmine; train it again")
        width, hidden = inputs([None], [""]).shape[1], len(arrays["w1"])
        shapes = {
            "mean": (width,), "scale": (width,), "w0": (width, hidden), "w1": (hidden, len(KINDS)),
            "b0": (hidden,), "b1": (len(KINDS),), "thresholds": (len(KINDS),),
        }  # fmt: skip
        a = {k: floats(arrays[k], shape, k) for k, shape in shapes.items()}
        if not a["scale"].all():
            raise ValueError("a scale of zero")
        trained_on = str(header["trained_on"])
    except (ValueError, LookupError, TypeError) as error:
        raise PmcmineError(
            f"{name}: not a model of image kinds, or damaged ({type(error).__name__}: {error})"
        ) from None
    weights, biases = (a["w0"], a["w1"]), (a["b0"], a["b1"])
    return KindModel(a["mean"], a["scale"], weights, biases, a["thresholds"], trained_on)


@cache
def shipped() -> KindModel:
    """Load the model of the package, once per process.

    Raises:
        PmcmineError: if its file is missing or damaged.
    """
    if not MODEL_FILE.is_file():
        raise PmcmineError(
            f"{MODEL_FILE}: missing; install pmcmine again, make it with `pmcmine train image-kind`, "
            "or use --set image_kinds=false"
        )
    return parse(MODEL_FILE.read_bytes(), str(MODEL_FILE))
