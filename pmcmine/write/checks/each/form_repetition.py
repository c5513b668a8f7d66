"""Find loops: the same words again and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from pmcmine.write.checks.answer import WORD, Answer
from pmcmine.write.checks.problem import Problem, problem

CODES: Final = {"repetition": "the answer says the same words again and again, and what was given does not"}
_RUN: Final = 6  # words of a run that must not recur more often than the next line allows
_TIMES: Final = 3  # occurrences of a run
_SENTENCE: Final = 5  # words of a sentence that must not be repeated
_STUTTER: Final = 4  # times the same word, or two words, in succession


def _most(words: Sequence[str], size: int) -> tuple[tuple[str, ...], int]:
    """Return the most frequent run of `size` words, and its count."""
    counts = Counter(zip(*(words[i:] for i in range(size)), strict=False))
    return max(counts.items(), key=lambda item: (item[1], item[0]), default=((), 0))


def _stutter(words: Sequence[str]) -> str | None:
    """Return a word or two that occur several times in succession."""
    for size in (1, 2, 3):
        same = 0
        for i in range(size, len(words)):
            same = same + 1 if words[i] == words[i - size] and not words[i].isdigit() else 0
            if same >= size * (_STUTTER - 1):
                return " ".join(words[i - size + 1 : i + 1])
    return None


def _is_twice(sentence: Sequence[str], words: Sequence[str]) -> bool:
    """Check whether a sentence occurs more than once in the source."""
    return " ".join(words).count(" ".join(sentence)) > 1


def find(answer: Answer) -> Iterator[Problem]:
    """Find repeated sentences, frequent runs of words, and words repeated in succession."""
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
