"""Kinds of images: scores from pixels, from the caption, and from both; several kinds at once for compound figures."""

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

from classifiers.images import embedding
from classifiers.images.cues import cued_kinds, cues
from classifiers.images.view import SIDE
from pmcmine.errors import PmcmineError
from pmcmine.images.pyramid import Pyramid
from pmcmine.io.safe_arrays import floats, read_arrays, read_header

Scores = NDArray[np.float64]
FORMAT: Final = 2
KINDS: Final = (
    "xray", "ct", "mri", "ultrasound", "nuclear", "microscopy", "clinical_photo", "chart", "diagram", "gel",
    "molecular_structure", "table", "map", "other",
)  # fmt: skip
RADIOLOGY: Final = KINDS[:5]
MODEL_FILE: Final = Path(__file__).parent / "models" / "kinds.npz"


@dataclass(frozen=True)
class Judged:
    """What a model says of images; scores are images × kinds, from 0 to 1, rounded to 4 places.

    Attributes:
        scores: from pixels and caption.
        pixels: from the pixels alone.
        caption: from the caption alone.
        unknown: whether the pixels are like no kind, images.
    """

    scores: Scores
    pixels: Scores
    caption: Scores
    unknown: NDArray[np.bool_]


@dataclass(frozen=True)
class KindModel:
    """A linear model over the embedding, and what words of the caption add to it, the same for every kind.

    Attributes:
        mean: of each number of the embedding.
        scale: of each number of the embedding.
        weights: numbers × kinds.
        bias: of each kind.
        joint: log odds from both: weight of the pixels' log odds, of cues of the kind, of cues of other kinds, bias.
        said: log odds from the caption: weight of cues of the kind, of cues of other kinds, bias.
        thresholds: least score at which a kind is named.
        familiar: least of the highest scores of an image's pixels; below it they are like nothing seen.
        trained_on: what it learned from.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    joint: NDArray[np.float32]
    said: NDArray[np.float32]
    thresholds: NDArray[np.float32]
    familiar: float
    trained_on: str

    def judge(self, views: Sequence[NDArray[np.uint8]], captions: Sequence[str]) -> Judged:
        """Score images.

        Args:
            views: `view.view` of each image.
            captions: its caption; may be empty.
        """
        return self.of_inputs(_stacked([embedding.embed(v) for v in views]), words(captions))

    def judge_pictures(self, pictures: Sequence[Pyramid], captions: Sequence[str]) -> Judged:
        """Score images by their pyramids; each is embedded once, whoever asks for it."""
        return self.of_inputs(_stacked([of_picture(p) for p in pictures]), words(captions))

    def scores(self, views: Sequence[NDArray[np.uint8]], captions: Sequence[str]) -> Scores:
        """Return the scores of `judge` from pixels and caption."""
        return self.judge(views, captions).scores

    def of_inputs(self, seen: NDArray[np.float32], said: NDArray[np.float32]) -> Judged:
        """Score images by their embeddings (images × numbers) and `words` (images × kinds)."""
        pixels = self.log_odds(seen)
        joint, caption = self.with_words(pixels, said)
        shown = _probability(pixels)
        return Judged(_probability(joint), shown, _probability(caption), shown.max(1, initial=0) < self.familiar)

    def with_words(self, pixels: Scores, said: NDArray[np.float32]) -> tuple[Scores, Scores]:
        """Return log odds from pixels and caption, and from the caption alone, images × kinds.

        Args:
            pixels: log odds of the pixels, images × kinds.
            said: `words` of the captions; where there are none, the pixels decide.
        """
        others = most_of_others(said)
        a, own, other, base = self.joint.astype(np.float64)
        spoken = said.max(1, keepdims=True, initial=0) > 0
        joint = np.where(spoken, a * pixels + own * said + other * others + base, pixels)
        own, other, base = self.said.astype(np.float64)
        return joint, own * said + other * others + base

    def log_odds(self, seen: NDArray[np.float32]) -> Scores:
        """Return the log odds of each kind from embeddings alone, images × kinds."""
        z = (seen.astype(np.float64) - self.mean) / self.scale
        # einsum adds up each row by itself, so that scores do not depend on the company an image keeps.
        found: Scores = np.einsum("ij,jk->ik", z, self.weights.astype(np.float64)) + self.bias
        return found

    def named(self, scores: Scores) -> tuple[str, ...]:
        """Return the kinds of one image that reach their threshold, most likely first; none if it is like no kind."""
        order = sorted(range(len(KINDS)), key=lambda i: (-scores[i], i))
        return tuple(KINDS[i] for i in order if scores[i] >= self.thresholds[i])


def of_picture(picture: Pyramid) -> NDArray[np.float32]:
    """Return the embedding of a picture, computed once."""
    found: NDArray[np.float32] = picture.once(embedding.NETWORK.sha256, lambda: embedding.embed(picture.rgb(SIDE)))
    return found


def _stacked(seen: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.array(seen, np.float32).reshape(len(seen), embedding.WIDTH)


def words(captions: Sequence[str]) -> NDArray[np.float32]:
    """Return the cues of captions in the order of `KINDS`, images × kinds."""
    order = [cued_kinds().index(k) for k in KINDS]
    return np.array([cues(c)[order] for c in captions], np.float32).reshape(len(captions), len(KINDS))


def most_of_others(said: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return for each image and kind the strongest cue of another kind, images × kinds."""
    best = said.argmax(1)[:, None]
    second, first = np.moveaxis(np.partition(said, -2, axis=1)[:, -2:, None], 1, 0)
    found: NDArray[np.float32] = np.maximum(np.where(np.arange(said.shape[1]) == best, second, first), 0)
    return found


def _probability(log_odds: Scores) -> Scores:
    found: Scores = np.round(1 / (1 + np.exp(-np.clip(log_odds, -50, 50))), 4)
    return found


def dump(model: KindModel) -> bytes:
    """Serialise a model as one `.npz`; the same model gives the same bytes."""
    about = {"format": FORMAT, "kinds": KINDS, "network": embedding.NETWORK.sha256, "trained_on": model.trained_on}
    arrays = {
        "header": np.frombuffer(json.dumps(about, sort_keys=True).encode(), np.uint8),
        "mean": model.mean.astype(np.float32),
        "scale": model.scale.astype(np.float32),
        "weights": model.weights.astype(np.float32),
        "bias": model.bias.astype(np.float32),
        "joint": model.joint.astype(np.float32),
        "said": model.said.astype(np.float32),
        "thresholds": model.thresholds.astype(np.float32),
        "familiar": np.array([model.familiar], np.float32),
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
        if (header["format"], header["kinds"]) != (FORMAT, list(KINDS)):
            raise PmcmineError(f"{name}: a model of another version of pmcmine; train it again")
        if header.get("network") != embedding.NETWORK.sha256:
            raise PmcmineError(
                f"{name}: a model for another network: the one that looks at images has changed since it was trained; "
                "run `pmcmine train image-kind` again"
            )
        width, kinds = embedding.WIDTH, len(KINDS)
        shapes = {
            "mean": (width,), "scale": (width,), "weights": (width, kinds), "bias": (kinds,), "joint": (4,),
            "said": (3,), "thresholds": (kinds,), "familiar": (1,),
        }  # fmt: skip
        a = {k: floats(arrays[k], shape, k) for k, shape in shapes.items()}
        if not a["scale"].all():
            raise ValueError("a scale of zero")
        trained_on = str(header["trained_on"])
    except (ValueError, LookupError, TypeError) as error:
        raise PmcmineError(
            f"{name}: not a model of image kinds, or damaged ({type(error).__name__}: {error})"
        ) from None
    familiar = float(a.pop("familiar")[0])
    return KindModel(**a, familiar=familiar, trained_on=trained_on)


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
