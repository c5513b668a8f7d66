"""What the release will hold, counted from committed manifests: splits, shards, table files."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pmcmine.config import MineConfig
from pmcmine.ids import SPLITS, keyed_hash, natural_split, range_index
from pmcmine.io.folder import Folder
from pmcmine.work.rows import read_arrow
from schemas import TABLES

PLAN = "plan.json"
SHARDS, PANEL_SHARDS = "shards", "shards-panels"
LEFT_OUT = "state/left-out"  # samples that leak, for the day on which they do not any more
LEFT_OUT_PANELS = "state/left-out-panels"
DATASETS = (SHARDS, PANEL_SHARDS, LEFT_OUT, LEFT_OUT_PANELS)
_MOST_BLOCKS = 10_000_000
_MOST_FILES = 10_000_000
_SMALL = 1_000  # articles below which each split still gets one
_MIN_SAMPLES_A_SHARD = 8  # keeps shards of tiny releases from being empty
_FILES_A_FOLDER = 5_000
_LEFT_OUT_SHARE = 50  # shards for each of which one of what is left out of them is enough


@dataclass(frozen=True)
class Base:
    """The release that an update starts from. Travels to all workers.

    Attributes:
        files: path → entry of `release.json`, and of the state.
        cut: (table, group, split) → number of its Parquet files.
        tag: what the names of added shards hold, `inc<date>`.
        fresh: whether everything gets a new place, as in a release made at once.
    """

    files: Mapping[str, Mapping[str, Any]]
    cut: Mapping[tuple[str, str, str], int]
    tag: str
    fresh: bool = False


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
        added: (dataset, group, split) → number of shards that an update adds.
        base: the release that an update starts from.
    """

    n_blocks: int
    moved: Mapping[str, str]
    shards: Mapping[tuple[str, str], int]
    panel_shards: Mapping[tuple[str, str], int]
    files: Mapping[tuple[str, str, str], int]
    seed: int
    added: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    base: Base | None = None

    @property
    def keeps_places(self) -> bool:
        """Whether what has a place keeps it: in an update, unless everything gets a new one."""
        return self.base is not None and not self.base.fresh

    def old_file(self, name: str) -> Mapping[str, Any] | None:
        """Entry of a file that an update may keep, None where there is none."""
        return self.base.files.get(name) if self.base is not None and self.keeps_places else None

    def split_of(self, pmcid: str) -> str:
        """The split of a PMCID in this release."""
        return self.moved.get(pmcid) or natural_split(pmcid)

    def count(self, dataset: str, group: str, split: str) -> int:
        """Number of shards that samples without a place are spread over."""
        if self.keeps_places:
            return self.added.get((dataset, group, split), 1)
        if dataset in (LEFT_OUT, LEFT_OUT_PANELS):
            return 1 + self.shards.get((group, split), 0) // _LEFT_OUT_SHARE
        return (self.shards if dataset == SHARDS else self.panel_shards).get((group, split), 1)

    def shard_name(self, group: str, split: str, shard: int, n: int) -> str:
        """Path of a shard below its dataset's folder."""
        tag = f"{self.base.tag}-" if self.base is not None and self.keeps_places else ""
        return f"{group}/{split}/{shard // _FILES_A_FOLDER:03d}/{split}-{tag}{shard:05d}-of-{n:05d}.tar"

    def shard_of(self, dataset: str, sample_id: str, group: str, split: str) -> str:
        """Path of the shard of a sample, a figure or a panel, that has no place yet."""
        n = self.count(dataset, group, split)
        return self.shard_name(group, split, keyed_hash(f"pmcmine/shard/{self.seed}", sample_id) % n, n)

    def shard_paths(self) -> list[tuple[str, str, str, str]]:
        """(dataset, group, split, path) of every shard that is written or looked at."""
        found: set[tuple[str, str, str, str]] = set()
        if self.base is not None and self.keeps_places:
            for name in self.base.files:
                dataset = next((d for d in DATASETS if name.startswith(f"{d}/") and name.endswith(".tar")), None)
                if dataset is not None:
                    path = name.removeprefix(f"{dataset}/")
                    group, split = path.split("/")[:2]
                    found.add((dataset, group, split, path))
            keys = {*self.added}
        else:
            keys = {(SHARDS, *k) for k in self.shards} | {(PANEL_SHARDS, *k) for k in self.panel_shards}
        for dataset, group, split in keys:
            n = self.count(dataset, group, split)
            found |= {(dataset, group, split, self.shard_name(group, split, i, n)) for i in range(n)}
        return sorted(found)

    def order_of(self, figure_id: str) -> int:
        """Place of a sample in its shard's order."""
        return keyed_hash(f"pmcmine/order/{self.seed}", figure_id)

    def file_of(self, table: str, group: str, split: str, place: float) -> int:
        """The Parquet file of an article's rows, by its place in [0, 1)."""
        return range_index(place, self.files[table, group, split])

    def to_json(self) -> bytes:
        """Canonical bytes."""
        return json.dumps(self.to_object()).encode()

    def to_object(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "n_blocks": self.n_blocks,
            "moved": dict(sorted(self.moved.items())),
            "shards": [[*k, n] for k, n in sorted(self.shards.items())],
            "panel_shards": [[*k, n] for k, n in sorted(self.panel_shards.items())],
            "files": [[*k, n] for k, n in sorted(self.files.items())],
            "seed": self.seed,
            "added": [[*k, n] for k, n in sorted(self.added.items())],
        }

    @classmethod
    def from_json(cls, data: bytes, base: Base | None = None) -> Plan:
        """The reverse of `to_json`, but for the release that an update starts from."""
        return cls.from_object(json.loads(data), base)

    @classmethod
    def from_object(cls, raw: Mapping[str, Any], base: Base | None = None) -> Plan:
        """The reverse of `to_object`.

        Raises:
            LookupError, TypeError, ValueError: if it is no plan.
        """
        if type(raw["n_blocks"]) is not int or not 0 < raw["n_blocks"] <= _MOST_BLOCKS:
            raise ValueError(f"{raw['n_blocks']!r} blocks")
        counts = [n for name in ("shards", "panel_shards", "files", "added") for *_, n in raw[name]]
        if not all(type(n) is int and 0 <= n <= _MOST_FILES for n in counts) or not isinstance(raw["moved"], dict):
            raise ValueError("no number of files")
        return cls(
            raw["n_blocks"],
            raw["moved"],
            {(g, s): n for g, s, n in raw["shards"]},
            {(g, s): n for g, s, n in raw["panel_shards"]},
            {(t, g, s): n for t, g, s, n in raw["files"]},
            raw["seed"],
            {(d, g, s): n for d, g, s, n in raw["added"]},
            base,
        )


def file_name(table: str, group: str, split: str, file: int, n: int) -> str:
    """Path of a Parquet file below `tables/`."""
    if not group:
        return f"{table}/{table}-{file:05d}-of-{n:05d}.parquet"
    return f"{table}/{group}/{split}-{file:05d}-of-{n:05d}.parquet"


@dataclass
class Sizes:
    """Numbers and bytes of what blocks staged, by place."""

    samples: Counter[tuple[str, str]] = field(default_factory=Counter)
    sample_bytes: Counter[tuple[str, str]] = field(default_factory=Counter)
    panels: Counter[tuple[str, str]] = field(default_factory=Counter)
    panel_bytes: Counter[tuple[str, str]] = field(default_factory=Counter)
    rows: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    row_bytes: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, part: Mapping[str, Any]) -> None:
        """Add a part's entry of a manifest."""
        for s in part["samples"]:
            self.samples[s["group"], s["split"]] += s["samples"]
            self.sample_bytes[s["group"], s["split"]] += s["bytes"]
            self.panels[s["group"], s["split"]] += s["panels"]
            self.panel_bytes[s["group"], s["split"]] += s["panel_bytes"]
        for table, held in part["tables"].items():
            for piece in held["slices"]:
                key = (table, piece["group"], piece["split"])
                self.rows[key] += piece["rows"]
                self.row_bytes[key] += piece["bytes"]


def overlapping(index: int, n: int, others: int) -> range:
    """Which of `others` equal ranges of [0, 1) meet range `index` of n."""
    first = min(index * others // n, others - 1)
    last = min(-(-(index + 1) * others // n), others)
    return range(first, max(last, first + 1))


def make_plan(manifests: Iterable[Mapping[str, Any]], n_blocks: int, config: MineConfig, work: Folder) -> Plan:
    """Plan a release from the manifests of all its blocks."""
    sizes = Sizes()
    parts: list[Mapping[str, Any]] = []
    for manifest in manifests:
        for part in manifest["parts"]:
            parts.append(part)
            sizes.add(part)
    n_articles = sum(n for (table, _, _), n in sizes.rows.items() if table == "articles")
    moved: dict[str, str] = {}
    if n_articles < _SMALL and config.small_splits:
        moved, present = _small_splits(parts, work)
        for group, split, sampled in present:
            if sampled:
                sizes.samples.setdefault((group, split), 1)
                if any(sizes.panels[group, s] for s in SPLITS):
                    sizes.panels[group, split] = max(sizes.panels[group, split], 1)
            for table in TABLES:
                if TABLES[table].grouped and any(sizes.rows[table, group, s] for s in SPLITS):
                    sizes.row_bytes.setdefault((table, group, split), 1)
    return cut(sizes, n_blocks, moved, config)


def cut(sizes: Sizes, n_blocks: int, moved: Mapping[str, str], config: MineConfig) -> Plan:
    """The plan of so much."""
    shards = _shards(sizes.samples, sizes.sample_bytes, config.shard_bytes)
    panel_shards = _shards(sizes.panels, sizes.panel_bytes, config.shard_bytes)
    files = {key: max(1, -(-n // config.table_bytes)) for key, n in sizes.row_bytes.items()}
    for table in TABLES.values():
        if not table.grouped:
            files.setdefault((table.name, "", ""), 1)
    return Plan(n_blocks, moved, shards, panel_shards, files, config.seed)


def make_update_plan(old: Plan, manifests: Iterable[Mapping[str, Any]], config: MineConfig, base: Base) -> Plan:
    """Plan an update: everything that has a place keeps it, what is new goes to shards of its own.

    Splits stay as they are, for ever; in a release under 1,000 articles those that were moved, too.

    Args:
        old: plan of the release that the update starts from.
        manifests: of the blocks that were mined.
        config: the configuration.
        base: that release.
    """
    sizes = Sizes()
    for manifest in manifests:
        for part in manifest["parts"]:
            sizes.add(part)
    new = cut(sizes, old.n_blocks, old.moved, config)
    added = {(SHARDS, *k): n for k, n in new.shards.items()}
    added |= {(PANEL_SHARDS, *k): n for k, n in new.panel_shards.items()}
    files = {**new.files, **old.files}
    for table, group, split in list(files):
        if TABLES[table].grouped and old.moved:
            files |= {(table, group, s): 1 for s in SPLITS if (table, group, s) not in files and s != split}
    return replace(old, files=files, added=added, base=base)


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
                table = read_arrow(work, part["tables"][name]["file"]).read_all().select(["pmcid", "license_group"])
                for row in table.to_pylist():
                    groups[row["license_group"]].add(row["pmcid"])
        index = read_arrow(work, part["index"]).read_all().select(["pmcid", "group"])
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
