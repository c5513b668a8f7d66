"""Find names of findings with their words in another order, in another form, or in a coordination.

"Malformations of the ear" is the "abnormal ear" of a vocabulary, and "ear and limb malformations" names two findings.
The word hashes of a name are summed, in any order, so that every run of words costs one addition and one look-up. A
coordination omits words: its first part is completed by the head at its end, its last part by the head at its
beginning; the text in between must look like a list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.concepts.matcher import JOINED, LAST_SPACE, MARK, SLASH, SPACE, Tokens
from pmcmine.vocabulary.normalise import fold
from pmcmine.vocabulary.variants import GENERAL
from pmcmine.vocabulary.vocabulary import Vocabulary
from pmcmine.vocabulary.word_classes import COORDINATORS, FUNCTION, MAX_CONTENT, STOP, class_hash, word_class

_CACHE: Final = 200_000  # words with a cached class
_LONGEST: Final = 9  # tokens of a match
_CONTENT, _FUNCTION, _COORDINATOR, _STOP, _OTHER = range(5)
_ELEMENTS: Final = 4  # elements of a coordination before its last one
_INNER: Final = 2  # tokens of an element
_MIDDLE: Final = 5  # tokens between a leading head and "and"
_PART: Final = 3  # tokens of the completed part
_HEAD: Final = 2  # tokens of the shared head
_FEW: Final = 3  # function words of a coordination
_MANY: Final = 100  # weight of a stop word in the count of function words

_ADJECTIVAL: Final = ("al", "ar", "ic", "ous", "ive", "ed", "ing", "oid", "ent", "ant")
_RELATIONAL: Final = ("al", "ar", "ary")
_PREDICATIVE: Final = GENERAL | {"abnormal"}  # may end a phrase: "seizures, focal and bilateral"
# Verbs that are nouns only before "of" and "in" ("decrease in weight", "delay of growth").
_DOES: Final = frozenset(
    "increase increases decrease decreases elevate elevates enlarge enlarges impair impairs delay delays shorten "
    "shortens lengthen lengthens thicken thickens widen widens deform deforms elongate elongates reduce reduces "
    "diminish diminishes lowers raise raises damages narrows flattens".split()
)
_ARTICLES: Final = frozenset(("the", "a", "an"))
_ACTS: Final = frozenset("affect affects lack lacks play plays".split())  # after a plural, "anomalies play"
_VERBAL: Final = ("ed", "ing", "ly", "wn", "en")  # endings of words after a phrase: "seen", "detected"

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Loose:
    """Spans with the words of a name.

    Attributes:
        first: index of the first token of each span.
        last: index of the last token.
        entry: first entry of the name in the vocabulary's `bag_sums`.
        own_first: first token of the part that only this name of the coordination has; -1 if there is none.
        own_last: last token of that part; -1 likewise.
    """

    first: Indices
    last: Indices
    entry: Indices
    own_first: Indices
    own_last: Indices

    def places(self) -> Iterator[tuple[int, int, int, int, int]]:
        """Yield the fields of each span."""
        columns = (self.first, self.last, self.entry, self.own_first, self.own_last)
        yield from zip(*(c.tolist() for c in columns), strict=True)


class _Classes(dict[str, int]):
    """Index of each word seen, with the hash of its class and its kind in growing arrays."""

    def __init__(self, words: NDArray[np.uint64]) -> None:
        super().__init__()
        self._known = words
        self.hashes = np.zeros(1024, np.uint64)
        self.kinds = np.zeros(1024, np.int8)

    def __missing__(self, word: str) -> int:
        n = len(self)
        if n >= len(self.hashes):
            self.hashes = np.resize(self.hashes, 2 * n)
            self.kinds = np.resize(self.kinds, 2 * n)
        self.hashes[n], self.kinds[n] = self._look(word)
        self[word] = n
        return n

    def _look(self, word: str) -> tuple[int, int]:
        if len(word) > 60:
            return 0, _OTHER
        plain = fold(word)
        if plain in COORDINATORS:
            return 0, _COORDINATOR
        kind = word_class(word)
        if not kind:
            return 0, _FUNCTION
        if plain in STOP and word != "A":  # a type: "brachydactyly type A1"
            return 0, _STOP
        value = class_hash(kind)
        at = int(np.searchsorted(self._known, np.uint64(value)))
        known = at < len(self._known) and int(self._known[at]) == value
        return (value, _CONTENT) if known else (0, _OTHER)


@dataclass(frozen=True, slots=True)
class _Line:
    """The tokens of several texts, as kinds and sums."""

    kind: NDArray[np.int8]
    sums: NDArray[np.uint64]  # of all tokens before; one more than tokens
    contents: Indices  # of all tokens before; one more than tokens
    run: Indices  # equal within a run of known words
    phrase: Indices  # equal if no sentence or bracket ends in between
    inside: Indices  # words before that a list can't contain; one more than tokens
    begins: NDArray[np.bool_]
    ends: NDArray[np.bool_]
    continues: NDArray[np.bool_]  # a known word follows in the same phrase

    def value(self, at: Indices) -> NDArray[np.uint64]:
        return self.sums[at + 1] - self.sums[at]

    def total(self, first: Indices, last: Indices) -> NDArray[np.uint64]:
        return self.sums[last + 1] - self.sums[first]


class LooseMatcher:
    """Find names of one vocabulary in any word order. Caches words it has seen; not thread-safe."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._classes = _Classes(vocabulary.bag_words)

    def find(self, tokens: Tokens) -> Loose:
        """Find all spans, including overlapping ones; coordinated ones last."""
        none = np.zeros(0, np.int64)
        if len(tokens.words) < 2 or not len(self.vocabulary.bag_sums):
            return Loose(none, none, none, none, none)
        if len(self._classes) > _CACHE:
            self._classes = _Classes(self.vocabulary.bag_words)
        line = self._line(tokens)
        left, right = _coordinators(line, tokens)
        parts = [
            *_runs(line),
            *_shared_at_end(line, tokens, left, right),
            *_shared_at_start(line, tokens, left, right),
        ]
        first, last, sums, own_first, own_last = (np.concatenate(column) for column in zip(*parts, strict=True))
        entry = self.entries(sums)
        hit = np.flatnonzero(entry >= 0)
        return Loose(first[hit], last[hit], entry[hit], own_first[hit], own_last[hit])

    def goes_on(self, tokens: Tokens, first: int, last: int) -> bool:
        """Check whether a span is the beginning of a longer phrase.

        Its last word is an adjective of the next noun ("abnormal digital" in "abnormal digital creases"), or its first
        one is ("abnormal tendon" in "abnormal tendon attachments"). An adjective of a body part never ends a phrase:
        "small intestinal and colonic inflammation" does not name the small intestine.
        """
        if tokens.gap[last] > LAST_SPACE:
            return False
        words = tokens.words
        following = words[last + 1]
        kind = self._classes.kinds[self._classes[following]]
        if kind == _COORDINATOR and last + 2 < len(words) and tokens.gap[last + 1] <= LAST_SPACE:
            both = (words[last].lower(), words[last + 2].lower())
            if any(w in _PREDICATIVE for w in both) or not both[0].endswith(_RELATIONAL):
                return False
            # "Colonic" is an adjective because a noun follows it.
            headed = tokens.gap[last + 2] <= LAST_SPACE and both[1].endswith(_ADJECTIVAL)
            return headed or both[1].endswith(_RELATIONAL)
        if kind not in (_CONTENT, _OTHER):
            return False
        if words[last].lower().endswith(_ADJECTIVAL):
            return True
        modified = words[first].lower().endswith(_ADJECTIVAL) and not words[last].endswith("s")
        return modified and following.isalpha() and not following.lower().endswith(_VERBAL)

    def is_clause(self, tokens: Tokens, first: int, last: int) -> bool:
        """Check whether a word of a span is a verb, so that the span is not a phrase.

        As in "may decrease blood pressure", "reduced the white blood cells" and "heat anomalies play a role": such a
        span describes an action, or belongs to something else.
        """
        words = tokens.words
        head, tail = words[first].lower(), words[last].lower()
        if head in _DOES and tokens.gap[first] == SPACE and fold(words[first + 1]) not in FUNCTION:
            return True
        if head.endswith("ed") and words[first + 1] in _ARTICLES:
            return True
        before = words[last - 1].lower()
        plural = before.endswith("s") and not before.endswith(("us", "ss", "is"))
        return tail == "affecting" or (tail in _ACTS and plural)

    def entries(self, sums: NDArray[np.uint64]) -> Indices:
        """Return the first entry of each sum in the vocabulary, -1 if it has none."""
        known = self.vocabulary.bag_sums
        at = np.searchsorted(known, sums)
        found = np.minimum(at, len(known) - 1)
        out: Indices = np.where(known[found] == sums, found, -1)
        return out

    def _line(self, tokens: Tokens) -> _Line:
        number = np.fromiter(map(self._classes.__getitem__, tokens.words), np.int64, len(tokens.words))
        kind, value = self._classes.kinds[number], self._classes.hashes[number]
        gap = tokens.gap
        blocked = (kind != _CONTENT) & (kind != _FUNCTION)
        new = np.ones(len(number), bool)
        new[1:] = (gap[:-1] > LAST_SPACE) | blocked[1:] | blocked[:-1]
        phrase = np.zeros(len(number), np.int64)
        phrase[1:] = np.cumsum(gap[:-1] > MARK)
        begins = np.ones(len(number), bool)
        begins[1:] = gap[:-1] > JOINED  # "lop-ear deformity" is not "ear deformity"
        return _Line(
            kind,
            np.concatenate([np.zeros(1, np.uint64), np.cumsum(value, dtype=np.uint64)]),
            np.concatenate([[0], np.cumsum(kind == _CONTENT)]),
            np.cumsum(new),
            phrase,
            np.concatenate([[0], np.cumsum((kind == _FUNCTION) + _MANY * (kind == _STOP))]),
            begins & (kind == _CONTENT),
            (gap > JOINED) & (kind == _CONTENT),
            np.append((gap[:-1] <= SPACE) & (kind[1:] == _CONTENT), False),
        )


_Places = tuple[Indices, Indices, NDArray[np.uint64], Indices, Indices]


def _runs(line: _Line) -> Iterator[_Places]:
    """Yield the runs of known words, by length: first and last token, sum, and no part."""
    n = len(line.kind)
    first = np.flatnonzero(line.begins)
    for more in range(1, _LONGEST):
        first = first[first + more < n]
        first = first[line.run[first + more] == line.run[first]]
        if not len(first):
            break
        last = first + more
        contents = line.contents[last + 1] - line.contents[first]
        whole = line.ends[last] & (contents > 1) & (contents <= MAX_CONTENT)
        f, x = first[whole], last[whole]
        none = np.full(len(f), -1, np.int64)
        yield f, x, line.total(f, x), none, none


def _shared_at_end(line: _Line, tokens: Tokens, left: Indices, right: Indices) -> Iterator[_Places]:
    """Yield the spans of "A" in "A and B head", then in "A, B and C head": first, last, sum, and the part "A"."""
    heads = []
    clear = _marks(tokens)
    for inner, head in product(range(1, _INNER + 1), range(1, _HEAD + 1)):
        at, last = right + inner, right + inner + head - 1
        fits = last < len(line.kind)
        a, x, e, r = at[fits], last[fits], left[fits], right[fits]
        # "Nerve" in "tumors, and nerve tumors" is not a head, as another word follows it.
        whole = _are_words(line, a, x) & (line.phrase[e] == line.phrase[x]) & ~line.continues[x]
        whole &= clear[r] == clear[x]  # "ribs and spine, abnormal calcifications" does not mean calcified ribs
        heads.append((a[whole], x[whole], e[whole]))
    at, last, end = (np.concatenate(column) for column in zip(*heads, strict=True))
    marks = np.concatenate([[-1], np.flatnonzero(tokens.gap == MARK)])
    for _ in range(_ELEMENTS):
        for size in range(_PART):
            first = end - size
            some = np.flatnonzero((end >= 0) & (first >= 0))
            f, e, a, x = first[some], end[some], at[some], last[some]
            whole = _are_words(line, f, e) & (line.inside[a] == line.inside[f]) & (line.phrase[f] == line.phrase[x])
            f, e, a, x = f[whole], e[whole], a[whole], x[whole]
            yield f, x, line.total(f, e) + line.total(a, x), f, e
        # An element with the head's word is complete: "anus, hand anomalies, and ear malformations" does not name
        # "anus".
        other = line.value(end) != line.value(last)
        at, last, end = at[other], last[other], end[other]
        previous = marks[np.maximum(np.searchsorted(marks, end) - 1, 0)]  # the end of the previous element
        some = np.flatnonzero((previous >= 0) & (end - previous <= _INNER))
        at, last, end = at[some], last[some], previous[some]


def _shared_at_start(line: _Line, tokens: Tokens, left: Indices, right: Indices) -> Iterator[_Places]:
    """Yield the spans of "B" in "head of A and B" and "head A and B": first, last, sum, and the part that is "B"."""
    parts = []
    for size in range(_PART):
        fits = right + size < len(line.kind)
        b, x, e = right[fits], (right + size)[fits], left[fits]
        whole = _are_words(line, b, x)
        parts.append((b[whole], x[whole], e[whole]))
    part, last, end = (np.concatenate(column) for column in zip(*parts, strict=True))
    clear = _marks(tokens)  # none may be in between
    for inner, head in product(range(1, _MIDDLE + 1), range(1, _HEAD + 1)):
        first, at = end - inner - head + 1, end - inner
        some = np.flatnonzero(first >= 0)
        f, a, b, x = first[some], at[some], part[some], last[some]
        whole = _are_words(line, f, a) & (clear[f] == clear[x])
        between = line.inside[x + 1] - line.inside[a]
        # Function words follow the head; without any, one word is enough: "cleft lip and palate".
        whole &= ((between == 0) & (inner == 1)) | ((between <= _FEW) & (line.kind[a + 1] == _FUNCTION))
        f, a, b, x = f[whole], a[whole], b[whole], x[whole]
        yield f, x, line.total(f, a) + line.total(b, x), b, x


def _marks(tokens: Tokens) -> Indices:
    """Count the marks and ends of phrases before each token; one more than tokens."""
    out: Indices = np.concatenate([[0], np.cumsum(tokens.gap >= MARK)])
    return out


def _are_words(line: _Line, first: Indices, last: Indices) -> NDArray[np.bool_]:
    """Check whether runs are complete, known words, without function words."""
    contents = line.contents[last + 1] - line.contents[first]
    out: NDArray[np.bool_] = line.begins[first] & line.ends[last] & (line.run[first] == line.run[last])
    out &= contents == last - first + 1
    return out


def _coordinators(line: _Line, tokens: Tokens) -> tuple[Indices, Indices]:
    """Return the last tokens before and the first tokens after "and", "or", "and/or", and slashes."""
    n = len(line.kind)
    is_word = line.kind == _COORDINATOR
    at = np.flatnonzero(is_word)
    at = at[(at > 0) & (at < n - 1)]
    left, right = at - 1, at + 1
    left = np.where(is_word[left], left - 1, left)
    right = np.where(is_word[right], right + 1, right)
    fits = (left >= 0) & (right < n)
    slash = np.flatnonzero((tokens.gap[:-1] == SLASH) & ~is_word[:-1] & ~is_word[1:])
    return np.concatenate([left[fits], slash]), np.concatenate([right[fits], slash + 1])
