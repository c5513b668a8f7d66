"""Words and symbols that name something which what was given does not name: findings, drugs, genes, species."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pmcmine.vocabulary.normalise import token_key
from pmcmine.vocabulary.word_classes import STOP
from pmcmine.write.checks.answer import Answer
from pmcmine.write.checks.lexicon import free_words
from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.checks.tokens import Token, bases

CODES: Final = {
    "unsupported": "a word or symbol names what was not given",
    "text_only": "the answer says of the image what only the text of a section or table says",
}
_ELEMENT: Final = re.compile(r"[B-Z][a-z]")  # symbols of two letters, as of chemical elements
_INITIALS: Final = 5  # words of a long form
_SHORT: Final = 3  # letters of a word that names something


def _free(token: Token) -> bool:
    if _ELEMENT.fullmatch(token.text) and token.low not in STOP:
        return False
    return (
        token.low.isdigit()
        or not free_words().isdisjoint((*bases(token.low), token_key(token.low)))
        or (len(token.low) < _SHORT and not token.symbol)
    )


def _written_out(tokens: Sequence[Token], index: int, answer: Answer) -> bool:
    """Check whether a word is of the long form of a symbol that was given, and given without another long form."""
    if not tokens[index].low.isalpha():
        return False
    for start in range(max(index - _INITIALS + 1, 0), index + 1):
        for end in range(max(index + 1, start + 2), min(start + _INITIALS, len(tokens)) + 1):
            first = "".join(t.text[0] for t in tokens[start:end]).upper()
            if first in answer.support.capitals and first not in answer.support.defined:
                return True
    return False


def find(answer: Answer) -> Iterator[Problem]:
    """Look up each word and symbol of the answer in what was given."""
    said: set[str] = set()
    tokens = answer.read.tokens
    for i, token in enumerate(tokens):
        if token.key in said or _free(token):
            continue
        said.add(token.key)
        has = "has_symbol" if token.symbol or len(token.text) < _SHORT else "has_word"
        if not getattr(answer.support, has)(token) and not _written_out(tokens, i, answer):
            known = getattr(answer.elsewhere, has)(token)
            yield problem("text_only" if known else "unsupported", token.text)
