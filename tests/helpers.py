"""Helpers of tests."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines.job import Outcome, run
from pipelines.progress import Progress
from pmcmine.config import MineConfig


def mine(config: MineConfig) -> Outcome:
    """Run the mine job without progress."""
    return run(config, Progress(quiet=True))


def tree(folder: Path, *tops: str) -> dict[str, str]:
    """SHA-256 of each file below the given parts of a folder."""
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for top in tops
        for p in sorted((folder / top).rglob("*"))
        if p.is_file()
    }


def rows(release: Path, table: str) -> list[dict[str, Any]]:
    """All rows of a table, all groups and splits."""
    files = sorted((release / "tables" / table).rglob("*.parquet"))
    return [row for f in files for row in pq.ParquetFile(f).read().to_pylist()]


def release_json(release: Path) -> dict[str, Any]:
    """The release.json."""
    content: dict[str, Any] = json.loads((release / "release.json").read_text("utf-8"))
    return content
