"""Open our own files on a local disk without ever writing to anyone else's."""

from __future__ import annotations

import errno
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Final

from pmcmine.errors import PmcmineError, StorageError

PRIVATE: Final = 0o600
SHARED: Final = 0o666  # less the umask
_OWN: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
# A FIFO would block the opening itself (open(2)).
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_ALL: Final = 1 << 62  # bytes
_AT_ONCE: Final = 1 << 30
_LEAST: Final = 1 << 12
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def create_new(path: Path, mode: int = SHARED) -> BinaryIO:
    """Create a file and open it for writing.

    Raises:
        FileExistsError: if anything has this name, including a link.
    """
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OWN, mode), "wb")


def temporary_name(path: Path) -> Path:
    """Return a hidden, unguessable name beside a file."""
    return path.with_name(f".{path.name[:200]}.{uuid.uuid4().hex}.tmp")


def open_regular(path: Path) -> BufferedReader:
    """Open a file for reading if it is a regular one, or a link to one.

    Raises:
        OSError: for folders, FIFOs, sockets and devices, which may block or never end.
    """
    return os.fdopen(_open_regular(str(path))[0], "rb")


def read_regular(path: str, most: int = -1) -> bytes:
    """Read a file as `open_regular`, at most `most` bytes (all if negative), with as few calls as possible.

    Raises:
        OSError: as `open_regular`.
    """
    descriptor, size = _open_regular(path)
    try:
        parts: list[bytes] = []
        left = most if most >= 0 else _ALL
        # One byte more than its size, so that the next call signals its end; it may have grown meanwhile.
        while left and (data := os.read(descriptor, min(left, size + 1, _AT_ONCE))):
            parts.append(data)
            left -= len(data)
            size = max(size - len(data), _LEAST)
        return parts[0] if len(parts) == 1 else b"".join(parts)
    finally:
        os.close(descriptor)


def _open_regular(path: str) -> tuple[int, int]:
    """Return the descriptor of a regular file, and its size."""
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - opening some devices has effects; a Path costs more
        raise OSError(errno.EINVAL, "no regular file", path)
    descriptor = os.open(path, _FLAGS)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):  # replaced in between
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no regular file", path)
    return descriptor, found.st_size


def read_bounded(path: Path, most: int, said: str, more: str = "") -> bytes:
    """Read a regular file named by the user.

    Args:
        path: the file.
        most: maximum bytes.
        said: prefix of messages: the path, and the option that named it.
        more: suffix of the message for a larger file.

    Raises:
        PmcmineError: one line, if it can't be read or is larger.
    """
    try:
        with open_regular(path) as stream:
            data = stream.read(most + 1)
    except OSError as error:
        raise PmcmineError(f"{said}: can't be read ({error.strerror or error})") from None
    if len(data) > most:
        raise PmcmineError(f"{said}: more than {most >> 20} MiB{more}")
    return data


@contextmanager
def replacing(path: Path, mode: int = SHARED) -> Iterator[BinaryIO]:
    """Open a file for writing that gets its name when the block ends without an error.

    An existing file is replaced; a link is replaced, not followed.
    """
    temporary = temporary_name(path)
    try:
        with create_new(temporary, mode) as stream:
            yield stream
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def open_lock(path: Path) -> BinaryIO:
    """Open a lock file for reading and writing, and create it if it does not exist.

    Raises:
        StorageError: if it is a link, not a regular file, or has a second name: writing to it would write elsewhere.
        OSError: if it can't be opened.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NONBLOCK", 0) | _OWN
    try:
        descriptor = os.open(path, flags, PRIVATE)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK):  # EMLINK on FreeBSD
            raise StorageError(f"{path}: is a link, no lock of ours; remove it") from None
        raise
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        os.close(descriptor)
        raise StorageError(f"{path}: is no lock of ours (a special file, or one with a second name); remove it")
    return os.fdopen(descriptor, "r+b")


def check_no_links(root: Path, name: str) -> None:
    """Check that no folder on the path to a file below `root` is a link.

    Raises:
        StorageError: if one is: the file would be written outside the folder.
    """
    path = root
    for part in name.split("/")[:-1]:
        path = path / part
        if path.is_symlink():
            raise StorageError(f"{path}: is a link; a release is written into real folders only")


def private_folder(path: Path) -> Path:
    """Create a folder that only this user can read and write, or check that it is one.

    Raises:
        StorageError: if it is a link, belongs to another user, or others can write to it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise StorageError(f"{path}: is a link or no folder; remove it")
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        raise StorageError(f"{path}: belongs to another user")
    if status.st_mode & _OTHERS_WRITE:
        raise StorageError(f"{path}: others can write to it; `chmod go-w` it if what is in it is yours, or remove it")
    return path
