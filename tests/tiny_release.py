"""A release small enough to be made in a test: one shard, a table of figures, and what lists them. Not all of a release."""

from __future__ import annotations

import io
import json
import tarfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

TABLE = "tables/figures/commercial/train-00000-of-00001.parquet"
SHARD = "commercial/train-00000-of-00001.tar"


def image(i: int) -> bytes:
    """Bytes of an image of a sample; nobody looks at its pixels."""
    return b"\xff\xd8\xff" + bytes([i % 256]) * 700


def write_release(folder: Path, n: int, *, first: int = 0) -> list[dict[str, Any]]:
    """Write a release of so many samples; returns their rows.

    Args:
        folder: a new folder.
        n: samples.
        first: number of the first one, which its key, caption and image depend on.
    """
    data, rows = io.BytesIO(), []
    with tarfile.open(fileobj=data, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for i in range(first, first + n):
            at, key, caption = data.tell(), f"PMC{1000 + i}_1_f1", f"Figure {i}."
            record = {"key": key, "caption": caption, "sha256": sha256(image(i)).hexdigest()}
            for suffix, content in (
                ("jpg", image(i)), ("txt", caption.encode()), ("json", json.dumps(record).encode())
            ):  # fmt: skip
                member = tarfile.TarInfo(f"{key}.{suffix}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            rows.append({"key": key, "caption": caption, "pmcid": f"PMC{1000 + i}", "width": 9, "height": 9, "year": 2000 + i, "image_kinds": ["ct"] if i % 2 else ["mri"],
                         "shard": SHARD, "sample_offset": at, "sample_size": data.tell() - at})  # fmt: skip
    for name, content in ((f"shards/{SHARD}", data.getvalue()), ("release.json", listing())):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    write_rows(folder, rows)
    return rows


def listing() -> bytes:
    """Return the release.json."""
    return json.dumps({"files": [{"name": TABLE}, {"name": f"shards/{SHARD}"}]}).encode()


def write_rows(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Write the table of figures."""
    (folder / TABLE).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / TABLE)
