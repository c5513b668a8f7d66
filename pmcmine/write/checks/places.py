"""Find the items of a text (sides, colours, numbers, symbols), each with the words around it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from pmcmine.vocabulary.word_classes import STOP
from pmcmine.write.checks.lexicon import COLORS, PLACES, Side, opposites, same_words
from pmcmine.write.checks.numbers import is_unit, numbers
from pmcmine.write.checks.source import Source
from pmcmine.write.checks.tokens import Token, bases

_REACH: Final = 7  # words on each side of an item
_PAUSE: Final = 0.35  # factor on the weight of a word behind a comma, bracket or conjunction
_OUTSIDE: Final = 0.15  # factor on the weight of a word after the bracket that encloses the item
_PAUSES: Final = re.compile(r"[,;:()\[\]=]|\.\s|\s[–—]\s|\b(?:and|or|but|while|whereas)\b")
_JOINTS: Final = frozenset("and or versus vs to from with against the of in by a an".split())
_BEFORE_LABEL: Final = re.compile(r"\((?:[A-Za-z]\s?[,&–-]\s?(?:and\s)?){0,3}$")
_AFTER_LABEL: Final = re.compile(r"(?:\s?[,&–-]\s?(?:and\s)?[A-Za-z]){0,3}\)")
_BEING: Final = frozenset("is are was were be been being has have had".split())
_OUT: Final = frozenset("out behind over to for at in as alone blank empty open intact off".split())
_NEXT: Final = 8  # characters
_MOSTLY: Final = 2  # times as many labels on one side of the things they label
_MOST: Final = 30  # items of a class that are compared


class Likeness:
    """Compare the context of an item in an answer with the contexts of each value of its class."""

    def __init__(
        self, words: Sequence[Near], values: Mapping[Hashable, tuple[Mapping[str, float], Mapping[str, float]]]
    ) -> None:
        forms = [like(w.token.low, w.token.key) for w in words]
        self._words = words
        self._found = {
            value: [tuple(max((m[b] for b in f if b in m), default=0.0) for m in maps) for f in forms]
            for value, maps in values.items()
        }

    def of(self, value: Hashable, instead: Hashable = None, sides: tuple[int, int] = (0, 0)) -> float:
        """Return the similarity for one value, minus that for another.

        Args:
            value: the value.
            instead: the other value; None to subtract nothing.
            sides: the words of the answer and of the source to compare: -1 before, 1 behind, 0 both.
        """
        mine, other = self._found.get(value), self._found.get(instead)
        if mine is None:
            return 0.0
        total = 0.0
        for i, word in enumerate(self._words):
            if not sides[0] or word.side == sides[0]:
                less = _one(other[i], sides[1]) if other is not None else 0.0
                total += word.weight * max(_one(mine[i], sides[1]) - less, 0.0)
        return total


def _one(found: tuple[float, ...], side: int) -> float:
    return max(found) if not side else found[side > 0]


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a class, at a position.

    Attributes:
        name: its class.
        value: its value in the class.
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
    """Return the bases of a word and of its synonyms."""
    own = bases(low) | {key}
    same = same_words()
    return own.union(*(same.get(b, ()) for b in own))


def is_leaving(tokens: Sequence[Token], index: int) -> bool:
    """Check whether "left" is a form of "to leave": "was left out", "were left untreated"."""
    if tokens[index].low != "left" or index == len(tokens) - 1:
        return False
    following = [t.low for t in tokens[index + 1 : index + 3]]
    if following in (["to", "be"], ["to", "see"]):  # "no blood is left to be seen"
        return True
    if not index or tokens[index + 1].low == "out":
        return tokens[index + 1].low == "out"
    return tokens[index - 1].low in _BEING and (tokens[index + 1].low in _OUT or tokens[index + 1].low.startswith("un"))


def sides(source: Source, index: int) -> tuple[Side, ...]:
    """Return the sides of pairs of opposites that a word belongs to."""
    known = opposites()
    token = source.tokens[index]
    following = source.tokens[index + 1].low if index + 1 < len(source.tokens) else ""
    if is_leaving(source.tokens, index):
        return ()
    found = tuple(dict.fromkeys(s for b in (token.low, *sorted(bases(token.low))) for s in known.get(b, ())))
    if token.low in ("lower", "below"):
        after = {b for t in source.tokens[index + 1 : index + 3] for b in bases(t.low)}
        place = not after.isdisjoint(PLACES) or source.text[token.end : token.end + 1] == ":"
        found = tuple(s for s in found if (s.pair == "height") == place)
    if token.low == "after" and following[:1].isdigit():  # "after 3 days" states no order
        return tuple(replace(s, asked=False) for s in found)
    return found


def _is_label(text: str, token: Token) -> bool:
    """Check whether a letter is in brackets, alone or with other letters only, as panel labels are."""
    before, after = text[max(token.start - 12, 0) : token.start], text[token.end : token.end + 12]
    return token.text.isalpha() and bool(_BEFORE_LABEL.search(before) and _AFTER_LABEL.match(after))


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
        if len(token.text) == 1 and _is_label(source.text, token):
            out.append(Item("panel", token.low, i, i))
        if token.symbol:
            out.append(Item("symbol", token.key, i, i))
    for number in numbers(source.text):
        compared = source.text[max(number.start - 2, 0) : number.start].strip() in ("<", "≤", ">")  # p < 0.05
        if not number.word and not compared and (i := at.get(number.start, -1)) >= 0:
            out.append(Item(f"number {number.amount[0]}", number.amount[1], i, i))
    return tuple(out)


def is_content(token: Token) -> bool:
    """Check whether a word helps to tell contexts apart: no function word or unit, but possibly a panel label."""
    label = len(token.text) == 1 and token.text.isupper()
    return label or (token.low not in STOP and not is_unit(token.text))


class Near(NamedTuple):
    """A word near an item.

    Attributes:
        token: the word.
        weight: higher if it is nearer.
        side: -1 before the item, 1 behind it.
    """

    token: Token
    weight: float
    side: int


def around(source: Source, item: Item, others: frozenset[int]) -> Iterator[Near]:
    """Yield the words around an item with weights that fall with the distance.

    Args:
        source: the text.
        item: the item.
        others: indices of other items of its class, which end its context.
    """
    tokens = source.tokens
    for step, start in ((-1, item.first), (1, item.last)):
        weight, pending, distance, depth, listed = 1.0, 1.0, 0, 0, True
        index = start + step
        while 0 <= index < len(tokens) and distance < _REACH and tokens[index].sentence == tokens[start].sentence:
            low, high = sorted((index, index - step))
            gap = source.text[tokens[low].end : tokens[high].start]
            depth += (gap.count("(") - gap.count(")")) * step
            if _PAUSES.search(gap) or tokens[index].low in ("and", "or", "but", "while", "whereas"):
                pending *= _PAUSE
            if index in others:
                if not listed:
                    break
                pending = 1.0  # a list of items: the words after it apply to all of them
            elif is_content(tokens[index]):
                listed = False
                distance += 1
                weight *= pending
                pending = 1.0
                outside = _OUTSIDE if step > 0 and depth < 0 else 1.0
                yield Near(tokens[index], weight / distance * outside, step)
            index += step


def respective(source: Source, by_class: Mapping[str, Sequence[Item]]) -> dict[Item, list[Near]]:
    """Map items of a list to words by "respectively": "red and blue are a and b, respectively"."""
    tokens = source.tokens
    out: dict[Item, list[Near]] = {}
    for end in [i for i, t in enumerate(tokens) if t.low == "respectively"][:_MOST]:
        start = next((i + 1 for i in range(end - 1, -1, -1) if tokens[i].sentence != tokens[end].sentence), 0)
        for found in by_class.values():
            run = _run([i for i in found if start <= i.first < end], tokens)
            if len(run) < 2:
                continue
            parts = _pieces(source, run[-1].last + 1, end)[-len(run) :]
            if len(parts) < len(run) or not parts[0]:
                parts = _pieces(source, start, run[0].first)[-len(run) :]
            if len(parts) == len(run):
                for item, part in zip(run, parts, strict=True):
                    out[item] = [Near(t, 1.0 / (n + 1), 1) for n, t in enumerate(reversed(part[-_REACH:]))]
    return out


def _run(found: Sequence[Item], tokens: Sequence[Token]) -> list[Item]:
    """Return the first run of items with nothing but "and" between them."""
    out: list[Item] = []
    for item in found:
        if out and not all(t.low == "and" for t in tokens[out[-1].last + 1 : item.first]):
            if len(out) > 1:
                break
            out = []
        out.append(item)
    return out


def _pieces(source: Source, start: int, end: int) -> list[list[Token]]:
    """Split words at commas and "and", without words that tell nothing apart."""
    tokens = source.tokens[start:end]
    out: list[list[Token]] = [[]]
    for i, token in enumerate(tokens):
        gap = source.text[tokens[i - 1].end : token.start] if i else ""
        if ("," in gap or token.low == "and") and out[-1]:
            out.append([])
        if is_content(token):
            out[-1].append(token)
    return out


class Places:
    """Items of a text with the words around each."""

    def __init__(self, source: Source, found: Iterable[Item] | None = None) -> None:
        self._source = source
        self._apart = found is None
        self.by_class: dict[str, list[Item]] = {}
        for item in items(source) if found is None else found:
            if len(known := self.by_class.setdefault(item.name, [])) < _MOST:
                known.append(item)
        self._counts = Counter(t.key for t in source.tokens)
        self._indices = {name: frozenset(i.first for i in known) for name, known in self.by_class.items()}
        self._respective = respective(source, self.by_class) if self._apart else {}
        self._weights: dict[Item, tuple[dict[str, float], dict[str, float]]] = {}

    def words(self, item: Item) -> list[Near]:
        """List the words around an item with their weights, or those assigned by "respectively"."""
        if item in self._respective:
            return self._respective[item]
        return list(around(self._source, item, self._indices[item.name] if self._apart else frozenset()))

    def is_respective(self, item: Item) -> bool:
        """Check whether "respectively" assigns words to an item."""
        return item in self._respective

    @cached_property
    def labelled(self) -> int:
        """Side of the labelled text: 1 behind the labels, as in "(A) Lung. (B) Heart.", -1 before, 0 both."""
        text, tokens = self._source.text, self._source.tokens
        found = {1: 0, -1: 0}
        for item in self.by_class.get("panel", ()):
            start, end = tokens[item.first].start, tokens[item.last].end
            before, after = text[max(start - _NEXT, 0) : start].rstrip("( "), text[end : end + _NEXT].lstrip(") ")
            if not before or before[-1] in ".,;:" or before.endswith(" and"):
                found[1] += 1
            elif not after or after[0] in ".,;:" or after.startswith("and "):
                found[-1] += 1
            elif after[0].isupper():
                found[1] += 1
        most = max(found, key=lambda side: found[side])
        return most if found[most] > _MOSTLY * found[-most] else 0

    def weights(self, item: Item) -> tuple[Mapping[str, float], Mapping[str, float]]:
        """Map the bases of the words before and behind an item to weights; frequent words count for less."""
        known = self._weights.get(item)
        if known is None:
            known = self._weights[item] = ({}, {})
            for token, weight, side in self.words(item):
                own = known[side > 0]
                for base in (*bases(token.low), token.key):
                    own[base] = max(own.get(base, 0.0), weight / self._counts[token.key])
        return known

    def nearest(self, name: str) -> dict[Hashable, tuple[dict[str, float], dict[str, float]]]:
        """Map each value of a class to the words around its occurrences, as `merged`, but not weighted by frequency."""
        out: dict[Hashable, tuple[dict[str, float], dict[str, float]]] = {}
        for item in self.by_class.get(name, ()):
            into = out.setdefault(item.value, ({}, {}))
            for token, weight, side in self.words(item):
                own = into[side > 0]
                for base in (*bases(token.low), token.key):
                    own[base] = max(own.get(base, 0.0), weight)
        return out

    def merged(self, name: str) -> dict[Hashable, tuple[dict[str, float], dict[str, float]]]:
        """Map each value of a class to the words before and behind all of its occurrences."""
        out: dict[Hashable, tuple[dict[str, float], dict[str, float]]] = {}
        for item in self.by_class.get(name, ()):
            into = out.setdefault(item.value, ({}, {}))
            for own, known in zip(into, self.weights(item), strict=True):
                for base, weight in known.items():
                    own[base] = max(own.get(base, 0.0), weight)
        return out

    def joined(self, one: Item, other: Item) -> bool:
        """Check whether only "and", "or", "versus" and the like separate two items."""
        first, second = sorted((one, other), key=lambda i: i.first)
        between = self._source.tokens[first.last + 1 : second.first]
        return len(between) < 4 and all(t.low in _JOINTS or is_unit(t.text) for t in between)
