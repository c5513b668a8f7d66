"""Budgets of documents: what is kept is a beginning of what is wanted, and holds the limits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmcmine.errors import PmcmineError
from pmcmine.stream.budget import SECTION_KINDS, Budget, budget_of
from schemas.values import SECTION_KINDS as ALL_KINDS


def place(
    kind: str, level: int | None = None, section: str = "results", quality: float | None = None
) -> dict[str, Any]:
    return {"kind": kind, "level": level, "section_kind": section, "quality": quality, "reason": None}


_PARTS = st.lists(
    st.one_of(
        st.builds(lambda n: ("word " * n, None, place("paragraph")), st.integers(1, 9)),
        st.just((None, "figure", place("figure"))),
        st.just((None, None, place("figure"))),
        st.builds(lambda n: ("Title", None, place("heading", n)), st.integers(1, 3)),
    ),
    max_size=12,
)


@given(_PARTS, st.none() | st.integers(0, 40), st.none() | st.integers(0, 3), st.integers(0, 5))
def test_the_longest_beginning_within_the_limits(
    parts: list[Any], max_tokens: int | None, max_images: int | None, image_tokens: int
) -> None:
    budget = Budget(max_tokens=max_tokens, max_images=max_images, image_tokens=image_tokens)
    texts, images, places = budget.keep([p[0] for p in parts], [p[1] for p in parts], [p[2] for p in parts])
    n_images = sum(i is not None for i in images)
    tokens = sum(budget.count(t) for t in texts if t is not None) + n_images * image_tokens
    assert max_tokens is None or tokens <= max_tokens
    assert max_images is None or n_images <= max_images
    if max_tokens is None and max_images is None:
        assert texts == [p[0] for p in parts]
        return
    kept = [t for t, p in zip(texts, places, strict=True) if p["kind"] == "paragraph"]
    assert kept == [p[0] for p in parts if p[2]["kind"] == "paragraph"][: len(kept)]
    for at, p in enumerate(places):
        if p["kind"] == "heading":
            below = places[at + 1]
            assert below["kind"] != "heading" or below["level"] > p["level"]


def test_sections_and_quality() -> None:
    parts: list[tuple[str | None, dict[str, Any]]] = [
        ("T", place("title", section="other")), ("A", place("heading", 1, "abstract")),
        ("a", place("paragraph", None, "abstract", 5.0)), ("R", place("heading", 1)),
        ("r1", place("paragraph", quality=2.0)), ("r2", place("paragraph", quality=4.0)), ("r3", place("paragraph")),
        ("c", place("caption")),
    ]  # fmt: skip
    texts = [t for t, _ in parts]
    kept, _, _ = Budget(min_quality=3, section_kinds=("results",)).keep(texts, [None] * 8, [p for _, p in parts])
    assert kept == ["T", "R", "r2", "c"]


def test_a_tokenizer_counts() -> None:
    assert budget_of(None, None, 9, list, None, 0).count("abc") == 3
    with pytest.raises(PmcmineError, match="tokenizer"):
        budget_of(None, None, 9, 7, None, 0)
    plain, other = (budget_of(None, None, 9, t, None, 0).shown for t in (None, list))
    assert plain != other


def test_the_kinds_of_sections_are_those_of_the_tables() -> None:
    assert SECTION_KINDS == ALL_KINDS
