"""Find words and symbols for things that the source does not name: findings, drugs, genes, species."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pmcmine.vocabulary.normalise import token_key
from pmcmine.vocabulary.word_classes import STOP
from pmcmine.write.checks.answer import Answer
from pmcmine.write.checks.lexicon import antonyms, free_words, general_words
from pmcmine.write.checks.number_words import WORDS
from pmcmine.write.checks.numbers import is_written_unit
from pmcmine.write.checks.places import is_leaving
from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.checks.source import Source
from pmcmine.write.checks.tokens import Token, bases

CODES: Final = {
    "unsupported": "a word or symbol names what was not given",
    "text_only": "the answer says of the image what only the text of a section or table says",
}
_ELEMENT: Final = re.compile(r"[B-Z][a-z]")  # symbols of two letters, as of chemical elements
_INITIALS: Final = 5  # words of a long form
_PREFIX: Final = re.compile(r"^(?:un|non)(?=\w{4})")
_COMBINING: Final = "immuno micro nano photo bio cyto histo neuro cardio hemo thermo electro multi co auto".split()
_SHORT: Final = 3  # letters of a word that names something


def _free(token: Token, answer: Answer) -> bool:
    """Check whether any rewrite may use a word: it is listed, or general English and not capitalised as a name."""
    if _ELEMENT.fullmatch(token.text):
        return False
    own = bases(token.low)
    opposite = antonyms().get(token.low, frozenset())
    if not opposite.isdisjoint(answer.support.bases) and opposite.isdisjoint(answer.read.bases):
        return False
    if not free_words().isdisjoint((*own, token_key(token.low))) or (len(token.low) < _SHORT and not token.symbol):
        return True
    named = token.text[0].isupper() and not _begins(answer.read.text, token)
    return not (token.symbol or named) and not general_words().isdisjoint(own)


def _begins(text: str, token: Token) -> bool:
    """Check whether a word is at the beginning of a sentence, line, bracket or label."""
    before = text[: token.start].rstrip(" \"'“‘*")
    return not before or before[-1] in ".:;?!)(\n–—-"


def _written_out(tokens: Sequence[Token], index: int, answer: Answer) -> bool:
    """Check whether a word belongs to the long form of a symbol that the source uses without another long form."""
    if not tokens[index].low.isalpha():
        return False
    for start in range(max(index - _INITIALS + 1, 0), index + 1):
        for end in range(max(index + 1, start + 2), min(start + _INITIALS, len(tokens)) + 1):
            first = "".join(t.text[0] for t in tokens[start:end]).upper()
            if first in answer.support.capitals and first not in answer.support.defined:
                return True
    return False


def not_given(answer: Answer) -> Iterator[Token]:
    """Yield, each once, the words and symbols that are not in the source, not even as an abbreviation."""
    said: set[str] = set()
    tokens = answer.read.tokens
    for i, token in enumerate(tokens):
        if (
            token.key in said
            or token.low.isdigit()
            or token.low in STOP
            or token.low in WORDS
            or is_written_unit(token.low)
        ):
            continue
        said.add(token.key)
        if (
            _is_there(answer.support, token)
            or (_is_denied(answer, token) or _is_wider(answer, token))
            or _written_out(tokens, i, answer)
            or _is_part(tokens, i, answer)
            or is_leaving(tokens, i)
        ):
            continue
        yield token


def _is_part(tokens: Sequence[Token], index: int, answer: Answer) -> bool:
    """Check whether the source writes a word and its neighbour as one: "ethylacetate" for "ethyl acetate"."""
    pairs = zip(tokens[max(index - 1, 0) : index + 1], tokens[max(index - 1, 0) + 1 : index + 2], strict=False)
    return any(not answer.support.bases.isdisjoint(bases(a.low + b.low)) for a, b in pairs)


def _is_wider(answer: Answer, token: Token) -> bool:
    """Check whether a word says no more than a word of the source: "rice" for paddy, "gold" for immunogold."""
    if len(token.low) > _SHORT and any(f"{p}{token.low}" in answer.support.bases for p in _COMBINING):
        return True
    return not token.symbol and not answer.support.wider.isdisjoint(bases(token.low))


def _is_denied(answer: Answer, token: Token) -> bool:
    """Check whether the source has a word without its negating prefix; the checks of negations handle these."""
    plain = _PREFIX.sub("", token.low)
    return plain != token.low and not token.symbol and not answer.support.bases.isdisjoint(bases(plain))


def _is_there(source: Source, token: Token) -> bool:
    return source.has_symbol(token) if token.symbol or len(token.text) < _SHORT else source.has_word(token)


def find(answer: Answer) -> Iterator[Problem]:
    """Look up each word and symbol of the answer in the source."""
    for token in not_given(answer):
        if not _free(token, answer):
            yield problem("text_only" if _is_there(answer.elsewhere, token) else "unsupported", token.text)
