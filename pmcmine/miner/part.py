"""Mine a part of a block: from articles to packs and rows."""

from __future__ import annotations

import json
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import pyarrow as pa

from pmcmine.config import MineConfig
from pmcmine.duplicates.signatures import KINDS, Signature
from pmcmine.ids import natural_split
from pmcmine.io.background import in_order
from pmcmine.io.folder import Folder
from pmcmine.io.tar import member_size
from pmcmine.miner import Mined, StagedSample, mine_pmcid
from pmcmine.miner.at_work import marked_at_work
from pmcmine.miner.enrichers import tables
from pmcmine.miner.retries import Outcome, outcome_of
from pmcmine.rejects import count_key
from pmcmine.sources.base import Entry, Reader
from pmcmine.work.columns import INDEX_SCHEMA, LEDGER_SCHEMA
from pmcmine.work.columns import SCHEMA as SIGNATURES
from pmcmine.work.manifest import Part, SampleCount
from pmcmine.work.rows import Rows, write_arrow
from pmcmine.work.snapshot import read_day
from schemas import TABLES, Table

_PROGRESS_SECONDS = 2.0
# In the work folder, rows also hold the CRC-32 of each panel's sample and of each signature.
_INDEX_STAGED = INDEX_SCHEMA.append(pa.field("panel_sums", pa.list_(pa.int64())))
_SIGNED_STAGED = SIGNATURES.append(pa.field("crc32", pa.int64()))
_NOWHERE = ("", "")  # group and split of rows without them
_AS_RECORDS = 32  # PMCIDs with rows kept as records
_SIGNED = ("kind", "id", "group", "node", "digest", "keys", "size_rank", "date", "role")


def _sample_size(sample: StagedSample) -> int:
    """Return the bytes that a sample takes in a shard."""
    return sum(member_size(len(data)) for data in (sample.image, sample.text, sample.json))


def _no_rows(tables_: Mapping[str, Table] = TABLES) -> dict[str, Rows]:
    return {name: Rows(table) for name, table in tables_.items()}


@dataclass
class PartWriter:
    """Collect the results of the articles of one part, and write them."""

    work: Folder
    folder: str
    pack: BinaryIO
    pack_name: str
    rows: dict[str, Rows] = field(default_factory=_no_rows)
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
        """Stage the result of a PMCID and add it to the ledger, unless it equals the earlier result."""
        if mined.pmcid in old and outcome_of(mined) == old[mined.pmcid]:
            self.unchanged.append(mined.pmcid)
            return
        before, staged = self.counts.copy(), {name: rows.count for name, rows in self.rows.items()}
        self._take(mined)
        rejects = Counter(count_key(r.stage, r.unit, r.reason) for r in mined.rejects)
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
        for name in ("mentions", "paragraphs", "article_tables", "grids", "table_mentions", "documents", "cases"):
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
        """Append a sample to the pack; equal image bytes are written once."""
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
        """Append a signature, which decides whether two members are near duplicates, to the pack."""
        row = {name: getattr(signature, name) for name in _SIGNED}
        place = {"pmcid": pmcid, "pack": self.pack_name, "offset": self.offset, "size": len(signature.data)}
        self.near.append(row | place | {"crc32": zlib.crc32(signature.data)})
        self._append(signature.data)
        self.counts[f"signed_{KINDS[signature.kind]}"] += 1

    def _append(self, data: bytes) -> None:
        self.pack.write(data)
        self.offset += len(data)

    def write(self) -> Part:
        """Write row files and index; return the part's entry for the manifest."""
        tables = {}
        for name, rows in self.rows.items():
            tables[name] = rows.write(self.work, f"{self.folder}/{name}.arrow")
        index = f"{self.folder}/index.arrow"
        write_arrow(self.work, index, _INDEX_STAGED, [pa.Table.from_pylist(self.index, _INDEX_STAGED)])
        ledger = f"{self.folder}/ledger.arrow"
        write_arrow(self.work, ledger, LEDGER_SCHEMA, [pa.Table.from_pylist(self.ledger, LEDGER_SCHEMA)])
        near = f"{self.folder}/near.arrow"
        write_arrow(self.work, near, _SIGNED_STAGED, [pa.Table.from_pylist(self.near, _SIGNED_STAGED)])
        return Part(
            self.folder,
            index=index,
            near=near,
            ledger=ledger,
            tables=tables,
            samples=tuple(
                SampleCount(g, s, *(self.groups[g, s, what] for what in ("samples", "bytes", "panels", "panel_bytes")))
                for g, s in sorted({(g, s) for g, s, _ in self.groups})
            ),
            counts=dict(sorted(self.counts.items())),
            rejects=dict(sorted(self.rejects.items())),
            unchanged=tuple(self.unchanged),
        )


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
) -> Part:
    """Mine articles into one pack and its row files; return their entry for the manifest.

    `before` holds the earlier results of articles that an update retries; `marker` is the block's start marker, which
    lists the articles being mined.
    """
    pack_name = f"{folder}/pack.bin"
    with work.create(pack_name) as (stream, _):
        part = PartWriter(work, folder, stream, pack_name, _no_rows(tables(config)))
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
    """Mine PMCIDs in order, a few in parallel if most of the time is spent waiting for a server."""

    def mine(group: Sequence[Entry]) -> Mined:
        with marked_at_work(marker, group[0].pmcid):
            return mine_pmcid(group, reader, config, as_of)

    return in_order(mine, groups, threads)
