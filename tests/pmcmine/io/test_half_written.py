"""What a killed writer leaves half written lies in the work folder, never where a release is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmcmine.io.folder import Folder


@pytest.mark.parametrize("at", [".", "_work/next"])
def test_a_file_that_is_being_written_is_in_the_work_folder(tmp_path: Path, at: str) -> None:
    """An update moves all that it gathered in `_work/next` into the release."""
    (tmp_path / "_work").mkdir()
    (tmp_path / "_work" / "run.json").write_text("{}")
    made = Folder(str(tmp_path / at))
    with made.create("tables/articles/a.parquet") as (stream, _):
        stream.write(b"half")
        (half,) = tmp_path.rglob("*.tmp")
        assert half.parent == tmp_path / "_work" / "tmp"
        assert "tables/articles/a.parquet" not in made.walk("tables")
    assert made.read("tables/articles/a.parquet") == b"half" and not list(tmp_path.rglob("*.tmp"))


def test_a_release_may_lie_in_a_folder_of_that_name(tmp_path: Path) -> None:
    out = tmp_path / "_work" / "release"
    (out / "_work").mkdir(parents=True)
    (out / "_work" / "run.json").write_text("{}")
    with Folder(str(out)).create("shards/a.tar") as (stream, _):
        stream.write(b"x")
        (half,) = tmp_path.rglob("*.tmp")
        assert half.parent == out / "_work" / "tmp"


def test_without_a_run_it_lies_beside_the_file(tmp_path: Path) -> None:
    with Folder(str(tmp_path)).create("a/b") as (stream, _):
        stream.write(b"x")
        (half,) = tmp_path.rglob("*.tmp")
        assert half.parent == tmp_path / "a"
