"""Count figures and articles for the report, column by column."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from pmcmine.ids import keyed_hash

GALLERY: Final = 24
CAPTION_BINS: Final = (0, 50, 100, 200, 400, 800, 1600, 3200)  # characters
SIDE_BINS: Final = (0, 200, 400, 600, 800, 1000, 1400, 2000, 4000)  # pixels of the longer side
FIGURE_BINS: Final = (0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20)


class ReportCount:
    """Count figures and articles, and pick the figures of the gallery, the first ones by hash.

    Args:
        seed: seed of the release.
    """

    COLUMNS: Final = {
        "figures": ("figure_id", "pmcid", "caption", "width", "height", "shard", "image_offset", "image_bytes",
                    "derivatives_ok", "license_group", "license", "attribution", "kind", "label", "image_kinds",
                    "privacy"),
        "articles": ("n_figures", "license_group"),
    }  # fmt: skip

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.captions: Counter[int] = Counter()
        self.sides: Counter[int] = Counter()
        self.figures: Counter[int] = Counter()
        self.kinds: Counter[str] = Counter()
        self.images: Counter[str] = Counter()
        self.flags: Counter[str] = Counter()
        self.groups: dict[str, Counter[str]] = defaultdict(Counter)
        self.picked: list[tuple[int, dict[str, Any]]] = []

    def take(self, name: str, rows: pa.RecordBatch) -> None:
        """Count rows of a file of figures or articles."""
        if name.split("/")[1] == "articles":
            _histogram(rows["n_figures"], FIGURE_BINS, self.figures)
            for group, n in zip(*value_counts(rows["license_group"]), strict=True):
                self.groups[group]["articles"] += n
            return
        _histogram(pc.utf8_length(rows["caption"]), CAPTION_BINS, self.captions)
        _histogram(pc.max_element_wise(rows["width"], rows["height"]), SIDE_BINS, self.sides)
        self.kinds.update(counted(rows["kind"]))
        self.images.update(counted(pc.list_flatten(rows["image_kinds"])))
        self.flags.update(flags_of(rows["privacy"]))
        _count_by_group(rows, self.groups)
        self._pick(rows)

    def _pick(self, rows: pa.RecordBatch) -> None:
        """Keep the figures of the gallery on a heap."""
        # Thumbnails are derivatives, so figures that forbid them are not shown.
        shown = rows.filter(pc.and_(rows["shard"].is_valid(), rows["derivatives_ok"]))
        key = f"pmcmine/gallery/{self._seed}"
        for place, figure_id in enumerate(shown["figure_id"].to_pylist()):
            rank = -keyed_hash(key, figure_id)
            if len(self.picked) < GALLERY:
                heapq.heappush(self.picked, (rank, shown.slice(place, 1).to_pylist()[0]))
            elif rank > self.picked[0][0]:
                heapq.heapreplace(self.picked, (rank, shown.slice(place, 1).to_pylist()[0]))


def _histogram(values: pa.Array, bins: Sequence[int], into: Counter[int]) -> None:
    for value, n in zip(*value_counts(values), strict=True):
        if value is not None:
            into[max(i for i, low in enumerate(bins) if value >= low)] += n


def value_counts(values: pa.Array) -> tuple[list[Any], list[int]]:
    """Return the distinct values, and their counts."""
    found = pc.value_counts(values)
    return found.field("values").to_pylist(), found.field("counts").to_pylist()


def counted(values: pa.Array) -> Counter[str]:
    """Count values."""
    return Counter(dict(zip(*value_counts(values), strict=True)))


def flags_of(privacy: pa.Array) -> Counter[str]:
    """Count privacy flags by kind."""
    return counted(pc.struct_field(pc.list_flatten(privacy), "kind"))


def _count_by_group(rows: pa.RecordBatch, groups: dict[str, Counter[str]]) -> None:
    """Count figures, figures with a caption and figures with a sample."""
    grouped = pa.Table.from_batches([rows]).group_by("license_group")
    found = grouped.aggregate([([], "count_all"), ("caption", "count"), ("shard", "count")])
    for row in found.to_pylist():
        numbers = {"figures": row["count_all"], "captioned": row["caption_count"], "samples": row["shard_count"]}
        groups[row["license_group"]].update(numbers)
