"""Which samples an update removed: those that no file of figures names any longer."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.io.folder import Folder
from pmcmine.release.layout import FileEntry
from pmcmine.update.old_release import _without


def _written(folder: Path, files: Mapping[str, list[str]]) -> list[FileEntry]:
    entries = []
    for place, keys in files.items():
        path = folder / f"tables/figures/{place}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        shards = [None if key.startswith("none") else "s" for key in keys]
        pq.write_table(pa.table({"key": pa.array(keys, pa.string()), "shard": pa.array(shards, pa.string())}), path)
        data = path.read_bytes()
        entries.append(FileEntry(str(path.relative_to(folder)), len(data), sha256(data).hexdigest()))
    return entries


def test_a_sample_that_moved_to_another_licence_is_not_removed(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    before = _written(old, {"commercial/a": ["k1", "k2", "k3", "none1"], "noncommercial/a": ["k4"], "other/a": ["k5"]})
    now = _written(new, {"commercial/a": ["k1", "none3"], "noncommercial/a": ["k4", "k2", "k9"]})
    assert _without(Folder(str(old)), before, Folder(str(new)), now) == ["k3", "k5"]
    assert _without(Folder(str(old)), [], Folder(str(new)), now) == []
