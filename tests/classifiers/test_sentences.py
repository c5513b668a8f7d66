"""What the sentences of a paragraph do."""

from __future__ import annotations

import time

import pytest

from classifiers.text.sentences import SENTENCES, sentences_of

CITES, POINTS, OWN = 0, 1, 2  # places of shares: sentences that cite, that point to a figure, and with "we"
CITATIONS = -3  # place of how many citations there are, by four


@pytest.mark.parametrize(
    ("text", "cites", "points"),
    [
        ("It grows (Li et al., 2016). It dies [3, 4–7]. It lives. It ends.", 0.5, 0),
        ("Smith et al. (2010) saw it. Jones and Baker 1999 did not.", 1, 0),
        ("It rose (Fig. 2B and Table 1). Figure S3 shows it. Tables 4 too. It fell.", 0, 0.75),
        ("It was warm (in the year 2010). He (Mr. Brown) came at once (p < 0.05).", 0, 0),
        ("", 0, 0),
    ],
)
def test_citations_and_pointers_end_no_sentence(text: str, cites: float, points: float) -> None:
    (found,) = sentences_of([text]).tolist()
    assert len(found) == SENTENCES
    assert (found[CITES], found[POINTS]) == (cites, points)


def test_a_review_cites_where_a_study_tells_what_was_done() -> None:
    review = "Asthma is common [1]. It has been treated with steroids [2,3]."
    study = "We measured it in 40 mice. Values were higher (Fig. 1)."
    one, other = sentences_of([review, study]).tolist()
    assert one[CITES] == 1 and other[CITES] == 0 and one[OWN] == 0 and other[OWN] == 0.5
    assert one[CITATIONS] == 0.5 and sentences_of([]).shape == (0, SENTENCES)


@pytest.mark.parametrize("text", ["(" * 30_000, "A " * 20_000, "[1," * 9_000, "Aa" * 15_000, "(A1 et al. " * 3_000])
def test_hostile_texts_take_no_long_time(text: str) -> None:
    start = time.process_time()
    assert sentences_of([text]).shape == (1, SENTENCES)
    assert time.process_time() - start < 1
