"""OBO 1.2 and 1.4 (http://owlcollab.github.io/oboformat/doc/obo-syntax.html), plain, .gz or .zip."""

from __future__ import annotations

import gzip
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from pmcmine.errors import VocabularyError
from pmcmine.vocabulary.atoms import Atom, Options, unstated_version
from pmcmine.vocabulary.formats.origins import ReadInput
from pmcmine.vocabulary.semantic_types import ONTOLOGY_TYPES
from pmcmine.vocabulary.terms import Level, Origin

MAX_BYTES = 4 << 30  # unpacked; the largest OBO file in use (NCBITaxon) is half of it
_MAX_LINE = 1 << 20
_SYNONYM = re.compile(r'"((?:[^"\\]|\\.)*)"\s*([A-Z]*)\s*([^\[\s]*)')
_ESCAPE = re.compile(r"\\(.)")
_LEVELS = {"EXACT": Level.EXACT, "NARROW": Level.NARROW, "BROAD": Level.BROAD, "RELATED": Level.RELATED}
_CUI = re.compile(r"(?:UMLS|UMLS_CUI|UMLS_ICD9CM_2005_AUI|umls):(C\d{7})\b")
_DISCOURAGED = ("obsolete", "deprecated", "dubious", "inconsistent", "misspelling")
_GENERAL = {"upper_level", "non_informative", "grouping_class"}
_PREFIX = re.compile(r"[A-Za-z_]+(?=:)")

# Terms of use from the ontologies' own pages; other ontologies show the terms in their header.
_LICENSES = {
    "HP": (
        "HPO licence: free with attribution and version, unmodified; https://hpo.jax.org/app/license",
        "attribution",
    ),
    "MONDO": ("CC BY 4.0", "attribution"),
    "UBERON": ("CC BY 3.0", "attribution"),
    "CL": ("CC BY 4.0", "attribution"),
    "DOID": ("CC0 1.0", "open"),
    "CHEBI": ("CC BY 4.0", "attribution"),
    "GO": ("CC BY 4.0", "attribution"),
}


NAMES = {"HP": "HPO"}  # of ontologies that are not called as the prefix of their ids
_PHENOTYPES = "HP:0000118"  # phenotypic abnormality; HPO's other branches qualify it


@dataclass
class _Term:
    id: str = ""
    name: str = ""
    synonyms: list[tuple[str, Level, str]] = field(default_factory=list)
    cui: str | None = None
    parents: list[str] = field(default_factory=list)
    obsolete: bool = False
    general: bool = False


class _Hashing:
    """A binary stream that hashes and counts what is read of it."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self.stream = stream
        self.path = path
        self.digest = sha256()
        self.size = 0

    def lines(self) -> Iterator[tuple[int, str]]:
        number = 0
        while line := self.stream.readline(_MAX_LINE):
            number += 1
            self.size += len(line)
            if self.size > MAX_BYTES:
                raise VocabularyError(f"{self.path}: more than {MAX_BYTES >> 30} GB unpacked")
            self.digest.update(line)
            try:
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            except UnicodeDecodeError as error:
                raise VocabularyError(f"{self.path}, line {number}: not UTF-8 ({error.reason})") from None


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as raw:
        start = raw.read(4)
        raw.seek(0)
        if start[:2] == b"\x1f\x8b":
            with gzip.open(raw) as stream:
                yield stream  # type: ignore[misc]  # GzipFile reads bytes, but is no IO[bytes] to typeshed
        elif start == b"PK\x03\x04":
            with zipfile.ZipFile(raw) as archive:
                names = [n for n in archive.namelist() if n.endswith(".obo")]
                if len(names) != 1:
                    raise VocabularyError(f"{path}: contains {len(names)} .obo files; give one")
                with archive.open(names[0]) as stream:
                    yield stream
        else:
            yield raw


class OboInput(ReadInput):
    """One OBO file."""

    def __init__(self, path: Path, options: Options) -> None:
        self.path = path
        self.options = options
        self.header: dict[str, str] = {}
        self.prefixes: dict[str, int] = {}

    def atoms(self) -> Iterator[Atom]:
        """Yield the names of all terms that are not obsolete.

        Raises:
            VocabularyError: if the file is no OBO file, is damaged, or its is_a relation runs in a circle.
        """
        terms: list[_Term] = []
        try:
            with _unpacked(self.path) as stream:
                source = _Hashing(stream, self.path)
                terms.extend(self._terms(source.lines()))
                digest = source.digest.hexdigest()
        except (OSError, EOFError, zipfile.BadZipFile, gzip.BadGzipFile) as error:
            raise VocabularyError(f"{self.path}: truncated or damaged ({error})") from None
        except Exception as error:
            if type(error).__name__ != "error":  # zlib.error has no base of its own
                raise
            raise VocabularyError(f"{self.path}: truncated or damaged ({error})") from None
        parents = {t.id: t.parents for t in terms}
        if not parents:
            raise VocabularyError(f"{self.path}: no [Term] in it; is it an OBO file?")
        circle = find_circle(parents)
        if circle:
            raise VocabularyError(f"{self.path}: is_a has a cycle: {' → '.join(circle[:6])}")
        self._origin = self._state(digest)
        self._parents = parents
        modifiers = _outside(parents, _PHENOTYPES)
        for term in terms:
            for atom in self._atoms(term):
                # "Severity" and "Frequency" are words of every text; their branch qualifies terms of the other.
                yield replace(atom, general=True, lay=False, level=Level.RELATED) if term.id in modifiers else atom

    def parents(self) -> Iterator[tuple[str, str]]:
        """Yield the `is_a` relations."""
        for child, above in self._parents.items():
            yield from ((child, parent) for parent in above)

    def _state(self, digest: str) -> Origin:
        version = self.options.version or self.header.get("data-version") or self.header.get("date")
        version = version or unstated_version(digest)
        prefix = max(self.prefixes, key=self.prefixes.__getitem__, default="")
        name = NAMES.get(prefix, prefix or self.header.get("ontology", self.path.stem))
        stated = self.header.get("license", "")
        text, kind = _LICENSES.get(prefix, (stated or "not stated in the file; check before publishing", "attribution"))
        return Origin(name, version, text, kind, digest)

    def _terms(self, lines: Iterator[tuple[int, str]]) -> Iterator[_Term]:
        stanza = "header"
        term = _Term()
        for number, line in lines:
            if line.startswith("["):
                if stanza == "[Term]" and term.id:
                    yield term
                stanza, term = line.strip(), _Term()
                continue
            if not line or line.startswith("!"):
                continue
            tag, colon, value = line.partition(":")
            if not colon:
                if stanza == "header" and number == 1:
                    raise VocabularyError(f"{self.path}: does not begin like an OBO file")
                continue  # continued lines of free text
            value = value.strip()
            if stanza == "header":
                if tag == "property_value" and "license" in value:
                    self.header.setdefault("license", value.split(" ", 1)[-1].split("xsd:")[0].strip().strip('"'))
                self.header.setdefault(tag, value)
            elif stanza == "[Term]":
                self._tag(term, tag, value, number)
        if stanza == "[Term]" and term.id:
            yield term

    def _tag(self, term: _Term, tag: str, value: str, number: int) -> None:
        if tag == "id":
            term.id = value.split(" ")[0]
            prefix = _PREFIX.match(term.id)
            if prefix:
                self.prefixes[prefix[0]] = self.prefixes.get(prefix[0], 0) + 1
        elif tag == "name":
            term.name = _ESCAPE.sub(r"\1", value)
        elif tag == "synonym":
            match = _SYNONYM.match(value)
            if match is None:
                raise VocabularyError(f"{self.path}, line {number}: a synonym is not in quotes")
            kind = match[3].lower()
            if self.options.suppressed or not kind.startswith(_DISCOURAGED):
                level = _LEVELS.get(match[2], Level.RELATED)
                term.synonyms.append((_ESCAPE.sub(r"\1", match[1]), level, kind))
        elif tag == "xref" and term.cui is None:
            cui = _CUI.match(value)
            if cui:
                term.cui = cui[1]
        elif tag == "is_a":
            term.parents.append(value.split(" ")[0])
        elif tag == "subset":
            term.general |= value.split(" ")[0].removeprefix("ubprop:") in _GENERAL
        elif tag == "is_obsolete":
            term.obsolete = value.startswith("true")

    def _atoms(self, term: _Term) -> Iterator[Atom]:
        if not term.name or (term.obsolete and not self.options.suppressed):
            return
        prefix = _PREFIX.match(term.id)
        types = ONTOLOGY_TYPES.get(prefix[0], ()) if prefix else ()
        if self.options.types and not self.options.types.intersection(types):
            return
        yield Atom(term.id, term.name, term.cui, Level.PREFERRED, types, general=term.general)
        for name, level, kind in term.synonyms:
            if self.options.related or level <= Level.NARROW:
                acronym, lay = kind.startswith("abbreviation"), kind.startswith("layperson")
                yield Atom(term.id, name, term.cui, level, types, 0, acronym, term.general, lay)


def _outside(parents: dict[str, list[str]], root: str) -> set[str]:
    """Return terms that do not descend from the root; none if the ontology has no such root."""
    if root not in parents:
        return set()
    inside = {root: True}
    for start in parents:
        path = [start]
        while path:
            at = path[-1]
            above = [p for p in parents.get(at, ()) if p not in inside]
            if at in inside or not above:
                inside.setdefault(at, any(inside[p] for p in parents.get(at, ())))
                path.pop()
            else:
                path.append(above[0])
    return {t for t in parents if not inside[t]}


def find_circle(parents: dict[str, list[str]]) -> list[str] | None:
    """Find a cycle in a relation; None if there is none."""
    done: set[str] = set()
    for root in parents:
        if root in done:
            continue
        path: list[str] = [root]
        on_path = {root}
        waiting: list[Any] = [iter(parents[root])]
        while waiting:
            above = next(waiting[-1], None)
            if above is None:
                waiting.pop()
                last = path.pop()
                on_path.discard(last)
                done.add(last)
            elif above in on_path:
                return [*path[path.index(above) :], above]
            elif above in parents and above not in done:
                path.append(above)
                on_path.add(above)
                waiting.append(iter(parents[above]))
    return None


class Obo:
    """OBO files, compressed or not."""

    name = "obo"

    def matches(self, path: Path) -> bool:
        """Return whether a file's name ends in .obo, .obo.gz or .obo.zip."""
        return path.is_file() and path.name.lower().removesuffix(".gz").removesuffix(".zip").endswith(".obo")

    def open(self, path: Path, options: Options) -> OboInput:
        """Open an OBO file."""
        return OboInput(path, options)
