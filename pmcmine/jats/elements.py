"""Elements that the walk over an article finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from pmcmine.jats.dom import Element
from pmcmine.jats.figure_statements import Around
from pmcmine.jats.figures import JatsFigure
from pmcmine.jats.sections import OTHER
from pmcmine.jats.text import Text


class Place(NamedTuple):
    """A place in the article.

    It is a tuple because one is created for each paragraph.
    """

    path: str = ""
    titles: tuple[str, ...] = ()
    kind: str = OTHER
    language: str | None = None
    figure_kind: str = "figure"

    def down(self, step: str) -> Place:
        """Go one step deeper."""
        return self._replace(path=f"{self.path}/{step}" if self.path else step)


class FoundParagraph(NamedTuple):
    """A paragraph with text."""

    place: Place
    flat: Text


@dataclass(frozen=True, slots=True)
class FoundFigure:
    """A figure and the ordinal of the one it is nested in, or of the group that it is `grouped` in."""

    place: Place
    figure: JatsFigure
    parent: int | None
    grouped: bool = False


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table; `figure` is the ordinal of its image where it is one."""

    place: Place
    element: Element
    label: str | None
    caption: tuple[str | None, str | None]
    caption_flats: tuple[tuple[int, Text], ...]
    notes: tuple[Text, ...]
    n_rows: int
    figure: int | None


class FoundAbstract(NamedTuple):
    """An abstract; the paths of its paragraphs begin with `step`."""

    step: str
    kind: str | None
    language: str | None
    title: str | None


@dataclass
class Body:
    """What the walk found, in document order. `groups` are the ordinals of the figures of a group, by its XML id."""

    paragraphs: list[FoundParagraph] = field(default_factory=list)
    empty_paragraphs: list[str] = field(default_factory=list)
    figures: list[FoundFigure] = field(default_factory=list)
    tables: list[FoundTable] = field(default_factory=list)
    titles: list[tuple[Place, Text]] = field(default_factory=list)
    sub_articles: list[Element] = field(default_factory=list)
    seen: set[Element] = field(default_factory=set)
    abstracts: list[FoundAbstract] = field(default_factory=list)
    groups: dict[str, tuple[int, ...]] = field(default_factory=dict)
    around: Around = field(default_factory=dict)
