"""Compute the features of texts and candidates for the trained linker."""

from __future__ import annotations

import bisect
import math
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import SGDClassifier

_BITS: Final = 18  # of the hashed features of the taggers
_MAX_TOKENS: Final = 14  # of a candidate
TOKEN: Final = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
HOWS: Final = ("exact", "variant", "abbreviation", "fuzzy")


@dataclass(frozen=True, slots=True)
class TokenText:
    """A tokenised document; `names` are vocabulary candidates by (first, last + 1) token."""

    words: list[str]
    keys: list[str]
    starts: list[int]
    ends: list[int]
    names: Mapping[tuple[int, int], tuple[str, float, int]]
    shorts: Mapping[str, str]
    features: NDArray[np.int32]
    gold: list[tuple[int, int, str]]


@dataclass(frozen=True, slots=True)
class NameCounts:
    """Counts of strings and tokens in the training texts."""

    ids: Mapping[str, Counter[str]]
    seen: Counter[str]
    prefixes: frozenset[str]
    inside: Counter[str]
    tokens: Counter[str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run of tokens of a document, `first` to `stop`, that may name a concept."""

    doc: int
    first: int
    stop: int
    id: str


def span_key(keys: Iterable[str]) -> str:
    """Return the key of a run of tokens; hyphens and word separators are ignored."""
    return "".join(k for k in keys if k not in "-‐‑–")


def _hash(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) & ((1 << _BITS) - 1)


def _shape(word: str) -> str:
    if word.isupper():
        return "AA" if len(word) > 1 else "A"
    return "Aa" if word[:1].isupper() else "a"


def token_features(words: Sequence[str], keys: Sequence[str]) -> NDArray[np.int32]:
    """Hash the features of each token: its form, its neighbours."""
    n = len(words)
    rows = []

    def at(j: int) -> str:
        return keys[j] if 0 <= j < n else "<>"

    for j, (word, key) in enumerate(zip(words, keys, strict=True)):
        low = word.lower()
        before = words[j - 1].lower() if j else ""
        after = words[j + 1].lower() if j + 1 < n else ""
        rows.append(
            [
                _hash(f)
                for f in (
                    "bias", f"w={key}", f"a={at(j - 1)}", f"b={at(j + 1)}", f"c={at(j - 2)}", f"d={at(j + 2)}",
                    f"aw={at(j - 1)}|{key}", f"wb={key}|{at(j + 1)}", f"ab={at(j - 1)}|{at(j + 1)}", f"2={low[-2:]}",
                    f"3={low[-3:]}", f"4={low[-4:]}", f"p3={low[:3]}", f"p4={low[:4]}", f"a3={before[-3:]}",
                    f"b3={after[-3:]}", f"n={min(len(word), 8)}", f"s={_shape(word)}", f"al={word.isalpha()}",
                )
            ]
        )  # fmt: skip
    return np.array(rows, np.int32).reshape(n, 19)


def _runs(text: TokenText, prefixes: frozenset[str]) -> Iterable[tuple[int, int, str]]:
    """Find runs of tokens that may be a known string."""
    keys = text.keys
    n = len(keys)
    for a in range(n):
        if keys[a] in "-‐‑–":
            continue
        key = ""
        for b in range(a + 1, min(a + _MAX_TOKENS, n) + 1):
            last = keys[b - 1]
            if last in "-‐‑–":
                continue
            key += last
            if key not in prefixes:
                break
            yield a, b, key


def count_names(texts: Sequence[TokenText], chosen: Iterable[int]) -> NameCounts:
    """Count the names and tokens of the chosen training texts."""
    chosen = list(chosen)
    ids: dict[str, Counter[str]] = defaultdict(Counter)
    prefixes: set[str] = set()
    inside: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    for i in chosen:
        t = texts[i]
        covered = np.zeros(len(t.words), bool)
        for a, b, id_ in t.gold:
            key = span_key(t.keys[a:b])
            if not key:
                continue
            ids[key][id_] += 1
            covered[a:b] = True
            for stop in range(a + 1, b + 1):
                prefixes.add(span_key(t.keys[a:stop]))
        for key, hit in zip(t.keys, covered.tolist(), strict=True):
            tokens[key] += 1
            inside[key] += hit
    seen: Counter[str] = Counter()
    known = frozenset(prefixes)
    for i in chosen:
        for _, _, key in _runs(texts[i], known):
            if key in ids:
                seen[key] += 1
    return NameCounts(dict(ids), seen, known, inside, tokens)


def _matrix(texts: Sequence[TokenText], chosen: Iterable[int]) -> Any:
    rows = np.concatenate([texts[i].features for i in chosen])
    n, width = rows.shape
    places = np.arange(0, n * width + 1, width)
    return sparse.csr_matrix((np.ones(n * width, np.float32), rows.ravel(), places), shape=(n, 1 << _BITS))


def train_taggers(texts: Sequence[TokenText], chosen: Iterable[int]) -> list[Any]:
    """Train taggers for tokens inside a mention, the first one, and the last one."""
    chosen = list(chosen)
    labels = np.zeros((3, sum(len(texts[i].words) for i in chosen)), bool)
    at = 0
    for i in chosen:
        for a, b, _ in texts[i].gold:
            labels[0, at + a : at + b] = True
            labels[1, at + a] = True
            labels[2, at + b - 1] = True
        at += len(texts[i].words)
    x = _matrix(texts, chosen)
    epochs = max(4, min(12, 3_000_000 // max(x.shape[0], 1)))
    return [
        SGDClassifier(loss="log_loss", alpha=3e-6, max_iter=epochs, tol=None, random_state=0, average=True).fit(x, y)
        for y in labels
    ]


def tag_tokens(
    taggers: Sequence[Any], texts: Sequence[TokenText], chosen: Iterable[int]
) -> dict[int, NDArray[np.float64]]:
    """Return the probabilities of the taggers for each token, by text."""
    chosen = [i for i in chosen if texts[i].words]
    out: dict[int, NDArray[np.float64]] = defaultdict(lambda: np.zeros((0, 3)))
    if chosen:
        x = _matrix(texts, chosen)
        p = np.stack([t.predict_proba(x)[:, 1] for t in taggers], 1)
        at = 0
        for i in chosen:
            out[i] = p[at : at + len(texts[i].words)]
            at += len(texts[i].words)
    return out


def add_document_features(
    t: TokenText,
    number: int,
    counts: NameCounts,
    p: NDArray[np.float64],
    rows: list[list[float]],
    candidates: list[Candidate],
) -> None:
    """Append the candidates of a document and their features to `candidates` and `rows`."""
    spans: dict[tuple[int, int], str] = {(a, b): key for a, b, key in _runs(t, counts.prefixes) if key in counts.ids}
    for a, b in t.names:
        spans.setdefault((a, b), span_key(t.keys[a:b]))
    expanded: dict[tuple[int, int], str] = {}
    for j, word in enumerate(t.words):
        long = t.shorts.get(word)
        if long is not None and long in counts.ids:
            expanded[j, j + 1] = long
            spans.setdefault((j, j + 1), span_key(t.keys[j : j + 1]))
    prior = _prior(t, counts, spans)
    of_key = _of_key(spans, p)
    order = sorted(spans)
    for (a, b), key in ((place, spans[place]) for place in order):
        place = (a, b)
        ids = counts.ids.get(key) or Counter()
        name, name_score, how = t.names.get(place, ("", 0.0, -1))
        long = expanded.get(place)
        total = sum(ids.values())
        top, n_top = max(ids.items(), key=lambda item: (item[1], item[0])) if ids else ("", 0)
        if long is not None:
            by_long = counts.ids[long]
            top = max(by_long.items(), key=lambda item: (item[1], item[0]))[0]
        id_ = top or name
        near = [(q, v) for q, v in _overlapping(order, prior, a, b) if q != place]
        longer = max((v for q, v in near if q[0] <= a and q[1] >= b), default=0.0)
        shorter = max((v for q, v in near if q[0] >= a and q[1] <= b), default=0.0)
        crossing = max(
            (v for q, v in near if not (q[0] <= a and q[1] >= b) and not (q[0] >= a and q[1] <= b)), default=0
        )
        rates = [(counts.inside[k] + 0.3) / (counts.tokens[k] + 1) for k in t.keys[a:b]]
        left, right = (t.keys[a - 1] if a else "<>"), (t.keys[b] if b < len(t.keys) else "<>")
        word = t.words[a]
        everywhere = of_key[key]
        rows.append(
            [
                math.log1p(total), math.log1p(counts.seen[key]), (total + 0.5) / (counts.seen[key] + 1),
                n_top / total if total else 0.0, len(ids), b - a, t.ends[b - 1] - t.starts[a], longer, shorter,
                crossing, min(rates), sum(rates) / len(rates),
                (counts.inside[left] + 0.3) / (counts.tokens[left] + 1),
                (counts.inside[right] + 0.3) / (counts.tokens[right] + 1),
                math.log1p(counts.tokens[left]), math.log1p(counts.tokens[right]),
                p[a:b, 0].min(), p[a:b, 0].mean(), p[a, 1], p[b - 1, 2],
                p[a - 1, 0] if a else 0.0, p[b, 0] if b < len(p) else 0.0,
                p[a + 1 : b, 1].max() if b - a > 1 else 0.0, p[b, 1] if b < len(p) else 0.0,
                p[a - 1, 2] if a else 0.0, p[a : b - 1, 2].max() if b - a > 1 else 0.0,
                name_score, how, float(name == id_ and bool(name)), float(long is not None),
                float(word.isupper()), float(word[:1].isupper()), float(word in t.shorts),
                math.log(len(everywhere)), sum(everywhere) / len(everywhere),
            ]
        )  # fmt: skip
        candidates.append(Candidate(number, a, b, id_))


def _of_key(spans: Mapping[tuple[int, int], str], p: NDArray[np.float64]) -> Mapping[str, list[float]]:
    """Return, for each run of words, the probabilities of being inside a mention at each occurrence."""
    of_key: dict[str, list[float]] = defaultdict(list)
    for (a, b), key in spans.items():
        of_key[key].append(float(p[a:b, 0].min()))
    return of_key


def _prior(t: TokenText, counts: NameCounts, spans: Mapping[tuple[int, int], str]) -> dict[tuple[int, int], float]:
    """Return how often the words of each span are a mention in the training texts; otherwise the score of its name."""
    prior: dict[tuple[int, int], float] = {}
    for place, key in spans.items():
        ids = counts.ids.get(key)
        learned = (sum(ids.values()) + 0.5) / (counts.seen[key] + 1) if ids else 0.0
        prior[place] = max(learned, t.names[place][1] if place in t.names and not ids else 0.0)
    return prior


def _overlapping(
    order: Sequence[tuple[int, int]], prior: Mapping[tuple[int, int], float], a: int, b: int
) -> Iterable[tuple[tuple[int, int], float]]:
    at = bisect.bisect_left(order, (a - _MAX_TOKENS, 0))
    while at < len(order) and order[at][0] < b:
        if order[at][1] > a:
            yield order[at], prior[order[at]]
        at += 1
