"""The enrichers that are installed: what they declare, checked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from functools import cache
from typing import Any, Final, cast

import pyarrow as pa
from pydantic import TypeAdapter, ValidationError

from pmcmine.errors import PluginError
from pmcmine.plugins.enricher import Column, Enricher, EnricherFacts, Option
from pmcmine.plugins.load import ENRICHERS, OWN, Plugin, nearest, plugins
from schemas.figure import Figure
from schemas.panel import Panel
from schemas.panel_sample import PanelSample
from schemas.paragraph import Paragraph
from schemas.record import make_field
from schemas.sample import Sample

RECORDS: Final[Mapping[str, Any]] = {"paragraphs": Paragraph, "figures": Figure, "panels": Panel}
SAMPLES: Final[Mapping[str, Any]] = {"figures": Sample, "panels": PanelSample}  # the JSON that has their columns, too
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_TYPES: Final = (bool, int, float, str, bool | None, int | None, float | None, str | None)


def enricher_of(plugin: Plugin) -> Enricher:
    """Return the enricher of an extension."""
    return cast(Enricher, plugin.target)


@cache
def installed() -> tuple[Plugin, ...]:
    """Return the enrichers that are installed, in the order in which they run.

    Raises:
        PluginError: if one can't be loaded, or declares what can't be honoured; one line with its package.
    """
    found = plugins(ENRICHERS)
    taken: dict[tuple[str, str], Plugin] = {}
    for plugin in found:
        _check(plugin)
        enricher = enricher_of(plugin)
        for column in enricher.columns:
            other = taken.setdefault((enricher.table, column.name), plugin)
            if other is not plugin:
                raise plugin.error(
                    f"the column {column.name!r} of {enricher.table} is filled by {other.name} of the package "
                    f"{other.package}; remove one"
                )
    return found


def _check(plugin: Plugin) -> None:
    enricher = enricher_of(plugin)
    if enricher.table not in RECORDS:
        hint = nearest(str(enricher.table), list(RECORDS)) or f"; choose from {', '.join(RECORDS)}"
        raise plugin.error(f"no enricher can fill the table {enricher.table!r}{hint}")
    known = {f.name for f in fields(RECORDS[enricher.table])}
    in_sample = {f.name for f in fields(SAMPLES[enricher.table])} if enricher.table in SAMPLES else set()
    for column in enricher.columns:
        if not isinstance(column, Column):
            raise plugin.error(f"{column!r} in its columns is no Column")
        if plugin.package == OWN and column.name in known:
            continue
        if not isinstance(column.name, str) or not _NAME.fullmatch(column.name):
            raise plugin.error(f"the column name {column.name!r} is not of the form a_b1")
        if column.name in known | in_sample:
            where = enricher.table if column.name in known else f"the samples of {enricher.table}"
            raise plugin.error(f"{where} has a column {column.name!r} already; choose another name")
        if not column.meaning:
            raise plugin.error(f"the column {column.name!r} states no meaning")
        if column.text and column.empty is None:
            raise plugin.error(f"the column {column.name!r} repeats text, which pointers lack: state `empty`")
        if not _is_plain(column.type):
            raise plugin.error(
                f"the column {column.name!r} has the type {column.type!r}; choose text, a number, a boolean, or a list "
                "of one of them, as an Arrow type"
            )


def _is_plain(kind: Any) -> bool:
    if isinstance(kind, pa.DataType) and (pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind)):
        kind = kind.value_type
    tests = (pa.types.is_string, pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
    return isinstance(kind, pa.DataType) and any(test(kind) for test in tests)


def extra_columns(plugin: Plugin) -> tuple[Column, ...]:
    """Return the columns of an enricher that are not part of the table's own record."""
    enricher = enricher_of(plugin)
    known = {f.name for f in fields(RECORDS[enricher.table])}
    return tuple(c for c in enricher.columns if c.name not in known)


def field_of(column: Column) -> pa.Field:
    """Return a column as a field of an Arrow schema.

    It is not marked as text: that means that `rehydrate` fills it in, which knows only what an article says. A list of
    a fixed length that may be empty is one of any length: Arrow can write it to Parquet, but not read it again if some
    are null (apache/arrow 35692).
    """
    kind, unit = column.type, column.unit
    if pa.types.is_fixed_size_list(kind) and column.empty is not None:
        kind, unit = pa.list_(kind.value_type), unit or f"{kind.list_size} numbers"
    return make_field(column.name, kind, column.meaning, unit=unit, null=column.empty, values=column.values)


def options(keys: Collection[str], switches: Collection[str]) -> dict[str, Option]:
    """Return the keys that enrichers add to the configuration.

    Args:
        keys: the keys that the configuration has.
        switches: those among them that are on or off.

    Raises:
        PluginError: if a key is there already or has no usable default, or a switch is no on/off key.
    """
    found: dict[str, Option] = {}
    owner: dict[str, Plugin] = {}
    for plugin in installed():
        for option in enricher_of(plugin).options:
            _check_option(plugin, option)
            if option.name in keys:
                raise plugin.error(f"its option {option.name!r} is a key of pmcmine; choose another name")
            other = owner.setdefault(option.name, plugin)
            if other is not plugin:
                raise plugin.error(
                    f"its option {option.name!r} is one of {other.name} of the package {other.package}, too; remove one"
                )
            found[option.name] = option
    for plugin in installed():
        enricher = enricher_of(plugin)
        own = [o.name for o in enricher.options if o.type is bool]
        if enricher.switch not in (*own, *switches):
            hint = nearest(str(enricher.switch), [*own, *switches])
            raise plugin.error(
                f"its switch {enricher.switch!r} is no on/off key of the configuration{hint}; to make it one, add an "
                "Option with that name and the type bool to its options"
            )
    return found


def unused_options(config: Any) -> set[str]:
    """Return the keys of enrichers that a configuration turns off: their values change nothing."""
    off = [e for e in map(enricher_of, installed()) if not getattr(config, e.switch)]
    return {option.name for enricher in off for option in enricher.options}


def enricher_switches() -> list[str]:
    """Return the keys that enrichers add to turn themselves on."""
    found = [enricher_of(p) for p in installed()]
    return list(dict.fromkeys(e.switch for e in found if e.switch in {o.name for o in e.options}))


def check_installed(where: str, stated: Iterable[EnricherFacts], config: Any) -> None:
    """Check that the enrichers that a release was made with are installed, and that no other is turned on.

    Args:
        where: the release.
        stated: what its `release.json` says of them.
        config: the configuration of its update.

    Raises:
        PluginError: if one is missing, has other columns, or would add columns that the release lacks.
    """
    known = {(p.name, p.package): tuple(c.name for c in enricher_of(p).columns) for p in installed()}
    entries = [e for e in stated if e.package != OWN]
    for entry in entries:
        columns = known.get((entry.name, entry.package))
        said = f"{where}: was made with the enricher {entry.name} of the package {entry.package}"
        if columns is None:
            raise PluginError(f"{said}, which is not installed; install it, or mine anew")
        if columns != entry.columns:
            raise PluginError(f"{said} {entry.version}, whose columns were others; install that version")
    made_with = {(e.name, e.package) for e in entries}
    for plugin in installed():
        on = plugin.package != OWN and getattr(config, enricher_of(plugin).switch)
        if on and (plugin.name, plugin.package) not in made_with:
            raise plugin.error(f"would add columns that {where} lacks; remove it for this update, or mine anew")


def _check_option(plugin: Plugin, option: Any) -> None:
    if not isinstance(option, Option):
        raise plugin.error(f"{option!r} in its options is no Option")
    if not isinstance(option.name, str) or not _NAME.fullmatch(option.name):
        raise plugin.error(f"the option name {option.name!r} is not of the form a_b1")
    if option.type not in _TYPES:
        raise plugin.error(f"its option {option.name!r} has the type {option.type!r}; choose bool, int, float or str")
    try:
        TypeAdapter(option.type).validate_python(option.default)
    except ValidationError:
        raise plugin.error(f"the default of its option {option.name!r} is not of its type") from None
