"""Read a model's answers, which are hostile until checked: JSON, perhaps among other words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from pmcmine.plugins.task import Content, Task, Turn

_MOST: Final = 200_000  # characters of an answer
_STARTS: Final = 20  # places where an object may begin
_THOUGHT: Final = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
# Control characters except line breaks and tabs, overrides of text direction, unpaired surrogates.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def parse_object(text: str) -> Mapping[str, Any]:
    """Return the JSON object in an answer.

    Raises:
        ValueError: if it contains none.
    """
    if len(text) > _MOST:
        raise ValueError(f"more than {_MOST:,} characters")
    text = _THOUGHT.sub("", text)
    decoder = json.JSONDecoder(strict=False)
    at = -1
    for _ in range(_STARTS):
        at = text.find("{", at + 1)
        if at < 0:
            break
        try:
            found, _ = decoder.raw_decode(text, at)
        except RecursionError:
            raise ValueError("nested too deeply") from None
        except ValueError:
            continue
        if isinstance(found, dict):
            return found
    raise ValueError("no JSON object")


def read_answer(task: Task, text: str) -> Content:
    """Return the content of an answer, without control characters.

    Raises:
        ValueError: if it does not have the form of the task.
    """
    found = task.content(parse_object(text))
    turns = tuple(Turn(_clean(turn.question), _clean(turn.answer)) for turn in found.turns)
    content = Content(_clean(found.text), turns)
    if not turns and not _has_words(content.text):  # small models return the form they were shown
        raise ValueError("an empty answer")
    if not all(_has_words(turn.question) and _has_words(turn.answer) for turn in turns):
        raise ValueError("an empty turn")
    return content


def _has_words(text: str) -> bool:
    return any(c.isalnum() for c in text)


def _clean(text: str) -> str:
    return _CONTROL.sub("", text).strip()
