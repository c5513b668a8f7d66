"""Releases of any size that hold what a stream reads of one: the listing, places of samples, and shards.

All shards are one file under many names, so that 25 million samples take half a gigabyte of disk.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any, Final

A_SHARD: Final = 9_000  # samples of a shard: 1 GB at 110 kB a sample, as of PMC's figures
_A_FILE: Final = 500_000  # rows of a file of `figures`
_ROW_GROUP: Final = 50_000
_LICENSES: Final = ("CC0", "CC-BY", "CC-BY-SA", "CC-BY-ND")


def _picture(n: int) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (24, 24), ((37 * n) % 256, (91 * n) % 256, n % 256)).save(out, "JPEG")
    return out.getvalue()


def _shard(path: Path, samples: int) -> tuple[list[int], list[int]]:
    """Write a shard; returns offsets and sizes of its samples."""
    pictures = [_picture(n) for n in range(64)]
    offsets, sizes = [], []
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for n in range(samples):
            begun = tar.offset
            image, caption = pictures[n % 64], f"Figure {n}. A square of one colour."
            record = {"caption": caption, "sha256": hashlib.sha256(image).hexdigest(), "format": "JPEG", "number": n}
            members = {"jpg": image, "txt": caption.encode(), "json": json.dumps(record).encode()}
            for suffix, data in members.items():
                info = tarfile.TarInfo(f"PMC{n}-1-f1.{suffix}")
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
            offsets.append(begun)
            sizes.append(tar.offset - begun)
    return offsets, sizes


def write_release(out: Path, rows: int, a_shard: int = A_SHARD) -> Path:
    """Write a release of so many samples, all of the split train; returns its folder."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    n_shards = -(-rows // a_shard)
    names = [
        f"commercial/train/{n // 5_000:03}/train-{n:05}-of-{n_shards:05}.tar" for n in range(n_shards)
    ]  # fmt: skip
    (out / "shards").mkdir(parents=True)
    first = out / "shards" / names[0]
    first.parent.mkdir(parents=True)
    places = [np.array(column) for column in _shard(first, min(rows, a_shard))]
    for name in names[1:]:
        path = out / "shards" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(first, path)
    held = [min(a_shard, rows - n * a_shard) for n in range(n_shards)]
    files: list[dict[str, Any]] = [
        {"name": f"shards/{name}", "bytes": first.stat().st_size, "sha256": "", "rows": n}
        for name, n in zip(names, held, strict=True)
    ]
    draw = np.random.default_rng(0)
    order = draw.permutation(rows).astype(np.uint32)  # places of shards are drawn by another hash than tables
    folder = out / "tables" / "figures" / "commercial"
    folder.mkdir(parents=True)
    n_files = -(-rows // _A_FILE)
    listed = pa.array(names)
    for n in range(n_files):
        part = order[n * _A_FILE : (n + 1) * _A_FILE]
        numbers = np.arange(n * _A_FILE, n * _A_FILE + len(part))
        table = pa.table(
            {
                "pmcid": pa.array(np.char.add("PMC", (numbers // 5).astype(str))),
                "year": pa.array((1990 + draw.integers(0, 37, len(part))).astype(np.int64)),
                "license": pa.DictionaryArray.from_arrays(
                    pa.array(draw.integers(0, 4, len(part)).astype(np.int32)), pa.array(_LICENSES)
                ).cast(pa.string()),
                "shard": pa.DictionaryArray.from_arrays(pa.array((part // a_shard).astype(np.int32)), listed).cast(
                    pa.string()
                ),
                "sample_offset": pa.array(places[0][part % a_shard]),
                "sample_size": pa.array(places[1][part % a_shard]),
            }
        )
        path = folder / f"train-{n:05}-of-{n_files:05}.parquet"
        # Offsets of real shards hardly repeat.
        pq.write_table(table, path, row_group_size=_ROW_GROUP, compression="zstd", use_dictionary=["license", "shard"])
        files.append(
            {"name": f"tables/figures/commercial/{path.name}", "bytes": path.stat().st_size, "sha256": "",
             "rows": len(part)}
        )  # fmt: skip
    (out / "release.json").write_text(json.dumps({"files": files}))
    return out
