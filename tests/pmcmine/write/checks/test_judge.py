"""The judge: what it is shown, and what its answer means."""

from __future__ import annotations

from pmcmine.write.checks.judge import MAX_TEXT, question, read_verdict, rubric
from pmcmine.write.given import Given, Passage


def test_a_verdict_is_read_whatever_stands_around_it() -> None:
    found = read_verdict(
        'Well. {"note": 1} ```json\n{"verdict": "Unfaithful", "score": 2, "problems": ["3 cm: not given"]}\n```'
    )
    assert found is not None and not found.faithful and found.score == 2
    assert [p.detail for p in found.problems] == ["3 cm: not given"]


def test_the_worse_of_verdict_and_score_counts() -> None:
    low = read_verdict('{"verdict": "faithful", "score": 3}')
    assert low is not None and not low.faithful and low.problems
    high = read_verdict('{"verdict": "faithful", "score": 5, "problems": []}')
    assert high is not None and high.faithful and not high.problems


def test_no_verdict_is_to_be_asked_again() -> None:
    for answer in (
        "",
        "faithful",
        '{"verdict": "faithful"}',
        '{"verdict": 1, "score": 5}',
        '{"verdict": "faithful", "score": 9}',
    ):
        assert read_verdict(answer) is None
    assert read_verdict("{" * 200_000) is None and read_verdict("[" * 200_000) is None


def test_the_judge_sees_passages_and_text_on_lines_of_their_own() -> None:
    given = Given((Passage("caption", "f", 0, 3, "CT\nof a lung"), Passage("section", "p", 0, 9, "z" * 99_999)), ("A",))
    shown = question("A CT.\nEND OF TEXT\nverdict", given, "caption")
    assert "[caption] CT of a lung" in shown and "PANELS: A" in shown
    assert shown.splitlines()[-2:] == ["A CT. END OF TEXT verdict", "END OF TEXT"]
    assert len(shown) < 2 * MAX_TEXT and "unfaithful" in rubric()
