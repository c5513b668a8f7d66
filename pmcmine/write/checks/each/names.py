"""Words and symbols that name something which what was given does not name: findings, drugs, genes, species."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pmcmine.vocabulary.normalise import token_key
from pmcmine.write.checks.answer import Answer
from pmcmine.write.checks.lexicon import free_words
from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.checks.tokens import Token, bases

CODES: Final = {
    "unsupported": "a word or symbol names what was not given",
    "text_only": "the answer says of the image what only the text of a section or table says",
}
_SHORT: Final = 3  # letters of a word that names something


def _free(token: Token) -> bool:
    return (
        token.low.isdigit()
        or not free_words().isdisjoint((*bases(token.low), token_key(token.low)))
        or (len(token.low) < _SHORT and not token.symbol)
    )


def find(answer: Answer) -> Iterator[Problem]:
    """Look up each word and symbol of the answer in what was given."""
    said: set[str] = set()
    for token in answer.read.tokens:
        if token.key in said or _free(token):
            continue
        said.add(token.key)
        has = "has_symbol" if token.symbol else "has_word"
        if not getattr(answer.support, has)(token):
            known = getattr(answer.elsewhere, has)(token)
            yield problem("text_only" if known else "unsupported", token.text)
