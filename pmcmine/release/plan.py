"""Define the plan of a release: its splits, shards and table files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pmcmine.ids import keyed_hash, natural_split, range_index
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.release.layout import FileEntry
from pmcmine.release.old_names import table_today

PLAN = "plan.json"
SHARDS, PANEL_SHARDS = "shards", "shards-panels"
LEFT_OUT = "state/left-out"  # leaking samples, kept for an update that makes them no longer leak
LEFT_OUT_PANELS = "state/left-out-panels"
PARQUET = "shards-parquet"  # the samples of `shards` as Parquet with embedded images, one file per shard
DATASETS = (SHARDS, PANEL_SHARDS, LEFT_OUT, LEFT_OUT_PANELS)
_MOST_BLOCKS = 10_000_000
_MOST_FILES = 10_000_000
_FILES_A_FOLDER = 5_000
_LEFT_OUT_SHARE = 50  # one shard of left-out samples per this many shards


class TableFile(NamedTuple):
    """A Parquet file; group and split are empty for tables that are not split by them."""

    table: str
    group: str
    split: str
    file: int

    @property
    def series(self) -> tuple[str, str, str]:
        """Key of its series of files: table, group and split."""
        return self.table, self.group, self.split


class ShardFile(NamedTuple):
    """A shard; its path is relative to the folder of its dataset."""

    dataset: str
    group: str
    split: str
    path: str


@dataclass(frozen=True)
class Base:
    """The release that an update starts from. Sent to all workers.

    Attributes:
        files: path, with the current table name → entry in `release.json`, or in its state.
        file_counts: (table, group, split) → number of its Parquet files.
        tag: tag in the names of added shards, `inc<date>`.
        fresh: whether everything gets a new location, as in a full run.
        columns_of_today: whether all its table files are known to have the current columns.
    """

    files: Mapping[str, FileEntry]
    file_counts: Mapping[tuple[str, str, str], int]
    tag: str
    fresh: bool = False
    columns_of_today: bool = False


@dataclass(frozen=True)
class Plan:
    """Plan of a release. Small; it is sent to all workers.

    Attributes:
        n_blocks: blocks of the snapshot.
        moved: PMCIDs assigned to another split than the natural one, in releases under 1,000 articles.
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
        """Return whether existing rows keep their location: in an update without `--compact`."""
        return self.base is not None and not self.base.fresh

    def old_file(self, name: str) -> FileEntry | None:
        """Return the entry of a file that an update may keep, None if there is none."""
        entry = self.base.files.get(name) if self.base is not None and self.keeps_places else None
        return entry if entry is None or entry.name == name else None  # a file with an old table name is renamed

    def split_of(self, pmcid: str) -> str:
        """Return the split of a PMCID in this release."""
        return self.moved.get(pmcid) or natural_split(pmcid)

    def count(self, dataset: str, group: str, split: str) -> int:
        """Count the shards that new samples are spread over."""
        if self.keeps_places:
            return self.added.get((dataset, group, split), 1)
        if dataset in (LEFT_OUT, LEFT_OUT_PANELS):
            return 1 + self.shards.get((group, split), 0) // _LEFT_OUT_SHARE
        return (self.shards if dataset == SHARDS else self.panel_shards).get((group, split), 1)

    def shard_name(self, group: str, split: str, shard: int, n: int) -> str:
        """Return the path of a shard below its dataset's folder."""
        tag = f"{self.base.tag}-" if self.base is not None and self.keeps_places else ""
        return f"{group}/{split}/{shard // _FILES_A_FOLDER:03d}/{split}-{tag}{shard:05d}-of-{n:05d}.tar"

    def shard_of(self, dataset: str, sample_id: str, group: str, split: str) -> str:
        """Return the shard path of a sample (a figure or a panel) without a location."""
        n = self.count(dataset, group, split)
        return self.shard_name(group, split, keyed_hash(f"pmcmine/shard/{self.seed}", sample_id) % n, n)

    def shard_paths(self) -> list[ShardFile]:
        """List every shard that is written or read."""
        found: set[ShardFile] = set()
        if self.base is not None and self.keeps_places:
            for name in self.base.files:
                dataset = next((d for d in DATASETS if name.startswith(f"{d}/") and name.endswith(".tar")), None)
                if dataset is not None:
                    path = name.removeprefix(f"{dataset}/")
                    group, split = path.split("/")[:2]
                    found.add(ShardFile(dataset, group, split, path))
            keys = {*self.added}
        else:
            keys = {(SHARDS, *k) for k in self.shards} | {(PANEL_SHARDS, *k) for k in self.panel_shards}
        for dataset, group, split in keys:
            n = self.count(dataset, group, split)
            found |= {ShardFile(dataset, group, split, self.shard_name(group, split, i, n)) for i in range(n)}
        return sorted(found)

    def left_out_paths(self) -> list[ShardFile]:
        """List every shard of left-out samples that may be written; they are numbered separately from `shards`."""
        places = {*self.shards, *self.panel_shards}
        return [
            ShardFile(dataset, group, split, self.shard_name(group, split, i, n))
            for dataset in (LEFT_OUT, LEFT_OUT_PANELS)
            for group, split in sorted(places)
            for n in (self.count(dataset, group, split),)
            for i in range(n)
        ]

    def parquet_paths(self) -> list[ShardFile]:
        """List every file of `shards-parquet` that may be written: one for each shard of `shards`."""
        return [
            ShardFile(PARQUET, s.group, s.split, parquet_name(s.path))
            for s in self.shard_paths()
            if s.dataset == SHARDS
        ]

    def order_of(self, figure_id: str) -> int:
        """Return the sort key of a sample in its shard."""
        return keyed_hash(f"pmcmine/order/{self.seed}", figure_id)

    def file_of(self, table: str, group: str, split: str, place: float) -> int:
        """Return the Parquet file of an article's rows, by the article's position in [0, 1)."""
        return range_index(place, self.files[table, group, split])

    def blocks_of(self, file: TableFile) -> range:
        """Return the blocks of the snapshot that overlap the range of a Parquet file."""
        return overlapping(file.file, self.files[file.series], self.n_blocks)

    def to_object(self) -> dict[str, Any]:
        """Convert to JSON values."""
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
    def from_object(cls, raw: Mapping[str, Any], base: Base | None = None) -> Plan:
        """Load a plan from the result of `to_object`, which does not contain the base of an update.

        Raises:
            ValueError: if it is not a plan.
        """
        try:
            return cls._parsed(raw, base)
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from None

    @classmethod
    def _parsed(cls, raw: Mapping[str, Any], base: Base | None) -> Plan:
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
            {(table_today(t), g, s): n for t, g, s, n in raw["files"]},
            raw["seed"],
            {(d, g, s): n for d, g, s, n in raw["added"]},
            base,
        )


def read_plan(work: Folder) -> Plan | None:
    """Read the plan of a run; None if it has none yet.

    Raises:
        DamagedError: if it is damaged.
    """
    try:
        return sealed.record(work, PLAN, Plan.from_object)
    except OSError:
        return None


def planned(work: Folder, base: Base | None, make: Callable[[], Plan]) -> Plan:
    """Return the plan of a run; make and write it if it is missing or damaged.

    Args:
        work: the run's work folder.
        base: the release that an update starts from.
        make: makes the plan.
    """
    plan = sealed.record_or_none(work, PLAN, lambda raw: Plan.from_object(raw, base))
    if plan is None:
        plan = make()
        write_plan(work, plan)
    return plan


def write_plan(work: Folder, plan: Plan) -> None:
    """Write the plan of a run; a resumed run uses it to recognise its own files."""
    work.write(PLAN, sealed.to_bytes(plan.to_object()), replace=True)


def file_name(table: str, group: str, split: str, file: int, n: int) -> str:
    """Return the path of a Parquet file below `tables/`."""
    if not group:
        return f"{table}/{table}-{file:05d}-of-{n:05d}.parquet"
    return f"{table}/{group}/{split}-{file:05d}-of-{n:05d}.parquet"


def overlapping(index: int, n: int, others: int) -> range:
    """Return the indices of those `others` equal ranges of [0, 1) that overlap range `index` of n."""
    first = min(index * others // n, others - 1)
    last = min(-(-(index + 1) * others // n), others)
    return range(first, max(last, first + 1))


def parquet_name(path: str) -> str:
    """Return the path of the Parquet file for a shard, both relative to the folder of their dataset."""
    return f"{path.removesuffix('.tar')}.parquet"
