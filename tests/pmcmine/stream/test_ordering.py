"""The lazy order is the order as it is defined, over worlds that follow each other, and is cheap at full size."""

from __future__ import annotations

import random
import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from pmcmine.stream.ordering import World, order, remaining, runs_of
from tests.pmcmine.stream import plain_order


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_it_is_the_order_as_it_is_defined(data: st.DataObject) -> None:
    shards = data.draw(st.lists(st.integers(1, 700), max_size=6))
    starts, n = [sum(shards[:i]) for i in range(len(shards))], sum(shards)
    seed, epoch = data.draw(st.none() | st.integers(-3, 3)), data.draw(st.integers(0, 2))
    shares = data.draw(st.integers(1, 9))
    assert order(n, shares, seed, epoch, starts) == plain_order.order(n, shares, seed, epoch, starts)
    before: list[tuple[int, int | tuple[int, ...]]] = []
    left = n
    for count in data.draw(st.lists(st.integers(1, 5), max_size=3)):
        sizes = [left // count + (share < left % count) for share in range(count)]
        done = tuple(data.draw(st.integers(0, size)) for size in sizes)
        before.append((count, min(done) if data.draw(st.booleans()) else done))
        left -= min(done) * count if isinstance(before[-1][1], int) else sum(done)
    expected = plain_order.after(n, shares, seed, epoch, starts, tuple(before))
    world = World(remaining(runs_of(n, starts), seed, epoch, tuple(before)), shares, seed, epoch)
    found = [world.share(number) for number in range(shares)]
    assert [list(share) for share in found] == expected
    assert [len(share) for share in found] == [len(share) for share in expected]
    for share, plain in zip(found, expected, strict=True):
        start, end = data.draw(st.integers(0, n)), data.draw(st.integers(0, n))
        assert share[start:end] == plain[start:end] and share[end::3] == plain[end::3]
        assert not plain or (share[len(plain) // 2] == plain[len(plain) // 2] and share[-1] == plain[-1])


def test_a_share_of_millions_takes_little_memory() -> None:
    n, draw = 4_000_000, random.Random(1)
    starts = [0, *sorted(draw.sample(range(1, n), 400))]
    tracemalloc.start()
    share = World(runs_of(n, starts), 512, 1, 0).share(77)
    assert len(set(share[5_000:6_000])) == 1_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < n  # a byte for each sample; lists take forty
