"""Find answers that are empty, or too long for the length of their source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pmcmine.write.checks.answer import WORD, Answer
from pmcmine.write.checks.problem import Problem, problem

CODES: Final = {
    "too_short": "the answer has hardly any words",
    "too_long": "the answer is longer than what was given can fill",
}
_LEAST: Final = {"caption": 2, "panel-caption": 2, "summary": 2, "instruction": 2, "vqa": 1, "case-qa": 1}  # words
# Maximum words per word of the source, and a constant to add; questions repeat words of their answers.
_SHARE: Final = {"caption": 1.6, "panel-caption": 1.6, "summary": 1.0, "vqa": 3.0, "instruction": 3.0, "case-qa": 2.0}
_BESIDES: Final = 40


def find(answer: Answer) -> Iterator[Problem]:
    """Compare the length of the answer with that of the source."""
    count = len(answer.words)
    if count < _LEAST.get(answer.task, 1):
        yield problem("too_short", f"{count} words")
    given = sum(1 for _ in WORD.finditer(answer.source))
    most = _BESIDES + int(_SHARE.get(answer.task, 3.0) * given)
    if count > most:
        yield problem("too_long", f"{count} words from {given}")
