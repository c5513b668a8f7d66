"""Read a release's scores: side tables in `scores/<name>`, and conditions that name their columns.

A score holds the key of each row and a few columns. A condition such as `clip_score > 0.28` names a score's column as
if it were a column of the table; it is null for rows without a score.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import duckdb

from pmcmine.errors import DamagedError, PmcmineError
from pmcmine.io.safe_names import inside, sql_identifier, table_name
from pmcmine.release.layout import RELEASE, WAY_OUT, read_stated
from pmcmine.release.nearest import nearest

SCORES: Final = "scores"
NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,60}")
_MOST: Final = 200  # scores per release
_MOST_COLUMNS: Final = 50  # per score
_WORD: Final = re.compile(r"\w+")
_UNKNOWN: Final = re.compile(r'Referenced column "(.*?)" not found')


@dataclass(frozen=True, slots=True)
class ScoreFacts:
    """A score, as stated in `release.json`.

    Attributes:
        name: its name, and that of its folder.
        scorer: the scorer that made it.
        package: package of the scorer.
        version: version of the package.
        pmcmine: version of pmcmine that ran it.
        table: figures, panels or paragraphs.
        key: column of that table that identifies rows.
        columns: its columns, with their meanings.
        model: the model: name, licence, version, hash of its weights.
        preprocessing: preprocessing of text and image before the model.
        options: options of the scorer.
        of: its files, with the SHA-256 of the table file that each belongs to.
    """

    name: str = ""
    scorer: str = ""
    package: str = ""
    version: str = ""
    pmcmine: str = ""
    table: str = "figures"
    key: str = "figure_id"
    columns: Mapping[str, str] = field(default_factory=dict)
    model: Mapping[str, str] = field(default_factory=dict)
    preprocessing: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    of: Mapping[str, str] = field(default_factory=dict)

    def to_object(self) -> dict[str, Any]:
        """Convert to JSON values."""
        return asdict(self)

    def identity(self) -> dict[str, Any]:
        """Return the facts that determine the values; two scores with the same identity are equal."""
        return {k: v for k, v in self.to_object().items() if k != "of"}


_TEXTS: Final = ("name", "scorer", "package", "version", "pmcmine", "table", "key", "preprocessing")
_MAPS: Final = ("columns", "model", "options", "of")


def parse_scores(raw: object, where: str) -> tuple[ScoreFacts, ...]:
    """Parse `scores` of a `release.json`, perhaps a third party's.

    Args:
        raw: the value; None if missing.
        where: the file, for the message.

    Raises:
        DamagedError: if it has another form.
        UnsafeNameError: for invalid names of tables or columns.
    """
    if raw is None:
        return ()
    if not isinstance(raw, list) or len(raw) > _MOST:
        raise DamagedError(f"{where}: is damaged (scores); {WAY_OUT}")
    return tuple(_parse(one, where) for one in raw)


def _parse(raw: object, where: str) -> ScoreFacts:
    def damaged(what: str) -> DamagedError:
        return DamagedError(f"{where}: is damaged (scores: {what}); {WAY_OUT}")

    if not isinstance(raw, dict):
        raise damaged("no object")
    known: dict[str, Any] = {k: raw[k] for k in (*_TEXTS, *_MAPS) if k in raw}
    if not all(isinstance(known.get(k, ""), str) for k in _TEXTS):
        raise damaged("a value that is no text")
    for name in _MAPS:
        value = known.get(name, {})
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise damaged(name)
    facts = ScoreFacts(**known)
    if not NAME.fullmatch(facts.name) or not 0 < len(facts.columns) <= _MOST_COLUMNS:
        raise damaged("name or columns")
    for name in (facts.table, facts.key, *facts.columns):
        table_name(name)
    if not all(name.startswith(f"{SCORES}/{facts.name}/") for name in facts.of):
        raise damaged("of")
    return facts


def scores_in(release: Path) -> tuple[ScoreFacts, ...]:
    """Return the scores of a release on this machine.

    Raises:
        DamagedError: if `release.json` is damaged.
    """
    return parse_scores(read_stated(release).get("scores"), f"{release}/{RELEASE}")


def named_in(where: str | None, scores: Iterable[ScoreFacts], table: str) -> list[ScoreFacts]:
    """Return the scores of a table with a column that a condition may name."""
    words = {word.casefold() for word in _WORD.findall(where or "")}
    return [score for score in scores if score.table == table and words & {c.casefold() for c in score.columns}]


def with_scores(
    connection: duckdb.DuckDBPyConnection,
    condition: str,
    where: str | None,
    table: str,
    scores: Sequence[ScoreFacts],
    opened: Callable[[ScoreFacts], Any],
) -> str:
    """Extend a condition over a table so that it can use columns of scores.

    Args:
        connection: executes the condition later, and has the table.
        condition: the condition, perhaps already rewritten.
        where: the condition as the user wrote it.
        table: the table whose rows it selects.
        scores: all scores of the release.
        opened: returns the rows of a score as a relation or dataset.

    Raises:
        PmcmineError: for an unknown name that is similar to a score's.
    """
    if not where or not scores:
        return condition
    used = named_in(where, scores, table)
    if not used:
        _check_names(connection, condition, table, scores)
        return condition
    key = sql_identifier(used[0].key)
    joins = []
    for n, score in enumerate(used):
        connection.register(f"score_{n}", opened(score))
        columns = ", ".join(sql_identifier(c) for c in (score.key, *score.columns))
        joins.append(f"LEFT JOIN (SELECT {columns} FROM score_{n}) AS score_of_{n} USING ({key})")
    name = sql_identifier(table)
    changed = f"({name}.{key} IN (SELECT {name}.{key} FROM {name} {' '.join(joins)} WHERE ({condition}\n)))"
    _check_names(connection, changed, table, scores)
    return changed


def _check_names(
    connection: duckdb.DuckDBPyConnection, condition: str, table: str, scores: Sequence[ScoreFacts]
) -> None:
    """Raise PmcmineError for an unknown column that is similar to a score's; other errors are raised later."""
    try:
        connection.sql(f"SELECT 1 FROM {sql_identifier(table)} WHERE ({condition}\n) LIMIT 0")
    except duckdb.Error as error:
        found = _UNKNOWN.search(str(error))
        of_table = {column: s for s in scores for column in s.columns if s.table == table}
        near = nearest(found[1], list(of_table)) if found else None
        if near is not None and found is not None:
            raise PmcmineError(
                f"{found[1]}: neither a column of {table} nor of a score; did you mean {near!r} (score "
                f"{of_table[near].name})?"
            ) from None


def score_relation(connection: duckdb.DuckDBPyConnection, release: Path, score: ScoreFacts) -> Any:
    """Return the rows of a score of a release on this machine.

    Raises:
        PmcmineError: if it has no files; duckdb.Error if they can't be read.
    """
    files = [str(inside(release, name, "file")) for name in sorted(score.of)]
    if not files:
        raise PmcmineError(f"score {score.name}: has no rows left after an update; run `pmcmine score` again")
    patterns = ["".join(f"[{c}]" if c in "*?[" else c for c in path) for path in files]
    return connection.read_parquet(patterns, union_by_name=True, hive_partitioning=False)


def local_scores(
    connection: duckdb.DuckDBPyConnection, condition: str, where: str | None, table: str, release: Path
) -> str:
    """Extend a condition over a table of a release on this machine so that it can use columns of scores.

    Raises:
        PmcmineError: as `with_scores`.
    """
    if not where:
        return condition
    scores = scores_in(release)
    return with_scores(connection, condition, where, table, scores, lambda s: score_relation(connection, release, s))
