"""Sides, colours, directions, numbers and symbols that stand at something else than in what was given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from pmcmine.write.checks.answer import Answer
from pmcmine.write.checks.places import Item, Places
from pmcmine.write.checks.problem import Problem, problem

CODES: Final = {
    "opposite": "a direction, side, sign or time is the opposite of what was given",
    "swapped": "a number, colour, side or name stands at what another one was given for",
}
_ONCE: Final = frozenset(("number", "symbol"))  # classes of which only what stands once can be compared
# How much more the place must be like that of another item of the class than like that of the same one.
_TIMES: Final = {"number": 4.0, "symbol": 6.0}
_LEAST: Final = {"number": 0.1, "symbol": 0.3}
_OTHER_TIMES: Final = 2.5
_OTHER_LEAST: Final = 0.08
_CROSSED: Final = 1.3  # the same where two items have changed places
_CROSSED_LEAST: Final = 0.06
_SINGLE: Final = 0.02  # likeness to a place of the opposite, where the word itself was not given


_SIDES: Final = tuple((own, known) for own in (0, -1, 1) for known in (0, -1, 1))


class _Judged(NamedTuple):
    """An item of an answer with the likeness of its place to the places of each value of its class.

    Attributes:
        item: the item.
        like: by which sides of the places are compared, and by value.
    """

    item: Item
    like: Mapping[tuple[int, int], Mapping[Hashable, float]]

    @property
    def own(self) -> float:
        """Return the likeness to places of its own value; negative if that was not given."""
        return self.like[0, 0].get(self.item.value, -1.0)

    @property
    def best(self) -> float:
        """Return the largest likeness to a place of another value."""
        return max((v for k, v in self.like[0, 0].items() if k != self.item.value), default=0.0)


def _shown(answer: Answer, item: Item) -> str:
    tokens = answer.read.tokens
    return answer.text[tokens[max(item.first - 2, 0)].start : tokens[min(item.last + 2, len(tokens) - 1)].end]


def _judge(places: Places, given: Places, found: Sequence[Item], known: Sequence[Item]) -> Iterator[_Judged]:
    once = found and found[0].name.split()[0] in _ONCE
    times, here = Counter(k.value for k in known), Counter(k.value for k in found)
    for item in found:
        if not item.asked or (once and (times[item.value] > 1 or here[item.value] > 1)):
            continue
        words = places.words(item)
        like: dict[tuple[int, int], dict[Hashable, float]] = {}
        for side, known_side in _SIDES:
            mine = [w for w in words if not side or w.side == side]
            values = like.setdefault((side, known_side), {})
            for k in known:
                values[k.value] = max(values.get(k.value, 0.0), given.likeness(k, mine, known_side))
        yield _Judged(item, like)


def _crossed(places: Places, judged: Sequence[_Judged]) -> set[int]:
    """Find pairs of items that would fit better if they changed places, by their places in the sequence.

    Where a text names an item before what it is of, and another text behind it, only one pair of sides fits.
    """
    out: set[int] = set()
    for i, a in enumerate(judged):
        for k, b in enumerate(judged[i + 1 :], i + 1):
            x, y = a.item.value, b.item.value
            if x == y or min(a.own, b.own) < 0 or places.joined(a.item, b.item):
                continue
            stay = max(min(a.like[s].get(x, 0.0), b.like[s].get(y, 0.0)) for s in _SIDES)
            move = max(min(a.like[s].get(y, 0.0), b.like[s].get(x, 0.0)) for s in _SIDES)
            if move > max(_CROSSED * stay, _CROSSED_LEAST):
                out |= {i, k}
    return out


def find(answer: Answer) -> Iterator[Problem]:
    """Compare the surroundings of each item with those of the items of its class in what was given."""
    places, given = answer.places, answer.given_places
    for name, found in places.by_class.items():
        kind = name.split()[0]
        judged = list(_judge(places, given, found, given.by_class.get(name, [])))
        crossed = _crossed(places, judged)
        for i, j in enumerate(judged):
            if j.own < 0:
                if kind not in ("number", "symbol", "colour") and j.best > _SINGLE:
                    yield problem("opposite", _shown(answer, j.item))
            elif i in crossed or j.best > max(_TIMES.get(kind, _OTHER_TIMES) * j.own, _LEAST.get(kind, _OTHER_LEAST)):
                yield problem("swapped", _shown(answer, j.item))
