"""Find statements that the most similar clause of the source negates or contradicts.

"No significant difference was seen between A and B" may appear beside "C was significantly higher". The other words of
a clause tell which of the two an answer such as "A differed significantly from B" refers to. The same holds for sides
and colours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pmcmine.write.checks.answer import Answer
from pmcmine.write.checks.denials import Denial, denials, is_empty
from pmcmine.write.checks.each.comparison import said_again
from pmcmine.write.checks.each.negation import ZERO, asked
from pmcmine.write.checks.lexicon import COLORS
from pmcmine.write.checks.places import is_content, like, sides
from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.checks.source import Source
from pmcmine.write.checks.tokens import Token

CODES: Final[dict[str, str]] = {}  # reports `affirmed` of `negation` and `opposite` of `attachment`
# Stems of words that report a finding; if negated, the negation is about them.
_FOUND: Final = re.compile(
    "differ|signific|chang|effect|affect|correl|associ|interact|detect|respon|relat|increas|decreas|reduc|improv|bind|"
    "express"
)
# More negation words: a clause with one of them is not a plain statement.
_DENIES: Final = frozenset(
    "cannot couldn off fail failing invisible disappeared vanished negative same similar similarly none equal equally "
    "comparable excluded omitted neither alike unchanged without no not never nor free unaffected absent absence "
    "lack lacked lacking lacks out except failed fails independent independently stable constant".split()
)
_TURNS: Final = frozenset("but while whereas although yet though".split())
_ENDS: Final = re.compile(r";|,\s+and\b")
_LOOSE: Final = frozenset(("course", "many", "direction"))  # pairs that correct texts reword too often
# Words that may negate without a negation, and prefixes that do.
_WEAKER: Final = frozenset(
    "only alone off but however rather instead less fewer little few hardly barely scarcely rarely loss deficient poor "
    "poorly prevent prevented abolish abolished ruled still lose lost missing apart others differ differed different "
    "disappear gone vanish outside beyond far against resist resisted spared escape avoid omit omitted skip zero nil "
    "negligible".split()
)
_TURNED: Final = re.compile(r"(?:un|non|dis(?![tpc])|im(?![apm])|ir(?!o)|anti|in(?!to|ter|[cdfghijnosv]|flu))\w{4}")
_ABSENT: Final = frozenset(("absence", "absent", "without"))
_DENIALS: Final = 100  # negations compared with sentences
_SENTENCES: Final = 100
_FEW: Final = 4  # words of a negation that must occur again
_COVERED: Final = 0.75  # of its words
_ABOUT: Final = 3
_SCOPE: Final = 6  # words that a denial governs
_TIMES: Final = 1.5  # how much more similar the words must be to a clause that negates
_MORE: Final = 0.5
_MOST: Final = 80  # words compared per clause; a longer one is not prose
_CLAUSES: Final = 300  # per text
Clause = Sequence[tuple[Token, frozenset[str]]]


def _clauses(source: Source) -> Sequence[Clause]:
    """Split a text into clauses, each a list of words with their forms."""
    out: list[list[tuple[Token, frozenset[str]]]] = []
    tokens = source.tokens
    depth = 0  # of brackets; nothing ends a clause inside one
    for i, token in enumerate(tokens):
        before = tokens[i - 1] if i else None
        gap = source.text[before.end : token.end] if before else ""
        depth = max(depth + gap.count("(") - gap.count(")"), 0) if gap else 0
        if (
            before is None
            or before.sentence != token.sentence
            or token.low in _TURNS
            or (not depth and _ENDS.search(gap))
        ):
            out.append([])
        out[-1].append((token, like(token.low, token.key)))
    return out[:_CLAUSES]


def _words(clause: Clause) -> list[tuple[Token, frozenset[str]]]:
    return [(t, forms) for t, forms in clause if is_content(t) and not is_empty(t)][:_MOST]


def _denied(known: Sequence[Denial], plain: frozenset[str]) -> list[frozenset[str]]:
    """Return the forms of negated words: the first word of each negation, and words that report a finding.

    Args:
        known: the negations.
        plain: keys of words that also occur without a negation; "non-waxy" then negates nothing.
    """
    words = {
        t.key: like(t.low, t.key)
        for d in known
        for i, t in enumerate(d.about[:_ABOUT])
        if t.low.isalpha()
        and len(t.low) > 2
        and (not i or _FOUND.match(t.low))
        and not (d.said.lower() == "non" and t.key in plain)
    }
    return list(words.values())


def _is_plain(clause: Clause) -> bool:
    return not any(t.low in _DENIES or t.low.startswith("un") for t, _ in clause)


def find(answer: Answer) -> Iterator[Problem]:
    """Compare each clause with the clauses that are most similar to it."""
    given = [_words(c) for c in _clauses(answer.support)]
    forms = [frozenset(f for _, own in c for f in own) for c in given]
    said = _clauses(answer.read)
    yield from _affirmed(answer, said, given, forms)
    yield from _covered(answer)
    yield from _turned(answer, said, forms)


def _affirmed(
    answer: Answer, said: Sequence[Clause], given: Sequence[Clause], forms: Sequence[frozenset[str]]
) -> Iterator[Problem]:
    """Find plain statements of negated findings whose clause is most similar to the negating clause."""
    known = [d for d in denials(answer.support) if d.firm]
    governed = {t.start for d in known for t in d.scope[:_SCOPE]}
    keys = _denied(known, frozenset(t.key for t in answer.support.tokens if t.start not in governed))
    if not keys:
        return
    again = frozenset(
        f for d in denials(answer.read) if d.firm for t in (*d.about, *d.reach) for f in like(t.low, t.key)
    )
    questions = asked(answer)
    for clause in filter(_is_plain, said):
        words = _words(clause)
        for token, own in words:
            key = next((k for k in keys if not k.isdisjoint(own)), None)
            if key is None or token.start in questions or not own.isdisjoint(again):
                continue
            others = [w for _, w in words if w.isdisjoint(key | own)]
            places = [_polarity(c, key | own, governed) for c in given]
            best = _best(others, places, forms)
            if _is_nearer(best, True, False):
                yield problem("affirmed", token.text)


def _covered(answer: Answer) -> Iterator[Problem]:
    """Find negations if one sentence of the answer repeats most of their words and no negating sentence has any."""
    known = [d for d in denials(answer.support) if d.firm][:_DENIALS]
    if not known:
        return
    questions = asked(answer)
    sentences: dict[int, list[Token]] = {}
    for token in answer.read.tokens:
        if token.start not in questions:
            sentences.setdefault(token.sentence, []).append(token)
    denied = {d.sentence for d in denials(answer.read)}
    denied |= {n for n, tokens in sentences.items() if any(_may_deny(t) for t in tokens)}
    forms = {
        n: frozenset(f for t in tokens for f in like(t.low, t.key)) for n, tokens in [*sentences.items()][:_SENTENCES]
    }
    for denial in known:
        if denial.said.lower() in _ABSENT and ZERO.search(answer.text):
            continue
        near = {t.key: t for t in (*denial.scope, *denial.reach) if is_content(t) and not is_empty(t)}
        words = [like(t.low, t.key) for t in near.values()]
        if len(words) < _FEW or any(not w.isdisjoint(forms[n]) for n in denied & forms.keys() for w in words):
            continue
        most = max((sum(not w.isdisjoint(own) for w in words) for own in forms.values()), default=0)
        if most >= max(_FEW, _COVERED * len(words)):
            yield problem("affirmed", " ".join((denial.said, *(t.text for t in near.values()))))


def _may_deny(token: Token) -> bool:
    return token.low in _DENIES or token.low in _WEAKER or bool(_TURNED.match(token.low))


def _polarity(clause: Clause, key: frozenset[str], governed: set[int]) -> bool | None:
    """Return whether a clause denies a word; None if it does not have it."""
    there = [t.start in governed for t, own in clause if not own.isdisjoint(key)]
    return any(there) if there else None


def _turned(answer: Answer, said: Sequence[Clause], forms: Sequence[frozenset[str]]) -> Iterator[Problem]:
    """Find words whose opposite occurs in the most similar clause."""
    known = [_values(answer.support, clause) for clause in _clauses(answer.support)]
    left_out = asked(answer) | {answer.read.tokens[at].start for at in said_again(answer)}
    for clause in said:
        values = _values(answer.read, clause)
        single = {pair: side for pair, found in values.items() if len(found) == 1 for side in found}
        words = _words(clause)
        for token, _ in clause:
            for pair, side in _sides(answer.read, token):
                if single.get(pair) != side or token.start in left_out or pair in _LOOSE:
                    continue
                others = [w for t, w in words if t is not token]
                places = [None if pair not in found else side not in found[pair] for found in known]
                if _is_nearer(_best(others, places, forms), True, False):
                    yield problem("opposite", token.text)


def _sides(source: Source, token: Token) -> list[tuple[str, str]]:
    """Return the pairs of opposites and colours that a word belongs to, with its side of each."""
    found = sides(source, source.index[token.start])
    out = [(s.pair, str(s.side)) for s in found if s.asked or token.low != "after"]  # "after 3 days" says no order
    return [*out, ("colour", token.low)] if token.low in COLORS else out


def _values(source: Source, clause: Clause) -> dict[str, set[str]]:
    out: dict[str, set[str]] = {}
    for token, _ in clause:
        for pair, side in _sides(source, token):
            out.setdefault(pair, set()).add(side)
    return out


def _is_nearer(best: dict[bool, float], one: bool, other: bool) -> bool:
    return one in best and best[one] > _TIMES * best.get(other, 0.0) + _MORE


def _best(
    others: Sequence[frozenset[str]], places: Sequence[bool | None], forms: Sequence[frozenset[str]]
) -> dict[bool, float]:
    """Return the similarity to the most similar clause of each sort; rare words count for more."""
    shares = [1.0 / max(sum(not w.isdisjoint(f) for f in forms), 1) for w in others]
    out: dict[bool, float] = {}
    for sort, known in zip(places, forms, strict=True):
        if sort is not None:
            alike = sum(share for w, share in zip(others, shares, strict=True) if not w.isdisjoint(known))
            out[sort] = max(out.get(sort, 0.0), alike)
    return out
