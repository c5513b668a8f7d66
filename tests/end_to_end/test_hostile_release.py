"""A release of others: whatever its tables, names and links say, nothing outside of it is read or written."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pmcmine import stream
from pmcmine.browse.data import ReleaseData
from pmcmine.errors import PmcmineError
from tests.test_cli import call

SECRET = b"\xff\xd8\xff the user's own key"
IMAGES = ("biomedica", "pmc15m", "medconcept", "open-pmc", "medicat", "imagefolder")
FORMATS = (*IMAGES, "biomed-enriched", "attribution")


@pytest.fixture
def release(demo_release: Path, tmp_path: Path) -> Path:
    """A copy that a test may tamper with; a secret lies two folders above its shards."""
    copy = tmp_path / "release"
    shutil.copytree(demo_release, copy)
    (tmp_path / "secret").write_bytes(SECRET)
    return copy


def _set(release: Path, table: str, column: str, value: object) -> None:
    """Write a value into a column of all rows that have one."""
    for file in sorted((release / "tables" / table).rglob("*.parquet")):
        rows = pq.ParquetFile(file).read()
        values = [value if v is not None else None for v in rows[column].to_pylist()]
        at = rows.schema.get_field_index(column)
        pq.write_table(rows.set_column(at, column, pa.array(values)), file)


def _files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*")}


def _one_line(err: str) -> str:
    assert err.startswith("pmcmine: ") and len(err.strip().splitlines()) == 1 and "Traceback" not in err
    assert err.strip().isprintable()
    return err


@pytest.mark.parametrize(
    "shard", ["../../secret", "/etc/hostname", "commercial/../../../secret", "..", "", "a\x1b[2J", "C:\\x", 7]
)
def test_export_copies_nothing_from_outside(
    release: Path, shard: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _set(release, "figures", "shard", shard)
    _set(release, "figures", "image_offset", 0)
    _set(release, "figures", "image_bytes", len(SECRET))
    for name in IMAGES:
        code, _, err = call(capsys, "export", str(release), "--format", name, "--out", str(tmp_path / "out"))
        assert code == 2 and "shard" in _one_line(err)
        assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("key", ["../../PWNED", "/tmp/PWNED", "a/b", "..", "", "a\x07", "a.b", "x" * 300, "-\x00"])
def test_export_writes_nothing_outside(
    release: Path, key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _set(release, "figures", "key", key)
    before = _files(tmp_path)
    for name in ("pmc15m", "medconcept", "open-pmc", "medicat", "imagefolder"):
        code, _, err = call(capsys, "export", str(release), "--format", name, "--out", str(tmp_path / "out"))
        assert code == 2 and "key" in _one_line(err)
    assert {f for f in _files(tmp_path) - before if not f.startswith("out")} == set()


@pytest.mark.parametrize("value", ["../../PWNED", "/tmp/PWNED", "..", "", "a/b", None])
@pytest.mark.parametrize(
    ("table", "column", "formats"),
    [
        ("documents", "split", ("obelics", "mint1t")),
        ("articles", "license_group", ("obelics", "mint1t")),
        ("grids", "article_id", ("tables",)),
        ("grids", "pmcid", ("tables",)),
    ],
)
def test_folders_of_an_export_have_no_names_of_others(
    release: Path, table: str, column: str, formats: tuple[str, ...], value: str | None, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    _set(release, table, column, value)
    before = _files(tmp_path)
    for name in formats:
        code, _, err = call(capsys, "export", str(release), "--format", name, "--out", str(tmp_path / "out"))
        assert code == 2 and _one_line(err)
    assert _files(tmp_path) == before and not Path("/tmp/PWNED").exists()


def test_members_of_an_exported_tar_stay_in_it(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _set(release, "figures", "pmcid", "../../../PMC1")
    code, _, err = call(capsys, "export", str(release), "--format", "biomedica", "--out", str(tmp_path / "out"))
    assert code == 2 and "key" in _one_line(err)


TABLES = [
    "x AS SELECT 1; COPY (SELECT 'PWNED') TO '{}'; --", 'x" AS SELECT 1; COPY (SELECT 1) TO \'{}\'; --', "x y", "Figures",
    "select\n1", "a\x1b[31m", "figures--", "information_schema.tables",
]  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_the_name_of_a_table_is_no_sql(
    release: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = release / "tables" / name.format("PWNED")
    folder.mkdir()
    shutil.copy(next((release / "tables" / "figures").rglob("*.parquet")), folder / "a.parquet")
    commands = [["stats", str(release)], ["subset", str(release), "--out", "s.parquet"]]
    commands += [["export", str(release), "--format", f, "--out", "out"] for f in FORMATS]
    for command in commands:
        code, _, err = call(capsys, *command)
        assert code == 2 and "table" in _one_line(err)
    with pytest.raises(PmcmineError, match="table"):
        ReleaseData(release)
    assert not (tmp_path / "PWNED").exists() and not (tmp_path / "s.parquet").exists()


def test_the_name_of_a_file_is_no_pattern_and_no_partition(
    demo_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = tmp_path / "li[c]ense=CC0" / "it's * ?" / "split=none"
    shutil.copytree(demo_release, release)
    found = json.loads(call(capsys, "stats", str(release), "--by", "split", "--json", "--limit", "1")[1])
    assert found["split"] == "train" and found["figures"] > 10
    assert ReleaseData(release).figures({"split": "train"}, 0)["total"] == found["figures"]
    code, _, err = call(capsys, "export", str(release), "--format", "medicat", "--out", str(tmp_path / "out"))
    assert code == 0, err
    code, _, err = call(
        capsys, "subset", str(release), "--out", str(tmp_path / "s.parquet"), "--where", "split = 'train'"
    )
    assert code == 0 and pq.ParquetFile(tmp_path / "s.parquet").metadata.num_rows == found["figures"], err


def _link_file(release: Path) -> Path:
    other = release.parent / "other.parquet"
    file = next((release / "tables" / "figures").rglob("*.parquet"))
    shutil.move(file, other)
    file.symlink_to(other)
    return other


def _link_table(release: Path) -> Path:
    other = release.parent / "other"
    shutil.move(release / "tables" / "figures", other)
    (release / "tables" / "figures").symlink_to(other)
    return other


def _link_shards(release: Path) -> Path:
    other = release.parent / "other"
    shutil.move(release / "shards", other)
    (release / "shards").symlink_to(other)
    return other


def _link_shard(release: Path) -> Path:
    other = release.parent / "other.tar"
    for n, file in enumerate(sorted((release / "shards").rglob("*.tar"))):
        shutil.move(file, f"{other}{n}")
        file.symlink_to(f"{other}{n}")
    return other


@pytest.mark.parametrize("tamper", [_link_file, _link_table, _link_shards, _link_shard])
def test_links_out_of_a_release_are_not_followed(
    release: Path, tamper: Callable[[Path], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(release)
    code, _, err = call(capsys, "export", str(release), "--format", "medicat", "--out", str(tmp_path / "out"))
    assert code == 2 and "leads out of" in _one_line(err)
    with pytest.raises(PmcmineError, match="leads out of"):
        list(stream.open(str(release)))
    code, out, _ = call(capsys, "verify", str(release))
    assert code == 1 and "leads out of" in out
    if tamper in (_link_file, _link_table):
        code, _, err = call(capsys, "stats", str(release))
        assert code == 2 and "leads out of" in _one_line(err)
    else:
        data = ReleaseData(release)
        ids = data.figures({}, 0)["ids"]
        assert ids and not any(data.image(i) for i in ids)


@pytest.mark.timeout(120)
def test_special_files_hang_nothing(release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(release / "tables" / "figures" / "fifo.parquet")
    for command in (
        ["stats", str(release)],
        ["export", str(release), "--format", "medicat", "--out", str(tmp_path / "o")],
    ):
        code, _, err = call(capsys, *command)
        assert code == 2 and "regular" in _one_line(err)
    (release / "tables" / "figures" / "fifo.parquet").unlink()
    for file in sorted((release / "shards").rglob("*.tar")):
        file.unlink()
        os.mkfifo(file)
    code, _, err = call(capsys, "export", str(release), "--format", "medicat", "--out", str(tmp_path / "o"))
    assert code == 2 and "regular" in _one_line(err)
    data = ReleaseData(release)
    assert not any(data.image(i) for i in data.figures({}, 0)["ids"][:3])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("image_bytes", 1 << 50),
        ("image_bytes", -1),
        ("image_offset", -5),
        ("image_offset", 1 << 61),
        ("image_bytes", "9"),
        ("image_offset", 0.5),
    ],
)
def test_ranges_that_a_table_states_are_checked(
    release: Path, column: str, value: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _set(release, "figures", column, value)
    code, _, err = call(capsys, "export", str(release), "--format", "medicat", "--out", str(tmp_path / "out"))
    assert code == 2 and "bytes" in _one_line(err)
    data = ReleaseData(release)
    assert data.image(next(i for i in data.figures({}, 0)["ids"] if (data.figure(i) or {})["has_image"])) is None


@pytest.mark.parametrize("drop", ["shard", "caption", "article_id", "key", "image_kinds"])
def test_columns_that_are_missing_end_with_one_line(
    release: Path, drop: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in sorted((release / "tables" / "figures").rglob("*.parquet")):
        pq.write_table(pq.ParquetFile(file).read().drop_columns([drop]), file)
    code, _, err = call(capsys, "export", str(release), "--format", "medicat", "--out", str(tmp_path / "out"))
    assert code == 2 and "verify" in _one_line(err)
    code, _, err = call(capsys, "stats", str(release))
    assert code in (0, 2) and "Traceback" not in err


def test_a_file_that_is_no_parquet_ends_with_one_line(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    next((release / "tables" / "figures").rglob("*.parquet")).write_bytes(b"PAR1 and nothing")
    for command in (
        ["stats", str(release)],
        ["subset", str(release), "--out", str(tmp_path / "s")],
        ["export", str(release), "--format", "medicat", "--out", str(tmp_path / "o")],
    ):
        code, _, err = call(capsys, *command)
        assert code == 2 and "figures" in _one_line(err)


def test_what_a_release_says_is_no_command_of_the_terminal(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _set(release, "figures", "license", "CC-BY\x1b]0;title\x07\x9b2J\u202e\r\nx")
    code, out, _ = call(capsys, "stats", str(release))
    assert code == 0 and not any(c in out for c in "\x1b\x07\x9b\u202e\r") and "\\x1b" in out
    described = json.loads((release / "release.json").read_text("utf-8"))
    described["files"][0]["name"] = "tables/\x1b[31mred"
    described["files"][1]["name"] = "../secret"
    described["files"][2]["name"] = "/etc/passwd"
    (release / "release.json").write_text(json.dumps(described))
    code, out, _ = call(capsys, "verify", str(release))
    assert code == 1 and "\x1b" not in out and "'..'" in out and "absolute" in out


def test_formulas_in_attribution_are_texts(release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _set(release, "articles", "attribution", '=HYPERLINK("http://evil.example","x")\x1b[2J')
    code, _, err = call(capsys, "export", str(release), "--format", "attribution", "--out", str(tmp_path / "out"))
    assert code == 0, err
    text = (tmp_path / "out" / "ATTRIBUTION.tsv").read_text("utf-8")
    assert '\t\'=HYPERLINK("http://evil.example","x")[2J\t' in text and "\x1b" not in text and "\t=" not in text


@pytest.mark.parametrize("name", ["../../secret", "tables/figures/../../../secret", "tables/figures/x/\x1b.parquet"])
def test_a_stream_reads_no_file_of_another_folder(release: Path, name: str) -> None:
    described = json.loads((release / "release.json").read_text("utf-8"))
    for file in described["files"]:
        if file["name"].startswith("tables/figures/"):
            file["name"] = f"tables/figures/{name}"
    (release / "release.json").write_text(json.dumps(described))
    with pytest.raises(PmcmineError):
        stream.open(str(release))


@pytest.mark.parametrize("shard", ["../../secret", "/etc/hostname", "a/../../../secret"])
def test_a_stream_reads_no_shard_of_another_folder(release: Path, shard: str) -> None:
    _set(release, "figures", "shard", shard)
    with pytest.raises(PmcmineError, match="shard"):
        stream.open(str(release))


def test_formulas_in_cases_are_texts(release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for table, column in (("cases", "pmcid"), ("figures", "caption"), ("figures", "license")):
        _set(release, table, column, "=1+1\x1b[2J")
    code, _, err = call(capsys, "export", str(release), "--format", "multicare", "--out", str(tmp_path / "out"))
    assert code == 0, err
    with (tmp_path / "out" / "captions_and_labels.csv").open(encoding="utf-8", newline="") as stream_:
        cells = [cell for row in csv.reader(stream_) for cell in row]
    assert "'=1+1\ufffd[2J" in cells and not any(c.startswith("=") or "\x1b" in c for c in cells)


@pytest.mark.parametrize("pmcid", ["../../PWNED", "PMC", "PMC-1", "", "PMC" + "9" * 30])
@pytest.mark.parametrize("table", ["articles", "documents"])
def test_documents_of_strange_articles_are_one_line(release: Path, table: str, pmcid: str) -> None:
    _set(release, table, "pmcid", pmcid)
    with pytest.raises(PmcmineError) as error:
        list(stream.documents(str(release)))
    assert "\n" not in str(error.value)
