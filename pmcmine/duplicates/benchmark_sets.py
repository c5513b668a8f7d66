"""Benchmark sets as hashes, and what of the corpus they hold.

A set's images become 256-bit fingerprints, its texts hashed word 13-grams (the length of GPT-3's decontamination, Brown
et al. 2020, appendix C). Neither can be turned back, so the artefact may be published with a release and given again
in place of the sets.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.duplicates import shingles
from pmcmine.errors import PmcmineError
from pmcmine.images import fingerprint as pictures
from pmcmine.images.check import check_image
from pmcmine.io.folder import Folder
from pmcmine.io.safe_arrays import read_arrays, read_header
from pmcmine.rejects import Rejected
from pmcmine.release.layout import ARTEFACT
from pmcmine.sources.archives import DAMAGE, BoundedInfo
from pmcmine.text.bounds import IDENTIFIER, clean, shorten
from pmcmine.text.redact import redact

NGRAM: Final = 13
FLAG, DROP = ACTIONS = ("flag", "drop")
_FORMAT: Final = 1
_IMAGES: Final = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".gif", ".bmp", ".webp"})
_TEXTS: Final = frozenset({".txt", ".jsonl", ".json"})
_HAMMING: Final = 26  # of 256 bits
_SAMPLE: Final = 20  # bits of a table: sets are small, and heavily edited copies should be found
_PROPORTION: Final = 1.1
_MAX_IMAGE: Final = 64 << 20
_MAX_PIXELS: Final = 100_000_000
_MAX_TEXT: Final = 64 << 20  # bytes of one text file or member
_MAX_ARTEFACT: Final = 8 << 30
_BATCH: Final = 512


@dataclass(frozen=True, slots=True)
class BenchmarkSet:
    """Contents of one benchmark set.

    Attributes:
        name: of the file or folder.
        images: pictures with a fingerprint.
        unreadable: files that look like images and are none.
        texts: texts of at least `NGRAM` words.
        short_texts: texts that are too short to be looked for.
    """

    name: str
    images: int
    unreadable: int
    texts: int
    short_texts: int


@dataclass(frozen=True)
class Benchmarks:
    """Hashes of benchmark sets.

    Attributes:
        sets: the sets.
        bits: fingerprints, n × 32 uint8.
        proportions: width by height of each, float32.
        image_set: set of each, uint16.
        grams: sorted hashes of 13-grams, uint64; one may stand there for several sets.
        gram_set: set of each, uint16.
    """

    sets: tuple[BenchmarkSet, ...]
    bits: Any
    proportions: Any
    image_set: Any
    grams: Any
    gram_set: Any
    _keys: Any = field(init=False, repr=False)  # keys of the fingerprints' tables, sorted
    _items: Any = field(init=False, repr=False)  # fingerprint of each key

    def __post_init__(self) -> None:
        keys, items = [], []
        for n in range(len(self.bits)):
            found = pictures.tables([pictures.View(1.0, self.bits[n].tobytes(), None)], _SAMPLE)
            keys += found
            items += [n] * len(found)
        order = np.argsort(np.array(keys, np.int64), kind="stable")
        object.__setattr__(self, "_keys", np.array(keys, np.int64)[order])
        object.__setattr__(self, "_items", np.array(items, np.int64)[order])

    def images(self, seen: Sequence[pictures.View]) -> tuple[str, ...]:
        """Find sets that contain a near-duplicate of a picture."""
        keys, items = self._keys, self._items
        wanted = np.array(pictures.tables(seen, _SAMPLE), np.int64)
        low, high = np.searchsorted(keys, wanted), np.searchsorted(keys, wanted, side="right")
        candidates = sorted({int(i) for a, b in zip(low, high, strict=True) for i in items[a:b]})
        found = {int(self.image_set[n]) for n in candidates if any(self._same(n, view) for view in seen)}
        return tuple(self.sets[s].name for s in sorted(found))

    def _same(self, n: int, view: pictures.View) -> bool:
        if not 1 / _PROPORTION < float(self.proportions[n]) / view.proportion < _PROPORTION:
            return False
        return pictures.differing(self.bits[n].tobytes(), view.bits) <= _HAMMING

    def texts(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """Find, for each text, the sets that share a 13-gram with it."""
        if not len(self.grams) or not texts:
            return [()] * len(texts)
        hashes, bounds = shingles.grams(texts, NGRAM)
        low = np.searchsorted(self.grams, hashes)
        hit = low < len(self.grams)
        hit[hit] = self.grams[low[hit]] == hashes[hit]
        out = []
        for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            places = low[a:b][hit[a:b]]
            found = {int(s) for p in places for s in self._sets_of(int(p))}
            out.append(tuple(self.sets[s].name for s in sorted(found)))
        return out

    def _sets_of(self, place: int) -> Iterator[int]:
        gram = self.grams[place]
        while place < len(self.grams) and self.grams[place] == gram:
            yield self.gram_set[place]
            place += 1

    def to_bytes(self) -> bytes:
        """Serialise as a NumPy archive without pickles; the same sets give the same bytes."""
        out = io.BytesIO()
        head = json.dumps({"format": _FORMAT, "ngram": NGRAM, "sets": [asdict(s) for s in self.sets]})
        np.savez(
            out,
            head=np.frombuffer(head.encode(), np.uint8),
            bits=self.bits,
            proportions=self.proportions,
            image_set=self.image_set,
            grams=self.grams,
            gram_set=self.gram_set,
        )
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes, name: str) -> Benchmarks:
        """Load from the bytes of `to_bytes`.

        Raises:
            PmcmineError: if they are no artefact.
        """
        try:
            arrays = read_arrays(data, _MAX_ARTEFACT)
            head = read_header(arrays["head"])
            if head["format"] != _FORMAT or head["ngram"] != NGRAM:
                raise ValueError(f"format {head['format']}, {head['ngram']}-grams")
            sets = tuple(BenchmarkSet(**s) for s in head["sets"])
            made = cls(sets, *(arrays[k] for k in ("bits", "proportions", "image_set", "grams", "gram_set")))
            if made.bits.dtype != np.uint8 or made.bits.ndim != 2 or made.bits.shape[1] * 8 != pictures.BITS:
                raise ValueError("fingerprints of another kind")
            if not len(made.bits) == len(made.proportions) == len(made.image_set):
                raise ValueError("columns of unlike length")
            if made.grams.dtype != np.uint64 or len(made.grams) != len(made.gram_set):
                raise ValueError("n-grams of another kind")
            if any(len(c) and int(c.max()) >= len(sets) for c in (made.image_set, made.gram_set)):
                raise ValueError("a set that is not named")
        except Exception as error:  # noqa: BLE001 - NumPy raises nearly anything on damaged archives
            raise PmcmineError(
                f"{name}: not an artefact of --decontaminate ({type(error).__name__}: {error})"
            ) from None
        return made


class _Collector:
    """Hashes of one set, as its files are read."""

    def __init__(self) -> None:
        self.views: list[pictures.View] = []
        self.grams: list[Any] = []
        self.images = self.unreadable = self.texts = self.short = 0
        self._waiting: list[str] = []

    def image(self, data: bytes) -> None:
        try:
            checked = check_image(data, max_pixels=_MAX_PIXELS, min_side=16, fingerprints=True)
        except Rejected:
            self.unreadable += 1
            return
        self.images += 1
        self.views += checked.fingerprint

    def text(self, text: str) -> None:
        self._waiting.append(text[:_MAX_TEXT])
        if len(self._waiting) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        hashes, bounds = shingles.grams(self._waiting, NGRAM) if self._waiting else (np.zeros(0, np.uint64), [0])
        counts = np.diff(bounds)
        self.texts += int((counts > 0).sum())
        self.short += int((counts == 0).sum())
        self.grams.append(np.unique(hashes))
        self._waiting = []

    def value(self, value: Any, depth: int = 0) -> None:
        """Collect all texts and images in a row of JSON or Parquet."""
        if isinstance(value, str):
            if " " in value.strip():
                self.text(value)
        elif isinstance(value, bytes):
            self.image(value)
        elif isinstance(value, dict) and depth < 8:
            for item in value.values():
                self.value(item, depth + 1)
        elif isinstance(value, list) and depth < 8:
            for item in value:
                self.value(item, depth + 1)


def _read_member(name: str, data: bytes, into: _Collector) -> None:
    """Read one file of a folder or tar, by its suffix."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in _IMAGES:
        into.image(data)
    elif suffix == ".json":
        try:
            into.value(json.loads(data))
        except (ValueError, RecursionError):
            into.unreadable += 1
    elif suffix == ".jsonl":
        for line in data.splitlines():
            if line.strip():
                try:
                    into.value(json.loads(line))
                except (ValueError, RecursionError):
                    into.unreadable += 1
    elif suffix == ".txt":
        for said in data.decode("utf-8", "replace").splitlines():
            if said.strip():
                into.text(said)


def _read_tar(path: Path, into: _Collector) -> None:
    try:
        with tarfile.open(path, "r|*", tarinfo=BoundedInfo) as tar:
            for member in tar:
                tar.members = []  # type: ignore[attr-defined]  # tarfile keeps every header otherwise
                suffix = PurePosixPath(member.name).suffix.lower()
                if not member.isreg() or suffix not in _IMAGES | _TEXTS:
                    continue
                if member.size > _MAX_IMAGE:
                    into.unreadable += 1
                    continue
                stream = tar.extractfile(member)
                if stream is not None:
                    _read_member(member.name, stream.read(), into)
    except (*DAMAGE, Rejected) as error:
        raise PmcmineError(f"{path}: not readable as a tar ({error})") from None


def _read_column(column: Any, into: _Collector) -> None:
    """Read all values of a column; those that Python can't hold, such as invalid UTF-8, count as unreadable."""
    for scalar in column:
        try:
            value = scalar.as_py()
        except (ValueError, OverflowError, LookupError):
            into.unreadable += 1
            continue
        into.value(value)


def _read_parquet(path: Path, into: _Collector) -> None:
    try:
        for batch in pq.ParquetFile(path).iter_batches(_BATCH):
            for column in batch.columns:
                if not pa.types.is_primitive(column.type):  # numbers and dates hold no text
                    _read_column(column, into)
    except (pa.ArrowException, OSError) as error:
        raise PmcmineError(f"{path}: not readable as Parquet ({error})") from None


def _files(path: Path) -> Iterator[Path]:
    wanted = _IMAGES | _TEXTS | {".tar", ".parquet"}
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in wanted and p.is_file())
    if not found:
        raise PmcmineError(f"{path}: no images, .txt, .json, .jsonl, .parquet or .tar in it")
    return iter(found)


def read_benchmarks(paths: Iterable[str]) -> Benchmarks:
    """Hash benchmark sets.

    Args:
        paths: each a folder of images and texts, a WebDataset tar, a Parquet file, a list of texts (.txt, one per line;
            .json; .jsonl), or the artefact of an earlier run.

    Raises:
        PmcmineError: if one of them can't be read, or holds nothing.
    """
    sets: list[BenchmarkSet] = []
    columns: dict[str, list[Any]] = {k: [] for k in ("bits", "proportions", "image_set", "grams", "gram_set")}
    for given in paths:
        path = Path(given)
        try:
            path.lstat()
        except (OSError, ValueError):  # a name that is too long, or holds NUL
            raise PmcmineError(f"--decontaminate {shorten(clean(given), IDENTIFIER)}: no such file or folder") from None
        if path.suffix == ".npz":
            if path.stat().st_size > _MAX_ARTEFACT:
                raise PmcmineError(f"{given}: more than {_MAX_ARTEFACT >> 30} GB")
            known = Benchmarks.from_bytes(path.read_bytes(), given)
            shift = len(sets)
            sets += known.sets
            for name in columns:
                values = getattr(known, name)
                columns[name].append(values + np.uint16(shift) if name.endswith("_set") else values)
            continue
        into = _Collector()
        for file in [path] if path.is_file() else _files(path):
            suffix = file.suffix.lower()
            if suffix == ".tar":
                _read_tar(file, into)
            elif suffix == ".parquet":
                _read_parquet(file, into)
            elif suffix in _IMAGES | _TEXTS:
                try:
                    large = file.stat().st_size > (_MAX_IMAGE if suffix in _IMAGES else 16 * _MAX_TEXT)
                    data = b"" if large else file.read_bytes()
                except OSError as error:
                    raise PmcmineError(f"{clean(str(file))}: can't be read ({error.strerror or error})") from None
                if large:
                    into.unreadable += 1
                else:
                    _read_member(file.name, data, into)
            else:
                raise PmcmineError(f"--decontaminate {given}: give a folder, .tar, .parquet, .txt, .json or .jsonl")
        into.flush()
        if not into.images and not into.texts:
            raise PmcmineError(f"--decontaminate {given}: no image, and no text with at least {NGRAM} words")
        number = len(sets)
        sets.append(BenchmarkSet(clean(redact(path.stem)), into.images, into.unreadable, into.texts, into.short))
        grams = np.unique(np.concatenate(into.grams))
        columns["bits"].append(np.array([list(v.bits) for v in into.views], np.uint8).reshape(-1, pictures.BITS // 8))
        columns["proportions"].append(np.array([v.proportion for v in into.views], np.float32))
        columns["image_set"].append(np.full(len(into.views), number, np.uint16))
        columns["grams"].append(grams)
        columns["gram_set"].append(np.full(len(grams), number, np.uint16))
    joined = {k: np.concatenate(v) for k, v in columns.items()}
    order = np.lexsort((joined["gram_set"], joined["grams"]))
    joined["grams"], joined["gram_set"] = joined["grams"][order], joined["gram_set"][order]
    return Benchmarks(tuple(sets), **joined)


@lru_cache(maxsize=2)
def open_benchmarks(release: str, digest: str) -> Benchmarks:
    """Open the benchmark sets of a run, once per process.

    Raises:
        PmcmineError: if it is not the one that the run began with.
    """
    data = Folder(release).read(ARTEFACT)
    if sha256(data).hexdigest() != digest:
        raise PmcmineError(f"{release}/{ARTEFACT}: differs from the file that the run began with")
    return Benchmarks.from_bytes(data, ARTEFACT)
