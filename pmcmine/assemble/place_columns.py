"""Set the columns of figures and panels that the assembler determines, whole columns at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from pmcmine.assemble.shards import FigurePlace
from pmcmine.rejects import Reason
from pmcmine.work.rows import set_column

# The id, and the columns with locations and decisions that depend on the whole corpus.
PLACED: Final = {
    "figures": ["figure_id", "no_sample", "duplicate_of", "leaks_into", "shard", "image_offset", "sample_offset",
                "sample_size"],
    "panels": ["panel_id", "shard", "sample_offset", "sample_size"],
}  # fmt: skip
_TEXTS: Final = ("duplicate_of", "leaks_into", "shard")  # null if empty
_NUMBERS: Final = ("image_offset", "sample_offset", "sample_size")  # null without a shard


@dataclass(frozen=True, slots=True)
class Places:
    """Locations and decisions of the assembler for some figures or panels.

    Attributes:
        ids: their ids.
        columns: values by column, in the same order.
    """

    ids: pa.Array
    columns: Mapping[str, pa.Array]

    def __len__(self) -> int:
        return len(self.ids)


def places_of(places: Iterable[FigurePlace]) -> Places:
    """Return locations as columns; if an id occurs several times, the last one counts."""
    held = [*{p.figure_id: p for p in places}.values()]
    columns: dict[str, Any] = {name: pa.array([getattr(p, name) or None for p in held], pa.string()) for name in _TEXTS}
    for name in _NUMBERS:
        columns[name] = pa.array([getattr(p, name) if p.shard else None for p in held], pa.int64())
    return Places(pa.array([p.figure_id for p in held], pa.string()), columns)


def with_places(rows: pa.Table, table: str, places: Places) -> pa.Table:
    """Return rows of figures or panels with the assembler's values.

    Rows without a known location keep their values: an update did not read them.
    """
    if not len(places) or table not in PLACED:
        return rows
    key, *names = PLACED[table]
    at = pc.index_in(rows[key].combine_chunks(), value_set=places.ids)
    known = at.is_valid()
    for name in names:
        held = rows[name].combine_chunks()
        found = _reasons(held, places, at) if name == "no_sample" else places.columns[name].take(at)
        rows = set_column(rows, name, pc.if_else(known, found.cast(held.type), held))
    return rows


def _reasons(held: pa.Array, places: Places, at: pa.Array) -> pa.Array:
    """Return the reasons of figures for having no sample: a leak, or the previous reason if it is not a leak."""
    leak = pa.scalar(Reason.LEAKS_INTO_EVALUATION.value, held.type)
    leaks = places.columns["leaks_into"].take(at).is_valid()
    no_longer = pc.if_else(pc.fill_null(pc.equal(held, leak), False), pa.scalar(None, held.type), held)
    return pc.if_else(leaks, leak, no_longer)
