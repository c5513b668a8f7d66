"""An update checks only pairs with a member that changed, and finds the clusters that a full run finds."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import DemoArticle, DemoFigure, many_articles
from pmcmine.duplicates import candidates
from pmcmine.run import start
from pmcmine.run.progress import Progress
from tests.conftest import config_for
from tests.helpers import NO_MODELS, contents
from tests.plain_graphs import PlainGraphs

QUIET = Progress(quiet=True)
_LEGEND = (
    "Bands of a protein in lysates of cells that were grown for {} days in a medium without serum, washed, frozen and "
    "thawed once before two readers who did not know of the groups measured them beside markers of size {}"
)


def _article(number: int, rng: random.Random) -> DemoArticle:
    """An article whose caption is like those of others, to a part more than a near duplicate and to a part less."""
    plain = replace(many_articles(1)[0], pmcid=number, body="", front="", back="")
    caption = _LEGEND.format(rng.choice(("two", "nine")), rng.randrange(10, 90))
    return replace(plain, figures=(DemoFigure(("gel",), seed=1, caption=caption),))


def _edited(articles: dict[int, DemoArticle], rng: random.Random, first: int) -> dict[int, DemoArticle]:
    """Remove one, change one, add one."""
    today = dict(articles)
    today.pop(rng.choice(sorted(today)))
    changed = rng.choice(sorted(today))
    today[changed] = replace(_article(changed, rng), version=today[changed].version + 1)
    return today | {first: _article(first, rng)}


def _kept(out: Path) -> set[frozenset[int]]:
    """Nodes of the pairs whose checks the state keeps."""
    tables = [pa.ipc.open_file(path).read_all() for path in out.glob("state/*/*.pairs.arrow")]
    return {frozenset(pair) for t in tables for pair in zip(t["a"].to_pylist(), t["b"].to_pylist(), strict=True)}


def test_random_edits_equal_a_full_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[candidates.Place] = []
    get = candidates._Decoder.get

    def watched(decoder: Any, kind: int, place: candidates.Place) -> Any:
        seen.append(place)
        return get(decoder, kind, place)

    monkeypatch.setattr(candidates._Decoder, "get", watched)
    rng = random.Random(3)
    articles = {n: _article(n, rng) for n in range(9_200_001, 9_200_010)}
    write_bucket(tmp_path / "source", list(articles.values()))
    options = NO_MODELS | {"small_splits": False, "max_reject_share": 1.0, "block_articles": 4}
    chosen = config_for(tmp_path / "source", tmp_path / "out", **options)
    start.run(chosen, lambda config: PlainGraphs(), QUIET)
    checked = len(seen) // 2
    for day in (1, 2):
        articles = _edited(articles, rng, 9_300_000 + day)
        shutil.rmtree(tmp_path / "source")
        write_bucket(tmp_path / "source", list(articles.values()))
        before = _kept(tmp_path / "out")
        assert before
        seen.clear()
        outcome = start.update(chosen, lambda config: PlainGraphs(), f"2026-03-0{day}", False, QUIET)
        assert outcome.release.updates[-1].articles == {"new": 1, "changed": 1, "retried": 0, "gone": 1}
        for pair in zip(seen[::2], seen[1::2], strict=True):
            as_they_were = all(place.pack.startswith("@") for place in pair)
            assert not (as_they_were and frozenset(p.node for p in pair) in before), "checked again"
        assert 0 < len(seen) // 2 < checked
    assert not start.update(chosen, lambda config: PlainGraphs(), "2026-03-03", False, QUIET).fresh
    start.run(config_for(tmp_path / "source", tmp_path / "full", **options), lambda config: PlainGraphs(), QUIET)
    ours, theirs = (contents(tmp_path / name) for name in ("out", "full"))
    assert theirs["clusters"]
    assert {k: v for k, v in ours.items() if k not in ("counts", "tombstones")} == {
        k: v for k, v in theirs.items() if k not in ("counts", "tombstones")
    }
    assert ours["counts"]["near_duplicates"] == theirs["counts"]["near_duplicates"]
    assert _kept(tmp_path / "out") == _kept(tmp_path / "full")
