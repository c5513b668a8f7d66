"""Find remains of the prompt and of the format: instructions, JSON, markdown, placeholders, ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pmcmine.write.checks.answer import DIALOGUES, WORD, Answer
from pmcmine.write.checks.problem import Problem, problem

CODES: Final = {
    "leak": "remains of the prompt or of the format stand in the answer",
    "instructions": "the answer repeats its instructions",
}
_TASKS: Final = r"(?:caption|summary|description|answer|question|text|rewrite|passage|response|output|paragraph)"
_WRITTEN: Final = (
    r"(?:rewritten|revised|improved|generated|requested|rephrased|new|final|updated|paraphrased|faithful|concise)"
)
_FORMAT: Final = re.compile(
    r"```|<\|[^|\n]{0,40}\|>|\[/?INST\]|<</?SYS>>|</?(?:s|think|thinking|image|answer|caption|question|"
    r"system|user|assistant)>|"
    r"\{\{|\}\}|^\s*[\[{]\s*\"|\"\s*:\s*[\[{\"]|\"\s*[}\]]\s*,?\s*$|^\s*#{1,6}\s|\*\*(?=\w)[^*\n]{1,80}(?<=[\w.:!?])\*\*|\\n|"
    r"\\u[0-9a-f]{4}|&(?:lt|gt|amp|nbsp);|"
    r"\[(?:insert|your|placeholder|name|figure|image|redacted|todo|fill|describe|number|value|add)\b[^\]\n]{0,60}\]|"
    r"<(?:insert|your|placeholder|name|caption|figure)\b[^>\n]{0,60}>|\blorem ipsum\b|\bTODO\b|\bX{3,}\b|"
    r"_{4,}|\bPMC\d{4,}\b|"
    r"\b(?:null|undefined|NaN)\b\s*[,}\]]",
    re.IGNORECASE | re.MULTILINE,
)
_TALK: Final = re.compile(
    rf"^\W*(?:sure|certainly|of course|absolutely|okay|ok|great)[,!.:]|"
    rf"\b(?:here(?:['’]s| is| are)|below is|this is) (?:the|a|an|my|"
    rf"your) (?:\w+ ){{0,2}}{_WRITTEN} (?:\w+ ){{0,2}}{_TASKS}|"
    rf"\bhere(?:['’]s| is| are) (?:the|a|an|my|your) (?:\w+ ){{0,3}}{_TASKS}\b|"
    rf"^\W*(?:{_WRITTEN} )?(?:{_TASKS}|task|user|assistant|system|mentions?|concepts?|panels?|section)\s*:(?!\s*\d)|"
    rf"\b(?:the |this )?(?:provided|supplied|given|original|source|above|input|user['’]s) (?:{_TASKS}|"
    rf"passages?|context|excerpt|sentences?|information|prompt|json)\b|"
    rf"\b(?:according to|based on|in) the (?:caption|passages?|prompt|context|mentions?|instructions?)\b|"
    rf"\bthe (?:caption|prompt|passage|mention|context) (?:says|states|mentions|notes|does not|provided|"
    rf"describes|reads|asks)\b|"
    rf"\b(?:let me know if|i hope this|feel free to|happy to help|word count|as requested|as instructed|"
    rf"per your|note:? (?:i|this|the (?:caption|answer)))\b|"
    rf"\bi(?:['’]ve| have)? (?:re(?:wrote|written|phrased)|kept|used|avoided|added|changed|removed|preserved)\b",
    re.IGNORECASE | re.MULTILINE,
)
_ORDERS: Final = re.compile(
    r"\byou are (?:a|an|the) (?:\w+ ){0,3}(?:assistant|expert|model|writer|editor|radiologist|pathologist|"
    r"teacher|doctor)\b|"
    r"\byour (?:task|job|goal|answer|response|output) (?:is|should|must)\b|"
    r"\b(?:do not|don['’]t|never) (?:add|invent|use|mention|include|change|write|repeat|copy|guess|make up)\b|"
    r"\b(?:use|state|write|include|mention) (?:only|nothing but) (?:what|information|facts?|details?|the)\b|"
    r"\b(?:rewrite|rephrase|paraphrase|summari[sz]e|describe|write|return|answer|respond|"
    r"output)\b[^.\n]{0,30}\b(?:the (?:following|caption|passages?)|a caption|in json|valid json|json|"
    r"in your own words|only the)\b|"
    r"\b(?:keep|preserve) (?:all|every|the) (?:numbers?|units?|panel|facts?|negations?)\b|"
    r"\b(?:answer|response|output|text|caption) (?:must|should) (?:be|have|not|contain|stay|only)\b|"
    r"\bin (?:at most|no more than|fewer than) \w+ (?:words|sentences)\b",
    re.IGNORECASE,
)
_TURN: Final = re.compile(r"\W*(?:question|answer|user|assistant|instruction|response)\s*:", re.IGNORECASE)
_RUN: Final = 7  # words of the prompt in a row


def _runs(text: str) -> set[tuple[str, ...]]:
    words = [m[0].lower() for m in WORD.finditer(text)]
    return set(zip(*(words[i:] for i in range(_RUN)), strict=False))


def _is_title(answer: Answer, match: re.Match[str]) -> bool:
    """Check whether a summary begins with the heading "Summary:"."""
    return answer.task == "summary" and not match.start() and match[0].strip(" :").lower() == "summary"


def find(answer: Answer) -> Iterator[Problem]:
    """Find signs of prompts and formats that are not in the source."""
    source = answer.source.lower()
    for code, pattern in (("leak", _FORMAT), ("leak", _TALK), ("instructions", _ORDERS)):
        for match in pattern.finditer(answer.text):
            if (answer.task in DIALOGUES and _TURN.fullmatch(match[0])) or _is_title(answer, match):
                continue
            if match[0].strip().lower() not in source:
                yield problem(code, match[0])
                break
    if answer.prompt:
        copied = (_runs(answer.text) & _runs(answer.prompt)) - _runs(answer.source)
        if copied:
            yield problem("instructions", " ".join(min(copied)))
