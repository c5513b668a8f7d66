"""Write the pages of the reference from the code: tables, rejects, configuration, commands, Python.

Run it after a change of schemas, reasons, keys of the configuration, options of commands or public docstrings.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, is_dataclass
from dataclasses import fields as fields_of
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import click
import pyarrow as pa

from pmcmine.cli import app
from pmcmine.commands.index import SECTIONS
from pmcmine.commands.options import ConfigCommand, Key, UpdateCommand, keys
from pmcmine.config import config_class
from pmcmine.miner import enrichers
from pmcmine.rejects import FAULTS, MEANINGS
from schemas import describe
from schemas.record import notes_of
from schemas.written import WRITE_REJECTS, WRITTEN

HERE = Path(__file__).parent


def fields(schema: pa.Schema) -> str:
    """Markdown table of a schema's fields."""
    lines = ["| field | type | meaning | unit | empty when |", "|---|---|---|---|---|"]
    for name, _, meaning, unit, null in describe(schema):
        said = f"{meaning} | {unit} | {null}".replace("<", "&lt;")  # Markdown would take `<digits>` for a tag
        lines.append(f"| `{name}` | `{_short(schema.field(name).type)}` | {said} |")
        lines += _subfields(schema.field(name), name)
    return "\n".join(lines)


def _short(kind: pa.DataType) -> str:
    """Return a type without the fields of its structs, which have rows of their own."""
    if pa.types.is_struct(kind):
        return "struct"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"list<{_short(kind.value_type)}>"
    return str(kind)


def _subfields(field: pa.Field, prefix: str) -> Iterator[str]:
    """Yield a row for each field of a struct, or of the structs of a list."""
    kind = field.type
    while pa.types.is_list(kind) or pa.types.is_large_list(kind):
        kind, prefix = kind.value_type, f"{prefix}[]"
    for inner in kind if pa.types.is_struct(kind) else ():
        notes = notes_of(inner)
        said = " | ".join(notes.get(k, "") for k in ("meaning", "unit", "null")).replace("<", "&lt;")
        yield f"| `{prefix}.{inner.name}` | `{_short(inner.type)}` | {said} |"
        yield from _subfields(inner, f"{prefix}.{inner.name}")


def tables() -> str:
    """Write docs/tables.md."""
    config = config_class()(image_embeddings=True)
    parts = ["# Tables\n\nGenerated from `schemas/` and the enrichers by `python docs/generate.py`.\n"]
    parts += [
        f"## {t.name}\n\n{t.meaning} Key: `{t.key}`.\n\n{fields(t.schema)}\n" for t in enrichers.tables(config).values()
    ]
    sample = enrichers.sample_schemas(config)["figures"]
    parts.append(f"## The JSON member of a sample\n\n{fields(sample)}\n")
    for side in (WRITTEN, WRITE_REJECTS):
        parts.append(f"## {side.name}\n\n{side.meaning} A side table of `pmcmine write`.\n\n{fields(side.schema)}\n")
    return "\n".join(parts)


def rejects() -> str:
    """Write docs/rejects.md."""
    lines = [
        "# Reasons for rejects",
        "",
        "Generated from `pmcmine/rejects.py` by `python docs/generate.py`. Faults count towards `--max-reject-share`.",
        "",
        "| reason | meaning | fault |",
        "|---|---|---|",
    ]
    lines += [f"| `{r.value}` | {m} | {'yes' if r in FAULTS else ''} |" for r, m in MEANINGS.items()]
    return "\n".join(lines) + "\n"


CONFIGURATION = """# Configuration

Generated from `pmcmine/config.py` by `python docs/generate.py`.

Every option of `pmcmine mine` is a key of one configuration. `pmcmine mine --help` shows the same keys. A key can be
given in four ways; the first that gives it decides:

| way | example |
|---|---|
| `--set NAME=VALUE` | `pmcmine mine --limit 1000 --set shard_bytes=500000000` |
| flag | `pmcmine mine --limit 1000 --shard-bytes 500000000` |
| TOML file, `--config FILE` | `shard_bytes = 500_000_000` and `groups = ["commercial"]` |
| environment, `PMCMINE_MINE_<KEY>`; lists are JSON | `PMCMINE_MINE_SHARD_BYTES=500000000` |

On/off keys have two flags, such as `--privacy` and `--no-privacy`. `--drop-benchmarks` is short for
`--decontaminate-action drop`, and `--max-reject-rate` is another name of `--max-reject-share`.

**Which articles** has to be said: `source`, `pmcid` or `limit`, or `all` for all of PMC. `pmcmine mine` without any
argument, like `pmcmine` itself, shows the help and ends with exit code 0. With other options but none of these, it
shows the help, says why in one line, and ends with exit code 2.

**What a key decides.** Keys marked *release* decide what is in a release: a run resumes, and an update starts, only
with the same values. Keys marked *run* decide how it is made and may change from one start to the next. `vocab` and
`decontaminate` say where files are, which may change; the hashes of these files may not.
"""


def _row(key: Key) -> str:
    example = f"`{key.example_flag}`" if key.example else ""
    default = f"`{key.default}`" if key.default else ""
    decides = "release" if key.decides_release else "run"
    return f"| `{key.name}` | {key.kind} | {default} | {decides} | {key.meaning} | {example} |"


def configuration() -> str:
    """Return docs/configuration.md."""
    parts = [CONFIGURATION]
    for section, group in groupby(keys(), lambda key: key.section):
        lines = [
            "| key | type | default | decides | meaning | example |",
            "|---|---|---|---|---|---|",
            *map(_row, group),
        ]
        parts.append(f"## {section}\n\n{chr(10).join(lines)}\n")
    updates = [key for key in keys() if key.name in UpdateCommand.names_of_keys()]
    parts.append(
        "## Update\n\n`pmcmine update` keeps the configuration of the release. It takes these keys as flags, and all "
        f"other keys marked *run* by `--set`: {', '.join(f'`{key.name}`' for key in updates)}.\n"
    )
    return "\n".join(parts)


COMMANDS: Final = """# Commands

Generated from the command line by `python docs/generate.py`; `pmcmine COMMAND --help` shows the same.

With `--json`, stdout holds nothing but JSON; progress and warnings go to stderr. Exit codes: 0 done, 1 done with faults
above the threshold or problems found, 2 failed (one line says why), 130 interrupted.

`pmcmine --completion bash >> ~/.bashrc` (or `zsh`, `fish`) completes commands and options in your shell.
"""
# Options of `pmcmine` itself.
BEFORE_COMMANDS: Final = """## Before every command

These stand between `pmcmine` and the command, as in `pmcmine --verbose mine …`.
"""


def commands() -> str:
    """Return docs/cli.md."""
    options = [p for p in app.params if not p.hidden]
    parts = [COMMANDS, BEFORE_COMMANDS, _table([f"| `{_names(p)}` | {_cell(p.help)} | |" for p in options])]
    for section, names in SECTIONS.items():
        parts.append(f"## {section}\n")
        for name in names:
            parts += [_command(*found) for found in _commands(app.get_command(None, name), f"pmcmine {name}")]
    return "\n".join(parts)


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield name and command, or those of a group's commands that the help shows."""
    if not hasattr(command, "commands"):
        yield name, command
        return
    for inner in command.list_commands(None):
        if not command.commands[inner].hidden:
            yield from _commands(command.commands[inner], f"{name} {inner}")


def _command(name: str, command: Any) -> str:
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    options = [p for p in command.params if p not in arguments and not p.hidden]
    shown = "".join(f" {_argument(p)}" for p in arguments) + (" [OPTIONS]" if options else "")
    said = inspect.cleandoc(command.help or "").replace("\b\n", "").replace("\f", "")
    parts = [f"### {name}\n", f"`{name}{shown}`\n", f"{said}\n"]
    if isinstance(command, ConfigCommand):
        wanted = type(command).names_of_keys()
        listed = "all keys" if type(command) is ConfigCommand else "these keys"
        names = ", ".join(f"`{_flag(key)}`" for key in keys() if key.name in wanted)
        parts.append(f"Flags for {listed} of the [configuration](configuration.md): {names}.\n")
    if arguments or options:
        rows = [f"| `{_argument(p)}` | {_cell(p.help)} | |" for p in arguments]
        rows += [f"| `{_names(p)}` | {_cell(p.help)} | {_shown_default(p)} |" for p in options]
        parts.append(_table(rows))
    if hasattr(command, "listed"):
        parts.append(f"{command.listed()}\n")
    return "\n".join(parts)


def _table(rows: Iterable[str]) -> str:
    return "| option | meaning | default |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _flag(key: Key) -> str:
    return key.flag.split("/")[0]


def _argument(parameter: Any) -> str:
    name = f"{parameter.metavar.strip('[]')}{'…' if parameter.nargs == -1 else ''}"
    return name if parameter.required else f"[{name}]"


def _names(option: Any) -> str:
    return ", ".join([*option.opts, *option.secondary_opts]) + ("" if option.is_flag else " VALUE")


def _cell(text: str | None) -> str:
    """Return a text for a cell of a table of Markdown."""
    return " ".join((text or "").replace("|", "\\|").replace("<", "&lt;").split())


def _shown_default(option: Any) -> str:
    value = option.default
    if option.required:
        return "required"
    if value is None or value is False or value == "" or not option.show_default:
        return "repeatable" if option.multiple else ""
    if isinstance(value, Path):
        value = value.resolve().relative_to(HERE.parent) if value.resolve().is_relative_to(HERE.parent) else value
    return "on" if value is True else f"`{getattr(value, 'value', value)}`"


_SECTIONS: Final = {"Args": "Arguments"}  # of docstrings in Google style
PYTHON: Final = """# Python

Generated from docstrings by `python docs/generate.py`. Everything here is typed. Importing `pmcmine` or
`pmcmine.stream` loads neither Beam nor a model library. An error that the caller can mend is a
`pmcmine.errors.PmcmineError` of one line.
"""


# Classes that functions return and nobody calls, with what their users need; they have more for each other.
_RETURNED: Final[Mapping[str, tuple[str, ...]]] = {
    "Rows": ("where", "select", "head", "__iter__", "arrow", "df", "pl"),
    "FigureView": ("caption", "image"),
    "Samples": ("__iter__", "batched", "set_epoch", "state_dict", "load_state_dict"),
    "Documents": (),
    "Batches": ("set_epoch", "state_dict", "load_state_dict", "state_after"),
}
_INNER: Final = frozenset({"order"})  # names of pmcmine.stream that only its parts and tests call


def python() -> str:
    """Return docs/python.md."""
    import pmcmine
    from pmcmine import stream
    from pmcmine.exports import Export, reader
    from pmcmine.find.hits import Hit
    from pmcmine.notebook.release import FigureView
    from pmcmine.notebook.rows import Rows
    from pmcmine.plugins import enricher, scorer
    from pmcmine.release.views import View
    from pmcmine.sources import base
    from pmcmine.vocabulary import atoms

    streams = [getattr(stream, n) for n in stream.__all__ if n not in _INNER and callable(getattr(stream, n))]
    functions = sorted((o for o in streams if not inspect.isclass(o)), key=lambda o: o.__name__ != "open")
    sections: list[tuple[str, str, Iterable[Any]]] = [
        ("Make and open a release", "pmcmine", [pmcmine.mine, pmcmine.Release, Rows, FigureView]),
        ("Search", "pmcmine", [pmcmine.search, pmcmine.retrieve, Hit]),
        ("Stream", "pmcmine.stream", [*functions, stream.Samples, stream.Documents, stream.Batches]),
        ("Extend", "", [enricher.Enricher, enricher.Column, enricher.Option, enricher.Context, enricher.Model,
                        scorer.Scorer, base.SourceKind, base.Source, reader.Exporter, Export, View, atoms.Format]),
    ]  # fmt: skip
    parts = [PYTHON]
    for title, module, names in sections:
        parts.append(f"## {title}\n")
        parts += [_described(found, module) for found in names]
    return "\n".join(parts)


def _described(found: Any, module: str) -> str:
    """Describe a function or a class with its public members."""
    home = module if module and hasattr(__import__(module, fromlist=["_"]), found.__name__) else found.__module__
    parts = [f"### {home}.{found.__name__}\n"]
    if not inspect.isclass(found):
        return "\n".join([*parts, _signature(found, f"{home}.{found.__name__}"), _docstring(found)])
    protocol, returned = getattr(found, "_is_protocol", False), _RETURNED.get(found.__name__)
    if not protocol and returned is None:
        parts.append(_fields(found) if is_dataclass(found) else _signature(found.__init__, found.__name__))
    said = _docstring(found)
    parts.append(said if returned is None else said.split("**Arguments**")[0])
    members = vars(found) if returned is None else {name: vars(found)[name] for name in returned}
    for name, member in members.items():
        plain = member.fget if isinstance(member, property) else member
        hidden = name.startswith("_") and name not in ("__getitem__", "__len__", "__iter__")
        if hidden or not inspect.isfunction(plain):
            continue
        said = _docstring(plain)
        if said.strip() or protocol:
            shown = f"`{name}`, a property\n" if isinstance(member, property) else _signature(plain, name)
            parts += [f"#### {found.__name__}.{name}\n", shown, said]
    return "\n".join(parts)


def _fields(found: type) -> str:
    """Return the call that makes a dataclass."""
    given = (f"{f.name}: {f.type}" + ("" if f.default is MISSING else f" = {f.default!r}") for f in fields_of(found))
    lines = "".join(f"    {line},\n" for line in given)
    return f"```text\n{found.__name__}(\n{lines})\n```\n"


def _signature(function: Any, name: str) -> str:
    """Return a function's signature with its annotations as they are written."""
    signature = inspect.signature(function)
    shown = [
        str(p).replace("'", "") if p.default is p.empty else str(p)
        for p in signature.parameters.values()
        if p.name != "self"
    ]
    shown = [re.sub(r"^(\*{0,2}\w+): '(.+?)'", r"\1: \2", one) for one in shown]
    keywords = [p.kind == p.KEYWORD_ONLY for p in signature.parameters.values() if p.name != "self"]
    if True in keywords and not any(p.kind == p.VAR_POSITIONAL for p in signature.parameters.values()):
        shown.insert(keywords.index(True), "*")
    shown = [re.sub(r"<function (\w+) at 0x[0-9a-f]+>", r"\1", one) for one in shown]  # an address differs in each run
    returned = "" if signature.return_annotation is signature.empty else f" -> {signature.return_annotation!s}"
    one = f"{name}({', '.join(shown)}){returned}"
    several = f"{name}(\n" + "".join(f"    {s},\n" for s in shown) + f"){returned}"
    return f"```text\n{one if len(one) <= 100 else several}\n```\n"


def _docstring(found: Any) -> str:
    """Return a docstring in Google style as Markdown: its sections as lists, its examples in a fence."""
    lines, out, section = inspect.cleandoc(found.__doc__ or "").splitlines(), [], False
    for line in lines:
        item = re.match(r"    (\*{0,2}\w+): (.*)", line)
        if re.fullmatch(r"(Args|Attributes|Raises|Returns|Yields):", line):
            section = True
            out += [f"**{_SECTIONS.get(line[:-1], line[:-1])}**", ""]
        elif section and item:
            out.append(f"- `{item[1]}`: {item[2]}")
        elif section and line.startswith("     "):
            out.append(f"  {line.strip()}")
        elif line.startswith(">>> "):
            out += ["", "```text", line, "```"]
        else:
            section = section and not line.strip()
            out.append(line.replace("<", "&lt;"))
    text = "\n".join(out).replace("```\n\n```text\n", "")  # examples that follow each other are one
    return re.sub(r"\n{3,}", "\n\n", text) + "\n"


PAGES: Final = {
    "configuration.md": configuration,
    "tables.md": tables,
    "rejects.md": rejects,
    "cli.md": commands,
    "python.md": python,
}

if __name__ == "__main__":
    for page, made in PAGES.items():
        (HERE / page).write_text(made(), "utf-8")
