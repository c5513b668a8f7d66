"""Chosen figures as a release of their own: samples in new shards, and the rows of tables that belong to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pmcmine.assemble.parquet import write_parquet
from pmcmine.curate.descriptions import describe_part, write_rights
from pmcmine.errors import PmcmineError
from pmcmine.io.folder import Folder
from pmcmine.io.safe_names import read_range, release_name
from pmcmine.io.tar import END
from pmcmine.release.facts import Counts
from pmcmine.release.hierarchy import HIERARCHY
from pmcmine.release.layout import RELEASE, FileEntry, file_entry
from pmcmine.release.record import ReleaseRecord, check_seal, load_release
from pmcmine.release.tables import table_files, table_names

SHARD_BYTES: Final = 1_000_000_000
_GROUP: Final = 5_000  # rows of a row group
_MOST_SAMPLE: Final = 1 << 30
_FILES_A_FOLDER: Final = 5_000
# Tables whose rows belong to figures or to their articles: the key, and whether it is the figure's.
_TABLES: Final = {
    "articles": "pmcid", "panels": "figure_id", "mentions": "figure_id", "concepts": "context_id",
}  # fmt: skip
_PLACE: Final = ("shard", "sample_offset", "sample_size")


def write_release(release: Path, figures: pa.Table, out: Path, asked: Mapping[str, Any]) -> int:
    """Write figures and what belongs to them as a release; return the number of figures.

    Args:
        release: the release that they are from, on this machine.
        figures: their rows; those without a sample are left out.
        out: a new or empty folder.
        asked: what chose them, for `release.json`.

    Raises:
        PmcmineError: if there are none, or the release is damaged.
    """
    record = check_seal(load_release(Folder(str(release))), f"{release}/{RELEASE}")
    figures = figures.filter(pc.is_valid(figures["shard"]))
    if not len(figures):
        raise PmcmineError(f"{release}: no figure with a sample was chosen; nothing was written")
    target = Folder(str(out))
    parts = []
    entries: list[FileEntry] = []
    for group, split in sorted(set(zip(*(figures[c].to_pylist() for c in ("license_group", "split")), strict=True))):
        mask = pc.and_(pc.equal(figures["license_group"], group), pc.equal(figures["split"], split))
        rows, shards = _write_shards(release, target, figures.filter(mask), f"{group}/{split}")
        parts.append((f"{group}/{split}", rows))
        entries += shards
    entries += [_write_table(target, "figures", place, rows) for place, rows in parts]
    ids = pa.concat_arrays([c for _, rows in parts for c in rows["figure_id"].chunks])
    pmcids = pa.concat_arrays([c for _, rows in parts for c in rows["pmcid"].chunks]).unique()
    keys = {"figure_id": ids, "context_id": ids, "pmcid": pmcids}
    for table, key in _TABLES.items():
        if table in table_names(release):
            entries += _copy_rows(release, target, table, key, keys[key])
    entries += _small_files(release, target, record, entries, len(figures))
    counts = _counts(entries)
    # Another configuration, so that it is not taken for a state of the whole release where it is published.
    config = {**record.config, "subset": {**asked, "of": sha256((release / RELEASE).read_bytes()).hexdigest()}}
    files = tuple(sorted(entries, key=lambda f: f.name))
    options = {k: v for k, v in record.run.options.items() if k not in ("free_published", "keep_state")}
    run = replace(record.run, files=(), options=options)
    made = ReleaseRecord(
        pmcmine=record.pmcmine, config=config, snapshot=record.snapshot, seed=record.seed, counts=counts,
        vocabulary=record.vocabulary, classifiers=record.classifiers, enrichers=record.enrichers, files=files, run=run,
    )  # fmt: skip
    target.write(RELEASE, made.to_bytes(), replace=True)
    return len(figures)


def _write_shards(release: Path, out: Folder, rows: pa.Table, place: str) -> tuple[pa.Table, list[FileEntry]]:
    """Copy the samples of rows of one group and split into new shards; return the rows with their new places."""
    ordered = rows.sort_by([("shard", "ascending"), ("sample_offset", "ascending")])
    samples = ordered.select([*_PLACE, "image_offset"]).to_pylist()
    total = sum(s["sample_size"] for s in samples)
    n = max(1, -(-total // SHARD_BYTES))
    cuts = [-(-len(samples) * i // n) for i in range(n + 1)]
    found: dict[str, list[Any]] = {"shard": [], "sample_offset": [], "image_offset": []}
    entries = []
    for i in range(n):
        name = f"{place}/{i // _FILES_A_FOLDER:03d}/{place.split('/')[1]}-{i:05d}-of-{n:05d}.tar"
        digest, at = sha256(), 0
        with out.create(f"shards/{name}", replace=True) as (stream, _):
            for sample in samples[cuts[i] : cuts[i + 1]]:
                source = f"shards/{release_name(sample['shard'], 'shard')}"
                data = read_range(
                    release, source, sample["sample_offset"], sample["sample_size"], _MOST_SAMPLE, "shard"
                )
                stream.write(data)
                digest.update(data)
                found["shard"].append(name)
                found["sample_offset"].append(at)
                found["image_offset"].append(at + sample["image_offset"] - sample["sample_offset"])
                at += len(data)
            stream.write(END)
            digest.update(END)
        entries.append(FileEntry(f"shards/{name}", at + len(END), digest.hexdigest(), cuts[i + 1] - cuts[i]))
    for column, values in found.items():
        kind = ordered.schema.field(column).type
        ordered = ordered.set_column(ordered.schema.get_field_index(column), column, pa.array(values, kind))
    return ordered.sort_by("figure_id"), entries


def _copy_rows(release: Path, out: Folder, table: str, key: str, keys: pa.Array) -> Iterator[FileEntry]:
    """Copy the rows of a table that belong to the figures, file by file."""
    by_place: dict[str, list[pa.Table]] = {}
    top = f"tables/{table}/"
    for path in table_files(release, table):
        place = f"{path.parent.name}/{path.name.partition('-')[0]}"
        with pq.ParquetFile(path) as file:
            if key not in file.schema_arrow.names:
                raise PmcmineError(f"{release}: {top} has no column {key}; is the copy complete?")
            rows = file.read()
        chosen = rows.filter(pc.is_in(rows[key], value_set=keys))
        if table == "panels":  # their crops are not copied
            for column in (c for c in _PLACE if c in chosen.schema.names):
                empty = pa.nulls(len(chosen), chosen.schema.field(column).type)
                chosen = chosen.set_column(chosen.schema.get_field_index(column), column, empty)
        if len(chosen):
            by_place.setdefault(place, []).append(chosen)
    for place, tables in sorted(by_place.items()):
        yield _write_table(out, table, place, pa.concat_tables(tables))


def _write_table(out: Folder, table: str, place: str, rows: pa.Table) -> FileEntry:
    group, split = place.split("/")
    name = f"tables/{table}/{group}/{split}-00000-of-00001.parquet"
    groups = (rows.slice(at, _GROUP).combine_chunks() for at in range(0, len(rows), _GROUP))
    with out.create(name, replace=True) as (stream, _):
        write_parquet(stream, rows.schema, groups)
    data = out.read(name)
    return replace(file_entry(name, data), rows=len(rows))


def _small_files(
    release: Path, out: Folder, record: ReleaseRecord, entries: Sequence[FileEntry], n: int
) -> list[FileEntry]:
    """Write schemas, hierarchy and what describes the datasets."""
    files: dict[str, bytes] = {}
    for name in ("shards/schema.json", "tables/schema.json", HIERARCHY):
        if (release / name).is_file():
            files[name] = Folder(str(release)).read(name)
    files |= describe_part(out, record, entries, n, files.get("shards/schema.json", b""))
    for name, data in files.items():
        out.write(name, data, replace=True)
    return [write_rights(out, entries), *(file_entry(name, data) for name, data in files.items())]


def _counts(entries: Iterable[FileEntry]) -> Counts:
    samples: dict[str, int] = {}
    rows: dict[str, int] = {}
    for entry in entries:
        parts = entry.name.split("/")
        if entry.name.endswith(".tar"):
            place = "/".join(parts[1:3])
            samples[place] = samples.get(place, 0) + (entry.rows or 0)
        elif entry.rows is not None:
            place = f"{parts[1]}/{parts[2]}/{parts[3].partition('-')[0]}"
            rows[place] = rows.get(place, 0) + entry.rows
    return Counts(samples=dict(sorted(samples.items())), rows=dict(sorted(rows.items())))
