"""Read a compressed fastText classifier (`.ftz`) and predict with numpy alone.

It stands in for the binding of fastText on a Python that the binding has no wheel for. The file format and the
arithmetic are those of fastText 0.9.2 (`fasttext.cc`, `dictionary.cc`, `quantmatrix.cc`, `productquantizer.cc`,
`loss.cc`; MIT licence): Joulin et al. 2016, "FastText.zip: Compressing text classification models".
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

_MAGIC: Final = 793_712_314
_VERSIONS: Final = (11, 12)
_SUPERVISED: Final = 3
_HIERARCHICAL_SOFTMAX: Final = 1
_SOFTMAX: Final = 3
_CENTROIDS: Final = 256  # a code is one byte
_EOS: Final = b"</s>"
_LABEL: Final = b"__label__"
_SPACES: Final = b" \n\r\t\v\f\0"
_NGRAM_FACTOR: Final = 116_049_371
_EPSILON: Final = 1e-5  # fastText takes log(x + 1e-5)
_CACHED_TOKENS: Final = 1 << 16

Floats = npt.NDArray[np.float32]


class _Reader:
    """Little-endian values one after the other, none beyond the end of the bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def unpack(self, form: str) -> tuple[int, ...]:
        size = struct.calcsize("<" + form)
        return struct.unpack("<" + form, self._take(size))

    def one(self, form: str) -> int:
        return self.unpack(form)[0]

    def array(self, dtype: str, count: int) -> npt.NDArray[np.generic]:
        kind = np.dtype(dtype)
        return np.frombuffer(self._take(kind.itemsize * count), kind)

    def text(self) -> bytes:
        end = self._data.find(b"\0", self._at)
        if end < 0:
            raise ValueError("a name without an end")
        text = self._data[self._at : end]
        self._at = end + 1
        return text

    def _take(self, size: int) -> bytes:
        if size < 0 or self._at + size > len(self._data):
            raise ValueError("the file is cut short")
        self._at += size
        return self._data[self._at - size : self._at]


@dataclass(frozen=True, slots=True)
class _Arguments:
    dim: int
    word_ngrams: int
    loss: int
    bucket: int
    minn: int
    maxn: int


@dataclass(frozen=True)
class Classifier:
    """A supervised fastText model.

    Attributes:
        labels: label of each output, with fastText's prefix `__label__`.
    """

    labels: tuple[str, ...]
    _arguments: _Arguments
    _words: dict[bytes, int]
    _n_words: int
    _kept_buckets: dict[int, int] | None  # None: all are kept
    _inputs: Floats
    _outputs: Floats
    # Which inner nodes of the Huffman tree lie on the way to each label, where it turns left and where right.
    _left: Floats | None
    _right: Floats | None
    _rows_of: Callable[[bytes], tuple[int, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rows_of", lru_cache(_CACHED_TOKENS)(self._token_rows))

    def predict(self, text: str, k: int = 1, threshold: float = 0.0, errors: str = "strict") -> list[tuple[float, str]]:
        """Return the `k` most likely labels of one line, the most likely first.

        Args:
            text: the line; what follows its first line feed is not read.
            k: number of labels, at most.
            threshold: labels that are less likely are left out.
            errors: accepted as the binding accepts it; labels are decoded on loading.
        """
        rows = self._features(text)
        if not rows:
            return []
        hidden = self._inputs[rows].mean(axis=0, dtype=np.float32)
        logits = self._outputs @ hidden
        if self._left is not None and self._right is not None:
            turn = 1.0 / (1.0 + np.exp(-np.clip(logits, -80.0, 80.0)))  # what is beyond overflows 32 bits
            scores = self._left @ np.log(1.0 - turn + _EPSILON) + self._right @ np.log(turn + _EPSILON)
        else:
            powers = np.exp(logits - logits.max())
            scores = np.log(powers / powers.sum() + _EPSILON)
        order = np.argsort(-scores, kind="stable")[:k]
        least = np.log(threshold + _EPSILON)
        return [(float(np.exp(scores[i])), self.labels[i]) for i in order if scores[i] >= least]

    def _features(self, text: str) -> list[int]:
        line = text.encode("utf-8", "replace")
        head, feed, _ = line.partition(b"\n")
        for space in _SPACES[2:]:
            head = head.replace(bytes([space]), b" ")
        tokens = [t for t in head.split(b" ") if t]
        if feed:
            tokens.append(_EOS)
        rows: list[int] = []
        hashes: list[int] = []
        for token in tokens:
            if token.startswith(_LABEL):
                continue
            rows.extend(self._rows_of(token))
            if self._arguments.word_ngrams > 1:
                hashes.append(_signed(_hash(token)))
        self._add_word_ngrams(rows, hashes)
        return rows

    def _token_rows(self, token: bytes) -> tuple[int, ...]:
        known = self._words.get(token)
        rows = [] if known is None else [known]
        if token != _EOS and self._arguments.maxn > 0:
            rows.extend(self._subword_rows(b"<" + token + b">"))
        return tuple(rows)

    def _subword_rows(self, word: bytes) -> list[int]:
        """Return the rows of the character n-grams of a token in its angle brackets."""
        rows: list[int] = []
        starts = [i for i, byte in enumerate(word) if byte & 0xC0 != 0x80]
        ends = [*starts[1:], len(word)]
        for first in range(len(starts)):
            value = 2_166_136_261
            for last in range(first, min(first + self._arguments.maxn, len(starts))):
                value = _hash(word[starts[last] : ends[last]], value)
                n = last - first + 1
                if n >= self._arguments.minn and not (n == 1 and (first == 0 or ends[last] == len(word))):
                    self._add_bucket(rows, value % self._arguments.bucket)
        return rows

    def _add_word_ngrams(self, rows: list[int], hashes: list[int]) -> None:
        for first, start in enumerate(hashes):
            value = start
            for other in hashes[first + 1 : first + self._arguments.word_ngrams]:
                value = (value * _NGRAM_FACTOR + other) & 0xFFFF_FFFF_FFFF_FFFF
                self._add_bucket(rows, value % self._arguments.bucket)

    def _add_bucket(self, rows: list[int], bucket: int) -> None:
        kept = bucket if self._kept_buckets is None else self._kept_buckets.get(bucket)
        if kept is not None:
            rows.append(self._n_words + kept)


def _hash(text: bytes, value: int = 2_166_136_261) -> int:
    """Compute FNV-1a in 32 bits; like fastText, extend the sign of each byte first."""
    for byte in text:
        value = ((value ^ (byte if byte < 0x80 else byte | 0xFFFF_FF00)) * 16_777_619) & 0xFFFF_FFFF
    return value


def _signed(value: int) -> int:
    return (value - (1 << 32) if value >= 1 << 31 else value) & 0xFFFF_FFFF_FFFF_FFFF


def _read_quantizer(reader: _Reader) -> tuple[int, int, int, Floats]:
    dim, n_parts, part, last_part = reader.unpack("iiii")
    if not (0 < dim <= 1 << 16 and n_parts > 0 and part > 0 and part * (n_parts - 1) + last_part == dim):
        raise ValueError("no valid quantizer")
    return n_parts, part, last_part, reader.array("<f4", dim * _CENTROIDS).astype(np.float32)


def _decode(codes: npt.NDArray[np.generic], quantizer: tuple[int, int, int, Floats]) -> Floats:
    """Decode matrix of the centroids that the codes name, one row per row of codes."""
    n_parts, part, last_part, centroids = quantizer
    columns = []
    for i in range(n_parts):
        width = last_part if i == n_parts - 1 else part
        start = i * _CENTROIDS * part
        book = centroids[start : start + _CENTROIDS * width].reshape(_CENTROIDS, width)
        columns.append(book[codes[:, i]])
    return np.concatenate(columns, axis=1)


def _read_matrix(reader: _Reader, quantized: bool) -> Floats:
    if not quantized:
        rows, columns = reader.unpack("qq")
        if rows < 0 or columns <= 0:
            raise ValueError("no valid matrix")
        return reader.array("<f4", rows * columns).astype(np.float32).reshape(rows, columns)
    with_norms = bool(reader.one("?"))
    rows, columns = reader.unpack("qq")
    codes = reader.array("u1", reader.one("i"))
    quantizer = _read_quantizer(reader)
    if rows <= 0 or codes.size != rows * quantizer[0]:
        raise ValueError("no valid matrix")
    matrix = _decode(codes.reshape(rows, -1), quantizer)
    if with_norms:
        norms = reader.array("u1", rows)
        matrix = matrix * _decode(norms.reshape(rows, 1), _read_quantizer(reader))
    if matrix.shape != (rows, columns):
        raise ValueError("no valid matrix")
    return matrix


def _huffman(counts: list[int]) -> tuple[Floats, Floats]:
    """Return the paths to the leaves of the tree that fastText builds from the labels' counts, which fall.

    Returns:
        For each label (row) and inner node (column) 1 where its path turns left, and the same for right.
    """
    n = len(counts)
    weight = [*counts, *[10**15] * (n - 1)]
    parent, is_right = [-1] * (2 * n - 1), [False] * (2 * n - 1)
    leaf, node = n - 1, n
    for new in range(n, 2 * n - 1):
        pair = []
        for _ in range(2):
            if leaf >= 0 and weight[leaf] < weight[node]:
                pair.append(leaf)
                leaf -= 1
            else:
                pair.append(node)
                node += 1
        weight[new] = weight[pair[0]] + weight[pair[1]]
        parent[pair[0]] = parent[pair[1]] = new
        is_right[pair[1]] = True
    left, right = np.zeros((n, n - 1), np.float32), np.zeros((n, n - 1), np.float32)
    for label in range(n):
        at = label
        while parent[at] >= 0:
            (right if is_right[at] else left)[label, parent[at] - n] = 1.0
            at = parent[at]
    return left, right


def read(path: Path) -> Classifier:
    """Load a supervised `.ftz` or `.bin` model with softmax or hierarchical softmax.

    Raises:
        ValueError: if the file is no such model, or is damaged.
    """
    reader = _Reader(path.read_bytes())
    magic, version = reader.unpack("ii")
    if magic != _MAGIC or version not in _VERSIONS:
        raise ValueError("not a fastText model of version 11 or 12")
    dim, _, _, _, _, word_ngrams, loss, model, bucket, minn, maxn, _ = reader.unpack("12i")
    reader.unpack("d")
    if model != _SUPERVISED or loss not in (_SOFTMAX, _HIERARCHICAL_SOFTMAX):
        raise ValueError("not a classifier with (hierarchical) softmax")
    if version == 11:
        maxn = 0  # classifiers of that version know no character n-grams
    size, n_words, n_labels = reader.unpack("iii")
    _, n_kept = reader.unpack("qq")
    words: dict[bytes, int] = {}
    labels: list[str] = []
    counts: list[int] = []
    for i in range(size):
        name = reader.text()
        count, kind = reader.unpack("qb")
        if kind == 0:
            words[name] = i
        else:
            labels.append(name.decode("utf-8", "replace"))
            counts.append(count)
    if len(words) != n_words or len(labels) != n_labels or n_labels < 2:
        raise ValueError("the dictionary's counts don't fit")
    pairs = reader.array("<i4", 2 * max(n_kept, 0)).reshape(-1, 2)
    kept = {int(a): int(b) for a, b in pairs} if n_kept >= 0 else None
    compressed = bool(reader.one("?"))
    inputs = _read_matrix(reader, compressed)
    compressed_outputs = bool(reader.one("?"))
    outputs = _read_matrix(reader, compressed and compressed_outputs)
    n_buckets = bucket if kept is None else len(kept)
    if inputs.shape[1] != dim or outputs.shape != (n_labels, dim) or len(inputs) < n_words + n_buckets:
        raise ValueError("the matrices don't fit the dictionary")
    if kept and not all(0 <= row < n_buckets for row in kept.values()):
        raise ValueError("a kept n-gram lies outside of the matrix")
    left, right = _huffman(counts) if loss == _HIERARCHICAL_SOFTMAX else (None, None)
    # The last row of the outputs belongs to no inner node.
    outputs = outputs[: n_labels - 1] if left is not None else outputs
    arguments = _Arguments(dim, word_ngrams, loss, max(bucket, 1), minn, maxn)
    return Classifier(tuple(labels), arguments, words, n_words, kept, inputs, outputs, left, right)
