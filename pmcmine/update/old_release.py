"""The release that an update starts from, and how the update continues it."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pmcmine.assemble.old_rows import OldRows, as_staged
from pmcmine.assemble.old_samples import read_old_samples
from pmcmine.assemble.planning import Sizes, make_update_plan, plan_for
from pmcmine.assemble.reach import EVERYTHING
from pmcmine.config import MineConfig
from pmcmine.describe.cards import TABLES_SCHEMA, tables_schema
from pmcmine.errors import DamagedError, ReleaseError
from pmcmine.io.folder import Folder
from pmcmine.io.safe_names import release_name
from pmcmine.release.layout import RELEASE, WAY_OUT, FileEntry, check_present, read_old_table
from pmcmine.release.mark import UpdateMark
from pmcmine.release.old_names import file_today
from pmcmine.release.plan import Base, Plan, TableFile
from pmcmine.release.record import ReleaseRecord, check_seal, load_release
from pmcmine.release.side_tables import is_of_side_table
from pmcmine.work.manifest import Manifest
from pmcmine.work.rows import data_bytes
from pmcmine.work.spill import PARTS, Spill
from pmcmine.work.state_file import STATE_FILE, check_state, read_state
from schemas import TABLES, Table

_KEYS: Final = pa.schema([("key", pa.string())])


@dataclass(frozen=True)
class OldRelease:
    """The release that an update starts from.

    Attributes:
        folder: its folder.
        work: the update's work folder.
        record: its `release.json`.
        plan: its plan; `base` lists its files.
        mark: what was asked of the update.
    """

    folder: Folder
    work: Folder
    record: ReleaseRecord
    plan: Plan
    mark: UpdateMark

    @property
    def files(self) -> Mapping[str, FileEntry]:
        """Return all its files, those of its state among them, by today's names."""
        return self.rows.base.files

    @property
    def rows(self) -> OldRows:
        """Return its rows, by its own files."""
        return OldRows(self.plan, self.work)

    def plan_update(self, manifests: Iterable[Manifest], config: MineConfig) -> Plan:
        """Plan the update from the manifests of the blocks that were mined."""
        if self.mark.compact:
            return _plan_again(self, manifests, config)
        return make_update_plan(self.plan, manifests, config)

    def removed_keys(self, target: Folder, written: Iterable[FileEntry], kept: Collection[str]) -> list[str]:
        """Return the keys of its samples that the updated release does not have, sorted.

        Args:
            target: where the update gathers its files.
            written: files that the update wrote.
            kept: names of its files that stay as they are.
        """
        before = [file for name, file in self.files.items() if _is_figures(name) and name not in kept]
        now = [file for file in written if _is_figures(file.name)]
        if not self.mark.compact:
            return _without(self.folder, before, target, now)
        with tempfile.TemporaryDirectory(prefix="pmcmine-keys-") as scratch:
            old = _sample_keys(self.folder, before, Spill(Path(scratch), "old", _KEYS))
            new = _sample_keys(target, now, Spill(Path(scratch), "new", _KEYS))
            removed: list[str] = []
            for parts, keys in old.pieces():
                removed += set(keys["key"].to_pylist()).difference(new.read(parts)["key"].to_pylist())
        return sorted(removed)


def _is_figures(name: str) -> bool:
    return name.startswith("tables/figures/")


def open_old_release(folder: Folder, work: Folder, mark: UpdateMark) -> OldRelease:
    """Open the release that an update starts from.

    Raises:
        ReleaseError: if it is not a complete release, or keeps no state.
        DamagedError: if it is damaged.
        UnsafeNameError: if it names a file as no release does.
    """
    where = f"{folder.url}/{RELEASE}"
    record = check_seal(load_release(folder), where)
    if missing := sorted({"config", "files", "run", "snapshot"} - record.stated):
        raise DamagedError(f"{where}: is damaged (no {missing[0]}); {WAY_OUT}")
    if record.run.free_published:
        raise ReleaseError(
            f"{folder.url}: its shards are only on the Hub (free_published); download them before you update it"
        )
    state = check_state(folder)
    listed = [file.checked(where) for file in record.files]
    files = {file_today(f.name): f for f in (*listed, *state.files)}
    # Side tables are kept or dropped without being read: a damaged one stops no update.
    for name in filter(is_of_side_table, files):
        release_name(name)
    check_present(folder, (file for name, file in files.items() if not is_of_side_table(name)))
    base = Base(files, state.plan.files, mark.tag, mark.compact)
    return OldRelease(folder, work, record, replace(state.plan, base=base), mark)


def with_known_columns(old: OldRelease, tables: Mapping[str, Table]) -> OldRelease:
    """Note whether all table files of a release have today's columns, so that none must be opened to tell.

    A run writes `tables/schema.json`, and an update writes each file anew that has other columns than it says. The
    file itself is not read: its SHA-256 stands in `release.json`.

    Args:
        old: the release.
        tables: the tables of today, with the columns of enrichers.
    """
    entry, base = old.files.get(TABLES_SCHEMA), old.rows.base
    same = entry is not None and entry.sha256 == sha256(tables_schema(tables)).hexdigest()
    return replace(old, plan=replace(old.plan, base=replace(base, columns_of_today=same)))


def inc_tag(release: Folder, date: str) -> str:
    """Return `inc<date>`, with a letter after it if an update or shards of that name are there already.

    Args:
        release: the release.
        date: YYYY-MM-DD.
    """
    described = load_release(release)
    names = [file.name for file in described.files]
    used = {update.tag for update in described.updates}
    if release.exists(STATE_FILE):
        names += [f.name for f in read_state(release).files]
    tag = f"inc{date.replace('-', '')}"
    tags = [tag, *(f"{tag}{letter}" for letter in "bcdefghijklmnopqrstuvwxyz")]
    return next(t for t in tags if t not in used and not any(f"-{t}-" in name for name in names))


def _without(folder: Folder, before: Iterable[FileEntry], target: Folder, now: Iterable[FileEntry]) -> list[str]:
    """Return the keys of samples that old files of `figures` name and new ones do not, sorted.

    A file holds the same range of articles as the old one of its name. So few keys are in one of both alone; of these,
    some may have moved to a file of another licence.
    """
    old, new = ({entry.name: entry for entry in entries} for entries in (before, now))
    gone, come = set[str](), set[str]()
    for name in {**old, **new}:
        held, holds = _keys_of(folder, old.get(name)), _keys_of(target, new.get(name))
        gone.update(held.filter(pc.invert(pc.is_in(held, value_set=holds))).to_pylist())
        come.update(holds.filter(pc.invert(pc.is_in(holds, value_set=held))).to_pylist())
    return sorted(gone - come)


def _keys_of(folder: Folder, entry: FileEntry | None) -> pa.Array:
    """Return the keys of the samples that a file of `figures` names; none if there is no file."""
    if entry is None:
        return pa.array([], pa.string())
    table = read_old_table(folder, entry, ["key", "shard"])
    return table.filter(table["shard"].is_valid())["key"].combine_chunks()


def _sample_keys(folder: Folder, figures: Iterable[FileEntry], out: Spill) -> Spill:
    """Add the keys of the samples that files of `figures` name, by their hash."""
    for entry in figures:
        table = read_old_table(folder, entry, ["key", "shard"])
        keys = table.filter(table["shard"].is_valid())["key"]
        out.add(np.array([zlib.crc32(key.encode()) % PARTS for key in keys.to_pylist()], np.int64), keys)
    return out


def _plan_again(old: OldRelease, manifests: Iterable[Manifest], config: MineConfig) -> Plan:
    """Plan a release in which everything has a new place: as `make_plan` would, from all rows that are valid."""
    sizes = Sizes()
    for manifest in manifests:
        for part in manifest.parts:
            sizes.add(part)
    for key, n_files in sorted(old.plan.files.items()):
        table, group, split = key
        for file in range(n_files):
            for rows in old.rows.valid_rows_of(TableFile(*key, file)):
                staged = as_staged(rows, TABLES[table])
                sizes.rows[key] += len(staged)
                sizes.row_bytes[key] += sum(data_bytes(column) for column in staged.columns)
        if table == "figures":
            for file in range(n_files):
                for sample in read_old_samples(old.rows, TableFile(*key, file), EVERYTHING):
                    panels = [p["old"][2] for p in sample["panels"]]
                    sizes.samples[group, split] += 1
                    sizes.sample_bytes[group, split] += sample["old"][2]
                    sizes.panels[group, split] += len(panels)
                    sizes.panel_bytes[group, split] += sum(panels)
    return replace(plan_for(sizes, old.plan.n_blocks, old.plan.moved, config), base=old.plan.base)
