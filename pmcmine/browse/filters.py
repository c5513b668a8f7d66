"""Turn a person's choices on the page into conditions over the table of figures.

Each filter is one SQL expression, so that the page can show it: `--where` accepts the same text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pmcmine.errors import PmcmineError

Asked = Mapping[str, str | Sequence[str]]
_MOST_VALUES: Final = 50  # of one filter
_MOST_CHARACTERS: Final = 20_000
_MOST_WORDS: Final = 32
_ID: Final = re.compile(r"PMC\d{1,12}(?:\.\d{1,4})?(?:/\S{1,200})?")
_CONCEPT: Final = re.compile(r"[\w:.-]{1,80}")
_NUMBER: Final = re.compile(r"-?\d{1,6}(?:\.\d{1,6})?")


class QueryError(PmcmineError):
    """The query can't be answered: a filter, a value or a condition is invalid."""


@dataclass(frozen=True, slots=True)
class Facet:
    """A column with counted values.

    Attributes:
        column: the column of figures.
        many: whether it is a list.
    """

    column: str
    many: bool = False


FACETS: Final[Mapping[str, Facet]] = {
    "kind": Facet("image_kinds", many=True),
    "license": Facet("license"),
    "group": Facet("license_group"),
    "type": Facet("article_type"),
    "journal": Facet("journal"),
    "split": Facet("split"),
    "quality": Facet("caption_quality"),
    "year": Facet("year"),
}
# name → condition, and whether `--where` of other commands accepts it (it names no other table).
_FLAGS: Final[Mapping[str, tuple[str, bool]]] = {
    "sample": ("shard IS NOT NULL", True),
    "without": ("shard IS NULL", True),
    "third_party": ("(third_party OR adapted)", True),
    "privacy": ("len(privacy) > 0", True),
    "panels": ("figure_id IN (SELECT figure_id FROM panels)", False),
    "boxes": ("figure_id IN (SELECT figure_id FROM panels WHERE x IS NOT NULL)", False),
    "concepts": ("figure_id IN (SELECT context_id FROM concepts)", False),
    "duplicates": ("figure_id IN (SELECT member_id FROM clusters)", False),
}
_RANGES: Final[Mapping[str, str]] = {"from": "year >= {}", "to": "year <= {}"}
KNOWN: Final = frozenset({*FACETS, *_FLAGS, *_RANGES, "text", "like", "concept", "where"})


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters as SQL.

    Attributes:
        parts: condition of each active filter, by its name.
        portable: names of those that `--where` accepts.
        text: words for a ranked search; empty if there are none.
        like: figure to search similar ones for; empty if none.
        where: the person's own condition.
        values: chosen values by facet.
    """

    parts: Mapping[str, str] = field(default_factory=dict)
    portable: frozenset[str] = frozenset()
    text: str = ""
    like: str = ""
    where: str = ""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def condition(self) -> str | None:
        """Return the equivalent `--where` condition; None if there is none."""
        if self.text or self.like or self.parts.keys() - self.portable:
            return None
        return " AND ".join(self.parts.values())


def literal(text: str) -> str:
    """Quote a text for SQL.

    Raises:
        QueryError: if SQL can't represent it.
    """
    if "\0" in text:
        raise QueryError("a filter contains a NUL character")
    return "'" + text.replace("'", "''") + "'"


def _values(value: str | Sequence[str]) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    found = tuple(dict.fromkeys(v.strip() for v in listed if v.strip()))
    if len(found) > _MOST_VALUES or sum(map(len, found)) > _MOST_CHARACTERS:
        raise QueryError("a filter has too many values")
    return found


def parse(asked: Asked, columns: Collection[str], ranked: bool, below: bool, denials: bool = True) -> Filters:
    """Turn a query into conditions.

    Args:
        asked: values by the names of filters.
        columns: columns of figures.
        ranked: whether words are searched with an index.
        below: whether the release has a hierarchy of concepts.
        denials: whether its concepts state negation.

    Raises:
        QueryError: for an unknown filter, or an invalid value.
    """
    given = {name: values for name, value in asked.items() if (values := _values(value))}
    for name in given.keys() - KNOWN:
        raise QueryError(f"no filter {name}")
    parts: dict[str, str] = {}
    alone: set[str] = set()  # conditions that `--where` does not accept
    for name, values in given.items():
        if name in FACETS and FACETS[name].column in columns:
            parts[name] = _facet(name, values)
        elif name in _FLAGS:
            parts[name], portable = _FLAGS[name]
            alone |= set() if portable else {name}
        elif name in _RANGES:
            parts[name] = _RANGES[name].format(_number(values[0]))
    for n, concept in enumerate(given.get("concept", ())):
        parts[f"concept{n}"] = _concept(concept, below, denials)
        alone |= set() if below else {f"concept{n}"}
    text, like = _first(given, "text"), _first(given, "like")
    if text and (not ranked or _ID.fullmatch(text)):
        parts["text"], text = _holds(text, columns), ""
    where = _first(given, "where")
    if where:
        parts["where"] = f"({where}\n)" if "--" in where else f"({where})"
    chosen = {name: values for name, values in given.items() if name in FACETS}
    return Filters(parts, frozenset(parts.keys() - alone), text, like, where, chosen)


def _first(given: Mapping[str, tuple[str, ...]], name: str) -> str:
    return given[name][-1] if name in given else ""


def _number(value: str) -> str:
    if not _NUMBER.fullmatch(value):
        raise QueryError(f"{value[:40]!r} is no number")
    return value


def _facet(name: str, values: Sequence[str]) -> str:
    column, many = FACETS[name].column, FACETS[name].many
    if name == "quality":
        steps = [f"({column} >= {int(_number(v))} AND {column} < {int(_number(v)) + 1})" for v in values]
        return steps[0] if len(steps) == 1 else f"({' OR '.join(steps)})"
    if name == "year":
        return f"year IN ({', '.join(_number(v) for v in values)})"
    texts = [literal(v) for v in values]
    if many:
        return (
            f"list_contains({column}, {texts[0]})"
            if len(texts) == 1
            else f"list_has_any({column}, [{', '.join(texts)}])"
        )
    return f"{column} = {texts[0]}" if len(texts) == 1 else f"{column} IN ({', '.join(texts)})"


def _concept(concept: str, below: bool, denials: bool) -> str:
    if not _CONCEPT.fullmatch(concept):
        raise QueryError(f"{concept[:40]!r} is no id of a concept")
    if below:
        return f"concept_below('{concept}')"
    named = f"coalesce(cui, source_id) = '{concept}'" + (" AND NOT coalesce(negated, false)" if denials else "")
    return f"figure_id IN (SELECT context_id FROM concepts WHERE {named})"


def _holds(text: str, columns: Collection[str]) -> str:
    """Return a condition for captions that contain all words of a text, or for an id."""
    if _ID.fullmatch(text):
        ids = [f"{c} = {literal(text)}" for c in ("figure_id", "pmcid", "article_id") if c in columns]
        return f"({' OR '.join(ids)})"
    words = list(dict.fromkeys(text.casefold().split()))[:_MOST_WORDS]
    return " AND ".join(f"contains(lower(caption), {literal(word)})" for word in words)
