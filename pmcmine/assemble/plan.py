"""What the release will hold, counted from committed manifests: splits, shards, table files."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pmcmine.config import MineConfig
from pmcmine.ids import SPLITS, keyed_hash, natural_split, range_index
from pmcmine.storage import Folder
from schemas import TABLES

PLAN = "plan.json"
SHARDS, PANEL_SHARDS = "shards", "shards-panels"
_SMALL = 1_000  # articles below which each split still gets one
_MIN_SAMPLES_A_SHARD = 8  # keeps shards of tiny releases from being empty
_FILES_A_FOLDER = 5_000


@dataclass(frozen=True)
class Plan:
    """How a release is cut. Small; travels to all workers.

    Attributes:
        n_blocks: blocks of the snapshot.
        moved: PMCIDs whose split is not the natural one, in releases under 1,000 articles.
        shards: (group, split) → number of shards.
        panel_shards: (group, split) → number of shards of panels.
        files: (table, group, split) → number of Parquet files.
        seed: seed of the shuffle.
    """

    n_blocks: int
    moved: Mapping[str, str]
    shards: Mapping[tuple[str, str], int]
    panel_shards: Mapping[tuple[str, str], int]
    files: Mapping[tuple[str, str, str], int]
    seed: int

    def split_of(self, pmcid: str) -> str:
        """The split of a PMCID in this release."""
        return self.moved.get(pmcid) or natural_split(pmcid)

    def counts(self, dataset: str) -> Mapping[tuple[str, str], int]:
        """Numbers of shards of a dataset: `SHARDS` or `PANEL_SHARDS`."""
        return self.shards if dataset == SHARDS else self.panel_shards

    def shard_of(self, dataset: str, sample_id: str, group: str, split: str) -> int:
        """The shard of a sample: a figure, or a panel."""
        return keyed_hash(f"pmcmine/shard/{self.seed}", sample_id) % self.counts(dataset)[group, split]

    def order_of(self, figure_id: str) -> int:
        """Place of a sample in its shard's order."""
        return keyed_hash(f"pmcmine/order/{self.seed}", figure_id)

    def file_of(self, table: str, group: str, split: str, place: float) -> int:
        """The Parquet file of an article's rows, by its place in [0, 1)."""
        return range_index(place, self.files[table, group, split])

    def to_json(self) -> bytes:
        """Canonical bytes."""
        return json.dumps(
            {
                "n_blocks": self.n_blocks,
                "moved": dict(sorted(self.moved.items())),
                "shards": [[*k, n] for k, n in sorted(self.shards.items())],
                "panel_shards": [[*k, n] for k, n in sorted(self.panel_shards.items())],
                "files": [[*k, n] for k, n in sorted(self.files.items())],
                "seed": self.seed,
            }
        ).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Plan:
        """The reverse of `to_json`."""
        raw = json.loads(data)
        return cls(
            raw["n_blocks"],
            raw["moved"],
            {(g, s): n for g, s, n in raw["shards"]},
            {(g, s): n for g, s, n in raw["panel_shards"]},
            {(t, g, s): n for t, g, s, n in raw["files"]},
            raw["seed"],
        )


def shard_name(group: str, split: str, shard: int, n: int) -> str:
    """Path of a shard below its dataset's folder."""
    return f"{group}/{split}/{shard // _FILES_A_FOLDER:03d}/{split}-{shard:05d}-of-{n:05d}.tar"


def file_name(table: str, group: str, split: str, file: int, n: int) -> str:
    """Path of a Parquet file below `tables/`."""
    if not group:
        return f"{table}/{table}-{file:05d}-of-{n:05d}.parquet"
    return f"{table}/{group}/{split}-{file:05d}-of-{n:05d}.parquet"


def make_plan(manifests: Iterable[Mapping[str, Any]], n_blocks: int, config: MineConfig, work: Folder) -> Plan:
    """Plan a release from the manifests of all its blocks."""
    samples: Counter[tuple[str, str]] = Counter()
    sample_bytes: Counter[tuple[str, str]] = Counter()
    panels: Counter[tuple[str, str]] = Counter()
    panel_bytes: Counter[tuple[str, str]] = Counter()
    rows: Counter[tuple[str, str, str]] = Counter()
    row_bytes: Counter[tuple[str, str, str]] = Counter()
    parts: list[Mapping[str, Any]] = []
    for manifest in manifests:
        for part in manifest["parts"]:
            parts.append(part)
            for s in part["samples"]:
                samples[s["group"], s["split"]] += s["samples"]
                sample_bytes[s["group"], s["split"]] += s["bytes"]
                panels[s["group"], s["split"]] += s["panels"]
                panel_bytes[s["group"], s["split"]] += s["panel_bytes"]
            for table, held in part["tables"].items():
                for piece in held["slices"]:
                    key = (table, piece["group"], piece["split"])
                    rows[key] += piece["rows"]
                    row_bytes[key] += piece["bytes"]
    n_articles = sum(n for (table, _, _), n in rows.items() if table == "articles")
    moved: dict[str, str] = {}
    if n_articles < _SMALL:
        moved, present = _small_splits(parts, work)
        for group, split, sampled in present:
            if sampled:
                samples.setdefault((group, split), 1)
                if any(panels[group, s] for s in SPLITS):
                    panels[group, split] = max(panels[group, split], 1)
            for table in TABLES:
                if TABLES[table].grouped and any(rows[table, group, s] for s in SPLITS):
                    row_bytes.setdefault((table, group, split), 1)
    shards = _shards(samples, sample_bytes, config.shard_bytes)
    panel_shards = _shards(panels, panel_bytes, config.shard_bytes)
    files = {key: max(1, -(-n // config.table_bytes)) for key, n in row_bytes.items()}
    for table in TABLES.values():
        if not table.grouped:
            files.setdefault((table.name, "", ""), 1)
    return Plan(n_blocks, moved, shards, panel_shards, files, config.seed)


def _shards(
    samples: Mapping[tuple[str, str], int], size: Mapping[tuple[str, str], int], target: int
) -> dict[tuple[str, str], int]:
    return {key: max(1, min(-(-size[key] // target), n // _MIN_SAMPLES_A_SHARD)) for key, n in samples.items() if n}


def _small_splits(
    parts: Iterable[Mapping[str, Any]], work: Folder
) -> tuple[dict[str, str], set[tuple[str, str, bool]]]:
    """For a small release: which PMCIDs move so that each licence group has all splits, and which
    (group, split, with samples) occur then.

    The article moved is the one with the lowest hash among train articles with samples, then without; a
    group of one article stays in its split, one of two has no test.
    """
    with_samples: set[tuple[str, str]] = set()
    groups: dict[str, set[str]] = defaultdict(set)
    for part in parts:
        for name in ("articles", "figures"):
            if part["tables"][name]["file"]:
                with work.open(part["tables"][name]["file"]) as stream:
                    table = pa.ipc.open_file(stream).read_all().select(["pmcid", "license_group"])
                for row in table.to_pylist():
                    groups[row["license_group"]].add(row["pmcid"])
        with work.open(part["index"]) as stream:
            index = pa.ipc.open_file(stream).read_all().select(["pmcid", "group"])
        with_samples |= {(r["group"], r["pmcid"]) for r in index.to_pylist()}
    moved: dict[str, str] = {}
    for group in sorted(groups):
        members = groups[group]
        for split in ("validation", "test"):
            counts = Counter(moved.get(p) or natural_split(p) for p in members)
            sampled = Counter(moved.get(p) or natural_split(p) for p in members if (group, p) in with_samples)
            if sampled[split] or (counts[split] and not sampled):
                continue
            candidates = [p for p in members if p not in moved and natural_split(p) == "train"]
            if len(candidates) < 2:
                continue
            best = min(
                candidates,
                key=lambda p: ((group, p) not in with_samples, keyed_hash(f"pmcmine/small/{split}", p)),
            )
            if sampled["train"] == 1 and (group, best) in with_samples:
                continue  # train keeps its only article with samples
            moved[best] = split
    present = {
        (group, moved.get(p) or natural_split(p), (group, p) in with_samples)
        for group, members in groups.items()
        for p in members
    }
    return moved, present
