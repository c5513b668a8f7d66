"""Ranges of shards from servers that ignore them, send others, or never end; repos that change; bytes that flip."""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import fsspec
import pytest

from pmcmine import stream
from pmcmine.errors import PmcmineError
from pmcmine.io.loopback import LoopbackServer
from pmcmine.stream import ranges as stream_ranges
from pmcmine.stream import samples as stream_samples
from pmcmine.stream.figures import _fetched
from pmcmine.stream.ranges import HttpRanges, NoRanges
from tests import hub_server
from tests.hub_server import File, HubServer, Repo
from tests.tiny_release import SHARD, image, write_release, write_rows

N = 600


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ranges") / "release"
    write_release(folder, N)
    assert (folder / "shards" / SHARD).stat().st_size > 2 << 20
    return folder


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_samples, "_WAIT", 0.001)


class Server(LoopbackServer):
    """Serves a folder; `mode` is how it answers a range of a shard."""

    def __init__(self, folder: Path, mode: str) -> None:  # noqa: C901 - one branch a way to answer
        self.sent: Counter[str] = Counter()  # bytes of shards
        self.asked = 0  # requests for shards
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: Any) -> None:
                pass

            def do_HEAD(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                path = folder / self.path.lstrip("/")
                if not path.is_file():
                    self._answer(404, {}, [b""])
                    return
                data = path.read_bytes()
                tar = path.suffix == ".tar"
                server.asked += tar
                wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or "")
                start, end = (int(wanted[1]), int(wanted[2]) + 1) if wanted else (0, len(data))
                how = mode if tar else "ranges"
                if how == "whole" or not wanted:
                    self._answer(200, {}, [data])
                elif how == "endless":
                    self._answer(200, {}, (b"x" * 65536 for _ in iter(int, 1)))
                elif how == "more":
                    self._answer(206, {}, [data[start:end], *(b"x" * 65536 for _ in range(1000))])
                elif how == "slow":
                    self._answer(206, {}, (time.sleep(0.02) or b"x" for _ in range(100_000)))
                elif how == "another":
                    shift = 512 * 9
                    self._answer(206, {"Content-Range": f"bytes {start + shift}-{end + shift - 1}/*"},
                                 [data[start + shift : end + shift]])  # fmt: skip
                elif how == "busy":
                    self._answer(503, {"Retry-After": "0.001"}, [b""])
                else:
                    self._answer(206, {"Content-Range": f"bytes {start}-{end - 1}/{len(data)}"}, [data[start:end]])

            def _answer(self, status: int, headers: dict[str, str], parts: Any) -> None:
                known = isinstance(parts, list)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if known:
                    self.send_header("Content-Length", str(sum(map(len, parts))))
                else:
                    self.send_header("Connection", "close")
                self.end_headers()
                if self.command == "HEAD":
                    return
                for part in parts:
                    self.wfile.write(part)
                    server.sent[self.path] += len(part)

        super().__init__(Handler)


@pytest.fixture
def serve(release: Path) -> Iterator[Callable[[str], Server]]:
    servers: list[Server] = []

    def start(mode: str) -> Server:
        servers.append(Server(release, mode).__enter__())
        return servers[-1]

    yield start
    for server in servers:
        server.__exit__(None, None, None)


def test_over_http_only_the_ranges_travel(serve: Callable[[str], Server], release: Path) -> None:
    server = serve("ranges")
    ours = list(stream.open(server.url.rstrip("/"), where="year % 50 = 7"))
    assert [s["key"] for s in ours] == [s["key"] for s in stream.open(str(release), where="year % 50 = 7")]
    assert len(ours) == 12 and server.sent[f"/shards/{SHARD}"] < 12 * 5000


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_process_that_is_forked_reads_over_http(serve: Callable[[str], Server]) -> None:
    samples = stream.open(serve("ranges").url.rstrip("/"), where="year % 50 = 7")
    keys = [s["key"] for s in samples]  # by connections that are this process's
    context = multiprocessing.get_context("fork")  # as DataLoaders start their workers
    answers = context.Queue()
    worker = context.Process(target=lambda: answers.put([s["key"] for s in samples]))
    worker.start()
    assert answers.get(timeout=30) == keys
    worker.join(30)


def test_a_sample_waits_for_no_other_range(release: Path) -> None:
    samples = stream.open(str(release), where="year % 50 = 7", seed=0)
    disk, others = samples._ranges, Event()

    class Slow:
        at_once = 4
        asked = 0

        def read(self, shard: str, start: int, end: int) -> bytes:
            self.asked += 1
            assert self.asked == 1 or others.wait(30)
            return disk.read(shard, start, end)

    samples._ranges = Slow()  # type: ignore[assignment]
    read = iter(samples)
    first = next(read)
    assert not others.is_set()
    others.set()
    assert [first["key"], *(s["key"] for s in read)] == [
        s["key"] for s in stream.open(str(release), where="year % 50 = 7", seed=0)
    ]


def test_tables_are_listed_in_their_order_a_few_at_once() -> None:
    together = Barrier(3)  # nobody goes on before three are there

    def read(path: str) -> list[str]:
        if path in "abc":
            together.wait(30)
        if path == "e":
            raise FileNotFoundError(path)
        return [path, path * 2]

    found = _fetched("abcdef", read)  # type: ignore[arg-type]
    assert [next(found) for _ in range(8)] == ["a", "aa", "b", "bb", "c", "cc", "d", "dd"]
    with pytest.raises(FileNotFoundError):
        next(found)


@pytest.mark.parametrize("mode", ["whole", "endless", "more"])
def test_a_server_that_ignores_ranges_costs_no_shard_a_sample(serve: Callable[[str], Server], mode: str) -> None:
    server = serve(mode)
    samples = stream.open(server.url.rstrip("/"), where="year >= 2400 AND year % 2 = 0", on_error="warn")
    with pytest.raises(PmcmineError, match="sends whole files for ranges") as error:
        list(samples)
    assert "\n" not in str(error.value) and server.asked <= 16  # those that ran at once, of 100


def test_a_range_near_the_beginning_is_taken_out_of_a_whole_file(serve: Callable[[str], Server]) -> None:
    url = serve("whole").url.rstrip("/")
    assert len(list(stream.open(url, where="year < 2100"))) == 100
    with pytest.raises(NoRanges):
        HttpRanges(fsspec.filesystem("http"), f"{url}/shards").read(SHARD, (1 << 20) - 5, (1 << 20) + 1)


@pytest.mark.parametrize(("mode", "said"), [("another", "another range"), ("busy", "HTTP 503"), ("slow", "Timeout")])
def test_answers_that_are_no_range_are_tried_again_and_then_one_line(
    serve: Callable[[str], Server], mode: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_ranges, "_ANSWER", 0.1)
    monkeypatch.setattr(stream_samples, "_TRIES", 3)
    server = serve(mode)
    samples = stream.open(server.url.rstrip("/"), where="year = 2300")
    with pytest.raises(PmcmineError, match=said) as error:
        list(samples)
    assert "\n" not in str(error.value) and server.asked == 3
    with pytest.warns(UserWarning, match="left out"):
        assert list(stream.open(server.url.rstrip("/"), where="year = 2300", on_error="warn")) == []


def test_a_server_without_the_shard(serve: Callable[[str], Server], release: Path, tmp_path: Path) -> None:
    shutil.copytree(release, tmp_path / "r")
    shutil.rmtree(tmp_path / "r" / "shards")
    with (
        Server(tmp_path / "r", "ranges") as server,
        pytest.raises(PmcmineError, match="is missing; is the copy complete"),
    ):
        list(stream.open(server.url.rstrip("/"), where="year = 2300"))


@pytest.fixture
def hub(release: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubServer]:
    """A Hub with a release in its two repos; the client of this process knows it."""
    from huggingface_hub import HfFileSystem, constants

    with HubServer() as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", True)
        HfFileSystem.clear_instance_cache()
        _push(server, release)
        yield server
    HfFileSystem.clear_instance_cache()


def _push(hub: HubServer, release: Path) -> None:
    """Commit a release to its two repos."""
    tables, shards = {}, {}
    for path in release.rglob("*"):
        if path.is_file():
            name = path.relative_to(release).as_posix()
            data = path.read_bytes()
            file = File(data, sha256(data).hexdigest() if path.suffix == ".tar" else "")
            hub.objects[file.lfs] = data
            if name == "release.json":
                tables[name] = shards[name] = file
            else:
                top, _, rest = name.partition("/")
                (tables if top == "tables" else shards)[rest] = file
    for repo_id, files in (("org/pairs", shards), ("org/pairs-tables", tables)):
        repo = hub.repos.setdefault(repo_id, Repo(False))
        hub_server._Handler._commit(repo, files, "a release")


def test_a_repo_that_changes_in_mid_stream(hub: HubServer, release: Path, tmp_path: Path) -> None:
    """What was opened is read to its end: the commits of both repos are pinned."""
    samples = stream.open("org/pairs", seed=1)
    running = iter(samples)
    found = [next(running)["key"]]
    write_release(tmp_path / "next", 40, first=5_000)
    _push(hub, tmp_path / "next")
    found += [s["key"] for s in running]
    assert sorted(found) == sorted(s["key"] for s in stream.open(str(release))) and len(found) == N
    from huggingface_hub import HfFileSystem

    HfFileSystem.clear_instance_cache()
    assert len(stream.open("org/pairs")) == 40
    with pytest.raises(PmcmineError, match="of another release"):
        stream.open("org/pairs").load_state_dict(samples.state_dict())


def test_repos_of_two_releases_are_not_mixed(hub: HubServer, tmp_path: Path) -> None:
    write_release(tmp_path / "next", 40)
    listing = tmp_path / "next" / "release.json"
    listing.write_bytes(listing.read_bytes() + b" ")
    tables = hub.repos["org/pairs-tables"]
    _push(hub, tmp_path / "next")
    tables.commits.pop()
    with pytest.raises(PmcmineError, match="its repos belong to two releases"):
        stream.open("org/pairs")


def test_a_hub_that_ignores_ranges(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    found = hub_server._Storage._object

    def whole(self: Any, oid: str, body: bytes) -> None:
        del self.headers["Range"]
        found(self, oid, body)

    monkeypatch.setattr(hub_server._Storage, "_object", whole)
    assert len(list(stream.open("org/pairs", where="year < 2050"))) == 50
    hub.requests.clear()
    with pytest.raises(PmcmineError, match="sends whole files for ranges") as error:
        list(stream.open("org/pairs", where="year >= 2400 AND year % 2 = 0", on_error="warn"))
    assert "\n" not in str(error.value)
    assert sum(r.endswith(".tar") for r in hub.requests) <= 16


def _flipped(release: Path, copy: Path, offset: int) -> Path:
    shutil.copytree(release, copy)
    shard = copy / "shards" / SHARD
    data = bytearray(shard.read_bytes())
    data[offset] ^= 1
    shard.write_bytes(data)
    return copy


# Of the first sample: its key, a checksum, a size, the image, the caption, the key and caption in the record.
PLACES = {"key": 4, "checksum": 150, "size": 130, "image": 600, "key of the text": 1536 + 5, "text": 2048 + 3,
          "key of the record": 2560 + 6, "caption in the record": 3072 + 40}  # fmt: skip


@pytest.mark.parametrize("where", PLACES)
def test_flipped_bytes(release: Path, where: str, tmp_path: Path) -> None:
    copy = _flipped(release, tmp_path / "copy", PLACES[where])
    one = {"where": "year = 2000"}
    with pytest.raises(PmcmineError, match="no sample there") as error:
        list(stream.open(str(copy), check=True, **one))
    assert SHARD in str(error.value) and "\n" not in str(error.value)
    if where == "image":
        assert next(iter(stream.open(str(copy), check=False, **one)))["jpg"] != image(0)
        assert next(iter(stream.open(str(copy), **one)))  # on a local disk it is off by default, elsewhere it is on
        fsspec.filesystem("memory").put(str(copy), str(copy), recursive=True)
        with pytest.raises(PmcmineError, match="a damaged image"):
            next(iter(stream.open(f"memory://{copy}", **one)))
    else:
        with pytest.raises(PmcmineError, match="no sample there"):
            list(stream.open(str(copy), check=False, **one))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert len(list(stream.open(str(copy), check=True, on_error="warn"))) <= N - 1
    assert any("left out" in str(w.message) for w in said)


@pytest.mark.parametrize(
    ("offset", "size"),
    [
        (-4608, 4608),
        (-1, 1),
        (None, 4608),
        (0, None),
        (0, 0),
        (0, -1),
        (0, 1 << 40),
        (1 << 60, 4608),
        (512, 4608),
        (0, 512),
    ],
)
def test_ranges_that_a_table_states(release: Path, offset: int | None, size: int | None, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    shutil.copytree(release / "shards", tmp_path / "r" / "shards")
    shutil.copy(release / "release.json", tmp_path / "r")
    write_rows(
        tmp_path / "r", [{"key": "a", "year": 2000, "shard": SHARD, "sample_offset": offset, "sample_size": size}]
    )
    with pytest.raises(PmcmineError) as error:
        list(stream.open(str(tmp_path / "r")))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"PAR1" * 50, b"[" * 100_000])
def test_damaged_files_of_a_release_are_one_line(release: Path, damage: bytes, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(release, copy)
    (copy / "shards" / "schema.json").write_bytes(damage)
    with pytest.raises(PmcmineError, match=r"schema\.json: is damaged"):
        stream.open(str(copy), columns=["key"])
    table = next((copy / "tables").rglob("*.parquet"))
    table.write_bytes(damage)
    with pytest.raises(PmcmineError, match="can't be read") as error:
        stream.open(str(copy))
    assert "\n" not in str(error.value)
    (copy / "release.json").write_bytes(damage)
    with pytest.raises(PmcmineError, match=r"release\.json is damaged"):
        stream.open(str(copy))


@pytest.mark.timeout(60)
def test_a_listing_that_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "shards").mkdir()
    os.mkfifo(tmp_path / "release.json")
    for opened in (lambda: next(iter(stream.open(str(tmp_path)))), lambda: next(iter(stream.documents(str(tmp_path))))):
        with pytest.raises(PmcmineError) as said:
            opened()
        assert str(said.value).count("\n") == 0
