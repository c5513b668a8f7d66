"""Load extensions by their entry points. Light: imports nothing but the standard library and errors.

Each kind has a group, and each entry of a group names a class without arguments, or an object. pmcmine's own are
registered in the same way as those of other packages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from pmcmine.errors import PluginError

OWN: Final = "pmcmine"  # the package whose extensions come first
ENRICHERS: Final = "pmcmine.enrichers"
SOURCES: Final = "pmcmine.sources"
EXPORTERS: Final = "pmcmine.exporters"
VIEWS: Final = "pmcmine.views"
VOCABULARY_FORMATS: Final = "pmcmine.vocabulary_formats"
SCORERS: Final = "pmcmine.scorers"
TASKS: Final = "pmcmine.tasks"
# What an extension of each group has to have: the members of its Protocol.
MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    ENRICHERS: ("table", "columns", "switch", "options", "pixels", "prepare", "models", "enrich"),
    SOURCES: ("kind", "recognises", "open"),
    EXPORTERS: ("name", "meaning", "export"),
    VIEWS: ("name", "table", "groups", "where", "order", "meaning"),
    VOCABULARY_FORMATS: ("name", "matches", "open"),
    SCORERS: ("name", "meaning", "tables", "images", "options", "open"),
    TASKS: ("name", "meaning", "table", "image", "prompt", "version", "schema", "passages", "most_tokens", "content"),
}


@dataclass(frozen=True, slots=True)
class Plugin:
    """One extension.

    Attributes:
        group: its group of entry points.
        name: its name in the group.
        package: the distribution that registers it.
        version: version of that distribution.
        target: the object.
    """

    group: str
    name: str
    package: str
    version: str
    target: Any

    def error(self, problem: str) -> PluginError:
        """Return an error that names the extension and its package."""
        return PluginError(f"{_said(self.group, self.name, self.package)}: {problem}")


def _said(group: str, name: str, package: str) -> str:
    return f"{group.rpartition('.')[2].removesuffix('s').replace('_', ' ')} {name} of the package {package}"


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else entry.value.partition(":")[0].partition(".")[0]


def _entries(group: str) -> list[EntryPoint]:
    """Return the entries of a group: pmcmine's own, then others, each by name."""
    return sorted(entry_points(group=group), key=lambda e: (_package(e) != OWN, e.name, e.value))


def names(group: str) -> list[str]:
    """Return the names of a group's extensions without loading them."""
    return list(dict.fromkeys(e.name for e in _entries(group)))


@cache
def plugins(group: str) -> tuple[Plugin, ...]:
    """Load the extensions of a group: pmcmine's own first, then those of other packages, each by name.

    Raises:
        ModuleNotFoundError: if pmcmine's own need a part of pmcmine that is not installed.
        PluginError: if one can't be loaded, lacks a member, or has the name of another, in one line with its package;
            or if pmcmine's own are not registered.
    """
    taken: dict[str, str] = {}
    for entry in _entries(group):
        other = taken.setdefault(entry.name, _package(entry))
        if other != _package(entry):
            raise PluginError(
                f"{_said(group, entry.name, _package(entry))}: the package {other} has one of the same name; remove one"
            )
    if group != ENRICHERS and OWN not in taken.values():
        raise PluginError(f"none of pmcmine's own {group} is registered: install pmcmine again")
    chosen = {e.name: e for e in _entries(group)}
    return tuple(_load(group, e) for e in chosen.values())


def _load(group: str, entry: EntryPoint) -> Plugin:
    package = _package(entry)
    said = _said(group, entry.name, package)
    try:
        target = entry.load()
        if isinstance(target, type):
            target = target()
    except Exception as error:  # whatever the code of another package raises
        if package == OWN and isinstance(error, ModuleNotFoundError):
            raise  # the command line names the part to install
        reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
        raise PluginError(f"{said}: can't be loaded ({reason[0]}); install its package again, or remove it") from error
    missing = [name for name in MEMBERS[group] if not hasattr(target, name)]
    if missing:
        raise PluginError(f"{said}: has no {', '.join(missing)}; install a version for this pmcmine, or remove it")
    own_name = getattr(target, MEMBERS[group][0])
    if group != ENRICHERS and own_name != entry.name:
        raise PluginError(f"{said}: calls itself {own_name!r}; register it by that name")
    version = entry.dist.version if entry.dist is not None else ""
    return Plugin(group, entry.name, package, version, target)


def nearest(name: str, names: Sequence[str]) -> str:
    """Return a hint at the name that was meant, empty if none is near."""
    near = get_close_matches(name, names, 1)
    return f"; did you mean {near[0]!r}?" if near else ""
