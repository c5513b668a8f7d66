"""Read a release sample by sample. Light: needs neither Beam nor any model library, and no schema but the release's.

for sample in open("release", where="kind = 'figure' AND year >= 2020"):
    sample["key"], sample["jpg"], sample["txt"], sample["json"]
"""

from __future__ import annotations

import io
import json
import random
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import fsspec
import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.fs

from pmcmine.errors import PmcmineError

_MERGE = 8 << 20  # neighbouring samples are read at once, up to so many bytes


@dataclass(frozen=True)
class _Place:
    shard: str
    offset: int
    size: int


class Samples:
    """The samples of one rank, in an order that follows from the seed alone. Can be iterated again."""

    def __init__(self, root: str, fs: Any, places: list[_Place]) -> None:
        self._root = root
        self._fs = fs
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Samples as dicts of `key`, `jpg` (bytes), `txt` (str) and `json` (dict)."""
        for run in _runs(self._places):
            start = run[0].offset
            end = run[-1].offset + run[-1].size
            data = self._fs.cat_file(f"{self._root}/shards/{run[0].shard}", start=start, end=end)
            for place in run:
                yield _decode(data[place.offset - start : place.offset - start + place.size], place)


def _runs(places: list[_Place]) -> Iterator[list[_Place]]:
    """Places that follow each other in one shard, together."""
    run: list[_Place] = []
    for place in places:
        if run and (
            place.shard != run[-1].shard
            or place.offset != run[-1].offset + run[-1].size
            or place.offset + place.size - run[0].offset > _MERGE
        ):
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def _decode(data: bytes, place: _Place) -> dict[str, Any]:
    sample: dict[str, Any] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:", ignore_zeros=False) as archive:
            for info in archive:
                member = archive.extractfile(info)
                key, _, suffix = info.name.partition(".")
                content = member.read() if member is not None else b""
                sample["key"] = key
                sample[suffix] = json.loads(content) if suffix == "json" else content
    except (tarfile.TarError, ValueError) as error:
        raise PmcmineError(f"{place.shard} at {place.offset}: no sample there ({error}); is the copy whole?") from None
    sample["txt"] = sample.get("txt", b"").decode("utf-8")
    return sample


def _figure_rows(root: str, fs: Any, split: str, where: str | None) -> list[tuple[str, int, int]]:
    release = json.loads(fs.cat_file(f"{root}/release.json"))
    files = [
        f"{root}/{f['name']}"
        for f in release["files"]
        if f["name"].startswith("tables/figures/") and f["name"].rsplit("/", 1)[-1].startswith(f"{split}-")
    ]
    if not files:
        return []
    figures = pads.dataset(files, filesystem=pa.fs.PyFileSystem(pa.fs.FSSpecHandler(fs)), format="parquet")
    query = "SELECT shard, sample_offset, sample_size FROM figures WHERE shard IS NOT NULL"
    if where:
        query += f" AND ({where})"
    query += " ORDER BY shard, sample_offset"
    with duckdb.connect(config={"enable_external_access": "false"}) as connection:
        connection.register("figures", figures)
        try:
            rows: list[tuple[str, int, int]] = connection.execute(query).fetchall()
        except duckdb.Error as error:
            raise PmcmineError(f"where={where!r}: {str(error).splitlines()[0]}") from None
    return rows


def open(
    release: str,
    *,
    split: str = "train",
    where: str | None = None,
    seed: int | None = None,
    rank: int = 0,
    world_size: int = 1,
) -> Samples:
    """Open a release folder.

    Args:
        release: path or fsspec URL of a release folder.
        split: train, validation or test.
        where: SQL condition over the columns of `figures`; only the samples that it chooses are read.
        seed: shuffles the order of samples; None keeps the order of the shards, which is random already and
            reads whole shards in long runs.
        rank: which share to read, from 0.
        world_size: number of shares. Shares are disjoint and together hold each sample once.

    Raises:
        PmcmineError: where there is no release, or the condition is no SQL over `figures`.
    """
    if not 0 <= rank < world_size:
        raise PmcmineError(f"rank {rank} of {world_size}: ranks count from 0 to world_size - 1")
    fs, root = fsspec.core.url_to_fs(release)
    try:
        rows = _figure_rows(root, fs, split, where)
    except FileNotFoundError:
        raise PmcmineError(f"{release}: no release.json; this is no release, or it is not whole yet") from None
    places = [_Place(*row) for row in rows]
    if seed is not None:
        random.Random(seed).shuffle(places)
    n = len(places)
    return Samples(root, fs, places[n * rank // world_size : n * (rank + 1) // world_size])
