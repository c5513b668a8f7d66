"""Files of our own: a link that somebody put in their place is not followed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pmcmine.errors import StorageError
from pmcmine.io import safe_files
from pmcmine.io.folder import Folder
from pmcmine.io.lock import held


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "victim"
    path.write_text("precious")
    return path


def _out(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    out.mkdir()
    return out


def test_a_lock_that_is_a_link_truncates_nothing(tmp_path: Path, victim: Path) -> None:
    out = _out(tmp_path)
    (out / "lock").symlink_to(victim)
    with pytest.raises(StorageError, match="link"), held(Folder(str(out))):
        pass
    assert victim.read_text() == "precious"


def test_nor_does_one_with_a_second_name(tmp_path: Path, victim: Path) -> None:
    out = _out(tmp_path)
    os.link(victim, out / "lock")
    with pytest.raises(StorageError, match="second name"), held(Folder(str(out))):
        pass
    assert victim.read_text() == "precious"


def test_a_dangling_lock_makes_no_file(tmp_path: Path) -> None:
    out = _out(tmp_path)
    (out / "lock").symlink_to(tmp_path / "made")
    with pytest.raises(StorageError), held(Folder(str(out))):
        pass
    assert not (tmp_path / "made").exists()


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["fifo", "folder"])
def test_special_files_are_no_locks(tmp_path: Path, kind: str) -> None:
    out = _out(tmp_path)
    os.mkfifo(out / "lock") if kind == "fifo" else (out / "lock").mkdir()
    with pytest.raises(StorageError), held(Folder(str(out))):
        pass


def test_a_lock_is_private_and_held_once(tmp_path: Path) -> None:
    work = Folder(str(_out(tmp_path)))
    with held(work):
        assert (tmp_path / "out" / "lock").stat().st_mode & 0o777 == 0o600
    with held(work):
        pass


def test_a_work_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (_out(tmp_path) / "_work").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="link"):
        Folder(str(tmp_path / "out")).child("_work")
    with pytest.raises(StorageError, match="link"), held(Folder(str(tmp_path / "out" / "_work"))):
        pass
    assert not list((tmp_path / "elsewhere").iterdir())


def test_nothing_is_written_through_a_link(tmp_path: Path, victim: Path) -> None:
    out = _out(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (out / "tables").symlink_to(tmp_path / "elsewhere")
    folder = Folder(str(out))
    with pytest.raises(StorageError, match="link"):
        folder.write("tables/figures/a.parquet", b"new", replace=True)
    (out / "report.html").symlink_to(victim)
    folder.write("report.html", b"new", replace=True)
    assert victim.read_text() == "precious" and (out / "report.html").read_bytes() == b"new"
    assert not list((tmp_path / "elsewhere").iterdir())


def test_new_files_take_nobodys_place(tmp_path: Path, victim: Path) -> None:
    (tmp_path / "link").symlink_to(victim)
    with pytest.raises(FileExistsError):
        safe_files.create_new(tmp_path / "link")
    with safe_files.replacing(tmp_path / "link", safe_files.PRIVATE) as stream:
        stream.write(b"new")
    assert victim.read_text() == "precious" and (tmp_path / "link").read_bytes() == b"new"
    assert (tmp_path / "link").stat().st_mode & 0o777 == 0o600
    with pytest.raises(RuntimeError), safe_files.replacing(tmp_path / "link") as stream:
        raise RuntimeError
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "victim"]


@pytest.mark.parametrize("kind", ["link", "file", "open to all", "open to the group"])
def test_private_folders(tmp_path: Path, kind: str) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    path = tmp_path / "cache"
    if kind == "link":
        path.symlink_to(tmp_path / "elsewhere")
    elif kind == "file":
        path.touch()
    else:
        path.mkdir()
        path.chmod(0o777 if kind == "open to all" else 0o770)
    with pytest.raises(StorageError):
        safe_files.private_folder(path)
    made = safe_files.private_folder(tmp_path / "mine")
    assert made.stat().st_mode & 0o777 == 0o700 and safe_files.private_folder(made) == made


@pytest.mark.timeout(20)
def test_a_read_is_bounded_and_of_regular_files_alone(tmp_path: Path, victim: Path) -> None:
    folder = Folder(str(tmp_path))
    assert [folder.read("victim", most) for most in (-1, 8, 9, 3, 0)] == [b"precious"] * 3 + [b"pre", b""]
    (tmp_path / "link").symlink_to(victim)
    (tmp_path / "large").write_bytes(data := bytes(range(256)) * 5_000)
    (tmp_path / "empty").touch()
    assert folder.read("link") == b"precious" and folder.read("large") == data and folder.read("empty") == b""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    for name in ("fifo", "folder"):
        with pytest.raises(OSError, match="no regular file"):
            folder.read(name)
    with pytest.raises(FileNotFoundError):
        folder.read("nothing")
    if Path("/proc/self/status").exists():  # its stated size is 0
        assert b"Name:" in Folder("/proc/self").read("status")
