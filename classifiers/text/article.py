"""Heads of type and domain for paragraphs of which the whole article is known: they also see what it is about.

A paragraph on statistics does not say whether its patients are people or plants; the mean topics of its article do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifiers.text.card import articles_of, folds_of
from classifiers.text.continued import Features
from classifiers.text.evaluate import decide, measures
from classifiers.text.features import Passage, Space, passage_of
from classifiers.text.heads import ARTICLE, CLASSES, TextModel, fit_on, squash
from pmcmine.errors import PmcmineError

_LEAST: Final = 100  # labelled paragraphs


def topics_of_articles(space: Space, paragraphs: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[np.float32]]:
    """Return what each article of a corpus is about, by PMCID."""
    articles: dict[str, list[Passage]] = defaultdict(list)
    for p in paragraphs:
        articles[str(p["pmcid"])].append(Passage(str(p["text"])))
    return {pmcid: space.about(found, space.rows(found)[1]) for pmcid, found in articles.items()}


def add_article_heads(
    model: TextModel,
    paragraphs: Sequence[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[TextModel, dict[str, Any]]:
    """Fit the heads of whole articles from scratch, and measure them by cross-validation.

    A task gets none if too few labelled paragraphs are of articles of the corpus.

    Args:
        model: gets the heads.
        paragraphs: the corpus, with all paragraphs of each article.
        rows: labelled paragraphs; those count whose article is in the corpus.
        progress: told what is done.
    """
    corpus = {str(p["pmcid"]) for p in paragraphs}
    rows = [r for r in rows if str(r.get("pmcid")) in corpus]
    if len(rows) < _LEAST:
        return model, {}
    progress(f"what {len(corpus):,} articles are about")
    about = topics_of_articles(model.space, paragraphs)
    heads, validated, counts = dict(model.heads), {}, []
    for task in CLASSES:
        progress(f"{task}, of whole articles")
        chosen = [r for r in rows if r.get(task) is not None]
        words, dense = model.space.rows([passage_of(r) for r in chosen])
        features = words, np.hstack([dense, np.array([about[str(r["pmcid"])] for r in chosen], np.float32)])
        labels, name = [r[task] for r in chosen], f"{task}/{ARTICLE}"
        try:
            found = _cross_validate(task, features, labels, folds_of(chosen))
            heads[name] = fit_on(task, *features, labels)
        except PmcmineError as error:
            progress(f"{error}; no head of whole articles")
            continue
        validated[name] = measures(task, labels, found)
        counts.append(f"{len(chosen):,} for {task}")
    if not counts:
        return model, {}
    trained_on = f"{model.trained_on}; heads of whole articles on labelled paragraphs: {', '.join(counts)}"
    learned = model.articles | articles_of(rows, corpus)
    return replace(model, heads=heads, trained_on=trained_on, articles=learned), validated


def _cross_validate(task: str, features: Features, labels: Sequence[Any], folds: Sequence[int]) -> list[Any]:
    """Score rows with heads that learned from no paragraph of the same article."""
    words, dense = features
    fold, out = np.array(folds), np.empty(len(labels), object)
    for k in set(folds):
        held, rest = np.flatnonzero(fold == k), np.flatnonzero(fold != k)
        head = fit_on(task, words[rest], dense[rest], [labels[i] for i in rest.tolist()])
        z = np.asarray(words[held] @ head.words) + dense[held] @ head.dense + head.bias
        out[held] = decide(task, squash(task, z.astype(np.float64)))
    return list(out)
