"""Training of the network that refines quality.

It learns from linear heads that learned from no paragraph of the same article, for its shipped inputs are of new
articles, too. Readers differ in how often they give a 4; the network is told whose label it is, and later gives what
the reader of the given labels would.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifiers.text.card import articles_of, folds_of
from classifiers.text.continued import Features
from classifiers.text.evaluate import decide, measures
from classifiers.text.features import passage_of
from classifiers.text.heads import CLASSES, QUALITY, Head, TextModel, fit_on, squash
from classifiers.text.refine import Network, inputs
from classifiers.text.sentences import SENTENCES, sentences_of

_LEAST: Final = 100  # labelled paragraphs
_UNITS: Final = 24
_SEEDS: Final = (0, 1, 2)  # networks whose mean is one with three times the units
_ROUNDS: Final = 40
_DECAY: Final = 1.0
_SCALE: Final = 0.5  # of what sentences do, whose spread is at least _LEAST_SPREAD
_LEAST_SPREAD: Final = 0.05


def add_network(
    model: TextModel,
    corpus: frozenset[str],
    rows: Sequence[Mapping[str, Any]],
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[TextModel, dict[str, Any]]:
    """Fit the network that refines quality, and measure it by cross-validation.

    Args:
        model: gets the network.
        corpus: PMCIDs of the articles whose licence is known; other rows are left out.
        rows: labelled paragraphs; `quality_read` counts where there is no `quality`, and `reader` says who read.
        progress: told what is done.

    Returns:
        The model, and what was measured on the rows without `reader`; nothing if too few rows have a quality.
    """
    rows = [r for r in rows if str(r.get("pmcid")) in corpus]
    values = [r.get(QUALITY) if r.get(QUALITY) is not None else r.get("quality_read") for r in rows]
    if sum(v is not None for v in values) < _LEAST:
        return model, {}
    fold = np.array(folds_of(rows))
    features = model.space.rows([passage_of(r) for r in rows])
    z = {}
    for task in (*CLASSES, QUALITY):
        progress(f"{task}, for the network of quality")
        z[task] = _held_out(task, features, values if task == QUALITY else [r.get(task) for r in rows], fold)
    does = sentences_of([str(r["text"]) for r in rows])
    seen = inputs(z[QUALITY], z["type"], z["domain"], model.space.wording_of(features[1]), does)
    readers = sorted({str(r.get("reader") or "") for r in rows})
    who = np.eye(len(readers), dtype=np.float32)[[readers.index(str(r.get("reader") or "")) for r in rows]]
    y = np.array([np.nan if v is None else float(v) for v in values])
    known = ~np.isnan(y)
    found = np.zeros((len(rows), 1))
    for k in sorted(set(fold.tolist())):
        rest = known & (fold != k)
        found[fold == k] = _fit(seen[rest], who[rest], y[rest]).quality(seen[fold == k])
    network = _fit(seen[known], who[known], y[known])
    chosen = [i for i, r in enumerate(rows) if known[i] and not r.get("reader")]
    gold = [values[i] for i in chosen]
    measured = measures(QUALITY, gold, decide(QUALITY, squash(QUALITY, found[chosen]))) if chosen else None
    earlier = model.trained_on.split("; the network")[0]
    trained_on = f"{earlier}; the network of quality on {int(known.sum()):,} labelled paragraphs"
    learned = model.articles | articles_of(rows, corpus)
    out = replace(model, network=network, trained_on=trained_on, articles=learned)
    return out, {} if measured is None else {f"{QUALITY}, refined": measured}


def _held_out(task: str, features: Features, labels: Sequence[Any], fold: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what linear heads say of rows, each fitted on labels of the other folds."""
    words, dense = features
    known = np.array([v is not None for v in labels])
    out = np.zeros((len(labels), len(CLASSES.get(task, (QUALITY,)))))
    for k in sorted(set(fold.tolist())):
        rest, held = np.flatnonzero(known & (fold != k)), np.flatnonzero(fold == k)
        head: Head = fit_on(task, words[rest], dense[rest], [labels[i] for i in rest.tolist()])
        out[held] = np.asarray(words[held] @ head.words) + dense[held] @ head.dense + head.bias
    return out


def _fit(seen: NDArray[np.float32], who: NDArray[np.float32], y: NDArray[np.float64]) -> Network:
    """Fit networks that also see who read, and join them for what the first reader would say."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    parts = []
    # What sentences do is brought to one scale; the network that is kept sees it as it is.
    n = seen.shape[1]
    shift, scale = np.zeros(n), np.ones(n)
    shift[-SENTENCES:] = seen[:, -SENTENCES:].mean(axis=0)
    scale[-SENTENCES:] = _SCALE / (seen[:, -SENTENCES:].std(axis=0) + _LEAST_SPREAD)
    x = np.hstack([(seen - shift) * scale, who]).astype(np.float64)
    for seed in _SEEDS:
        one = MLPRegressor(
            hidden_layer_sizes=(_UNITS,), alpha=_DECAY, max_iter=_ROUNDS, learning_rate_init=0.003, random_state=seed
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the rounds are meant to be few
            one.fit(x, y)
        parts.append(one)
    first = np.hstack([p.coefs_[0][:n] for p in parts]) * scale[:, None]
    bias = np.concatenate([p.intercepts_[0] + p.coefs_[0][n] for p in parts]) - shift @ first
    last = np.vstack([p.coefs_[1] for p in parts]) / len(parts)
    about = np.mean([p.intercepts_[1] for p in parts], axis=0)
    return Network(*(v.astype(np.float32) for v in (first, bias, last, about)))
