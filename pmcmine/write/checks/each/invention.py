"""Find sentences if most of their words are not in the source, though no single word names anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pmcmine.write.checks.answer import DIALOGUES, Answer
from pmcmine.write.checks.each.names import not_given
from pmcmine.write.checks.places import is_content
from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.checks.tokens import Token

CODES: Final = {"invention": "most words of a sentence were not given"}
_SHARE: Final = 0.75  # of the words of a sentence; questions and instructions have more
_LEAST: Final = 4  # words that are not in the source


def find(answer: Answer) -> Iterator[Problem]:
    """Count the words of each sentence that are not in the source."""
    if answer.task in DIALOGUES:
        return
    new = {t.key for t in not_given(answer)}
    sentences: dict[int, list[Token]] = {}
    for token in answer.read.tokens:
        if is_content(token) and not token.low[:1].isdigit():
            sentences.setdefault(token.sentence, []).append(token)
    for words in sentences.values():
        count = sum(t.key in new for t in words)
        if count >= _LEAST and count >= _SHARE * len(words) and not _is_question(answer, words):
            yield problem("invention", answer.read.text[words[0].start : words[-1].end])


def _is_question(answer: Answer, words: list[Token]) -> bool:
    return words[0].low in ("question", "instruction") or answer.read.text[words[-1].end :].lstrip()[:1] == "?"
