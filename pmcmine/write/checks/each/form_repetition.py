"""Loops: the same words again and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from pmcmine.write.checks.answer import WORD, Answer
from pmcmine.write.checks.problem import Problem, problem

CODES: Final = {"repetition": "the answer says the same words again and again, and what was given does not"}
_RUN: Final = 6  # words of a run that may not come back more often than below
_TIMES: Final = 3  # of a run
_SENTENCE: Final = 5  # words of a sentence that may not be said twice
_STUTTER: Final = 4  # times the same word, or two words, in a row


def _most(words: Sequence[str], size: int) -> tuple[tuple[str, ...], int]:
    """Return the run of some words that is most frequent, and how often it is there."""
    counts = Counter(zip(*(words[i:] for i in range(size)), strict=False))
    return max(counts.items(), key=lambda item: (item[1], item[0]), default=((), 0))


def _stutter(words: Sequence[str]) -> str | None:
    """Return a word or two that stand several times in a row."""
    for size in (1, 2, 3):
        same = 0
        for i in range(size, len(words)):
            same = same + 1 if words[i] == words[i - size] and not words[i].isdigit() else 0
            if same >= size * (_STUTTER - 1):
                return " ".join(words[i - size + 1 : i + 1])
    return None


def _is_twice(sentence: Sequence[str], words: Sequence[str]) -> bool:
    """Check whether a sentence stands more than once in what was given."""
    return " ".join(words).count(" ".join(sentence)) > 1


def find(answer: Answer) -> Iterator[Problem]:
    """Look for sentences said twice, runs of words said often, and words in a row."""
    source = [m[0].lower() for m in WORD.finditer(answer.source)]
    said: Counter[tuple[str, ...]] = Counter()
    for sentence in answer.sentences:
        words = tuple(m[0].lower() for m in WORD.finditer(sentence))
        if len(words) >= _SENTENCE:
            said[words] += 1
            if said[words] == 2 and not _is_twice(words, source):
                yield problem("repetition", f"said twice: {sentence}")
    run, times = _most(answer.words, _RUN)
    if times >= _TIMES and times > _most(source, _RUN)[1]:
        yield problem("repetition", f"{times} times: {' '.join(run)}")
    if (word := _stutter(answer.words)) and _stutter(source) is None:
        yield problem("repetition", f"in a row: {word}")
