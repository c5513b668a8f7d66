"""Training of image kinds, and what a model knows of sources that it has not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifiers.images import examples as sets
from classifiers.images.examples import Examples
from classifiers.images.kinds import KINDS, KindModel, Scores, most_of_others
from classifiers.images.measures import LARGE, calibration_error, measures, single

FOLDS: Final = 6  # of small sources
_STRENGTH: Final = 0.005  # of the weights, inverse of their penalty
_WEIGHT: Final = {
    sets.PICTURE: 1.0, sets.LOOKED_AT: 1.0, sets.WEAK: 0.5, sets.GENERATED: 2.0, sets.SLICE: 0.2,
    sets.PACKAGE: 1.5, sets.COMPOUND: 0.3,
}  # fmt: skip
_STEPS: Final = 60  # of the fit, at most
_TOLD: Final = 10  # models between two lines of progress
_ENOUGH: Final = 50  # figures with words, to learn from them what words are worth
_FAMILIAR: Final = 0.05  # share of known pictures that may be called unknown
_PLAIN: Final = np.array([1, 3, -1, 0], np.float32)  # of `KindModel.joint`, where no caption is known to learn from
_SAID: Final = np.array([4, -1, -3], np.float32)


def fit(known: Examples, trained_on: str = "") -> KindModel:
    """Train the part that sees; caption and calibration are those of a model that was not calibrated."""
    mean, scale = known.seen.mean(0), np.maximum(known.seen.std(0), 1e-3)
    y = known.kinds > 0
    weight = _weights(known)
    some = y.any(0) & ~y.all(0)
    more = np.ones(y.shape)  # kinds are rarer than the others: their images count for more
    for i in np.flatnonzero(some):
        more[y[:, i], i] = (weight[~y[:, i]].sum() / weight[y[:, i]].sum()) ** 0.5
    each = weight[:, None] * more
    each *= some * len(y) / each.sum(0)
    weights, bias = _logistic((known.seen - mean) / scale, y, (_STRENGTH * each).astype(np.float32))
    return KindModel(
        mean, scale, weights, np.where(some, bias, -10).astype(np.float32), _PLAIN, _SAID,
        np.full(len(KINDS), 0.5, np.float32), 0.0, trained_on,
    )  # fmt: skip


def _logistic(
    z: NDArray[np.float32], y: NDArray[np.bool_], each: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fit logistic regressions of all kinds at once, which is ten times faster than one by one.

    Args:
        z: images × numbers.
        y: images × kinds.
        each: what an image counts for a kind, images × kinds.

    Returns:
        Weights, numbers × kinds, and the bias of each kind.
    """
    from scipy.optimize import minimize

    shape = (z.shape[1] + 1, y.shape[1])

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        b = flat.reshape(shape).astype(np.float32)
        odds = z @ b[:-1] + b[-1]
        value = (each * (np.logaddexp(0, odds) - y * odds)).sum(dtype=np.float64) + (
            b[:-1].astype(float) ** 2
        ).sum() / 2
        slope = each * (1 / (1 + np.exp(-np.clip(odds, -50, 50))) - y)
        down = np.concatenate([z.T @ slope + b[:-1], slope.sum(0, keepdims=True)])
        return float(value), down.ravel().astype(np.float64)

    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
    b = found.x.reshape(shape).astype(np.float32)
    return b[:-1], b[-1]


def _weights(known: Examples) -> NDArray[np.float64]:
    """Weigh examples so that a source with many pictures of a kind counts as their square root."""
    keys = np.array(
        [f"{s}/{o}/{k.argmax()}" for s, o, k in zip(known.sources, known.origins, known.kinds, strict=True)]
    )
    _, place, count = np.unique(keys, return_inverse=True, return_counts=True)
    found: NDArray[np.float64] = np.array([_WEIGHT[o] for o in known.origins.tolist()]) * (count[place] / 10.0) ** -0.5
    return found


def folds(sources: NDArray[np.str_], count: int = FOLDS) -> NDArray[np.int64]:
    """Return the fold of each image: sources of many images have one of their own, the others are dealt.

    Args:
        sources: of the images.
        count: of folds to deal to, the largest source first to the fold that has least.
    """
    names, place, sizes = np.unique(sources, return_inverse=True, return_counts=True)
    load = np.zeros(count)
    dealt = np.zeros(len(names), np.int64)
    alone = count
    for i in np.argsort(-sizes, kind="stable"):
        if sizes[i] >= LARGE:
            dealt[i] = alone
            alone += 1
        else:
            dealt[i] = int(load.argmin())
            load[dealt[i]] += sizes[i]
    return dealt[place]


def unseen(known: Examples, judged: Examples, say: Callable[[str], None] = lambda line: None) -> Scores:
    """Return log odds of the pixels of `judged`, each from a model that has learned from no image of its source.

    Drawings, slices and other sources that are not judged stay with those that are learned from.
    """
    held = folds(judged.sources)
    of = dict(zip(judged.sources.tolist(), held.tolist(), strict=True))
    fold = np.array([of.get(s, -1) for s in known.sources.tolist()])
    out = np.zeros((len(judged), len(KINDS)))
    learned = [i for i in np.unique(held) if (fold == i).any()]
    others = ~np.isin(held, learned)  # of sources that nothing was learned from: one model judges them all
    if others.any():
        out[others] = fit(known).log_odds(judged.seen[others])
    for n, i in enumerate(learned):
        if n % _TOLD == 0:
            say(f"measuring on sources left out: {n} of {len(learned)}")
        out[held == i] = fit(known.where(fold != i)).log_odds(judged.seen[held == i])
    return out


def calibrate(model: KindModel, judged: Examples, log_odds: Scores) -> tuple[KindModel, Scores]:
    """Fit what scores mean on images of unseen sources that may be learned from.

    Args:
        model: of `fit`.
        judged: the images.
        log_odds: of their pixels, each by a model that has not seen its source.

    Returns:
        The model with calibrated pixels, what captions add and what is unfamiliar; the log odds by the same measure.
    """
    allowed = judged.terms == "open"
    some = single(judged) & allowed
    slope, shift = _line(log_odds[some].ravel()[:, None], judged.kinds[some].ravel())
    pixels: Scores = log_odds * slope[0] + shift
    spoken = allowed & (judged.said.max(1) > 0)
    joint, said = model.joint, model.said
    if spoken.sum() >= _ENOUGH:
        own, other = judged.said[spoken].ravel(), most_of_others(judged.said[spoken]).ravel()
        y = judged.kinds[spoken].ravel()
        found, base = _line(np.stack([pixels[spoken].ravel(), own, other], 1), y)
        joint = np.array([*found, base], np.float32)
        found, base = _line(np.stack([own, other], 1), y)
        said = np.array([*found, base], np.float32)
    familiar = float(np.round(np.quantile(1 / (1 + np.exp(-pixels[allowed].max(1))), _FAMILIAR), 4))
    weights, bias = model.weights * np.float32(slope[0]), model.bias * np.float32(slope[0]) + np.float32(shift)
    return replace(model, weights=weights, bias=bias, joint=joint, said=said, familiar=familiar), pixels


def _line(x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[np.float64], float]:
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=100.0).fit(x, y > 0)
    return found.coef_[0], float(found.intercept_[0])


def train(
    known: Examples, judged: Examples, trained_on: str, say: Callable[[str], None] = lambda line: None
) -> tuple[KindModel, dict[str, Any]]:
    """Fit a model and measure it on sources that it has not seen.

    Args:
        known: what it may learn from.
        judged: what it is measured on; may hold `known`.
        trained_on: what `known` is, in words.
        say: called with a line of progress.
    """
    say(f"training on {trained_on}")
    model, pixels = calibrate(fit(known, trained_on), judged, unseen(known, judged, say))
    return model, report(model, judged, pixels)


def report(model: KindModel, judged: Examples, pixels: Scores) -> dict[str, Any]:
    """Measure scores of pixels of unseen sources: single pictures by kind, figures with their captions, calibration."""
    shown = 1 / (1 + np.exp(-pixels))
    pictures = single(judged) & (judged.origins == sets.PICTURE)
    out: dict[str, Any] = {"pixels": measures(shown[pictures], judged.where(pictures), model.thresholds)}
    out["calibration_error"] = calibration_error(shown[pictures], judged.kinds[pictures])
    figures = judged.origins == sets.LOOKED_AT
    if figures.any():
        of = judged.where(figures)
        joint, said = model.with_words(pixels[figures], of.said)
        for name, odds in (("figures_pixels", pixels[figures]), ("figures_caption", said), ("figures", joint)):
            out[name] = measures(1 / (1 + np.exp(-odds)), of, model.thresholds)
        out["figures_calibration_error"] = calibration_error(1 / (1 + np.exp(-joint)), of.kinds)
    unfamiliar = shown[pictures].max(1) < model.familiar
    right = shown[pictures].argmax(1) == judged.kinds[pictures].argmax(1)
    out["unknown"] = {
        "share": round(float(unfamiliar.mean()), 4),
        "right_where_known": round(float(right[~unfamiliar].mean()), 4),
        "right_where_unknown": round(float(right[unfamiliar].mean()), 4) if unfamiliar.any() else 0.0,
    }
    return out


def described(known: Examples) -> str:
    """Say in words what a model learned from."""
    names = {
        sets.PICTURE: "real pictures", sets.LOOKED_AT: "figures that were looked at",
        sets.WEAK: "figures whose caption names one kind", sets.GENERATED: "drawn pictures",
        sets.SLICE: "slices of real volumes", sets.PACKAGE: "pictures of packages",
        sets.COMPOUND: "compounds made of real pictures",
    }  # fmt: skip
    counts = {o: int((known.origins == o).sum()) for o in names}
    return ", ".join(f"{counts[o]:,} {said}" for o, said in names.items() if counts[o])


def shipped_examples(path: Path = sets.LEARNED) -> Examples:
    """Load the examples that come with the package: embeddings of pictures that are openly licensed, and drawings.

    Raises:
        PmcmineError: if their file is missing or damaged.
    """
    return sets.parse(path.read_bytes() if path.is_file() else b"", str(path))


def train_all(
    images: Path | None, figures: Examples, say: Callable[[str], None], volumes: Path | None = None
) -> tuple[KindModel, dict[str, Any], Examples | None]:
    """Train the model, and what it is compared with.

    Args:
        images: folder of real pictures to learn from anew; the examples of the package if None.
        figures: of a release.
        say: called with a line of progress.
        volumes: folder of real volumes to learn from anew, with `images`.

    Returns:
        The model; measures of it, of the one without captions as labels, and with `images` of the one that also
        learns from pictures whose terms allow research only; and, with `images`, the examples to keep.
    """
    if images is None:
        base, judged = shipped_examples(), None
    else:
        known, views = sets.pictures(images)
        say(f"{images}: {len(known):,} pictures")
        drawn, given = sets.generated(volumes), sets.packaged(volumes)
        say(f"{len(drawn):,} drawn; {len(given):,} of packages")
        allowed = known.terms == "open"
        made = sets.compounds([v for v, a in zip(views, allowed, strict=True) if a], known.where(allowed))
        base, judged = known.where(allowed).also(drawn, given, made), known
    looked_at = figures.where(figures.origins == sets.LOOKED_AT)
    base = base.where(~np.isin(base.sources, np.unique(looked_at.sources))).also(looked_at)
    judged = (judged if judged is not None else base.where(base.origins == sets.PICTURE)).also(
        base.where(base.origins == sets.LOOKED_AT)
    )
    weak = figures.where(figures.origins == sets.WEAK)
    whole = base.also(weak)
    model, measured = train(whole, judged, described(whole), say)
    out = {"": measured}
    if len(weak):
        out["without_captions"] = train(base, judged, described(base), say)[1]
    if images is not None:
        more = whole.also(known.where(~allowed))
        out["with_research"] = train(more, judged, described(more), say)[1]
    flat = {" ".join(filter(None, (name, part))): m for name, ms in out.items() for part, m in ms.items()}
    return model, {k: v if isinstance(v, dict) else {"value": v} for k, v in flat.items()}, base if images else None
