"""Files of the work folder that are frozen models: what is written is read back, and what is none is made again."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from pmcmine.errors import DamagedError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.release.layout import FileEntry
from pmcmine.work.delta import (
    DELTA,
    TOMBSTONES,
    Changes,
    Delta,
    Tombstones,
    note_tombstones,
    read_changes,
    read_delta,
    read_tombstones,
    write_changes,
    write_delta,
)
from pmcmine.work.manifest import Manifest, Part, RowFile, SampleCount, Slice, read_manifest, write_manifest
from pmcmine.work.records import (
    ShardRecord,
    TableRecord,
    noted_files,
    read_shard_record,
    records_below,
    shard_record,
    table_record,
    table_record_of,
    write_file_list,
    write_shard_record,
    write_table_record,
)
from schemas.ledger import Tombstone

PART = Part(
    "blocks/000/000003/a-p0",
    "index.arrow",
    "near.arrow",
    "ledger.arrow",
    {"articles": RowFile("articles.arrow", (Slice("commercial", "train", 2, 900),)), "panels": RowFile(None, ())},
    (SampleCount("commercial", "train", 3, 700, 0, 0),),
    {"pmcids": 2, "samples": 3},
    {"image/figure/media_missing": 1},
    ("PMC7",),
)
MANIFEST = Manifest(3, "12-ab", (PART,))
NAME = "blocks/000/000003/manifest.json"


@pytest.fixture
def work(tmp_path: Path) -> Folder:
    return Folder(str(tmp_path / "_work"))


def test_a_manifest_is_read_back(work: Folder) -> None:
    write_manifest(work, MANIFEST)
    assert read_manifest(work, 3) == MANIFEST
    assert Part.from_object(json.loads(json.dumps(PART.to_object()))) == PART
    assert MANIFEST.counts() == {"pmcids": 2, "samples": 3, "rejected": 1}
    assert MANIFEST.unchanged() == {"PMC7"}
    assert PART.counted().rows == {"articles": 2, "panels": 0}


@pytest.mark.parametrize("content", [{}, {"block": 3, "attempt": "a", "parts": [{"counts": "many"}]}])
def test_what_is_no_manifest_is_mined_again(
    content: dict[str, object], work: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    work.write(NAME, sealed.to_bytes(content))
    with caplog.at_level(logging.WARNING, "pmcmine"):
        assert read_manifest(work, 3) is None
    assert [r.getMessage().count("\n") for r in caplog.records] == [0]
    assert not work.exists(NAME)


def test_records_of_files_are_read_back(work: Folder) -> None:
    name = "commercial/train/000/train-00000-of-00001.tar"
    shard = ShardRecord(f"shards/{name}", "ab", 2048, 1, places=(("PMC1.1/f1", 0, 1024),))
    write_shard_record(work, shard)
    assert read_shard_record(work, shard_record("shards", name)) == shard
    assert (shard.group, shard.split) == ("commercial", "train")
    assert shard.entry().to_object() == {"name": shard.name, "bytes": 2048, "sha256": "ab", "rows": 1}
    table = TableRecord("tables/figures/a.parquet", "cd", 9, 4, True, "figures", "commercial", "train", 2, 0)
    write_table_record(work, table)
    assert table_record_of(work, table_record("figures/a.parquet")) == table
    with pytest.raises(DamagedError, match=r"missing or damaged; run the same command again$"):
        table_record_of(work, table_record("figures/b.parquet"))


def test_changes_are_read_back_and_their_file_holds_what_there_is(work: Folder) -> None:
    changes = Changes(new=("PMC1",), retried=("PMC2", "PMC3"))
    write_changes(work, 0, changes)
    assert read_changes(work, 0) == changes
    assert list(sealed.read(work, "delta/000/000000.json")) == ["new", "retried"]
    assert changes.without({"PMC3"}) == Changes(new=("PMC1",), retried=("PMC2",))
    assert not read_changes(work, 1)
    assert changes.wanted() == ("PMC1", "PMC2", "PMC3")


def test_the_sums_of_changes_are_read_back(work: Folder) -> None:
    assert read_delta(work) is None
    delta = Delta({"new": 1, "retried": 0}, (0,), settled=True, unchanged=2)
    write_delta(work, delta)
    assert read_delta(work) == delta
    work.write(DELTA, sealed.to_bytes({"counts": [1]}), replace=True)
    with pytest.raises(DamagedError, match=r"delta\.json: is damaged \(no record of this kind\); "):
        read_delta(work)


@pytest.mark.parametrize("raw", [None, {}, {"name": "a"}, {"name": "a", "bytes": -1, "sha256": ""}, {"name": 1}])
def test_what_is_no_entry_of_a_file_is_one_line(raw: object) -> None:
    with pytest.raises(DamagedError, match=r"^here: is damaged \(.*\); ") as caught:
        FileEntry.from_object(raw, "here")
    assert "\n" not in str(caught.value)


def test_tombstones_are_read_back(work: Folder) -> None:
    assert read_tombstones(work) == Tombstones()
    tombstones = Tombstones((Tombstone(pmcid="PMC1", article_id="PMC1.2", reason="withdrawn"),), 3)
    note_tombstones(work, tombstones)
    assert read_tombstones(work) == tombstones
    work.write(TOMBSTONES, sealed.to_bytes({"added": [{"pmcid": "PMC1"}]}), replace=True)
    with pytest.raises(DamagedError, match=r"tombstones\.json: is damaged \(no record of this kind\); "):
        read_tombstones(work)


def test_notes_of_files_of_the_state_are_read_back(work: Folder) -> None:
    files = [FileEntry("state/000/000000.index.arrow", 3, "ab"), FileEntry("state/000/000000.near.bin", 0, "cd")]
    write_file_list(work, "assembled/state/000000.json", files)
    assert noted_files(work, "assembled/state/000000.json") == files
    for content in ({"files": 1}, {}):
        work.write("assembled/state/000000.json", sealed.to_bytes(content), replace=True)
        with pytest.raises(DamagedError, match="a file without a name"):
            noted_files(work, "assembled/state/000000.json")
    with pytest.raises(DamagedError, match="run the same command again"):
        noted_files(work, "assembled/state/000001.json")


def test_what_a_killed_run_left_half_written_is_no_record(tmp_path: Path) -> None:
    work = Folder(str(tmp_path))
    for name in ("a.tar.json", "a.tar.json.d99d917e1df7.tmp"):
        work.write(f"assembled/shards/{name}", b"{}")
    assert records_below(work, "assembled/shards") == ["assembled/shards/a.tar.json"]
