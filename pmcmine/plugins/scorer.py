"""The protocol of scorers: models that `pmcmine score` runs over the rows of a finished release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import pyarrow as pa

from pmcmine.plugins.enricher import Model

__all__ = ["KEYS", "TEXTS", "Item", "Model", "OpenScorer", "ScoreColumn", "Scorer"]

# Tables that can be scored: the key of each, and the column that is its text.
KEYS: Final[Mapping[str, str]] = {"figures": "figure_id", "panels": "panel_id", "paragraphs": "paragraph_id"}
TEXTS: Final[Mapping[str, str]] = {"figures": "caption", "panels": "text", "paragraphs": "text"}


@dataclass(frozen=True, slots=True)
class Item:
    """One row to score.

    Attributes:
        id: its key.
        text: caption or paragraph; None if it has none, or the row is a pointer.
        image: bytes of the image, JPEG or PNG; None if there is none, or the scorer reads no images.
    """

    id: str
    text: str | None = None
    image: bytes | None = None


@dataclass(frozen=True, slots=True)
class ScoreColumn:
    """One column of a score.

    Attributes:
        suffix: added to the name of the score after an underscore; empty for a score of a single column.
        type: Arrow type: a number, or a list of numbers of a fixed length. Use float16 for embeddings.
        meaning: one sentence for readers.
        unit: unit or range of the value.
    """

    suffix: str
    type: pa.DataType
    meaning: str
    unit: str = ""

    def name(self, score: str) -> str:
        """Return the name of the column in a score."""
        stem = score.replace("-", "_")
        return f"{stem}_{self.suffix}" if self.suffix else stem


class OpenScorer(Protocol):
    """A scorer with its model loaded.

    Attributes:
        columns: the columns that it fills.
        model: the model, with the hash of its weights.
        preprocessing: what is done with text and image before the model, in a few words.
    """

    @property
    def columns(self) -> Sequence[ScoreColumn]: ...

    @property
    def model(self) -> Model: ...

    @property
    def preprocessing(self) -> str: ...

    def score(self, items: Sequence[Item]) -> Sequence[Sequence[Any]]:
        """Return a value for each column of each item, in order; None where there is nothing to score.

        Round numbers, and let no item depend on others, so that a rerun gives the same bytes.
        """


class Scorer(Protocol):
    """Opens a model. Registered as an entry point of the group `pmcmine.scorers`, by its name.

    Attributes:
        name: what `pmcmine score --with` calls it.
        meaning: what it computes, in a few words.
        tables: tables whose rows it can score: figures, panels, paragraphs.
        images: whether it reads images.
        options: options that it takes (`--option NAME=VALUE`), with their meanings.
    """

    @property
    def name(self) -> str: ...

    @property
    def meaning(self) -> str: ...

    @property
    def tables(self) -> Sequence[str]: ...

    @property
    def images(self) -> bool: ...

    @property
    def options(self) -> Mapping[str, str]: ...

    def open(self, options: Mapping[str, str]) -> OpenScorer:
        """Load the model.

        Raises:
            PmcmineError: one line, if it is missing or an option is wrong.
        """
