"""The vocabulary: one file, opened by memory map, shared by all processes of a machine.

Layout: 8 bytes of magic, the format and the header's length as little-endian uint32, a JSON header, then arrays at
multiples of 64 bytes. Names are found by a 64-bit key in a sorted array; the high bits of the key say where to look.
A bitmap of all beginnings of names (at token boundaries) tells where a longer name can still follow, so that the cost
of a text hardly depends on the size of the vocabulary.
"""

from __future__ import annotations

import json
import mmap
import struct
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.errors import UnsafeNameError, VocabularyError
from pmcmine.io.safe_files import open_regular, replacing
from pmcmine.io.safe_names import content_hash
from pmcmine.vocabulary.hashes import PREFIX_MIX
from pmcmine.vocabulary.normalise import NORMALISER
from pmcmine.vocabulary.terms import LICENSE_CLASSES, Origin, Term

MAGIC: Final = b"PMCVOCAB"
FORMAT: Final = 3
_ALIGN: Final = 64
_MAX_BITS: Final = 28
_MAX_HEADER: Final = 64 << 20
_AGAIN: Final = "build it again with `pmcmine vocab build`, or `pmcmine vocab get open`"

ARRAYS: Final[Mapping[str, str]] = {
    "keys": "<u8",  # sorted keys of names
    "buckets": "<u4",  # first key of each range of high bits
    "starts": "<u4",  # first posting of each key; one more than keys
    "posting_term": "<u4",
    "posting_name": "<u4",
    "posting_flags": "<u2",
    "prefixes": "|u1",  # bitmap of the beginnings of names
    "name_ends": "<u8",
    "names": "|u1",
    "term_cui": "<i4",  # number in UMLS notation, -1 where the term has none
    "term_source": "<u4",  # name number of the source id
    "term_preferred": "<u4",  # name number of the preferred name
    "term_types": "<u2",
    "term_vocabulary": "<u2",
    "bag_sums": "<u8",  # sorted; names of findings whose words may stand in any order (`word_classes`)
    "bag_term": "<u4",
    "bag_name": "<u4",
    "bag_flags": "<u2",
    "bag_words": "<u8",  # sorted hashes of the classes of their words
    "above_child": "<u4",  # terms, sorted; with `above_parent` the hierarchy
    "above_parent": "<u4",
}


def _check_header(header: Mapping[str, Any]) -> None:
    """Check the values of a header that a file of others may state.

    Raises:
        ValueError, TypeError, KeyError, UnsafeNameError: if one is not of its kind.
    """
    content_hash(header["sha256"], "hash")
    texts = [header["name"], header["version"], *(v for o in header["origins"] for v in o.values())]
    numbers = [header["longest"], header["bucket_bits"], *header["counts"].values()]
    if not all(isinstance(t, str) for t in texts) or not all(type(n) is int and n >= 0 for n in numbers):
        raise TypeError("header")
    if header["license_class"] not in LICENSE_CLASSES or not 0 < header["bucket_bits"] <= _MAX_BITS:
        raise ValueError("header")
    if not all(isinstance(t, str) for types in header["type_sets"] for t in types):
        raise TypeError("type_sets")


def _rises(values: NDArray[Any], end: int) -> bool:
    """Tell whether numbers never fall and stay below an end."""
    return not len(values) or (int(values[-1]) < end and not bool((values[1:] < values[:-1]).any()))


def _below(values: NDArray[Any], end: int) -> bool:
    """Tell whether all numbers are below an end."""
    return not len(values) or int(values.max()) < end


class Vocabulary:
    """An opened vocabulary. Travels to other processes as its path."""

    def __init__(self, path: str | Path, *, any_rules: bool = False) -> None:
        """Open a vocabulary.

        Args:
            path: its file.
            any_rules: whether it may have been built with other spelling rules, so that it can be described, but
                nothing linked to it.

        Raises:
            VocabularyError: if it is missing, no vocabulary, cut short, or of another format.
        """
        self.path = str(path)
        self._any_rules = any_rules
        try:
            with open_regular(Path(path)) as stream:
                self._map = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        except FileNotFoundError:
            raise VocabularyError(f"{path}: no such vocabulary; download one with `pmcmine vocab get open`") from None
        except (OSError, ValueError) as error:
            raise VocabularyError(f"{path}: can't be read as a vocabulary ({error})") from None
        self.header = self._read_header()
        arrays: dict[str, NDArray[Any]] = {}
        for name, dtype in ARRAYS.items():
            try:
                offset, length = self.header["arrays"][name]
                arrays[name] = np.frombuffer(self._map, dtype, length, offset)
            except (KeyError, TypeError, ValueError):
                raise VocabularyError(f"{path}: truncated or damaged ({name}); build it again") from None
        self.keys = arrays["keys"]
        self.buckets = arrays["buckets"]
        self.starts = arrays["starts"]
        self.posting_term = arrays["posting_term"]
        self.posting_name = arrays["posting_name"]
        self.posting_flags = arrays["posting_flags"]
        self.prefixes = arrays["prefixes"]
        self._name_ends = arrays["name_ends"]
        self._names_at = int(self.header["arrays"]["names"][0])
        self._cui = arrays["term_cui"]
        self._source = arrays["term_source"]
        self._preferred = arrays["term_preferred"]
        self._types = arrays["term_types"]
        self._vocabulary = arrays["term_vocabulary"]
        self.bag_sums = arrays["bag_sums"]
        self.bag_term = arrays["bag_term"]
        self.bag_name = arrays["bag_name"]
        self.bag_flags = arrays["bag_flags"]
        self.bag_words = arrays["bag_words"]
        self._above = (arrays["above_child"], arrays["above_parent"])
        self._terms: dict[int, Term] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "any_rules": self._any_rules}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]  # opened anew, as at first

    def _read_header(self) -> dict[str, Any]:
        start = len(MAGIC) + 8
        if len(self._map) < start or self._map[: len(MAGIC)] != MAGIC:
            raise VocabularyError(f"{self.path}: not a pmcmine vocabulary; build one with `pmcmine vocab build`")
        version, length = struct.unpack("<II", self._map[len(MAGIC) : start])
        if version != FORMAT:
            raise VocabularyError(f"{self.path}: vocabulary format {version}, this pmcmine reads {FORMAT}; {_AGAIN}")
        if length > _MAX_HEADER or start + length > len(self._map):
            raise VocabularyError(f"{self.path}: truncated or damaged (header); build it again")
        try:
            header: dict[str, Any] = json.loads(self._map[start : start + length])
            self.has_these_rules = header["normaliser"] == NORMALISER
            if not (self.has_these_rules or self._any_rules):
                raise VocabularyError(f"{self.path}: built with other spelling rules; {_AGAIN}")
            self.origins = tuple(Origin(**o) for o in header["origins"])
            self.type_sets = tuple(tuple(t) for t in header["type_sets"])
            _check_header(header)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, UnsafeNameError):
            raise VocabularyError(f"{self.path}: truncated or damaged (header); build it again") from None
        return header

    @property
    def name(self) -> str:
        """Name of the vocabulary."""
        return str(self.header["name"])

    @property
    def version(self) -> str:
        """Versions of its inputs."""
        return str(self.header["version"])

    @property
    def sha256(self) -> str:
        """Hash of the content as stated in the header; `verify` computes it."""
        return str(self.header["sha256"])

    @property
    def license_class(self) -> str:
        """The strictest of the inputs' classes."""
        return str(self.header["license_class"])

    @property
    def longest(self) -> int:
        """Tokens of the longest name."""
        return int(self.header["longest"])

    def verify(self) -> bool:
        """Tell whether the content has the hash that the header states."""
        start = len(MAGIC) + 8 + struct.unpack("<I", self._map[len(MAGIC) + 4 : len(MAGIC) + 8])[0]
        digest = sha256()
        with open_regular(Path(self.path)) as stream:  # pages of the map that are read count as memory of the process
            stream.seek(start)
            while block := stream.read(1 << 22):
                digest.update(block)
        return digest.hexdigest() == self.sha256

    def check(self) -> None:
        """Check that the content has the stated hash, and that no number in it points beyond its end.

        Raises:
            VocabularyError: if not.
        """
        if not self.verify():
            raise VocabularyError(f"{self.path}: damaged (its hash differs from the stated one); build it again")
        if not self._is_sound():
            raise VocabularyError(f"{self.path}: damaged (its parts are inconsistent); build it again")
        if hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)

    def _is_sound(self) -> bool:
        n_names, n_postings, n_terms = len(self._name_ends), len(self.posting_term), len(self._cui)
        names_size = int(self.header["arrays"]["names"][1])
        return (
            len(self.buckets) == (1 << int(self.header["bucket_bits"])) + 1
            and len(self.starts) == len(self.keys) + 1
            and len(self.prefixes) > 0
            and {len(self.posting_name), len(self.posting_flags)} == {n_postings}
            and {len(a) for a in (self._source, self._preferred, self._types, self._vocabulary)} == {n_terms}
            and {len(a) for a in (self.bag_term, self.bag_name, self.bag_flags)} == {len(self.bag_sums)}
            and _rises(self.bag_sums, 1 << 64)
            and _rises(self.bag_words, 1 << 64)
            and len(self._above[0]) == len(self._above[1])
            and all(_below(a, n_terms) for a in (self.bag_term, *self._above))
            and _below(self.bag_name, n_names)
            and _rises(self.buckets, len(self.keys) + 1)
            and _rises(self.starts, n_postings + 1)
            and _rises(self._name_ends, names_size + 1)
            and _below(self.posting_term, n_terms)
            and all(_below(a, n_names) for a in (self.posting_name, self._source, self._preferred))
            and _below(self._types, len(self.type_sets))
            and _below(self._vocabulary, len(self.origins))
        )

    def string(self, number: int) -> str:
        """Look up a name by its number."""
        start = int(self._name_ends[number - 1]) if number else 0
        end = int(self._name_ends[number])
        return self._map[self._names_at + start : self._names_at + end].decode("utf-8", "replace")

    def term(self, number: int) -> Term:
        """Look up a term by its number."""
        term = self._terms.get(number)
        if term is None:
            cui = int(self._cui[number])
            origin = self.origins[int(self._vocabulary[number])]
            term = Term(
                number=number,
                cui=f"C{cui:07d}" if cui >= 0 else None,
                source_id=self.string(int(self._source[number])),
                name=self.string(int(self._preferred[number])),
                types=self.type_sets[int(self._types[number])],
                vocabulary=origin.name,
                version=origin.version,
            )
            if len(self._terms) > 200_000:
                self._terms.clear()
            self._terms[number] = term
        return term

    def parents(self) -> Iterator[tuple[Term, Term]]:
        """List the hierarchy as (term, parent), by the number of the term."""
        for child, parent in zip(*(a.tolist() for a in self._above), strict=True):
            yield self.term(child), self.term(parent)

    def names(self) -> Iterator[tuple[str, int, int]]:
        """List all names as (name, term, flags), in the order of their keys."""
        strings: dict[int, str] = {}
        for name, term, flags in zip(
            self.posting_name.tolist(), self.posting_term.tolist(), self.posting_flags.tolist(), strict=True
        ):
            if name not in strings:
                strings[name] = self.string(name)
            yield strings[name], term, flags

    def rows(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return row of each (mixed) key in `keys`, -1 if missing."""
        n = len(keys)
        out = np.full(n, -1, np.int64)
        if not n or not len(self.keys):
            return out
        bucket = (keys >> np.uint64(64 - int(self.header["bucket_bits"]))).astype(np.int64)
        at = self.buckets[bucket].astype(np.int64)
        end = self.buckets[bucket + 1].astype(np.int64)
        alive = np.flatnonzero(at < end)
        at, end, wanted = at[alive], end[alive], keys[alive]
        while len(alive):
            hit = self.keys[at] == wanted
            out[alive[hit]] = at[hit]
            at = at + 1
            more = np.flatnonzero(~hit & (at < end))
            alive, at, end, wanted = alive[more], at[more], end[more], wanted[more]
        return out

    def entries_like(self, entry: int) -> range:
        """Return the entries of `bag_sums` that are equal to this one, the first of them; at most 50."""
        end = entry + 1
        while end < min(len(self.bag_sums), entry + 50) and self.bag_sums[end] == self.bag_sums[entry]:
            end += 1
        return range(entry, end)

    def begins(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Check whether a longer name may begin with what was hashed (unmixed); seldom True without reason."""
        bits = len(self.prefixes) * 8
        place = (hashes * np.uint64(PREFIX_MIX)) >> np.uint64(64 - (bits.bit_length() - 1))
        out: NDArray[np.bool_] = (
            self.prefixes[place >> np.uint64(3)] >> (place & np.uint64(7)).astype(np.uint8)
        ) & 1 != 0
        return out

    def info(self) -> dict[str, Any]:
        """Collect the output of `vocab info`."""
        return {
            "path": self.path,
            "name": self.name,
            "version": self.version,
            "license_class": self.license_class,
            "origins": self.header["origins"],
            "counts": self.header["counts"],
            "bytes": len(self._map),
            "sha256": self.sha256,
            "downloads": self.header.get("downloads", {}),
        }


def write_vocabulary(path: Path, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """Write the file under a temporary name, then rename it; returns the hash of the content."""
    places: dict[str, tuple[int, int]] = {}
    known = dict(header) | {"format": FORMAT, "normaliser": NORMALISER}

    def layout(start: int) -> int:
        at = start
        for name in ARRAYS:
            at = -(-at // _ALIGN) * _ALIGN
            places[name] = (at, len(arrays[name]))
            at += arrays[name].nbytes
        return at

    size = 1024
    while True:  # the header states offsets that depend on its own length
        layout(len(MAGIC) + 8 + size)
        text = json.dumps(known | {"arrays": places, "sha256": "0" * 64}, sort_keys=True).encode()
        if len(text) <= size:
            break
        size = -(-len(text) // 1024) * 1024
    digest = sha256()
    start = len(MAGIC) + 8 + size
    chunks: list[Any] = []
    at = start
    for name, dtype in ARRAYS.items():
        data = np.ascontiguousarray(arrays[name], dtype)
        chunks += [b"\0" * (places[name][0] - at), data.view(np.uint8).data if data.nbytes else b""]
        at = places[name][0] + data.nbytes
    for chunk in chunks:
        digest.update(chunk)
    text = json.dumps(known | {"arrays": places, "sha256": digest.hexdigest()}, sort_keys=True).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as stream:
        stream.write(MAGIC + struct.pack("<II", FORMAT, size) + text.ljust(size))
        for chunk in chunks:
            stream.write(chunk)
    return digest.hexdigest()
