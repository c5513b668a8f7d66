"""Items of a text that come in classes (sides, colours, numbers, symbols), each with the words around it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pmcmine.vocabulary.word_classes import STOP
from pmcmine.write.checks.lexicon import COLORS, PLACES, Side, opposites, same_words
from pmcmine.write.checks.numbers import is_unit, numbers
from pmcmine.write.checks.source import Source
from pmcmine.write.checks.tokens import Token, bases, key_of

_REACH: Final = 7  # words to each side of an item
_PAUSE: Final = 0.35  # weight that a word keeps behind a comma, bracket or conjunction
_OUTSIDE: Final = 0.15  # weight that a word keeps that follows the bracket in which the item stands
_PAUSES: Final = re.compile(r"[,;:()\[\]=]|\.\s|\s[–—]\s|\b(?:and|or|but|while|whereas)\b")  # noqa: RUF001
_MOST: Final = 60  # items of a class that are compared


@dataclass(frozen=True, slots=True)
class Item:
    """Something of a class, at a place.

    Attributes:
        name: its class.
        value: which of the class it is.
        first: index of its first token.
        last: index of its last token.
        asked: whether it is questioned in an answer.
    """

    name: str
    value: Hashable
    first: int
    last: int
    asked: bool = True


@lru_cache(maxsize=20_000)
def like(low: str, key: str) -> frozenset[str]:
    """Return the bases of a word and of all words that may stand for it."""
    own = bases(low) | {key}
    same = same_words()
    return own.union(*(same.get(b, ()) for b in own))


def sides(source: Source, index: int) -> tuple[Side, ...]:
    """Return on which sides of which pairs of opposites a word is."""
    known = opposites()
    token = source.tokens[index]
    found = known.get(token.low)
    if found is None:
        return tuple(dict.fromkeys(s for b in sorted(bases(token.low)) for s in known.get(b, ())))
    if token.low in ("lower", "below"):
        after = {b for t in source.tokens[index + 1 : index + 3] for b in bases(t.low)}
        place = not after.isdisjoint(PLACES)
        found = tuple(s for s in found if (s.pair == "height") == place)
    return found


def items(source: Source) -> tuple[Item, ...]:
    """List the items of a text: opposites, colours, numbers and symbols."""
    out: list[Item] = []
    at = {}
    for i, token in enumerate(source.tokens):
        at[token.start] = i
        out += [Item(s.pair, s.side, i, i, s.asked) for s in sides(source, i)]
        color = {"grey": "gray"}.get(token.low, token.low)
        if color in COLORS:
            out.append(Item("colour", color, i, i))
        if token.symbol:
            out.append(Item("symbol", token.key, i, i))
    for number in numbers(source.text):
        if not number.word and (i := at.get(number.start, -1)) >= 0:
            out.append(Item(f"number {number.amount[0]}", number.amount[1], i, i))
    return tuple(out)


def around(source: Source, item: Item, others: frozenset[int]) -> Iterator[tuple[Token, float]]:
    """Yield the words around an item with weights that fall with the distance.

    Args:
        source: the text.
        item: the item.
        others: indices of further items of its class, which end what it governs.
    """
    tokens = source.tokens
    for step, start in ((-1, item.first), (1, item.last)):
        weight, distance, depth, listed = 1.0, 0, 0, True
        index = start + step
        while 0 <= index < len(tokens) and distance < _REACH and tokens[index].sentence == tokens[start].sentence:
            low, high = sorted((index, index - step))
            gap = source.text[tokens[low].end : tokens[high].start]
            depth += (gap.count("(") - gap.count(")")) * step
            if not listed and (_PAUSES.search(gap) or tokens[index].low in ("and", "or", "but", "while", "whereas")):
                weight *= _PAUSE
            if index in others:
                if not listed:
                    break
            elif tokens[index].low not in STOP and not is_unit(tokens[index].text):
                listed = False
                distance += 1
                yield tokens[index], weight / distance * (_OUTSIDE if step > 0 and depth < 0 else 1.0)
            index += step


class Places:
    """The items of a text with the words around each."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.by_class: dict[str, list[Item]] = {}
        for item in items(source):
            if len(known := self.by_class.setdefault(item.name, [])) < _MOST:
                known.append(item)
        self._counts = Counter(t.key for t in source.tokens)
        self._indices = {name: frozenset(i.first for i in known) for name, known in self.by_class.items()}
        self._weights: dict[Item, dict[str, float]] = {}

    def words(self, item: Item) -> list[tuple[Token, float]]:
        """List the words around an item with their weights."""
        return list(around(self._source, item, self._indices[item.name]))

    def weights(self, item: Item) -> Mapping[str, float]:
        """Map the bases of the words around an item to weights; words that are frequent count for less."""
        known = self._weights.get(item)
        if known is None:
            known = self._weights[item] = {}
            for token, weight in self.words(item):
                for base in (*bases(token.low), token.key):
                    known[base] = max(known.get(base, 0.0), weight / self._counts[token.key])
        return known

    def likeness(self, item: Item, words: Sequence[tuple[Token, float]]) -> float:
        """Measure how much the words around an item are like some others."""
        known = self.weights(item)
        total = 0.0
        for token, weight in words:
            total += weight * max((known.get(b, 0.0) for b in like(token.low, token.key)), default=0.0)
        return total


__all__ = ["Item", "Places", "items", "key_of", "like", "sides"]
