"""Read ranges of shards: from a disk or an object store, over HTTP, and from a Hub repo. Servers may be hostile.

If a server sends whole files for ranges, only ranges near the beginning of a file are accepted.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit

from pmcmine.errors import PmcmineError
from pmcmine.io.retry import retry_after
from pmcmine.stream.state import image_holds

MOST_WAIT: Final = 300.0  # seconds; a longer Retry-After is cut to this
_TIMEOUT: Final = 30.0  # seconds without an answer
_ANSWER: Final = 60.0  # seconds for a range, plus one for each _SLOWEST bytes
_SLOWEST: Final = 16 << 10
_SMALL: Final = 1 << 20  # bytes at the beginning of a file that may be read to reach a range
_PART: Final = 64 << 10
_OPEN: Final = 64  # open files kept
_SIGNED: Final = 300.0  # seconds for which a signed address of the Hub's storage is used; it is valid for an hour
_FIRST_BYTE: Final = re.compile(r"bytes (\d{1,18})-")


_BLOCK: Final = 512
_MERGE: Final = 8 << 20  # adjacent samples are read together, up to this many bytes
_SUFFIXES: Final = ("jpg", "txt", "json")


class NoRanges(PmcmineError):
    """The server sends whole files for ranges: continuing would read a shard for every few samples."""

    def __init__(self, shard: str) -> None:
        super().__init__(
            f"{shard}: the server sends whole files for ranges; copy the release to a disk and open it there"
        )


class Busy(Exception):
    """A server asks to retry after some seconds."""

    def __init__(self, status: int, retry_after: float) -> None:
        super().__init__(f"HTTP {status}")
        self.retry_after = retry_after


def _seconds(size: int) -> float:
    """Return the time limit in seconds of an answer."""
    return _ANSWER + size / _SLOWEST


class _Body:
    """Collect the parts of an answer to a range request, up to the wanted number of bytes, in bounded time.

    Args:
        status: of the answer.
        headers: of the answer.
        path: path of the shard.
        start: first byte of the range.
        end: one past the last byte.

    Raises:
        FileNotFoundError: if there is no such file.
        Busy: for another answer without content.
        NoRanges: if the whole file is sent and the range is not near its beginning.
        ValueError: if it is another range.
    """

    def __init__(self, status: int, headers: Any, path: str, start: int, end: int) -> None:
        if status in (404, 410):
            raise FileNotFoundError(path)
        if status not in (200, 206):
            raise Busy(status, retry_after(headers.get("Retry-After"), MOST_WAIT) or 0.0)
        self._whole = status == 200
        if self._whole and end > _SMALL:
            raise NoRanges(path)
        first = _FIRST_BYTE.match(headers.get("Content-Range") or "")
        if not self._whole and first and int(first[1]) != start:
            raise ValueError(f"another range, from {first[1]} on")
        self._path, self._start, self._end = path, start, end
        self._most = end if self._whole else end - start
        self._until = time.monotonic() + _seconds(self._most)
        self._parts: list[bytes] = []
        self._held = 0

    def take(self, part: bytes) -> bool:
        """Add a part; return whether more is wanted.

        Raises:
            NoRanges: if the answer is longer than the range.
            TimeoutError: if it is too slow.
        """
        self._parts.append(part)
        self._held += len(part)
        if self._held > self._most and not self._whole:
            raise NoRanges(self._path)
        if time.monotonic() > self._until:
            raise TimeoutError(f"{self._held} of {self._most} bytes in time")
        return not (self._whole and self._held >= self._most)  # skip the bytes after the range

    def range(self) -> bytes:
        """Return the bytes of the range, fewer if the answer ended early."""
        data = b"".join(self._parts)
        return data[self._start : self._end] if self._whole else data


class _Own:
    """A file system that is created anew in a forked process, such as a DataLoader worker.

    Connections, and the thread that serves them, belong to the process that opened them; fsspec refuses others.
    """

    def __init__(self, fs: Any) -> None:
        self._fs, self._pid = fs, os.getpid()

    def get(self) -> Any:
        """Return the file system of this process."""
        pid = os.getpid()
        if pid != self._pid:  # concurrent threads each make one, and the last one is kept
            self._fs, self._pid = type(self._fs)(*self._fs.storage_args, **self._fs.storage_options), pid
        return self._fs


class Ranges:
    """Read ranges of shards through a file system."""

    def __init__(self, fs: Any, root: str) -> None:
        self._own, self._root = _Own(fs), root
        self.at_once = 1 if "file" in fs.protocol else 8

    def read(self, shard: str, start: int, end: int) -> bytes:
        """Return a range of a shard; each file system has errors of its own."""
        fs = self._own.get()
        bound = {"timeout": _seconds(end - start)} if getattr(fs, "async_impl", False) else {}
        data: bytes = fs.cat_file(f"{self._root}/{shard}", start=start, end=end, **bound)
        return data


class LocalRanges:
    """Read ranges of shards on a disk, and keep the files open. Needs no fsspec file system."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._files: OrderedDict[str, BinaryIO] = OrderedDict()
        self._lock = Lock()
        self.at_once = 1

    def __reduce__(self) -> tuple[type[LocalRanges], tuple[str]]:
        return LocalRanges, (self._root,)  # workers receive it pickled, and open their own files

    def read(self, shard: str, start: int, end: int) -> bytes:
        """Return a range of a shard; errors are those of the system."""
        with self._lock:
            stream = self._files.get(shard)
            if stream is None:
                while len(self._files) >= _OPEN:
                    self._files.popitem(last=False)
                stream = self._files[shard] = Path(self._root, shard).open("rb", buffering=0)  # noqa: SIM115
            self._files.move_to_end(shard)
        return os.pread(stream.fileno(), end - start, start)  # no file position, which forked processes would share


class HttpRanges:
    """Read ranges of shards through the session of an HTTP file system, which itself would read the whole answer."""

    def __init__(self, fs: Any, root: str) -> None:
        self._own, self._root = _Own(fs), root
        self.at_once = 8

    def read(self, shard: str, start: int, end: int) -> bytes:
        """Return a range of a shard; errors as of `_Body`, and those of the session."""
        from fsspec.asyn import sync  # not needed by a worker that reads a local copy

        fs = self._own.get()
        found: bytes = sync(fs.loop, self._read, fs, shard, start, end, timeout=_seconds(end - start))
        return found

    async def _read(self, fs: Any, shard: str, start: int, end: int) -> bytes:
        options = dict(fs.kwargs)
        headers = {**options.pop("headers", {}), "Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
        session = await fs.set_session()
        async with session.get(fs.encode_url(f"{self._root}/{shard}"), headers=headers, **options) as answer:
            body = _Body(answer.status, answer.headers, shard, start, end)
            async for part in answer.content.iter_chunked(_PART):
                if not body.take(part):
                    break
        return body.range()


class HubRanges:
    """Read ranges of a repo's shards through the session of the Hub's client.

    It sends one request per range, without the read-ahead and the long waits of the client's file system. The Hub
    redirects to its storage by a signed address, which is renewed after some minutes, and gets no token.
    """

    def __init__(self, fs: Any, root: str) -> None:
        place = fs.resolve_path(root)  # pinned by `pmcmine.stream`
        self._repo, self._revision, self._prefix = place.repo_id, place.revision, place.path_in_repo
        self._endpoint, self._token = fs.endpoint, fs.token
        self._signed: dict[str, tuple[str, float]] = {}  # path → storage address, and the time until which it is used
        self.at_once = 8

    def read(self, shard: str, start: int, end: int) -> bytes:
        """Return a range of a shard; errors as of `_Body`, and those of the session."""
        from huggingface_hub import hf_hub_url
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # in no __all__

        path = f"{self._prefix}/{shard}" if self._prefix else shard
        signed, until = self._signed.get(path, ("", 0.0))
        if time.monotonic() < until:
            with suppress(Busy, FileNotFoundError):
                try:
                    return self._get(signed, {}, path, start, end)
                except Exception:
                    self._signed.pop(path, None)
                    raise
        url = hf_hub_url(self._repo, path, repo_type="dataset", revision=self._revision, endpoint=self._endpoint)
        return self._get(url, build_hf_headers(token=self._token), path, start, end)

    def _get(self, url: str, headers: dict[str, str], path: str, start: int, end: int) -> bytes:
        """Request a range; remember the file's address if it is on another host."""
        from huggingface_hub.utils import get_session  # type: ignore[attr-defined]  # in no __all__

        headers = {**headers, "Range": f"bytes={start}-{end - 1}"}
        session: Any = get_session()
        # httpx in new versions of the client, requests in older ones; check the status before reading the body.
        asked: Any = (
            session.stream("GET", url, headers=headers, timeout=_TIMEOUT)
            if callable(getattr(session, "stream", None))
            else session.get(url, headers=headers, timeout=_TIMEOUT, stream=True)
        )
        with asked as answer:
            body = _Body(answer.status_code, answer.headers, path, start, end)
            if urlsplit(str(answer.url)).netloc != urlsplit(url).netloc:
                self._signed[path] = (str(answer.url), time.monotonic() + _SIGNED)
            for part in answer.iter_bytes() if hasattr(answer, "iter_bytes") else answer.iter_content(_PART):
                if not body.take(part):
                    break
        return body.range()


AnyRanges = Ranges | LocalRanges | HttpRanges | HubRanges


def ranges_of(fs: Any, root: str) -> AnyRanges:
    """Return a range reader for a root of a file system."""
    protocols = {fs.protocol} if isinstance(fs.protocol, str) else set(fs.protocol)
    if "hf" in protocols:
        return HubRanges(fs, root)
    if "file" in protocols and hasattr(os, "pread"):
        return LocalRanges(root)
    return HttpRanges(fs, root) if protocols & {"http", "https"} else Ranges(fs, root)


@dataclass(frozen=True, slots=True)
class SamplePlace:
    """Location of a sample: shard, offset and size in bytes."""

    shard: str
    offset: int
    size: int


def adjacent_runs(places: Sequence[SamplePlace], gap: int = 0) -> Iterator[list[SamplePlace]]:
    """Join places that are adjacent in one shard, or at most `gap` bytes apart."""
    run: list[SamplePlace] = []
    for place in places:
        if run and (
            place.shard != run[-1].shard
            or not 0 <= place.offset - run[-1].offset - run[-1].size <= gap
            or place.offset + place.size - run[0].offset > _MERGE
        ):
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def decode_sample(data: bytes | memoryview, place: SamplePlace, check: bool) -> dict[str, Any]:
    """Decode one sample from its tar members: plain ustar headers, as in a release's shards.

    Args:
        data: the members.
        place: their location.
        check: check the image too.
    """
    sample: dict[str, Any] = {}
    at = 0
    try:
        for suffix in _SUFFIXES:
            head = bytes(data[at : at + _BLOCK])
            if head[257:262] != b"ustar":
                raise ValueError("no ustar header")
            # POSIX.1-1988, ustar: the sum of the header's bytes, with the checksum field as spaces.
            if sum(head) - sum(head[148:156]) + 8 * 0x20 != int(head[148:154], 8):
                raise ValueError("a damaged header")
            size = int(head[124:135], 8)
            content = bytes(data[at + _BLOCK : at + _BLOCK + size])
            if len(content) != size:
                raise ValueError("cut off")
            key, _, found = head[: head.index(0, 0, 100)].decode("ascii").partition(".")
            if found != suffix or sample.setdefault("key", key) != key:
                raise ValueError(f"a member {key}.{found} of another sample")
            sample[suffix] = json.loads(content) if suffix == "json" else content
            at += _BLOCK + -(-size // _BLOCK) * _BLOCK
        if at != len(data):
            raise ValueError("more than three members")
        sample["txt"] = sample["txt"].decode("utf-8")
        record = sample["json"]
        # The text of a panel's sample is its part of the figure's caption.
        if record["text" if "panel_id" in record else "caption"] != sample["txt"]:
            raise ValueError("a text that is not its caption")
        if check and not image_holds(sample["jpg"], record["sha256"]):
            raise ValueError("a damaged image")
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise PmcmineError(
            f"{place.shard} at {place.offset}: no sample there ({error}); is the copy complete?"
        ) from None
    return sample
