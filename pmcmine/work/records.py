"""Records of shards and tables that are assembled."""

from __future__ import annotations

from typing import Any

from pmcmine.io import sealed
from pmcmine.io.folder import Folder


def shard_record(dataset: str, name: str) -> str:
    """Name of a shard's manifest line in the work folder."""
    return f"assembled/{dataset}/{name}.json"


def committed_shard(dataset: str, name: str, work: Folder, out: Folder) -> dict[str, Any] | None:
    """The manifest line of a shard that is whole: where it was written, or on the Hub."""
    record = sealed.read_or_none(work, shard_record(dataset, name))
    if record is None:
        return None
    target = f"{dataset}/{name}"
    if record.get("kept") or (out.exists(target) and out.size(target) == record["bytes"]):
        return record
    return record if work.exists(published_record(target)) else None


def published_record(target: str) -> str:
    """Name of the note in the work folder that the Hub has a file."""
    return f"published/{target}.json"


def table_record(name: str) -> str:
    """Name of a table file's manifest line in the work folder."""
    return f"assembled/tables/{name}.json"
