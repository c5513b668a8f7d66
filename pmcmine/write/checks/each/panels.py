"""Find panels that the figure does not have, and statements attributed to the wrong panel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pmcmine.panels.captions import split_caption
from pmcmine.panels.labels import LIST, expand
from pmcmine.vocabulary.word_classes import STOP
from pmcmine.write.checks.answer import DIALOGUES, Answer
from pmcmine.write.checks.lexicon import opposites
from pmcmine.write.checks.places import like
from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.checks.tokens import bases, tokens

CODES: Final = {
    "no_panel": "the answer names a panel that the figure does not have",
    "other_panel": "the answer says of a panel what was given for another one",
}
_NAMED: Final = re.compile(rf"\b(?i:panels?|parts?|subfigures?|sub-panels?)\s+\(?({LIST})(?![\w-])")
_BRACKETED: Final = re.compile(rf"\(({LIST})\)")
_OWN: Final = ""  # stands for the panels that the answer names
_READ: Final = 20_000  # code points of a caption
_MARGIN: Final = 2.5  # how many times more of a statement must belong to another panel
_LEAST: Final = 1.2
_CROSSED: Final = 0.3  # the same if two panels are swapped
Words = Mapping[str, float]


def _labels(label: str) -> str:
    return re.sub(r"\W", "", label).lower()


def _by_panel(text: str, also: bool = False) -> dict[str, str]:
    """Split a caption into its panels' texts; empty if there are fewer than two."""
    split = split_caption(text[:_READ])
    out: dict[str, str] = {}
    for panel in split.panels:
        for start, end in (*panel.spans, *(panel.also if also else ())):
            name = _labels(panel.label)
            out[name] = f"{out.get(name, '')} {text[start:end]}"
    return out if len(out) > 1 else {}


def _given(answer: Answer) -> dict[str, str]:
    """Return the texts of the given panels, otherwise those in the caption."""
    out: dict[str, str] = {}
    for passage in answer.given.passages:
        if passage.kind == "panel" and "#" in passage.row_id:
            name = _labels(passage.row_id.rsplit("#", 1)[1])
            out[name] = f"{out.get(name, '')} {passage.text}"
    if len(out) > 1:
        return out
    for passage in answer.given.passages:
        if passage.kind == "caption" and (found := _by_panel(passage.text, also=True)):
            return found
    return {}


def _words(text: str) -> dict[str, frozenset[str]]:
    """Map the keys of the words of a text to their bases."""
    return {
        t.key: bases(t.low) | {t.key}
        for t in tokens(text)
        if (t.low not in STOP or t.low in opposites()) and len(t.low) > 1
    }


def _score(
    said: dict[str, frozenset[str]], own: dict[str, frozenset[str]], shared: dict[str, int], count: int
) -> float:
    """Sum the words that one text shares with another; words of many panels count for less."""
    forms = {b: key for key, found in own.items() for b in found}
    total = 0.0
    for key in said:
        hit = next((forms[b] for b in sorted(like(key, key) | said[key]) if b in forms), None)
        if hit is not None:
            total += 1.0 - shared[hit] / count
    return total


def _attributed(answer: Answer, given: dict[str, str]) -> Iterator[Problem]:
    """Compare the answer's text on each panel with the texts of all panels."""
    known = {name: _words(text) for name, text in given.items()}
    shared: dict[str, int] = {}
    for words in known.values():
        for key in words:
            shared[key] = shared.get(key, 0) + 1
    texts = {name: text for name, text in _texts(answer).items() if name in known}
    groups: dict[str, list[str]] = {}  # of panels with the same text
    for name, text in texts.items():
        groups.setdefault(text, []).append(name)
    scores = {}
    for text, names in groups.items():
        said = _words(text)
        own = {key: forms for name in names for key, forms in known[name].items()}
        scores[text] = {other: _score(said, words, shared, len(known)) for other, words in known.items()}
        scores[text][_OWN] = _score(said, own, shared, len(known))
    best = {text: _best(scores[text], names) for text, names in groups.items()}
    for text, other in best.items():
        most, own_score = scores[text][other], scores[text][_OWN]
        back = scores[texts[other]] if other in texts else {}
        crossed = bool(back) and best[texts[other]] in groups[text] and back[best[texts[other]]] > back[_OWN]
        if not crossed and len(texts) > 1:
            continue  # a wrongly split caption looks like this, too
        if most >= (_CROSSED if crossed else _LEAST) and most > (1.0 if crossed else _MARGIN) * own_score:
            yield problem("other_panel", f"{', '.join(groups[text])} for {other}: {text.strip()}")


def _texts(answer: Answer) -> dict[str, str]:
    """Split an answer by panels; a question about one panel belongs to it with its answer."""
    if answer.task not in DIALOGUES:
        return _by_panel(answer.text)
    named = {_labels(label) for match in _NAMED.finditer(answer.text) for label in expand(match[1])}
    return {named.pop(): answer.text} if len(named) == 1 else {}


def _best(scores: Mapping[str, float], names: Sequence[str]) -> str:
    """Return the most similar panel, `names` excluded."""
    return max((n for n in scores if n != _OWN and n not in names), key=lambda n: (scores[n], n), default=names[0])


def find(answer: Answer) -> Iterator[Problem]:
    """Look up panel labels, and compare the text on each panel."""
    given = _given(answer)
    labels = {_labels(label) for label in answer.given.panels} | given.keys()
    plain = {t.text.lower() for t in answer.support.tokens if len(t.text) <= 3}
    for pattern in (_NAMED, _BRACKETED):
        for match in pattern.finditer(answer.text):
            for label in expand(match[1]):
                name = _labels(label)
                if name not in labels and (name not in plain) and (labels or pattern is _NAMED) and not name.isdigit():
                    yield problem("no_panel", match[0])
    if len(given) > 1:
        yield from _attributed(answer, given)
