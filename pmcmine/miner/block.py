"""A block of articles to packs and row files, committed by one manifest written last.

A block that was started twice without a commit has ended its worker: its articles are then mined in child
processes, and a child that dies is bisected down to the article that ends it.
"""

from __future__ import annotations

import ctypes
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
import zlib
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import pyarrow as pa

from pmcmine.config import MineConfig
from pmcmine.duplicates.signatures import KINDS, Signature
from pmcmine.duplicates.signatures import SCHEMA as SIGNATURES
from pmcmine.ids import article_id, natural_split
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.io.tar import member_size
from pmcmine.miner import Mined, StagedSample, mine_pmcid
from pmcmine.miner.retries import Outcome, outcome_of, outcomes_before
from pmcmine.rejects import Ledger, Reason, Stage, Unit
from pmcmine.sources.base import Entry, Reader
from pmcmine.update.differences import read_dead
from pmcmine.work.rows import Rows, write_arrow
from pmcmine.work.snapshot import read_block, read_day
from schemas import TABLES

log = logging.getLogger(__name__)
MANIFEST = "manifest.json"
_CAREFUL_AFTER = 2  # starts without a commit
_PROGRESS_SECONDS = 2.0
_SUSPECT_SECONDS = 2.0  # at work on one article, from which an interrupt may have ended a hang
_SLOW_SECONDS = 60.0  # from which an article at work is named in the start marker
_NAMING_SECONDS = 10.0  # between two looks for such articles
_CHILD_SECONDS = (120.0, 20.0)  # a child's time limit: so much, and so much an article

INDEX_SCHEMA = pa.schema(
    [
        ("figure_id", pa.string()),
        ("key", pa.string()),
        ("pmcid", pa.string()),
        ("group", pa.string()),
        ("sha256", pa.string()),
        ("pack", pa.string()),
        ("image_offset", pa.int64()),
        ("image_size", pa.int64()),
        ("text_offset", pa.int64()),
        ("text_size", pa.int64()),
        ("json_size", pa.int64()),
        ("crc32", pa.int64()),  # of text and JSON
        (
            "panels",
            pa.list_(
                pa.struct(
                    [
                        ("panel_id", pa.string()),
                        ("key", pa.string()),
                        ("image_offset", pa.int64()),
                        ("image_size", pa.int64()),
                        ("text_size", pa.int64()),
                        ("json_size", pa.int64()),
                    ]
                )
            ),
        ),
    ]
)
LEDGER_SCHEMA = pa.schema(
    [
        ("pmcid", pa.string()),
        ("entries", pa.string()),  # JSON: version, ref, etag and note of each version of the snapshot
        ("counts", pa.string()),  # JSON: what the sums are made of
        ("rejects", pa.string()),  # JSON: stage/unit/reason → number
        ("rows", pa.string()),  # JSON: table → rows staged
    ]
)
# In the work folder the rows hold the CRC-32 of each panel's sample and of each signature, too.
_INDEX_STAGED = INDEX_SCHEMA.append(pa.field("panel_sums", pa.list_(pa.int64())))
_SIGNED_STAGED = SIGNATURES.append(pa.field("crc32", pa.int64()))
_NOWHERE = ("", "")  # of rows that have no group and split
_AS_RECORDS = 32  # PMCIDs whose rows are held as records
_SIGNED = ("kind", "id", "group", "node", "digest", "keys", "size_rank", "date", "role")


def block_folder(block: int) -> str:
    """Folder of a block inside the work folder."""
    return f"blocks/{block // 1000:03d}/{block:06d}"


def _sample_size(sample: StagedSample) -> int:
    """Bytes that a sample takes in a shard."""
    return sum(member_size(len(data)) for data in (sample.image, sample.text, sample.json))


@dataclass
class _Part:
    """Collects what the articles of one part come to, and writes it out."""

    work: Folder
    folder: str
    pack: BinaryIO
    pack_name: str
    rows: dict[str, Rows] = field(default_factory=lambda: {name: Rows(table) for name, table in TABLES.items()})
    index: list[dict[str, Any]] = field(default_factory=list)
    near: list[dict[str, Any]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    images: dict[str, tuple[int, int]] = field(default_factory=dict)
    groups: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    ledger: list[dict[str, str]] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    offset: int = 0

    def take(self, mined: Mined, entries: Sequence[Entry], old: Mapping[str, Outcome]) -> None:
        """Stage what came of a PMCID, and note it in the ledger, unless the same had come of it before."""
        if mined.pmcid in old and outcome_of(mined) == old[mined.pmcid]:
            self.unchanged.append(mined.pmcid)
            return
        before, staged = self.counts.copy(), {name: rows.count for name, rows in self.rows.items()}
        self._take(mined)
        rejects = Counter(f"{r.stage}/{r.unit}/{r.reason}" for r in mined.rejects)
        self.rejects.update(rejects)
        self.counts.subtract(before)
        said = {
            "entries": [[e.version, e.ref, e.etag, e.note] for e in entries],
            "counts": {k: n for k, n in sorted(self.counts.items()) if n},
            "rejects": dict(sorted(rejects.items())),
            "rows": {n: r.count - staged[n] for n, r in self.rows.items() if r.count > staged[n]},
        }
        self.counts.update(before)
        if self.counts["pmcids"] % _AS_RECORDS == 0:
            for held in self.rows.values():
                held.to_arrow()
        self.ledger.append({"pmcid": mined.pmcid} | {k: json.dumps(v, ensure_ascii=False) for k, v in said.items()})

    def _take(self, mined: Mined) -> None:
        self.counts.update(mined.counts)
        self.counts["pmcids"] += 1
        self.rows["rejects"].add(_NOWHERE, mined.rejects)
        if mined.tombstone is not None:
            self.rows["tombstones"].add(_NOWHERE, [mined.tombstone])
        if mined.article is None:
            return
        split = natural_split(mined.pmcid)
        group = mined.article.license_group
        self.rows["articles"].add((group, split), [mined.article])
        for name in ("mentions", "paragraphs", "table_wraps"):
            self.rows[name].add((group, split), getattr(mined, name))
        of_figure = {f.figure_id: f.license_group for f in mined.figures}
        for concept in mined.concepts:
            self.rows["concepts"].add((of_figure.get(concept.context_id, group), split), [concept])
        for row in mined.figures:
            self.rows["figures"].add((row.license_group, split), [row])
        for panel in mined.panels:
            self.rows["panels"].add((panel.license_group, split), [panel])
        for sample in mined.samples:
            self._stage(sample, mined.pmcid)
        for signature in mined.signatures:
            self._sign(signature, mined.pmcid)

    def _stage(self, sample: StagedSample, pmcid: str) -> None:
        """Append a sample to the pack; bytes that are there already are not written again."""
        if sample.sha256 not in self.images:
            self.images[sample.sha256] = (self.offset, len(sample.image))
            self._append(sample.image)
        image_offset, image_size = self.images[sample.sha256]
        text_offset = self.offset
        self._append(sample.text + sample.json)
        self.index.append(
            {
                "figure_id": sample.figure_id,
                "key": sample.key,
                "pmcid": pmcid,
                "group": sample.group,
                "sha256": sample.sha256,
                "pack": self.pack_name,
                "image_offset": image_offset,
                "image_size": image_size,
                "text_offset": text_offset,
                "text_size": len(sample.text),
                "json_size": len(sample.json),
                "crc32": zlib.crc32(sample.text + sample.json),
                "panels": [self._stage_panel(p) for p in sample.panels],
                "panel_sums": [zlib.crc32(p.image + p.text + p.json) for p in sample.panels],
            }
        )
        self.counts["samples"] += 1
        self.counts["sample_bytes"] += len(sample.image)
        place = (sample.group, natural_split(pmcid))
        self.groups[(*place, "samples")] += 1
        self.groups[(*place, "bytes")] += _sample_size(sample)
        if sample.panels:
            self.counts["panel_samples"] += len(sample.panels)
            self.groups[(*place, "panels")] += len(sample.panels)
            self.groups[(*place, "panel_bytes")] += sum(map(_sample_size, sample.panels))

    def _stage_panel(self, panel: StagedSample) -> dict[str, Any]:
        """Append a panel's crop, text and JSON to the pack."""
        offset = self.offset
        self._append(panel.image + panel.text + panel.json)
        return {
            "panel_id": panel.figure_id,
            "key": panel.key,
            "image_offset": offset,
            "image_size": len(panel.image),
            "text_size": len(panel.text),
            "json_size": len(panel.json),
        }

    def _sign(self, signature: Signature, pmcid: str) -> None:
        """Append what decides whether two members are near duplicates to the pack."""
        row = {name: getattr(signature, name) for name in _SIGNED}
        place = {"pmcid": pmcid, "pack": self.pack_name, "offset": self.offset, "size": len(signature.data)}
        self.near.append(row | place | {"crc32": zlib.crc32(signature.data)})
        self._append(signature.data)
        self.counts[f"signed_{KINDS[signature.kind]}"] += 1

    def _append(self, data: bytes) -> None:
        self.pack.write(data)
        self.offset += len(data)

    def write(self) -> dict[str, Any]:
        """Write row files and index; the part's entry of the manifest."""
        tables = {}
        for name, table in TABLES.items():
            file = f"{self.folder}/{table.name}.arrow"
            tables[name] = self.rows[name].write(self.work, file)
        index = f"{self.folder}/index.arrow"
        write_arrow(self.work, index, _INDEX_STAGED, [pa.Table.from_pylist(self.index, _INDEX_STAGED)])
        ledger = f"{self.folder}/ledger.arrow"
        write_arrow(self.work, ledger, LEDGER_SCHEMA, [pa.Table.from_pylist(self.ledger, LEDGER_SCHEMA)])
        near = f"{self.folder}/near.arrow"
        write_arrow(self.work, near, _SIGNED_STAGED, [pa.Table.from_pylist(self.near, _SIGNED_STAGED)])
        return {
            "folder": self.folder,
            "index": index,
            "near": near,
            "ledger": ledger,
            "tables": tables,
            "samples": [
                {
                    "group": g,
                    "split": s,
                    "samples": self.groups[g, s, "samples"],
                    "bytes": self.groups[g, s, "bytes"],
                    "panels": self.groups[g, s, "panels"],
                    "panel_bytes": self.groups[g, s, "panel_bytes"],
                }
                for g, s in sorted({(g, s) for g, s, _ in self.groups})
            ],
            "counts": dict(sorted(self.counts.items())),
            "rejects": dict(sorted(self.rejects.items())),
            "unchanged": self.unchanged,
        }


def mine_part(
    groups: Sequence[Sequence[Entry]],
    reader: Reader,
    config: MineConfig,
    work: Folder,
    folder: str,
    threads: int,
    progress: Callable[[Counter[str]], None] | None = None,
    before: Mapping[str, Outcome] | None = None,
    marker: str | None = None,
) -> dict[str, Any]:
    """Mine articles into one pack and its row files; returns the part's entry of the manifest.

    `before` holds what had come of articles that an update tries again; `marker` is the block's start marker, under
    which articles at work are noted.
    """
    pack_name = f"{folder}/pack.bin"
    with work.create(pack_name) as (stream, _):
        part = _Part(work, folder, stream, pack_name)
        last = time.monotonic()
        mining = _in_order(groups, reader, config, threads, read_day(work), marker)
        for mined, group in zip(mining, groups, strict=True):
            part.take(mined, group, before or {})
            if progress is not None and time.monotonic() - last > _PROGRESS_SECONDS:
                last = time.monotonic()
                progress(part.counts + Counter(rejected=sum(part.rejects.values()), pmcids=len(part.unchanged)))
    return part.write()


def _in_order(
    groups: Sequence[Sequence[Entry]],
    reader: Reader,
    config: MineConfig,
    threads: int,
    as_of: str | None,
    marker: str | None = None,
) -> Iterator[Mined]:
    """Mine PMCIDs, a few at once where waiting for a server is most of the work, in their order."""

    def mine(group: Sequence[Entry]) -> Mined:
        with _at_work(marker, group[0].pmcid):
            return mine_pmcid(group, reader, config, as_of)

    if threads <= 1:
        yield from map(mine, groups)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="mine") as pool:
        waiting: deque[Future[Mined]] = deque()
        try:
            for group in groups:
                waiting.append(pool.submit(mine, group))
                if len(waiting) >= 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _killed_part(
    groups: Sequence[Sequence[Entry]], work: Folder, folder: str, before: Mapping[str, Outcome]
) -> dict[str, Any]:
    """The part of articles that end their process: ledger rows and nothing else."""
    with work.create(f"{folder}/pack.bin") as (stream, _):
        part = _Part(work, folder, stream, f"{folder}/pack.bin")
        for group in groups:
            pmcid = group[0].pmcid
            ledger = Ledger(pmcid)
            for entry in group:
                ledger.add(
                    Stage.SELECT,
                    Unit.VERSION,
                    Reason.WORKER_KILLED,
                    article_id(pmcid, entry.version),
                    "the process that mined it alone was killed or ran out of time",
                )
            part.take(Mined(pmcid, rejects=ledger.rows, counts=Counter(versions=len(group))), group, before)
    return part.write()


# Start markers of this process → PMCIDs at work → when each was begun. Written by all threads. (The process id in the
# name of a marker does not tell whose it is: in containers each run has the same.)
_AT_WORK: Final[dict[str, dict[str, float]]] = {}


@contextmanager
def _at_work(marker: str | None, pmcid: str) -> Iterator[None]:
    """Note that a PMCID is worked on, for whoever is asked about it by an interrupt."""
    if marker is not None and marker in _AT_WORK:
        _AT_WORK[marker][pmcid] = time.monotonic()
    yield
    if marker is not None:  # after an interrupt the note stays
        _AT_WORK.get(marker, {}).pop(pmcid, None)


def _suspects(marker: str, seconds: float) -> list[str]:
    """PMCIDs that have been at work for so long."""
    now = time.monotonic()
    return sorted(p for p, since in dict(_AT_WORK.get(marker, {})).items() if now - since >= seconds)


@contextmanager
def _naming_slow(work: Folder, marker: str) -> Iterator[None]:
    """Keep the articles that take long named in the marker, in case that the process is killed over them."""
    done = threading.Event()

    def name() -> None:
        named: list[str] = []
        while not done.wait(_NAMING_SECONDS):
            slow = _suspects(marker, _SLOW_SECONDS)
            if slow != named:
                work.write(marker, json.dumps({"suspects": slow}).encode() if slow else b"", replace=True)
                named = slow

    thread = threading.Thread(target=name, name="naming-slow", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _settle(work: Folder, marker: str) -> None:
    """Remove a start marker after an interrupt, unless articles at work may be why: then it names them."""
    suspects = _suspects(marker, _SUSPECT_SECONDS)
    _AT_WORK.pop(marker, None)
    if suspects:
        work.write(marker, json.dumps({"suspects": suspects}).encode(), replace=True)
    else:
        work.remove(marker)


def _read_starts(work: Folder, home: str) -> tuple[int, frozenset[str]]:
    """How many starts of a block ended without a word, and the articles that interrupted ones were at."""
    silent, suspects = 0, set[str]()
    for name in work.names(home):
        if name.startswith("started-") and not name.endswith(".tmp"):  # that of a writer that was killed
            try:
                suspects |= set(json.loads(work.read(f"{home}/{name}"))["suspects"])
            except (ValueError, KeyError, TypeError, RecursionError):  # mostly empty
                silent += 1
    return silent, frozenset(suspects)


def mine_block(
    block: int, work: Folder, config: MineConfig, reader: Reader, threads: int, share: float = 1.0
) -> dict[str, Any]:
    """Mine a block unless it is committed; returns its manifest.

    Args:
        block: number of the block in the snapshot.
        work: the run's work folder.
        config: the configuration.
        reader: the source, opened.
        threads: articles at once.
        share: the reader's share of the request budget, for child processes.
    """
    home = block_folder(block)
    committed = read_manifest(work, block)
    if committed is not None:
        return committed
    attempt = f"{os.getpid():d}-{uuid.uuid4().hex[:8]}"
    silent, suspects = _read_starts(work, home)
    marker = f"{home}/started-{attempt}"
    work.write(marker, b"")
    _AT_WORK[marker] = {}
    groups = _wanted(work, block)

    def progress(counts: Counter[str], done: bool = False) -> None:
        data = json.dumps({**counts, "done": int(done)}).encode()
        work.write(f"progress/{block:06d}.json", data, replace=True)

    try:
        parts = []
        apart = [g for g in groups if g[0].pmcid in suspects]
        if apart:
            log.warning(
                "block %d was interrupted at work on %s: mining it in a child process",
                block,
                ", ".join(g[0].pmcid for g in apart),
            )
            for group in apart:
                parts += _bisect([group], block, work, config, f"{home}/{attempt}", share)
            groups = [g for g in groups if g[0].pmcid not in suspects]
        if silent >= _CAREFUL_AFTER:
            log.warning("block %d was started %d times without a commit: mining it in child processes", block, silent)
            parts += _bisect(groups, block, work, config, f"{home}/{attempt}", share) if groups else []
        else:
            home_part, before = f"{home}/{attempt}-p0", outcomes_before(work, block)
            with _naming_slow(work, marker):
                parts.append(mine_part(groups, reader, config, work, home_part, threads, progress, before, marker))
        manifest = {"block": block, "attempt": attempt, "parts": parts}
        work.write(f"{home}/{MANIFEST}", sealed.to_bytes(manifest))
    except Exception:
        _AT_WORK.pop(marker, None)
        work.remove(marker)  # an error that can be told is no killed worker
        raise
    except BaseException:
        _settle(work, marker)
        raise
    _AT_WORK.pop(marker, None)
    work.remove(marker)
    committed = read_manifest(work, block)
    if committed is None:
        raise RuntimeError(f"the manifest of block {block} vanished")
    unchanged = sum(len(part.get("unchanged", ())) for part in committed["parts"])
    progress(manifest_counts(committed) + Counter(pmcids=unchanged), done=True)
    return committed


def _wanted(work: Folder, block: int) -> list[list[Entry]]:
    """The PMCIDs of a block that are to be mined: all, or in an update what is new or changed."""
    groups = read_block(work, block)
    dead = read_dead(work, block)
    return [g for g in groups if g[0].pmcid in dead] if dead else groups


def manifest_counts(manifest: dict[str, Any]) -> Counter[str]:
    """All counts of a block, and its rejects under `rejected`."""
    counts: Counter[str] = Counter()
    for part in manifest["parts"]:
        counts.update(part["counts"])
        counts["rejected"] += sum(part["rejects"].values())
    return counts


def read_manifest(work: Folder, block: int) -> dict[str, Any] | None:
    """The manifest of a committed block, None where it is not committed, or the manifest damaged: it is mined again."""
    return sealed.read_or_none(work, f"{block_folder(block)}/{MANIFEST}")


def forget_starts(work: Folder) -> None:
    """Remove the start markers of this process after an interrupt by the user, but not those of articles that hang.

    The threads that mine may go on until the process ends.
    """
    for marker in list(_AT_WORK):
        if work.exists(marker):
            _settle(work, marker)


def _bisect(
    groups: Sequence[Sequence[Entry]], block: int, work: Folder, config: MineConfig, folder: str, share: float
) -> list[dict[str, Any]]:
    part = _in_child(groups, block, work, config, folder, share)
    if part is not None:
        return [part]
    if len(groups) == 1:
        return [_killed_part(groups, work, f"{folder}-killed-{uuid.uuid4().hex[:6]}", outcomes_before(work, block))]
    middle = len(groups) // 2
    return [p for half in (groups[:middle], groups[middle:]) for p in _bisect(half, block, work, config, folder, share)]


def _in_child(
    groups: Sequence[Sequence[Entry]], block: int, work: Folder, config: MineConfig, folder: str, share: float
) -> dict[str, Any] | None:
    """Mine articles in a process of their own; None where it was killed or hung."""
    folder = f"{folder}-c{uuid.uuid4().hex[:6]}"
    task = {
        "work": work.url,
        "config": config.model_dump(mode="json"),
        "block": block,
        "pmcids": [g[0].pmcid for g in groups],
        "folder": folder,
        "share": share,
    }
    limit = max(_CHILD_SECONDS[0], 1.2 * config.max_article_seconds) + _CHILD_SECONDS[1] * len(groups)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "pmcmine.miner.block"],
            input=json.dumps(task).encode(),
            stdout=subprocess.PIPE,
            timeout=limit,
            check=False,
            preexec_fn=_die_with_parent,
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode < 0:
        log.warning("a child process ended by signal %d on %d article(s)", -done.returncode, len(groups))
        return None
    if done.returncode:
        raise RuntimeError(f"a child process of block {block} failed with exit code {done.returncode}")
    part: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return part


def _die_with_parent() -> None:
    """Ask Linux to end the child when its parent ends (prctl(2), PR_SET_PDEATHSIG = 1)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _child() -> None:
    from pmcmine.sources import open_source

    task = json.load(sys.stdin)
    config = MineConfig(**task["config"])
    work = Folder(task["work"])
    wanted = set(task["pmcids"])
    groups = [g for g in read_block(work, task["block"]) if g[0].pmcid in wanted]
    reader = open_source(config).open(task["share"])
    try:
        before = outcomes_before(work, task["block"])
        part = mine_part(groups, reader, config, work, task["folder"], threads=1, before=before)
    finally:
        reader.close()
    print(json.dumps(part))


if __name__ == "__main__":
    _child()
