"""`pmcmine vocab`: build, download and inspect vocabularies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import click

from pmcmine.commands.declare import Argument, Group, Option
from pmcmine.commands.output import Json, Overwrite, check_file, print_json
from pmcmine.commands.tables import TerminalTable, show
from pmcmine.errors import VocabularyError
from pmcmine.io.folder import check_writable
from pmcmine.text.clean import for_terminal

app = Group(help="Build, download and inspect vocabularies of concepts.")


def _default(name: str) -> Path:
    from pmcmine.vocabulary.locate import vocabulary_folder

    return vocabulary_folder() / f"{name}.vocab"


def _names(values: list[str] | None) -> list[str]:
    return [v for value in values or [] for v in value.replace(",", " ").split()]


def _is_open(path: Path) -> bool:
    """Check whether a file is an open vocabulary, which `vocab get` may replace."""
    from pmcmine.vocabulary.vocabulary import Vocabulary

    try:
        return bool(Vocabulary(path).info()["name"] == "open")
    except (OSError, VocabularyError):
        return False


@app.add()
def build(
    umls: Annotated[Path | None, Option(help="META folder of a UMLS release (MRCONSO.RRF, …).")] = None,
    obo: Annotated[list[Path] | None, Option(help="OBO file, also .gz or .zip; repeatable.")] = None,
    inputs: Annotated[list[Path] | None, Argument(help="More files or folders; their format is recognised.")] = None,
    out: Annotated[Path | None, Option(help="Vocabulary file.")] = None,
    name: Annotated[str | None, Option(help="Name of the vocabulary; default: the file's name.")] = None,
    source: Annotated[
        list[str] | None, Option(help="UMLS sources (SAB) to include; default: all. Example: MSH,SNOMEDCT_US.")
    ] = None,
    language: Annotated[list[str] | None, Option(help="UMLS languages (LAT); default: ENG.")] = None,
    types: Annotated[
        list[str] | None,
        Option("--type", help="Semantic types or groups to include; default: all. Example: T047,ANAT."),
    ] = None,
    suppressed: Annotated[bool, Option("--suppressed", help="Also include suppressed and obsolete names.")] = False,
    related: Annotated[bool, Option(help="Include names that OBO calls broad or related.")] = True,
    version: Annotated[str | None, Option(help="Version to record if an input states none.")] = None,
    overwrite: Overwrite = False,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Hide progress.")] = False,
    as_json: Json = False,
) -> None:
    """Compile a vocabulary from a UMLS release, OBO files, or several of them merged by CUI."""
    from pmcmine.vocabulary.atoms import Options
    from pmcmine.vocabulary.compile import compile_vocabulary
    from pmcmine.vocabulary.formats import open_input
    from pmcmine.vocabulary.semantic_types import parse_types

    options = Options(
        sources=frozenset(_names(source)),
        languages=frozenset(_names(language) or ["ENG"]),
        types=parse_types(_names(types)),
        suppressed=suppressed,
        version=version,
        related=related,
    )
    check_file(out or _default(name or "vocabulary"), overwrite)
    opened = [open_input(umls, options, "umls")] if umls is not None else []
    opened += [open_input(p, options, "obo") for p in obo or []]
    opened += [open_input(p, options) for p in inputs or []]
    if not opened:
        raise VocabularyError("nothing to build from: give --umls META_DIR, --obo FILE, or both")
    target = out or _default(name or "vocabulary")
    check_writable(target)
    tell = None if quiet else (lambda n: click.echo(f"  {n:,} names read", err=True))
    header = compile_vocabulary(opened, target, name or target.stem, tell)
    for origin in header["origins"]:
        if origin["version"].startswith("sha256:"):
            line = f"{origin['name']}: the input states no version; its hash stands for it (name one with --version)"
            click.echo(for_terminal(line), err=True)
    _summary(target, header, as_json)


@app.add()
def get(
    name: Annotated[str, Argument(help="open: those of HPO, MONDO, UBERON, CL and DOID that can be downloaded.")],
    out: Annotated[Path | None, Option(help="Vocabulary file; default: where `mine` looks for it.")] = None,
    only: Annotated[list[str] | None, Option(help="Ontologies to include; default: hp,mondo,uberon,cl,doid.")] = None,
    offline: Annotated[
        bool, Option("--offline", help="Use only files that are already downloaded or installed.")
    ] = False,
    overwrite: Overwrite = False,
    pin: Annotated[
        list[str] | None, Option(help="NAME=SHA256 that an ontology's file must have; for example hp=1a2b…")
    ] = None,
    as_json: Json = False,
) -> None:
    """Download the default open vocabulary. `pmcmine mine` then uses it."""
    from pmcmine.vocabulary.open import get_open

    if name != "open":
        raise VocabularyError(f"{name!r}: only `open` can be downloaded; build others with `pmcmine vocab build`")
    target = out or _default("open")
    check_writable(target)
    check_file(target, overwrite or _is_open(target))
    pins = {}
    for pair in pin or []:
        ontology, equals, value = pair.partition("=")
        if not equals:
            raise VocabularyError(f"--pin {pair}: give NAME=SHA256")
        pins[ontology.strip()] = value.strip().lower()
    header = get_open(
        target,
        tuple(_names(only)),
        offline,
        lambda line: click.echo(for_terminal(f"  {line}"), err=True),
        pins=pins,
    )
    _summary(target, header, as_json)


@app.add()
def info(
    path: Annotated[Path | None, Argument(help="Vocabulary file; default: the open one.")] = None,
    json_: Annotated[bool, Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show name, version, licences, counts and hash of a vocabulary, and check the hash."""
    from pmcmine.vocabulary.vocabulary import Vocabulary

    vocabulary = Vocabulary(path or _default("open"))
    facts = vocabulary.info()
    vocabulary.check()
    if json_:
        click.echo(json.dumps(facts))
        return
    _show(facts)


def _show(facts: dict[str, Any]) -> None:
    """Print the facts of a vocabulary, whose hash was checked."""
    lines = [str(facts["path"]), f"name      {facts['name']}", f"version   {facts['version']}"]
    lines.append(f"licence   {facts['license_class']}")
    for origin in facts["origins"]:
        lines.append(f"  {origin['name']:8} {origin['version']}: {origin['license']}; SHA-256 {origin['sha256']}")
    lines += [f"{key:16} {n:>12,}" for key, n in facts["counts"].items()]
    lines += [f"bytes            {facts['bytes']:>12,}", f"sha256    {facts['sha256']} (checked)"]
    named = {"file": "path", "name": "name", "version": "version", "licence": "license_class"}
    about = [(head, for_terminal(str(facts[key]))) for head, key in named.items()]
    about.append(("SHA-256", for_terminal(f"{facts['sha256']} (checked)")))
    origins = [[for_terminal(o[key]) for key in ("name", "version", "license", "sha256")] for o in facts["origins"]]
    counts = [(for_terminal(key), f"{n:,}") for key, n in [*facts["counts"].items(), ("bytes", facts["bytes"])]]
    show(
        map(for_terminal, lines),
        TerminalTable(("fact", "value"), about),
        "",
        TerminalTable(("input", "version", "licence"), [origin[:3] for origin in origins]),
        "",
        TerminalTable(("input", "SHA-256"), [(origin[0], origin[3]) for origin in origins]),  # too wide for the above
        "",
        TerminalTable(("count", "number"), counts, numbers=(1,)),
    )


def _summary(path: Path, header: dict[str, Any], as_json: bool) -> None:
    """Print what was compiled."""
    counts, version, license_class = header["counts"], header["version"], header["license_class"]
    if as_json:
        print_json({"out": str(path), "version": version, "license_class": license_class, "counts": counts})
        return
    text = (
        f"{path}: {counts['concepts']:,} concepts, {counts['terms_with_cui']:,} of {counts['terms']:,} terms with CUI, "
        f"{counts['names']:,} names\n{version} (licence: {license_class})"
    )
    click.echo(for_terminal(text, lines=True))
