"""Helpers of tests."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.job import Outcome, run
from pmcmine.config import MineConfig
from pmcmine.run.progress import Progress

# Without a vocabulary and models: what most tests of whole runs need not see.
NO_MODELS: dict[str, Any] = {
    "vocab": "none", "classify": False, "image_kinds": False, "languages": False, "privacy": False,
}  # fmt: skip


def flags_of(options: Mapping[str, Any]) -> list[str]:
    """Options of a configuration as flags of the command line."""
    return [f"--set={key}={str(value).lower()}" for key, value in options.items()]


def mine(config: MineConfig) -> Outcome:
    """Run the mine job without progress."""
    return run(config, Progress(quiet=True))


def tree(folder: Path, *tops: str) -> dict[str, str]:
    """SHA-256 of each file below the given parts of a folder."""
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for top in tops
        for p in sorted((folder / top).rglob("*"))
        if p.is_file()
    }


def rows(release: Path, table: str) -> list[dict[str, Any]]:
    """All rows of a table, all groups and splits."""
    files = sorted((release / "tables" / table).rglob("*.parquet"))
    return [row for f in files for row in pq.ParquetFile(f).read().to_pylist()]


def release_json(release: Path) -> dict[str, Any]:
    """The release.json."""
    content: dict[str, Any] = json.loads((release / "release.json").read_text("utf-8"))
    return content


PLACEMENT = frozenset({"shard", "image_offset", "sample_offset", "sample_size"})


def samples(release: Path, dataset: str = "shards") -> dict[str, tuple[str, ...]]:
    """Hashes of the members of each sample by key, and its group and split; a key that occurs twice fails."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted((release / dataset).rglob("*.tar")):
        members: dict[str, list[str]] = {}
        with tarfile.open(path) as tar:
            for member in tar:
                stream = tar.extractfile(member)
                assert stream is not None
                members.setdefault(member.name.partition(".")[0], []).append(hashlib.sha256(stream.read()).hexdigest())
        assert not set(members) & set(found)
        place = path.relative_to(release / dataset).parts[:2]
        found |= {key: (*place, *hashes) for key, hashes in members.items()}
    return found


def contents(release: Path) -> dict[str, Any]:
    """Everything of a release but where it lies: rows by table, samples by dataset, counts."""
    described = release_json(release)
    tables = [p.name for p in (release / "tables").iterdir() if p.is_dir()]
    found: dict[str, Any] = {
        table: sorted(
            json.dumps({k: v for k, v in row.items() if k not in PLACEMENT}, sort_keys=True)
            for row in rows(release, table)
        )
        for table in tables
    }
    found |= {f"samples of {d}": samples(release, d) for d in ("shards", "shards-panels")}
    files = sorted((release / "shards-parquet").rglob("*.parquet"))
    found["samples as Parquet"] = sorted(
        repr({k: v for k, v in row.items() if k not in PLACEMENT})
        for f in files
        for row in pq.ParquetFile(f).read().to_pylist()
    )
    counts = described["counts"]
    found["counts"] = {k: v for k, v in counts.items() if k != "stages"}
    found["sums"] = {(s["stage"], s["unit"]): s["in"] for s in counts["stages"] if s["unit"] != "tombstones"}
    return found


def places_hold(release: Path) -> None:
    """Each row of figures points at its sample, and each sample has one row."""
    seen = set()
    for row in rows(release, "figures"):
        if row["shard"] is None:
            continue
        with (release / "shards" / row["shard"]).open("rb") as stream:
            stream.seek(row["sample_offset"])
            data = stream.read(row["sample_size"])
        assert data[:100].rstrip(b"\0").decode() == f"{row['key']}.jpg"
        assert row["image_offset"] == row["sample_offset"] + 512
        seen.add(row["key"])
    assert seen == set(samples(release))


def add_concepts(
    release: Path,
    linked: list[tuple[str, str, str, str]],
    parents: list[tuple[str, str | None, str | None, str | None]],
    negated: frozenset[str] = frozenset(),
) -> None:
    """Add concepts of captions and a hierarchy to a release that was mined without a vocabulary.

    Args:
        release: the release.
        linked: figure, source id, name, words.
        parents: rows of the hierarchy: source id, CUI, parent, name.
        negated: figures whose captions deny the concept.
    """
    from pmcmine.release.hierarchy import HIERARCHY, edges
    from pmcmine.release.record import ReleaseRecord

    cuis = {source: cui for source, cui, _, _ in parents}
    figures, sources, names, texts = (list(column) for column in zip(*linked, strict=True))
    table = pa.table({
        "context_id": figures, "context_kind": ["figure_caption"] * len(linked), "source_id": sources,
        "cui": pa.array([cuis.get(source) for source in sources], pa.string()), "text": texts, "name": names,
        "negated": [figure in negated for figure in figures],
    })  # fmt: skip
    name = "tables/concepts/commercial/train-00000-of-00001.parquet"
    (release / name).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, release / name)
    (release / HIERARCHY).write_bytes(edges(parents))
    said = release_json(release)
    for added in (name, HIERARCHY):
        content = (release / added).read_bytes()
        said["files"].append({"name": added, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    said["files"].sort(key=lambda f: f["name"])
    (release / "release.json").write_bytes(ReleaseRecord.from_object(said, "test").to_bytes())
