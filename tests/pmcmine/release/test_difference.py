"""What a run says if its folder was begun with another configuration."""

from __future__ import annotations

from pmcmine.release.begin import describe_difference


def test_only_what_differs_is_named_and_hashes_are_short() -> None:
    old = {"seed": 0, "models": {"text": "ab" * 32, "language": "cd" * 32}, "source": "a", "gone": None}
    new = {"seed": 1, "models": {"text": "ef" * 32, "language": "cd" * 32}, "source": "a"}
    said = describe_difference(old, new)
    assert said == 'models text: "abababababab…" → "efefefefefef…"; seed: 0 → 1'
    assert describe_difference(old, dict(old)) == ""


def test_credentials_are_neither_compared_nor_shown() -> None:
    old, new = ({"source": f"https://user:{word}@host/x", "limit": n} for word, n in (("secret", 1), ("other", 2)))
    assert describe_difference(old, new) == "limit: 1 → 2"
