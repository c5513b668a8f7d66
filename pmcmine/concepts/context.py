"""Negation, uncertainty, history and experiencer of a span, after ConText (Harkema et al. 2009, J Biomed Inform 42).

A trigger governs what follows or what precedes it, up to the end of the sentence or to a word that ends its scope.
The words are those that NegEx (Chapman et al. 2001) and ConText name, with additions for the prose of articles.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Final

from pmcmine.text.sentences import sentence_starts

MAX_SCOPE: Final = 400  # code points; sentences beyond are lists that no trigger governs as a whole


class Kind(Enum):
    """Meaning of a trigger."""

    NEGATED = "negated"
    UNCERTAIN = "uncertain"
    HISTORICAL = "historical"
    HYPOTHETICAL = "hypothetical"
    FAMILY = "family"
    PSEUDO = "pseudo"
    END = "end"


class Scope(Enum):
    """Where what a trigger governs stands."""

    AFTER = 1
    BEFORE = 2
    BOTH = 3
    NEXT = 4


@dataclass(frozen=True, slots=True)
class Context:
    """Context of a span.

    Attributes:
        negated: said not to be there.
        uncertain: said to be possible only.
        historical: before the present episode.
        hypothetical: a condition that may come.
        experiencer: patient, or family.
    """

    negated: bool = False
    uncertain: bool = False
    historical: bool = False
    hypothetical: bool = False
    experiencer: str = "patient"


PLAIN: Final = Context()

_LEXICON: Final[tuple[tuple[Kind, Scope, str], ...]] = (
    (Kind.NEGATED, Scope.AFTER, "no|not|without|denies|denied|deny|denying|denial of|negative for|neg for|absence of|"
     "absent|free of|free from|devoid of|lack of|lacks|lacked|lacking|never|neither|nor|cannot|can't|couldn't|didn't|"
     "doesn't|isn't|wasn't|weren't|aren't|hasn't|haven't|hadn't|no evidence of|no evidence for|no sign of|no signs of|"
     "fails to reveal|failed to reveal|fails to show|failed to show|rather than|rules out|ruled out for|rule him out|"
     "rule her out|rules him out|rules her out|ruled him out|ruled her out|excludes|excluded|declined|declines|"
     "with no|none of|instead of|unremarkable for|non|nothing|"
     "was not|were not|is not|are not|has not|have not|had not|did not|do not|does not|"
     "not appear to have|not know of|not feel|not have|not had|not reveal|not show|not demonstrate|"
     "is negative for|was negative for|are negative for|were negative for|been negative for|be negative for|"
     "resolved from|negative|no known|w/o|nondiagnostic for|exclusion of|ruling out|in the absence of|lost all"),
    (Kind.NEGATED, Scope.BEFORE, "was negative|were negative|is negative|are negative|been negative|negative|"
     "ruled out|been excluded|was excluded|were excluded|not seen|not observed|not detected|not detectable|not present|"
     "not identified|not appreciated|not found|not noted|not evident|not demonstrated|not visualized|not visualised|"
     "not apparent|not recorded|not reported|not available|"
     "is absent|was absent|were absent|are absent|absent|was not|were not|is not|are not|did not occur|undetectable|"
     "unlikely|free|was denied|were denied|denied|denies|none|have resolved|has resolved|had resolved|are resolved|"
     "is resolved|was resolved|not be seen|"
     "never developed|nil"),
    (Kind.UNCERTAIN, Scope.AFTER, "possible|possibly|probable|probably|likely|suspected|suspect|suspects|suspicion of|"
     "suspicion for|suspicious for|suggestive of|suggesting|suggest|suggests|suggested|may|might|could|presumed|"
     "presumably|questionable|question of|concern for|concerning for|concerned about|worrisome for|consider|versus|"
     "rule out|r/o|r/out|to exclude|evaluate for|evaluation for|differential diagnosis|apparent|apparently|potential|"
     "potentially|perhaps|putative|hypothesized|hypothesised|not certain if|not certain whether|unclear whether|"
     "whether|could be ruled out for|cannot exclude|can't exclude|cannot rule out|not excluded|susceptible to|"
     "not exclude|not rule out|not excluding|not ruling out|not excluded for|"
     "risk of|risk for|be ruled out for|must be ruled out for"),
    (Kind.UNCERTAIN, Scope.BEFORE, "cannot be excluded|can't be excluded|could not be excluded|not be excluded|"
     "cannot be ruled out|could not be ruled out|can't be ruled out|not ruled out|not been ruled out|"
     "not be ruled out|not excluded|not been excluded|not unlikely|not impossible|"
     "is possible|was possible|is suspected|was suspected|were suspected|be ruled out|should be ruled out|"
     "to be ruled out|is likely|was likely|is probable|is questionable|is considered|was considered|is unclear|"
     "was questioned|is in question|suspected"),
    (Kind.HISTORICAL, Scope.AFTER, "history of|history|h/o|hx of|past medical history|pmh|past history|previous|"
     "previously|prior|status post|s/p|in the past|remote|known history of"),
    (Kind.HISTORICAL, Scope.BEFORE, "in the past|years ago|months ago|as a child|in childhood|previously"),
    (Kind.HYPOTHETICAL, Scope.AFTER, "if|in case of|should she|should he|should the patient|return for|return if|"
     "as needed for|prevent|prevention of|prophylaxis"),
    (Kind.FAMILY, Scope.AFTER, "family history of|family history|family hx|fh of|mother|father|brother|brothers|"
     "sister|sisters|aunt|uncle|grandmother|grandfather|grandparents|cousin|cousins|sibling|siblings|maternal|"
     "paternal|mother's|father's|mom|dad|relatives"),
    (Kind.FAMILY, Scope.BEFORE, "in the family|in family|in his mother|in her mother|in his father|in her father|"
     "in her sister|in his brother"),
    (Kind.PSEUDO, Scope.AFTER, "no increase|no decrease|not only|not just|not necessarily|not merely|"
     "no significant change|no significant difference|no significant differences|no difference|no differences|"
     "not certain|gram negative|gram-negative|without difficulty|without further|not drain|not cause|"
     "no interval change|"
     "no significant interval change|no suspicious change|not extend|not significantly|no doubt|no matter|"
     "whether or not|not surprising|not surprisingly|not to mention|no later than|not limited to|"
     "double negative|false negative|false-negative|triple negative|triple-negative|negative control|negative controls|"
     "negative correlation|negatively|negative feedback|negative regulator|negative predictive|dominant negative|"
     "dominant-negative|as soon as possible|if possible|in may|may be seen|history and|history, physical|"
     "family history is not|social history|history taking|absent from the|"
     "not uncommon|not uncommonly|not unusual|not unusually|not rare|not rarely|not infrequent|not infrequently|"
     "not unexpected|not unexpectedly|not unknown|not without|not negative|not absent|not free of|not free from|"
     "not otherwise specified|not always|not exclusively|not solely|not all|"
     "no change in|without change|have not changed|has not changed|not changed|not an option|were not significantly|"
     "was not significantly|did not significantly|not associated with|not related to|not due to|not because of|"
     "not affect|not affected by|not on"),
    (Kind.END, Scope.BOTH, "but|positive for|indicates|indicating|indicate|however|nevertheless|yet|though|"
    "although|still|except|except for|apart from|"
     "aside from|other than|secondary to|due to|because|because of|since|which|who|as the cause of|as a cause of|"
     "as the etiology of|as a source of|as the source of|as the reason for|as an etiology for|with the exception of|"
     "presents|presented|presenting|complains|complained|was found to|were found to|causing|"
     "resulting in|therefore|whereas|while|then|until|otherwise|on exam|on examination|"
     "he has|she has|he had|she had|patient has|patient had|he is|she is|there is|there was|there are|"
     "are noted|is noted|was noted|were noted|is seen|are seen|was started|currently|now|showed|"
     "reveals|revealed|demonstrated|demonstrates|in the setting of"),
)  # fmt: skip
_FARTHEST: Final = 60  # code points from a span to a trigger that looks back at it
_AROUND: Final = MAX_SCOPE + 200  # code points that decide on a span, with the words that decide on its triggers
_BREAK: Final = re.compile(r";|\n\s*\n|(?<!\d)\d+\.\s{2,}|\s-\s|:\s{3,}")


class _Node(dict[str, "_Node"]):
    """What may follow in a phrase; an empty key where a phrase may end."""


def _trie(phrases: Iterable[str]) -> str:
    """Build a regular expression for many phrases that reads each character once."""
    root = _Node()
    for phrase in phrases:
        node = root
        for c in phrase:
            node = node.setdefault(c, _Node())
        node[""] = _Node()

    def render(node: _Node) -> str:
        rest = [(r"\s+" if c == " " else re.escape(c)) + render(node[c]) for c in sorted(node) if c]
        if not rest:
            return ""
        body = rest[0] if len(rest) == 1 and "" not in node else "(?:" + "|".join(rest) + ")"
        return body + ("?" if "" in node else "")

    return render(root)


@dataclass(frozen=True, slots=True)
class _Trigger:
    kind: Kind
    scope: Scope


_NON: Final = _Trigger(Kind.NEGATED, Scope.NEXT)  # "non-small cell cancer" is a cancer


_AUXILIARIES: Final = "is|are|was|were|be|been|has|have|had|do|does|did|can|could|would|may|might|should".split("|")
_CONTRACTED: Final = (
    "isn't|aren't|wasn't|weren't|hasn't|haven't|hadn't|don't|doesn't|didn't|can't|cannot|couldn't".split("|")
)


_HIDDEN: Final = re.compile(
    r"not (?:only|just|merely|solely|exclusively|necessarily|always|all|limited|otherwise|surprising|without|negative|"
    r"absent|free|un\w+|rare|rarely|infrequent|infrequently|impossible|an option|certain|exclud|rule|ruling|be |been )"
)


def _with_auxiliaries(kind: Kind, phrase: str) -> list[str]:
    """Return a phrase and its forms with an auxiliary, so that "was not" does not hide the "not ruled out" in it."""
    if kind is Kind.NEGATED or not _HIDDEN.match(phrase):
        return [phrase]
    return [phrase, *(f"{a} {phrase}" for a in _AUXILIARIES), *(c + phrase[3:] for c in _CONTRACTED)]


@cache
def _compiled() -> tuple[re.Pattern[str], dict[str, tuple[_Trigger, ...]]]:
    meanings: dict[str, dict[_Trigger, None]] = {}
    for kind, scope, phrases in _LEXICON:
        for phrase in phrases.split("|"):
            for form in _with_auxiliaries(kind, phrase):
                meanings.setdefault(form, {})[_Trigger(kind, scope)] = None
    pattern = re.compile(rf"(?<![\w‐‑–-])(?:{_trie(meanings)})(?![\w'’])", re.IGNORECASE)
    return pattern, {k: tuple(v) for k, v in meanings.items()}


# "no. 3" and "no. AB12" are numbers, "Fever: no" is an answer to the text before it.
_NUMBER: Final = re.compile(r"\.\s?[:#]?\s?[A-Za-z(/-]{0,6}\d")
_NUMBERED: Final = re.compile(
    r"\b(?:case|patient|sample|specimen|table|grant|protocol|lot|cat(?:alog(?:ue)?)?|id|approval|reference)\.?\s$",
    re.IGNORECASE,
)
_ANSWERED: Final = re.compile(r"[:=?(]\s{0,2}$")
_ANSWER_WORD: Final = re.compile(r"\b(?:no|nil|none|never)\b", re.IGNORECASE)
_ANSWER_ENDS: Final = re.compile(r"\s?(?:[.,;)|/]|$)")
_ANSWER: Final = re.compile(
    r"\s?(?:\([^()]{0,30}\)\s?)?(?:[:=?]|\s[–—-]\s|\((?=(?-i:[Nn]o)\)))\s?(?:no|nil|none|never)(?=\s?(?:[.,;)|/]|$))",
    re.IGNORECASE,
)
# What a negative cell, tumour or patient is negative of: it says nothing of the cell, tumour or patient.
_MARKER: Final = re.compile(
    r"(?:(?:^|[\s(/,-])(?=[^\s(]{0,20}[A-Z0-9][^\s(]{0,20}[A-Z0-9])[A-Za-zα-ω0-9/+‐‑–-]{2,20}(?:\([^()\s]{1,12}\))?"
    r"|(?i:receptors?|nod(?:e|al)|smear|culture|antigen|antibody|margins?|markers?|virus|hormone|(?:o?e|pro)st\w{1,12}|mutation|rhesus|Rh|gram)\)?)"
    r"[\s‐‑–-]$"
)
_NOUN_NEXT: Final = re.compile(r"\s(?!(?:for|in|on|by|at|to|and|or|with|but|as)\b)[A-Za-z]")


_SPACES: Final = re.compile(r"\s+")


def _triggers(sentence: str) -> list[tuple[int, int, tuple[_Trigger, ...]]]:
    """Return start, end and meanings of the triggers of a sentence."""
    pattern, meanings = _compiled()
    out = []
    for m in pattern.finditer(sentence):
        said = _SPACES.sub(" ", m[0].lower())
        if said == "no":
            before = sentence[max(m.start() - 16, 0) : m.start()]
            if _NUMBER.match(sentence, m.end()) or (
                _NUMBERED.search(before) and re.match(r"\s?\d", sentence[m.end() :][:2])
            ):
                continue
            if _ANSWERED.search(before) and _ANSWER_ENDS.match(sentence, m.end()):
                continue
        found = meanings[said]
        if said == "negative" and _NOUN_NEXT.match(sentence, m.end()):
            if _MARKER.search(sentence[max(m.start() - 44, 0) : m.start()]):
                found = tuple(t for t in found if t.scope is not Scope.AFTER)
        elif said == "non":
            found = (_NON,)
        out.append((m.start(), m.end(), found))
    return out


def assess_sentence(sentence: str, spans: Sequence[tuple[int, int]]) -> list[Context]:
    """Return the context of spans of one sentence; offsets count in the sentence."""
    triggers = _triggers(sentence)
    if not triggers and not _ANSWER_WORD.search(sentence):
        return [PLAIN] * len(spans)
    read = _Read(sentence, triggers)
    out = []
    for start, end in spans:
        if read.is_touched(start, end):
            # Words of the span would hide a trigger before it: "no change in" + "change in vision". Only what is near
            # is read again: a trigger governs no more.
            first, last = max(0, start - _AROUND), end + _AROUND
            blank = sentence[first:start] + "\0" * (end - start) + sentence[end:last]
            again = _Read(blank, _triggers(blank))
            if not again.is_touched(start - first, end - first):
                out.append(again.context(start - first, end - first))
                continue
        out.append(read.context(start, end))
    return out


class _Read:
    """A sentence with its triggers; what a question about a span costs does not grow with the sentence."""

    def __init__(self, sentence: str, triggers: Sequence[tuple[int, int, tuple[_Trigger, ...]]]) -> None:
        self._sentence = sentence
        self._triggers = triggers
        self._starts = [s for s, _, _ in triggers]
        self._stops = [e for _, e, _ in triggers]
        self._ends = [s for s, _, ts in triggers if any(t.kind is Kind.END for t in ts)]
        self._breaks = sorted([*self._ends, *(m.start() for m in _BREAK.finditer(sentence))])

    def is_touched(self, start: int, end: int) -> bool:
        """Return whether a trigger and a span overlap."""
        n = bisect_left(self._starts, end)
        return n > 0 and self._stops[n - 1] > start

    def context(self, start: int, end: int) -> Context:
        """Return the context of a span, by the triggers that reach it."""
        sentence = self._sentence
        kinds: set[Kind] = {Kind.NEGATED} if _ANSWER.match(sentence, end) else set()
        nearest = bisect_left(self._stops, start - MAX_SCOPE)
        for s, e, ts in self._triggers[nearest : bisect_right(self._starts, end + _FARTHEST)]:
            for t in ts:
                if t.kind in (Kind.END, Kind.PSEUDO):
                    continue
                if t.scope is Scope.NEXT:
                    if e <= start <= e + 1:
                        kinds.add(t.kind)
                elif t.scope is Scope.AFTER and e <= start:
                    if start - e <= MAX_SCOPE and not _any_between(self._breaks, e, start):
                        kinds.add(t.kind)
                elif (
                    t.scope is Scope.BEFORE
                    and s >= end
                    and s - end <= _reach(t.kind)
                    and not _any_between(self._ends, end, s)
                    and ";" not in sentence[end:s]
                    and _close(sentence[end:s])
                ):
                    kinds.add(t.kind)
        return Context(
            negated=Kind.NEGATED in kinds,
            uncertain=Kind.UNCERTAIN in kinds,
            historical=Kind.HISTORICAL in kinds,
            hypothetical=Kind.HYPOTHETICAL in kinds,
            experiencer="family" if Kind.FAMILY in kinds else "patient",
        )


def _any_between(places: Sequence[int], start: int, end: int) -> bool:
    """Return whether one of some places, which are in order, lies from `start` to before `end`."""
    n = bisect_left(places, start)
    return n < len(places) and places[n] < end


def _reach(kind: Kind) -> int:
    return 40 if kind is Kind.NEGATED else _FARTHEST


_WITHIN: Final = re.compile(r"^[\s:]*(?:[\w/()\[\]-]+\s+){0,3}$")


def _close(between: str) -> bool:
    """Check whether nothing but a few words stands between a span and a trigger that looks back at it."""
    return _WITHIN.match(between) is not None


def assess(text: str, spans: Sequence[tuple[int, int]]) -> list[Context]:
    """Return the context of spans of a text, sentence by sentence.

    Args:
        text: a paragraph or caption.
        spans: (start, end) in code points, in any order.
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
        found = assess_sentence(text[first:last], [(spans[k][0] - first, spans[k][1] - first) for k in here])
        for k, context in zip(here, found, strict=True):
            out[k] = context
    return out
