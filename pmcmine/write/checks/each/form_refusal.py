"""Find refusals, and talk about being a model, instead of an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pmcmine.write.checks.answer import Answer
from pmcmine.write.checks.problem import Problem, problem

CODES: Final = {"refusal": "the answer declines to answer, or speaks of the model itself"}
_CAN_NOT: Final = (
    r"(?:can(?:no|['’])t|can not|could not|couldn['’]t|am (?:not able|unable) to|['’]m (?:not able|unable) to)"
)
_DO: Final = (
    r"(?:assist|help|comply|provide|answer|view|see|access|analy[sz]e|interpret|determine|describe|"
    r"generate|fulfil|give|"
    r"offer|do that|process|open|write|complete|identify|tell|verify|confirm)"
)
_REFUSAL: Final = re.compile(
    rf"\b(?:as an? (?:\w+ )?(?:ai|artificial intelligence|language model|assistant)\b|"
    rf"i['’]?m (?:just )?an? (?:ai|language model)\b|"
    rf"i(?: am|['’]m) (?:very |so )?sorry\b|i apologi[sz]e\b|my apologies\b|"
    rf"(?:^|[.!?\n]\s*)(?:sorry|unfortunately),? (?:but )?i\b|"
    rf"i {_CAN_NOT} {_DO}|i['’]?m unable to|i (?:do not|don['’]t) have (?:access|enough|the ability|"
    rf"sufficient|any information)|"
    rf"i (?:must|have to) (?:decline|refuse)|i (?:won['’]t|will not|would not|wouldn['’]t) (?:be able to |{_DO})|"
    rf"(?:please )?consult (?:a|your) (?:doctor|physician|health|medical|qualified)|"
    rf"(?:not enough|insufficient) (?:information|context|detail)s? (?:is |was |has been )?(?:to|provided|"
    rf"given|for me)|"
    rf"(?:please|could you|can you) (?:provide|upload|share|supply|attach)\b|"
    rf"(?:no|without (?:an?|the)) image (?:was|is|has been|being)? ?(?:provided|given|attached|uploaded|available)|"
    rf"{_CAN_NOT} be (?:determined|answered|inferred|described) (?:from|based on|without|"
    rf"with) (?:the )?(?:given|provided|available|image|text|caption|information)|"
    rf"against my (?:guidelines|policy|programming)|my (?:training data|knowledge cut)|openai|chatgpt)",
    re.IGNORECASE | re.MULTILINE,
)


def find(answer: Answer) -> Iterator[Problem]:
    """Find words of refusal that are not in the source."""
    for match in _REFUSAL.finditer(answer.text):
        if match[0].strip().lower() not in answer.source.lower():
            yield problem("refusal", match[0])
            return
