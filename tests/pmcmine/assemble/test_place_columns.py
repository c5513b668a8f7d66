"""Where samples lie goes into the rows that are known, and leaves the others as they are."""

from __future__ import annotations

import pyarrow as pa

from pmcmine.assemble.place_columns import places_of, with_places
from pmcmine.assemble.shards import FigurePlace

LEAK = "leaks_into_evaluation"


def test_known_rows_take_their_place_and_others_keep_theirs() -> None:
    rows = pa.table(
        {
            "figure_id": ["a", "b", "c", "d", "e"],
            "no_sample": pa.array([None, LEAK, "too_small", None, LEAK], pa.string()),
            "duplicate_of": pa.array([None, "x", None, "y", None], pa.string()),
            "leaks_into": pa.array([None, "test", None, None, "test"], pa.string()),
            "shard": pa.array(["s1", None, None, "s1", None], pa.string()),
            "image_offset": pa.array([512, None, None, 9, None], pa.int64()),
            "sample_offset": pa.array([0, None, None, 9, None], pa.int32()),
            "sample_size": pa.array([7, None, None, 9, None], pa.int64()),
        }
    )
    places = [
        FigurePlace("a", "train", leaks_into="validation"),  # it leaks now, and lies nowhere
        FigurePlace("b", "train", shard="s1", image_offset=512, sample_size=4),  # it leaks no longer
        FigurePlace("c", "train", duplicate_of="b", shard="s1", image_offset=1024, sample_offset=4, sample_size=5),
        FigurePlace("z", "train", shard="s9"),
    ]
    found = with_places(rows, "figures", places_of(places))
    assert found.schema == rows.schema
    assert [tuple(row.values()) for row in found.to_pylist()] == [
        ("a", LEAK, None, "validation", None, None, None, None),
        ("b", None, None, None, "s1", 512, 0, 4),
        ("c", "too_small", "b", None, "s1", 1024, 4, 5),
        *(tuple(row.values()) for row in rows.slice(3).to_pylist()),
    ]
    assert (
        with_places(rows, "figures", places_of([])) is rows and with_places(rows, "rejects", places_of(places)) is rows
    )


def test_panels_have_a_place_only() -> None:
    rows = pa.table({"panel_id": ["a#A"], "shard": pa.array([None], pa.string()), "sample_offset": pa.array([None], pa.int64()),
                     "sample_size": pa.array([None], pa.int64())})  # fmt: skip
    moved = with_places(
        rows, "panels", places_of([FigurePlace("a#A", "train", shard="p", sample_offset=3, sample_size=4)])
    )
    assert moved.to_pylist() == [{"panel_id": "a#A", "shard": "p", "sample_offset": 3, "sample_size": 4}]
    gone = with_places(moved, "panels", places_of([FigurePlace("a#A", "train")]))
    assert gone.equals(rows)
