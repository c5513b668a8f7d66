"""Abbreviations and their long forms: "tumour necrosis factor (TNF)", and the other way round.

Candidates are those of Schwartz and Hearst (PSB 2003): a bracket, and the words before it in the same sentence. The
letters of the short form are aligned with the long form by dynamic programming, and the alignment that a linear model
likes best is taken if it is likelier than not. The model's weights were fitted by
`pmcmine train abbreviations --gold` on the development half of MED1250 (Sohn et al. 2008, BMC Bioinformatics 9:402).
"""

from __future__ import annotations

import json
import math
import operator
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from itertools import islice
from typing import Final

MAX_SHORT: Final = 14
_NEAR: Final = 100_000  # characters around a short form in which it may stand again
MAX_BRACKETS: Final = 10_000  # of one text; more are no prose
_OPEN: Final = {"(": ")", "[": "]"}
_MAX_BRACKET: Final = 300
_STOP: Final = frozenset(
    "type of the a an and in for on to with by or from at as is per via de la du des und der den".split()
)
_NO_START: Final = _STOP - {"type"}
_SENTENCE: Final = re.compile(r"(?:(?<!Corp)(?<!Inc)(?<!Co)[.;:!?]\s+(?=[A-Z])|[;:!?]\s+(?=[(\[])|\n\s*\n|;\s)")
_NO_SHORT: Final = re.compile(
    r"(?:[Ff]igs?|[Ff]igures?|[Tt]ables?|[Rr]efs?|see|e\.?g|i\.?e|cf|vs|n|p|and|or|the|data|ns|not|no|yes|both|"
    r"which|also|mean|"
    r"range|total|left|right|top|bottom|middle|upper|lower|inset|arrows?|arrowheads?|red|green|blue|black|white|grey|"
    r"gray|yellow|open|closed|solid|dashed|dotted|control|n\.?s|[ivx]{2,4}|II|III|IV|VI|\d+|"
    r"\d+(?:\.\d+)?\s?(?:%|mg|g|kg|ml|min|h|s|d|nm|mm|cm|days?|years?|weeks?|"
    r"months?|hours?)?)$",
)
_SHORT: Final = re.compile(r"[^\s]{1,14}(?: [^\s]{1,6}){0,2}$")
_DOTTED: Final = re.compile(r"(?:[A-Za-z]\.){2,5}$")
_NO_DOTTED: Final = frozenset("i.e. e.g. i.v. i.p. s.c. i.m. p.o. s.d. s.e. a.m. p.m.".split())
_LETTER: Final = re.compile(r"[^\W\d_]")
_PART: Final = re.compile(r"[;,:]\s|\s(?:=|or)\s|; ?|(?<=\w)=")
_LEAD: Final = re.compile(
    r"^(?:the|a|an|or|i\.e\.,?|e\.g\.,?|also called|termed|abbreviated(?: as)?|hereafter|named|designated)\s+", re.I
)
_WORD: Final = re.compile(r"[^\s]+")


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """A short form defined in a text; offsets are code points.

    Attributes:
        short: the abbreviation.
        long: what it stands for; with a head shared by several short forms it goes on beyond `long_end`.
        short_start: first code point of the short form.
        short_end: one past its last one.
        long_start: first code point of the long form.
        long_end: one past its last one.
        score: probability that the two belong together.
    """

    short: str
    long: str
    short_start: int
    short_end: int
    long_start: int
    long_end: int
    score: float


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


def _brackets(text: str) -> Iterator[tuple[int, int]]:
    """Places of what stands in brackets, nested ones too."""
    stack: list[tuple[str, int]] = []
    for match in re.finditer(r"[()\[\]]", text):
        c, at = match[0], match.start()
        if c in _OPEN:
            stack.append((c, at))
            if len(stack) > 8:
                del stack[0]
        else:
            while stack:
                opening, start = stack.pop()
                if _OPEN[opening] == c:
                    if at - start - 1 <= _MAX_BRACKET:
                        yield start, at
                    break


def is_short_form(text: str) -> bool:
    """Whether a text may be an abbreviation."""
    if not _SHORT.match(text) or len(text) > MAX_SHORT or not _LETTER.search(text) or _NO_SHORT.match(text):
        return False
    if _DOTTED.match(text):
        return text.lower() not in _NO_DOTTED
    if text[0] in "-=<>±+*/%'\"≥≤~" or any(c in "=<>≤≥" for c in text) or text.endswith((".", "-", "'")):
        return False
    if len(text) == 1:
        return text.isupper()
    if ", " in text or "; " in text:
        return False
    if " " in text:
        return sum(map(str.isupper, text)) >= 2
    if text.isalpha() and text.islower():
        return len(text) <= 6
    return not (text.isalpha() and text[1:].islower() and len(text) > 7)


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


# "Rt", transepithelial resistance; "IFN-gamma", gamma-interferon; "[Ca2+]i", intracellular Ca2+; "E9", ninth day.
_ROTATED: Final = re.compile(
    r"(?:([A-Z]{1,3})([a-z]{1,3}|\d)|([A-Z]{2,5})(-[a-z]{4,7})|(\[[A-Z][A-Za-z0-9+]*\])([a-z]))$"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A short form, the window its long form ends or stands in, and where both are.

    `shared` code points at the window's end are the head that several short forms share: "scanning (SEM) and
    transmission (TEM) electron microscopy".
    """

    short: str
    short_start: int
    window: str
    window_start: int
    reverse: bool
    recurs: bool = False
    shared: int = 0

    def long_form(self, alignment: Alignment) -> str:
        """The long form that an alignment reads."""
        return self.window[alignment.start :].rstrip("\"'”’")

    def alignments(self) -> list[Alignment]:
        """All ways to read it."""
        found = _alignments(self.short, self.window, self.reverse, self.recurs, self.shared > 0)
        turned = _ROTATED.match(self.short)
        if turned:
            letters = "".join(g for g in (*turned.groups()[1::2], *turned.groups()[::2]) if g)
            known = {a.start for a in found}
            more = _alignments(letters, self.window, self.reverse, self.recurs, self.shared > 0)
            found += [Alignment(a.start, (*a.features[:-1], 1.0)) for a in more if a.start not in known]
        return [a for a in found if not (self.reverse and a.start)]


def candidates(text: str) -> Iterator[Candidate]:
    """Places where an abbreviation may be defined."""
    for candidate in _candidates(text):
        at = candidate.short_start
        near = text if len(text) <= 2 * _NEAR else text[max(0, at - _NEAR) : at + _NEAR]
        yield replace(candidate, recurs=True) if _recurs(near, candidate.short) else candidate


def _recurs(text: str, short: str) -> bool:
    """Whether a short form stands in a text more than once, as a word."""
    seen = 0
    at = text.find(short)
    while at >= 0:
        end = at + len(short)
        if not text[at - 1 : at].isalnum() and not text[end : end + 1].isalnum():
            seen += 1
            if seen > 1:
                return True
        at = text.find(short, end)
    return False


def _candidates(text: str) -> Iterator[Candidate]:
    breaks = [0, *(m.end() for m in _SENTENCE.finditer(text)), len(text)]
    b = 0
    for start, end in sorted(islice(_brackets(text), MAX_BRACKETS)):
        while b + 1 < len(breaks) and breaks[b + 1] <= start:
            b += 1
        yield from _forward(text, start, end, breaks[b])
        yield from _reverse(text, start, end, breaks[b])


_CHAIN: Final = re.compile(  # the first group is `,? ?` and 2 to 40 characters, in one way only
    r"(?:(?:[^()\[\].;]{2,40}|[, ][^()\[\].;]{40}|, [^()\[\].;]{40})[(\[][^()\[\]]{1,12}[)\]]){0,6}"
    r",? (?:and|or) [^()\[\].;]{2,40}[(\[][^()\[\]]{1,12}[)\]](?=[ -][a-z])"
)
_HEAD: Final = re.compile(r"[ -]([a-z]{4,}(?: [a-z]{5,})?)")
_BEFORE: Final = re.compile(r"[)\]],? (?:and|or) [^()\[\].;]{2,40}$")


def _shared_heads(text: str, start: int, end: int) -> Iterator[str]:
    """Heads that what stands before the bracket shares with others, one and two words of them."""
    chain = _CHAIN.match(text, end + 1)
    after = chain.end() if chain else end + 1
    if chain is None and not _BEFORE.search(text[max(0, start - 60) : start]):
        return
    head = _HEAD.match(text, after)
    if head:
        words = head[1].split()
        for n in range(1, len(words) + 1):
            if words[0] not in ("were", "was", "and", "with", "from", "have", "that", "which", "using", "after"):
                yield " ".join(words[:n])


def _trim(text: str, start: int) -> tuple[str, int]:
    bare = text.lstrip(" \t\n'\"“‘")
    start += len(text) - len(bare)
    return bare.rstrip(" \t\n'\"”’,"), start


def _forward(text: str, start: int, end: int, sentence: int) -> Iterator[Candidate]:
    """A long form, then the short form in brackets."""
    content, at = text[start + 1 : end], start + 1
    lead = _LEAD.match(content)
    if lead:
        content, at = content[lead.end() :], at + lead.end()
    options = [content]
    parts = _PART.split(content)
    if len(parts) > 1:
        options += [parts[0], parts[-1]]
    for option in options:
        short, place = _trim(option, at)
        if not is_short_form(short):
            continue
        limit = sum(c.isalnum() for c in short)
        before = text[max(sentence, start - 400) : start].rstrip()
        found = list(_WORD.finditer(before))
        take = found[-min(limit + 5, 2 * limit + 2) :]
        if take:
            base = max(sentence, start - 400)
            if option is parts[-1] and len(parts) > 1:
                place = end - len(content) + content.rindex(short)
            window = before[take[0].start() :]
            yield Candidate(short, place, window, base + take[0].start(), False)
            for head in _shared_heads(text, start, end):
                glue = "" if window.endswith("-") else " "
                yield Candidate(short, place, window + glue + head, base + take[0].start(), False, shared=len(head))
        break
    head, comma, tail = content.rpartition(", ")
    short, place = _trim(tail, end - len(tail))
    if comma and " " in head and is_short_form(short) and sum(map(str.isupper, short)) > 1:
        found = list(_WORD.finditer(head))[-2 * len(short) - 2 :]
        yield Candidate(short, place, head[found[0].start() :], at + found[0].start(), False)


def _reverse(text: str, start: int, end: int, sentence: int) -> Iterator[Candidate]:
    """A short form, then the long form in brackets."""
    content, at = text[start + 1 : end], start + 1
    if " " not in content.strip() and len(content) < 9:
        return
    before = text[max(sentence, start - 40) : start].rstrip()
    words = before.split()
    if not words:
        return
    short = words[-1].lstrip("([\"'")
    if not is_short_form(short) or not any(c.isupper() for c in short):
        return
    lead = _LEAD.match(content)
    if lead:
        content, at = content[lead.end() :], at + lead.end()
    part = re.split(r"[;]|, (?=[A-Z\d])|,(?= (?:or|and|n|p|see|e\.g|i\.e)\b)", content, maxsplit=1)[0]
    window, place = _trim(part, at)
    if 0 < len(window.split()) <= 2 * len(short) + 3 and len(window) > len(short) + 2:
        yield Candidate(short, len(text[:start].rstrip()) - len(short), window, place, True)


def score_candidate(candidate: Candidate, model: Model) -> tuple[float, Alignment | None]:
    """The likeliest alignment of a candidate and its probability."""
    top: tuple[float, Alignment | None] = (0.0, None)
    for alignment in candidate.alignments():
        p = model.probability(alignment.features)
        if p > top[0]:
            top = (p, alignment)
    return top


def find_abbreviations(text: str, model: Model | None = None) -> list[Abbreviation]:
    """Abbreviations that a text defines, in its order.

    Args:
        text: a paragraph, caption or abstract.
        model: another model than the shipped one.
    """
    model = model or shipped_model()
    if "(" not in text and "[" not in text:
        return []
    found: list[Abbreviation] = []
    for candidate in candidates(text):
        p, alignment = score_candidate(candidate, model)
        if alignment is None or p < model.threshold:
            continue
        if candidate.shared and found and found[-1].short_start == candidate.short_start and found[-1].score >= p:
            continue
        if found and found[-1].short_start == candidate.short_start:
            found.pop()
        long = candidate.long_form(alignment)
        start = candidate.window_start + alignment.start
        found.append(
            Abbreviation(
                candidate.short,
                long,
                candidate.short_start,
                candidate.short_start + len(candidate.short),
                start,
                start + len(long) - (candidate.shared + 1 if candidate.shared else 0),
                round(p, 4),
            )
        )
    return found
