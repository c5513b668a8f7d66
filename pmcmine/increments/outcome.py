"""What came of one article, so far as an update must know whether trying it again changed anything."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

_LEDGER: Final = ("counts", "rejects", "rows")
_INDEX: Final = ("key", "group", "sha256", "image_size", "text_size", "json_size", "crc32")  # no places


@dataclass(frozen=True, slots=True)
class Outcome:
    """The rejects, rows and samples of one article.

    Attributes:
        ledger: its counts, rejects and rows, as the ledger states them (JSON).
        samples: for each sample what tells its bytes, in order of key.
        panels: for each panel crop its key and sizes, in order of key.
    """

    ledger: tuple[str, ...]
    samples: tuple[tuple[Any, ...], ...]
    panels: tuple[tuple[Any, ...], ...]


def outcome(ledger: Mapping[str, str], index: Iterable[Mapping[str, Any]]) -> Outcome:
    """Return the outcome of one article.

    Args:
        ledger: its row of the ledger.
        index: its rows of the index.
    """
    rows = list(index)
    panels = [(p["key"], p["image_size"], p["text_size"], p["json_size"]) for row in rows for p in row["panels"] or ()]
    samples = sorted(tuple(row[name] for name in _INDEX) for row in rows)
    return Outcome(tuple(ledger[name] for name in _LEDGER), tuple(samples), tuple(sorted(panels)))


def outcomes(ledger: pa.Table, index: pa.Table, pmcids: Collection[str]) -> dict[str, Outcome]:
    """Return the outcomes of some PMCIDs from one part of a release's state."""
    chosen = pa.array(sorted(pmcids), pa.string())

    def rows(table: pa.Table) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = table.filter(pc.is_in(table["pmcid"], value_set=chosen)).to_pylist()
        return found

    samples: dict[str, list[dict[str, Any]]] = {}
    for row in rows(index):
        samples.setdefault(row["pmcid"], []).append(row)
    return {row["pmcid"]: outcome(row, samples.get(row["pmcid"], ())) for row in rows(ledger)}
