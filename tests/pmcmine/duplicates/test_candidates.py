"""Which tokens go through a shuffle: those that occur more than once, and no others."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pmcmine.duplicates.candidates import repeated_tokens


@given(st.lists(st.lists(st.integers(0, 40) | st.integers(2**32 - 3, 2**32 - 1), max_size=12), min_size=1, max_size=6))
def test_what_occurs_twice_anywhere_is_told_to_each_block_that_has_it(blocks: list[list[int]]) -> None:
    counts = Counter(t for tokens in blocks for t in tokens)
    told = dict(repeated_tokens((n, np.array(tokens, np.uint32).tobytes()) for n, tokens in enumerate(blocks)))
    for n, tokens in enumerate(blocks):
        assert np.frombuffer(told.get(n, b""), np.uint32).tolist() == sorted({t for t in tokens if counts[t] > 1})
