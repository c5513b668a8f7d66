"""The index of a stream: kept in a file, which may be damaged, of something else, impossible, or wanted by many."""

from __future__ import annotations

import errno
import json
import os
import pickle
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pmcmine import stream
from pmcmine.errors import PmcmineError
from pmcmine.stream import index_file
from pmcmine.stream.index import Index
from pmcmine.stream.index_build import build
from pmcmine.stream.ranges import SamplePlace
from tests.tiny_release import SHARD, TABLE, write_release, write_rows

N = 40


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("index") / "release"
    return folder, write_release(folder, N)


@pytest.fixture
def release(rows: tuple[Path, list[dict[str, Any]]]) -> str:
    return str(rows[0])


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def _keys(samples: stream.Samples) -> list[str]:
    return [s["key"] for s in samples]


@pytest.fixture
def never_made(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The tables are not to be read."""

    def refuse(*args: Any) -> Index:
        raise AssertionError("the index was made again")

    with monkeypatch.context() as patch:
        patch.setattr("pmcmine.stream.opening.figure_index", refuse)
        yield patch


def test_it_is_made_once(release: str, cache: Path, request: pytest.FixtureRequest) -> None:
    plain = stream.open(release, seed=1)
    made = [stream.open(release, seed=1, cache=cache), stream.open(release, seed=1, where="year < 2020", cache=cache)]
    assert len(list(cache.glob("*.index"))) == 2 and not list(cache.glob("*.part")) + list(cache.glob("*.lock"))
    request.getfixturevalue("never_made")
    again = stream.open(release, seed=1, cache=cache)
    again.load_state_dict(plain.state_dict())
    assert _keys(again) == _keys(made[0]) == _keys(plain)
    assert sorted(_keys(stream.open(release, where="year < 2020", cache=cache))) == sorted(_keys(made[1]))
    assert len(made[1]) == 20


def test_small_releases_and_conditions_that_change_leave_no_file(
    release: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(index_file.FOLDER, str(cache))
    stream.open(release)
    stream.open(release, cache=False)
    stream.open(release, where="random() < 2", cache=cache)
    stream.open(release, where="year <= year(today())", cache=cache)
    assert not cache.exists()
    monkeypatch.setattr("pmcmine.stream.opening._MANY", 0)
    stream.open(release)
    assert len(list(cache.glob("*.index"))) == 1


def _damages() -> dict[str, Any]:
    return {
        "cut off": lambda data, _: data[:-8],
        "longer": lambda data, _: data + bytes(8),
        "empty": lambda data, _: b"",
        "short": lambda data, _: data[:20],
        "another file": lambda data, _: b"x" * len(data),
        "a bit of the header": lambda data, _: data[:40] + bytes([data[40] ^ 1]) + data[41:],
        "of another condition": lambda data, other: other,
        "words of no shard": lambda data, _: data[: -8 * N] + b"\xff" * 8 * N,
    }


@pytest.mark.parametrize("damage", _damages())
def test_a_damaged_file_is_made_again_with_one_line(release: str, cache: Path, damage: str) -> None:
    stream.open(release, where="year > 2000", cache=cache)
    (other,) = cache.glob("*.index")
    plain = stream.open(release, cache=cache)
    (path,) = set(cache.glob("*.index")) - {other}
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(_damages()[damage](whole, other.read_bytes()))
    with pytest.warns(UserWarning, match="index of the stream is made again") as said:
        again = stream.open(release, cache=cache)
    assert len(said) == 1 and "\n" not in str(said[0].message)
    assert _keys(again) == _keys(plain) and path.read_bytes() == whole
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stream.open(release, cache=cache)


def test_another_table_has_another_index(rows: tuple[Path, list[dict[str, Any]]], tmp_path: Path, cache: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(rows[0], copy)
    assert len(stream.open(str(copy), cache=cache)) == N
    write_rows(copy, rows[1][:30])
    assert len(stream.open(str(copy), cache=cache)) == 30


def test_where_nothing_can_be_kept_it_is_held_in_memory(
    release: str, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    expected = _keys(stream.open(release))
    with pytest.warns(UserWarning, match="can't keep the index of the stream") as said:
        samples = stream.open(release, cache=tmp_path / "file" / "cache")
    assert _keys(samples) == expected
    assert sum(w.category is UserWarning for w in said) == 1
    assert "\n" not in str(said[0].message) and index_file.FOLDER in str(said[0].message)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(index_file.os, "fsync", full)
    with pytest.warns(UserWarning, match="No space left") as said:
        samples = stream.open(release, cache=cache)
    assert _keys(samples) == expected
    assert sum(w.category is UserWarning for w in said) == 1 and list(cache.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_can_only_be_read(release: str, cache: Path) -> None:
    cache.mkdir(mode=0o500)
    with pytest.warns(UserWarning, match="can't keep the index"):
        assert len(stream.open(release, cache=cache)) == N


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no users")
def test_in_a_folder_that_everybody_may_write_to_only_own_files_are_used(
    release: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = _keys(stream.open(release, cache=cache))
    (path,) = cache.glob("*.index")
    if os.geteuid() == 0:
        os.chown(path, 65534, -1)
    else:
        monkeypatch.setattr(index_file.os, "geteuid", lambda: 65534)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stream.open(release, cache=cache)  # a group's folder
    cache.chmod(0o1777)
    with pytest.warns(UserWarning, match="another user's"):
        assert _keys(stream.open(release, cache=cache)) == expected


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs")
def test_a_fifo_or_link_in_its_place_hangs_nobody(release: str, cache: Path) -> None:
    expected = _keys(stream.open(release, cache=cache))
    (path,) = cache.glob("*.index")
    path.unlink()
    os.mkfifo(path)
    with pytest.warns(UserWarning, match="no regular file"):
        assert _keys(stream.open(release, cache=cache)) == expected
    path.unlink()
    os.mkfifo(path.with_suffix(".lock"))
    with pytest.warns(UserWarning, match="can't keep the index"):
        assert _keys(stream.open(release, cache=cache)) == expected
    path.with_suffix(".lock").unlink()
    path.with_suffix(".lock").symlink_to(cache / "elsewhere")
    with pytest.warns(UserWarning, match="can't keep the index"):
        assert _keys(stream.open(release, cache=cache)) == expected
    assert not (cache / "elsewhere").exists()


def test_of_those_that_come_at_once_one_makes_it(release: str, cache: Path) -> None:
    plain, made, found = stream.open(release, cache=False)._places, [], []
    assert isinstance(plain, Index)

    def make() -> Index:
        made.append(1)
        time.sleep(0.2)
        assert isinstance(plain, Index)
        return plain

    threads = [threading.Thread(target=lambda: found.append(index_file.kept(cache, "a", 9, make))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1 and [list(f) for f in found] == [list(plain)] * 4


def test_nobody_waits_for_ever_for_another(release: str, cache: Path) -> None:
    import fcntl

    plain = stream.open(release, cache=False)._places
    assert isinstance(plain, Index)
    cache.mkdir()
    with (cache / "a.lock").open("ab") as stuck:
        fcntl.flock(stuck, fcntl.LOCK_EX)
        assert list(index_file.kept(cache, "a", 0.1, lambda: plain)) == list(plain)
    assert (cache / "a.index").exists()


def test_an_error_is_that_of_the_release_and_leaves_nothing(release: str, cache: Path) -> None:
    with pytest.raises(PmcmineError, match="yeer"):
        stream.open(release, where="yeer > 1", cache=cache)
    assert list(cache.iterdir()) == []


def test_files_that_nobody_uses_go(release: str, cache: Path) -> None:
    stream.open(release, cache=cache)
    (first,) = cache.iterdir()
    os.utime(first, (0, 0))
    (cache / "x.part").write_text("")
    os.utime(cache / "x.part", (0, 0))
    stream.open(release, where="year > 2000", cache=cache)
    assert len(list(cache.iterdir())) == 1 and not first.exists()


def test_other_processes_map_the_same_file(release: str, cache: Path) -> None:
    samples = stream.open(release, seed=2, cache=cache)
    sent = pickle.dumps(samples)
    assert len(sent) < 4_000
    assert _keys(pickle.loads(sent)) == _keys(samples)
    assert _keys(pickle.loads(pickle.dumps(stream.open(release, seed=2)))) == _keys(stream.open(release, seed=2))
    for path in cache.iterdir():
        path.unlink()
    with pytest.raises(PmcmineError, match="open the stream again"):
        pickle.loads(sent)


def test_without_numpy_it_is_the_same(release: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = list(stream.open(release)._places)
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert list(stream.open(release)._places) == expected


def test_a_state_that_an_earlier_version_saved(rows: tuple[Path, list[dict[str, Any]]], release: str) -> None:
    digest = sha256(f"{SHARD}\n".encode())
    for name in ("sample_offset", "sample_size"):
        digest.update(b"".join(r[name].to_bytes(8, sys.byteorder) for r in rows[1]))
    digest.update(b"full/False/None")
    state = {"format": 3, "seed": 4, "epoch": 1, "shares": 1, "samples": N, "done": 9, "before": [],
             "of": digest.hexdigest()[:32]}  # fmt: skip
    samples, whole = stream.open(release, seed=4), stream.open(release, seed=4)
    samples.load_state_dict(state)
    whole.set_epoch(1)
    assert _keys(samples) == _keys(whole)[9:]
    with pytest.raises(PmcmineError, match="another release"):
        stream.open(release, seed=4, where="year > 2000").load_state_dict(state)
    with pytest.raises(PmcmineError, match="another release"):
        stream.open(release, seed=4, caption="title").load_state_dict([state])


def _listed(folder: Path, **of_shard: Any) -> None:
    files = [{"name": TABLE}, {"name": f"shards/{SHARD}", **of_shard}]
    (folder / "release.json").write_text(json.dumps({"files": files}))


def test_counts_that_do_not_match_the_listing(tmp_path: Path) -> None:
    rows = write_release(tmp_path, 9)
    _listed(tmp_path, rows=9)
    assert len(stream.open(str(tmp_path))) == 9
    for listed in (8, 10):
        _listed(tmp_path, rows=listed)
        with pytest.raises(PmcmineError, match=f"9 samples of {SHARD}, release.json lists {listed}") as error:
            stream.open(str(tmp_path))
        assert "\n" not in str(error.value)
    assert len(stream.open(str(tmp_path), where="year = 2001")) == 1
    write_rows(tmp_path, [{**rows[0], "shard": None}])
    with pytest.raises(PmcmineError, match="0 samples"):
        stream.open(str(tmp_path))
    write_rows(tmp_path, [{**rows[0], "shard": "commercial/train-00009-of-00001.tar"}])
    with pytest.raises(PmcmineError, match=r"release\.json does not list"):
        stream.open(str(tmp_path))


def _batch(shards: list[str | None], offsets: list[int | None], sizes: list[int | None]) -> pa.RecordBatch:
    columns = {"shard": pa.array(shards, pa.string()), "sample_offset": pa.array(offsets, pa.int64()),
               "sample_size": pa.array(sizes, pa.int64())}  # fmt: skip
    return pa.record_batch(columns)


def test_places_are_sorted_by_shard_and_offset_up_to_the_largest() -> None:
    big, tib = 1 << 30, (1 << 40) - 512
    batches = [_batch(["b", None, "a"], [512, None, tib], [big, None, 512]), _batch(["a", "b"], [0, 0], [1024, 512])]
    index = build(batches, ["b", "c", "a"], "r")
    assert list(index) == [SamplePlace("a", 0, 1024), SamplePlace("a", tib, 512), SamplePlace("b", 0, 512),
                           SamplePlace("b", 512, big)]  # fmt: skip
    assert list(index.starts) == [0, 2] and index.names == ("a", "b") and index[1:3] == list(index)[1:3]
    assert len(build([], ["a"], "r")) == len(build([_batch([], [], [])], [], "r")) == 0
    for offset, size in ((1, 512), (0, 513), (-512, 512), (0, 0), (0, big + 512), (1 << 62, 512), (None, 512)):
        with pytest.raises(PmcmineError, match="no valid range in 'a'"):
            build([_batch(["a"], [offset], [size])], ["a"], "r")
