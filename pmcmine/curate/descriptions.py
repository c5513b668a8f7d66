"""Cards, Croissant, citation and attribution of a release that is a part of another one."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO, Final, cast

from pmcmine.describe.balance import balance
from pmcmine.describe.cards import shards_card, tables_card
from pmcmine.describe.corpus_facts import corpus_facts
from pmcmine.describe.croissant import shards_croissant, tables_croissant
from pmcmine.describe.datasheet import CITATION, citation
from pmcmine.describe.provenance import About
from pmcmine.io.folder import Folder
from pmcmine.io.hashed import HashedWriter
from pmcmine.release.layout import FileEntry, lacking_columns
from pmcmine.release.plan import SHARDS
from pmcmine.release.record import ReleaseRecord
from pmcmine.rights.attribution import ATTRIBUTION, deeds, write_attribution
from pmcmine.work.records import ShardRecord, TableRecord
from schemas import TABLES, arrow_schema
from schemas.sample import Sample

_TITLES: Final = {"shards": "pmcmine image-text pairs, a part", "tables": "pmcmine tables, a part"}
_TYPES: Final = re.compile(rb"^dataset_info:\n(?:[ -].*\n)*", re.MULTILINE)
_NOTE: Final = """

A part of a release: {n:,} figures that `pmcmine subset` chose. `release.json` states under `config.subset` how, and
what the whole release was made from, with which models.
"""


def describe_part(
    out: Folder, record: ReleaseRecord, entries: Sequence[FileEntry], n: int, schema: bytes
) -> dict[str, bytes]:
    """Return what describes the datasets of a part: cards, Croissant, citations.

    Args:
        out: the part, whose shards and tables are written.
        record: the whole release.
        entries: files of the part.
        n: number of figures.
        schema: `shards/schema.json` of the whole release; empty if it has none.
    """
    rights = _of_rights(out, entries)
    counted = [(out, e.name) for e in entries if e.name.startswith(("tables/figures/", "tables/concepts/"))]
    about = About(corpus_facts(rights), record.snapshot, record.classifiers, balance(counted))
    shards = [ShardRecord(e.name, e.sha256, e.bytes, e.rows or 0) for e in entries if e.name.endswith(".tar")]
    tables = [_table(e) for e in entries if e.name.startswith("tables/") and e.name.count("/") == 3]
    licences = deeds(rights)
    files = {name: [t.name for t in tables if t.table == name] for name in TABLES}
    published = {
        name: replace(table, lacking=lacking_columns(out, files[name], table.schema.names))
        for name, table in TABLES.items()
        if files[name]
    }
    card = shards_card(shards, record.vocabulary, SHARDS, about=about)
    if not _has_keys_of_today(schema):  # enrichers of others add keys, whose types readers find out themselves
        card = _TYPES.sub(b"", card, count=1)
    found = {
        "shards/README.md": _noted(card, n),
        "shards/croissant.json": shards_croissant(shards, licences, about=about),
        "tables/README.md": _noted(tables_card(tables, record.vocabulary, published, about), n),
        "tables/croissant.json": tables_croissant(tables, licences, published, about),
    }
    for folder, title in _TITLES.items():
        found[f"{folder}/{CITATION}"] = citation(title, record.snapshot)
    return found


def write_rights(out: Folder, entries: Sequence[FileEntry]) -> FileEntry:
    """Write whom to credit, one line after the other, with memory that does not grow with the part; return its entry.

    Args:
        out: the part, whose tables are written.
        entries: files of the part.
    """
    name = f"shards/{ATTRIBUTION}"
    with out.create(name, replace=True) as (stream, _), HashedWriter(stream) as hashed:
        write_attribution(cast("BinaryIO", hashed), _of_rights(out, entries))
        digest = hashed.finish()
    return FileEntry(name, hashed.size, digest)


def _of_rights(out: Folder, entries: Sequence[FileEntry]) -> list[tuple[Folder, str]]:
    return [(out, e.name) for e in entries if e.name.startswith(("tables/articles/", "tables/figures/"))]


def _has_keys_of_today(schema: bytes) -> bool:
    try:
        names: list[str] = arrow_schema(Sample).names
        return [field["name"] for field in json.loads(schema)["json"]] == names
    except (ValueError, LookupError, TypeError, RecursionError):
        return False


def _table(entry: FileEntry) -> TableRecord:
    _, table, group, name = entry.name.split("/")
    return TableRecord(entry.name, entry.sha256, entry.bytes, entry.rows or 0, False, table, group, name.split("-")[0])


def _noted(card: bytes, n: int) -> bytes:
    """Return a card that says below its heading that it is of a part."""
    head, heading, rest = card.partition(b"\n# ")
    title, _, body = rest.partition(b"\n")
    return head + heading + title + _NOTE.format(n=n).encode() + body
