"""Check a model's text against the passages it was given, without a model.

Each module of `each/` is a check: it has `CODES`, the problem codes that it may report with their meanings, and
`find(answer)`, which yields the problems. To add a check, add a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from itertools import islice
from pkgutil import iter_modules
from typing import Final

from pmcmine.write.checks import each
from pmcmine.write.checks.answer import Answer
from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.given import Given

__all__ = ["MAX_ANSWER", "Problem", "codes", "problems"]

MAX_ANSWER: Final = 20_000  # characters; a longer answer is not read, as no task asks for one
_MOST: Final = 10  # problems reported per check
_TOO_LONG: Final = "too_long"

Check = Callable[[Answer], Iterator[Problem]]


@cache
def _checks() -> tuple[tuple[Check, Mapping[str, str]], ...]:
    """Load the checks, in the order of their names."""
    modules = [import_module(f"{each.__name__}.{m.name}") for m in iter_modules(each.__path__)]
    return tuple((m.find, m.CODES) for m in sorted(modules, key=lambda m: m.__name__))


def codes() -> dict[str, str]:
    """Return the codes of all problems with their meanings."""
    return {code: meaning for _, known in _checks() for code, meaning in known.items()}


def problems(answer: str, given: Given, task: str, *, prompt: str = "") -> tuple[Problem, ...]:
    """Find the problems of an answer; an empty result means that it may be kept.

    Args:
        answer: the model's text.
        given: the passages and concepts given to the model.
        task: name of the task, such as `caption` or `vqa`.
        prompt: the instructions given to the model; an answer that repeats them is wrong.
    """
    if len(answer) > MAX_ANSWER:
        return (problem(_TOO_LONG, f"{len(answer):,} characters"),)
    read = Answer(answer, given, task, prompt)
    return tuple(p for find, _ in _checks() for p in islice(find(read), _MOST))
