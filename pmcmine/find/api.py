"""Provide `pmcmine.search` and `pmcmine.retrieve`: one call each, without handling indexes and encoders."""

from __future__ import annotations

from os import PathLike
from typing import Any

from pmcmine.find.hits import Hit, Search


def search(
    release: str | PathLike[str],
    text: str | None = None,
    *,
    image: bytes | None = None,
    table: str = "figures",
    where: str | None = None,
    k: int = 20,
    encoders: Any = None,
) -> list[Hit]:
    """Search an indexed release by words, concepts, meaning, and an image.

    Args:
        release: a folder, any fsspec URL of one, or ORG/NAME on the Hub; of remote releases, only ranges of files are
            read.
        text: words, a question, or names of concepts.
        image: bytes of a JPEG or PNG; finds similar figures.
        table: figures or paragraphs.
        where: SQL condition over the columns of the table, its scores and concepts.
        k: maximum number of hits.
        encoders: `classifiers.scorers.queries.encoders()`, or your own functions; without them, only words and concepts
            are searched.

    Raises:
        PmcmineError: one line, if there is no index, or for an invalid condition.
    """
    with Search(release, table, encoders) as found:
        return found(text, image=image, where=where, k=k)


def retrieve(
    release: str | PathLike[str], question: str, *, where: str | None = None, k: int = 8, encoders: Any = None
) -> list[Hit]:
    """Return the paragraphs that match a question, for a language model; `hit.source` gives the origin of each.

    Args:
        release: an indexed release, as for `search`.
        question: words, a question, or names of concepts.
        where: SQL condition over the columns of `paragraphs`, such as concept_below('HP:0002086').
        k: maximum number of paragraphs.
        encoders: as for `search`.

    Raises:
        PmcmineError: one line, if there is no index, or for an invalid condition.
    """
    return search(release, question, table="paragraphs", where=where, k=k, encoders=encoders)
