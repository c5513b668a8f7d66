"""Other readers over the same samples: webdataset, `datasets`, MosaicML's streaming, litdata beside `pmcmine.stream`.

`pip install 'pmcmine[benchmarks]'`; a reader that is not installed is named as such.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

LATENCY: Final = 0.02  # seconds before each answer over HTTP
_MODULES: Final = {
    "pmcmine": "pmcmine", "webdataset": "webdataset", "datasets": "datasets", "mosaicml": "streaming",
    "litdata": "litdata",
}  # fmt: skip
# They have downloaders for object stores and hosts of their own, none for HTTP (versions 0.13 and 0.2.76).
_NO_HTTP: Final = ("mosaicml", "litdata")
_LIMIT: Final = 60  # seconds of one measurement
_SHARD: Final = 8_000_000


class _Handler(SimpleHTTPRequestHandler):
    """Serves a folder with ranges, each answer after a while."""

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


def _run(case: dict[str, Any]) -> dict[str, Any]:
    """Measure one case in a process of its own."""
    if case["http"] and case["reader"] in _NO_HTTP:
        return {"fails": "reads nothing over plain HTTP"}
    path = os.pathsep.join([".", *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONPATH": path, "HF_HUB_OFFLINE": "1"}
    with tempfile.TemporaryDirectory() as home:
        environment |= {"HF_HOME": home, "HOME": home, "TMPDIR": home}
        command = [sys.executable, "-m", "benchmarks.peer_readers", json.dumps(case)]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_LIMIT, check=False)
        except subprocess.TimeoutExpired:
            return {"fails": f"no end in {_LIMIT} s"}
    lines = done.stdout.splitlines()
    found: dict[str, Any] = json.loads(lines[-1]) if lines else {"fails": done.stderr.strip()[-200:]}
    return found


def _places(folder: Path, root: str) -> dict[str, Any]:
    tars = sorted((folder / "release" / "shards").rglob("train-*.tar"))
    return {
        "pmcmine": f"{root}/release",
        "tars": [f"{root}/{p.relative_to(folder)}" for p in tars],
        "mds": f"{root}/mds",
        "litdata": f"{root}/litdata",
    }


def peers(data: Path | None) -> dict[str, Any]:
    """Compare readers: samples per second to ours, seconds to the first sample, and whether a state resumes."""
    from benchmarks.streaming import mined
    from pmcmine.io.loopback import LoopbackServer

    installed = {name for name, module in _MODULES.items() if importlib.util.find_spec(module) is not None}
    results: dict[str, Any] = {"not installed": sorted(set(_MODULES) - installed)}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        mined(data, folder / "release", shard_bytes=_SHARD)
        with contextlib.redirect_stdout(sys.stderr):
            _convert(sorted((folder / "release" / "shards").rglob("train-*.tar")), folder, installed)
        handler = type("Handler", (_Handler,), {"root": folder})
        with LoopbackServer(handler) as server:
            for http, workers, decode in [(h, w, d) for h in (False, True) for w in (0, 2) for d in (False, True)]:
                place = _places(folder, server.url.rstrip("/") if http else str(folder))
                name = f"{'http' if http else 'local'}, {workers} workers, {'decoded' if decode else 'bytes'}"
                case = {"place": place, "http": http, "workers": workers, "decode": decode, "resume": False}
                found = {reader: _run({**case, "reader": reader}) for reader in _MODULES if reader in installed}
                ours = found["pmcmine"].get("rate")
                for row in found.values():
                    if ours and "rate" in row:
                        row["ratio"] = round(row["rate"] / ours, 2)
                results[name] = found
                print(f"{name}: {json.dumps(found)}", file=sys.stderr, flush=True)
            case = {"place": _places(folder, str(folder)), "http": False, "workers": 0, "decode": False, "resume": True}
            results["resume"] = {r: _run({**case, "reader": r}) for r in _MODULES if r in installed}
    return results
