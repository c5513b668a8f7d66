"""`pmcmine link`: show the concepts in a text."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from pmcmine.commands.declare import Argument, Option
from pmcmine.errors import PmcmineError, VocabularyError
from pmcmine.text.clean import for_terminal, json_line, without_controls

if TYPE_CHECKING:
    from pmcmine.concepts.linker import Link

_MAX_BYTES = 64 << 20


def link(
    text: Annotated[str, Argument(help="Text, path of a UTF-8 file, or - for standard input.")],
    vocab: Annotated[str | None, Option(help="Vocabulary; default: the open one.")] = None,
    min_score: Annotated[float, Option(help="Minimum probability of a link.", min=0, max=1)] = 0.4,
    nested: Annotated[bool, Option("--nested", help="Keep links inside longer ones.")] = False,
    case: Annotated[str, Option(help="Case of letters: respect, ignore or auto.")] = "auto",
    fuzzy: Annotated[
        bool, Option("--fuzzy", help="Also link by string similarity (scispaCy's candidate generator; slow).")
    ] = False,
    json_: Annotated[bool, Option("--json", help="Print one JSON object per link.")] = False,
) -> None:
    """Show the concepts in a text, with negation and other context."""
    from pmcmine.io.extras import need

    if fuzzy:
        need("fuzzy", "--fuzzy")
    from pmcmine.concepts.linker import Linker, LinkOptions
    from pmcmine.vocabulary.locate import find_vocabulary, local_copy
    from pmcmine.vocabulary.vocabulary import Vocabulary

    address = find_vocabulary(vocab)
    if address is None:
        raise VocabularyError("no vocabulary: download the open one with `pmcmine vocab get open`, or give --vocab")
    if case not in ("respect", "ignore", "auto"):
        raise PmcmineError(f"--case {case}: choose respect, ignore or auto")
    given = _read(text)
    vocabulary = Vocabulary(local_copy(address))
    generator = None
    if fuzzy:
        from pmcmine.concepts.fuzzy import FuzzyGenerator

        generator = FuzzyGenerator(vocabulary)
    linker = Linker(vocabulary, LinkOptions(min_score=min_score, nested=nested, case=case), generator)
    links = linker.link([given])
    if json_:
        for x in links:
            row = {
                "cui": x.term.cui,
                "source_id": x.term.source_id,
                "name": x.term.name,
                "text": given[x.start : x.end],
                "start": x.start,
                "end": x.end,
                "semantic_types": x.term.types,
                "vocabulary": x.term.vocabulary,
                "vocabulary_version": x.term.version,
                "score": x.score,
                "how": x.how,
                "negated": x.context.negated,
                "uncertain": x.context.uncertain,
                "historical": x.context.historical,
                "hypothetical": x.context.hypothetical,
                "experiencer": x.context.experiencer,
            }
            click.echo(json_line(row))
        return
    _show(given, links)


def _read(text: str) -> str:
    if text == "-":
        data = sys.stdin.buffer.read(_MAX_BYTES + 1)
    else:
        try:
            path = Path(text)
            if len(text) > 1000 or "\n" in text or not path.is_file():
                return text
            if path.stat().st_size > _MAX_BYTES:
                raise PmcmineError(f"{text}: more than {_MAX_BYTES >> 20} MB")
            data = path.read_bytes()
        except (OSError, ValueError):
            return text
    if len(data) > _MAX_BYTES:
        raise PmcmineError(f"more than {_MAX_BYTES >> 20} MB on standard input")
    return data.decode("utf-8", "replace")


def _show(text: str, links: Sequence[Link]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    from pmcmine.vocabulary.semantic_types import GROUP_OF

    colours = {"ANAT": "green", "DISO": "red", "CHEM": "magenta", "PROC": "blue", "PHYS": "cyan", "LIVB": "yellow"}
    console = Console()
    # One character for one: offsets stay. An escape would make the text longer.
    shown = Text(without_controls(text.rstrip("\n")))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("text", "concept", "name", "type", "score", "how", "context"):
        table.add_column(column, overflow="fold")
    for x in links:
        group = GROUP_OF.get(x.term.types[0], "") if x.term.types else ""
        colour = colours.get(group, "white")
        shown.stylize(f"{'strike ' if x.context.negated else 'underline '}{colour}", x.start, x.end)
        c = x.context
        notes = [n for n in ("negated", "uncertain", "historical", "hypothetical") if getattr(c, n)]
        notes += [c.experiencer] if c.experiencer != "patient" else []
        ids = f"{x.term.cui} {x.term.source_id}" if x.term.cui else x.term.source_id
        said, name, types = (for_terminal(t) for t in (text[x.start : x.end], x.term.name, " ".join(x.term.types)))
        table.add_row(
            f"[{colour}]{escape(said)}[/]", escape(for_terminal(ids)), escape(name), escape(types),
            f"{x.score:.2f}", x.how, ", ".join(notes),
        )  # fmt: skip
    console.print(shown)
    if links:
        console.print()
        console.print(table)
    else:
        console.print("no concept found")
