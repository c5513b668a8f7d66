"""Identities, splits, duplicates, tar members and Parquet bytes."""

from __future__ import annotations

import io
import tarfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmcmine.assemble.parquet import write_parquet
from pmcmine.assemble.planning import make_plan
from pmcmine.config import MineConfig
from pmcmine.demo.corpus import DemoArticle, DemoFigure, many_articles, write_bucket
from pmcmine.duplicates.exact import SampleRef, mark_duplicates
from pmcmine.errors import PmcmineError, StorageError
from pmcmine.ids import article_place, figure_names, natural_split, parse_pmcid, range_index, sample_keys
from pmcmine.io.folder import Folder
from pmcmine.io.tar import END, header, member_size, padding
from pmcmine.release.plan import Plan, overlapping
from pmcmine.work.manifest import Manifest, Part, RowFile, SampleCount, Slice
from pmcmine.work.snapshot import n_blocks_for
from schemas import TABLES, to_arrow
from schemas.ledger import Reject
from tests.conftest import PLAIN, config_for
from tests.helpers import mine, release_json, rows


def ref(figure: str, split: str = "train", group: str = "commercial", sha: str = "s") -> SampleRef:
    return SampleRef(figure, figure, figure.split(".")[0], group, split, sha, "p", 0, 0, 0, 0, 0)


def test_the_widest_licence_then_the_oldest_stands_for_all() -> None:
    marked = mark_duplicates([ref("PMC9.1/a", group="noncommercial"), ref("PMC30.1/b"), ref("PMC20.1/c")])
    assert {m.figure_id: m.duplicate_of for m in marked} == {
        "PMC9.1/a": "PMC20.1/c", "PMC30.1/b": "PMC20.1/c", "PMC20.1/c": "",
    }  # fmt: skip


def test_train_gives_way_to_test_and_validation() -> None:
    marked = {
        m.figure_id: m
        for m in mark_duplicates([ref("PMC1.1/a"), ref("PMC2.1/b", "validation"), ref("PMC3.1/c", "test")])
    }
    assert [marked[f].leaks_into for f in ("PMC1.1/a", "PMC2.1/b", "PMC3.1/c")] == ["test", "", ""]
    assert marked["PMC1.1/a"].duplicate_of == "PMC2.1/b" and marked["PMC2.1/b"].duplicate_of == ""


def _manifests(n: int) -> Iterator[Manifest]:
    """Manifests of blocks of 200 articles, as they are read: one after the other."""
    for block in range(n):
        tables = {"articles": RowFile("a.arrow", (Slice("commercial", "train", 200, 90_000),))}
        samples = (SampleCount("commercial", "train", 1_000, 100_000_000, 0, 0),)
        yield Manifest(block, "a", (Part(f"{block}", "i", "n", "l", tables, samples, {"pmcids": 200}, {}),))


def _peak(n: int, config: MineConfig) -> int:
    """Most bytes that planning so many blocks takes."""
    tracemalloc.start()
    plan = make_plan(_manifests(n), n, config, Folder("memory://none"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert plan.shards == {("commercial", "train"): n // 10}
    return peak


def test_a_plan_takes_no_more_memory_for_more_blocks() -> None:
    config = config_for(Path("source"), Path("out"), shard_bytes=1_000_000_000)
    _peak(10, config)
    assert _peak(1_000, config) < 1.5 * _peak(100, config)


def test_leaks_are_rows_and_rejects_and_not_in_train(tmp_path: Path) -> None:
    shared = DemoFigure(("micrograph",), seed=77)
    articles = [DemoArticle(9400001 + i, figures=(shared, DemoFigure())) for i in range(9)]
    write_bucket(tmp_path / "bucket", articles)
    mine(config_for(tmp_path / "bucket", tmp_path / "out", **PLAIN))
    figures = [f for f in rows(tmp_path / "out", "figures") if f["xml_id"] == "fig1"]
    kept = [f for f in figures if f["shard"]]
    left = [f for f in figures if f["leaks_into"]]
    assert len(kept) == 2 and {f["split"] for f in kept} == {"validation", "test"}
    assert len(left) == 7 and all(f["no_sample"] == "leaks_into_evaluation" and not f["shard"] for f in left)
    rejected = {r["figure_id"] for r in rows(tmp_path / "out", "rejects") if r["reason"] == "leaks_into_evaluation"}
    assert rejected == {f["figure_id"] for f in left}
    assert sum(release_json(tmp_path / "out")["counts"]["samples"].values()) == 9 + 2


def test_splits_are_by_article_and_for_ever() -> None:
    counts = dict.fromkeys(("train", "validation", "test"), 0)
    for n in range(1, 20_001):
        counts[natural_split(f"PMC{n}")] += 1
    assert abs(counts["train"] / 20_000 - 0.98) < 0.005 and abs(counts["test"] / 20_000 - 0.01) < 0.003
    # Published splits must never change: these are those of the first release of the code.
    assert [n for n in range(1, 400) if natural_split(f"PMC{n}") == "test"] == FIRST_TESTS


FIRST_TESTS = [264, 370]


def test_small_releases_have_all_splits_in_each_group(demo_release: Path) -> None:
    release = release_json(demo_release)
    for group in ("commercial", "noncommercial"):
        for split in ("train", "validation", "test"):
            assert release["counts"]["samples"][f"{group}/{split}"] > 0
    for table in ("articles", "figures", "paragraphs"):
        of = {r["pmcid"]: set() for r in rows(demo_release, table)}
        for r in rows(demo_release, table):
            of[r["pmcid"]].add(r["split"])
        assert all(len(s) == 1 for s in of.values())


@given(st.integers(1, 300), st.integers(1, 40), st.integers(1, 10**9))
def test_a_files_blocks_hold_all_of_its_articles(n_blocks: int, n_files: int, number: int) -> None:
    place = article_place(f"PMC{number}")
    assert range_index(place, n_blocks) in overlapping(range_index(place, n_files), n_files, n_blocks)


@given(st.integers(1, 10**7), st.integers(1, 500))
def test_blocks_are_of_about_the_size_asked_for(n: int, size: int) -> None:
    blocks = n_blocks_for(n, size)
    assert 1 <= blocks <= max(n, 1) and n / blocks <= size


@given(st.lists(st.one_of(st.none(), st.text(max_size=12)), max_size=30))
def test_figure_names_and_keys_are_unique_and_safe(ids: list[str | None]) -> None:
    names = figure_names(ids)
    assert len(set(names)) == len(names) == len(ids)
    keys = sample_keys("PMC123456789", 12, names)
    assert len(set(keys)) == len(keys)
    for key in keys:
        assert "." not in key and "/" not in key and len(key + ".json") < 100
        header(key + ".json", 1)


@pytest.mark.parametrize(
    ("text", "want"), [("PMC12", ("PMC12", None)), (" pmc0012.3 ", ("PMC12", 3)), ("PMC7.1", ("PMC7", 1))]
)
def test_pmcids(text: str, want: tuple[str, int | None]) -> None:
    assert parse_pmcid(text) == want


@pytest.mark.parametrize("text", ["12", "10.1/x", "PMC", "PMCx", "", "PMC1.2.3", "https://doi.org/10.1/x"])
def test_no_pmcids(text: str) -> None:
    with pytest.raises(PmcmineError):
        parse_pmcid(text)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z0-9_-]{1,80}\.(jpg|txt|json)", fullmatch=True), st.binary(max_size=1500), max_size=6
    )
)
def test_tar_members_are_what_tar_reads(members: dict[str, bytes]) -> None:
    data = b"".join(header(n, len(d)) + d + padding(len(d)) for n, d in members.items()) + END
    assert len(data) == sum(member_size(len(d)) for d in members.values()) + len(END)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        read = {i.name: archive.extractfile(i).read() for i in archive}  # type: ignore[union-attr]
        assert read == members
        assert all((i.mtime, i.uid, i.uname, i.mode) == (0, 0, "", 0o644) for i in archive.getmembers())


def test_a_name_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        header("x" * 100, 1)


def test_parquet_is_sorted_indexed_and_blind_to_chunks(tmp_path: Path) -> None:
    table = TABLES["rejects"]
    made = [
        Reject(
            reject_id=f"PMC{i}/r",
            stage="x",
            unit="y",
            reason="z",
            pmcid=f"PMC{i}",
            article_id="a",
            figure_id=None,
            detail="d" * i,
        )
        for i in range(1, 50)
    ]
    whole = to_arrow(table, made)
    chunked = pa.concat_tables([whole.slice(0, 7), whole.slice(7, 30), whole.slice(37)])
    files = []
    for data in (whole, chunked):
        out = io.BytesIO()
        groups = [
            data.slice(0, 20).combine_chunks(),
            data.slice(20, 20).combine_chunks(),
            data.slice(40).combine_chunks(),
        ]
        assert write_parquet(out, table.schema, groups) == 49
        files.append(out.getvalue())
    assert files[0] == files[1]
    meta = pq.ParquetFile(io.BytesIO(files[0])).metadata
    assert [meta.row_group(i).num_rows for i in range(meta.num_row_groups)] == [20, 20, 9]
    assert meta.row_group(0).column(0).has_column_index and meta.row_group(0).column(0).compression == "ZSTD"
    notes = pq.ParquetFile(io.BytesIO(files[0])).schema_arrow.field("reason").metadata
    assert b"Reason code" in notes[b"meaning"]


@pytest.mark.slow  # hundreds of files; the tests of plans above are quick
def test_many_table_files_and_shards(tmp_path: Path) -> None:
    """Small targets cut a corpus into many files; all together hold each row once."""
    write_bucket(tmp_path / "bucket", many_articles(20))
    mine(config_for(tmp_path / "bucket", tmp_path / "one", **PLAIN))
    mine(
        config_for(
            tmp_path / "bucket", tmp_path / "many", table_bytes=8_000, shard_bytes=200_000, block_articles=7, **PLAIN
        )
    )
    for table in ("articles", "figures", "paragraphs", "mentions"):
        skipped = ("shard", "image_offset", "sample_offset")
        one, many = (
            sorted(str({k: v for k, v in r.items() if k not in skipped}) for r in rows(tmp_path / d, table))
            for d in ("one", "many")
        )
        assert one == many and len(set(one)) == len(one)
    files = [f["name"] for f in release_json(tmp_path / "many")["files"]]
    assert sum("paragraphs/commercial/train-" in f for f in files) > 3
    assert sum("shards/commercial/train/000/train-" in f for f in files) > 3


def test_plans_travel() -> None:
    plan = Plan(3, {"PMC1": "test"}, {("commercial", "train"): 4}, {}, {("figures", "commercial", "train"): 2}, 5)
    assert Plan.from_object(plan.to_object()) == plan and plan.split_of("PMC1") == "test"


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../b", "a\\b", "."])
def test_no_name_leaves_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(StorageError, match="leaves its folder"):
        Folder(str(tmp_path)).path(name)


def test_the_first_writer_wins_and_a_failed_one_leaves_nothing(tmp_path: Path) -> None:
    for folder in (Folder(str(tmp_path)), Folder("memory://storage-test")):
        assert folder.write("a/b", b"1") and not folder.write("a/b", b"2")
        assert folder.read("a/b") == b"1"
        assert folder.write("a/b", b"3", replace=True) and folder.read("a/b") == b"3"
        with pytest.raises(RuntimeError), folder.create("a/c") as (stream, _):
            stream.write(b"half")
            raise RuntimeError
        assert folder.names("a") == ["b"] and folder.walk() == ["a/b"]
