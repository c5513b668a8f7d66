"""Samples of the release that an update starts from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pmcmine.assemble.old_rows import OldRows
from pmcmine.errors import StorageError
from pmcmine.release.layout import read_checked
from pmcmine.release.plan import LEFT_OUT, LEFT_OUT_PANELS, PANEL_SHARDS, SHARDS, TableFile, overlapping
from pmcmine.work.state import old_part

_COLUMNS = ["figure_id", "key", "pmcid", "license_group", "split", "shard", "sample_offset", "sample_size",
            "duplicate_of", "leaks_into"]  # fmt: skip


def read_old_samples(old: OldRows, file: TableFile) -> Iterator[dict[str, Any]]:
    """Read fields of `SampleRef` of the samples whose rows are in a file of `figures` and still valid."""
    superseded = old.superseded(file)
    rows = [
        row
        for table in old.rows_of(file, _COLUMNS)
        for row in table.to_pylist()
        if (row["shard"] or row["leaks_into"]) and row["pmcid"] not in superseded
    ]
    if not rows:
        return
    content = {
        i["figure_id"]: (i["sha256"], i["crc32"], i["panels"])
        for block in old.plan.blocks_of(file)
        for i in old_part(old.work, "index", block).select(["figure_id", "sha256", "crc32", "panels"]).to_pylist()
    }
    panels = _old_panels(old, file)
    left_out: dict[str, tuple[str, int, int]] = {}
    if any(row["leaks_into"] for row in rows):
        left_out = _left_out(old, LEFT_OUT, file)
        panels |= _left_out(old, LEFT_OUT_PANELS, file)
    for row in rows:
        figure = row["figure_id"]
        sha256, crc32, staged = content[figure]
        place = (f"{SHARDS}/{row['shard']}", row["sample_offset"], row["sample_size"]) if row["shard"] else None
        place = place or left_out.get(figure)
        if place is None:
            raise StorageError(f"{old.folder.url}: {figure} was left out of train and is not in {LEFT_OUT}")
        yield {
            "figure_id": figure, "key": row["key"], "pmcid": row["pmcid"], "group": row["license_group"],
            "split": row["split"], "sha256": sha256, "pack": "", "image_offset": 0, "image_size": 0, "text_offset": 0,
            "text_size": 0, "json_size": 0, "crc32": crc32, "old": place, "old_duplicate_of": row["duplicate_of"] or "",
            "panels": [{**p, "old": panels[p["panel_id"]]} for p in staged or () if p["panel_id"] in panels],
        }  # fmt: skip


def _old_panels(old: OldRows, figures: TableFile) -> dict[str, tuple[str, int, int]]:
    """Return the places of the crops of panels, of the figures of a file."""
    found: dict[str, tuple[str, int, int]] = {}
    panels, files = figures._replace(table="panels"), old.plan.files
    if panels.series not in files:
        return found
    for other in overlapping(figures.file, files[figures.series], files[panels.series]):
        columns = ["panel_id", "shard", "sample_offset", "sample_size"]
        for table in old.rows_of(panels._replace(file=other), columns):
            for row in table.filter(table["shard"].is_valid()).to_pylist():
                found[row["panel_id"]] = (
                    f"{PANEL_SHARDS}/{row['shard']}",
                    row["sample_offset"],
                    row["sample_size"],
                )
    return found


def _left_out(old: OldRows, dataset: str, figures: TableFile) -> dict[str, tuple[str, int, int]]:
    """Return the places of the samples that were left out of the split of a file of `figures`."""
    found: dict[str, tuple[str, int, int]] = {}
    for name, entry in old.base.files.items():
        if name.startswith(f"{dataset}/{figures.group}/{figures.split}/") and name.endswith(".tar.json"):
            for figure, start, size in json.loads(read_checked(old.folder, entry)):
                found[figure] = (name.removesuffix(".json"), start, size)
    return found
