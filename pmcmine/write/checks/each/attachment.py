"""Find sides, colours, directions, numbers and symbols attached to something else than in the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pmcmine.write.checks.answer import DIALOGUES, Answer
from pmcmine.write.checks.each.comparison import said_again
from pmcmine.write.checks.places import Item, Likeness, Near, Places, is_content
from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.checks.tokens import bases

CODES: Final = {
    "opposite": "a direction, side, sign or time is the opposite of what was given",
    "swapped": "a number, colour, side or name stands at what another one was given for",
}
_ONCE: Final = frozenset(("number", "symbol"))  # classes of which only values that occur once can be compared
# How much more similar the context must be to that of another item of the class than to that of the same item.
_TIMES: Final = {"number": 8.0, "colour": 3.1}
_LEAST: Final = {"number": 0.3, "colour": 0.06}
_OTHER_TIMES: Final = 2.5
_OTHER_LEAST: Final = 0.05
_IN_DIALOGUE: Final = 0.8  # factor on these if a question names the subject of the answer
_CROSSED: Final = 1.5  # the same if two items are swapped
_CROSSED_TIMES: Final = {"direction": 2.0, "symbol": 3.0, "colour": 2.0}
_CROSSED_LEAST: Final = {"number": 0.05, "symbol": 0.4, "colour": 0.006}
_OTHER_CROSSED: Final = 0.015
_CLEAR: Final = frozenset(("side", "second", "ends", "direct", "front"))  # classes that need less similarity
_CLEARLY: Final = 4.0
_CLEAR_LEAST: Final = 0.002
_FAR: Final = 0.12  # weight of a word that is not near an item
# Classes of which one item alone is compared; items of the others were moved in correct texts, too.
_MOVED: Final = frozenset(
    "number colour panel symbol side direction many time height fill sign signal indirect".split()
)
_NAMED: Final = frozenset(("number", "symbol", "colour", "panel"))  # classes whose values must occur in the source
_ANSWERS: Final = frozenset(("number", "colour"))  # classes of short answers
_SHORT: Final = 60  # words of a question with its answer that concern one thing
_FEW: Final = 2  # items of a class that such an answer has
_FLAT: Final = 0.3  # weight of each word of such an answer
_FLAT_TIMES: Final = 2.0
_FLAT_LEAST: Final = 0.1
_SINGLE: Final = {"direction": 0.15, "time": 0.15, "many": 0.15}
_OTHER_SINGLE: Final = 0.02  # similarity to a context of the opposite, if the word itself is not in the source


_SIDES: Final = tuple((own, known) for own in (0, -1, 1) for known in (0, -1, 1))


class _Judged(NamedTuple):
    """An item of an answer with the similarity of its context to those of each value of its class."""

    item: Item
    like: Likeness


def _shown(answer: Answer, item: Item) -> str:
    tokens = answer.read.tokens
    return answer.read.text[tokens[max(item.first - 2, 0)].start : tokens[min(item.last + 2, len(tokens) - 1)].end]


def _judge(
    places: Places, found: Sequence[Item], known: Sequence[Item], values: Mapping[Hashable, Any]
) -> Iterator[_Judged]:
    once = found and found[0].name.split()[0] in _ONCE
    times, here = Counter(k.value for k in known), Counter(k.value for k in found)
    for item in found:
        if once and (times[item.value] > 1 or here[item.value] > 1):
            continue
        yield _Judged(item, Likeness(places.words(item), values))


def _apart(places: Places, a: _Judged, b: _Judged, values: Mapping[Hashable, Any]) -> tuple[Likeness, Likeness]:
    """Compare the words around two items, ignoring words right beside both."""
    mine, other = places.words(a.item), places.words(b.item)
    beside = {w.token.key for w in mine if w.weight == 1.0} & {w.token.key for w in other if w.weight == 1.0}
    if not beside or a.item.name.startswith("number"):
        return a.like, b.like
    left = ([w for w in words if w.token.key not in beside] for words in (mine, other))
    one, two = (Likeness(words, values) for words in left)
    return one, two


def _crossed(
    places: Places,
    judged: Sequence[_Judged],
    kind: str,
    values: Mapping[Hashable, Any],
    named: tuple[int, int] = (0, 0),
) -> set[int]:
    """Find pairs of items that would fit better if swapped; return their indices.

    If one text names an item before the thing it describes and the other text behind it, only one pair of sides fits:
    `named`, for the answer and for the source, if these are known.
    """
    out: set[int] = set()
    times, least = _CROSSED_TIMES.get(kind, _CROSSED), _CROSSED_LEAST.get(kind, _OTHER_CROSSED)
    pairs = [s for s in _SIDES if all(not want or side == want for side, want in zip(s, named, strict=True))]
    listed = {
        j.item
        for j in judged
        for o in places.by_class[j.item.name]
        if j.item.value != o.value and places.joined(j.item, o) and not places.is_respective(j.item)
    }
    for i, a in enumerate(judged):
        for k, b in enumerate(judged[i + 1 :], i + 1):
            x, y = a.item.value, b.item.value
            if x == y or a.item in listed or b.item in listed:
                continue
            one, two = _apart(places, a, b, values)
            stay = max(min(one.of(x, y, s), two.of(y, x, s)) for s in _SIDES)
            move = max(min(one.of(y, x, s), two.of(x, y, s)) for s in pairs)
            if move > max(times * stay, least) or (kind in _CLEAR and move > max(_CLEARLY * stay, _CLEAR_LEAST)):
                out |= {i, k}
    return out


def _moved(judged: _Judged, values: Iterable[Hashable], times: float, least: float) -> bool:
    """Check whether the context of an item is much more similar to that of another value."""
    own = judged.like.of(judged.item.value)
    best = max((judged.like.of(v) for v in values if v != judged.item.value), default=0.0)
    return best > max(least, times * own)


def _nearest(words: Sequence[Near]) -> Near | None:
    """Return the word right behind an item, otherwise the one right before it."""
    for side in (1, -1):
        first = next((w for w in words if w.side == side), None)
        if first is not None and first.weight >= 1.0:
            return first
    return None


def _stands_at_other(given: Places, name: str, item: Item, words: Sequence[Near]) -> bool:
    """Check whether the source has the nearest word right beside another value, but never near this one."""
    near = _nearest(words)
    if near is None:
        return False
    forms = bases(near.token.low) | {near.token.key}
    own, other = 0.0, 0.0
    for value, maps in given.nearest(name).items():
        most = max((m[b] for m in maps for b in forms if b in m), default=0.0)
        if value == item.value:
            own = most
        else:
            other = max(other, most)
    return other >= 1.0 and own <= _FAR


def find(answer: Answer) -> Iterator[Problem]:
    """Compare the context of each item with the contexts of the items of its class in the source."""
    places, given = answer.places, answer.given_places
    same = said_again(answer)
    for name, found in places.by_class.items():
        kind = name.split()[0]
        values = given.merged(name)
        every = list(_judge(places, found, given.by_class.get(name, []), values))
        every = [j for j in every if not answer.copies(j.item.first, j.item.last)]
        judged = [j for j in every if j.item.asked]
        for j in judged:
            if j.item.value not in values and kind not in _NAMED and not _is_bound(answer, j.item):
                firm = {k.value for k in given.by_class.get(name, ()) if k.asked}
                if any(j.like.of(v) > _SINGLE.get(kind, _OTHER_SINGLE) for v in firm) and j.item.first not in same:
                    yield problem("opposite", _shown(answer, j.item))
        known = [j for j in judged if j.item.value in values]
        named = (places.labelled, given.labelled) if kind == "panel" else (0, 0)
        crossed = {known[i].item for i in _crossed(places, known, kind, values, named)}
        for j in every:
            if j.item.value not in values or (
                not (answer.task in DIALOGUES and kind in _ANSWERS)
                and any(o.item.value != j.item.value and places.joined(j.item, o.item) for o in every)
            ):
                wrong = j.item in crossed
            else:
                wrong = j.item in crossed or _is_elsewhere(answer, j, values, kind)
            if wrong:
                yield problem("swapped", _shown(answer, j.item), of_number=kind == "number")


def _is_bound(answer: Answer, item: Item) -> bool:
    """Check whether a word only bounds a number, as a sign may do: "younger than 65" for "< 65"."""
    following = [t.low for t in answer.read.tokens[item.last + 1 : item.last + 3]]
    return len(following) > 1 and following[0] == "than" and following[1][0].isdigit()


def _is_elsewhere(answer: Answer, judged: _Judged, values: Mapping[Hashable, Any], kind: str) -> bool:
    """Check whether an item is attached to words that the source gives with another value."""
    item, given = judged.item, answer.given_places
    if kind not in _MOVED:
        return False
    if kind not in _ONCE and kind != "panel" and _stands_at_other(given, item.name, item, answer.places.words(item)):
        return True
    if not item.asked or kind in ("panel", "symbol"):
        return False
    dialogue = answer.task in DIALOGUES
    times = _TIMES.get(kind, _OTHER_TIMES) * (_IN_DIALOGUE if dialogue and kind != "number" else 1.0)
    own = judged.like.of(item.value)
    if (own or kind != "number") and _moved(judged, values, times, _LEAST.get(kind, _OTHER_LEAST)):
        return True
    tokens = answer.read.tokens
    if (
        not dialogue
        or kind not in _ANSWERS
        or len(tokens) > _SHORT
        or tokens[item.first].start < answer.text.rfind("?")
        or len(answer.places.by_class[item.name]) > _FEW
    ):
        return False
    best = max((judged.like.of(v) for v in values if v != item.value), default=0.0)
    if own >= best:
        return False
    words = [Near(t, _FLAT, 1) for t in tokens if is_content(t) and not t.text[0].isdigit()]
    return _moved(_Judged(item, Likeness(words, values)), values, _FLAT_TIMES, _FLAT_LEAST)
