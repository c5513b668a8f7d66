"""Find negations in sentences, and the words that each governs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pmcmine.concepts.triggers import Kind, Scope, find_triggers
from pmcmine.vocabulary.word_classes import STOP
from pmcmine.write.checks.source import Source
from pmcmine.write.checks.tokens import Token, bases

# Words that only say that something is present or visible.
_EMPTY: Final = frozenset(
    "see seen observe note find found detect identify show shown present evident visible appear exist occur have "
    "any sign evidence reveal demonstrate exhibit display report there case be do can could may might will would "
    "that such very also still yet apparent notice record longer well fully completely clearly whole panel image "
    "figure question answer contain include comprise possess harbor harbour".split()
)
# More negation words, which the triggers for clinical text lack.
_MORE: Final = re.compile(
    r"\b(?:not|cannot|lack(?:s|ed|ing)?|absen(?:t|ce)|none|neither|nor|never|without|no(?!\.)|free of|"
    r"devoid|fail(?:s|ed)?|unable|except|exclud(?:e|es|ed|ing)|undetect(?:ed|able)|"
    r"insignificant(?:ly)?|poor(?:ly)?|deficien(?:t|cy)|deprived|invisible|disappear(?:s|ed|ance)?|vanish(?:es|ed)?|"
    r"hardly|barely|loss of|prevent(?:s|ed)?|abolish(?:es|ed)?|unaffected|unchanged|in\w{2,20}able)\b|"
    r"\bnon(?=[-‐‑–][a-z]{3})",
    re.IGNORECASE,
)
_SOFT: Final = re.compile(
    r"fail|unable|excl?u?|exce|defici|depriv|invis|disapp|vanish|undetect|insignif|poor|hardly|barely|loss|prevent|abolish|un(?:aff|cha)|in\w+able",
    re.IGNORECASE,
)
_STOPS: Final = re.compile(
    r"[.;:?!()]|,\s*(?:but|while|whereas|although|and)\b|\b(?:but|whereas|while|although|except)\b"
)
_TURNS: Final = frozenset("but whereas while although except yet".split())
_NEAR: Final = 3  # words that a negation negates
_FAR: Final = 10  # words within reach of a negation
_LISTED: Final = re.compile(r"\(\s*(?:no|not)\s*\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Denial:
    """A negation.

    Attributes:
        said: its words.
        sentence: number of its sentence.
        about: the words that it negates, nearest first.
        further: the same for each further part of a list: "no A or B".
        scope: all words that it governs.
        reach: all words near it.
        firm: whether it negates by grammar; "loss of" and "poor" only may.
        subject: the words before it in its clause, nearest first.
    """

    said: str
    sentence: int
    about: tuple[Token, ...]
    further: tuple[tuple[Token, ...], ...]
    scope: tuple[Token, ...]
    reach: tuple[Token, ...]
    firm: bool
    subject: tuple[Token, ...]


def is_empty(token: Token) -> bool:
    """Check whether a word adds no meaning of its own to a negation."""
    return token.low in STOP or not _EMPTY.isdisjoint(bases(token.low))


def _near(source: Source, tokens: Sequence[Token], at: int, step: int, most: int, stop: bool) -> Iterator[Token]:
    count, commas = 0, 0
    last = at
    while 0 <= at < len(tokens) and count < most:
        low, high = sorted((at, last))
        gap = source.text[tokens[low].end : tokens[high].start] if low != high else ""
        if stop and step < 0 and ")" in gap and "(" not in gap:  # "an effect of treatment (shape) is not apparent"
            at = last = _before_bracket(source, tokens, at)
            continue
        if stop and (_STOPS.search(gap) or tokens[at].low in _TURNS):
            return
        if stop and step > 0 and tokens[at].low == "and" and "," in gap and not commas:
            return  # another clause; in a list there are more commas
        commas += "," in gap
        if not is_empty(tokens[at]):
            count += 1
            yield tokens[at]
        last = at
        at += step


def _before_bracket(source: Source, tokens: Sequence[Token], at: int) -> int:
    """Return the index of the word before the bracket that encloses a word; -1 if there is none."""
    opening = source.text.rfind("(", max(tokens[at].start - _BRACKET, 0), tokens[at].start)
    return next((i for i in range(at - 1, -1, -1) if tokens[i].end <= opening), -1) if opening >= 0 else -1


def denials(source: Source) -> tuple[Denial, ...]:
    """Find the negations of a text."""
    out: list[Denial] = []
    by_sentence: dict[int, list[Token]] = {}
    for token in source.tokens:
        by_sentence.setdefault(token.sentence, []).append(token)
    for number, tokens in by_sentence.items():
        start, end = tokens[0].start, min(tokens[-1].end, tokens[0].start + _LONGEST)
        out += _of_sentence(source, number, tokens, source.text[start:end], start)
    return tuple(out)


def _of_sentence(source: Source, number: int, tokens: Sequence[Token], text: str, offset: int) -> Iterator[Denial]:
    found: dict[int, tuple[int, int, str, set[Scope]]] = {}
    pseudo: list[tuple[int, int]] = []
    for t in find_triggers(text):
        kinds = {m.kind for m in t.meanings}
        if (
            t.said in _SKIPPED
            or _IF_NOT.search(text, max(t.start - _BEFORE, 0), t.end)
            or _is_either(text, t.start, t.end)
            or text.startswith(_NAMES, t.start)
            or _SET.search(text, max(t.start - _BEFORE, 0), t.start)
        ):
            continue  # a sign, which has an opposite; "free radicals"
        if Kind.NEGATED in kinds and len(found) < _MOST:
            scopes = {m.scope for m in t.meanings if m.kind is Kind.NEGATED}
            found[t.start] = (t.start, t.end, t.said, scopes)
        elif (
            Kind.PSEUDO in kinds
            and len(pseudo) < _MOST
            and t.said.startswith(("not only", "not just", "not merely", "no later", "gram", "no doubt"))
        ):
            pseudo.append((t.start, t.end))
    for m in _MORE.finditer(text):
        if len(found) >= 2 * _MOST:
            break
        if _is_either(text, m.start(), m.end()) or _IF_NOT.search(text, max(m.start() - _BEFORE, 0), m.end()):
            continue
        if not any(a <= m.start() < b for a, b in (*((f[0], f[1]) for f in found.values()), *pseudo)):
            found[m.start()] = (m.start(), m.end(), m[0], {Scope.AFTER})
    for a, b, said, scopes in list(found.values())[:_MOST]:
        after = next((i for i, t in enumerate(tokens) if t.start >= offset + b), len(tokens))
        before = next((i for i in range(len(tokens) - 1, -1, -1) if tokens[i].end <= offset + a), -1)
        most = 1 if said.lower() == "non" else _FAR
        forward = bool(scopes & {Scope.AFTER, Scope.NEXT, Scope.BOTH})
        gap = text[b : tokens[after].start - offset] if after < len(tokens) else ""
        right = tuple(_near(source, tokens, after, 1, most, True)) if forward and not _STOPS.search(gap) else ()
        cut = forward and _VERB.search(said)  # "those who did not (p = 0.04)": the negated verb is elided
        subject = tuple(_near(source, tokens, before, -1, _FAR, True))
        left = subject[:_NEAR] if not right and not cut else ()
        reach = (
            *right,
            *_near(source, tokens, after, 1, _NEAR, False),
            *_near(source, tokens, before, -1, _NEAR, False),
        )
        parts = _parts(source, right) if right else ()
        about = parts[0] if parts else left
        further = parts[1:] if parts or not left else _listed(source, subject)
        yield Denial(
            said,
            number,
            about[:_NEAR],
            further,
            right or (subject if further else left),
            right if most == 1 else reach,
            not _SOFT.match(said),
            subject[:_NEAR],
        )


def _is_either(text: str, start: int, end: int) -> bool:
    """Check whether a negation is one of two alternatives named together: "with or without"."""
    return bool(_EITHER.search(text, max(start - _BEFORE, 0), start) or _OR_WITH.match(text, end))


def names_both(source: Source) -> bool:
    """Check whether a text contains "absence and presence", or "without or with"."""
    return bool(_BOTH.search(source.text))


def _listed(source: Source, words: Sequence[Token]) -> tuple[tuple[Token, ...], ...]:
    """Return the items of a list before a negation, one word each: "Iran, Korea and Sudan are not present"."""
    pairs = [(a, b) for b, a in pairwise(words) if _ITEM.search(source.text[a.end : b.start])]
    return tuple((t,) for t in dict.fromkeys(t for pair in pairs for t in pair)) if len(pairs) > 1 else ()


def _parts(source: Source, words: Sequence[Token]) -> tuple[tuple[Token, ...], ...]:
    """Split the words that a negation governs at "or" and "nor"."""
    out: list[list[Token]] = [[]]
    for i, word in enumerate(words):
        gap = source.text[words[i - 1].end : word.start] if i else ""
        if _OR.search(gap):
            out.append([])
        out[-1].append(word)
    return tuple(tuple(part[:_NEAR]) for part in out if part)


# A sign, which has an opposite; "free radicals"; "it declined".
_SKIPPED: Final = frozenset(("negative", "negative for", "-ve", "-ve for", "free", "declined", "declines"))
_NAMES: Final = ("NIL", "NO ")  # near-isogenic line, nitric oxide
_SET: Final = re.compile(r"\bsets?\s\Z", re.IGNORECASE)  # "set free"
_IF_NOT: Final = re.compile(r"\bif not\Z", re.IGNORECASE)
_EITHER: Final = re.compile(
    r"\b(?:with|presen(?:t|ce)|whether)\b[^.;,\w]{0,6}(?:\w+\s)?(?:(?:or|and)\s(?:the\s)?|/\s?)\Z",
    re.IGNORECASE,
)
# "Absence and presence" says the same.
_OR_WITH: Final = re.compile(r"\s?(?:or|and|/)\s?(?:in\s)?(?:the\s)?(?:presen(?:t|ce)|with)\b", re.IGNORECASE)
_BOTH: Final = re.compile(rf"\b(?:absen(?:t|ce)|without){_OR_WITH.pattern}", re.IGNORECASE)
_BEFORE: Final = 30  # characters before a negation
_VERB: Final = re.compile(r"(?:\bnot|n['’]t|\bcannot|\bwithout)\Z", re.IGNORECASE)  # negations of the verb that follows
_BRACKET: Final = 300  # characters of a bracket
_ITEM: Final = re.compile(r",|\band\b")
_OR: Final = re.compile(r"\bn?or\b")
_MOST: Final = 20  # negations of a sentence
_LONGEST: Final = 4_000  # characters of a sentence; a longer one is not prose
