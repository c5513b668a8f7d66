"""Describe the datasets of a release: cards, schemas, Croissant, datasheets, citations, attribution."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

import pyarrow as pa

from pmcmine.describe.balance import Balance, BalanceCount
from pmcmine.describe.cards import TABLES_SCHEMA, shards_card, shards_schema, tables_card, tables_schema
from pmcmine.describe.corpus_facts import FactsCount
from pmcmine.describe.croissant import TABLES_CROISSANT, shards_croissant, tables_croissant
from pmcmine.describe.datasheet import CITATION, DATASHEET, citation, datasheet
from pmcmine.describe.parquet_card import PARQUET_SCHEMA, PARQUET_TITLE, describe_parquet, parquet_schema
from pmcmine.describe.provenance import About
from pmcmine.describe.reading import Part, read_once
from pmcmine.describe.report_counts import ReportCount
from pmcmine.describe.training_content import TRAINING_CONTENT, training_content
from pmcmine.io.folder import Folder
from pmcmine.miner import enrichers
from pmcmine.plugins.enricher import Model
from pmcmine.release.facts import Snapshot, VocabularyFacts
from pmcmine.release.layout import FileEntry, lacking_columns, read_checked
from pmcmine.release.plan import PANEL_SHARDS, PARQUET, SHARDS
from pmcmine.rights.attribution import ATTRIBUTION, Attribution, Deeds
from pmcmine.run.job import Job
from pmcmine.run.ownership import write_announced_stream
from pmcmine.work.balance import Tally
from pmcmine.work.records import FileRecord, ParquetRecord, ShardRecord, TableRecord
from schemas.image_row import image_schema

_AnyRecord = TypeVar("_AnyRecord", bound=FileRecord)


@dataclass(frozen=True)
class Written:
    """Records of the files of each dataset."""

    pairs: Sequence[ShardRecord]
    crops: Sequence[ShardRecord]
    tables: Sequence[TableRecord]
    parquet: Sequence[ParquetRecord] | None


def describe_datasets(
    job: Job,
    frozen: Snapshot,
    totals: Tally,
    written: Written,
    vocabulary: VocabularyFacts | None,
    models: Sequence[Model],
) -> tuple[dict[str, bytes], tuple[Balance, ReportCount], FileEntry]:
    """Return the descriptions of the datasets (cards, schemas, Croissant, data sheets), and their composition.

    Also writes the attribution file, and returns its entry.
    """
    described = [
        r for table in ("articles", "figures", "concepts") for r in written.tables if r.table == table and r.group
    ]
    read = [(job.out if r.kept else job.target, r.name) for r in described]
    rights = [(folder, name) for folder, name in read if name.split("/")[1] != "concepts"]
    for record in described:
        if record.kept:  # these belong into other files
            read_checked(job.out, record.entry())
    found, attribution = _count(job, rights)
    licences, config = found.deeds.urls(), job.config
    about = About(found.facts.facts(), frozen, models, found.balance.balance(read))
    samples, published = enrichers.sample_schemas(config), enrichers.tables(config)
    figures, panels = samples["figures"], samples["panels"]
    cards = {
        "shards/README.md": shards_card(
            written.pairs, vocabulary, schema=figures, parquet=written.parquet is not None, about=about
        ),
        "shards/schema.json": shards_schema(figures),
        "shards/croissant.json": shards_croissant(written.pairs, licences, schema=figures, about=about),
        "tables/README.md": tables_card(written.tables, vocabulary, published, about),
        TABLES_SCHEMA: tables_schema(published),
        TABLES_CROISSANT: tables_croissant(written.tables, licences, published, about),
    }
    if config.panel_shards:
        cards |= {
            "shards-panels/README.md": shards_card(written.crops, vocabulary, PANEL_SHARDS, panels, about=about),
            "shards-panels/schema.json": shards_schema(panels),
            "shards-panels/croissant.json": shards_croissant(written.crops, licences, PANEL_SHARDS, panels, about),
        }
    if written.parquet is not None:
        lacking = _lacking(job, written.parquet, figures)
        cards |= describe_parquet(written.parquet, licences, figures, vocabulary, about, lacking)
    datasets = {
        "shards": ("pmcmine image-text pairs", rows_by(written.pairs, place_of)),
        "tables": ("pmcmine tables", rows_by(written.tables, table_of)),
    }
    if config.panel_shards:
        datasets[PANEL_SHARDS] = ("pmcmine panels", rows_by(written.crops, place_of))
    if written.parquet is not None:
        datasets[PARQUET] = (PARQUET_TITLE, rows_by(written.parquet, place_of))
    facts = (totals.sums, totals.rejects, frozen, config.content(), models)
    summary = training_content(datasets["tables"][1], totals.rejects, config.content(), about)
    for folder, (title, counted) in datasets.items():
        cards[f"{folder}/{TRAINING_CONTENT}"] = summary
        cards[f"{folder}/{DATASHEET}"] = datasheet(folder, counted, *facts)
        cards[f"{folder}/{CITATION}"] = citation(title, frozen)
    return cards, (about.balance, found.report), attribution


def _lacking(job: Job, records: Sequence[ParquetRecord], sample: pa.Schema) -> frozenset[str]:
    """Return the current columns missing from Parquet files that an update kept.

    No file is opened if the release was described with the current columns.

    Raises:
        DamagedError: if one can't be read.
    """
    before = job.old.files.get(PARQUET_SCHEMA) if job.old is not None else None
    if before is None or before.sha256 == sha256(parquet_schema(sample)).hexdigest():
        return frozenset()
    return lacking_columns(job.out, [r.name for r in records if r.kept], image_schema(sample).names)


@dataclass(frozen=True, slots=True)
class _Counted:
    """Counts over the files of articles and figures, each of which is read once."""

    facts: FactsCount
    balance: BalanceCount
    deeds: Deeds
    report: ReportCount


def _count(job: Job, files: Sequence[tuple[Folder, str]]) -> tuple[_Counted, FileEntry]:
    """Count files of articles and figures, and write the attribution, in memory that does not grow with the corpus."""
    found = _Counted(FactsCount(), BalanceCount(), Deeds(), ReportCount(job.config.seed))
    parts = [Part(each.COLUMNS, each.take) for each in (found.facts, found.balance, found.deeds, found.report)]
    with tempfile.TemporaryFile(prefix="pmcmine-attribution-") as held:
        with Attribution(held) as attribution:
            read_once(files, [*parts, Part(attribution.COLUMNS, attribution.take)])
        return found, write_announced_stream(job.target, job.work, f"{SHARDS}/{ATTRIBUTION}", held)


def place_of(record: ShardRecord | ParquetRecord) -> tuple[str, ...]:
    """Return licence group and split of a shard, or of its Parquet file."""
    return (record.group, record.split)


def table_of(record: TableRecord) -> tuple[str, ...]:
    """Return table, licence group and split of a table file."""
    return (record.table, record.group, record.split)


def rows_by(records: Iterable[_AnyRecord], key: Callable[[_AnyRecord], tuple[str, ...]]) -> dict[str, int]:
    """Sum the rows of files by a key, with the parts of the key joined by slashes."""
    rows: dict[str, int] = {}
    for record in records:
        name = "/".join(p for p in key(record) if p)
        rows[name] = rows.get(name, 0) + record.rows
    return dict(sorted(rows.items()))
