"""Shards and Parquet files with the image inside, of the same samples: bytes, samples per second, first sample."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.corpus import best
from pmcmine.assemble import image_tables
from pmcmine.assemble.parquet import write_parquet
from pmcmine.io.tar import END, header, padding

_BYTES: Final = 300_000_000  # of images; real ones are repeated
_ROUNDS: Final = 3
_GROUPS: Final = (image_tables.ROW_GROUP >> 20, 128)  # MiB


def formats(data: Path | None) -> dict[str, Any]:
    """Compare a shard with Parquet files of the same samples, for several sizes of row groups."""
    with tempfile.TemporaryDirectory() as folder:
        rows, schema = _samples(data, Path(folder))
        tar = Path(folder) / "samples.tar"
        _write_tar(tar, rows)
        found: dict[str, Any] = {"samples": len(rows), "tar": {"bytes": tar.stat().st_size} | _tar(tar)}
        for mib in _GROUPS:
            path = Path(folder) / f"samples-{mib}.parquet"
            _write_parquet(path, rows, schema, mib << 20)
            found[f"parquet, row groups of {mib} MiB"] = {"bytes": path.stat().st_size} | _parquet(path)
    return found


def _samples(data: Path | None, folder: Path) -> tuple[list[dict[str, Any]], pa.Schema]:
    """Mine articles, and repeat their samples until there are enough bytes; no image occurs twice."""
    from pmcmine.cli import main as pmcmine
    from pmcmine.demo import write_bucket
    from pmcmine.demo.corpus import many_articles

    source = folder / "bucket"
    if data is not None:
        source = data / "pmc-bucket"
    else:
        write_bucket(source, many_articles(200))
    out = folder / "release"
    off = ("vocab=none", "classify=false", "image_kinds=false", "languages=false", "privacy=false", "panels=false",
           "near_duplicates=false")  # fmt: skip
    args = ["mine", "--source", str(source), "--out", str(out), "-q", "--parquet-images"]
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(sys.stderr):
        pmcmine([*args, *(a for o in off for a in ("--set", o))])
    files = sorted((out / "shards-parquet").rglob("*.parquet"))
    once = [r for f in files for r in pq.ParquetFile(f).read().to_pylist() if r["image"] is not None]
    size = sum(r["image_bytes"] for r in once)
    rows: list[dict[str, Any]] = []
    for turn in range(max(1, _BYTES // size)):
        for row in once:
            key = f"{row['key']}-{turn}"
            image = {"bytes": row["image"]["bytes"] + turn.to_bytes(4, "big"), "path": f"{key}.jpg"}
            rows.append({**row, "key": key, "image": image, "year": 1900 + len(rows) % 100})
    return rows, pq.read_schema(files[0])


def _write_tar(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("wb") as stream:
        for row in rows:
            said = {k: v for k, v in row.items() if k not in ("image", "key")}
            members = {"jpg": row["image"]["bytes"], "txt": row["caption"].encode(), "json": json.dumps(said).encode()}
            for suffix, member in members.items():
                stream.write(header(f"{row['key']}.{suffix}", len(member)) + member + padding(len(member)))
        stream.write(END)


def _write_parquet(path: Path, rows: list[dict[str, Any]], schema: pa.Schema, row_group: int) -> None:
    sized = ((len(r["image"]["bytes"]), r) for r in rows)
    groups = image_tables.row_groups(sized, schema, image_tables.Counted(), row_group)
    with path.open("wb") as stream:
        write_parquet(stream, schema, groups, stored=image_tables.STORED)


def _rates(read: Callable[[], Iterator[Any]]) -> tuple[float, float]:
    """Return samples per second, and seconds to the first sample."""
    n = sum(1 for _ in read())
    seconds = best(lambda: [0 for _ in read()], _ROUNDS)
    first = best(lambda: next(read()), _ROUNDS)
    return round(n / seconds), round(first, 4)


def _measured(readers: dict[str, Callable[[], Iterator[Any]]]) -> dict[str, Any]:
    measured = {name: _rates(read) for name, read in readers.items()}
    return {
        "samples_per_second": {name: n for name, (n, _) in measured.items()},
        "seconds_to_first_sample": {name: first for name, (_, first) in measured.items()},
    }


def _tar(path: Path) -> dict[str, Any]:
    import webdataset as wds

    def plain() -> Iterator[Any]:
        for sample in wds.WebDataset(str(path), shardshuffle=False, empty_check=False):
            yield sample["jpg"], json.loads(sample["json"])

    return _measured({"webdataset": plain, "datasets": lambda: _datasets("webdataset", path, "jpg")})


def _parquet(path: Path) -> dict[str, Any]:
    def arrow() -> Iterator[Any]:
        for batch in pq.ParquetFile(path).iter_batches(batch_size=64):
            yield from batch.to_pylist()

    read = {
        "first sample": _first(path),
        "caption and license of all": _query(path, "SELECT caption, license FROM '{}'"),
        "images of 1 %": _query(path, "SELECT image.bytes FROM '{}' WHERE year = 1907"),
    }
    return _measured({"pyarrow": arrow, "datasets": lambda: _datasets("parquet", path, "image")}) | {
        "megabytes_read": {what: round(n / 1e6, 2) for what, n in read.items()}
    }


def _datasets(builder: str, path: Path, image: str) -> Iterator[Any]:
    from datasets import Image, load_dataset

    loaded = load_dataset(builder, data_files=str(path), split="train", streaming=True)
    return iter(loaded.cast_column(image, Image(decode=False)))


def _read_by(action: Callable[[], object]) -> int:
    """Return the bytes that this process reads from files while it does something (Linux)."""

    def total() -> int:
        return int(Path("/proc/self/io").read_text().split()[1])

    own = -total() + total()
    before = total()
    action()
    return max(0, total() - before - own)


def _first(path: Path) -> int:
    """Return the bytes that are read for the first sample."""
    return _read_by(lambda: next(pq.ParquetFile(path).iter_batches(batch_size=1)))


def _query(path: Path, query: str) -> int:
    """Return the bytes that DuckDB reads for a query."""
    with duckdb.connect(config={"threads": 1}) as connection:
        return _read_by(lambda: connection.execute(query.format(path)).fetchall())
