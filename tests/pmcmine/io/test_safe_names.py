"""Names of others: what leads out of a folder is refused, whoever asks."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmcmine.errors import PmcmineError, StorageError, UnsafeNameError
from pmcmine.io import safe_names
from pmcmine.io.folder import Folder

CLIMBS = [
    "..", "../x", "a/../../x", "/etc/passwd", "//host/share", "a/..", "./a", "a/./b", "C:/x", "c:x", "..\\x", "a\\b",
    "\\\\host\\share", "a\0b", "a//b", "a/", "", "a\nb", "a\x1b[2Jb", "a\x9bb", "a\u2028b", "a\ud800", "x" * 300,
    "x/" * 3000 + "x", None, 7, b"a", ["a"],
]  # fmt: skip


@pytest.mark.parametrize("name", CLIMBS)
@pytest.mark.parametrize(
    "check",
    [
        lambda n: safe_names.relative_name(n, "file"),
        lambda n: safe_names.safe_name(n, "file"),
        safe_names.release_name,
        safe_names.sample_key,
        safe_names.table_name,
        lambda n: safe_names.content_hash(n, "hash"),
        lambda n: safe_names.inside(Path("/tmp"), n),
    ],
)
def test_a_name_that_leaves_its_folder_is_refused_in_one_line(name: object, check: Callable[[object], object]) -> None:
    with pytest.raises(UnsafeNameError) as error:
        check(name)
    said = str(error.value)
    assert said.isprintable() and len(said) < 300


@pytest.mark.parametrize(
    "name", ["train-00000-of-00004.tar", "tables/figures/commercial/x.parquet", "removed/inc20260101a.txt", "_a", "a.b"]
)
def test_names_of_a_release_pass(name: str) -> None:
    assert safe_names.release_name(name) == name


@pytest.mark.parametrize("name", ["Fig. 1 (α).jpg", "Ärzte/ô.png", "a b", "$(reboot)", "a;b", "~root", "-rf"])
def test_odd_names_are_files_but_no_names_of_a_release(name: str) -> None:
    assert safe_names.relative_name(name, "file") == name
    with pytest.raises(UnsafeNameError):
        safe_names.release_name(name)


@given(st.text())
def test_whatever_passes_stays_inside(name: str) -> None:
    try:
        path = safe_names.inside(Path("/tmp/none"), name)
    except UnsafeNameError as error:
        assert str(error).isprintable()
        return
    assert path.is_relative_to("/tmp/none") and path != Path("/tmp/none")


@pytest.mark.parametrize("target", ["../secret", "/etc/passwd", "..", "loop"])
def test_links_out_of_a_folder_are_not_followed(tmp_path: Path, target: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_text("secret")
    (root / "loop").symlink_to(target)
    with pytest.raises(UnsafeNameError):
        safe_names.open_inside(root, "loop" if target != ".." else "loop/secret")


@pytest.mark.parametrize("name", ["loop", "loop/file"])
def test_links_that_go_round_in_circles_are_no_path(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to("again")
    (tmp_path / "again").symlink_to("loop")
    with pytest.raises(UnsafeNameError, match="resolved"):
        safe_names.inside(tmp_path, name)


def test_links_inside_of_a_folder_are(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text")
    (tmp_path / "b").symlink_to("a")
    with safe_names.open_inside(tmp_path, "b") as stream:
        assert stream.read() == b"text"


@pytest.mark.timeout(20)
def test_special_files_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(UnsafeNameError, match="regular"):
        safe_names.open_inside(tmp_path, "fifo")
    with pytest.raises(UnsafeNameError, match="regular"):
        safe_names.open_inside(Path("/dev"), "zero")


@pytest.mark.parametrize(
    ("offset", "size"), [(-1, 1), (0, -1), (0, 1 << 60), (0, 11), (1 << 70, 1), (None, 1), (0, "1"), (True, 1)]
)
def test_ranges_that_cannot_be_are_refused(tmp_path: Path, offset: object, size: object) -> None:
    (tmp_path / "a").write_bytes(bytes(10))
    assert safe_names.read_range(tmp_path, "a", 2, 8, 100) == bytes(8)
    with pytest.raises(UnsafeNameError):
        safe_names.read_range(tmp_path, "a", offset, size, 100)


def test_identifiers_are_quoted() -> None:
    import duckdb

    with duckdb.connect() as connection:
        for name in ('x"; DROP TABLE y; --', "select", "a b", "Ω", '""'):
            connection.execute(f"CREATE TABLE {safe_names.sql_identifier(name)} AS SELECT 1 AS x")
            assert (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()


@pytest.mark.parametrize("name", ["../x", "/x", "a\\b", "a/../b", "a\0b"])
def test_folders_refuse_them_too(tmp_path: Path, name: str) -> None:
    with pytest.raises(StorageError):
        Folder(str(tmp_path)).write(name, b"")
    assert issubclass(UnsafeNameError, PmcmineError)
