"""Names, one by one, as readers of vocabulary formats return them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from pmcmine.vocabulary.terms import Level, Origin


@dataclass(frozen=True, slots=True)
class Atom:
    """One name of one term.

    Attributes:
        source_id: the term's id in its source.
        name: the name as written.
        cui: UMLS concept, None if the source states none.
        level: how the name stands to the term.
        types: semantic types (TUI).
        rank: among the preferred names of one concept the highest rank gives the concept's name.
        acronym: the source calls it an abbreviation.
        general: the source calls the term abstract or uninformative.
        lay: the source calls it a name that laypersons use.
    """

    source_id: str
    name: str
    cui: str | None = None
    level: Level = Level.EXACT
    types: tuple[str, ...] = ()
    rank: int = 0
    acronym: bool = False
    general: bool = False
    lay: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """Options for reading a source.

    Attributes:
        sources: UMLS source abbreviations (SAB); all if empty.
        languages: UMLS languages (LAT).
        types: semantic types (TUI); all if empty.
        suppressed: take suppressed and obsolete names too.
        version: where the source states none.
        related: take names that OBO calls related or broad.
    """

    sources: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset({"ENG"})
    types: frozenset[str] = frozenset()
    suppressed: bool = False
    version: str | None = None
    related: bool = True


class Input(Protocol):
    """One opened input of a vocabulary."""

    def atoms(self) -> Iterator[Atom]:
        """Return its names; reads the input from its start."""

    def origin(self) -> Origin:
        """Describe the input; complete once `atoms` is exhausted."""


@runtime_checkable
class Hierarchy(Protocol):
    """An input that also states which terms are more general than others."""

    def parents(self) -> Iterator[tuple[str, str]]:
        """Yield (term, parent), as source ids or as CUIs; complete once `atoms` is exhausted."""


class Format(Protocol):
    """A format of vocabularies. Registered as an entry point of the group `pmcmine.vocabulary_formats`, by its name.

    Attributes:
        name: name of the format.
    """

    @property
    def name(self) -> str: ...

    def matches(self, path: Path) -> bool:
        """Return whether a file or folder looks like it."""

    def open(self, path: Path, options: Options) -> Input:
        """Open a file or folder.

        Raises:
            VocabularyError: if it is not of the format.
        """


def unstated_version(digest: str) -> str:
    """Return a prefix of the input's hash, as the version of an input that states none."""
    return f"sha256:{digest[:12]}"
