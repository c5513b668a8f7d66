"""Samples of the release that an update starts from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pmcmine.assemble.tables import old_rows
from pmcmine.errors import StorageError
from pmcmine.io.folder import Folder
from pmcmine.release.layout import (
    read_checked,
    release_folder,
)
from pmcmine.release.plan import LEFT_OUT, LEFT_OUT_PANELS, PANEL_SHARDS, SHARDS, Base, Plan, TableFile, overlapping
from pmcmine.work.delta import superseded_in
from pmcmine.work.state import old_part

_COLUMNS = ["figure_id", "key", "pmcid", "license_group", "split", "shard", "sample_offset", "sample_size",
            "duplicate_of", "leaks_into"]  # fmt: skip


def read_old_samples(key: TableFile, plan: Plan, work: Folder) -> Iterator[dict[str, Any]]:
    """Read fields of `SampleRef` of the samples whose rows lie in a file of `figures`, and still stand.

    Args:
        key: the file, of the new release.
        plan: the plan.
        work: the run's work folder.
    """
    assert plan.base is not None
    _, group, split, file = key
    blocks = overlapping(file, plan.files[key.series], plan.n_blocks)
    superseded = superseded_in(work, blocks)
    rows = [
        row
        for table in old_rows(key, plan, work, _COLUMNS)
        for row in table.to_pylist()
        if (row["shard"] or row["leaks_into"]) and row["pmcid"] not in superseded
    ]
    if not rows:
        return
    content = {
        i["figure_id"]: (i["sha256"], i["crc32"], i["panels"])
        for block in blocks
        for i in old_part(work, "index", block).select(["figure_id", "sha256", "crc32", "panels"]).to_pylist()
    }
    release = release_folder(work)
    panels = _old_panels(key._replace(table="panels"), plan, work)
    left_out: dict[str, tuple[str, int, int]] = {}
    if any(row["leaks_into"] for row in rows):
        left_out = _left_out(release, plan.base, LEFT_OUT, group, split)
        panels |= _left_out(release, plan.base, LEFT_OUT_PANELS, group, split)
    for row in rows:
        figure = row["figure_id"]
        sha256, crc32, staged = content[figure]
        place = (f"{SHARDS}/{row['shard']}", row["sample_offset"], row["sample_size"]) if row["shard"] else None
        place = place or left_out.get(figure)
        if place is None:
            raise StorageError(f"{release.url}: {figure} was left out of train and is not in {LEFT_OUT}")
        yield {
            "figure_id": figure, "key": row["key"], "pmcid": row["pmcid"], "group": row["license_group"],
            "split": row["split"], "sha256": sha256, "pack": "", "image_offset": 0, "image_size": 0, "text_offset": 0,
            "text_size": 0, "json_size": 0, "crc32": crc32, "old": place, "old_duplicate_of": row["duplicate_of"] or "",
            "panels": [{**p, "old": panels[p["panel_id"]]} for p in staged or () if p["panel_id"] in panels],
        }  # fmt: skip


def _old_panels(key: TableFile, plan: Plan, work: Folder) -> dict[str, tuple[str, int, int]]:
    """Return the places of the crops of panels."""
    assert plan.base is not None
    found: dict[str, tuple[str, int, int]] = {}
    if key.series not in plan.files:
        return found
    n_figures = plan.files["figures", key.group, key.split]
    for other in overlapping(key.file, n_figures, plan.files[key.series]):
        columns = ["panel_id", "shard", "sample_offset", "sample_size"]
        for table in old_rows(key._replace(file=other), plan, work, columns):
            for row in table.filter(table["shard"].is_valid()).to_pylist():
                found[row["panel_id"]] = (
                    f"{PANEL_SHARDS}/{row['shard']}",
                    row["sample_offset"],
                    row["sample_size"],
                )
    return found


def _left_out(release: Folder, base: Base, dataset: str, group: str, split: str) -> dict[str, tuple[str, int, int]]:
    """Return the places of the samples of figures or panels that were left out of a split."""
    found: dict[str, tuple[str, int, int]] = {}
    for name in base.files:
        if name.startswith(f"{dataset}/{group}/{split}/") and name.endswith(".tar.json"):
            for figure, start, size in json.loads(read_checked(release, base.files[name])):
                found[figure] = (name.removesuffix(".json"), start, size)
    return found
