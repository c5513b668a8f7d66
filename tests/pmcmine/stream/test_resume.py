"""Resuming by reading: stops at random places, filters, seeds, worlds, workers and batches lose and repeat nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmcmine import stream
from tests.tiny_release import write_release, write_rows

N = 90
FILTERS: dict[str, dict[str, Any]] = {
    "all": {}, "where": {"where": "year % 3 = 1"}, "list": {"list": "LIST"},
    "both": {"where": "year % 5 <> 0", "list": "LIST"},
}  # fmt: skip


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release, and beside it a list of the half of its figures."""
    folder = tmp_path_factory.mktemp("resume")
    rows = [{**row, "figure_id": row["key"]} for row in write_release(folder / "release", N)]
    write_rows(folder / "release", rows)
    pq.write_table(pa.table({"figure_id": sorted(r["figure_id"] for r in rows[::2])}), folder / "half.parquet")
    return folder / "release"


def _options(release: Path, name: str) -> dict[str, Any]:
    found = dict(FILTERS[name])
    if "list" in found:
        found["list"] = str(release.parent / "half.parquet")
    return found


def _keys(samples: Any) -> Iterator[str]:
    for one in samples:
        yield from [one["key"]] if isinstance(one["key"], str) else one["key"]


def _rest(release: Path, state: Any, world: int, options: dict[str, Any]) -> Iterator[str]:
    """Yield what all ranks of a world read that resume from a state."""
    for rank in range(world):
        samples = stream.open(str(release), rank=rank, world_size=world, **options)
        samples.load_state_dict(state)
        yield from _keys(samples)


def _saved(samples: Any) -> Any:
    return json.loads(json.dumps(samples.state_dict()))


@given(data=st.data(), name=st.sampled_from(sorted(FILTERS)), seed=st.none() | st.integers(0, 9))
@settings(max_examples=20, deadline=None)
def test_one_reader_that_stops_and_resumes_has_the_sequence_of_one_that_does_not(
    release: Path, data: st.DataObject, name: str, seed: int | None
) -> None:
    """Two epochs are read in pieces: singly or in batches, by iterators left early, from states or going on."""
    opened = stream.open(str(release), seed=seed, **_options(release, name))
    n = len(opened)
    whole = [key for _ in range(2) for key in _keys(opened)]
    assert len(whole) == 2 * n == 2 * len({*whole})
    samples: Any = stream.open(str(release), seed=seed, **_options(release, name))
    had: list[str] = []
    left: list[Any] = []  # iterators of before, which no longer count
    while len(had) < 2 * n:
        size = data.draw(st.none() | st.integers(1, 9))
        wanted: Any = samples if size is None else samples.batched(size)
        left.append(iter(wanted))
        had += _keys(islice(left[-1], data.draw(st.integers(1, 30))))
        if len(left) > 1 and data.draw(st.booleans()):
            next(left[data.draw(st.integers(0, len(left) - 2))], None)
        if data.draw(st.booleans()):
            state = _saved(wanted)
            samples = stream.open(str(release), seed=seed, **_options(release, name))
            samples.load_state_dict(state)
    assert had[: 2 * n] == whole


@given(data=st.data(), name=st.sampled_from(sorted(FILTERS)), seed=st.none() | st.integers(0, 9))
@settings(max_examples=12, deadline=None)
def test_ranks_that_stop_and_resume_in_other_worlds_read_each_sample_once(
    release: Path, data: st.DataObject, name: str, seed: int | None
) -> None:
    options = {"seed": seed, **_options(release, name)}
    every = Counter(_keys(stream.open(str(release), **options)))
    had, states = Counter[str](), None
    for _ in range(data.draw(st.integers(1, 3))):
        world, saved = data.draw(st.integers(1, 4)), []
        for rank in range(world):
            samples = stream.open(str(release), rank=rank, world_size=world, **options)
            if states is not None:
                samples.load_state_dict(states)
            size = data.draw(st.none() | st.integers(1, 5))
            most = data.draw(st.integers(0, 12))
            had.update(_keys(islice(iter(samples if size is None else samples.batched(size)), most)))
            saved.append(_saved(samples))
        states = saved
        if all(state["epoch"] == 1 for state in saved):  # all ranks have asked for more than there was
            break
    else:
        had.update(_rest(release, states, data.draw(st.integers(1, 4)), options))
    assert had == every


@given(data=st.data(), name=st.sampled_from(sorted(FILTERS)), seed=st.none() | st.integers(0, 9))
@settings(max_examples=12, deadline=None)
def test_workers_whose_batches_are_taken_in_turn_and_a_resumed_world(
    release: Path, data: st.DataObject, name: str, seed: int | None
) -> None:
    """What a DataLoader does with its workers, in this process: each reads its share, and gives batches in turn."""
    options = {"seed": seed, **_options(release, name)}
    every = Counter(_keys(stream.open(str(release), **options)))
    world, workers, size = (data.draw(st.integers(1, most)) for most in (3, 4, 5))
    main = stream.open(str(release), world_size=world, **options)
    shares = world * workers
    most = min(len(stream.open(str(release), rank=s, world_size=shares, **options)) for s in range(shares)) // size
    taken = data.draw(st.integers(0, most * workers))
    had, state = Counter[str](), main.batched(size).state_after(taken, workers=workers)
    for share in range(shares):
        batches = stream.open(str(release), rank=share, world_size=shares, **options).batched(size)
        mine = taken // workers + (share % workers < taken % workers)
        had.update(_keys(islice(iter(batches), mine)))
    had.update(_rest(release, json.loads(json.dumps(state)), data.draw(st.integers(1, 4)), options))
    assert had == every
