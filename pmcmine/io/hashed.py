"""Hash streams while writing or reading them."""

from __future__ import annotations

import io
import queue
import threading
from hashlib import sha256
from types import TracebackType
from typing import Any, BinaryIO, Final

CHUNK: Final = 4 << 20  # bytes handed to the disk and the hash at once


class HashedWriter:
    """Write a stream and hash it in a separate thread (hashlib releases the interpreter lock).

    As a context manager it ends the thread; the owner closes the stream. pyarrow accepts it as a file.

    Attributes:
        size: bytes written.
    """

    closed = False

    def __init__(self, stream: BinaryIO) -> None:
        self.size = 0
        self._stream = stream
        self._digest = sha256()
        self._parts: list[bytes] = []
        self._held = 0
        self._queue: queue.Queue[bytes | None] = queue.Queue(4)
        self._thread = threading.Thread(target=self._hash, daemon=True)
        self._thread.start()

    def __enter__(self) -> HashedWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def _hash(self) -> None:
        while (data := self._queue.get()) is not None:
            self._digest.update(data)

    def write(self, *parts: bytes) -> int:
        """Write bytes; return how many."""
        n = sum(len(part) for part in parts)
        self._parts += [bytes(part) for part in parts]  # copy anything but `bytes`, as it may change after the call
        self.size += n
        self._held += n
        if self._held >= CHUNK:
            self._write_held()
        return n

    def _write_held(self) -> None:
        data = b"".join(self._parts)
        self._parts, self._held = [], 0
        self._queue.put(data)
        self._stream.write(data)

    def flush(self) -> None:
        """Do nothing: `finish` writes buffered bytes."""

    def close(self) -> None:
        """Do nothing: `finish` writes buffered bytes, and the owner closes the stream."""

    def finish(self) -> str:
        """Write buffered bytes; return the SHA-256 of all bytes written."""
        self._write_held()
        self._end()
        return self._digest.hexdigest()

    def _end(self) -> None:
        """End the thread."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()


class HashedReader(io.RawIOBase):
    """Read a stream and hash the bytes read.

    Attributes:
        size: bytes read.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.size = 0
        self._stream = stream
        self._digest = sha256()

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read `size` bytes, or one chunk."""
        data = self._stream.read(size if size >= 0 else CHUNK)
        self._digest.update(data)
        self.size += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer; return how many bytes."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def drain(self) -> None:
        """Read the rest."""
        while self.read(CHUNK):
            pass

    def hexdigest(self) -> str:
        """Return the SHA-256 of all bytes read."""
        return self._digest.hexdigest()
