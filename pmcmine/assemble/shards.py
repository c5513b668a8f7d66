"""Samples to WebDataset tars: from packs, in hashed order, hashed as they are written."""

from __future__ import annotations

import json
import os
import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
    n_panels: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """What becomes three members of a tar, and where its bytes lie in a pack.

    Attributes:
        id: figure or panel.
        key: WebDataset key.
        pack: pack.
        image: offset and size of the image.
        rest: offset of text and JSON, and the size of each.
        tail: what the assembler adds at the end of the JSON object.
    """

    id: str
    key: str
    pack: str
    image: tuple[int, int]
    rest: tuple[int, int, int]
    tail: bytes


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


def _tail(values: Mapping[str, str]) -> bytes:
    """JSON keys that only the assembler knows, as the tail of the sample's object."""
    return ("," + json.dumps(values, ensure_ascii=False, separators=(",", ":"))[1:]).encode()


def figure_member(s: SampleRef) -> Member:
    """A figure's sample."""
    return Member(
        s.figure_id,
        s.key,
        s.pack,
        (s.image_offset, s.image_size),
        (s.text_offset, s.text_size, s.json_size),
        _tail({"split": s.split, "duplicate_of": s.duplicate_of}),
    )


def panel_members(s: SampleRef) -> Iterator[Member]:
    """The samples of a figure's panels."""
    for p in s.panels:
        offset, size = p["image_offset"], p["image_size"]
        yield Member(
            p["panel_id"],
            p["key"],
            s.pack,
            (offset, size),
            (offset + size, p["text_size"], p["json_size"]),
            _tail({"split": s.split}),
        )


def write_samples(
    stream: BinaryIO, members: Sequence[Member], packs: PackReader
) -> tuple[str, list[tuple[str, int, int]]]:
    """Write samples in the given order; the SHA-256 of the tar, and id, offset and size of each sample.

    Raises:
        ValueError: where a key occurs twice.
    """
    writer = _HashedWriter(stream)
    places = []
    seen: set[str] = set()
    try:
        for m in members:
            if m.key in seen:
                raise ValueError(f"the key {m.key} occurs twice")
            seen.add(m.key)
            start = writer.size
            (image_offset, image_size), (text_offset, text_size, json_size) = m.image, m.rest
            if text_offset == image_offset + image_size:
                data = packs.read(m.pack, image_offset, image_size + text_size + json_size)
                image, rest = data[:image_size], data[image_size:]
            else:
                image = packs.read(m.pack, image_offset, image_size)
                rest = packs.read(m.pack, text_offset, text_size + json_size)
            text = rest[:text_size]
            record = rest[text_size:-1] + m.tail
            for suffix, member in ((".jpg", image), (".txt", text), (".json", record)):
                writer.write(header(m.key + suffix, len(member)), member, padding(len(member)))
            places.append((m.id, start, writer.size - start))
        writer.write(END)
        return writer.finish(), places
    except BaseException:
        writer.close()
        raise


def shard_record(dataset: str, name: str) -> str:
    """Name of a shard's manifest line in the work folder."""
    return f"assembled/{dataset}/{name}.json"


def write_shard(
    dataset: str,
    group: str,
    split: str,
    shard: int,
    members: Sequence[Member],
    plan: Plan,
    work: Folder,
    out: Folder,
) -> tuple[str, list[tuple[str, int, int]]]:
    """Write one shard unless it is committed; its path below the dataset's folder, and the places of its samples.

    Args:
        dataset: `SHARDS` or `PANEL_SHARDS`.
        group: licence group.
        split: split.
        shard: its number.
        members: its samples, in any order.
        plan: the plan.
        work: the run's work folder.
        out: the release folder.
    """
    n_shards = plan.counts(dataset)[group, split]
    name = shard_name(group, split, shard, n_shards)
    if not members and n_shards == 1:
        return name, []  # a small release whose only articles with samples moved to another split
    target = f"{dataset}/{name}"
    try:
        record = json.loads(work.read(shard_record(dataset, name)))
        if out.exists(target) and out.size(target) == record["bytes"]:
            return name, [(i, start, size) for i, start, size in record["places"]]
    except FileNotFoundError:
        pass
    ordered = sorted(members, key=lambda m: (plan.order_of(m.id), m.id))
    packs = PackReader(work)
    try:
        with out.create(target, replace=True) as (stream, _):
            digest, places = write_samples(stream, ordered, packs)
    finally:
        packs.close()
    record = {
        "name": target,
        "sha256": digest,
        "bytes": sum(size for _, _, size in places) + len(END),
        "rows": len(places),
        "places": places,
    }
    work.write(shard_record(dataset, name), json.dumps(record).encode(), replace=True)
    return name, places


__all__ = [
    "FigurePlace",
    "Member",
    "PackReader",
    "figure_member",
    "member_size",
    "panel_members",
    "shard_record",
    "write_samples",
    "write_shard",
]
