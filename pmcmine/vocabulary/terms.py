"""Levels, flags, origins and terms of a vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Final

LICENSE_CLASSES: Final = ("open", "attribution", "umls", "restricted")  # the strictest last


class Level(IntEnum):
    """Relation of a name to its concept, best first."""

    PREFERRED = 0
    EXACT = 1
    NARROW = 2
    BROAD = 3
    RELATED = 4


class Flag(IntFlag):
    """What is special about a name; the low three bits hold its `Level`."""

    CASED = 8  # matches only in its own case
    DERIVED = 16  # an adjective formed from the name
    INVERTED = 32  # "neoplasm, lung" turned round
    ACRONYM = 64  # the source says that it is an abbreviation
    GENERAL = 128  # a word of general prose, or a term that its source calls uninformative
    LAY = 256  # a name that laypersons use
    KIN = 512  # called related, and shares an informative word with its concept's own name (`related`)


LEVEL_MASK: Final = 7


@dataclass(frozen=True, slots=True)
class Origin:
    """One input of a vocabulary.

    Attributes:
        name: such as HPO or UMLS.
        version: as the input states it.
        license: what its terms say, in a line.
        license_class: open, attribution, umls or restricted.
        sha256: of the input's bytes.
    """

    name: str
    version: str
    license: str
    license_class: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a vocabulary.

    Attributes:
        number: its row in this vocabulary.
        cui: UMLS concept, None if the source states none.
        source_id: such as UBERON:0000955.
        name: preferred name of the concept.
        types: semantic types (TUI).
        vocabulary: name of the input.
        version: its version.
    """

    number: int
    cui: str | None
    source_id: str
    name: str
    types: tuple[str, ...]
    vocabulary: str
    version: str

    @property
    def concept(self) -> str:
        """What identifies the concept: its CUI, or the source's id."""
        return self.cui or self.source_id


def strictest(classes: Sequence[str]) -> str:
    """Return the strictest licence class."""
    return max(classes, key=LICENSE_CLASSES.index, default="open")
