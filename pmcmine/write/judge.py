"""A second model that judges whether a text is faithful to what the first was given."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pmcmine.text.tokens import estimate
from pmcmine.write.answers import parse_object
from pmcmine.write.asking import Asker
from pmcmine.write.requests import Request, digest_of

RUBRIC: Final = (Path(__file__).parent / "judge.txt").read_text("utf-8")
LEAST: Final = 4  # score of a text that is kept
# Problems of meaning, which free wording alone may cause: a judge that reads the text may overrule them. Those of
# numbers, units, panels that do not exist, and form are never overruled.
DOUBTS: Final = frozenset({
    "affirmed", "claim", "comparison", "definition", "denial", "exchanged", "invention", "negated", "opposite",
    "other_panel", "swapped", "text_only", "unsupported",
})  # fmt: skip
_MOST_TOKENS: Final = 200
_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"score": {"type": "integer", "minimum": 1, "maximum": 5}, "reason": {"type": "string"}},
    "required": ["score", "reason"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says.

    Attributes:
        score: 1 to 5.
        reason: why.
        counted: tokens of the request and of the answer.
    """

    score: int
    reason: str
    counted: tuple[int, int]


def rubric_sha256() -> str:
    """Return the SHA-256 of the rubric."""
    return sha256(RUBRIC.encode()).hexdigest()


def judge(asker: Asker, row: str, sources: str, text: str) -> Verdict:
    """Ask a judge about a text.

    Raises:
        ValueError: if its answer holds no score.
        BudgetReached, NoAnswer, Refused, PmcmineError: as `Asker.answer`.
    """
    said = f"Sources:\n{sources}\n\nText:\n{text}"
    body = {
        "model": asker.client.endpoint.model,
        "messages": [{"role": "system", "content": RUBRIC}, {"role": "user", "content": said}],
        "temperature": 0,
        "seed": 0,
        "max_tokens": _MOST_TOKENS,
    }
    request = Request(row, body, digest_of([body, _SCHEMA, None]), estimate(RUBRIC) + estimate(said))
    answer = asker.answer(request, _SCHEMA, "verdict", lambda: body)
    found = parse_object(answer.text)
    score = found.get("score")
    if type(score) is not int or not 1 <= score <= 5:
        raise ValueError("no score")
    return Verdict(score, str(found.get("reason") or "")[:300], answer.counted)
