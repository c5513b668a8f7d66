"""Read samples of the release that an update starts from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pmcmine.assemble.old_rows import OldRows
from pmcmine.assemble.reach import Reach, left_out_shards
from pmcmine.errors import StorageError
from pmcmine.release.plan import LEFT_OUT, LEFT_OUT_PANELS, PANEL_SHARDS, SHARDS, TableFile, overlapping
from pmcmine.work.state import old_part

_COLUMNS = ["figure_id", "key", "pmcid", "license_group", "split", "shard", "sample_offset", "sample_size",
            "duplicate_of", "leaks_into"]  # fmt: skip
_Place = tuple[str, int, int]  # tar, offset and size


def read_old_samples(old: OldRows, file: TableFile, reach: Reach) -> Iterator[dict[str, Any]]:
    """Read fields of `SampleRef` of the samples with valid rows in a file of `figures`.

    Args:
        old: the old rows.
        file: the file.
        reach: affected shards; samples are read if they, or one of their panels, are in one of these.
    """
    panels = _old_panels(old, file, reach)
    left_out = _left_out(old, LEFT_OUT, file, reach)
    panels |= {panel: p for panel, p in _left_out(old, LEFT_OUT_PANELS, file, reach).items() if p[0] in reach}
    # `<figure>#<label>`; either may contain the sign, too.
    ids = {panel[:at] for panel in panels for at, sign in enumerate(panel) if sign == "#"}
    ids |= {figure for figure, place in left_out.items() if place[0] in reach}
    superseded = old.superseded(file)
    rows = [
        row
        for table in old.rows_of(file, _COLUMNS)
        for row in _chosen(table, ids, reach).to_pylist()
        if row["pmcid"] not in superseded
    ]
    content = _content(old, file, rows)
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
            "old_leaks_into": row["leaks_into"] or "",
            "panels": [{**p, "old": panels[p["panel_id"]]} for p in staged or () if p["panel_id"] in panels],
        }  # fmt: skip


def _chosen(rows: pa.Table, ids: set[str], reach: Reach) -> pa.Table:
    """Select the rows of affected samples.

    Args:
        rows: rows of figures.
        ids: ids of affected figures, whatever their shard.
        reach: affected shards.
    """
    if reach.shards is None:
        return rows.filter(pc.or_(rows["shard"].is_valid(), rows["leaks_into"].is_valid()))
    paths = [name.removeprefix(f"{SHARDS}/") for name in sorted(reach.shards) if name.startswith(f"{SHARDS}/")]
    inside = pc.is_in(rows["shard"], value_set=pa.array(paths, pa.string()))
    named = pc.is_in(rows["figure_id"], value_set=pa.array(sorted(ids), pa.string()))
    return rows.filter(pc.or_(inside, named))


def _content(old: OldRows, file: TableFile, rows: list[dict[str, Any]]) -> dict[str, tuple[str, int, Any]]:
    """Return SHA-256, CRC-32 and staged panels of the samples in these rows."""
    ids = pa.array([row["figure_id"] for row in rows], pa.string())
    found: dict[str, tuple[str, int, Any]] = {}
    for block in old.plan.blocks_of(file) if rows else ():
        index = old_part(old.work, "index", block).select(["figure_id", "sha256", "crc32", "panels"])
        wanted = index.filter(pc.is_in(index["figure_id"], value_set=ids)).to_pylist()
        found |= {i["figure_id"]: (i["sha256"], i["crc32"], i["panels"]) for i in wanted}
    return found


def _old_panels(old: OldRows, figures: TableFile, reach: Reach) -> dict[str, _Place]:
    """Return the locations of affected panel crops, for the figures of a file."""
    found: dict[str, _Place] = {}
    panels, files = figures._replace(table="panels"), old.plan.files
    if panels.series not in files:
        return found
    columns = ["panel_id", "shard", "sample_offset", "sample_size"]
    paths = None
    if reach.shards is not None:
        top = f"{PANEL_SHARDS}/"
        paths = pa.array([n.removeprefix(top) for n in sorted(reach.shards) if n.startswith(top)], pa.string())
        if not len(paths):
            return found
    for other in overlapping(figures.file, files[figures.series], files[panels.series]):
        for table in old.rows_of(panels._replace(file=other), columns):
            chosen = table["shard"].is_valid() if paths is None else pc.is_in(table["shard"], value_set=paths)
            for row in table.filter(chosen).to_pylist():
                place = (f"{PANEL_SHARDS}/{row['shard']}", row["sample_offset"], row["sample_size"])
                found[row["panel_id"]] = place
    return found


def _left_out(old: OldRows, dataset: str, figures: TableFile, reach: Reach) -> Mapping[str, _Place]:
    """Return the locations of samples left out of the split of a file of `figures`; empty if none is affected."""
    place = f"{figures.group}/{figures.split}/"
    folders = (f"{LEFT_OUT}/{place}", f"{LEFT_OUT_PANELS}/{place}")
    if reach.shards is not None and not any(name.startswith(folders) for name in reach.shards):
        return {}
    shards = left_out_shards(old, f"{dataset}/{place}")
    return {held: (name, start, size) for name, places in shards for held, start, size in places}
