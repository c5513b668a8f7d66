"""Define tasks of one text, and tasks of turns: their schemas, and the parsers of answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pmcmine.plugins.task import Content, Turn

_MOST_TEXT: Final = 20_000  # characters of a text
MOST_TURNS: Final = 40


@dataclass(frozen=True)
class WritingTask:
    """A task; see `pmcmine.plugins.task.Task`.

    Attributes:
        most_turns: maximum turns that the prompt asks for; 0 for a task of one text.
    """

    name: str
    meaning: str
    table: str
    prompt: str
    version: str
    schema: Mapping[str, Any]
    read: Callable[[Mapping[str, Any]], Content]
    passages: Mapping[str, int] = field(default_factory=dict)
    image: bool = False
    most_tokens: int = 800
    most_turns: int = 0

    def content(self, answer: Mapping[str, Any]) -> Content:
        """Parse an answer; see `Task`."""
        return self.read(answer)


def text_schema(name: str) -> dict[str, Any]:
    """Return the schema of an answer with one text."""
    return {
        "type": "object",
        "properties": {name: {"type": "string"}},
        "required": [name],
        "additionalProperties": False,
    }


def turns_schema(question: str, answer: str) -> dict[str, Any]:
    """Return the schema of an answer with turns of two parts with these names."""
    parts = {question: {"type": "string"}, answer: {"type": "string"}}
    turn = {"type": "object", "properties": parts, "required": [*parts], "additionalProperties": False}
    return {
        "type": "object",
        "properties": {"turns": {"type": "array", "items": turn, "minItems": 1}},
        "required": ["turns"],
        "additionalProperties": False,
    }


def read_text(name: str) -> Callable[[Mapping[str, Any]], Content]:
    """Return a parser for answers of `text_schema`."""

    def read(answer: Mapping[str, Any]) -> Content:
        return Content(text=_text(answer.get(name), name))

    return read


def read_turns(question: str, answer: str) -> Callable[[Mapping[str, Any]], Content]:
    """Return a parser for answers of `turns_schema`."""

    def read(found: Mapping[str, Any]) -> Content:
        turns = found.get("turns")
        if not isinstance(turns, list) or not 0 < len(turns) <= MOST_TURNS:
            raise ValueError("no turns")
        if not all(isinstance(turn, dict) for turn in turns):
            raise ValueError("a turn that is no object")
        return Content(turns=tuple(Turn(_text(t.get(question), question), _text(t.get(answer), answer)) for t in turns))

    return read


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"no {name}")
    if len(value) > _MOST_TEXT:
        raise ValueError(f"{name} of more than {_MOST_TEXT:,} characters")
    return value.strip()
