"""Texts in blocks give what texts one by one give."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.text.blocks import Numbers, block_of, blocks, hashes_of
from classifiers.text.features import Space, terms
from classifiers.text.sentences import SENTENCES, sentences_of
from classifiers.text.wording import WORDING, wording

ALPHABET = " \n.,?!()[]<=>aBwE0٣_αΣİ\u00e9\u4e2d\ud83d\U0001d465\U0001f600\U00030000–-"
TEXTS = st.lists(
    st.one_of(
        st.text(ALPHABET, max_size=60),
        st.text(max_size=30),
        st.text("葛ab \U000e0100\U000e0041\U000f0001\U0002ffff", max_size=30),  # signs above the ideographs
        st.sampled_from(["We saw it (Fig. 1). However, he died.", "Li et al. (2010) did [3, 4]. [5–7].", ""]),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_words_and_pairs_are_counted_as_one_by_one(texts: list[str]) -> None:
    # These alone have another lower case in a word, or count as another letter.
    texts = [re.sub("[İΣ\U00020000-\U0003ffff]", "i", t) for t in texts]
    counted = [terms(t) for t in texts]
    names = sorted({t for c in counted for t in c})
    space = Space({t: i for i, t in enumerate(names)}, np.ones(len(names), np.float32), np.zeros((len(names), 1)))
    rows = space.words(block_of(texts)).toarray()
    for row, found in zip(rows, counted, strict=True):
        wanted = {t: 1 + math.log(n) for t, n in found.items()}
        norm = math.sqrt(sum(v * v for v in wanted.values()))
        assert {names[i]: row[i] for i in np.flatnonzero(row)} == pytest.approx(
            {t: v / norm for t, v in wanted.items()}, rel=1e-5
        )


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_what_is_said_of_a_text_does_not_depend_on_its_block(texts: list[str]) -> None:
    assert sentences_of(texts).tolist() == [sentences_of([t])[0].tolist() for t in texts]
    assert wording(block_of(texts)).tolist() == [wording(block_of([t]))[0].tolist() for t in texts]


def test_wording_counts_words_signs_and_capitals() -> None:
    text = "A 58-year-old man had 12% at 37 °C (p < 0.05, P=.01) in 5 μm [3,4–7]. He [x] had p > 0 . μ"
    (found,) = wording(block_of([text])).tolist()
    assert len(found) == WORDING
    occurs = [round(v * 3) for v in found[:-5:2]]
    assert occurs[0] == 4  # man, he, "year old", "old man"
    assert occurs[-5:] == [2, 1, 5, 1, 2]  # p-values, citations, digits (five and more), per cent, units
    words = text.split()
    n = len(words)
    assert found[-5:] == pytest.approx(
        [
            math.log1p(n) / 3,
            sum(map(len, words)) / n / 6,
            text.count(".") / n * 10,
            len({w.lower() for w in words}) / n,
            sum(w[0].isupper() for w in words) / n * 3,
        ]
    )


def test_a_stop_before_a_citation_ends_a_sentence_and_one_inside_does_not() -> None:
    (one, other) = sentences_of(["It grew.[3] It fell. ", "It grew (cf. Smith. Al 2010) and fell"]).tolist()
    assert one[0] == 0.5 and one[-5] == pytest.approx(math.log1p(2) / 3)  # "[3] It fell." cites
    assert other[0] == 1 and other[-5] == pytest.approx(math.log1p(1) / 3)
    assert sentences_of([". ? ! A"]).shape == (1, SENTENCES)


def test_numbers_are_found_where_keys_share_a_place() -> None:
    keys = np.arange(1, 40_000, dtype=np.uint64) << np.uint64(32)
    numbers = Numbers(keys)
    assert numbers.get(keys[::-1]).tolist() == list(range(len(keys)))[::-1]
    assert set(numbers.get(keys + np.uint64(1)).tolist()) == {-1}
    assert Numbers(hashes_of([])).get(keys).max() == -1


def test_blocks_are_bounded() -> None:
    texts = ["a" * 50_000] * 30 + ["b"] * 600
    sizes = [len(b.texts) for b in blocks(texts)]
    assert sum(sizes) == 630 and max(sizes) <= 256 and sizes[0] == 12
