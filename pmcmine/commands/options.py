"""Options of commands that are keys of the configuration: each is declared once, in `pmcmine.config`.

The configuration needs packages that a consumer of releases does not install, so the options are made when a command is
used or its help is shown, not when the command line starts.
"""

from __future__ import annotations

import types
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any, Final, Union, get_args, get_origin

import click

from pmcmine.commands.declare import Command, Option, parameter

# Filled in by the run itself.
NO_FLAGS: Final = frozenset({"vocab_sha256", "decontaminate_sha256", "exclude_sha256", "demo"})
EXTENSIONS: Final = "Extensions"  # section of keys that other packages add
_ALIASES: Final = {"max_reject_share": ("--max-reject-rate",)}
_BY_COMMA: Final = frozenset({"groups"})  # lists that one flag gives whole
# An update takes these from the release, so the defaults of `mine` do not hold.
_IN_UPDATE: Final = {
    "source": "where the articles are now; the source that the release was mined from if not given",
    "vocab": "where the release's vocabulary is now, any fsspec URL; its old path if not given",
}
# What decides which files a run reads, and how it asks for them.
_IN_DOWNLOAD: Final = frozenset(
    "source inventory pmcid limit all groups pointers manuscripts historical_ocr require_caption panels pdf_figures "
    "max_xml_bytes max_image_bytes max_pdf_bytes concurrency contact requests_per_second retries retry_seconds timeout "
    "first_contact_seconds".split()
)
_GIVEN: Final = "pmcmine.given"
_TYPES: Final = {str: "text", int: "integer", float: "number", bool: "on/off"}


@dataclass(frozen=True)
class Key:
    """A key of the configuration, as help and documentation show it.

    Attributes:
        name: its name in TOML, `--set` and, after PMCMINE_MINE_, in the environment.
        section: its section of the help.
        kind: text, integer, number, on/off, or list of texts.
        default: what holds if it is not given; empty if the meaning says so.
        meaning: what it decides.
        example: the value of an example; None if it needs none.
        decides_release: whether it decides what is in the release, not how it is made.
        python_type: type of a value.
        listed: whether it takes several values.
    """

    name: str
    section: str
    kind: str
    default: str
    meaning: str
    example: str | None
    decides_release: bool
    python_type: type
    listed: bool

    @property
    def flag(self) -> str:
        """Return the flag of `pmcmine mine`, empty if there is none."""
        if self.name in NO_FLAGS:
            return ""
        name = self.name.replace("_", "-")
        return f"--{name}/--no-{name}" if self.python_type is bool else f"--{name}"

    @property
    def example_flag(self) -> str:
        """Return an example as users type it, empty if there is none."""
        return f"{self.flag}{'=' if self.name == 'beam' else ' '}{self.example}" if self.example else ""


def _size(value: int) -> str:
    """Write an integer, powers of two with their unit."""
    for shift, unit in ((30, "GiB"), (20, "MiB")):
        if value >= 1 << shift and not value % (1 << shift):
            return f"{value} ({value >> shift} {unit})"
    return str(value)


def _default(value: Any) -> str:
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(value)
    return _size(value) if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)


def _python_type(annotation: Any) -> tuple[type, bool]:
    """Return the type of a value of a key, and whether the key takes several."""
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(a for a in get_args(annotation) if a is not type(None))
    if get_origin(annotation) is tuple:
        return get_args(annotation)[0], True
    return annotation, False


@cache
def keys() -> tuple[Key, ...]:
    """Return all keys of the configuration by section, in the order in which they are declared."""
    from pmcmine.config import SECTIONS, MineConfig, config_class

    found = []
    for name, field in config_class().model_fields.items():
        said: Any = field.json_schema_extra or {}  # a key that another package adds says neither
        kind, listed = _python_type(field.annotation)
        found.append(
            Key(
                name,
                said.get("section", EXTENSIONS),
                f"list of {_TYPES[kind]}s" if listed else _TYPES[kind],
                _default(field.default),
                str(field.description),
                said.get("example"),
                name not in MineConfig.RUN_ONLY,
                kind,
                listed,
            )
        )
    sections = (*SECTIONS, EXTENSIONS)
    return tuple(sorted(found, key=lambda key: sections.index(key.section)))


def help_text(key: Key) -> str:
    """Return the help of a flag: meaning, default, example."""
    text = f"{key.meaning[0].upper()}{key.meaning[1:]}."
    if key.default:
        text += f" Default: {key.default}."
    return f"{text} Example: {key.example_flag}" if key.example else text


def _parameter(key: Key) -> click.Parameter:
    """Return the option of a key; None if it is not given."""
    kind: Any = list[key.python_type] if key.listed and key.name not in _BY_COMMA else key.python_type  # type: ignore[name-defined]  # a type made at run time
    size = key.name.endswith("_bytes")  # 1GB, 500MB, 64MiB or a number
    said = Option(
        key.flag,
        *_ALIASES.get(key.name, ()),
        help=help_text(key),
        section=key.section,
        show_default=False,
        metavar="SIZE" if size else None,
    )
    return parameter(key.name, Annotated[(str if size else kind) | None, said], None)


@cache
def _options(names: frozenset[str], meanings: tuple[tuple[str, str], ...]) -> list[click.Parameter]:
    """Build the options of some keys; `meanings` replace the meaning and default of some."""
    instead = dict(meanings)
    return [
        _parameter(replace(key, meaning=instead[key.name], default="") if key.name in instead else key)
        for key in keys()
        if key.name in names
    ]


class ConfigCommand(Command):
    """A command whose options are keys of the configuration, beside those that its function declares."""

    @classmethod
    def names_of_keys(cls) -> frozenset[str]:
        """Return the names of the keys that it has flags for."""
        return frozenset(key.name for key in keys() if key.flag)

    @classmethod
    def meanings(cls) -> dict[str, str]:
        """Return the help of keys that mean something else in this command."""
        return {}

    def get_params(self, ctx: Any) -> list[Any]:
        """Return all options, those of the configuration first."""
        return [*_options(self.names_of_keys(), tuple(self.meanings().items())), *super().get_params(ctx)]

    def invoke(self, ctx: Any) -> Any:
        """Call the function, which asks `given` for the keys."""
        ctx.meta[_GIVEN] = {name: ctx.params.pop(name) for name in self.names_of_keys()}
        return super().invoke(ctx)


class UpdateCommand(ConfigCommand):
    """A command whose options are the keys that an update of a release may change."""

    @classmethod
    def names_of_keys(cls) -> frozenset[str]:
        """Return the names of the keys that it has flags for."""
        return frozenset(
            {
                "source",
                "inventory",
                "vocab",
                "exclude",
                *(key.name for key in keys() if key.section in ("Run", "SLURM")),
            }
        )

    @classmethod
    def meanings(cls) -> dict[str, str]:
        """Return the help of the keys that the release decides."""
        return _IN_UPDATE


class DownloadCommand(ConfigCommand):
    """A command whose options are the keys that decide which files a run reads."""

    @classmethod
    def names_of_keys(cls) -> frozenset[str]:
        """Return the names of the keys that it has flags for."""
        return _IN_DOWNLOAD

    @classmethod
    def meanings(cls) -> dict[str, str]:
        """Return the help of keys that mean something else in this command."""
        return {"all": "download all of PMC; needed if no source, PMCIDs or limit are given. Default: off"}


def given(ctx: click.Context) -> dict[str, Any]:
    """Return the keys that the flags of a command give, lists as tuples; PMCIDs may be the name of a file still."""
    found: dict[str, Any] = {}
    for name, value in ctx.meta[_GIVEN].items():
        if name in _BY_COMMA and value is not None:
            found[name] = tuple(part.strip() for part in value.split(","))
        elif isinstance(value, list | tuple):
            found[name] = tuple(value) or None
        else:
            found[name] = value
    return found
