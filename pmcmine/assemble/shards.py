"""Write samples to WebDataset tars: from packs, in hashed order, hashed while writing."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, BinaryIO

from pmcmine.duplicates.exact import SampleRef
from pmcmine.errors import DamagedError, StorageError
from pmcmine.io.folder import Folder
from pmcmine.io.hashed import HashedReader, HashedWriter
from pmcmine.io.tar import BLOCK, END, header, member_size, padding
from pmcmine.release.layout import in_release, release_folder
from pmcmine.release.plan import Plan
from pmcmine.work.delta import note_damaged
from pmcmine.work.packs import PackReader
from pmcmine.work.records import ShardRecord, committed_shard, shard_record, write_shard_record
from pmcmine.work.rows import give_up

_ASSEMBLED = b',"split":'  # start of `_tail` in a finished JSON


@dataclass(frozen=True, slots=True)
class FigurePlace:
    """Location of a figure's sample and image, for its row."""

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
    """Three future members of a tar, with the location of their bytes in a pack.

    Attributes:
        id: figure or panel.
        key: WebDataset key.
        pack: pack.
        image: offset and size of the image.
        rest: offset of text and JSON, and the size of each.
        tail: end of the JSON object, added by the assembler.
        old: tar of the release that an update starts from, offset and size of the sample there; its bytes are read
            from it instead of a pack.
        same: whether that tar already holds exactly these members.
        sha256: hash of the image, to check; empty if unknown.
        crc32: checksum of text and JSON in the pack, to check; for a panel, of its image too. 0 if unknown.
        panel: whether it belongs to a panel.
    """

    id: str
    key: str
    pack: str
    image: tuple[int, int]
    rest: tuple[int, int, int]
    tail: bytes
    old: tuple[str, int, int] | None = None
    same: bool = False
    sha256: str = ""
    crc32: int = 0
    panel: bool = False


def _tail(values: Mapping[str, str]) -> bytes:
    """Return JSON keys that only the assembler knows, as the tail of the sample's object."""
    return ("," + json.dumps(values, ensure_ascii=False, separators=(",", ":"))[1:]).encode()


def figure_member(s: SampleRef) -> Member:
    """Convert a figure's sample."""
    return Member(
        s.figure_id,
        s.key,
        s.pack,
        (s.image_offset, s.image_size),
        (s.text_offset, s.text_size, s.json_size),
        _tail({"split": s.split, "duplicate_of": s.duplicate_of}),
        *_old_place(s.old, s.duplicate_of == s.old_duplicate_of),
        s.sha256,
        s.crc32,
    )


def panel_members(s: SampleRef) -> Iterator[Member]:
    """Convert the samples of a figure's panels."""
    for n, p in enumerate(s.panels):
        offset, size = p["image_offset"], p["image_size"]
        yield Member(
            p["panel_id"],
            p["key"],
            s.pack,
            (offset, size),
            (offset + size, p["text_size"], p["json_size"]),
            _tail({"split": s.split}),
            *_old_place(p.get("old"), True),
            crc32=s.panel_sums[n] if s.panel_sums else 0,
            panel=True,
        )


def plain_member(member: Member) -> dict[str, Any]:
    """Return the fields of a member by name."""
    return {name: getattr(member, name) for name in Member.__slots__}


def _old_place(old: Sequence[Any] | None, same: bool) -> tuple[tuple[str, int, int] | None, bool]:
    return ((str(old[0]), int(old[1]), int(old[2])), same) if old else (None, False)


def parts_of_sample(member: Member, packs: PackReader) -> tuple[bytes, bytes, bytes]:
    """Return image, text and finished JSON of a sample.

    Raises:
        StorageError: if they differ from the staged, or published, bytes.
    """
    image, text, record = _read_parts(member, packs)
    if member.sha256 and sha256(image).hexdigest() != member.sha256:
        raise _damaged(member, packs)
    return image, text, record


class _DamagedSample(DamagedError):
    """A sample of the release that an update starts from is damaged; its article can be read again."""


def _damaged(member: Member, packs: PackReader) -> DamagedError:
    """Give up the block of a damaged sample, so that the next run mines it again; return the error."""
    if member.old is not None:
        return _DamagedSample(f"{member.old[0]}: {member.id} is damaged there")
    return give_up(packs.work, member.pack, f"{member.pack}: {member.id} is damaged there")


def _read_parts(member: Member, packs: PackReader) -> tuple[bytes, bytes, bytes]:
    if member.old is not None:
        tar, offset, size = member.old
        try:
            image, text, record = split_sample(packs.read(in_release(tar), offset, size))
            staged = record[: record.rindex(_ASSEMBLED)]
        except (StorageError, ValueError):
            raise _damaged(member, packs) from None
        if member.crc32 and not member.panel and zlib.crc32(b"}", zlib.crc32(staged, zlib.crc32(text))) != member.crc32:
            raise _damaged(member, packs)
        return image, text, staged + member.tail
    (image_offset, image_size), (text_offset, text_size, json_size) = member.image, member.rest
    if text_offset == image_offset + image_size:
        data = packs.read(member.pack, image_offset, image_size + text_size + json_size)
        image, rest = data[:image_size], data[image_size:]
    else:
        image = packs.read(member.pack, image_offset, image_size)
        rest = packs.read(member.pack, text_offset, text_size + json_size)
    if member.crc32 and (zlib.crc32(rest, zlib.crc32(image)) if member.panel else zlib.crc32(rest)) != member.crc32:
        raise _damaged(member, packs)
    text = rest[:text_size]
    return image, text, rest[text_size:-1] + member.tail


def split_sample(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Split image, text and JSON of a sample's three members, as stored in a shard.

    Raises:
        StorageError: if they are not such members.
    """
    found = []
    at = 0
    for _ in range(3):
        head = data[at : at + BLOCK]
        if head[257:262] != b"ustar":
            raise StorageError("a shard holds no sample where its table says; the release is damaged")
        try:
            size = int(head[124:135], 8)
        except ValueError:
            raise StorageError("a shard holds no size where its table says; the release is damaged") from None
        found.append(data[at + BLOCK : at + BLOCK + size])
        at += member_size(size)
    return found[0], found[1], found[2]


def write_samples(
    stream: BinaryIO, members: Sequence[Member], packs: PackReader
) -> tuple[str, list[tuple[str, int, int]]]:
    """Write samples in the given order; return the SHA-256 of the tar, and id, offset and size of each sample.

    Raises:
        ValueError: if a key occurs twice.
    """
    places = []
    seen: set[str] = set()
    damaged: list[tuple[Member, DamagedError]] = []
    with HashedWriter(stream) as writer:
        for m in members:
            if m.key in seen:
                raise ValueError(f"the key {m.key} occurs twice")
            seen.add(m.key)
            start = writer.size
            try:
                image, text, record = parts_of_sample(m, packs)
            except _DamagedSample as error:
                damaged.append((m, error))
                continue
            if damaged:
                continue  # search for more damage, but write nothing
            for suffix, member in ((".jpg", image), (".txt", text), (".json", record)):
                writer.write(header(m.key + suffix, len(member)), member, padding(len(member)))
            places.append((m.id, start, writer.size - start))
        if damaged:
            raise _damaged_samples(damaged, packs)
        writer.write(END)
        return writer.finish(), places


def _damaged_samples(damaged: Sequence[tuple[Member, DamagedError]], packs: PackReader) -> DamagedError:
    """Record the articles of damaged samples of an old release; return an error that names the first."""
    note_damaged(packs.work, {m.id.partition(".")[0] for m, _ in damaged})
    more = f" and {len(damaged) - 1} more" if len(damaged) > 1 else ""
    return DamagedError(f"{damaged[0][1]}{more}; the same command reads its article again, or restore that file")


def write_shard(
    dataset: str,
    group: str,
    split: str,
    name: str,
    members: Sequence[Member],
    plan: Plan,
    work: Folder,
    out: Folder,
) -> list[tuple[str, int, int]]:
    """Write one shard unless it is committed, or unchanged in an update; return the locations of its samples.

    Args:
        dataset: one of `pmcmine.release.plan.DATASETS`.
        group: licence group.
        split: split.
        name: its path below the dataset's folder.
        members: its samples, in any order.
        plan: the plan.
        work: the run's work folder.
        out: output folder for files of the release.
    """
    target = f"{dataset}/{name}"
    entry = plan.old_file(target)
    if not members and (entry is not None or plan.count(dataset, group, split) == 1):
        # A shard emptied by an update, or of a small release in which the only articles with samples moved to another
        # split.
        return []
    record = committed_shard(dataset, name, work, out)
    if record is None and entry is not None and len(members) == entry.rows and all(_stays(m, target) for m in members):
        places = sorted(((m.id, m.old[1], m.old[2]) for m in members if m.old), key=lambda p: p[1])
        record = ShardRecord(target, entry.sha256, entry.bytes, len(members), True, tuple(places))
        write_shard_record(work, record)
    if record is not None:
        return list(record.places)
    ordered = sorted(members, key=lambda m: (plan.order_of(m.id), m.id))
    packs = PackReader(work)
    for old in sorted({m.old[0] for m in members if m.old is not None and m.panel}):
        _check_whole(old, members, plan, work)
    try:
        same = plan.base is None and not work.exists(shard_record(dataset, name))
        with out.create(target, replace=True, same=same) as (stream, _):
            digest, places = write_samples(stream, ordered, packs)
    finally:
        packs.close()
    size = sum(size for _, _, size in places) + len(END)
    write_shard_record(work, ShardRecord(target, digest, size, len(places), places=tuple(places)))
    return places


def _check_whole(name: str, members: Sequence[Member], plan: Plan, work: Folder) -> None:
    """Check a shard of the old release with samples that have no hashes of their own, once per update.

    If it is damaged, the articles of its members are recorded.

    Raises:
        DamagedError: if it is damaged.
    """
    note = f"checked/{name}"
    if plan.base is None or work.exists(note):
        return
    with release_folder(work).open(name) as stream:
        reader = HashedReader(stream)
        reader.drain()
    if reader.hexdigest() != plan.base.files[name].sha256:
        note_damaged(work, {m.id.partition(".")[0] for m in members if m.old is not None and m.old[0] == name})
        raise DamagedError(f"{name}: is damaged; the same command reads its articles again, or restore that file")
    work.write(note, b"", replace=True)


def _stays(member: Member, target: str) -> bool:
    return member.same and member.old is not None and member.old[0] == target


__all__ = [
    "FigurePlace",
    "Member",
    "figure_member",
    "member_size",
    "panel_members",
    "write_samples",
    "write_shard",
]
