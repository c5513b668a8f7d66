"""Letters of a short form in the words before it: alignments, their features and the shipped model."""

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
    """One way to find the letters of a short form in a long form that starts at `start` of the window."""

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
    """Whether all brackets in a text are closed and opened there."""
    depth = 0
    for c in text:
        if c in "([":
            depth += 1
        elif c in ")]":
            depth -= 1
            if depth < 0:
                return False
    return depth == 0


_STARTS: Final = re.compile(r"[\W\d_]+")
_LOCANT: Final = re.compile(r"^(?:[\d,'′()+/\[\]-]|[a-zA-Zα-ω]\b(?=[-()\d,'])|bis|di|tri|beta-|alpha-|gamma-)+$")


def _alignments(
    short: str, window: str, reverse: bool = False, recurs: bool = False, shared: bool = False
) -> list[Alignment]:
    """The best alignment for each place at which the long form may begin."""
    letters = [(c.lower(), c) for c in short if c.isalnum()]
    if not letters:
        return []
    low = window.lower()
    first = letters[0][0]
    if first.isalpha() and not any(w.startswith(first) for w in _STARTS.split(low)):
        return []
    n = len(low)
    # Kind of each position: 2 starts a word, 1 follows a hyphen or the like, 0 inside.
    kinds = bytearray(n)
    for i, c in enumerate(low):
        if c.isalnum():
            before = low[i - 1] if i else " "
            if before.isspace() or (before in "([\"'“‘" and (i < 2 or not low[i - 2].isalnum())):
                kinds[i] = 2
            elif not before.isalnum() or before.isdigit() != c.isdigit():
                kinds[i] = 1
    word_of = [0] * (n + 1)
    words: list[str] = []
    count = -1
    for i in range(n):
        if not low[i].isspace() and (i == 0 or low[i - 1].isspace()):
            count += 1
            words.append("")
        if not low[i].isspace():
            words[count] += low[i]
        word_of[i] = max(count, 0)
    word_of[n] = count + 1
    content = [0.0 if w.strip("(),.;") in _STOP else 1.0 for w in words]
    sums = [0.0]
    for v in content:
        sums.append(sums[-1] + v)

    def skipped(a: int, b: int) -> tuple[float, float]:
        """Content words and stop words strictly between two words."""
        if b - a <= 1:
            return 0.0, 0.0
        full = sums[b] - sums[a + 1]
        return full, (b - a - 1) - full

    m = len(letters)
    places = [
        [
            i
            for i in range(n)
            if (low[i] == c and (kinds[i] or k))
            or (kinds[i] and c.isdigit() and low.startswith(_NUMBER_WORDS.get(c, ()), i))
        ]
        for k, (c, _) in enumerate(letters)
    ]
    # best[k][p]: (score, next k, next p) of aligning letters k… with letter k at p
    best: list[dict[int, tuple[float, int, int]]] = [{} for _ in range(m)]
    # runs[k]: by word, from its last place to the first, (place, best place from there on in it)
    runs: list[dict[int, list[tuple[int, int]]]] = [{} for _ in range(m)]

    def farther(word: int, j: int, lost: float) -> tuple[float, int]:
        """Score and place of letter j in the best later word; all places of a word cost the same to go to."""
        top = (-1e9, -1)
        for other in range(word + 1, count + 1):
            run = runs[j].get(other)
            if run is not None:
                full, stop = skipped(word, other)
                s = best[j][run[-1][1]][0] - lost - 1.6 * full - 0.15 * stop
                if s > top[0]:
                    top = (s, run[-1][1])
        return top

    for k in range(m - 1, -1, -1):
        digit = letters[k][0].isdigit()
        # What remains of the letters at the end is missed.
        missed = sum(0.7 if letters[j][0].isdigit() else 2.5 for j in range(k + 1, m))
        known: dict[tuple[int, int], tuple[float, int]] = {}
        for p in places[k]:
            gain = (0.4, 1.2, 2.0)[kinds[p]]
            top: tuple[float, int, int] = (-1e9, -1, -1)
            if missed <= 2.5:  # the end: what remains of the words is skipped
                full, stop = skipped(word_of[p], word_of[n])
                top = (-missed - 1.6 * full - 0.4 * stop, -1, -1)
            for step in (1, 2):
                j = k + step
                if j >= m:
                    break
                lost = 0.0 if step == 1 else (0.7 if letters[k + 1][0].isdigit() else 2.5)
                follow = best[j].get(p + 1)
                if follow is not None and follow[0] - lost + 0.8 > top[0]:
                    top = (follow[0] - lost + 0.8, j, p + 1)
                word = word_of[p]
                run = runs[j].get(word)
                q = -1 if run is None else _after(run, p)
                if q >= 0 and best[j][q][0] - lost > top[0]:
                    top = (best[j][q][0] - lost, j, q)
                far = known.get((step, word))
                if far is None:
                    far = known[step, word] = farther(word, j, lost)
                if far[0] > top[0]:
                    top = (far[0], j, far[1])
            if top[0] > -1e8:
                best[k][p] = (top[0] + gain - (0.2 if digit and not kinds[p] else 0.0), top[1], top[2])
        runs[k] = _runs(best[k], word_of)
    found = []
    starts: list[tuple[int, int]] = [(0, p) for p in best[0] if kinds[p]]
    if m > 1 and (letters[0][0].isdigit()):
        starts += [(1, p) for p in best[1] if kinds[p] == 2]
    for k0, p0 in starts:
        f = dict.fromkeys(FEATURES, 0.0)
        k, p, last = k0, p0, -1
        used = set()
        entered = -1
        while p >= 0:
            kind = kinds[p]
            if word_of[p] != entered:
                entered = word_of[p]
                f["entered_inside"] += kind == 0
            f["number_word"] += letters[k][0].isdigit() and low[p].isalpha()
            if kind == 2:
                f["initial"] += 1
            elif kind == 1:
                f["hyphen"] += 1
            elif p == last + 1 and last >= 0:
                f["run"] += 1
            else:
                f["inner"] += 1
            if letters[k][1].isupper() and window[p].isupper():
                f["cased"] += 1
            if last >= 0:
                full, stop = skipped(word_of[last], word_of[p])
                f["skipped_words"] += full
                f["skipped_two"] += full > 1
                f["skipped_stop"] += stop
            used.add(k)
            last = p
            _, k_next, p_next = best[k][p]
            if p_next < 0:
                f["last_inner"] = float(kind == 0)
            k, p = k_next, p_next
        full, _ = skipped(word_of[last], word_of[n])
        f["trailing_words"] = full
        for k in range(m):
            if k not in used:
                f["missed_digit" if letters[k][0].isdigit() else "missed_letter"] += 1
        f["digit_first"] = float(k0)
        f["first_is_initial"] = float(kinds[p0] == 2)
        count_words = word_of[n] - word_of[p0]
        f["words_per_letter"] = max(0.0, count_words / m - 1)
        first_word = words[word_of[p0]] if words else ""
        f["leading_stop"] = float(first_word in _STOP)
        f["one_letter"] = float(m == 1)
        f["lower_short"] = float(short.islower())
        f["all_initial"] = float(f["initial"] + f["hyphen"] == m)
        f["reverse"] = float(reverse)
        f["short_long"] = float(n - p0 <= m + 1)
        start = p0
        while start and not low[start - 1].isspace():
            start -= 1
        if start < p0 and _LOCANT.match(window[start:p0]) and _balanced(window[start:]):
            f["locant"] = 1.0
        else:
            start = p0
            if start and low[start - 1] in "([" and not _balanced(window[start:]) and _balanced(window[start - 1 :]):
                start -= 1
        long = window[start:].rstrip("\"'”’")
        if not _balanced(long) or long.lower() == short.lower() or first_word in _NO_START:
            continue
        f["comma"] = float(len(re.findall(r"[,;:] ", long)))
        f["contains"] = float(short.lower() in long.lower())
        f["recurs"] = float(recurs)
        f["shared"] = float(shared)
        f["two_letters"] = float(m == 2)
        f["trailing_any"] = float(f["trailing_words"] > 0)
        f["one_letter_lower"] = float(m == 1 and not window[p0].isupper())
        f["one_word"] = float(count_words == 1)
        f["missed_any"] = float(f["missed_letter"] > 0)
        f["long_capital"] = float(long[:1].isupper() and k0 == 0 and short[:1].isupper())
        for name in ("initial", "hyphen", "run", "inner", "cased"):
            f[name] /= m
        found.append(Alignment(start, tuple(f[name] for name in FEATURES)))
    return found


def _runs(best: dict[int, tuple[float, int, int]], word_of: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
    """Group places by word, the last place first, each with the first best place from there on in its word."""
    out: dict[int, list[tuple[int, int]]] = {}
    for p in sorted(best, reverse=True):
        run = out.setdefault(word_of[p], [])
        top = run[-1][1] if run else p
        run.append((p, p if best[p][0] >= best[top][0] else top))
    return out


def _after(run: Sequence[tuple[int, int]], p: int) -> int:
    """Return the best place of a word after a place in it; -1 if there is none."""
    n = bisect_left(run, -p, key=lambda place: -place[0]) - 1
    return run[n][1] if n >= 0 else -1


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of the features, their bias, and the least probability that is taken."""

    weights: tuple[float, ...]
    bias: float
    threshold: float

    def probability(self, features: Sequence[float]) -> float:
        """Probability that an alignment is an abbreviation and its long form."""
        z = self.bias + sum(map(operator.mul, self.weights, features))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


@cache
def shipped_model() -> Model:
    """The model that comes with the package."""
    data = json.loads(resources.files("pmcmine.concepts").joinpath("models/abbreviations.json").read_text("utf-8"))
    return Model(tuple(data["weights"][name] for name in FEATURES), data["bias"], data["threshold"])
