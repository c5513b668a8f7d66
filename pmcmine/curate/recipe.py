"""Recipes of `pmcmine curate`: read from TOML and checked, so that a mistake is one line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pmcmine.errors import PmcmineError
from pmcmine.io.safe_files import read_bounded
from pmcmine.release.nearest import choose

_MOST: Final = 1 << 20  # bytes of a recipe
_MOST_STEPS: Final = 100
_COLUMN: Final = re.compile(r"[a-z][a-z0-9_]{0,62}(\.[a-z][a-z0-9_]{0,62})?")
CONCEPT: Final = "concept"  # balances by what captions name, which is in a table of its own
DUPLICATES: Final = ("image", "caption")
_KEYS: Final = {"seed": int, "where": str, "near_duplicates": list, "quantile": list, "balance": list, "size": int}


@dataclass(frozen=True, slots=True)
class Quantile:
    """Keeps rows whose value lies between two quantiles of the rows so far; those without a value are left out.

    Attributes:
        column: column of figures or of a score; `struct.field` for one of a struct.
        least: share of rows below the lowest value that stays.
        most: share of rows up to the highest value that stays.
    """

    column: str
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Balance:
    """Keeps at most so many rows of each value of a column.

    Attributes:
        by: column of figures, such as year, journal, license, image_kinds; or concept.
        cap: most rows of each value; None if only those of `quotas` are limited.
        quotas: most rows of single values, in place of `cap`.
        match: all: a row with several values needs room for each; any: room for one of them is enough, so that rows of
            rare values are not lost with common ones, whose number then exceeds the cap.
    """

    by: str
    cap: int | None
    quotas: Mapping[str, int]
    match: str = "all"

    def limit(self, value: str) -> int | None:
        """Return the most rows of a value; None if there is no limit."""
        return self.quotas.get(value, self.cap)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to choose, in this order: condition, near duplicates, quantiles, balances and size.

    Attributes:
        text: the recipe as it was written.
        seed: decides which rows are taken where there are too many.
        where: condition over figures and scores; empty for none.
        near_duplicates: kinds of clusters of which only the representative stays.
        quantiles: thresholds, one after the other.
        balances: quotas, which all hold together.
        size: most rows; None for no limit.
    """

    text: str
    seed: int = 0
    where: str = ""
    near_duplicates: tuple[str, ...] = ()
    quantiles: tuple[Quantile, ...] = ()
    balances: tuple[Balance, ...] = ()
    size: int | None = None

    @property
    def columns(self) -> str:
        """The condition, and the other columns that it chooses by."""
        return " ".join([self.where, *(q.column for q in self.quantiles), *(b.by for b in self.balances)])


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        PmcmineError: one line, if it can't be read or something in it is wrong.
    """
    return parse_recipe(read_bounded(path, _MOST, str(path), ", which no recipe has"), str(path))


def parse_recipe(data: bytes, said: str) -> Recipe:
    """Parse a recipe.

    Args:
        data: TOML.
        said: begins messages.

    Raises:
        PmcmineError: one line, if something in it is wrong.
    """
    try:
        text = data.decode("utf-8")
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        why = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise PmcmineError(f"{said}: is no TOML ({why})") from None
    for key, value in raw.items():
        if key not in _KEYS:
            raise PmcmineError(f"{said}: {key}: {choose(key, list(_KEYS))}")
        if not isinstance(value, _KEYS[key]) or isinstance(value, bool):
            raise PmcmineError(f"{said}: {key} is no {_KEYS[key].__name__}")
    duplicates = raw.get("near_duplicates", [])
    for kind in duplicates:
        if kind not in DUPLICATES:
            raise PmcmineError(f"{said}: near_duplicates: {choose(str(kind), DUPLICATES)}")
    return Recipe(
        text,
        seed=_whole(raw.get("seed", 0), f"{said}: seed", 0, 1 << 62),
        where=raw.get("where", ""),
        near_duplicates=tuple(duplicates),
        quantiles=tuple(_quantile(q, said) for q in _tables(raw, "quantile", said)),
        balances=tuple(_balance(b, said) for b in _tables(raw, "balance", said)),
        size=_whole(raw["size"], f"{said}: size", 1) if "size" in raw else None,
    )


def _tables(raw: Mapping[str, Any], key: str, said: str) -> Sequence[Mapping[str, Any]]:
    found = raw.get(key, [])
    if len(found) > _MOST_STEPS or not all(isinstance(t, dict) for t in found):
        raise PmcmineError(f"{said}: {key}: give at most {_MOST_STEPS} tables, each below [[{key}]]")
    return list(found)


def _known(raw: Mapping[str, Any], keys: Sequence[str], said: str) -> None:
    for key in raw:
        if key not in keys:
            raise PmcmineError(f"{said}: {key}: {choose(key, keys)}")


def _column(value: object, said: str) -> str:
    if not isinstance(value, str) or not _COLUMN.fullmatch(value):
        raise PmcmineError(f"{said}: give the name of a column, such as year")
    return value


def _whole(value: object, said: str, least: int, most: int = 1 << 40) -> int:
    if type(value) is not int or not least <= value <= most:
        raise PmcmineError(f"{said}: give a whole number from {least} to {most}")
    return value


def _quantile(raw: Mapping[str, Any], said: str) -> Quantile:
    said = f"{said}: quantile"
    _known(raw, ("column", "least", "most"), said)
    least, most = raw.get("least", 0.0), raw.get("most", 1.0)
    if any(type(v) not in (int, float) or not 0 <= v <= 1 for v in (least, most)) or least >= most:
        raise PmcmineError(f"{said}: least and most are shares from 0 to 1, least below most")
    return Quantile(_column(raw.get("column"), f"{said}: column"), float(least), float(most))


def _balance(raw: Mapping[str, Any], said: str) -> Balance:
    said = f"{said}: balance"
    _known(raw, ("by", "cap", "quotas", "match"), said)
    by = _column(raw.get("by"), f"{said}: by")
    cap, quotas, match = raw.get("cap"), raw.get("quotas", {}), raw.get("match", "all")
    if cap is None and not quotas:
        raise PmcmineError(f"{said}: by {by}: give cap, or quotas, or both")
    if not isinstance(quotas, dict):
        raise PmcmineError(f"{said}: by {by}: quotas is a table, as in quotas = {{ ct = 100 }}")
    if match not in ("all", "any"):
        raise PmcmineError(f"{said}: by {by}: match: {choose(str(match), ('all', 'any'))}")
    limits = {str(k): _whole(v, f"{said}: by {by}: {k}", 0) for k, v in quotas.items()}
    return Balance(by, None if cap is None else _whole(cap, f"{said}: by {by}: cap", 0), limits, match)
