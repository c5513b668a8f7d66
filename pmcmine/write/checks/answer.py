"""An answer and what it was written from, read once for all checks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pmcmine.text.sentences import sentence_starts
from pmcmine.write.given import Given

WORD: Final = re.compile(r"[^\W_]+(?:['’‐‑-][^\W_]+)*")


@dataclass(frozen=True)
class Answer:
    """An answer with what it was written from.

    Attributes:
        text: the answer.
        given: what the model was given.
        task: name of the task.
        prompt: instructions that the model got besides what is in `given`; empty if not known.
    """

    text: str
    given: Given
    task: str
    prompt: str = ""

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """Split the answer into sentences and lines."""
        return tuple(split_sentences(self.text))

    @cached_property
    def words(self) -> tuple[str, ...]:
        """List the words of the answer in lower case."""
        return tuple(m[0].lower() for m in WORD.finditer(self.text))

    @cached_property
    def source(self) -> str:
        """Join all that was given, with the names of its concepts."""
        return "\n".join((self.given.text, *self.given.concepts))


def split_sentences(text: str) -> list[str]:
    """Split a text into its sentences; the end of a line ends a sentence, too."""
    out = []
    for line in text.splitlines():
        starts = sentence_starts(line)
        for start, end in zip(starts, [*starts[1:], len(line)], strict=True):
            if sentence := line[start:end].strip():
                out.append(sentence)
    return out
