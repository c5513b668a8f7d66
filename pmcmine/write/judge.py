"""Ask a second model whether a text is faithful to the first model's input."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pmcmine.text.tokens import estimate
from pmcmine.write.answers import parse_object
from pmcmine.write.asking import Asker
from pmcmine.write.checks.problem import Problem
from pmcmine.write.requests import Request, digest_of

RUBRIC: Final = (Path(__file__).parent / "judge.txt").read_text("utf-8")
LEAST: Final = 4  # lowest score of a text that is kept
# Problems of meaning, which mere rewording may trigger: a judge that reads the text may overrule them, except for a
# swapped or exchanged number. Problems of numbers, units, missing panels, and form are never overruled.
_DOUBTS: Final = frozenset({
    "affirmed", "claim", "comparison", "definition", "denial", "exchanged", "invention", "negated", "opposite",
    "other_panel", "swapped", "text_only", "unsupported",
})  # fmt: skip
MOST_TOKENS: Final = 200  # of a verdict
_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"score": {"type": "integer", "minimum": 1, "maximum": 5}, "reason": {"type": "string"}},
    "required": ["score", "reason"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judge's verdict.

    Attributes:
        score: 1 to 5; 0 if the answer has none.
        reason: the judge's reason; without a score, the fault in its answer.
        counted: tokens of the request and of the answer.
    """

    score: int
    reason: str
    counted: tuple[int, int]


def rubric_sha256() -> str:
    """Return the SHA-256 of the rubric."""
    return sha256(RUBRIC.encode()).hexdigest()


def are_doubts(found: Iterable[Problem]) -> bool:
    """Check whether a judge may overrule all problems of a text."""
    return all(p.code in _DOUBTS and not p.of_number for p in found)


def expected(sources: str) -> int:
    """Estimate the tokens of a request to a judge, not counting the text to judge."""
    return estimate(RUBRIC) + estimate(_said(sources, ""))


def judge(asker: Asker, row: str, sources: str, text: str) -> Verdict:
    """Ask a judge about a text.

    Raises:
        BudgetReached, NoAnswer, Refused, PmcmineError: as `Asker.answer`.
    """
    said = _said(sources, text)
    body = {
        "model": asker.client.endpoint.model,
        "messages": [{"role": "system", "content": RUBRIC}, {"role": "user", "content": said}],
        "temperature": 0,
        "seed": 0,
        "max_tokens": MOST_TOKENS,
    }
    request = Request(row, body, digest_of([body, _SCHEMA, None]), estimate(RUBRIC) + estimate(said))
    answer = asker.answer(request, _SCHEMA, "verdict", lambda: body)
    try:
        found = parse_object(answer.text)
    except ValueError as error:
        return Verdict(0, f"no score: {error}", answer.counted)
    score = found.get("score")
    if type(score) is not int or not 1 <= score <= 5:
        return Verdict(0, "no score", answer.counted)
    return Verdict(score, str(found.get("reason") or "")[:300], answer.counted)


def _said(sources: str, text: str) -> str:
    return f"Sources:\n{sources}\n\nText:\n{text}"
