"""Detect negation, uncertainty, history and experiencer with ConText (Harkema et al. 2009, J Biomed Inform 42).

A trigger governs the text after or before it, up to the end of the sentence or to a word that ends its scope. The words
are those of NegEx (Chapman et al. 2001) and ConText, with additions for the prose of articles.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pmcmine.concepts.clauses import Clauses
from pmcmine.concepts.strict import Care, holds, offers_both
from pmcmine.concepts.triggers import ANSWER, ANSWER_WORD, NOUN_NEXT, Found, Kind, Scope, Trigger, find_triggers
from pmcmine.text.sentences import sentence_starts

MAX_SCOPE: Final = 400  # code points; longer sentences are lists that no trigger governs as a whole


@dataclass(frozen=True, slots=True)
class Context:
    """Context of a span.

    Attributes:
        negated: stated to be absent.
        uncertain: stated to be only possible.
        historical: before the present episode.
        hypothetical: a condition that may occur.
        experiencer: patient, or family.
    """

    negated: bool = False
    uncertain: bool = False
    historical: bool = False
    hypothetical: bool = False
    experiencer: str = "patient"


PLAIN: Final = Context()

_VERBAL: Final = re.compile(r"not\b|n't\b|cannot|never|nor$|no longer|den[iy]|declin|fail")
OWN_DENIAL: Final = re.compile(r"(?:no|not|without)\s", re.IGNORECASE)  # negation inside the span itself
# "Did not show an association with pain" says nothing about pain; nor does "not long enough for".
_OTHER_OBJECT: Final = re.compile(
    r"\b(?:associations?|relationships?|correlations?|differences?|(?<!side )(?<!adverse )effects?|influence|impact|"
    r"enough|sufficient|available)\b",
    re.IGNORECASE,
)
_FIRST_WORDS: Final = 16  # code points after "not" that may hold its own verb
# "lack of sleep, fatigue and pain" is a list with the lack as one item; "absence of fever, cough or pain" is not.
_LACK: Final = re.compile(r"(?:in the )?(?:lack|absence) of|lack(?:s|ed|ing)$")
_OR_LIST: Final = re.compile(r"(?:(?!\band\b)[^.;:()]){0,150}?\bor\b", re.IGNORECASE)
_NEXT_WORDS: Final = re.compile(r"\s+(?:for\s+)?(?:[\w-]{1,30}\s+){0,2}")
_EDGE: Final = 100  # code points before and after an answer that must be empty for it to stand alone
_FARTHEST: Final = 60  # code points from a span to a backward-looking trigger
# Limits so that prose made of triggers takes no longer than other prose; real sentences have fewer of either.
_MOST_TRIGGERS: Final = 25  # triggers before a span that are checked
_MOST_AGAIN: Final = 10  # spans of a sentence that trigger a second reading around them
_AROUND: Final = MAX_SCOPE + 200  # code points that can affect a span, including words that affect its triggers


def assess_sentence(sentence: str, spans: Sequence[tuple[int, int]], cares: Sequence[Care] = ()) -> list[Context]:
    """Return the context of spans of one sentence, as `assess` does; offsets are relative to the sentence."""
    triggers = find_triggers(sentence)
    governs = any(m.kind not in (Kind.END, Kind.PSEUDO) for t in triggers for m in t.meanings)
    if not governs and not ANSWER_WORD.search(sentence):
        return [PLAIN] * len(spans)
    read = _Read(sentence, triggers)
    out = []
    again = 0
    for n, (start, end) in enumerate(spans):
        care = cares[n] if cares else Care.CLINICAL
        if again < _MOST_AGAIN and read.is_touched(start, end):
            again += 1
            context = _context_of_touched(sentence, read, start, end, care)
        else:
            context = read.context(start, end, care)
        out.append(replace(context, negated=True) if OWN_DENIAL.match(sentence, start, end) else context)
    return out


def _context_of_touched(sentence: str, read: _Read, start: int, end: int, care: Care) -> Context:
    # Words of the span would hide a trigger before it: "no change in" + "change in vision". Only the vicinity is read
    # again: no trigger reaches farther.
    first, last = max(0, start - _AROUND), end + _AROUND
    blank = sentence[first:start] + "\0" * (end - start) + sentence[end:last]
    again = _Read(blank, find_triggers(blank))
    if not again.is_touched(start - first, end - first):
        return again.context(start - first, end - first, care)
    return read.context(start, end, care)


class _Read:
    """A sentence with its triggers; the cost of a query does not grow with the sentence."""

    def __init__(self, sentence: str, triggers: Sequence[Found]) -> None:
        self._sentence = sentence
        self._triggers = triggers
        self._starts = [t.start for t in triggers]
        self._stops = [t.end for t in triggers]
        ends = [t.start for t in triggers if any(m.kind is Kind.END for m in t.meanings)]
        self._clauses = Clauses(sentence, ends)

    def is_touched(self, start: int, end: int) -> bool:
        """Return whether a trigger and a span overlap."""
        n = bisect_left(self._starts, end)
        return n > 0 and self._stops[n - 1] > start

    def context(self, start: int, end: int, care: Care) -> Context:
        """Return the context of a span from the triggers that reach it."""
        answer = ANSWER.match(self._sentence, end)
        # In captions "Drug: no" may name a group; "Blood transfusion: No" alone is an answer.
        alone = (
            answer is not None
            and not self._sentence[: min(start, _EDGE)].strip()
            and not self._sentence[answer.end() : answer.end() + _EDGE].strip(" .\n")
        )
        answered = answer is not None and (care in (Care.CLINICAL, Care.CASE) or alone)
        kinds: set[Kind] = {Kind.NEGATED} if answered else set()
        nearest = bisect_left(self._stops, start - MAX_SCOPE)
        last = bisect_right(self._starts, end + _FARTHEST)
        nearest = max(nearest, bisect_left(self._starts, start) - _MOST_TRIGGERS)
        for t in self._triggers[nearest:last]:
            for meaning in t.meanings:
                reaches = meaning.kind not in kinds and self._reaches(t, meaning, start, end)
                if reaches and holds(care, self._sentence, t, meaning, start, end):
                    kinds.add(meaning.kind)
        return Context(
            negated=Kind.NEGATED in kinds,
            uncertain=Kind.UNCERTAIN in kinds,
            historical=Kind.HISTORICAL in kinds,
            hypothetical=Kind.HYPOTHETICAL in kinds,
            experiencer="family" if Kind.FAMILY in kinds else "patient",
        )

    def _reaches(self, t: Found, meaning: Trigger, start: int, end: int) -> bool:
        """Return whether a trigger governs a span."""
        if meaning.kind in (Kind.END, Kind.PSEUDO):
            return False
        if meaning.scope is Scope.NEXT:
            # "Non-Hodgkin's lymphoma", "non-small cell cancer": the prefix negates an adjective, not the disease.
            return t.end <= start <= t.end + 1 and " " not in self._sentence[start:end]
        if meaning.scope is Scope.AFTER:
            return t.end <= start <= t.end + MAX_SCOPE and self._governs(t, meaning.kind, start, end)
        if not end <= t.start <= end + _reach(meaning.kind):
            return False
        between = self._sentence[end : t.start]
        if t.said == "negative" and between.strip(" -‐‑–") and NOUN_NEXT.match(self._sentence, t.end):
            return False  # "pain has negative effects"
        if t.said == "free" and between.strip(" -‐‑–"):
            return False  # "a defect with tension-free closure"
        return ";" not in between and not self._clauses.ends(end, t.start) and _close(between)

    def _governs(self, t: Found, kind: Kind, start: int, end: int) -> bool:
        """Return whether the scope of a forward-looking trigger reaches a span."""
        clauses = self._clauses
        if clauses.breaks(t.end, start):
            return False
        if kind is not Kind.NEGATED:
            return True
        if t.said == "negative" and not _NEXT_WORDS.fullmatch(self._sentence, t.end, start):
            return False
        if 0 < t.spent <= start or offers_both(self._sentence, t):
            return False
        if _OTHER_OBJECT.search(self._sentence, t.end, start):
            return False
        if _LACK.match(t.said) and "," in self._sentence[t.end : start] and not _OR_LIST.match(self._sentence, t.end):
            return False
        verbal = _VERBAL.search(t.said) is not None
        return not (
            clauses.has_verb(t.end + (_FIRST_WORDS if verbal else 0), start)
            or clauses.affirms(t.end, start)
            or clauses.is_object(
                t.end + (_FIRST_WORDS if t.said == "nor" else 2 if verbal and t.said != "not" else 0), start
            )
            or clauses.leaves_bracket(t.end, start)
            or clauses.begins_clause(t.start, t.end, start, end)
        )


def _reach(kind: Kind) -> int:
    return 40 if kind is Kind.NEGATED else _FARTHEST


_WITHIN: Final = re.compile(r"^[\s:]*(?:[\w/()\[\]-]+\s+){0,3}$")


def _close(between: str) -> bool:
    """Check whether only a few words separate a span from a backward-looking trigger."""
    return _WITHIN.match(between) is not None


def assess(text: str, spans: Sequence[tuple[int, int]], cares: Sequence[Care] = ()) -> list[Context]:
    """Return the context of spans of a text, sentence by sentence.

    Args:
        text: a paragraph or caption.
        spans: (start, end) in code points, in any order.
        cares: required certainty of triggers, for each span; `Care.CLINICAL` for all if empty.
    """
    if not spans:
        return []
    starts = [*sentence_starts(text), len(text)]
    order = sorted(range(len(spans)), key=lambda i: spans[i])
    out = [PLAIN] * len(spans)
    s = i = 0
    while i < len(order):
        while s + 1 < len(starts) - 1 and starts[s + 1] <= spans[order[i]][0]:
            s += 1
        first, last = starts[s], starts[s + 1]
        here = []
        while i < len(order) and spans[order[i]][0] < last:
            here.append(order[i])
            i += 1
        if not here:
            break
        places = [(spans[k][0] - first, spans[k][1] - first) for k in here]
        found = assess_sentence(text[first:last], places, [cares[k] for k in here] if cares else ())
        for k, context in zip(here, found, strict=True):
            out[k] = context
    return out
