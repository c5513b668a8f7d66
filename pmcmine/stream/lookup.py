"""Look up values by figure id, in sorted Arrow columns: compact in memory for millions of rows."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


class Lookup:
    """Rows by id.

    Args:
        ids: ids of figures.
        values: further columns.
    """

    def __init__(self, ids: pa.Array, values: Sequence[pa.Array]) -> None:
        order = pc.array_sort_indices(ids)
        self.ids: pa.Array = ids.take(order)
        self._values = [column.take(order) for column in values]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.ids, self._values)

    def row(self, figure_id: str) -> list[Any] | None:
        """Return the values of a figure, None if it has no row."""
        at = bisect_left(_Column(self.ids), figure_id)
        if at < len(self.ids) and self.ids[at].as_py() == figure_id:
            return [column[at].as_py() for column in self._values]
        return None


class _Column(Sequence[str]):
    """A column of texts as a sequence."""

    def __init__(self, column: pa.Array) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, at: Any) -> Any:
        return self._column[at].as_py()
