"""Align the letters of a short form with the words before it: alignments, their features and the shipped model."""

from __future__ import annotations

import json
import math
import operator
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Final

_STOP: Final = frozenset(
    "type of the a an and in for on to with by or from at as is per via de la du des und der den".split()
)
_NO_START: Final = _STOP - {"type"}
_NUMBER_WORDS: Final = {
    "1": ("one", "first", "mono", "uni", "single"), "2": ("two", "second", "bi", "di", "ii"),
    "3": ("three", "third", "tri", "iii"),
    "4": ("four", "tetra"), "5": ("five", "fifth", "penta"), "6": ("six", "hexa"), "7": ("seven",), "8": ("eight",),
    "9": ("nine", "ninth"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Alignment:
    """One alignment of a short form's letters with a long form that starts at `start` of the window."""

    start: int
    features: tuple[float, ...]


FEATURES: Final = (
    "initial", "hyphen", "run", "inner", "missed_letter", "missed_digit", "first_is_initial", "skipped_words",
    "skipped_stop", "words_per_letter", "leading_stop", "trailing_words", "one_letter", "lower_short", "all_initial",
    "reverse", "last_inner", "short_long", "digit_first", "cased", "entered_inside", "comma", "contains", "recurs",
    "number_word", "skipped_two", "one_word", "missed_any", "locant", "long_capital", "shared", "two_letters",
    "trailing_any", "one_letter_lower", "rotated",
)  # fmt: skip


def _balanced(text: str) -> bool:
    """Check whether all brackets in a text are closed and opened there."""
    depth = 0
    for c in text:
        if c in "([":
            depth += 1
        elif c in ")]":
            depth -= 1
            if depth < 0:
                return False
    return depth == 0


_WORD_START: Final = re.compile(r"\S+")
# Letters or digits; `\d` lacks the superscript, subscript and circled digits that `str.isdigit` accepts.
_DIGIT: Final = r"\d²³¹⁰⁴-⁹₀-₉①-⑨⑴-⑼⒈-⒐⓪⓵-⓽⓿❶-❾➀-➈➊-➒"
_RUN: Final = re.compile(rf"[{_DIGIT}]+|[^\W_{_DIGIT}]+")
_LOCANT: Final = re.compile(r"^(?:[\d,'′()+/\[\]-]|[a-zA-Zα-ω]\b(?=[-()\]\d,'])|bis|di|tri|beta-|alpha-|gamma-)+$")


class _Window:
    """The text searched for a long form: its words and the kind of each position.

    Attributes:
        text: the text.
        low: the same in lower case.
        kinds: kind of each position: 2 starts a word, 1 follows a hyphen or similar, 0 is inside.
        starts: positions of kind 2 or 1, in order.
        words: its words in lower case.
        word_of: word index of each position, and of one after the end.
        sums: number of content words before each word.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.low = low = text.lower()
        self.kinds, self.starts = _kinds(low)
        self.words = low.split()
        self.word_of = word_of = [0] * (len(low) + 1)
        starts = [m.start() for m in _WORD_START.finditer(low)]
        for n, (start, end) in enumerate(pairwise([*starts, len(low)])):
            word_of[start:end] = [n] * (end - start)
        word_of[-1] = len(self.words)
        self.sums = [0.0]
        for word in self.words:
            self.sums.append(self.sums[-1] + (0.0 if word.strip("(),.;") in _STOP else 1.0))

    def skipped(self, a: int, b: int) -> tuple[float, float]:
        """Return content words and stop words strictly between two words."""
        if b - a <= 1:
            return 0.0, 0.0
        full = self.sums[b] - self.sums[a + 1]
        return full, (b - a - 1) - full

    def after(self, word: int) -> tuple[float, float]:
        """Content words and stop words after a word."""
        return self.skipped(word, self.word_of[-1])


def _kinds(low: str) -> tuple[bytearray, list[int]]:
    """Return the kind of each position, and the positions that are not inside a word."""
    kinds = bytearray(len(low))
    starts = [m.start() for m in _RUN.finditer(low)]
    for i in starts:
        before = low[i - 1] if i else " "
        opens = before.isspace() or (before in "([\"'“‘" and (i < 2 or not low[i - 2].isalnum()))
        kinds[i] = 2 if opens else 1
    return kinds, starts


def _begins_word(low: str, letter: str) -> bool:
    """Check whether a letter occurs after a non-letter."""
    at = low.find(letter)
    while at > 0 and low[at - 1].isalnum() and not low[at - 1].isdecimal():
        at = low.find(letter, at + 1)
    return at >= 0


def find_alignments(
    short: str, window: str, reverse: bool = False, recurs: bool = False, shared: bool = False
) -> list[Alignment]:
    """Find the best alignment for each possible start of the long form."""
    letters = [(c.lower(), c) for c in short if c.isalnum()]
    if not letters:
        return []
    first = letters[0][0]
    if first.isalpha() and not _begins_word(window.lower(), first):
        return []
    text = _Window(window)
    best = _Search(letters, text).best
    starts = [(0, p) for p in best[0] if text.kinds[p]]
    if len(letters) > 1 and letters[0][0].isdigit():
        starts += [(1, p) for p in best[1] if text.kinds[p] == 2]
    found = []
    for letter, place in starts:
        f = _path_features(letters, text, best, letter, place)
        start = _start(text, place, f)
        long = window[start:].rstrip("\"'”’")
        first_word = text.words[text.word_of[place]] if text.words else ""
        if not _balanced(long) or long.lower() == short.lower() or first_word in _NO_START:
            continue
        f["leading_stop"] = float(first_word in _STOP)
        f["lower_short"] = float(short.islower())
        f["reverse"] = float(reverse)
        f["comma"] = float(len(re.findall(r"[,;:] ", long)))
        f["contains"] = float(short.lower() in long.lower())
        f["recurs"] = float(recurs)
        f["shared"] = float(shared)
        f["long_capital"] = float(long[:1].isupper() and letter == 0 and short[:1].isupper())
        found.append(Alignment(start, tuple(f.values())))  # in the order of `FEATURES`
    return found


_Best = list[dict[int, tuple[float, int, int]]]  # for letter k at position p: score, next letter, its position
# For a letter in a word: its positions, negated, the last first; and the best of those up to each.
_Run = tuple[list[int], list[int]]


class _Search:
    """Dynamic programming, from the last letter to the first.

    Attributes:
        best: best[k][p] is (score, next letter, its position) of aligning the letters from k on, with letter k at p.
    """

    def __init__(self, letters: Sequence[tuple[str, str]], text: _Window) -> None:
        self._letters, self._text = letters, text
        m = len(letters)
        self.best: _Best = [{} for _ in range(m)]
        self._runs: list[dict[int, _Run]] = [{} for _ in range(m)]  # by letter and word, the last word first
        places = [self._places(c, k) for k, (c, _) in enumerate(letters)]
        for k in range(m - 1, -1, -1):
            self._align(k, places[k])
            self._runs[k] = _runs(self.best[k], text.word_of)

    def _places(self, c: str, k: int) -> list[int]:
        """Return the possible positions of a letter; the first letter is never inside a word."""
        low, kinds = self._text.low, self._text.kinds
        found = []
        at = low.find(c) if len(c) == 1 else -1  # some letters become two in lower case
        while at >= 0:
            if k or kinds[at]:
                found.append(at)
            at = low.find(c, at + 1)
        number = _NUMBER_WORDS.get(c)
        if number:
            found += [i for i in self._text.starts if low.startswith(number, i)]
            found.sort()
        return found

    def _farther(self, word: int, j: int, lost: float) -> tuple[float, int]:
        """Return score and position of letter j in the best later word; any position of a word costs the same."""
        top = (-1e9, -1)
        sums, best = self._text.sums, self.best[j]
        passed = sums[word + 1]
        for other, (_, tops) in self._runs[j].items():
            if other <= word:
                break
            full = sums[other] - passed  # words in between, counted as in `_Window.skipped`
            s = best[tops[-1]][0] - lost - 1.6 * full - 0.15 * ((other - word - 1) - full)
            if s >= top[0]:
                top = (s, tops[-1])
        return top

    def _align(self, k: int, places: Sequence[int]) -> None:
        """Find the best continuation from each position of letter k."""
        letters, text = self._letters, self._text
        digit = letters[k][0].isdigit()
        # The letters left at the end are missed.
        missed = sum(_missing(letters[j][0]) for j in range(k + 1, len(letters)))
        known: dict[tuple[int, int], tuple[float, int]] = {}
        for p in places:
            gain = (0.4, 1.2, 2.0)[text.kinds[p]]
            top: tuple[float, int, int] = (-1e9, -1, -1)
            if missed <= 2.5:  # the end: skip the remaining words
                full, stop = text.after(text.word_of[p])
                top = (-missed - 1.6 * full - 0.4 * stop, -1, -1)
            for step in (1, 2):
                if k + step < len(letters):
                    top = self._step(k, p, step, known, top)
            if top[0] > -1e8:
                self.best[k][p] = (top[0] + gain - (0.2 if digit and not text.kinds[p] else 0.0), top[1], top[2])

    def _step(
        self, k: int, p: int, step: int, known: dict[tuple[int, int], tuple[float, int]], top: tuple[float, int, int]
    ) -> tuple[float, int, int]:
        """Return the better of `top` and continuing with the next letter, or with step 2 the one after it."""
        j = k + step
        best = self.best[j]
        lost = 0.0 if step == 1 else _missing(self._letters[k + 1][0])
        follow = best.get(p + 1)
        if follow is not None and follow[0] - lost + 0.8 > top[0]:
            top = (follow[0] - lost + 0.8, j, p + 1)
        word = self._text.word_of[p]
        run = self._runs[j].get(word)
        q = -1 if run is None else _after(run, p)
        if q >= 0 and best[q][0] - lost > top[0]:
            top = (best[q][0] - lost, j, q)
        far = known.get((step, word))
        if far is None:
            far = known[step, word] = self._farther(word, j, lost)
        return (far[0], j, far[1]) if far[0] > top[0] else top


def _missing(letter: str) -> float:
    """Return the cost of a letter without a match."""
    return 0.7 if letter.isdigit() else 2.5


def _path_features(
    letters: Sequence[tuple[str, str]], text: _Window, best: _Best, letter: int, place: int
) -> dict[str, float]:
    """Return the features of the best path from a letter at a position; those of its long form are still 0."""
    f = dict.fromkeys(FEATURES, 0.0)
    k, p, last, entered = letter, place, -1, -1
    used = set()
    kinds, word_of, m = text.kinds, text.word_of, len(letters)
    while p >= 0:
        kind = kinds[p]
        if word_of[p] != entered:
            entered = word_of[p]
            f["entered_inside"] += kind == 0
        f["number_word"] += letters[k][0].isdigit() and text.low[p].isalpha()
        f[_way(kind, p == last + 1 and last >= 0)] += 1
        if letters[k][1].isupper() and text.text[p].isupper():
            f["cased"] += 1
        if last >= 0:
            full, stop = text.skipped(word_of[last], word_of[p])
            f["skipped_words"] += full
            f["skipped_two"] += full > 1
            f["skipped_stop"] += stop
        used.add(k)
        last = p
        _, k, p = best[k][p]
        if p < 0:
            f["last_inner"] = float(kind == 0)
    f["trailing_words"], _ = text.after(word_of[last])
    for j in range(m):
        if j not in used:
            f["missed_digit" if letters[j][0].isdigit() else "missed_letter"] += 1
    count_words = word_of[-1] - word_of[place]
    f["digit_first"] = float(letter)
    f["first_is_initial"] = float(kinds[place] == 2)
    f["words_per_letter"] = max(0.0, count_words / m - 1)
    f["one_word"] = float(count_words == 1)
    f["one_letter"] = float(m == 1)
    f["two_letters"] = float(m == 2)
    f["one_letter_lower"] = float(m == 1 and not text.text[place].isupper())
    f["all_initial"] = float(f["initial"] + f["hyphen"] == m)
    f["short_long"] = float(len(text.low) - place <= m + 1)
    f["trailing_any"] = float(f["trailing_words"] > 0)
    f["missed_any"] = float(f["missed_letter"] > 0)
    for name in ("initial", "hyphen", "run", "inner", "cased"):
        f[name] /= m
    return f


def _way(kind: int, follows: bool) -> str:
    """Return the feature that counts letters matched at this kind of position."""
    if kind:
        return "initial" if kind == 2 else "hyphen"
    return "run" if follows else "inner"


def _start(text: _Window, place: int, f: dict[str, float]) -> int:
    """Return the start of the long form, including an open bracket or a locant (noted in `f`) before it."""
    window, start = text.text, place
    while start and not text.low[start - 1].isspace():
        start -= 1
    if start < place and _LOCANT.match(window[start:place]) and _balanced(window[start:]):
        f["locant"] = 1.0
        return start
    if place and text.low[place - 1] in "([" and not _balanced(window[place:]) and _balanced(window[place - 1 :]):
        return place - 1
    return place


def _runs(best: dict[int, tuple[float, int, int]], word_of: Sequence[int]) -> dict[int, _Run]:
    """Group positions, which `best` holds in order, by word, the last position first."""
    out: dict[int, _Run] = {}
    for p in reversed(best):
        run = out.get(word_of[p])
        if run is None:
            out[word_of[p]] = ([-p], [p])
        else:
            top = run[1][-1]
            run[0].append(-p)
            run[1].append(p if best[p][0] >= best[top][0] else top)
    return out


def _after(run: _Run, p: int) -> int:
    """Return the best position in a word after a given one; -1 if there is none."""
    n = bisect_left(run[0], -p) - 1
    return run[1][n] if n >= 0 else -1


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of the features, their bias, and the minimum accepted probability."""

    weights: tuple[float, ...]
    bias: float
    threshold: float

    def probability(self, features: Sequence[float]) -> float:
        """Compute the probability that an alignment is an abbreviation and its long form."""
        z = self.bias + sum(map(operator.mul, self.weights, features))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


@cache
def shipped_model() -> Model:
    """Load the model of the package."""
    data = json.loads(resources.files("pmcmine.concepts").joinpath("models/abbreviations.json").read_text("utf-8"))
    return Model(tuple(data["weights"][name] for name in FEATURES), data["bias"], data["threshold"])
