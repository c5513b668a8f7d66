"""Linking takes time in proportion to the text, on texts that are made to be slow."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pmcmine.concepts.linker import Linker
from pmcmine.vocabulary.vocabulary import Vocabulary
from tests.growth import growth, pumped


def _defined(n: int) -> str:
    """Return a text that defines many abbreviations and uses them."""
    return " ".join(f"Alpha Beta{i} (AB{i}) and AB{i} of the liver;" for i in range(max(1, n // 50)))


@pytest.mark.parametrize(
    "make",
    [
        pumped("", "no liver but lung "),
        pumped("", "liver tumour, no change in "),
        pumped("", "liver lung (LL) "),
        pumped("liver", "\u00a0", "lung"),
        pumped("", "T-N-F α-"),
        _defined,
    ],
    ids=["context", "spans", "abbreviations", "white space", "tokens", "definitions"],
)
def test_linking_takes_time_in_proportion(vocabulary: Vocabulary, make: Callable[[int], str]) -> None:
    found = growth(lambda text: Linker(vocabulary).link([text]), make, last=4_000)
    assert found.is_linear, found
