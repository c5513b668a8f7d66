"""What documents, tables, cases and contexts add to mining an article without images."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.corpus import articles

_ARTICLES = 150
_ROUNDS = 3


def _nothing(*_args: Any, **_kwargs: Any) -> None:
    return None


def _same(figures: Sequence[Any], panels: Sequence[Any], *_args: Any) -> tuple[list[Any], list[Any]]:
    return list(figures), list(panels)


def _parts() -> dict[str, list[tuple[Any, str, Callable[..., Any]]]]:
    """Return the functions of each part, each with one that does nothing in its place."""
    import pmcmine.jats.article as jats
    import pmcmine.miner.article as miner
    import pmcmine.miner.figures as figures
    from pmcmine.jats.grid_rows import GridRows
    from pmcmine.jats.table_mention_rows import TableMentions

    return {
        "grids": [(GridRows, "read", _nothing)],
        "table_mentions": [(TableMentions, name, _nothing) for name in ("read", "read_parts", "outside")],
        "documents": [(jats, "reading_order", lambda *_: ()), (miner, "_document", _nothing)],
        "cases": [(miner, "find_cases", lambda *_: [])],
        "context": [(figures, "with_context", _same)],
    }


@contextmanager
def _without(names: Sequence[str]) -> Iterator[None]:
    """Turn parts off."""
    parts = _parts()
    with ExitStack() as stack:
        for name in names:
            for owner, attribute, instead in parts[name]:
                stack.enter_context(patch.object(owner, attribute, instead))
        yield


def parts(data: Path | None) -> dict[str, Any]:
    """Processor time of an article from XML to rows with all parts, and with some turned off.

    The variants are run in turn for each article; the fastest of the rounds counts, for each article by itself.
    """
    from pmcmine.config import load_config
    from pmcmine.miner import mine_pmcid
    from pmcmine.sources.folder import FolderSource

    off = ("image_kinds", "near_duplicates", "privacy", "languages", "classify")
    together = ["grids", "table_mentions", "documents"]
    variants: dict[str, list[str]] = {
        "all": [],
        "documents_and_tables": together,
        "cases": ["cases"],
        "context": ["context"],
    }
    variants["all_parts"] = list(_parts())
    rounds: list[dict[str, list[float]]] = []
    with tempfile.TemporaryDirectory() as folder:
        for pmcid, xml in articles(data, _ARTICLES):
            (Path(folder) / f"{pmcid}.xml").write_bytes(xml)
        config = load_config({"source": folder, "out": folder, **dict.fromkeys(off, False)})
        source = FolderSource(folder)
        entries = list(source.entries(None))
        reader = source.open(1.0)
        mine_pmcid(entries[:1], reader, config)  # what is loaded once
        for _ in range(_ROUNDS):
            times: dict[str, list[float]] = {name: [] for name in variants}
            for n, entry in enumerate(entries):
                order = list(variants)
                turn = n % len(order)
                for name in order[turn:] + order[:turn]:
                    with _without(variants[name]):
                        start = time.process_time()
                        mine_pmcid([entry], reader, config)
                        times[name].append(time.process_time() - start)
            rounds.append(times)
    fastest = {name: sum(min(t) for t in zip(*(r[name] for r in rounds), strict=True)) for name in variants}
    return {
        "articles": len(entries),
        "ms_per_article": round(1000 * fastest["all"] / len(entries), 2),
        # What a part adds to an article without it.
        "added": {name: round(fastest["all"] / t - 1, 3) for name, t in fastest.items() if name != "all"},
        "added_by_round": {
            name: [round(sum(r["all"]) / sum(r[name]) - 1, 3) for r in rounds] for name in variants if name != "all"
        },
    }
