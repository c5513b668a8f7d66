"""Find statements on rights in figures outside the figures: in the licence, acknowledgements and notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, pairwise
from typing import Final

from pmcmine.jats.dom import Element
from pmcmine.jats.mentions import FigureIndex, find_mentions
from pmcmine.rights.figures import Statement
from pmcmine.rights.wordings import find_words, may_speak_of_rights, normal
from pmcmine.text.sentences import sentence_starts

_FIGURE: Final = re.compile(r"\b(?:figs?|figures?|images?|illustrations?|photographs?|pictures?)\b", re.I)
# For figures without numbers, accept only explicit permission requests; licences mention "images" in general.
_ALL: Final = re.compile(
    r"\bpermissions?\s+(?:to|for)\s+(?:the\s+)?(?:adopt|adapt|us|reus|re-us|reproduc|reprint|includ|republish|publish)\w{0,4}"
    r"\s+(?:of\s+)?(?:(?:the|these|their|all|some|our|copyrighted|published)\s+){0,3}"
    r"(?:figures|images|illustrations|photographs|pictures)\b",
    re.I,
)
_OF_PERSONS: Final = re.compile(r"\b(?:patients?|parents?|famil(?:y|ies)|participants?|volunteers?|guardians?)\b", re.I)
_MAX_CHARACTERS: Final = 200_000  # of all prose; longer texts are not notes


def _prose(article: Element) -> Iterator[tuple[Element, bool]]:
    """Yield elements that may mention figures, and whether the authors wrote them (rather than the licence)."""
    for front in article.iterchildren("front"):
        for name in ("license", "copyright-statement"):
            for meta in front.iterchildren("article-meta"):
                for permissions in meta.iterchildren("permissions"):
                    yield from ((e, False) for e in permissions.iterchildren(name))
        yield from ((e, True) for e in chain(front.iterchildren("notes"), front.iter("author-notes")))
    for back in article.iterchildren("back"):
        yield from ((e, True) for e in back.iterchildren("ack", "fn-group", "notes", "sec", "bio"))


def read_credits(article: Element, index: FigureIndex, n_figures: int) -> dict[int, tuple[Statement, ...]]:
    """Find statements of third parties' rights in figures outside the figures, by the figure's ordinal.

    A sentence counts for the figures that it names; a sentence on a permission for "the figures" counts for all.

    Args:
        article: the root of the article.
        index: its figures, by number.
        n_figures: number of figures.
    """
    found: dict[int, list[Statement]] = {}
    left = _MAX_CHARACTERS if n_figures else 0
    for element, own in _prose(article) if n_figures else ():
        text = " ".join(element.itertext())
        left -= len(text)
        if left < 0:
            break
        if _FIGURE.search(text) is None:
            continue
        text = normal(text)
        if not may_speak_of_rights(text):
            continue
        for start, end in pairwise([*sentence_starts(text), len(text)]):
            sentence = text[start:end].strip()
            for ordinal in _figures_of(sentence, own, index, n_figures):
                found.setdefault(ordinal, []).append(Statement(sentence, None, False))
    return {ordinal: tuple(statements) for ordinal, statements in found.items()}


def _figures_of(sentence: str, own: bool, index: FigureIndex, n_figures: int) -> list[int]:
    if _FIGURE.search(sentence) is None or not find_words(sentence):
        return []
    named, _ = find_mentions(sentence, (), index)
    if named:
        return sorted({n.figure for n in named})
    whole = own and _ALL.search(sentence) is not None and _OF_PERSONS.search(sentence) is None
    return list(range(n_figures)) if whole else []
