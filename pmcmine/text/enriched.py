"""Compose a caption and its context to a text within a token budget, whole sentence after whole sentence.

All functions are pure: the same text, parts and counter give the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from pmcmine.text.glossary import glossary
from pmcmine.text.sentences import sentence_starts
from pmcmine.text.tokens import Count, estimate

INTRODUCTION: Final = "introduction"
ABBREVIATION: Final = "abbreviation"
SENTENCE: Final = "sentence"
SHARED: Final = "shared"
SECTION: Final = "section"
KINDS: Final = (INTRODUCTION, ABBREVIATION, SENTENCE, SHARED, SECTION)

_FIGURES: Final = re.compile(
    r"\s?[(\[](?:see |cf\.? |as (?:shown|illustrated|seen|depicted|described) in )?(?:also )?(?:in )?"
    r"(?:(?:supp\w*|additional|extended data)\.? )?(?:additional files?|figs?|figures?|tables?|panels?)\b"
    r"(?:[^()\[\]]|\([^()]{0,12}\)){0,80}[)\]]",
    re.IGNORECASE,
)
_AT_END: Final = re.compile(  # "(p < 0.05, Fig. 2A)"
    r"[,;]\s?(?:see )?(?:figs?\.?|figures?)\s?S?\d{1,3}[^()\[\];]{0,20}(?=[)\]])", re.IGNORECASE
)
_NUMBER: Final = re.compile(r"^\s*\d{1,2}(?:\.\d{1,2}){0,5}\.?\s+(?=\D)")
_CITATIONS: Final = re.compile(r"\s?\[\d[\d,\s–-]{0,40}\]")
_COMPOUND: Final = re.compile(r"[^\s()\[\],;.]{1,40}")
_CONTINUES: Final = re.compile(
    r"\b(?:of|in|on|for|with|by|from|to|at|and|or|the|an?|between|during|under|after|before|shows?|showing|into|via|is|are)$",
    re.IGNORECASE,
)
_BEFORE_LABEL: Final = re.compile(r"[.;!?]\s+(?=[(\[]?[a-z]{1,2}[)\]][\s,:])")
_ITEM: Final = re.compile(r";\s")
_MOST_ITEMS: Final = 64  # of a list
_MOST_LISTS: Final = 4  # of abbreviations
_ENDS: Final = (".", "!", "?", ":", ";")
_IN_SECTION: Final = "Section: "


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a context.

    Attributes:
        kind: one of `KINDS`.
        text: the words; of an abbreviation, its long form.
        short: the abbreviation.
    """

    kind: str
    text: str
    short: str = ""


def parts_of(context: Iterable[Mapping[str, Any]] | None) -> list[Part]:
    """Return the parts of a `context` column or key; those of a pointer have no text and are left out."""
    return [Part(p["kind"], str(p["text"]), str(p.get("short") or "")) for p in context or () if p.get("text")]


def without_references(sentence: str) -> str:
    """Return a sentence of the article without bracketed references to figures, tables and the bibliography."""
    return _CITATIONS.sub("", _AT_END.sub("", _FIGURES.sub("", sentence))).strip()


def sentences(text: str) -> list[str]:
    """Split a text into sentences, also before labels of panels; one of a single word goes with the next."""
    starts = sorted({*sentence_starts(text), *(m.end() for m in _BEFORE_LABEL.finditer(text))})
    found: list[str] = []
    held = 0
    for start, end in pairwise([*starts, len(text)]):
        if " " in text[start:end].strip() or end == len(text):
            found.append(text[held:end].strip())
            held = end
    return [s for s in found if s]


def _ended(sentence: str) -> str:
    """Return a sentence with a full stop, and a bracket that was cut off closed."""
    bare = sentence.rstrip(" ,–—-")
    if bare.count("(") == bare.count(")") + 1:
        bare += ")"
    return bare if bare.endswith(_ENDS) or bare[:-1].endswith(_ENDS) else f"{bare}."


def find_short(text: str, short: str) -> tuple[int, int, bool] | None:
    """Find an abbreviation as a word of its own, else at the edge of a compound.

    Returns:
        Its start, where to spell it out, and whether that is behind a compound.
    """
    compound: tuple[int, int, bool] | None = None
    at = text.find(short)
    while at >= 0:
        end = at + len(short)
        if text[end : end + 1] == "s" and short[-1:].isupper():
            end += 1
        before, after = text[at - 1 : at] if at else "", text[end : end + 1]
        if not (before.isalnum() or after.isalnum() or before == "_" or after == "_"):
            if before not in ("-", "–", "/") and not (after in ("-", "–", "/") and text[end + 1 : end + 2].isalnum()):
                return at, end, False
            if compound is None and after == "-" and before not in ("-", "–", "/"):
                found = _COMPOUND.match(text, end)
                compound = (at, found.end() if found else end, True)
        at = text.find(short, end)
    return compound


def find_form(text: str, short: str) -> tuple[int, int, bool] | None:
    """Find an abbreviation or its singular, as `find_short` does."""
    found = find_short(text, short) if short in text else None
    if found is None and len(short) > 2 and short[-1] == "s" and short[-2].isupper() and short[:-1] in text:
        return find_short(text, short[:-1])
    return found


def defined_at(text: str, place: tuple[int, int, bool]) -> bool:
    """Check whether an abbreviation stands alone in brackets, behind what it stands for."""
    start, end, _ = place
    return text[start - 1 : start] == "(" and text[end : end + 1] == ")" and start > 1


def spell_out(text: str, abbreviations: Sequence[Part], known: frozenset[str]) -> tuple[str, frozenset[str]]:
    """Spell abbreviations out where a text first uses them.

    Args:
        text: a sentence.
        abbreviations: those of the article that may be in it.
        known: those that were spelled out before.

    Returns:
        The sentence, and `known` with those that are now.
    """
    folded = text.casefold()
    told = set(known)
    places: dict[int, str] = {}
    for part in abbreviations:
        if part.short in told:
            continue
        place = find_form(text, part.short)
        if part.text.casefold() in folded or (place is not None and defined_at(text, place)):
            told.add(part.short)
        elif place is not None:
            start, end, compound = place
            said = f"{part.short}, {part.text}" if compound else part.text
            deep = text.count("(", 0, start) > text.count(")", 0, start)
            if end not in places:
                places[end] = f" [{said}]" if deep else f" ({said})"
                told.add(part.short)
    for end in sorted(places, reverse=True):
        text = text[:end] + places[end] + text[end:]
    return text, frozenset(told)


@dataclass
class _Budget:
    """Sentences that were taken, in order of use, within a number of tokens."""

    tokens: int | None
    count: Count
    abbreviations: Sequence[Part]
    taken: list[tuple[bool, str]] = field(default_factory=list)
    known: frozenset[str] = frozenset()
    used: int = 0

    def __post_init__(self) -> None:
        self.used = self.marks = self.count("") if self.tokens is not None else 0

    def take(self, sentence: str, *, first: bool = False) -> bool:
        """Take a sentence if it fits, with its abbreviations spelled out if these do, too.

        Args:
            sentence: the sentence.
            first: whether it is to stand before the others.
        """
        if not sentence:
            return False
        spelled, known = spell_out(sentence, self.abbreviations, self.known)
        for text, then in dict.fromkeys([(_ended(spelled), known), (_ended(sentence), self.known)]):
            if self._fits(text):
                self.taken.append((first, text if not first or sentence.endswith(_ENDS) else text.removesuffix(".")))
                self.known = then
                return True
        return False

    def take_begin(self, sentence: str, *, words: bool) -> None:
        """Take as many items of a list as fit; if none do, perhaps as many words."""
        fitting = 0
        for _, match in zip(range(_MOST_ITEMS), _ITEM.finditer(sentence), strict=False):
            if self.tokens is not None and self.used + self.count(sentence[: match.start()]) > self.tokens:
                break
            fitting = match.start()
        if self.take(sentence[:fitting].strip()) or not words or self.tokens is None:
            return
        self.taken.append((False, _prefix(sentence, self.tokens, self.count)))
        self.used = self.tokens

    def _fits(self, text: str) -> bool:
        if self.tokens is None:
            return True
        cost = self.count(text) - self.marks
        if self.used + cost > self.tokens:
            return False
        self.used += cost
        return True

    def text(self) -> str:
        """Join what was taken; drop the last sentences if together they are more tokens than one by one."""
        while True:
            before = [text for first, text in self.taken if first]
            after = [text for first, text in self.taken if not first]
            whole = " ".join(
                [*before[:-1], _led_in(before[-1], after[0]), *after[1:]] if before and after else before + after
            )
            if self.tokens is None or len(self.taken) < 2 or self.count(whole) <= self.tokens:
                return whole
            self.taken.pop()


def _led_in(introduction: str, text: str) -> str:
    """Join the last sentence of an introduction and the text that it may lead to."""
    if introduction.endswith(_ENDS):
        return f"{introduction} {text}"
    return f"{introduction} {text}" if _CONTINUES.search(introduction) else f"{introduction}: {text}"


def _prefix(sentence: str, tokens: int, count: Count) -> str:
    """Return as many words of a sentence as fit."""
    ends = [m.end() for m in re.finditer(r"\S+", sentence)]
    low, high = 0, len(ends)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if count(sentence[: ends[middle - 1]]) <= tokens else (low, middle - 1)
    text = sentence[: ends[low - 1]].rstrip(" ,;:–—-(") if low else ""
    while (more := _CONTINUES.search(text)) and more.start():
        text = text[: more.start()].rstrip(" ,;:–—-(")
    return text


def enriched(text: str, parts: Sequence[Part], tokens: int | None = None, count: Count = estimate) -> str:
    """Compose a caption, or the text of a panel, and its context.

    The order of use: the text, what introduces all panels, the sentences that mention the figure or panel, what else
    the caption says of all panels, the title of the section. The introduction stands before the text. The text ends
    before its first sentence that does not fit, or at a semicolon in it; only if not even its first sentence fits, at a
    word. Of the other parts, those that do not fit are left out, and shorter ones after them are tried.

    Args:
        text: the caption, or the text of a panel.
        parts: its context, in order of use.
        tokens: most tokens, those at start and end included; None for no limit.
        count: counts them.
    """
    abbreviations = [p for p in parts if p.kind == ABBREVIATION]
    said: list[str] = []
    lists = 0
    for sentence in sentences(text):
        listed = [Part(ABBREVIATION, e.long, e.short) for e in glossary(sentence)]
        abbreviations += listed[: _MOST_ITEMS if lists < _MOST_LISTS else 0]
        # A list is left out if most of it is spelled out.
        lists += bool(listed)
        used = " ".join(said) if listed and lists <= _MOST_LISTS else ""
        if 2 * sum(find_form(used, part.short) is not None for part in listed) < len(listed) or not listed:
            said.append(sentence)
    budget = _Budget(tokens, count, abbreviations)
    for sentence in said:
        if not budget.take(sentence):
            budget.take_begin(sentence, words=not budget.taken)
            break
    for kind in (INTRODUCTION, SENTENCE, SHARED, SECTION):
        for part in parts:
            if part.kind == kind:
                budget.take(_SAID.get(kind, str)(part.text), first=kind == INTRODUCTION)
    return budget.text()


def _title(text: str) -> str:
    """Return a title of a section without its number, and say that it is one: at the end it would read as a claim."""
    title = _NUMBER.sub("", text, count=1).strip()
    return f"{_IN_SECTION}{title}" if title else ""


_SAID: Final = {SENTENCE: without_references, SECTION: _title}
