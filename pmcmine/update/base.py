"""Samples of the release that an update starts from, as the assembler takes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pmcmine.assemble.old_samples import read_old_samples
from pmcmine.assemble.planning import Sizes, plan_for
from pmcmine.assemble.tables import as_staged, old_rows, still_valid
from pmcmine.config import MineConfig
from pmcmine.errors import DamagedError, ReleaseError
from pmcmine.io.folder import Folder
from pmcmine.release.layout import (
    RELEASE,
    WAY_OUT,
    FileEntry,
    check_present,
    read_old_table,
)
from pmcmine.release.old_names import file_today
from pmcmine.release.plan import Base, Plan, TableFile, overlapping
from pmcmine.release.record import ReleaseRecord, check_seal, load_release
from pmcmine.work.delta import superseded_in
from pmcmine.work.manifest import Manifest
from pmcmine.work.rows import data_bytes
from pmcmine.work.state_file import STATE_FILE, check_state, read_state
from schemas import TABLES


def open_base(release: Folder, tag: str, fresh: bool) -> tuple[ReleaseRecord, Base, Plan]:
    """`release.json` of a release, the release as the assembler takes it, and its plan.

    Raises:
        ReleaseError: if it is not a complete release, or keeps no state.
    """
    where = f"{release.url}/{RELEASE}"
    described = check_seal(load_release(release), where)
    if missing := sorted({"config", "files", "run", "snapshot"} - described.stated):
        raise DamagedError(f"{where}: is damaged (no {missing[0]}); {WAY_OUT}")
    if described.run.free_published:
        raise ReleaseError(
            f"{release.url}: its shards are only on the Hub (free_published); download them before you update it"
        )
    state = check_state(release)
    try:
        plan = Plan.from_object(state.plan)
        listed = [file.checked(where) for file in described.files]
        files = {file_today(f.name): f for f in (*listed, *state.files)}
        check_present(release, files.values())
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        said = f"{type(error).__name__}: {error}"
        raise DamagedError(f"{release.url}/{STATE_FILE}: is damaged ({said}); {WAY_OUT}") from None
    return described, Base(files, plan.files, tag, fresh), plan


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


def removed_keys(old: Folder, new: Folder, names: Sequence[FileEntry], written: Sequence[FileEntry]) -> list[str]:
    """Return the keys of samples that files of `figures` held before and that none holds now, sorted.

    Args:
        old: the release that the update starts from.
        new: where its new files were gathered.
        names: files of `figures` of the old release that were rewritten or are gone.
        written: files of `figures` that were written.
    """

    def keys(folder: Folder, files: Sequence[FileEntry]) -> set[str]:
        found: set[str] = set()
        for entry in files:
            table = read_old_table(folder, entry, ["key", "shard"])
            found.update(table.filter(table["shard"].is_valid())["key"].to_pylist())
        return found

    return sorted(keys(old, names) - keys(new, written))


def make_fresh_plan(old: Plan, manifests: Iterable[Manifest], config: MineConfig, base: Base, work: Folder) -> Plan:
    """Plan a release in which everything has a new place: as `make_plan` would, from what stands and what was mined.

    Args:
        old: plan of the release that the update starts from.
        manifests: of the blocks that were mined.
        config: the configuration.
        base: that release.
        work: the run's work folder.
    """
    sizes = Sizes()
    for manifest in manifests:
        for part in manifest.parts:
            sizes.add(part)
    whole = replace(old, base=base)
    for key in sorted(base.file_counts):
        table, group, split = key
        for file in range(base.file_counts[key]):
            superseded = superseded_in(work, overlapping(file, base.file_counts[key], old.n_blocks))
            for rows in old_rows(TableFile(*key, file), whole, work):
                rows = as_staged(still_valid(rows, TABLES[table], superseded), TABLES[table])
                sizes.rows[key] += len(rows)
                sizes.row_bytes[key] += sum(data_bytes(column) for column in rows.columns)
        if table == "figures":
            for file in range(base.file_counts[key]):
                for sample in read_old_samples(TableFile(*key, file), whole, work):
                    panels = [p["old"][2] for p in sample["panels"]]
                    sizes.samples[group, split] += 1
                    sizes.sample_bytes[group, split] += sample["old"][2]
                    sizes.panels[group, split] += len(panels)
                    sizes.panel_bytes[group, split] += sum(panels)
    return replace(plan_for(sizes, old.n_blocks, old.moved, config), base=base)
