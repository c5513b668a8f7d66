"""Word 5-grams, MinHash bands, and the pairs that they find."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmcmine.duplicates import shingles
from pmcmine.duplicates.evaluate import _grams, evaluate_duplicates, found_texts, true_jaccard
from pmcmine.duplicates.members import CAP, bucket_pairs

_WORDS = ["cell", "β-actin", "10", "µm", "Fig", "(A)", "naïve", "T\u2011cell", "腫瘍", "p<0.05", "the", "of"]
_texts = st.lists(st.sampled_from(_WORDS), min_size=0, max_size=60).map(" ".join)


@given(st.lists(_texts, min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_shingles_are_the_sets_of_word_five_grams(texts: list[str]) -> None:
    sets = shingles.shingles(texts)
    assert [len(s) for s in sets] == [len(_grams(t)) for t in texts]
    for i in range(len(texts)):
        for j in range(i):
            assert shingles.jaccard(sets[i], sets[j]) == pytest.approx(true_jaccard(texts[i], texts[j]))


@given(_texts, st.lists(_texts, max_size=5))
@settings(max_examples=40, deadline=None)
def test_a_text_has_one_signature_whatever_stands_beside_it(text: str, others: list[str]) -> None:
    alone = shingles.shingles([text])[0]
    among = shingles.shingles([*others, text])[-1]
    assert np.array_equal(alone, among)
    if len(alone):
        pool = [s for s in shingles.shingles([*others, text]) if len(s)]
        assert np.array_equal(shingles.bands([alone])[0], shingles.bands(pool)[-1])


def test_case_spaces_and_punctuation_make_no_difference() -> None:
    a = "Representative images of the left ventricle, at day 7 (n = 5); scale bar, 50 µm."
    b = "REPRESENTATIVE  images of the left\u00a0ventricle at day 7 (n=5) scale bar 50 µm"
    assert found_texts([a, b]) == {(0, 1): 1.0}


def test_short_texts_have_no_duplicates() -> None:
    assert found_texts(["Flow chart of the study."] * 3) == {}


def test_band_agreement_follows_the_jaccard_index() -> None:
    """1 - (1 - J^8)^14 within sampling error, at J near .8: few hundred pairs of 100 words."""
    rng = random.Random(3)
    found, expected = [], []
    for _ in range(400):
        words = [f"w{rng.randrange(10**6)}" for _ in range(100)]
        other = list(words)
        for _ in range(rng.randint(1, 5)):
            other[rng.randrange(100)] = f"x{rng.randrange(10**6)}"
        a, b = shingles.shingles([" ".join(words), " ".join(other)])
        j = shingles.jaccard(a, b)
        expected.append(1 - (1 - j**shingles.ROWS) ** shingles.BANDS)
        found.append(bool((shingles.bands([a]) == shingles.bands([b])).any()))
    assert abs(np.mean(found) - np.mean(expected)) < 0.06


def test_a_bucket_above_the_cap_is_a_star_and_says_so() -> None:
    nodes = np.arange(CAP + 10, dtype=np.uint64)[::-1]
    a, b, excess = bucket_pairs(np.full(len(nodes), 2), np.zeros(len(nodes), np.uint64), nodes)
    assert excess.tolist() == [0, 0, 10] and len(a) == CAP * (CAP - 1) // 2 + 10
    assert (nodes[a] < nodes[b]).all() and set(nodes[a][nodes[b] >= CAP].tolist()) == {0}
    assert set(nodes[b].tolist()) | {0} == set(range(CAP + 10))


@pytest.mark.real
def test_real_captions_edited(real_data: Path) -> None:
    measures, _ = evaluate_duplicates(real_data / "labels")
    assert measures["recall"] > 0.97 and measures["precision"] == 1.0
