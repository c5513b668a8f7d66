"""Commands from annotated functions: the annotation of a parameter says its type, its option and its help.

Click parses and prints. Typer, which reads annotations too, would double the packages that a consumer of releases
installs (pydantic among them), and takes longer to import than click does to answer.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import click

from pmcmine.commands.help_text import write_commands, write_options

_NAMES: Final[dict[type, str]] = {str: "TEXT", Path: "PATH", int: "INTEGER", float: "NUMBER"}


@dataclass(frozen=True)
class Argument:
    """A parameter that is given by its place.

    Attributes:
        help: what it is.
        metavar: what the help shows in its place; by default the parameter's name.
    """

    help: str
    metavar: str | None = None


class Option:
    """A parameter that is given by name."""

    def __init__(
        self,
        *flags: str,
        help: str,
        min: float | None = None,
        max: float | None = None,
        metavar: str | None = None,
        section: str | None = None,
        show_default: bool = True,
        is_eager: bool = False,
        callback: Callable[[Any], None] | None = None,
    ) -> None:
        """Declare an option.

        Args:
            flags: as typed, such as `--quiet` and `-q`; by default made of the parameter's name.
            help: what it decides.
            min: least number.
            max: greatest number.
            metavar: what the help shows as its value.
            section: section of the help; by default the first.
            show_default: whether the help shows the default.
            is_eager: whether it is read before others.
            callback: called with the value when it is given.
        """
        self.flags, self.help, self.min, self.max = flags, help, min, max
        self.metavar, self.section, self.show_default = metavar, section, show_default
        self.is_eager, self.callback = is_eager, callback


class SectionedOption(click.Option):
    """An option in a section of the help."""

    def __init__(self, flags: list[str], section: str | None = None, **more: Any) -> None:
        super().__init__(flags, **more)
        self.section = section


class Command(click.Command):
    """A command whose help lists options by section."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options by section."""
        write_options(self.get_params(ctx), ctx, formatter)


class _Whole(click.types.IntParamType):
    """A whole number. Its error does not repeat what is none: it may be a password of another option."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        try:
            int(value)
        except ValueError:
            self.fail("not a whole number", param, ctx)
        return super().convert(value, param, ctx)


class _Real(click.types.FloatParamType):
    """A number; see `_Whole`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        try:
            float(value)
        except ValueError:
            self.fail("not a number", param, ctx)
        return super().convert(value, param, ctx)


class _WholeFromTo(_Whole, click.IntRange):
    """A whole number within limits. One without any has another type: click's help shows its range as `x<=None`."""


class _RealFromTo(_Real, click.FloatRange):
    """A number within limits."""


def _type(kind: type, said: Option | Argument) -> Any:
    """Return click's type of a value."""
    if kind is Path:
        return click.Path(path_type=Path)
    least, most = (said.min, said.max) if isinstance(said, Option) else (None, None)
    if least is None and most is None:
        return {int: _Whole(), float: _Real()}.get(kind, kind)
    if kind is float:
        return _RealFromTo(least, most)
    if kind is int:
        return _WholeFromTo(None if least is None else int(least), None if most is None else int(most))
    return kind


def _taken_apart(annotation: Any) -> tuple[Any, bool]:
    """Return the type of a value, and whether there may be several."""
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(a for a in get_args(annotation) if a is not type(None))
    if get_origin(annotation) is list:
        return get_args(annotation)[0], True
    return annotation, False


def _called(said: Option) -> Any:
    def call(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        if value and said.callback is not None and not ctx.resilient_parsing:
            said.callback(value)
        return value

    return call if said.callback else None


def parameter(name: str, annotation: Any, default: Any) -> click.Parameter:
    """Return click's parameter for one of a function.

    Args:
        name: its name.
        annotation: `Annotated[type, Option(…)]`, or with `Argument`.
        default: its default; `inspect.Parameter.empty` if it is required.
    """
    declared, said = get_args(annotation)
    kind, several = _taken_apart(declared)
    required = default is inspect.Parameter.empty
    more: dict[str, Any] = {"type": _type(kind, said), "required": required}
    if not required:
        more["default"] = default
    if isinstance(said, Argument):
        shown = said.metavar or name.upper().rstrip("_")
        more["metavar"] = shown if required else f"[{shown}]"
        return click.Argument([name], help=said.help, nargs=-1 if several else 1, **more)
    flag = f"--{name.strip('_').replace('_', '-')}"
    flags = list(said.flags) or [f"{flag}/--no-{flag[2:]}" if kind is bool else flag]
    if kind is bool:
        more |= {"type": None, "is_flag": True}
    else:
        more |= {"multiple": several, "metavar": said.metavar or _NAMES.get(kind)}
    return SectionedOption(
        [*flags, name],
        section=said.section,
        help=said.help,
        show_default=said.show_default,
        is_eager=said.is_eager,
        expose_value=said.callback is None,
        callback=_called(said),
        **more,
    )


def parameters(function: Callable[..., Any]) -> list[click.Parameter]:
    """Return click's parameters of a function; one annotated with `click.Context` is none."""
    hints = get_type_hints(function, include_extras=True)
    return [
        parameter(name, hints[name], found.default)
        for name, found in inspect.signature(function).parameters.items()
        if hints[name] is not click.Context
    ]


def command(function: Callable[..., Any], name: str, kind: type[click.Command] = Command, **more: Any) -> click.Command:
    """Return the command that calls a function; lists that nobody gave are None.

    Args:
        function: its parameters are annotated; its docstring is the help.
        name: the command's name.
        kind: class of the command.
        more: further arguments of click's `Command`.
    """
    params = parameters(function)
    lists = {p.name for p in params if p.multiple or p.nargs == -1}
    passes_context = click.Context in get_type_hints(function).values()

    def call(*context: click.Context, **values: Any) -> Any:
        return function(*context, **{k: (list(v or ()) or None) if k in lists else v for k, v in values.items()})

    callback = click.pass_context(call) if passes_context else call
    return kind(name, params=params, callback=callback, help=inspect.getdoc(function), **more)


class Group(click.Group):
    """Commands of one subject."""

    def __init__(self, **more: Any) -> None:
        super().__init__(no_args_is_help=True, **more)

    def add(self, name: str = "", **more: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Add a function as a command, by default by its own name."""

        def added(function: Callable[..., Any]) -> Callable[..., Any]:
            self.add_command(command(function, name or function.__name__, **more))
            return function

        return added

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands as they were declared."""
        return list(self.commands)


@dataclass(frozen=True)
class Late:
    """A command whose module is imported when it is used.

    Attributes:
        place: `module:name` of its function or group.
        summary: the first paragraph of its help.
        kind: class of the command, or its `module:name`.
        more: further arguments of click's `Command`.
    """

    place: str
    summary: str
    kind: type[click.Command] | str = Command
    more: Mapping[str, Any] | None = None

    def build(self, name: str) -> click.Command:
        """Import the function and return its command."""
        found = _named(self.place)
        if isinstance(found, click.Command):
            found.name = name
            return found
        kind = _named(self.kind) if isinstance(self.kind, str) else self.kind
        return command(found, name, kind, **(self.more or {}))


def _named(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


class LateGroup(click.Group):
    """Commands that are imported when they are used; the help needs none of them."""

    def __init__(self, late: Mapping[str, Late], sections: Mapping[str, Iterable[str]], **more: Any) -> None:
        super().__init__(**more)
        self.late, self.sections = late, sections

    def list_commands(self, ctx: click.Context | None) -> list[str]:
        """Return the names of the commands in the order of the work."""
        return [name for names in self.sections.values() for name in names]

    def get_command(self, ctx: click.Context | None, cmd_name: str) -> click.Command | None:
        """Return a command by its name, None if there is none."""
        if cmd_name in self.late and cmd_name not in self.commands:
            self.add_command(self.late[cmd_name].build(cmd_name))
        return self.commands.get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is called; an unknown one fails with the nearest names."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise click.exceptions.NoSuchCommand(args[0], possibilities=self.list_commands(ctx), ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section."""
        write_commands({name: late.summary for name, late in self.late.items()}, self.sections, formatter)
