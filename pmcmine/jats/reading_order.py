"""List the contents of an article in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pmcmine.jats.elements import Body


class Step(NamedTuple):
    """One paragraph, heading, figure or table of an article.

    Attributes:
        kind: `heading`, `paragraph`, `figure` or `table`.
        ordinal: index among those of its kind, from 0.
        row_id: its row; for a heading, `<article_id>/<path>` of its section.
        path: path in the XML.
        section_kind: kind of the section.
        text: text of a heading.
        level: level of a heading, from 1.
    """

    kind: str
    ordinal: int
    row_id: str
    path: str
    section_kind: str
    text: str | None = None
    level: int | None = None


def reading_order(
    body: Body,
    article_id: str,
    paragraph_ids: Sequence[str],
    figure_ids: Sequence[str],
    table_ids: Sequence[str],
) -> tuple[Step, ...]:
    """List the elements found by the walk over an article, in the order of the XML.

    Args:
        body: the elements found.
        article_id: id of the article.
        paragraph_ids: rows of `body.paragraphs`.
        figure_ids: rows of `body.figures`.
        table_ids: rows of `body.tables`.
    """
    steps = []
    for kind, n in body.order:
        if kind == "paragraph":
            place = body.paragraphs[n].place
            steps.append(Step(kind, n, paragraph_ids[n], place.path, place.kind))
        elif kind == "figure":
            place = body.figures[n].place
            steps.append(Step(kind, n, figure_ids[n], place.path, place.kind))
        elif kind == "table":
            place = body.tables[n].place
            steps.append(Step(kind, n, table_ids[n], place.path, place.kind))
        else:
            place, title = body.headings[n]
            steps.append(Step(kind, n, f"{article_id}/{place.path}", place.path, place.kind, title, len(place.titles)))
    return tuple(steps)
