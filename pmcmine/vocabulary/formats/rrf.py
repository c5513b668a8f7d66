"""A UMLS release in Rich Release Format: MRCONSO, MRSTY and, where present, MRRANK, and MRREL or MRHIER.

Columns: UMLS Reference Manual, chapter 3 (https://www.ncbi.nlm.nih.gov/books/NBK9685/).
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from pmcmine.errors import VocabularyError
from pmcmine.vocabulary.atoms import Atom, Options, unstated_version
from pmcmine.vocabulary.formats.origins import ReadInput
from pmcmine.vocabulary.terms import Level, Origin

_CUI = re.compile(r"C\d{7}$")
_MAX_LINE = 1 << 20
# Term types (TTY) that name the concept, abbreviate it, or only touch it.
_PREFERRED = {"PT", "PN", "MH", "HT", "PTN", "PM", "PF", "NM", "LN", "IN", "MTH_PT"}
_ACRONYM = {"AB", "ACR", "AA", "AM", "SSN", "DSV"}
_NARROW = {"ET", "RT", "XM", "LLT", "NA", "XD"}
_LAY = {"CHV", "MEDLINEPLUS"}  # sources of consumers' words
# Whose name a concept gets without MRRANK.RRF, the best last; the order is that of UMLS's own default.
_RANKS = {
    (source, kind): n
    for n, (source, kind) in enumerate((("NCI", "PT"), ("SNOMEDCT_US", "PT"), ("MSH", "MH"), ("MTH", "PN")), 1)
}
_RELEASE = re.compile(r"(20\d\d(?:AA|AB|AC)|20\d\d-\d\d-\d\d)")


def _lines(path: Path, columns: int, digest: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of an RRF file, split.

    Raises:
        VocabularyError: for another number of columns, a cut last line, or bytes that are not UTF-8.
    """
    number = 0
    line = b""
    try:
        with _open(path) as stream:
            while line := stream.readline(_MAX_LINE):
                number += 1
                digest.update(line)
                if not line.endswith(b"\n"):
                    raise VocabularyError(f"{path}, line {number}: truncated")
                fields = line.decode("utf-8").rstrip("\r\n").split("|")
                if len(fields) != columns + 1:
                    raise VocabularyError(f"{path}, line {number}: {len(fields) - 1} columns, {columns} expected")
                yield number, fields
    except UnicodeDecodeError as error:
        raise VocabularyError(f"{path}, line {number}: not UTF-8 ({error.reason})") from None
    except (OSError, EOFError) as error:
        raise VocabularyError(f"{path}, line {number}: not readable ({error})") from None


def _open(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return gzip.open(path)  # type: ignore[return-value]  # GzipFile reads bytes, but is no IO[bytes] to typeshed
    return path.open("rb")


def _find(folder: Path, name: str) -> Path | None:
    for candidate in (folder / name, folder / f"{name}.gz"):
        if candidate.is_file():
            return candidate
    return None


class RrfInput(ReadInput):
    """The META folder of a UMLS release."""

    def __init__(self, folder: Path, options: Options) -> None:
        self.folder = folder
        self.options = options
        self.digest = sha256()
        self.restricted = 0

    def atoms(self) -> Iterator[Atom]:
        """Yield names, as MRCONSO orders them; memory holds the semantic types and ranks only.

        Raises:
            VocabularyError: if a needed file is missing or damaged, or the release is unknown.
        """
        conso = self._need("MRCONSO.RRF")
        self.digest = sha256()
        version = self._version()
        types = self._types()
        ranks = self._ranks()
        options = self.options
        last = ""
        for number, f in _lines(conso, 18, self.digest):
            cui, language, status, kind, preferred = f[0], f[1], f[2], f[4], f[6]
            source, term_type, code, name, suppress = f[11], f[12], f[13], f[14], f[16]
            if not _CUI.match(cui):
                raise VocabularyError(f"{conso}, line {number}: {cui[:20]!r} is not a CUI")
            last = cui
            if language not in options.languages and options.languages:
                continue
            if options.sources and source not in options.sources:
                continue
            if suppress in ("O", "E", "Y") and not options.suppressed:
                continue
            of = types.get(cui, ())
            if options.types and not options.types.intersection(of):
                continue
            if f[15].isdecimal() and f[15].strip("0"):  # a level above 0
                self.restricted += 1
            rank = ranks.get((source, term_type), 0) * 8
            rank += 4 * (status == "P") + 2 * (kind == "PF") + (preferred == "Y")
            if term_type in _PREFERRED:
                level = Level.PREFERRED
            elif term_type in _NARROW:
                level = Level.NARROW
            else:
                level = Level.EXACT
            lay = source in _LAY
            yield Atom(f"{source}:{code}", name, cui, level, of, rank, term_type in _ACRONYM, lay=lay)
        if not last:
            raise VocabularyError(f"{conso}: empty")
        notes = "UMLS Metathesaurus licence; names may not be published without it"
        if self.restricted:
            notes += f"; {self.restricted} names are under further restrictions (SRL 1 to 4, 9)"
        kind = "restricted" if self.restricted else "umls"
        digest = self.digest.hexdigest()
        self._origin = Origin("UMLS", version or unstated_version(digest), notes, kind, digest)

    def parents(self) -> Iterator[tuple[str, str]]:
        """Yield the relations that call a concept the parent of another: of MRREL, or of MRHIER without that file.

        Raises:
            VocabularyError: if the file is damaged.
        """
        related, paths = (_find(self.folder, name) for name in ("MRREL.RRF", "MRHIER.RRF"))
        if related is not None:
            yield from self._related(related)
        elif paths is not None:
            yield from self._on_paths(paths)

    def _related(self, path: Path) -> Iterator[tuple[str, str]]:
        wanted, hidden = self.options.sources, not self.options.suppressed
        for number, f in _lines(path, 16, sha256()):
            if f[3] not in ("PAR", "CHD") or (wanted and f[10] not in wanted) or (hidden and f[14] in ("O", "E", "Y")):
                continue
            if not _CUI.match(f[0]) or not _CUI.match(f[4]):
                raise VocabularyError(f"{path}, line {number}: {f[0][:20]!r} or {f[4][:20]!r} is not a CUI")
            if f[0] != f[4]:  # the second concept of a line is the parent, or child, of the first
                yield (f[0], f[4]) if f[3] == "PAR" else (f[4], f[0])

    def _on_paths(self, path: Path) -> Iterator[tuple[str, str]]:
        """Yield the concept of each line of MRHIER with that of the atom above it."""
        concepts: dict[str, str] = {}
        for _, f in _lines(self._need("MRCONSO.RRF"), 18, sha256()):
            concepts[f[7]] = f[0]
        wanted = self.options.sources
        for number, f in _lines(path, 9, sha256()):
            if not _CUI.match(f[0]):
                raise VocabularyError(f"{path}, line {number}: {f[0][:20]!r} is not a CUI")
            above = concepts.get(f[3])
            if above is not None and above != f[0] and (not wanted or f[4] in wanted):
                yield f[0], above

    def _need(self, name: str) -> Path:
        path = _find(self.folder, name)
        if path is None:
            raise VocabularyError(f"{self.folder}: contains no {name}; give the META folder of a UMLS release")
        return path

    def _version(self) -> str | None:
        if self.options.version:
            return self.options.version
        release = self.folder / "release.dat"
        texts = [str(self.folder.resolve())]
        if release.is_file():
            texts.insert(0, release.read_text("utf-8", "replace")[:10_000])
        for text in texts:
            found = _RELEASE.search(text)
            if found:
                return found[1]
        return None

    def _types(self) -> dict[str, tuple[str, ...]]:
        types: dict[str, tuple[str, ...]] = {}
        shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        for _, f in _lines(self._need("MRSTY.RRF"), 6, self.digest):
            both = tuple(sorted({*types.get(f[0], ()), f[1]}))
            types[f[0]] = shared.setdefault(both, both)
        return types

    def _ranks(self) -> dict[tuple[str, str], int]:
        path = _find(self.folder, "MRRANK.RRF")
        if path is None:
            return _RANKS
        ranks = {}
        for number, f in _lines(path, 4, self.digest):
            if not f[0].isdigit():
                raise VocabularyError(f"{path}, line {number}: {f[0][:20]!r} is not a rank")
            ranks[f[1], f[2]] = int(f[0])
        return ranks


class Rrf:
    """Folders of a UMLS release (RRF)."""

    name = "umls"

    def matches(self, path: Path) -> bool:
        """Return whether a folder holds MRCONSO.RRF."""
        return path.is_dir() and _find(path, "MRCONSO.RRF") is not None

    def open(self, path: Path, options: Options) -> RrfInput:
        """Open the folder of a UMLS release."""
        return RrfInput(path, options)
