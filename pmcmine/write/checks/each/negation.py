"""What was denied and is now said, or the reverse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pmcmine.write.checks.answer import Answer
from pmcmine.write.checks.denials import Denial, denials, is_empty
from pmcmine.write.checks.places import Item, Likeness, Places, like
from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.checks.source import Source
from pmcmine.write.checks.tokens import Token, bases, key_of

CODES: Final = {
    "negated": "the answer denies what was not denied",
    "affirmed": "the answer says what was denied",
}
_TIMES: Final = 3.0  # how much more the place must be like one of the other sort
_LEAST: Final = 0.15
_PREFIXES: Final = ("non", "un", "in", "im", "ir", "dis")
_ABOUT: Final = 2  # words of a denial that must all be said again


def _forms(tokens: Iterable[Token]) -> frozenset[str]:
    return frozenset(b for t in tokens for b in (*bases(t.low), t.key))


def _sentences(source: Source) -> dict[int, frozenset[str]]:
    out: dict[int, list[Token]] = {}
    for token in source.tokens:
        if not is_empty(token):
            out.setdefault(token.sentence, []).append(token)
    return {number: _forms(tokens) for number, tokens in out.items()}


def _has(forms: frozenset[str], token: Token) -> bool:
    return not forms.isdisjoint(like(token.low, token.key))


def _denied_anew(found: Iterable[Denial], known: Iterable[Denial]) -> Iterator[Denial]:
    """Yield denials of an answer none of whose words is near a denial of the source."""
    reached = _forms(t for d in known for t in d.reach)
    for denial in found:
        if denial.about and not any(_has(reached, t) for t in denial.about):
            yield denial


def _polar(source: Source, known: Iterable[Denial], keys: frozenset[str]) -> Iterator[Item]:
    """Yield each occurrence of some words, with whether it is denied, by a prefix too."""
    denied = {t.start for d in known for t in d.about}
    for i, token in enumerate(source.tokens):
        if token.key in keys:
            yield Item(token.key, token.start in denied, i, i)
        elif (stem := _stem(token)) and stem in keys:
            yield Item(stem, True, i, i)


def _stem(token: Token) -> str:
    """Return the key of a word without a prefix that denies it; empty if there is none."""
    prefix = next((p for p in _PREFIXES if token.low.startswith(p)), "")
    return key_of(token.low[len(prefix) :]) if prefix and len(token.low) > len(prefix) + 3 else ""


def _keys(answer: Answer, found: Iterable[Denial]) -> frozenset[str]:
    """Collect the keys of words that are denied at one place, and may be said at another."""
    both = (*answer.read.tokens, *answer.support.tokens)
    plain = {t.key for t in both}
    denied = {t.key for d in found for t in d.about[:_ABOUT] if t.low.isalpha() and not t.symbol and len(t.low) > 2}
    return frozenset(denied | {s for t in both if (s := _stem(t)) and s in plain})


def _turned(answer: Answer, found: Iterable[Denial], known: Iterable[Denial]) -> Iterator[Problem]:
    """Compare places of words that are denied at one place and said at another."""
    keys = _keys(answer, (*found, *known))
    places = Places(answer.read, _polar(answer.read, found, keys))
    given = Places(answer.support, _polar(answer.support, known, keys))
    for name, items in places.by_class.items():
        values = given.merged(name)
        for item in items if len(values) > 1 else ():
            if any(o.value != item.value and places.joined(item, o) for o in items):
                continue
            like = Likeness(places.words(item), values)
            if like.of(not item.value, item.value) > max(_TIMES * like.of(item.value, not item.value), _LEAST):
                yield problem("negated" if item.value else "affirmed", answer.read.tokens[item.first].text)


def find(answer: Answer) -> Iterator[Problem]:
    """Compare what the answer denies with what was denied."""
    found, known = denials(answer.read), denials(answer.support)
    for denial in _denied_anew(found, known):
        yield problem("negated", " ".join((denial.said, *(t.text for t in denial.about))))
    if not known:
        return
    yield from _turned(answer, found, known)
    denied = {d.sentence for d in found}
    said = {n: forms for n, forms in _sentences(answer.read).items() if n not in denied}
    plain = [forms for n, forms in _sentences(answer.support).items() if n not in {d.sentence for d in known}]
    for denial in known:
        about = denial.about[:_ABOUT]
        if not about or any(all(_has(forms, t) for t in about) for forms in plain):
            continue
        if any(all(_has(forms, t) for t in about) for forms in said.values()):
            yield problem("affirmed", " ".join((denial.said, *(t.text for t in about))))
