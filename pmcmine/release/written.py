"""Read texts written by models about a release: side tables in `written/<name>`, which readers see only on request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from pmcmine.errors import DamagedError, PmcmineError
from pmcmine.release.layout import RELEASE, WAY_OUT, read_stated
from pmcmine.release.nearest import choose
from pmcmine.release.scores import NAME

WRITTEN: Final = "written"
TEXTS: Final = "texts"  # in the folder of a side table: the kept texts
REJECTS: Final = "rejects"  # and the dropped ones
_MOST: Final = 200  # side tables per release
_TABLES: Final = ("figures", "panels", "articles", "cases")


@dataclass(frozen=True, slots=True)
class WrittenFacts:
    """A side table of texts, as stated in `release.json`.

    Attributes:
        name: its name, and that of its folder.
        task: the writing task.
        package: package of the task.
        version: version of the package.
        pmcmine: version of pmcmine that ran it.
        table: table of the rows that it is about.
        where: condition that selected them; empty for all.
        settings: model, prompt and its hash, temperature, seed, size of the image, judge and its rubric.
        counts: rows read, asked about and kept, turns, tokens, and rejects by reason.
        cost: price of all answers in dollars; None if no prices were given.
        of: its files, with the SHA-256 of the table file that each belongs to.
    """

    name: str = ""
    task: str = ""
    package: str = ""
    version: str = ""
    pmcmine: str = ""
    table: str = "figures"
    where: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    cost: float | None = None
    of: Mapping[str, str] = field(default_factory=dict)

    def to_object(self) -> dict[str, Any]:
        """Convert to JSON values."""
        return asdict(self)

    def identity(self) -> dict[str, Any]:
        """Return the facts that determine the texts; versions are not among them: changed checks only filter anew."""
        return {"task": self.task, "table": self.table, "where": self.where, "settings": dict(self.settings)}

    @property
    def texts(self) -> list[str]:
        """Names of the files with texts."""
        return sorted(name for name in self.of if name.startswith(f"{WRITTEN}/{self.name}/{TEXTS}/"))


_STRINGS: Final = ("name", "task", "package", "version", "pmcmine", "table", "where")
_MAPS: Final = {"settings": str, "counts": int, "of": str}


def parse_written(raw: object, where: str) -> tuple[WrittenFacts, ...]:
    """Parse `written` of a `release.json`, perhaps a third party's.

    Args:
        raw: the value; None if missing.
        where: the file, for the message.

    Raises:
        DamagedError: if it has another form.
    """
    if raw is None:
        return ()
    if not isinstance(raw, list) or len(raw) > _MOST:
        raise DamagedError(f"{where}: is damaged (written); {WAY_OUT}")
    return tuple(_parse(one, where) for one in raw)


def _parse(raw: object, where: str) -> WrittenFacts:
    def damaged(what: str) -> DamagedError:
        return DamagedError(f"{where}: is damaged (written: {what}); {WAY_OUT}")

    if not isinstance(raw, dict):
        raise damaged("no object")
    known: dict[str, Any] = {k: raw[k] for k in (*_STRINGS, *_MAPS, "cost") if k in raw}
    if not all(isinstance(known.get(k, ""), str) for k in _STRINGS):
        raise damaged("a value that is no text")
    for name, kind in _MAPS.items():
        value = known.get(name, {})
        if not isinstance(value, dict) or not all(type(v) is kind for v in value.values()):
            raise damaged(name)
    if not isinstance(known.get("cost"), float | int | None):
        raise damaged("cost")
    facts = WrittenFacts(**known)
    if not NAME.fullmatch(facts.name) or facts.table not in _TABLES:
        raise damaged("name or table")
    if not all(name.startswith(f"{WRITTEN}/{facts.name}/") for name in facts.of):
        raise damaged("of")
    return facts


def written_in(release: Path) -> tuple[WrittenFacts, ...]:
    """Return the side tables of texts of a release on this machine.

    Raises:
        DamagedError: if `release.json` is damaged.
    """
    return parse_written(read_stated(release).get("written"), f"{release}/{RELEASE}")


def chosen_written(name: str, known: tuple[WrittenFacts, ...], said: str) -> WrittenFacts:
    """Return the side table with a name.

    Args:
        name: its name.
        known: all side tables of the release.
        said: prefix of the message.

    Raises:
        PmcmineError: if there is none, with the existing names.
    """
    for facts in known:
        if facts.name == name:
            return facts
    names = [facts.name for facts in known]
    way = choose(name, names) if names else "the release has none; `pmcmine write` makes them"
    raise PmcmineError(f"{said}: {way}")
