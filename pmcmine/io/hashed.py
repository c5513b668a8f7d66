"""Writers that hash what passes through them."""

from __future__ import annotations

import queue
import threading
from hashlib import sha256
from typing import BinaryIO

_CHUNK = 4 << 20  # bytes handed to the disk and the hash at once


class _HashedWriter:
    """Writes a stream and hashes it in a thread of its own (hashlib lets go of the interpreter lock)."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = sha256()
        self._parts: list[bytes] = []
        self._held = 0
        self._queue: queue.Queue[bytes | None] = queue.Queue(4)
        self._thread = threading.Thread(target=self._hash, daemon=True)
        self._thread.start()
        self.size = 0

    def _hash(self) -> None:
        while (data := self._queue.get()) is not None:
            self._digest.update(data)

    def write(self, *parts: bytes) -> None:
        for part in parts:
            self._parts.append(part)
            self._held += len(part)
            self.size += len(part)
        if self._held >= _CHUNK:
            self._flush()

    def _flush(self) -> None:
        data = b"".join(self._parts)
        self._parts, self._held = [], 0
        self._queue.put(data)
        self._stream.write(data)

    def finish(self) -> str:
        """Flush; the SHA-256 of all that was written."""
        self._flush()
        self.close()
        return self._digest.hexdigest()

    def close(self) -> None:
        """End the thread."""
        self._queue.put(None)
        self._thread.join()


class _Hashed:
    """A stream that is hashed as it is written."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.digest = sha256()
        self.size = 0
        self.closed = False

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self._stream.write(data)

    def flush(self) -> None:
        """Do nothing: no data is buffered."""

    def close(self) -> None:
        """Do nothing: the owner closes the stream."""
