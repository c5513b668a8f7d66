"""What searches find: queries with judged figures, and paragraphs by words and by vectors, beside other libraries.

`figures.jsonl` holds queries of our own over the captions of 72 articles, each with the figures that fit and those that
do not; one reader judged what plain BM25, words, vectors and all together had among their first five.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.search import copied_release, milliseconds, rare_words, texts_of
from pmcmine.evaluation.intervals import share_interval

_JUDGED: Final = Path(__file__).parent / "judged" / "figures.jsonl"
_DEPTH: Final = 5  # what was judged
_TOP: Final = 10
_QUERIES: Final = 200
_WIDTH: Final = 128
_NOISE: Final = 0.02  # that a query differs by from the paragraph that it was made of
_PROBES: Final = (8, 16, 64)
Floats = NDArray[np.float32]


class Bm25:
    """BM25 as pyserini has it by default (k1 .9, b .4, Porter's stemmer, English stop words), by bm25s.

    Args:
        texts: texts by id.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        import bm25s
        import Stemmer

        self._library, self._stemmer = bm25s, Stemmer.Stemmer("english")
        self._ids = sorted(texts)
        self._index = bm25s.BM25(k1=0.9, b=0.4, method="lucene")
        self._index.index(self._words([texts[i] for i in self._ids]), show_progress=False)

    def _words(self, texts: Sequence[str]) -> Any:
        return self._library.tokenize(list(texts), stopwords="en", stemmer=self._stemmer, show_progress=False)

    def __call__(self, query: str, k: int) -> list[str]:
        """Return the ids of the best documents."""
        found, scores = self._index.retrieve(self._words([query]), k=min(k, len(self._ids)), show_progress=False)
        return [self._ids[i] for i, s in zip(found[0], scores[0], strict=True) if s > 0]


def reference(texts: Mapping[str, str]) -> Bm25 | None:
    """Return plain BM25 over texts; None if bm25s and PyStemmer are not installed."""
    return Bm25(texts) if find_spec("bm25s") is not None and find_spec("Stemmer") is not None else None


def ndcg(found: Sequence[str], fits: frozenset[str], depth: int = _DEPTH) -> float:
    """Return the normalised discounted cumulative gain of a list (Järvelin, Kekäläinen 2002), gains 0 and 1."""
    gain = sum(1 / np.log2(n + 2) for n, i in enumerate(found[:depth]) if i in fits)
    best = sum(1 / np.log2(n + 2) for n in range(min(depth, len(fits))))
    return float(gain / best) if best else 0.0


def _reciprocal(found: Sequence[str], fits: frozenset[str]) -> float:
    return max((1 / n for n, i in enumerate(found[:_DEPTH], 1) if i in fits), default=0.0)


def judged(data: Path | None) -> dict[str, Any]:
    """Search a copy of the release in `PMCMINE_RELEASE`, one of the 72 articles, for the judged queries.

    Vectors are searched if it has the score `text-embedding`; `PMCMINE_TEXT_MODEL` says where its encoder is, if it
    moved.
    """
    from pmcmine.find.build import build_index

    with copied_release() as release:
        build_index(release, ("figures",))
        return _judged(release)


def _judged(release: Path) -> dict[str, Any]:
    from classifiers.scorers.queries import encoders
    from pmcmine.find.hits import Search

    texts = texts_of(release, "figures")
    asked = [json.loads(line) for line in _JUDGED.read_text().splitlines()]
    held = [q for q in asked if q["fits"] and {*q["fits"]} <= texts.keys()]
    plain = reference(texts)
    with Search(release, encoders=encoders(os.environ.get("PMCMINE_TEXT_MODEL"))) as search:
        ways: dict[str, Callable[[str], list[str]]] = {
            "words": lambda q: [h.id for h in search(q, k=_DEPTH, by=["words"])],
            "fused": lambda q: [h.id for h in search(q, k=_DEPTH)],
        }
        if "text" in search.vectors:
            ways["vectors"] = lambda q: [h.id for h in search(q, k=_DEPTH, by=["text"])]
        if plain is not None:
            ways["plain_bm25"] = lambda q: plain(q, _DEPTH)
        runs = {name: [way(q["query"]) for q in held] for name, way in ways.items()}
        notes = sorted(set(search.notes))
    return {"queries": len(held), "left_out": len(asked) - len(held), "notes": notes, **_compared(runs, held)}


def _compared(runs: Mapping[str, Sequence[Sequence[str]]], asked: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return measures of each way to search, and what each but the first has beyond plain BM25, by query."""
    fits = [frozenset(q["fits"]) for q in asked]
    known = [frozenset(q["fits"]) | frozenset(q["does_not"]) for q in asked]
    gains = {name: [ndcg(found, f) for found, f in zip(run, fits, strict=True)] for name, run in runs.items()}
    rows: dict[str, Any] = {}
    for name, run in runs.items():
        row: dict[str, Any] = {"ndcg_at_5": round(float(np.mean(gains[name])), 4), "ci95": share_interval(gains[name])}
        row["mrr_at_5"] = round(float(np.mean([_reciprocal(r, f) for r, f in zip(run, fits, strict=True)])), 4)
        row["judged"] = round(
            float(np.mean([len({*r} & k) / max(len(r), 1) for r, k in zip(run, known, strict=True)])), 4
        )
        if name != "plain_bm25" and "plain_bm25" in gains:
            beyond = [a - b for a, b in zip(gains[name], gains["plain_bm25"], strict=True)]
            row["beyond_plain_bm25"] = [round(float(np.mean(beyond)), 4), *share_interval(beyond)]
        rows[name] = row
    return rows


class _Files:
    """The files of an index that is of nothing but vectors."""

    def __init__(self, folder: Path) -> None:
        self.said, self._folder = str(folder), folder

    def open(self, name: str) -> BinaryIO:
        return io.BytesIO((self._folder / name).read_bytes())


def _embedded(texts: Sequence[str]) -> Floats:
    """Return vectors of length 1 by TF-IDF and a decomposition: as many as wanted, without a network."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    from pmcmine.find.vectors import unit

    words = HashingVectorizer(n_features=2**15, norm=None, alternate_sign=False, stop_words="english")
    counted = TfidfTransformer().fit_transform(words.transform([t[:600] for t in texts]))
    return unit(TruncatedSVD(_WIDTH, random_state=0, n_iter=2).fit_transform(counted).astype(np.float32))


def _nearest(x: Floats, queries: Floats) -> tuple[list[set[int]], list[float]]:
    found, taken = [], []
    for q in queries:
        begun = time.perf_counter()
        found.append({int(i) for i in np.argsort(-(x @ q), kind="stable")[:_TOP]})
        taken.append(time.perf_counter() - begun)
    return found, taken


def _recall(found: Sequence[set[int]], truth: Sequence[set[int]]) -> float:
    return round(float(np.mean([len(a & b) / max(len(b), 1) for a, b in zip(found, truth, strict=True)])), 4)


def _vectors(texts: Sequence[str]) -> dict[str, Any]:
    """Compare the cells of an index with brute force over the same vectors, and with USearch if it is installed."""
    from pmcmine.find import layout
    from pmcmine.find import vectors as cells

    x = _embedded(texts)
    n = len(x)
    chosen = np.linspace(0, n - 1, min(_QUERIES, n)).astype(int)
    noise = np.random.default_rng(0).normal(size=(len(chosen), x.shape[1])).astype(np.float32) * _NOISE
    queries = cells.unit(x[chosen] + noise)
    truth, brute = _nearest(x, queries)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / layout.INDEX).mkdir()
        begun = time.process_time()
        middles = cells.fit_cells(x[: cells.sample_size(n)], n)
        of = cells.assign(x, middles)
        numbers = np.arange(n, dtype=np.int32)
        with (folder / layout.cells("paragraphs", "text")).open("wb") as stream:
            cells.write_cells(stream, middles, None)
        with (folder / layout.vectors("paragraphs", "text")).open("wb") as stream:
            by_cell = ((numbers[of == c], x[of == c].astype(np.float16)) for c in range(len(middles)))
            cells.write_vectors(stream, by_cell)
        cpu = time.process_time() - begun
        size = sum(f.stat().st_size for f in (folder / layout.INDEX).iterdir())
        facts = layout.VectorFacts("drawn", {}, {}, n, x.shape[1], len(middles))
        opened = cells.Vectors(_Files(folder), "paragraphs", "text", facts)
        read: dict[str, Any] = {}
        for probes in _PROBES:
            found, taken = [], []
            for q in queries:
                begun = time.perf_counter()
                found.append({i for i, _ in opened.nearest(q, _TOP, None, n, probes)})
                taken.append(time.perf_counter() - begun)
            read[f"{probes}_cells"] = {f"recall_at_{_TOP}": _recall(found, truth), **milliseconds(taken)}
        others = _usearch(x, queries, truth, folder) if find_spec("usearch") is not None else {}
    return {"vectors": n, "width": int(x.shape[1]), "queries": len(queries), "cells": len(middles),
            "read_by_a_search": f"{cells.PROBES}_cells", **read, "brute_force": milliseconds(brute),
            "mb_a_million": round(size / n, 1), "build_cpu_s": round(cpu, 1), **others}  # fmt: skip


def _usearch(x: Floats, queries: Floats, truth: Sequence[set[int]], folder: Path) -> dict[str, Any]:
    from usearch.index import Index

    graph = Index(ndim=x.shape[1], metric="ip", dtype="f16")
    graph.add(np.arange(len(x)), x, threads=1)
    found, taken = [], []
    for q in queries:
        begun = time.perf_counter()
        found.append({int(i) for i in graph.search(q, _TOP).keys})
        taken.append(time.perf_counter() - begun)
    graph.save(str(folder / "graph.usearch"))
    size = (folder / "graph.usearch").stat().st_size
    return {"usearch": {f"recall_at_{_TOP}": _recall(found, truth), **milliseconds(taken),
                        "mb_a_million": round(size / len(x), 1)}}  # fmt: skip


def _words(release: Path, texts: Mapping[str, str]) -> dict[str, Any]:
    """Search for paragraphs by their rarest words: the index, beside plain BM25 over the same paragraphs."""
    from pmcmine.find.hits import Search

    asked = rare_words(texts, _QUERIES)
    rows: dict[str, Any] = {}
    runs: dict[str, list[list[str]]] = {}
    begun = time.process_time()
    plain = reference(texts)
    built = time.process_time() - begun
    with Search(release, "paragraphs") as search:
        ways: dict[str, Callable[[str], list[str]]] = {
            "ours": lambda q: [h.id for h in search(q, k=_TOP, by=["words"])]
        }
        if plain is not None:
            ways["plain_bm25"] = lambda q: plain(q, _TOP)
        for name, way in ways.items():
            taken, runs[name] = [], []
            for _, query in asked:
                begun = time.perf_counter()
                runs[name].append(way(query))
                taken.append(time.perf_counter() - begun)
            right = [float(key in found) for (key, _), found in zip(asked, runs[name], strict=True)]
            rows[name] = {f"found_in_{_TOP}": round(float(np.mean(right)), 4), "ci95": share_interval(right),
                          **milliseconds(taken)}  # fmt: skip
    if plain is not None:
        rows["plain_bm25"]["build_cpu_s"] = round(built, 1)
        both = [len({*a} & {*b}) / max(len(a), 1) for a, b in zip(runs["ours"], runs["plain_bm25"], strict=True)]
        rows["same_among_10"] = round(float(np.mean(both)), 4)
    return {"paragraphs": len(texts), "queries": len(asked), **rows}


def paragraphs(data: Path | None, rows: int) -> dict[str, Any]:
    """Search the paragraphs of a copy of the release in `PMCMINE_RELEASE` by words, and so many of them by vectors.

    Args:
        data: not used.
        rows: paragraphs whose vectors are compared with brute force.
    """
    from pmcmine.find.build import build_index

    with copied_release() as release:
        build_index(release, ("paragraphs",))
        texts = texts_of(release, "paragraphs")
        chosen = sorted(texts, key=lambda key: sha256(key.encode()).hexdigest())[:rows]
        return {"words": _words(release, texts), "vectors": _vectors([texts[key] for key in chosen])}
