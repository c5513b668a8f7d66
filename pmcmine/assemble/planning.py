"""Plan splits, shards and table files from the counts in committed manifests."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pmcmine.config import MineConfig
from pmcmine.ids import SPLITS, keyed_hash, natural_split
from pmcmine.io.folder import Folder
from pmcmine.release.plan import PANEL_SHARDS, SHARDS, Plan
from pmcmine.work.manifest import Manifest, Part
from pmcmine.work.rows import read_arrow
from schemas import TABLES

_SMALL = 1_000  # number of articles below which each split still gets one
_MIN_SAMPLES_A_SHARD = 8  # prevents empty shards in tiny releases


@dataclass
class Sizes:
    """Numbers and bytes of staged samples and rows, by group and split."""

    samples: Counter[tuple[str, str]] = field(default_factory=Counter)
    sample_bytes: Counter[tuple[str, str]] = field(default_factory=Counter)
    panels: Counter[tuple[str, str]] = field(default_factory=Counter)
    panel_bytes: Counter[tuple[str, str]] = field(default_factory=Counter)
    rows: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    row_bytes: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, part: Part) -> None:
        """Add the staged samples and rows of a part."""
        for s in part.samples:
            self.samples[s.group, s.split] += s.samples
            self.sample_bytes[s.group, s.split] += s.bytes
            self.panels[s.group, s.split] += s.panels
            self.panel_bytes[s.group, s.split] += s.panel_bytes
        for table, held in part.tables.items():
            for piece in held.slices:
                key = (table, piece.group, piece.split)
                self.rows[key] += piece.rows
                self.row_bytes[key] += piece.bytes


def make_plan(manifests: Iterable[Manifest], n_blocks: int, config: MineConfig, work: Folder) -> Plan:
    """Plan a release from the manifests of all its blocks; only those of a small release are kept in memory."""
    sizes = Sizes()
    parts: list[Part] = []
    n_articles = 0
    for manifest in manifests:
        for part in manifest.parts:
            sizes.add(part)
            n_articles += sum(piece.rows for piece in part.tables["articles"].slices)
            if n_articles < _SMALL:
                parts.append(part)
            else:
                parts.clear()
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
    return plan_for(sizes, n_blocks, moved, config)


def plan_for(sizes: Sizes, n_blocks: int, moved: Mapping[str, str], config: MineConfig) -> Plan:
    """Build the plan for these sizes."""
    shards = _shards(sizes.samples, sizes.sample_bytes, config.shard_bytes)
    panel_shards = _shards(sizes.panels, sizes.panel_bytes, config.shard_bytes)
    files = {key: max(1, -(-n // config.table_bytes)) for key, n in sizes.row_bytes.items()}
    for table in TABLES.values():
        if not table.grouped:
            files.setdefault((table.name, "", ""), 1)
    return Plan(n_blocks, moved, shards, panel_shards, files, config.seed)


def make_update_plan(old: Plan, manifests: Iterable[Manifest], config: MineConfig) -> Plan:
    """Plan an update: existing rows and samples keep their location, new ones go to new shards.

    Splits never change; in a release under 1,000 articles this includes moved ones.

    Args:
        old: plan of the release that the update starts from, which is its `base`.
        manifests: manifests of the mined blocks.
        config: the configuration.
    """
    sizes = Sizes()
    for manifest in manifests:
        for part in manifest.parts:
            sizes.add(part)
    new = plan_for(sizes, old.n_blocks, old.moved, config)
    added = {(SHARDS, *k): n for k, n in new.shards.items()}
    added |= {(PANEL_SHARDS, *k): n for k, n in new.panel_shards.items()}
    files = {**new.files, **old.files}
    for table, group, split in list(files):
        if TABLES[table].grouped and old.moved:
            files |= {(table, group, s): 1 for s in SPLITS if (table, group, s) not in files and s != split}
    return replace(old, files=files, added=added)


def _shards(
    samples: Mapping[tuple[str, str], int], size: Mapping[tuple[str, str], int], target: int
) -> dict[tuple[str, str], int]:
    return {key: max(1, min(-(-size[key] // target), n // _MIN_SAMPLES_A_SHARD)) for key, n in samples.items() if n}


def _small_splits(parts: Iterable[Part], work: Folder) -> tuple[dict[str, str], set[tuple[str, str, bool]]]:
    """Choose which PMCIDs of a small release move, so that each licence group has all splits.

    Returns the moves, and each (group, split, with samples) that then occurs.

    The moved article is the one with the lowest hash among train articles with samples, then without; a group of one
    article stays in its split, one of two has no test.
    """
    with_samples: set[tuple[str, str]] = set()
    groups: dict[str, set[str]] = defaultdict(set)
    for part in parts:
        for name in ("articles", "figures"):
            file = part.tables[name].file
            if file is not None:
                table = read_arrow(work, file).read_all().select(["pmcid", "license_group"])
                for row in table.to_pylist():
                    groups[row["license_group"]].add(row["pmcid"])
        index = read_arrow(work, part.index).read_all().select(["pmcid", "group"])
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
