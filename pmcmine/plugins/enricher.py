"""The protocol of enrichers: classes that add columns to the rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import pyarrow as pa

from schemas.figure import Figure
from schemas.record import arrow_schema, notes_of

__all__ = ["OUR_LICENSE", "Column", "Context", "Enricher", "Model", "Option", "columns_of"]

OUR_LICENSE: Final = "Apache-2.0"  # of the models and rules that come with pmcmine


@dataclass(frozen=True, slots=True)
class Column:
    """A column that an enricher adds.

    Attributes:
        name: name, unique in the table.
        type: Arrow type: a text, number or boolean, or a list of one of them, of any length or of a fixed one.
        meaning: one sentence for readers of the table.
        unit: unit or format of the value.
        empty: when the column is empty; without it, every row has a value.
        values: all values that it can have, if they are a closed set.
        text: whether it repeats text of the article, so that pointers leave it out.
        in_samples: whether the JSON of samples has it, too; or the on/off key that says so.
    """

    name: str
    type: pa.DataType
    meaning: str
    unit: str | None = None
    empty: str | None = None
    values: tuple[str, ...] = ()
    text: bool = False
    in_samples: bool | str = True


@dataclass(frozen=True, slots=True)
class Option:
    """A key of the configuration that an enricher adds: a flag, `--set`, the TOML file or the environment.

    Attributes:
        name: the key.
        type: bool, int, float or str; also such a type or None.
        default: its default.
        meaning: what it sets.
    """

    name: str
    type: Any
    default: Any
    meaning: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model that an enricher uses, as `release.json` states it.

    Attributes:
        name: name.
        trained_on: training data.
        version: version, for rules and for models without a file.
        license: its licence, an SPDX identifier if it has one.
        sha256: hash of its files.
    """

    name: str
    trained_on: str
    version: str = ""
    license: str = ""
    sha256: str = ""

    def stated(self) -> dict[str, str]:
        """Return the fields that are not empty."""
        known = {
            "name": self.name,
            "sha256": self.sha256,
            "version": self.version,
            "license": self.license,
            "trained_on": self.trained_on,
        }
        return {k: v for k, v in known.items() if v}


@dataclass(frozen=True, slots=True)
class EnricherFacts:
    """An enricher that a release was made with, as `release.json` states it.

    Attributes:
        name: name.
        package: package that it is from.
        version: version of the package.
        table: paragraphs, figures or panels.
        columns: the columns that it adds.
    """

    name: str = ""
    package: str = ""
    version: str = ""
    table: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What an enricher gets in addition to its rows.

    Attributes:
        options: all keys of the configuration, by name.
        figures: the article's figures by id, for panels.
        views: pixels, RGB, height × width × 3, longer side at most 768, by figure id; by file name for panels with a
            file of their own. Only of valid images, and only if an enricher that is on asks for pixels.
        pyramids: smaller views of the same images, each made once for all enrichers, under the same names:
            `context.pyramids[figure_id].rgb(256)`; `pmcmine.images.pyramid` lists the sizes.
    """

    options: Mapping[str, Any]
    figures: Mapping[str, Figure] = field(default_factory=dict)
    views: Mapping[str, Any] = field(default_factory=dict)
    pyramids: Mapping[str, Any] = field(default_factory=dict)


class Enricher(Protocol):
    """Adds columns to the rows of one table. Registered as an entry point of the group `pmcmine.enrichers`.

    Attributes:
        table: paragraphs, figures or panels.
        columns: the columns that it adds.
        switch: the on/off key that turns it on: one of `options`, or a key that pmcmine has.
        options: keys of the configuration that it adds.
        pixels: whether it looks at pixels.
    """

    @property
    def table(self) -> str: ...

    @property
    def columns(self) -> Sequence[Column]: ...

    @property
    def switch(self) -> str: ...

    @property
    def options(self) -> Sequence[Option]: ...

    @property
    def pixels(self) -> bool: ...

    def prepare(self, options: Mapping[str, Any]) -> None:
        """Load what it needs, so that a missing model ends a run before it begins.

        Raises:
            PmcmineError: if something is missing or damaged, in one line.
        """

    def models(self, options: Mapping[str, Any]) -> Sequence[Model]:
        """Return its models."""

    def enrich(self, rows: Sequence[Any], context: Context) -> Sequence[Mapping[str, Any]]:
        """Return the values of its columns for each row, in order; a column that is left out is empty."""


def columns_of(record: Any, *names: str) -> tuple[Column, ...]:
    """Return columns that a record class declares, for an enricher that fills them."""
    schema = arrow_schema(record)
    found = []
    for name in names:
        column = schema.field(name)
        notes = notes_of(column)
        found.append(Column(name, column.type, notes["meaning"], notes.get("unit"), notes.get("null")))
    return tuple(found)
