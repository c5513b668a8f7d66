"""A second model as judge: the prompt that it gets, and what its answer means."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.given import Given

CODE: Final = "judge"  # of the problem of an answer that the judge rejects
MAX_TEXT: Final = 20_000  # characters of the text, and of all passages together, that a judge is shown
MAX_ANSWER: Final = 100_000  # characters of an answer of the judge that are read
_MAX_PROBLEMS: Final = 5
_LEAST: Final = 4  # score from which a text is faithful
_OPEN: Final = re.compile(r"\{")
_TRIES: Final = 20  # places at which an object may begin


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says of a text.

    Attributes:
        faithful: whether the text may be kept.
        score: 1 (contradicts what was given) to 5 (all of it is supported).
        problems: what is not supported, in the judge's words; empty if nothing.
    """

    faithful: bool
    score: int
    problems: tuple[Problem, ...] = ()


@cache
def rubric() -> str:
    """Return the instructions of the judge that ship with the package."""
    return files("pmcmine.write.checks").joinpath("judge.md").read_text("utf-8")


def question(answer: str, given: Given, task: str) -> str:
    """Write what a judge is shown after its rubric: the passages, and the text between lines that it can't contain.

    Args:
        answer: the text to judge.
        given: what it was written from.
        task: name of the task.
    """
    left = MAX_TEXT
    lines = []
    for passage in given.passages:
        if left <= 0:
            break
        lines.append(f"[{passage.kind}] {_one(passage.text[:left])}")
        left -= len(passage.text)
    panels = f"\nPANELS: {', '.join(given.panels)[:1_000]}" if given.panels else ""
    passages = "\n".join(lines)
    return f"TASK: {task}\nPASSAGES:\n{passages}{panels}\nTEXT:\n{_one(answer[:MAX_TEXT])}\nEND OF TEXT"


def _one(text: str) -> str:
    return " ".join(text.split())


def read_verdict(answer: str) -> Verdict | None:
    """Read a judge's answer; None if it holds no verdict, which is to be asked again.

    The first JSON object with a verdict counts, whatever stands around it. A verdict that contradicts its score is
    the worse of the two.
    """
    text = answer[:MAX_ANSWER]
    for n, match in enumerate(_OPEN.finditer(text)):
        if n >= _TRIES:
            break
        try:
            found, _ = json.JSONDecoder().raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        verdict = _verdict(found)
        if verdict is not None:
            return verdict
    return None


def _verdict(found: Any) -> Verdict | None:
    said = found.get("verdict") if isinstance(found, dict) else None
    if not isinstance(said, str) or said.strip().lower() not in ("faithful", "unfaithful"):
        return None
    score = found.get("score")
    if isinstance(score, bool) or not isinstance(score, int | float) or not 1 <= score <= 5:
        return None
    faithful = said.strip().lower() == "faithful" and score >= _LEAST
    listed = found.get("problems")
    words = [p for p in listed if isinstance(p, str) and p.strip()] if isinstance(listed, list) else []
    problems = tuple(problem(CODE, p) for p in words[:_MAX_PROBLEMS])
    if not faithful and not problems:
        problems = (problem(CODE, f"score {score:g}"),)
    return Verdict(faithful, int(score), problems)
