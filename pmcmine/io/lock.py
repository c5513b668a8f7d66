"""Lock the work folder for one run at a time; a killed run leaves no lock behind."""

from __future__ import annotations

import errno
import json
import logging
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pmcmine.errors import ReleaseError, StorageError
from pmcmine.io.background import in_background
from pmcmine.io.folder import Folder
from pmcmine.io.safe_files import open_lock
from pmcmine.text.clean import for_terminal

log = logging.getLogger(__name__)
_BEAT = 20.0  # heartbeat interval on an object store, seconds
_SILENCE = 30.0  # seconds within which a live run sends a heartbeat
_STALE = 90.0  # heartbeat timeout, seconds
_WHO = 200  # bytes of a lock that are displayed
_SETTLE = 3.0  # seconds after which another run that takes over a dead run's lock must have written


@contextmanager
def held(work: Folder) -> Iterator[None]:
    """Hold the lock of a work folder.

    A local folder is locked with flock(2), which the kernel releases when the process ends, however it ends. On an
    object store, an object is renewed while the run lives.

    Raises:
        ReleaseError: if another run holds it.
    """
    if work.is_local:
        yield from _local(work)
    else:
        yield from _remote(work)


@contextmanager
def shared(work: Folder, seconds: float) -> Iterator[None]:
    """Hold a shared lock of a local work folder: many jobs mine at once, while no other run can start.

    Args:
        work: the work folder.
        seconds: maximum wait for a run that holds it exclusively.

    Raises:
        ReleaseError: if that run still holds it.
    """
    import fcntl

    try:
        opened = open_lock(Path(work.path("lock")))
    except OSError as error:
        raise StorageError(f"{work.url}: can't write there ({error.strerror or error})") from None
    with opened as stream:
        deadline = time.monotonic() + seconds
        while not _flock(stream, fcntl.LOCK_SH, work):
            if time.monotonic() >= deadline:
                raise _busy(work, _holder(stream))
            time.sleep(0.5)
        yield


def _flock(stream: BinaryIO, how: int, work: Folder) -> bool:
    """Lock a file if no other process holds it; return whether it is locked.

    Raises:
        StorageError: if the file system has no locks.
    """
    import fcntl

    try:
        fcntl.flock(stream, how | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK):
            raise StorageError(
                f"{work.url}: this file system has no locks (flock: {error.strerror}); mount it with them, or use "
                "another --out"
            ) from None
        return False
    return True


def _holder(stream: BinaryIO) -> str:
    """Return the holder of a lock, as stated in its file."""
    stream.seek(0)
    return for_terminal(stream.read(_WHO).decode("utf-8", "replace").strip()) or "no details"


def _busy(work: Folder, who: str) -> ReleaseError:
    return ReleaseError(f"{work.url}: another run is at work in this folder ({who}); wait for it or use another --out")


def _local(work: Folder) -> Iterator[None]:
    import fcntl

    path = Path(work.path("lock"))
    try:
        if path.parent.is_symlink():
            raise StorageError(f"{path.parent}: is a link, no work folder of ours; remove it or use another --out")
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = open_lock(path)
    except OSError as error:
        raise StorageError(f"{work.url}: can't write there ({error.strerror or error}); use another --out") from None
    with opened as stream:
        if not _flock(stream, fcntl.LOCK_EX, work):
            raise _busy(work, _holder(stream))
        left = stream.read(_WHO)
        if left and not left.startswith(b"process "):
            raise StorageError(f"{path}: is no lock of pmcmine; move it, or use another --out")
        stream.seek(0)
        stream.truncate(0)
        stream.write(f"process {os.getpid()} on {socket.gethostname()}".encode())
        stream.flush()
        yield


def _remote(work: Folder) -> Iterator[None]:
    mine = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
    _take(work, mine)

    def keep(done: threading.Event) -> None:
        while not done.wait(_BEAT):
            try:
                state = _read(work)
                if state is None or state["run"] == mine:
                    work.write("lock", _beat(mine), replace=True)
                    continue
            except Exception as error:  # noqa: BLE001 - each file system has its own errors; the next beat may succeed
                log.warning("%s: the lock could not be renewed (%s: %s)", work.url, type(error).__name__, error)
                continue
            # This run was silent so long (a sleeping machine) that another took over.
            log.error("%s: %s has taken this folder over; this run stops", work.url, state["run"])
            # Background jobs of a shell ignore SIGINT; on the command line SIGTERM does the same.
            ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM if ignored else signal.SIGINT)
            return

    try:
        with in_background(keep):
            yield
    finally:
        state = _read(work)
        if state is not None and state["run"] == mine:
            work.remove("lock")


def _take(work: Folder, mine: str) -> None:
    """Create a lock if there is none, or take over a dead run's.

    Raises:
        ReleaseError: if another run holds it, or is quicker.
    """
    state = _read(work)
    if state is None:
        work.write("lock", _beat(mine))
    else:
        if 0 <= time.time() - state["at"] < _STALE:
            raise _busy(work, state["run"])
        # Stale, or from the future: another machine's clock may be wrong, so only its silence counts.
        time.sleep(_SILENCE)
        later = _read(work)
        if later is not None and later != state:
            raise _busy(work, later["run"])
        work.write("lock", _beat(mine), replace=True)
        time.sleep(_SETTLE)
    # Trust the stored content, not the response of the put: it may be lost and the put repeated.
    found = _read(work)
    if found is None or found["run"] != mine:
        raise _busy(work, found["run"] if found else "it began at the same moment")


def _beat(run: str) -> bytes:
    return json.dumps({"run": run, "at": time.time()}).encode()


def _read(work: Folder) -> dict[str, Any] | None:
    try:
        data = work.read("lock")
        if data and not data.startswith(b"{"):
            raise ReleaseError(f"{work.url}/lock: is no lock of pmcmine; move it, or use another --out")
        state = json.loads(data)
        return {"run": str(state["run"]), "at": float(state["at"])}
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        return {"run": "of no form known here", "at": 0.0}
