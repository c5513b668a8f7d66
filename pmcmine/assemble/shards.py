"""Samples to WebDataset tars: from packs, in hashed order, hashed as they are written."""

from __future__ import annotations

import json
import os
import queue
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import BinaryIO

from pmcmine.assemble.duplicates import SampleRef
from pmcmine.assemble.plan import Plan, shard_name
from pmcmine.errors import StorageError
from pmcmine.storage import Folder
from pmcmine.tarball import END, header, member_size, padding

_CHUNK = 4 << 20  # bytes handed to the disk and the hash at once


@dataclass(frozen=True, slots=True)
class FigurePlace:
    """What the assembler learns about a figure, for its row."""

    figure_id: str
    split: str
    duplicate_of: str = ""
    leaks_into: str = ""
    shard: str = ""
    image_offset: int = 0
    sample_offset: int = 0
    sample_size: int = 0
    twin: str = ""
    twin_kind: str = ""


class _HashedWriter:
    """Writes a stream and hashes it in a thread of its own (hashlib lets go of the interpreter lock)."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = sha256()
        self._parts: list[bytes] = []
        self._held = 0
        self._queue: queue.Queue[bytes | None] = queue.Queue(4)
        self._thread = threading.Thread(target=self._hash, daemon=True)
        self._thread.start()
        self.size = 0

    def _hash(self) -> None:
        while (data := self._queue.get()) is not None:
            self._digest.update(data)

    def write(self, *parts: bytes) -> None:
        for part in parts:
            self._parts.append(part)
            self._held += len(part)
            self.size += len(part)
        if self._held >= _CHUNK:
            self._flush()

    def _flush(self) -> None:
        data = b"".join(self._parts)
        self._parts, self._held = [], 0
        self._queue.put(data)
        self._stream.write(data)

    def finish(self) -> str:
        """Flush; the SHA-256 of all that was written."""
        self._flush()
        self.close()
        return self._digest.hexdigest()

    def close(self) -> None:
        """End the thread."""
        self._queue.put(None)
        self._thread.join()


class PackReader:
    """Reads ranges of packs, keeping a bounded number of them open."""

    def __init__(self, work: Folder, most: int = 64) -> None:
        self._work = work
        self._most = most
        self._open: dict[str, BinaryIO] = {}

    def read(self, pack: str, offset: int, size: int) -> bytes:
        """Bytes of a range.

        Raises:
            StorageError: where the pack is shorter than its manifest says.
        """
        if not self._work.is_local:
            data: bytes = self._work.fs.cat_file(self._work.path(pack), start=offset, end=offset + size)
        else:
            stream = self._open.get(pack)
            if stream is None:
                if len(self._open) >= self._most:
                    self._open.pop(next(iter(self._open))).close()
                stream = self._open[pack] = self._work.open(pack)
            data = os.pread(stream.fileno(), size, offset)
        if len(data) != size:
            raise StorageError(f"{pack}: {len(data)} of {size} bytes at {offset}; the work folder is damaged")
        return data

    def close(self) -> None:
        """Close all packs."""
        for stream in self._open.values():
            stream.close()
        self._open.clear()


def _assembled(sample: SampleRef) -> bytes:
    """The JSON keys that only the assembler knows, as the tail of the sample's object."""
    tail = {"split": sample.split, "duplicate_of": sample.duplicate_of}
    return ("," + json.dumps(tail, ensure_ascii=False, separators=(",", ":"))[1:]).encode()


def write_samples(
    stream: BinaryIO, samples: Sequence[SampleRef], packs: PackReader, name: str
) -> tuple[str, list[FigurePlace]]:
    """Write samples in the given order; the SHA-256 of the tar and the places of the samples.

    Raises:
        ValueError: where a key occurs twice.
    """
    writer = _HashedWriter(stream)
    places = []
    seen: set[str] = set()
    try:
        for s in samples:
            if s.key in seen:
                raise ValueError(f"the key {s.key} occurs twice")
            seen.add(s.key)
            start = writer.size
            if s.text_offset == s.image_offset + s.image_size:
                data = packs.read(s.pack, s.image_offset, s.image_size + s.text_size + s.json_size)
                image, rest = data[: s.image_size], data[s.image_size :]
            else:
                image = packs.read(s.pack, s.image_offset, s.image_size)
                rest = packs.read(s.pack, s.text_offset, s.text_size + s.json_size)
            text = rest[: s.text_size]
            record = rest[s.text_size : -1] + _assembled(s)
            for suffix, member in ((".jpg", image), (".txt", text), (".json", record)):
                writer.write(header(s.key + suffix, len(member)), member, padding(len(member)))
            places.append(
                FigurePlace(
                    s.figure_id,
                    s.split,
                    s.duplicate_of,
                    "",
                    name,
                    start + 512,
                    start,
                    writer.size - start,
                )
            )
        writer.write(END)
        return writer.finish(), places
    except BaseException:
        writer.close()
        raise


def shard_record(name: str) -> str:
    """Name of a shard's manifest line in the work folder."""
    return f"assembled/shards/{name}.json"


def write_shard(
    group: str, split: str, shard: int, samples: Sequence[SampleRef], plan: Plan, work: Folder, out: Folder
) -> list[FigurePlace]:
    """Write one shard unless it is committed; the places of its samples."""
    n_shards = plan.shards[group, split]
    if not samples and n_shards == 1:
        return []  # a small release whose only articles with samples moved to another split
    name = shard_name(group, split, shard, n_shards)
    target = f"shards/{name}"
    try:
        record = json.loads(work.read(shard_record(name)))
        if out.exists(target) and out.size(target) == record["bytes"]:
            return [FigurePlace(**p) for p in record["places"]]
    except FileNotFoundError:
        pass
    ordered = sorted(samples, key=lambda s: (plan.order_of(s.figure_id), s.figure_id))
    packs = PackReader(work)
    try:
        with out.create(target, replace=True) as (stream, _):
            digest, places = write_samples(stream, ordered, packs, name)
    finally:
        packs.close()
    record = {
        "name": target,
        "sha256": digest,
        "bytes": sum(p.sample_size for p in places) + len(END),
        "rows": len(places),
        "places": [asdict(p) for p in places],
    }
    work.write(shard_record(name), json.dumps(record).encode(), replace=True)
    return places


__all__ = ["FigurePlace", "PackReader", "member_size", "shard_record", "write_samples", "write_shard"]
