"""States of a stream: of something else, damaged, or over several changes of the world; no sample is lost or doubled."""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmcmine import stream
from pmcmine.errors import PmcmineError
from pmcmine.stream import ordering
from pmcmine.stream import state as stream_state
from pmcmine.stream.state import Position
from tests.tiny_release import write_release

N = 90


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("states")


@pytest.fixture(scope="module")
def release(folder: Path) -> str:
    write_release(folder / "release", N)
    return str(folder / "release")


@pytest.fixture(scope="module")
def state(release: str) -> dict[str, Any]:
    """A state in the middle of the second world of an epoch."""
    first = stream.open(release, seed=3, rank=1, world_size=3)
    _take(iter(first), 7)
    second = stream.open(release, seed=3, world_size=2)
    second.load_state_dict(first.state_dict())
    _take(iter(second), 5)
    found: dict[str, Any] = json.loads(json.dumps(second.state_dict()))
    return found


def _take(samples: Iterator[dict[str, Any]], n: int) -> list[str]:
    return [next(samples)["key"] for _ in range(n)]


BAD: list[tuple[str, Any]] = [
    ("done", -1), ("done", N), ("done", 36), ("done", 10**5000), ("done", 1.0), ("done", True), ("done", "5"), ("done", None),
    ("epoch", -1), ("epoch", 1 << 60), ("epoch", None), ("epoch", float("nan")), ("shares", 0), ("shares", -2),
    ("shares", 1 << 40), ("shares", [2]), ("seed", "3"), ("seed", 1.5), ("seed", True), ("seed", 10**5000), ("seed", [1]),
    ("before", None), ("before", 7), ("before", "x"), ("before", {"3": 7}), ("before", [3, 7]), ("before", [[3]]),
    ("before", [[3, 7, 1]]), ("before", [[0, 7]]), ("before", [[3, -7]]), ("before", [[3, 31]]), ("before", [[3, [7, 7]]]),
    ("before", [[3, [7, 7, -7]]]), ("before", [[3, [31, 7, 7]]]), ("before", [[3, 30], [2, 1]]), ("before", [[1 << 40, 7]]),
    ("before", [[1 << 20, 0]] * 3), ("before", [[1, 0]] * 5000), ("before", [[3, True]]), ("before", [[3, [10**5000, 1, 1]]]),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), BAD, ids=[f"{key}-{i}" for i, (key, _) in enumerate(BAD)])
def test_a_damaged_state_is_one_line(release: str, state: dict[str, Any], key: str, value: Any) -> None:
    samples = stream.open(release, seed=3, world_size=2)
    with pytest.raises(PmcmineError, match=f"this state is damaged: {key} is") as error:
        samples.load_state_dict({**state, key: value})
    assert len(str(error.value)) < 200 and str(error.value).isprintable()
    assert samples.position == Position(0, 2)  # and changes nothing
    with pytest.raises(PmcmineError, match="this state is damaged"):
        samples.load_state_dict([{**state, key: value}, state])


@pytest.mark.parametrize("missing", ["format", "seed", "epoch", "shares", "samples", "done", "before", "of"])
def test_a_state_of_which_a_part_is_missing(release: str, state: dict[str, Any], missing: str) -> None:
    cut = {k: v for k, v in state.items() if k != missing}
    samples = stream.open(release, seed=8, world_size=2)
    if missing in ("seed", "before"):  # None, and no earlier world
        cut |= {"epoch": -1}
    with pytest.raises(PmcmineError, match=r"this state is (damaged|of another)"):
        samples.load_state_dict(cut)


@pytest.mark.parametrize(
    "value", [None, 7, "state", b"state", [], [None], [7], [[]], [{}], {}, ["a", "b"], {"format": []}]
)
def test_what_is_no_state(release: str, value: Any) -> None:
    with pytest.raises(PmcmineError, match="state") as error:
        stream.open(release).load_state_dict(value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "options",
    [{"where": "year >= 2000 AND image_kinds[1] = 'mri'"}, {"caption": "title"}, {"columns": ["key"]},
     {"caption": "full+mentions"}],
)  # fmt: skip
def test_a_state_of_another_condition_or_form(release: str, options: dict[str, Any]) -> None:
    """As many samples, but others: a count alone would not tell."""
    ours = stream.open(release, where="image_kinds[1] = 'ct'")
    theirs = stream.open(release, **options)
    if "where" in options:
        assert len(ours) == len(theirs)
    with pytest.raises(PmcmineError, match="of another release, condition, split, columns or caption"):
        theirs.load_state_dict(ours.state_dict())
    with pytest.raises(PmcmineError, match="of another release"):
        theirs.load_state_dict([ours.state_dict()])


def test_a_state_of_another_seed(release: str) -> None:
    """The state of one share, and of all: with another seed, other samples would follow."""
    for saved, seed in ((3, 4), (3, None), (None, 3)):
        ours, theirs = stream.open(release, seed=saved), stream.open(release, seed=seed)
        _take(iter(ours), 5)
        for state in (ours.state_dict(), [ours.state_dict()]):
            with pytest.raises(PmcmineError, match=f"saved with seed={saved}, .*: open it with seed={saved},"):
                theirs.load_state_dict(state)
        assert theirs.position == Position(0, 1)


@pytest.mark.parametrize(
    ("option", "value"),
    [("where", 7), ("where", b"year > 1"), ("seed", "3"), ("seed", 1.0), ("seed", True), ("seed", 1 << 2000),
     ("rank", "0"), ("rank", None), ("world_size", 1.0), ("world_size", 1 << 60), ("on_error", 7), ("on_error", []),
     ("split", 7), ("where_seconds", "9"), ("where_seconds", float("nan")), ("release", 7), ("release", None)],
)  # fmt: skip
def test_an_option_of_another_type_is_one_line(release: str, option: str, value: Any) -> None:
    options: dict[str, Any] = {"release": release, option: value}
    for opened in (stream.open, stream.documents):
        with pytest.raises(PmcmineError, match=option if option != "world_size" else "world_size|rank") as error:
            opened(**options)
        assert "\n" not in str(error.value) and len(str(error.value)) < 250
    for option, value in (("caption", 7), ("caption", None), ("columns", 7), ("columns", "doi")):
        with pytest.raises(PmcmineError, match=option):
            stream.open(release, **{option: value})


def test_a_state_of_another_release_with_as_many_samples(folder: Path, release: str) -> None:
    write_release(folder / "shorter", N + 1)
    ours = stream.open(release, seed=1)
    _take(iter(ours), 3)
    theirs = stream.open(str(folder / "shorter"), where="year > 2000")
    assert len(theirs) == len(ours)
    with pytest.raises(PmcmineError, match="of another release"):
        theirs.load_state_dict(ours.state_dict())


def test_states_of_shares_that_do_not_belong_together(release: str) -> None:
    def states(seed: int, n: int, shares: int = 3) -> list[dict[str, Any]]:
        found = []
        for rank in range(shares):
            samples = stream.open(release, seed=seed, rank=rank, world_size=shares)
            _take(iter(samples), n)
            found.append(samples.state_dict())
        return found

    ours = states(1, 4)
    samples = stream.open(release, seed=1)
    for bad in (ours[:2], [*ours, ours[0]], [*ours[:2], states(2, 4)[2]], [*ours[:2], states(1, 4, 2)[1]],
                [*ours[:2], {**ours[2], "epoch": 2}], [*ours[:2], {**ours[2], "epoch": 1}]):  # fmt: skip
        with pytest.raises(PmcmineError, match=r"these|different") as error:
            samples.load_state_dict(bad)
        assert "\n" not in str(error.value)
    samples.load_state_dict(ours)
    assert len(list(samples)) == N - 12


def _advance(samples: stream.Samples, n: int) -> list[int]:
    """Go on by so many samples without reading them; returns their numbers."""
    position = samples.position.among(samples._world)
    had = samples._sequence(samples._rank, position)[position.done : position.done + n]
    samples.go_to(replace(position, done=position.done + len(had)))
    return had


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_each_sample_once_over_many_worlds(release: str, data: st.DataObject) -> None:
    """The world changes several times, from one state or the states of all ranks, whose ranks are in step or not."""
    seed = data.draw(st.none() | st.integers(-5, 5))
    opened = stream.open(release, seed=seed)

    def world(shares: int, state: Any) -> Iterator[stream.Samples]:
        for rank in range(shares):
            samples = copy.copy(opened)
            samples._rank, samples._world = rank, shares
            samples.go_to(Position(0, shares))
            if state is not None:
                samples.load_state_dict(state)
            yield samples

    had: Counter[int] = Counter()
    state: Any = None
    for _ in range(data.draw(st.integers(2, 5))):
        in_step, most = data.draw(st.booleans()), data.draw(st.integers(0, 20))
        states = []
        for samples in world(data.draw(st.integers(1, 7)), state):
            had.update(_advance(samples, most if in_step else data.draw(st.integers(0, most))))
            states.append(json.loads(json.dumps(samples.state_dict())))
        alone = in_step and len({s["done"] for s in states}) == 1 and data.draw(st.booleans())
        state = data.draw(st.sampled_from(states)) if alone else states
    for samples in world(data.draw(st.integers(1, 4)), state):
        had.update(_advance(samples, N))
    assert had == Counter(range(N))


@given(st.integers(0, 400), st.lists(st.tuples(st.integers(1, 9), st.integers(0, 60)), max_size=4), st.integers(1, 9))
@settings(max_examples=80, deadline=None)
def test_what_is_left_is_what_the_order_leaves(n: int, worlds: list[tuple[int, int]], shares: int) -> None:
    before: list[tuple[int, int | tuple[int, ...]]] = []
    left = n
    for i, (count, done) in enumerate(worlds):
        most = left // count
        had = min(done, most)
        before.append((count, had) if i % 2 else (count, (had,) * count))
        left -= had * count
    found = ordering.remaining(ordering.runs_of(n, [0] if n else []), 1, 0, tuple(before)).n
    assert found == left == stream_state.left_of(n, tuple(before))
    state = {"format": 3, "seed": 1, "epoch": 0, "shares": shares, "samples": n, "done": -(-left // shares), "before": before,
             "of": "x"}  # fmt: skip
    assert stream_state.parse(state, n, "x")[1].before == tuple(before)
    with pytest.raises(PmcmineError, match="damaged: done"):
        stream_state.parse({**state, "done": -(-left // shares) + 1}, n, "x")


def test_random_changes_of_a_state_end_in_one_line_or_in_samples(release: str, state: dict[str, Any]) -> None:
    text, r = json.dumps(state), random.Random(2)
    samples = stream.open(release, seed=3, world_size=2)
    for _ in range(300):
        at = r.randrange(len(text))
        changed = text[:at] + r.choice('0123456789-[]{},"tne. ') + text[at + r.randrange(2) :]
        try:
            loaded = json.loads(changed)
        except ValueError:
            continue
        try:
            samples.load_state_dict(loaded)
        except PmcmineError as error:
            assert "\n" not in str(error)
        else:
            assert 0 <= len(samples) <= N


def test_what_is_read_in_order_has_no_index(release: str) -> None:
    """As a DataLoader asks that was given it without `torch_dataset`."""
    samples = stream.open(release)
    for found, name in ((samples, "samples"), (samples.batched(2), "batches")):
        with pytest.raises(PmcmineError, match=rf"torch_dataset\({name}\)` and batch_size=None"):
            found[0]
