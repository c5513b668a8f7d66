"""Find negated statements that are now affirmed, and the reverse."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import pairwise
from typing import Final

from pmcmine.write.checks.answer import Answer
from pmcmine.write.checks.denials import Denial, denials, is_empty, names_both
from pmcmine.write.checks.lexicon import free_words
from pmcmine.write.checks.places import like
from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.checks.source import Source, same_form
from pmcmine.write.checks.tokens import Token, bases, key_of

CODES: Final = {
    "negated": "the answer denies what was not denied",
    "affirmed": "the answer says what was denied",
}
_APART: Final = frozenset(("non", "de", "un", "anti"))  # prefixes followed by a hyphen
_ALL_PREFIXES: Final = ("un", "in", "im", "ir", "non", "dis")
_OPEN: Final = re.compile(
    r"\b(?:cannot|can not|could not|can['’]t|not)\s(?:\w+\s){0,2}(?:excluded?|ruled?\sout)\b", re.IGNORECASE
)
_CLOSED: Final = re.compile(
    r"(?<!not)(?<!cannot)\s(?:can|could|was|were|is|are|been)\s(?:be\s)?(?:excluded|ruled\sout)\b", re.IGNORECASE
)
_VERB: Final = re.compile(r"(?:\bnot|n['’]t|\bcannot)$", re.IGNORECASE)
_QUESTION: Final = re.compile(r"[^.!?\n]{1,400}\?")
_ONLY: Final = re.compile(r"\bonly\b", re.IGNORECASE)
_NOT_ONLY: Final = re.compile(r"\bnot (?:only|just|merely|exclusively)\b|\bnot confined to\b", re.IGNORECASE)
_FREE: Final = re.compile(r"\b(\w{2,30})[-‐‑–]free\b")
_LEFT_OUT: Final = frozenset("left out omit omitted exclude excluded remove removed drop dropped".split())
_WHOLE: Final = 7  # letters of a word with such a prefix
_ABSENT: Final = frozenset(("absence", "absent", "without"))
# "0 µM" means without it; "0 h" is a time.
ZERO: Final = re.compile(
    r"(?<![\w.,])0(?:\.0+)?\s?(?:(?!(?:h|hrs?|d|min|s|days?|hours?|w|weeks?|months?|years?|and|or|to|in|of|for|at|by)\b)"
    r"[%µμa-zA-Z]|\))"
)
_NEAR: Final = 60  # characters between a sign of absence and the absent thing
_LESS: Final = re.compile(r"[≤≥]|\b(?:below|above)\s+\d")  # "no greater than"; signs are spelled out
_THAN: Final = frozenset("more greater higher larger less lower fewer smaller later earlier longer shorter".split())
_DELETED: Final = re.compile(
    r"(?i)\b(?:delet(?:ed|ion)|knock(?:ed)?[- ]?(?:out|down)|silenc\w+|null|deplet\w+|depriv\w+|omi(?:ts?|tted|ssion)|"
    r"withdraw\w+)|[Δ∆](?!\s?(?:[Δ∆]|C[TtQq]|[FGETH]\b))"
)
_MISSING: Final = re.compile(r"(?i)(?:without|lack(?:s|ed|ing)?|absen(?:t|ce)|none|deficient|devoid|free of)\b")
_DIFFERENT: Final = re.compile(r"(?i)\b(?:differ\w*|unequal\w*|uneven\w*|var(?:y|ies|ied)|higher|lower)\b")
_EQUAL: Final = frozenset("equal equally same identical alike similar similarly uniform uniformly evenly".split())
# Words that may replace each other in a negation: nothing happened, nothing was seen.
_OTHERWISE: Final = tuple(
    frozenset(group.split())
    for group in (
        "change effect affect alter alteration influence impact difference differ differ matter respond response",
        "signal expression express staining stain band detect detection visible see",
    )
)
_ABOUT: Final = 2  # words of a negation that must all occur again


def _forms(tokens: Iterable[Token]) -> frozenset[str]:
    return frozenset(b for t in tokens for b in (*bases(t.low), t.key))


def _by_sentence(tokens: Iterable[Token]) -> list[frozenset[str]]:
    out: dict[int, list[Token]] = {}
    for token in tokens:
        out.setdefault(token.sentence, []).append(token)
    return [_forms(words) for words in out.values()]


def _sentences(source: Source, governed: Set[int]) -> list[frozenset[str]]:
    """Collect the words of each sentence that no negation governs."""
    return _by_sentence(t for t in source.tokens if not is_empty(t) and t.start not in governed)


def _has(forms: frozenset[str], token: Token) -> bool:
    return not forms.isdisjoint(like(token.low, token.key))


def _denied_anew(found: Iterable[Denial], known: Iterable[Denial]) -> Iterator[Denial]:
    """Yield negations of the answer if none of their words is near a negation in the source."""
    reached = _forms(t for d in known for t in (*d.reach, *d.scope))
    reached |= frozenset(w for group in _OTHERWISE if not group.isdisjoint(reached) for w in group)
    words = {t.low for d in known for t in d.reach}
    for denial in found:
        if not (denial.firm and denial.about) or any(_has(reached, t) for t in denial.about):
            continue
        if not any(same_form(t.low, word) for t in denial.about for word in words):
            yield denial


def _near(source: Source, spans: Iterable[tuple[int, int]]) -> Iterator[Token]:
    """Yield the words within `_NEAR` characters of any of the spans."""
    starts = [t.start for t in source.tokens]
    seen = 0
    for start, end in sorted(spans):
        seen = max(seen, bisect_left(starts, start - _NEAR))
        upto = max(seen, bisect_left(starts, end + _NEAR))
        yield from source.tokens[seen:upto]
        seen = upto


def _shared(forms: frozenset[str], words: Sequence[Token]) -> bool:
    """Check whether a sentence has at least one of some words; true if there are no words."""
    return not words or any(_has(forms, t) for t in words)


class _Wordings:
    """Negations that the source expresses differently: "0 µM", "≤", "RDV-free", "non-CSC", a deletion, a difference."""

    def __init__(self, source: Source, known: Iterable[Denial]) -> None:
        spans = [m.span() for sign in (ZERO, _DELETED) for m in sign.finditer(source.text)]
        self._missing = _forms(_near(source, spans)) if spans else frozenset()
        self._less = bool(_LESS.search(source.text))
        differing = {t.sentence for t in source.tokens if _DIFFERENT.fullmatch(t.text)}
        self._different = _by_sentence(t for t in source.tokens if t.sentence in differing)
        self._free = frozenset(_FREE.findall(source.text.lower()))
        self._denied = frozenset(t.text.rstrip("s") for d in known for t in d.reach)

    def has(self, denial: Denial) -> bool:
        """Check whether the source expresses this negation differently."""
        first = denial.about[0]
        initials = {"".join(t.text[0] for t in denial.about[:n]).upper() for n in range(2, len(denial.about) + 1)}
        return (
            (bool(_MISSING.match(denial.said)) and any(_has(self._missing, t) for t in denial.about))
            or (self._less and first.low in _THAN)
            or (first.low in _EQUAL and any(_shared(forms, denial.about[1:]) for forms in self._different))
            or not initials.isdisjoint(self._denied)
            or first.low in self._free
        )


def _turned(source: Source) -> frozenset[str]:
    """Collect words that follow a negating prefix: "was not treated" may be said for "untreated"."""
    out = {t.low[len(p) :] for t in source.tokens for p in _ALL_PREFIXES if t.low.startswith(p) and len(t.low) > _WHOLE}
    return frozenset(out | {b.low for a, b in pairwise(source.tokens) if a.low in _APART and b.start - a.end == 1})


def _prefixed(answer: Answer, found: Iterable[Denial]) -> Iterator[Problem]:
    """Yield words that the source only has with a negating prefix, and the reverse."""
    given = {t.low for t in answer.support.tokens}
    denied = {t.start for d in found for t in d.scope}
    for token in answer.read.tokens:
        if len(token.low) < 5 or token.start in denied or token.low in given or answer.support.bases & bases(token.low):
            continue
        if any(p + token.low in given for p in _ALL_PREFIXES):
            yield problem("affirmed", token.text)
        plain = next((token.low[len(p) :] for p in _ALL_PREFIXES if token.low.startswith(p)), "")
        if len(plain) > 3 and plain in given and token.low not in free_words():
            yield problem("negated", token.text)


def _is_apart(source: Source, before: Token, token: Token) -> bool:
    """Check whether a word is a prefix that negates the next one; "anti" and "de" only with a hyphen."""
    if before.low not in _APART or token.start - before.end != 1:
        return False
    return before.low not in ("anti", "de") or not source.text[before.end].isspace()


def _unprefixed(answer: Answer, found: Iterable[Denial]) -> Iterator[Problem]:
    """Yield words that always follow a hyphenated negating prefix in the source, and no longer do."""
    always: dict[str, bool] = {}
    for before, token in pairwise(answer.support.tokens):
        denied = _is_apart(answer.support, before, token)
        always[token.key] = denied and always.get(token.key, True)
    if not any(always.values()):
        return
    kept = {t.key for d in found for t in (*d.scope, *d.reach)}
    kept |= {token.key for before, token in pairwise(answer.read.tokens) if before.low in (*_APART, "n")}
    questions = asked(answer)
    for token in answer.read.tokens:
        if always.get(token.key) and token.key not in kept and token.start not in questions:
            yield problem("affirmed", token.text)


def _excluded(answer: Answer) -> Iterator[Problem]:
    """Yield exclusions in the answer that the source says are not possible."""
    if _OPEN.search(answer.support.text) and not _CLOSED.search(answer.support.text):
        for match in _CLOSED.finditer(answer.text):
            yield problem("negated", match[0])


def _lost(answer: Answer, found: Iterable[Denial], known: Iterable[Denial]) -> Iterator[Problem]:
    """Yield negations of a negative ("no loss of" for "loss of"), and "not only" for "only"."""
    text = answer.support.text
    soft = {key_of(w) for d in known if not d.firm for w in d.said.lower().split()}
    denied = _forms(t for d in known if d.firm for t in d.scope)
    for denial in found:
        if denial.firm and denial.about and denial.about[0].key in soft and not _has(denied, denial.about[0]):
            yield problem("negated", f"{denial.said} {denial.about[0].text}")
    if _NOT_ONLY.search(answer.text) and _ONLY.search(text) and not _NOT_ONLY.search(text):
        yield problem("negated", "not only")


def asked(answer: Answer) -> set[int]:
    """Return the start offsets of words in questions, which state nothing."""
    spans = [m.span() for m in _QUESTION.finditer(answer.text)]
    return {t.start for t in answer.read.tokens for a, b in spans if a <= t.start < b} if spans else set()


def find(answer: Answer) -> Iterator[Problem]:
    """Compare the negations of the answer with those of the source."""
    found, known = denials(answer.read), denials(answer.support)
    both = names_both(answer.support)
    turned = _turned(answer.support)
    wordings = _Wordings(answer.support, known)
    for denial in _denied_anew(found, known):
        if (both and denial.said.lower() in _ABSENT) or any(t.low in turned for t in denial.about):
            continue
        if wordings.has(denial):
            continue
        yield problem("negated", " ".join((denial.said, *(t.text for t in denial.about))))
    yield from _prefixed(answer, found)
    yield from _unprefixed(answer, found)
    yield from _excluded(answer)
    yield from _lost(answer, found, known)
    if not known:
        return
    governed = {t.start for d in found for t in d.scope} | asked(answer)
    said = _sentences(answer.read, governed)
    still = [
        _forms((*d.about, *(t for part in d.further for t in part), *(d.subject if _VERB.search(d.said) else ())))
        for d in found
    ]
    free = _FREE.findall(answer.text.lower())
    plain = _sentences(answer.support, {t.start for d in known for t in d.scope})
    for denial in known:
        for part in (denial.about, *denial.further) if denial.firm else ():
            about = part[: 1 if _VERB.search(denial.said) else _ABOUT]
            if not about or any(all(_has(forms, t) for t in about) for forms in plain):
                continue
            if any(_has(forms, t) for t in about for forms in still) or any(t.low in free for t in about):
                continue
            if any(all(_has(forms, t) for t in about) and forms.isdisjoint(_LEFT_OUT) for forms in said):
                yield problem("affirmed", " ".join((denial.said, *(t.text for t in about))))
