"""Retry articles in an update; keep the old rows and files if the outcome has not changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pmcmine.io.folder import Folder
from pmcmine.miner import Mined
from pmcmine.rejects import count_key
from pmcmine.release.layout import release_folder
from pmcmine.work.delta import read_changes, read_delta
from pmcmine.work.state import read_part

# Counts made when an article is staged; they follow from its rows and images.
_STAGED = ("pmcids", "samples", "sample_bytes", "panel_samples", "signed_")


@dataclass(frozen=True)
class Outcome:
    """Outcome of an article.

    Attributes:
        counts: terms of the balance.
        rejects: stage/unit/reason → number.
        rows: table → number of rows.
        images: figures with a sample, and the hash of their bytes.
    """

    counts: Mapping[str, int]
    rejects: Mapping[str, int]
    rows: Mapping[str, int]
    images: frozenset[tuple[str, str]]


def outcome_of(mined: Mined) -> Outcome:
    """Summarise the outcome of an article in this run."""
    of_article = (
        "figures", "panels", "mentions", "paragraphs", "article_tables", "grids", "table_mentions",
        "documents", "cases", "concepts",
    )  # fmt: skip
    rows = {"rejects": len(mined.rejects), "tombstones": int(mined.tombstone is not None)}
    if mined.article is not None:
        rows |= {"articles": 1} | {name: len(getattr(mined, name)) for name in of_article}
    rejects = Counter(count_key(r.stage, r.unit, r.reason) for r in mined.rejects)
    images = frozenset((s.figure_id, s.sha256) for s in mined.samples)
    return Outcome(_without_zeros(mined.counts), dict(rejects), _without_zeros(rows), images)


def outcomes_before(work: Folder, block: int) -> dict[str, Outcome]:
    """Summarise the old release's content for the articles of a block that are retried.

    Empty if no update runs, and once the update has settled which of them are accepted.
    """
    retried = set(read_changes(work, block).retried)
    delta = read_delta(work)
    if not retried or (delta is not None and delta.settled):
        return {}
    release = release_folder(work)
    images: dict[str, set[tuple[str, str]]] = {pmcid: set() for pmcid in retried}
    for row in read_part(release, "index", block).select(["pmcid", "figure_id", "sha256"]).to_pylist():
        if row["pmcid"] in retried:
            images[row["pmcid"]].add((row["figure_id"], row["sha256"]))
    found = {}
    for row in read_part(release, "ledger", block).to_pylist():
        if row["pmcid"] in retried:
            counts: dict[str, Any] = json.loads(row["counts"])
            counts = {k: n for k, n in counts.items() if not k.startswith(_STAGED)}
            found[row["pmcid"]] = Outcome(
                _without_zeros(counts),
                json.loads(row["rejects"]),
                json.loads(row["rows"]),
                frozenset(images[row["pmcid"]]),
            )
    return found


def _without_zeros(counts: Mapping[str, int]) -> dict[str, int]:
    return {k: n for k, n in counts.items() if n}
