"""Negation of marked words: [what is asked about] in a sentence, and whether it is negated."""

from __future__ import annotations

import re
import time

import pytest

from pmcmine.concepts.context import assess


def negated(sentence: str) -> list[bool]:
    """Return for each marked span of a sentence whether it is negated."""
    text, spans = "", []
    for part in re.split(r"(\[[^\]]*\])", sentence):
        if part.startswith("["):
            spans.append((len(text), len(text) + len(part) - 2))
            part = part[1:-1]
        text += part
    return [c.negated for c in assess(text, spans)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Both twins were negative for [measles].",
        "Sera have been negative for [measles].",
        "Serology was negative for [measles] in May.",
        "The rash was not [measles].",
        "[Measles] was ruled out.",
        "[Vomiting]: no",
        "[Vomiting] (last week): none",
        "[Vomiting] (no).",
        "Travellers without [measles].",
        "No [measles] was seen.",
        "Households of non-[measles] patients.",
    ],
)
def test_negated(sentence: str) -> None:
    assert negated(sentence) == [True]


@pytest.mark.parametrize(
    "sentence",
    [
        "They were not negative for [measles].",
        "Non-invasive scans of [gliomas].",
        "Non‑invasive scans of [gliomas].",
        "Scans of non-small cell [carcinoma] and [glioma].",
        "A non small cell [carcinoma].",
        "Twin no. 2 with [measles].",
        "Grant no. MX117, for research on [measles].",
        "Sample No 4 with [measles].",
        "[Measles] was not ruled out.",
        "[Measles] has not been excluded.",
        "We could not rule out [measles].",
        "The test does not exclude [measles].",
        "Fits are not uncommon in [measles].",
        "It isn't unusual for [measles] to spread.",
        "It was not only [measles] that spread.",
        "A PR negative [carcinoma] of the breast.",
        "A CD30-negative [lymphoma].",
        "An oestrogen receptor negative [carcinoma].",
        "EBV negative [lymphomas] with [fever].",
        "Vomiting: no. [Cough]: yes.",
        "[Nitric oxide] (NO) was measured.",
    ],
)
def test_not_negated(sentence: str) -> None:
    assert not any(negated(sentence))


def test_a_possibility_that_is_not_excluded_is_uncertain() -> None:
    (context,) = assess("Measles was not ruled out.", [(0, 7)])
    assert context.uncertain and not context.negated


def test_hostile_sentences_take_time_in_proportion_to_their_length() -> None:
    for unit in ("no. ", "negative ", "non-", "X ", ": no ", "not ", "A-", "(no"):
        text = "fever" + unit * (40_000 // len(unit))
        start = time.process_time()
        assess(text, [(0, 5)])
        assert time.process_time() - start < 2, unit
