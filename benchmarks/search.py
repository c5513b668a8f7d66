"""Searches of a release: what its index costs, how long queries take, and what they find."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np

from pmcmine.io.duck import connected

_QUERIES: Final = 50
_WORDS: Final = 4  # of a document that are its query: its rarest
_TOP: Final = 10
_RARE: Final = 3  # documents in which a word of a query stands at least, so that it tells not all
_WORD: Final = re.compile(r"[a-z]{4,}")
_MILLION: Final = 1_000_000


def demo_release(folder: Path) -> Path:
    """Make the demo's release."""
    command = [sys.executable, "-m", "pmcmine", "demo", "--out", str(folder / "demo"), "--quiet"]
    subprocess.run(command, check=True, stdout=sys.stderr)
    return folder / "demo"


def texts_of(release: Path, table: str) -> dict[str, str]:
    """Read ids and texts of a table."""
    from pmcmine.find import layout
    from pmcmine.release.tables import create_view, table_files

    key = layout.TABLES[table][0]
    text = "caption" if table == "figures" else "text"
    with connected() as connection:
        create_view(connection, table, table_files(release, table))
        rows = connection.execute(f"SELECT {key}, {text} FROM {table} WHERE {text} IS NOT NULL").fetchall()
    return dict(rows)


def rare_words(texts: Mapping[str, str], most: int = _QUERIES) -> list[tuple[str, str]]:
    """Choose documents by a hash of their ids, each with its rarest words."""
    words = {key: set(_WORD.findall(text.lower())) for key, text in texts.items()}
    counts = Counter(w for found in words.values() for w in found)
    out = []
    for key in sorted(texts, key=lambda k: sha256(k.encode()).hexdigest()):
        rare = sorted((w for w in words[key] if counts[w] >= _RARE), key=lambda w: (counts[w], w))[:_WORDS]
        if len(rare) == _WORDS:
            out.append((key, " ".join(rare)))
        if len(out) == most:
            break
    return out


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """Return the middle of some times, and what 95 % stay below."""
    middle, most = np.percentile(seconds, [50, 95]) * 1000 if seconds else (0.0, 0.0)
    return {"median_ms": round(float(middle), 1), "p95_ms": round(float(most), 1)}


def _by_words(release: Path, table: str) -> dict[str, Any]:
    """Search for documents by their rarest words: how long it takes, and how many are among the first ten."""
    from pmcmine.find.hits import Search

    texts = texts_of(release, table)
    taken, found = [], []
    with Search(release, table) as search:
        for key, query in rare_words(texts):
            begun = time.perf_counter()
            hits = search(query, k=_TOP, by=["words"])
            taken.append(time.perf_counter() - begun)
            found.append(key in [hit.id for hit in hits])
    share = round(sum(found) / max(len(found), 1), 4)
    return {"documents": len(texts), "queries": len(found), f"found_in_{_TOP}": share, **milliseconds(taken)}


def _by_vectors(release: Path, table: str) -> dict[str, Any]:
    """Search for the neighbours of documents: in the cells that a query reads, and in all."""
    from pmcmine.find.opened import open_release
    from pmcmine.find.query import Searcher
    from pmcmine.find.vectors import Vectors

    out: dict[str, Any] = {}
    searcher = Searcher(open_release(str(release)), table)
    n = searcher.facts.tables[table].documents
    for what, facts in searcher.vectors.items():
        vectors = Vectors(searcher.opened, table, what, facts)
        vectors._projection = None  # queries are vectors of the index itself
        every = [row for _, rows in vectors._cells(list(range(facts.cells)), n) for row in rows]
        chosen = np.random.default_rng(0).permutation(len(every))[:_QUERIES]
        same, taken, whole = [], [], []
        for i in chosen:
            begun = time.perf_counter()
            found = vectors.nearest(every[i], _TOP, None, n)
            between = time.perf_counter()
            truth = vectors.nearest(every[i], _TOP, None, n, probes=facts.cells)
            taken.append(between - begun)
            whole.append(time.perf_counter() - between)
            same.append(len({d for d, _ in found} & {d for d, _ in truth}) / max(len(truth), 1))
        recall = round(float(np.mean(same)), 4) if same else 0.0
        out[what] = {"vectors": len(every), "cells": facts.cells, f"recall_at_{_TOP}": recall, **milliseconds(taken),
                     "all_cells": milliseconds(whole)}  # fmt: skip
    searcher.close()
    return out


@contextmanager
def copied_release() -> Iterator[Path]:
    """Yield a copy of the release in `PMCMINE_RELEASE`, or of a demo.

    The copy is of links, so it takes no space; the release itself is not changed.
    """
    with tempfile.TemporaryDirectory() as name:
        given = os.environ.get("PMCMINE_RELEASE")
        release = Path(name) / "release"
        try:
            shutil.copytree(given or demo_release(Path(name)), release, copy_function=os.link)
        except (OSError, shutil.Error):  # another disk
            shutil.rmtree(release, ignore_errors=True)
            shutil.copytree(given or Path(name) / "demo", release)
        yield release


def search(data: Path | None) -> dict[str, Any]:
    """Index a copy of the release in `PMCMINE_RELEASE`, or of a demo, and search it."""
    from pmcmine.find.build import build_index

    with copied_release() as release:
        begun = time.process_time()
        facts = build_index(release)
        cpu = time.process_time() - begun
        size = sum(f.stat().st_size for f in (release / "index").rglob("*") if f.is_file())
        documents = sum(t.documents for t in facts.tables.values())
        rows = {t: {"words": _by_words(release, t), **_by_vectors(release, t)} for t in facts.tables}
    million = _MILLION / max(documents, 1)
    return {"index_cpu_seconds_a_million": round(cpu * million, 1),
            "index_mb_a_million": round(size / 1e6 * million, 1), "tables": rows}  # fmt: skip
