"""Define the elements found by the walk over an article."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from pmcmine.jats.dom import Element
from pmcmine.jats.figure_statements import Around
from pmcmine.jats.figures import JatsFigure
from pmcmine.jats.sections import OTHER
from pmcmine.jats.text import Text
from pmcmine.rejects import Reason, Rejected
from pmcmine.text import bounds


class Place(NamedTuple):
    """A position in the article.

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
    """A figure, and the ordinal of its parent figure, or of the group that it is `grouped` in."""

    place: Place
    figure: JatsFigure
    parent: int | None
    grouped: bool = False


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table; `figure` is the ordinal of its image if it is one."""

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


class FoundHeading(NamedTuple):
    """The title of the section at `place`; the titles of `place` end with it."""

    place: Place
    title: str


@dataclass
class Body:
    """The elements found by the walk, in document order.

    `groups` are the ordinals of the figures of a group, by its XML id. `order` lists all elements in the order of the
    article: kind (`heading`, `paragraph`, `figure` or `table`) and ordinal among its kind.
    """

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
    headings: list[FoundHeading] = field(default_factory=list)
    order: list[tuple[str, int]] = field(default_factory=list)
    heading_characters: int = 0

    def add_heading(self, place: Place, title: str) -> None:
        """Add the title of a section.

        Raises:
            Rejected: XML_TOO_LARGE if paths repeat too much.
        """
        self.heading_characters += len(place.path)
        if self.heading_characters > bounds.REPEATED:
            raise Rejected(Reason.XML_TOO_LARGE, f"paths of headings of more than {bounds.REPEATED} characters")
        self.order.append(("heading", len(self.headings)))
        self.headings.append(FoundHeading(place, title))

    def add_paragraph(self, paragraph: FoundParagraph) -> None:
        """Add a paragraph with text."""
        self.order.append(("paragraph", len(self.paragraphs)))
        self.paragraphs.append(paragraph)

    def add_figure(self, figure: FoundFigure) -> None:
        """Add a figure."""
        self.order.append(("figure", len(self.figures)))
        self.figures.append(figure)

    def add_table(self, table: FoundTable) -> None:
        """Add a table."""
        self.order.append(("table", len(self.tables)))
        self.tables.append(table)
