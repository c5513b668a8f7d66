"""Hold an answer and its source, parsed once for all checks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pmcmine.text.sentences import sentence_starts
from pmcmine.write.checks.places import Places
from pmcmine.write.checks.source import Source, source_of
from pmcmine.write.given import Given

WORD: Final = re.compile(r"[^\W_]+(?:['’‐‑-][^\W_]+)*")
_QUESTION: Final = re.compile(r"\?\s")  # the end of a question, and the space before its answer
IMAGE_TASKS: Final = frozenset(("caption", "panel-caption", "vqa"))
DIALOGUES: Final = frozenset(("vqa", "instruction", "case-qa"))
_AROUND: Final = 4  # words on each side of a copied word that must be copied, too
_OF_TEXT: Final = frozenset(("section", "table"))  # kinds of passages that do not say what the image shows


@dataclass(frozen=True)
class Answer:
    """An answer with its source.

    Attributes:
        text: the answer.
        given: the passages and concepts given to the model.
        task: name of the task.
        prompt: instructions given to the model besides `given`; empty if not known.
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
        """Join all passages with the names of their concepts."""
        return "\n".join((self.given.text, *self.given.concepts))

    @cached_property
    def read(self) -> Source:
        """Parse the answer itself; a question and its answer are one sentence."""
        return source_of([_QUESTION.sub(", ", self.text) if self.task in DIALOGUES else self.text])

    @cached_property
    def support(self) -> Source:
        """Parse the passages that may support this answer; for tasks about an image, only those about the figure."""
        passages = self.given.passages
        if self.task in IMAGE_TASKS and any(p.kind not in _OF_TEXT for p in passages):
            passages = tuple(p for p in passages if p.kind not in _OF_TEXT)
        return source_of((*(p.text for p in passages), *self.given.concepts))

    @cached_property
    def places(self) -> Places:
        """Parse the items of the answer."""
        return Places(self.read)

    @cached_property
    def given_places(self) -> Places:
        """Parse the items of the supporting passages."""
        return Places(self.support)

    def copies(self, first: int, last: int) -> bool:
        """Check whether a run of words, with the words around it, is copied word for word from the supporting passages.

        Args:
            first: index of the first word.
            last: index of the last word.
        """
        words = [t.low for t in self.read.tokens[max(first - _AROUND, 0) : last + _AROUND + 1]]
        return len(words) > _AROUND and " ".join(words) in self._runs

    @cached_property
    def _runs(self) -> str:
        return " ".join(t.low for t in self.support.tokens)

    @cached_property
    def elsewhere(self) -> Source:
        """Parse the passages that do not say what the image shows; empty for tasks that do not ask about an image."""
        if self.task not in IMAGE_TASKS:
            return Source("")
        return source_of(p.text for p in self.given.passages if p.kind in _OF_TEXT)


def split_sentences(text: str) -> list[str]:
    """Split a text into sentences; a line break ends a sentence, too."""
    out = []
    for line in text.splitlines():
        starts = sentence_starts(line)
        for start, end in zip(starts, [*starts[1:], len(line)], strict=True):
            if sentence := line[start:end].strip():
                out.append(sentence)
    return out
