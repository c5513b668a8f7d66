"""Compile a vocabulary from the names of its inputs."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.errors import VocabularyError
from pmcmine.vocabulary.atoms import Atom, Hierarchy, Input
from pmcmine.vocabulary.hashes import PREFIX_MIX, mix_array, token_hash
from pmcmine.vocabulary.normalise import TOKEN, fold, name_key, token_key
from pmcmine.vocabulary.related import RelatedNames, flag_kin
from pmcmine.vocabulary.semantic_types import FINDINGS, GROUPS
from pmcmine.vocabulary.terms import Flag, Level, strictest
from pmcmine.vocabulary.variants import GENERAL, GENERAL_SYNONYMS, adjectives, plain_name, uninverted
from pmcmine.vocabulary.vocabulary import write_vocabulary
from pmcmine.vocabulary.word_classes import STOP, bag, token_class_hash

MAX_NAME = 200  # characters; longer names are sentences and match nothing
MAX_TOKENS = 16
_ANATOMY: Final = frozenset(GROUPS["ANAT"].split())
_GENERAL_LENGTH: Final = 20  # characters of the longest word of general prose, with an ending
_UPPER = re.compile(r"[A-Z]")


@cache
def _general() -> frozenset[str]:
    return frozenset(token_key(w) for w in GENERAL)


@cache
def _general_synonyms() -> frozenset[str]:
    return frozenset(name_key(w) for w in GENERAL_SYNONYMS)


class _Strings:
    """Distinct strings with numbers."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.data = bytearray()
        self.ends = array("Q")

    def number(self, text: str) -> int:
        n = self.numbers.get(text)
        if n is None:
            n = self.numbers[text] = len(self.ends)
            self.data += text.encode("utf-8", "replace")
            self.ends.append(len(self.data))
        return n

    def __getitem__(self, number: int) -> str:
        return self.data[self.ends[number - 1] if number else 0 : self.ends[number]].decode("utf-8", "replace")


def _is_cased(name: str, acronym: bool) -> bool:
    """Check whether a name counts only in its own case: abbreviations and symbols."""
    bare = name.replace("-", "")
    if len(bare) < 3:
        return True
    return " " not in name and len(_UPPER.findall(bare)) >= 2 and (acronym or len(bare) <= 8)


class _Names:
    """Collects names and their keys."""

    def __init__(self) -> None:
        self.strings = _Strings()
        self.hashes = array("Q")
        self.terms = array("I")
        self.names = array("I")
        self.flags = array("H")
        self.prefixes = array("Q")
        self.tokens: dict[str, tuple[int, int]] = {}
        self.longest = 1
        self.bags = _Bags()

    def add(self, name: str, term: int, flags: int) -> None:
        """Add one name, unless it can match nothing."""
        pieces = TOKEN.split(name)[1::2]
        if not pieces or len(pieces) > MAX_TOKENS or len(name) > MAX_NAME:
            return
        if len(pieces) == 1 and (len(pieces[0]) < 2 or fold(pieces[0]) in STOP) and not flags & Flag.CASED:
            return
        if all(p.isdigit() for p in pieces):
            return
        h = 0
        for i, piece in enumerate(pieces):
            both = self.tokens.get(piece)
            if both is None:
                both = self.tokens[piece] = token_hash(token_key(piece))
            h = (h * both[1] + both[0]) & 0xFFFFFFFFFFFFFFFF
            if i + 1 < len(pieces):
                self.prefixes.append(h)
        self.longest = max(self.longest, len(pieces))
        self.hashes.append(h)
        self.terms.append(term)
        self.names.append(self.strings.number(name))
        self.flags.append(flags)

    def forget(self) -> None:
        """Free what only reading needs, before the arrays take its place (a tenth of the peak at 100,000 names)."""
        self.strings.numbers.clear()
        self.tokens.clear()
        self.bags.forget()


class _Bags:
    """Collects names whose words may stand in any order."""

    def __init__(self) -> None:
        self.sums = array("Q")
        self.terms = array("I")
        self.names = array("I")
        self.flags = array("H")
        self.words: set[int] = set()
        self.related = RelatedNames()
        self._hashes: dict[str, int] = {}

    def hash_of(self, token: str) -> int:
        """Hash the class of a token, as `token_class_hash` does."""
        known = self._hashes.get(token)
        if known is None:
            known = self._hashes[token] = token_class_hash(token)
        return known

    def add(self, name: str, number: int, term: int, flags: int) -> None:
        """Add one name, unless it has too few or too many words."""
        if len(name) > MAX_NAME:
            return
        tokens = TOKEN.split(name)[1::2]
        self.related.count(list(map(self.hash_of, tokens)), term)
        words = bag(tokens, self.hash_of)
        if words is None:
            return
        self.words.update(words)
        self.sums.append(sum(words) & 0xFFFFFFFFFFFFFFFF)
        self.terms.append(term)
        self.names.append(number)
        self.flags.append(flags)

    def forget(self) -> None:
        """Free what only reading needs."""
        self.related.forget()
        self._hashes.clear()

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of the vocabulary file, by sum, then level and term."""
        sums, flags = np.frombuffer(self.sums, np.uint64), np.frombuffer(self.flags, np.uint16)
        terms, names = np.frombuffer(self.terms, np.uint32), np.frombuffer(self.names, np.uint32)
        order = np.lexsort((names, terms, flags & 7, sums))
        return {
            "bag_sums": sums[order],
            "bag_term": terms[order],
            "bag_name": names[order],
            "bag_flags": flags[order],
            "bag_words": np.array(sorted(self.words), np.uint64),
        }


class _Terms:
    """Collects terms, and the best name of each concept."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[str | None, str], int] = {}
        self.cui = array("i")
        self.source = array("I")
        self.types = array("H")
        self.vocabulary = array("H")
        self.concept: list[str] = []
        self.best: dict[str, tuple[int, int]] = {}  # concept → (−rank, name)
        self.type_sets: dict[tuple[str, ...], int] = {}

    def number(self, atom: Atom, vocabulary: int, strings: _Strings) -> int:
        known = self.numbers.get((atom.cui, atom.source_id))
        if known is not None:
            return known
        n = self.numbers[atom.cui, atom.source_id] = len(self.cui)
        self.cui.append(int(atom.cui[1:]) if atom.cui else -1)
        self.source.append(strings.number(atom.source_id))
        self.types.append(self.type_sets.setdefault(atom.types, len(self.type_sets)))
        self.vocabulary.append(vocabulary)
        self.concept.append(atom.cui or atom.source_id)
        return n

    def name(self, concept: str, rank: int, name: int) -> None:
        best = self.best.get(concept)
        if best is None or rank > best[0]:
            self.best[concept] = (rank, name)


def compile_vocabulary(
    inputs: Sequence[Input],
    out: Path,
    name: str,
    progress: Callable[[int], None] | None = None,
    derive: bool = True,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Make a vocabulary file; returns its header.

    Args:
        inputs: where the names come from; the first one that names a concept gives its preferred name.
        out: the file.
        name: name of the vocabulary.
        progress: called with the number of names read, now and then.
        derive: form adjectives of the names of parts of the body.
        more: goes into the header, too.

    Raises:
        VocabularyError: if an input is damaged, or nothing can be linked with what they give.
    """
    names, terms = _Names(), _Terms()
    read = 0
    for number, source in enumerate(inputs):
        for atom in source.atoms():
            read += 1
            if progress is not None and read % 50_000 == 0:
                progress(read)
            term = terms.number(atom, number, names.strings)
            text = plain_name(atom.name)
            string = names.strings.number(text)
            rank = (len(inputs) - number) * (1 << 20) + (8 - atom.level if not atom.rank else 8 + atom.rank)
            terms.name(terms.concept[term], rank, string)
            _add(names, atom, text, term, derive)
    if not names.hashes:
        raise VocabularyError(f"no name in {len(inputs)} input(s) can be linked; check the options")
    origins = [source.origin() for source in inputs]
    for i, vocabulary in enumerate(terms.vocabulary):
        if vocabulary >= len(origins):
            raise VocabularyError(f"term {i} has no input")
    header: dict[str, Any] = {
        "name": name,
        "version": "; ".join(f"{o.name} {o.version}" for o in origins),
        "license_class": strictest([o.license_class for o in origins]),
        "origins": [
            {"name": o.name, "version": o.version, "license": o.license, "license_class": o.license_class,
             "sha256": o.sha256}
            for o in origins
        ],
        "longest": names.longest,
        "type_sets": [list(t) for t in terms.type_sets],
        "counts": {
            "names_read": read,
            "terms": len(terms.cui),
            "terms_with_cui": int((np.frombuffer(terms.cui, np.int32) >= 0).sum()),
            "concepts": len(terms.best),
        },
        **(more or {}),
    }  # fmt: skip
    kin = _kin(names, terms)
    names.forget()
    arrays, bits = _arrays(names, terms)
    flag_kin(arrays, kin)
    arrays |= _above(terms, (pair for source in inputs if isinstance(source, Hierarchy) for pair in source.parents()))
    header["bucket_bits"] = bits
    header["counts"]["names"] = len(arrays["posting_term"])
    header["counts"]["keys"] = len(arrays["keys"])
    header["sha256"] = write_vocabulary(out, header, arrays)
    return header


def _kin(names: _Names, terms: _Terms) -> NDArray[Any]:
    """Select the related names that can be trusted (`RelatedNames.trusted`)."""

    def names_of(term: int, name: int) -> tuple[str, str]:
        return names.strings[name], names.strings[terms.best[terms.concept[term]][1]]

    return names.bags.related.trusted(names_of, names.bags.hash_of)


def _above(terms: _Terms, pairs: Iterable[tuple[str, str]]) -> dict[str, NDArray[Any]]:
    """Return the arrays of the hierarchy: pairs of terms; those of terms that are not in the vocabulary are dropped."""
    of: dict[str, int] = {}
    for (cui, source_id), number in terms.numbers.items():
        of.setdefault(source_id, number)
        if cui:
            of.setdefault(cui, number)
    known = array("Q")  # a UMLS release states tens of millions
    for child, parent in pairs:
        below, above = of.get(child), of.get(parent)
        if below is not None and above is not None:
            known.append(below << 32 | above)
    both = np.unique(np.frombuffer(known, np.uint64)) if known else np.zeros(0, np.uint64)
    return {
        "above_child": (both >> np.uint64(32)).astype(np.uint32),
        "above_parent": (both & np.uint64(0xFFFFFFFF)).astype(np.uint32),
    }


def _add(names: _Names, atom: Atom, text: str, term: int, derive: bool) -> None:
    cased = _is_cased(text, atom.acronym)
    # Words of general prose are short: the key of any other name need not be known.
    general = atom.general or (len(text) <= _GENERAL_LENGTH and name_key(text) in _general())
    level, lay, finding = atom.level, atom.lay, not FINDINGS.isdisjoint(atom.types)
    if finding and level == Level.EXACT and len(text) <= _GENERAL_LENGTH and name_key(text) in _general_synonyms():
        general, level, lay = True, Level.RELATED, False  # as an exact synonym a long one would still be linked
    flags = (
        (Flag.GENERAL if general else 0)
        | int(level)
        | (Flag.CASED if cased else 0)
        | (Flag.ACRONYM if atom.acronym else 0)
        | (Flag.LAY if lay else 0)
    )
    names.add(text, term, flags)
    turned = uninverted(text)
    if finding and not flags & (Flag.CASED | Flag.ACRONYM):
        names.bags.add(text, names.strings.number(text), term, flags)
        if atom.level == Level.RELATED and not flags & (Flag.LAY | Flag.GENERAL):
            for said in filter(None, (text, turned)):
                names.bags.related.add(term, names.strings.number(said))
    if turned is not None:
        names.add(turned, term, flags | Flag.INVERTED)
    if derive and atom.level <= Level.EXACT and _ANATOMY.intersection(atom.types):
        for adjective in adjectives(text.lower() if not cased else text):
            names.add(adjective, term, flags | Flag.DERIVED)


def _arrays(names: _Names, terms: _Terms) -> tuple[dict[str, NDArray[Any]], int]:
    keys = mix_array(np.frombuffer(names.hashes, np.uint64))
    term = np.frombuffer(names.terms, np.uint32)
    string = np.frombuffer(names.names, np.uint32)
    flags = np.frombuffer(names.flags, np.uint16)
    # Best names first at each key; a term once for each name.
    order = np.lexsort((string, term, flags & 7, keys))
    keys, term, string, flags = keys[order], term[order], string[order], flags[order]
    same = np.zeros(len(keys), bool)
    same[1:] = (keys[1:] == keys[:-1]) & (term[1:] == term[:-1]) & (string[1:] == string[:-1])
    keys, term, string, flags = keys[~same], term[~same], string[~same], flags[~same]
    distinct, first = np.unique(keys, return_index=True)
    starts = np.append(first, len(keys)).astype(np.uint32)
    bits = max(1, min(24, len(distinct).bit_length() - 1))
    edges = np.searchsorted(distinct >> np.uint64(64 - bits), np.arange((1 << bits) + 1, dtype=np.uint64))
    prefixes = np.unique(np.frombuffer(names.prefixes, np.uint64)) if names.prefixes else np.zeros(0, np.uint64)
    size = max(1024, 1 << (len(prefixes) * 16).bit_length())
    bitmap = np.zeros(size, np.uint8)
    place = (prefixes * np.uint64(PREFIX_MIX)) >> np.uint64(64 - (size.bit_length() - 1))
    bitmap[place] = 1
    best = np.array([terms.best[c][1] for c in terms.concept], np.uint32)
    return {
        "keys": distinct,
        "buckets": edges.astype(np.uint32),
        "starts": starts,
        "posting_term": term,
        "posting_name": string,
        "posting_flags": flags,
        "prefixes": np.packbits(bitmap, bitorder="little"),
        "name_ends": np.frombuffer(names.strings.ends, np.uint64),
        "names": np.frombuffer(bytes(names.strings.data), np.uint8),
        "term_cui": np.frombuffer(terms.cui, np.int32),
        "term_source": np.frombuffer(terms.source, np.uint32),
        "term_preferred": best,
        "term_types": np.frombuffer(terms.types, np.uint16),
        "term_vocabulary": np.frombuffer(terms.vocabulary, np.uint16),
        **names.bags.arrays(),
    }, bits
