"""What a task is: which rows a model writes about, what it is given, and the form of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

# Tables that can be written about, and their keys.
KEYS: Final[Mapping[str, str]] = {
    "figures": "figure_id", "panels": "panel_id", "articles": "article_id", "cases": "case_id",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, or an instruction, and its answer."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Content:
    """What an answer holds: a text, turns, or both."""

    text: str = ""
    turns: tuple[Turn, ...] = ()


class Task(Protocol):
    """Something to write. Registered as an entry point of the group `pmcmine.tasks`, by its name.

    Attributes:
        name: what `pmcmine write --task` calls it.
        meaning: what it writes, in a few words.
        table: rows that it writes about: figures, panels, articles or cases.
        image: whether the model sees the image of a row.
        prompt: instructions for the model.
        version: changes with the prompt.
        schema: JSON schema of the answer.
        passages: most passages of each kind that the model is given.
        most_tokens: tokens that an answer may have.
    """

    @property
    def name(self) -> str: ...

    @property
    def meaning(self) -> str: ...

    @property
    def table(self) -> str: ...

    @property
    def image(self) -> bool: ...

    @property
    def prompt(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def schema(self) -> Mapping[str, Any]: ...

    @property
    def passages(self) -> Mapping[str, int]: ...

    @property
    def most_tokens(self) -> int: ...

    def content(self, answer: Mapping[str, Any]) -> Content:
        """Return what an answer holds.

        Raises:
            ValueError: if it is not of the schema.
        """
