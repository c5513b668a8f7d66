"""Run the enabled enrichers over the rows of an article.

They are found by entry point (`pmcmine.plugins`): the library does not know the classifiers; they know it. Each sees
the columns of earlier ones: pmcmine's own run first, then those of other packages, in the order of their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa

from pmcmine._version import __version__
from pmcmine.concepts import stated as concepts
from pmcmine.config import MineConfig
from pmcmine.errors import PluginError, PmcmineError
from pmcmine.images.pyramid import BASE, Pyramid
from pmcmine.panels import networks as letters
from pmcmine.panels import stated as panels
from pmcmine.plugins.enricher import Column, Context, EnricherFacts, Model
from pmcmine.plugins.enrichers import SAMPLES, enricher_of, extra_columns, field_of, installed
from pmcmine.plugins.load import OWN, Plugin, nearest
from pmcmine.rejects import Rejected
from schemas import TABLES, Table, arrow_schema
from schemas.figure import Figure
from schemas.panel import Panel
from schemas.paragraph import Paragraph
from schemas.sample import ASSEMBLED

SWITCHES: Final = ("classify", "languages", "image_kinds", "privacy")
_Row = TypeVar("_Row", Figure, Panel, Paragraph)


def _on(config: MineConfig, table: str | None = None) -> list[Plugin]:
    """Return the enabled enrichers, all or those of a table."""
    return [p for p in installed() if table in (None, enricher_of(p).table) and getattr(config, enricher_of(p).switch)]


def _options(config: MineConfig) -> dict[str, Any]:
    return dict(vars(config))  # a tenth of the time of `dict(config)`; runs for all rows of every article


def prepare(config: MineConfig) -> None:
    """Load everything that the configuration enables, so that a missing model stops a run before it starts.

    Raises:
        PmcmineError: if no classifier is installed, or a model is missing or damaged.
    """
    if any(getattr(config, s) for s in SWITCHES) and not any(p.package == OWN for p in installed()):
        off = " ".join(f"--set {s}=false" for s in SWITCHES)
        raise PluginError(f"no classifier is registered: install pmcmine again, or use {off}")
    if config.panels:
        letters.prepare()
    for plugin in _on(config):
        enricher_of(plugin).prepare(_options(config))


@dataclass(frozen=True, slots=True)
class Used:
    """A model enabled by a configuration, and the installed package that contains it."""

    model: Model
    package: str
    version: str


def used(config: MineConfig) -> list[Used]:
    """Return the models enabled by a configuration: those of panels, of concepts and of enrichers, by name."""
    own = (*(panels.models() if config.panels else ()), *(concepts.models() if config.vocab is not None else ()))
    found = {model.name: Used(model, OWN, __version__) for model in own}
    for plugin in _on(config):
        for model in enricher_of(plugin).models(_options(config)):
            found[model.name] = Used(model, plugin.package, plugin.version)
    return [found[name] for name in sorted(found)]


def info(config: MineConfig) -> list[Model]:
    """Return the models enabled by a configuration, by name."""
    return [each.model for each in used(config)]


def stated(config: MineConfig) -> list[EnricherFacts]:
    """Return the enabled enrichers, with package and columns, for `release.json`."""
    return [
        EnricherFacts(
            plugin.name,
            plugin.package,
            plugin.version,
            enricher_of(plugin).table,
            tuple(column.name for column in enricher_of(plugin).columns),
        )
        for plugin in _on(config)
    ]


def _extra(config: MineConfig, table: str) -> tuple[pa.Field, ...]:
    """Return the columns that enrichers add to a table."""
    return tuple(field_of(c) for p in _on(config, table) for c in extra_columns(p))


def extra_texts(config: MineConfig, table: str) -> frozenset[str]:
    """Return the added columns that repeat text of the article, which pointers omit."""
    return frozenset(c.name for p in _on(config, table) for c in extra_columns(p) if c.text)


def tables(config: MineConfig) -> dict[str, Table]:
    """Return the published tables, with the columns of all enabled enrichers."""
    return {name: replace(table, extra=_extra(config, name)) for name, table in TABLES.items()}


def sample_schemas(config: MineConfig) -> dict[str, pa.Schema]:
    """Return the schema of the JSON of figures and of panels, by table; the assembler's columns come last."""
    found = {}
    for table, record in SAMPLES.items():
        own = list(arrow_schema(record))
        extra = [
            _in_sample(field_of(c)) for p in _on(config, table) for c in extra_columns(p) if _has_sample(c, config)
        ]
        last = next(n for n, f in enumerate(own) if f.name in ASSEMBLED)
        found[table] = pa.schema([*own[:last], *extra, *own[last:]])
    return found


def _has_sample(column: Column, config: MineConfig) -> bool:
    return bool(getattr(config, column.in_samples) if isinstance(column.in_samples, str) else column.in_samples)


def _in_sample(field: pa.Field) -> pa.Field:
    """Return the field of a column in JSON, which has neither nulls nor lists of a fixed length."""
    kind = pa.list_(field.type.value_type) if pa.types.is_fixed_size_list(field.type) else field.type
    return field.with_nullable(False).with_type(kind)


def in_sample(row: Figure | Panel, config: MineConfig) -> dict[str, Any]:
    """Return the columns added to a row in the form of its sample: empty, but never null."""
    columns = _columns("figures" if isinstance(row, Figure) else "panels")
    given = {k: v for k, v in row.extra.items() if _has_sample(columns[k], config)}
    return {k: _empty(columns[k].type) if v is None else _listed(v) for k, v in given.items()}


def _listed(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


@cache
def _columns(table: str) -> dict[str, Column]:
    return {c.name: c for p in installed() if enricher_of(p).table == table for c in extra_columns(p)}


def _empty(kind: pa.DataType) -> Any:
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        return []
    if pa.types.is_boolean(kind):
        return False
    return "" if pa.types.is_string(kind) else 0.0 if pa.types.is_floating(kind) else 0


def enrich_paragraphs(paragraphs: Sequence[Paragraph], config: MineConfig) -> list[Paragraph]:
    """Return paragraphs with the columns of all enabled enrichers."""
    return _enriched("paragraphs", list(paragraphs), Context(_options(config)), config)


def reads_for_flags(config: MineConfig) -> bool:
    """Check whether an enabled enricher flags texts."""
    return bool(_flagging(config))


def _flagging(config: MineConfig) -> list[Plugin]:
    return [p for p in _on(config, "paragraphs") if any(c.name == "privacy" for c in enricher_of(p).columns)]


def flag_texts(texts: Sequence[Paragraph], config: MineConfig) -> list[Paragraph]:
    """Return texts other than rows, such as those of cells, with the privacy flags of all enrichers that set them."""
    rows, context = list(texts), Context(_options(config))
    for plugin in _flagging(config) if rows else ():
        rows = _filled(plugin, rows, context)
    return rows


def enrich_figures(figures: Sequence[Figure], pyramids: Sequence[Pyramid | None], config: MineConfig) -> list[Figure]:
    """Return figures with the columns of all enabled enrichers.

    Args:
        figures: rows.
        pyramids: views of each image; None if there is no valid one.
        config: the configuration.
    """
    seen = {f.figure_id: p for f, p in zip(figures, pyramids, strict=True) if p is not None}
    return _enriched("figures", list(figures), Context(_options(config), {}, _bases(seen), seen), config)


def enrich_panels(
    panels: Sequence[Panel], figures: Mapping[str, Figure], pyramids: Mapping[str, Pyramid], config: MineConfig
) -> list[Panel]:
    """Return panels with the columns of all enabled enrichers; figures and pyramids are given by figure."""
    return _enriched("panels", list(panels), Context(_options(config), figures, _bases(pyramids), pyramids), config)


def _bases(pyramids: Mapping[str, Pyramid]) -> dict[str, Any]:
    return {name: pyramid.rgb(BASE) for name, pyramid in pyramids.items()}


def wants_views(config: MineConfig) -> bool:
    """Check whether any step reads pixels."""
    return config.panels or any(enricher_of(p).pixels for p in _on(config))


def _enriched(table: str, rows: list[_Row], context: Context, config: MineConfig) -> list[_Row]:
    for plugin in _on(config, table):
        rows = _filled(plugin, rows, context)
    return rows


def _filled(plugin: Plugin, rows: list[_Row], context: Context) -> list[_Row]:
    """Return the rows filled by an enricher.

    Raises:
        PluginError: if it loses rows, fills undeclared columns, or fills values of another type.
    """
    try:
        found = enricher_of(plugin).enrich(rows, context)
    except (PmcmineError, Rejected, MemoryError, OSError):
        raise
    except Exception as error:
        if plugin.package == OWN:
            raise
        raise plugin.error(f"failed ({type(error).__name__}: {error})") from error
    if len(found) != len(rows):
        raise plugin.error(f"returned {len(found)} rows for {len(rows)}")
    declared = [c.name for c in enricher_of(plugin).columns]
    for name in {name for values in found for name in values if name not in declared}:
        raise plugin.error(f"fills the column {name!r}, which it does not declare{nearest(name, declared)}")
    extra = extra_columns(plugin)
    if not extra:
        return [replace(row, **values) if values else row for row, values in zip(rows, found, strict=True)]
    for column in extra:
        _check_values(plugin, field_of(column), [values.get(column.name) for values in found])
    out = []
    for row, values in zip(rows, found, strict=True):
        own = {c.name: values.get(c.name) for c in extra}
        inside = {k: v for k, v in values.items() if k not in own}
        out.append(replace(row, **inside, extra={**row.extra, **own}))
    return out


def _check_values(plugin: Plugin, column: pa.Field, values: Sequence[Any]) -> None:
    try:
        array = pa.array(values, column.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError, OverflowError) as error:
        reason = str(error).splitlines()[0]
        raise plugin.error(
            f"a value of the column {column.name!r} is not of its type, {column.type} ({reason})"
        ) from None
    if array.null_count and not column.nullable:
        raise plugin.error(f"the column {column.name!r} is empty in a row, but it states no `empty`")
