"""One run a folder: a lock that a killed run does not leave behind."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pmcmine.errors import ReleaseError, StorageError
from pmcmine.storage import Folder

_BEAT = 20.0  # seconds between signs of life on an object store
_SILENCE = 30.0  # seconds in which a run that lives gives a sign
_STALE = 90.0  # seconds without one, after which the run is taken for dead


@contextmanager
def held(work: Folder) -> Iterator[None]:
    """Hold the lock of a work folder.

    A local folder is locked with flock(2), which the kernel lets go when the process ends, however it ends.
    An object store holds an object that is renewed while the run lives.

    Raises:
        ReleaseError: where another run holds it.
    """
    if work.is_local:
        yield from _local(work)
    else:
        yield from _remote(work)


def _busy(work: Folder, who: str) -> ReleaseError:
    return ReleaseError(f"{work.url}: another run is at work in this folder ({who}); wait for it or use another --out")


def _local(work: Folder) -> Iterator[None]:
    import fcntl

    path = Path(work.path("lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = path.open("a+")
    except OSError as error:
        raise StorageError(f"{work.url}: can't write there ({error.strerror or error}); use another --out") from None
    with opened as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            stream.seek(0)
            raise _busy(work, stream.read().strip() or "no details") from None
        stream.truncate(0)
        stream.write(f"process {os.getpid()} on {socket.gethostname()}")
        stream.flush()
        yield


def _remote(work: Folder) -> Iterator[None]:
    mine = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"

    def beat() -> None:
        work.write("lock", json.dumps({"run": mine, "at": time.time()}).encode(), replace=True)

    def holder() -> str | None:
        try:
            state = json.loads(work.read("lock"))
        except FileNotFoundError:
            return None
        if 0 <= time.time() - state["at"] < _STALE:
            return str(state["run"])
        # Stale, or from the future: another machine's clock may be wrong, so that only its silence tells.
        time.sleep(_SILENCE)
        try:
            later = json.loads(work.read("lock"))
        except FileNotFoundError:
            return None
        return str(later["run"]) if later != state else None

    other = holder()
    if other is not None:
        raise _busy(work, other)
    beat()
    if holder() != mine:
        raise _busy(work, "it began at the same moment")
    done = threading.Event()

    def keep() -> None:
        while not done.wait(_BEAT):
            beat()

    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        work.remove("lock")
