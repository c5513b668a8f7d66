"""Other readers over the same samples: webdataset, `datasets`, MosaicML's streaming, litdata beside `pmcmine.stream`.

`pip install 'pmcmine[benchmarks]'`; a reader that is not installed is named as such.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import queue
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from statistics import median
from typing import Any, Final
from urllib.parse import unquote, urlsplit

LATENCY: Final = 0.02  # seconds before each answer over HTTP
_MODULES: Final = {
    "pmcmine": "pmcmine", "webdataset": "webdataset", "datasets": "datasets", "mosaicml": "streaming",
    "litdata": "litdata",
}  # fmt: skip
_START: Final = 180.0  # seconds for the imports of a reader
_LIMIT: Final = 25.0  # seconds of one pass, its opening included
_PASSES: Final = {"bytes": 5, "decoded": 2}
_SHARD: Final = 8_000_000
_BUCKET: Final = "corpus"
KEEP: Final = (
    "PMCMINE_PEERS"  # a folder that keeps samples and results, so that what was measured is not measured again
)


class _Handler(SimpleHTTPRequestHandler):
    """Serves a folder with ranges, each answer after a while; as a bucket of S3, too, without asking who it is."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    root = Path()

    def do_GET(self) -> None:
        """Answer with a file or a range of it."""
        time.sleep(LATENCY)
        path = self.root / unquote(urlsplit(self.path).path).lstrip("/")
        if not path.is_file():
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        size, (start, end), status = path.stat().st_size, (0, path.stat().st_size), 200
        asked = self.headers.get("Range", "")
        if asked.startswith("bytes="):
            first, _, last = asked[6:].partition("-")
            start = int(first) if first else max(size - int(last), 0)
            end = min(int(last) + 1, size) if first and last else size
            status = 206
        self.send_response(status)
        self.send_header("Content-Length", str(end - start))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", f'"{size}"')
        self.send_header("Last-Modified", self.date_time_string(path.stat().st_mtime))
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        self.end_headers()
        if self.command == "GET":
            with path.open("rb") as stream:
                stream.seek(start)
                self.wfile.write(stream.read(end - start))

    do_HEAD = do_GET  # noqa: N815 - a name of the standard library

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def _samples(tars: list[Path]) -> Iterator[dict[str, Any]]:
    """Read the samples of shards."""
    for path in tars:
        with tarfile.open(path) as tar:
            sample: dict[str, Any] = {}
            for member in tar:
                key, _, suffix = member.name.partition(".")
                if sample and sample["key"] != key:
                    yield sample
                    sample = {}
                stream = tar.extractfile(member)
                data = stream.read() if stream else b""
                sample |= {"key": key, suffix: data if suffix == "jpg" else data.decode()}
            if sample:
                yield sample


def read_one(path: str) -> Iterator[dict[str, Any]]:
    """Yield the samples of a shard, for litdata's workers."""
    yield from _samples([Path(path)])


def _convert(tars: list[Path], folder: Path, installed: set[str]) -> None:
    """Write the samples in the formats of the readers that do not read tars."""
    if "mosaicml" in installed:
        from streaming import MDSWriter

        columns = {"key": "str", "jpg": "bytes", "txt": "str", "json": "str"}
        with MDSWriter(out=str(folder / "mds"), columns=columns, size_limit=_SHARD) as out:
            for sample in _samples(tars):
                out.write(sample)
    if "litdata" in installed:
        from litdata import optimize

        optimize(fn=read_one, inputs=[str(t) for t in tars], output_dir=str(folder / "litdata"), chunk_bytes=_SHARD,
                 num_workers=1)  # fmt: skip


def _made(data: Path | None, folder: Path, installed: set[str]) -> None:
    """Mine the samples and write them in all formats, unless that was done."""
    from benchmarks.streaming import mined

    done = folder / "made"
    if done.exists():
        return
    mined(data, folder / "release", shard_bytes=_SHARD)
    with contextlib.redirect_stdout(sys.stderr):
        _convert(_tars(folder), folder, installed)
    done.touch()


def _tars(folder: Path) -> list[Path]:
    return sorted((folder / "release" / "shards").rglob("train-*.tar"))


class Reader:
    """A reader's process, which measures one case after another."""

    def __init__(self, name: str, server: str, home: str) -> None:
        environment = {
            **os.environ, "PYTHONPATH": os.pathsep.join([".", *filter(None, sys.path)]), "HF_HUB_OFFLINE": "1",
            "HF_HOME": home, "HOME": home, "TMPDIR": home, "S3_ENDPOINT_URL": server, "AWS_ENDPOINT_URL": server,
            "AWS_ALLOW_HTTP": "true", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none",  # any will do here
            "AWS_DEFAULT_REGION": "us-east-1", "PYTHONWARNINGS": "ignore",
        }  # fmt: skip
        self.name, self._case = name, 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.peer_readers", name], env=environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1,
        )  # fmt: skip
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.starts = self._answer(_START)

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            self._answers.put(json.loads(line))
        self._answers.put({"fails": "its process ended"})

    def _answer(self, seconds: float) -> dict[str, Any]:
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            return {"fails": f"not reached in {seconds:.0f} s"}

    def _send(self, line: str) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(line + "\n")

    def begin(self, case: dict[str, Any]) -> None:
        """Let it fork for a case."""
        self._send(json.dumps({**case, "reader": self.name}))
        self._case = int(self._answer(_START).get("pid", 0))

    def ask(self, command: str) -> dict[str, Any]:
        """Return what it says of a pass, or of resuming; a case that takes too long is ended."""
        if not self._case:
            return {"fails": "ended before"}
        self._send(command)
        found = self._answer(_LIMIT)
        if "fails" in found:
            self.end()
        return found

    def end(self) -> None:
        """End the case and all of its processes."""
        if self._case:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._case, signal.SIGKILL)
            until = time.monotonic() + _START  # what it said before is passed over
            while "ended" not in self._answer(1.0) and self._process.poll() is None and time.monotonic() < until:
                pass
            self._case = 0

    def stop(self) -> None:
        """End its process."""
        self.end()
        self._process.kill()
        self._process.wait()


def _summary(passes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the fastest pass, and the middle one's rate; or why there is none."""
    good = [p for p in passes if "rate" in p]
    if not good:
        return passes[0]
    firsts = [p["first"] for p in good if "first" in p]
    return {
        "rate": round(max(p["rate"] for p in good), 1),
        "middle": round(median(p["rate"] for p in good), 1),
        "per_cpu_second": round(max(p["per_cpu_second"] for p in good), 1),
        "first": round(min(firsts), 3),
        "samples": max(p["samples"] for p in good),
        "passes": len(good),
    }


def _cell(readers: list[Reader], case: dict[str, Any], passes: int) -> dict[str, Any]:
    """Let all readers take turns over one case; each pass of ours stands beside one of each other."""
    for reader in readers:
        reader.begin(case)
    found: dict[str, list[dict[str, Any]]] = {r.name: [] for r in readers}
    for turn in range(passes):
        for reader in readers[turn % len(readers) :] + readers[: turn % len(readers)]:
            if not any("fails" in p for p in found[reader.name]):
                found[reader.name].append(reader.ask("pass"))
    for reader in readers:
        reader.end()
    rows = {name: _summary(of) for name, of in found.items()}
    for name, row in rows.items():  # of passes that were read in the same turn
        pairs = zip(found[name], found.get("pmcmine", []), strict=False)
        ratios = [p["rate"] / ours["rate"] for p, ours in pairs if "rate" in p and "rate" in ours]
        if ratios and "rate" in row:
            row |= {"ratio": round(median(ratios), 2), "ratios": [round(min(ratios), 2), round(max(ratios), 2)]}
    return rows


def _resumed(readers: list[Reader], case: dict[str, Any]) -> dict[str, Any]:
    rows = {}
    for reader in readers:
        reader.begin(case)
        rows[reader.name] = reader.ask("resume")
        reader.end()
    return rows


def _places(folder: Path, root: str, objects: str) -> dict[str, Any]:
    return {
        "pmcmine": f"{root}/release",
        "tars": [f"{root}/{p.relative_to(folder)}" for p in _tars(folder)],
        # These have downloaders for object stores and hosts of their own, none for plain HTTP (0.13 and 0.2.76).
        "mds": f"{objects}/mds",
        "litdata": f"{objects}/litdata",
    }


def _cases(folder: Path, server: str) -> Iterator[tuple[str, dict[str, Any], int]]:
    """Yield name, case and number of passes of each cell; none is a question whether a reader resumes."""
    local = _places(folder, str(folder), str(folder))
    remote = _places(folder, f"{server}/{_BUCKET}", f"s3://{_BUCKET}")
    for http in (False, True):
        base = {"place": remote if http else local, "local": local, "http": http}
        where = "http" if http else "local"
        for workers in (0, 2):
            for kind, passes in _PASSES.items():
                name = f"{where}, {workers} workers, {kind}"
                yield name, {**base, "workers": workers, "decode": kind == "decoded"}, passes
        yield f"{where}, resumed", {**base, "workers": 0, "decode": False}, 0


def peers(data: Path | None) -> dict[str, Any]:
    """Compare readers: samples per second to ours, seconds to the first sample, and whether a state resumes.

    Each cell is printed as it comes. With PMCMINE_PEERS, a folder, cells of an earlier run are not measured again.
    """
    from pmcmine.io.loopback import LoopbackServer

    installed = {name for name, module in _MODULES.items() if importlib.util.find_spec(module) is not None}
    with tempfile.TemporaryDirectory() as temporary, contextlib.ExitStack() as stack:
        top = Path(os.environ.get(KEEP) or temporary).absolute()
        (folder := top / _BUCKET).mkdir(parents=True, exist_ok=True)
        _made(data, folder, installed)
        results: dict[str, Any] = {"not installed": sorted(set(_MODULES) - installed)}
        kept = top / "cells.jsonl"
        if kept.exists():
            results |= {k: v for line in kept.read_text().splitlines() for k, v in json.loads(line).items()}
        server = stack.enter_context(LoopbackServer(type("Handler", (_Handler,), {"root": top})))
        cases = [c for c in _cases(folder, server.url.rstrip("/")) if c[0] not in results]
        readers = []
        for name in _MODULES if cases else ():
            if name in installed:
                readers.append(reader := Reader(name, server.url.rstrip("/"), temporary))
                stack.callback(reader.stop)
        for name, case, passes in cases:
            results[name] = _cell(readers, case, passes) if passes else _resumed(readers, case)
            print(f"{name}: {json.dumps(results[name])}", file=sys.stderr, flush=True)
            with kept.open("a") as stream:
                stream.write(json.dumps({name: results[name]}) + "\n")
    return results
