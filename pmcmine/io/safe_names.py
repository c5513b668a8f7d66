"""Check untrusted names before they become a path, an address, a tar member or an SQL identifier.

All names from a release, an archive, an inventory, an answer, a vocabulary or a model pass through here before they are
joined to a folder. Our own releases only have plain names, so that anything else in one is rejected.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, Final

from pmcmine.errors import UnsafeNameError
from pmcmine.io.safe_files import open_regular
from pmcmine.text.clean import for_terminal

_MAX_PART: Final = 255  # bytes, as in most file systems
_MAX_PATH: Final = 4096
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")
_TABLE: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def why_unsafe(name: object, *, drives: bool = True) -> str | None:
    """Explain why a relative path may lead out of the folder that it is joined to; None if it can't.

    Links are handled by `inside`.

    Args:
        name: the path.
        drives: reject drive letters, which only have a meaning on Windows.
    """
    if not isinstance(name, str):
        return "is no text"
    if name.startswith("/"):
        return "is an absolute path"
    if "\\" in name:
        return "holds a backslash"
    if drives and _DRIVE.match(name):
        return "begins with a drive letter"
    if "\0" in name:
        return "holds a NUL"
    if any(part in ("..", ".") for part in name.split("/")):
        return "holds '..' or '.'"
    return None


def _refuse(name: object, what: str, why: str) -> UnsafeNameError:
    shown = for_terminal(name if isinstance(name, str) else repr(name), 80)
    return UnsafeNameError(f"{what} {shown!r} {why}; it is not used")


def relative_name(name: object, what: str) -> str:
    """Check a relative path of any characters that a file system allows, with `/` between its parts, and return it.

    Args:
        name: the name.
        what: kind of the named thing, for the message.

    Raises:
        UnsafeNameError: if it is empty, absolute or too long, or contains `..`, `.`, an empty part, a backslash, a
            drive
            letter, or control characters.
    """
    why = why_unsafe(name)
    if why is not None or not isinstance(name, str):
        raise _refuse(name, what, why or "is no text")
    if _CONTROL.search(name):
        raise _refuse(name, what, "holds control characters")
    parts = name.split("/")
    if not all(parts):
        raise _refuse(name, what, "is empty or has an empty part")
    if len(name.encode()) > _MAX_PATH or any(len(part.encode()) > _MAX_PART for part in parts):
        raise _refuse(name, what, "is too long")
    return name


def safe_name(name: object, what: str) -> str:
    """Check the name of one file or folder, and return it.

    Raises:
        UnsafeNameError: as `relative_name`, and if it has several parts.
    """
    checked = relative_name(name, what)
    if "/" in checked:
        raise _refuse(name, what, "holds a slash")
    return checked


def release_name(name: object, what: str = "file") -> str:
    """Check the path of a file inside a release: ASCII letters, digits, dots, hyphens and underscores.

    Raises:
        UnsafeNameError: for any other name.
    """
    checked = relative_name(name, what)
    if not all(_PLAIN.fullmatch(part) for part in checked.split("/")):
        raise _refuse(name, what, "is no name that a release has")
    return checked


def check_names(names: Iterable[object], root: Path | None, what: str) -> None:
    """Check the names of a release's files before any is read.

    Args:
        names: the names.
        root: the release, if it is a local folder: no link may lead out of it.
        what: kind of the named things, for the message.

    Raises:
        UnsafeNameError: for a name that a release can't have.
    """
    for name in names:
        checked = release_name(name, what)
        if root is not None:
            inside(root, checked, what)


def sample_key(name: object) -> str:
    """Check the key of a sample, which names files and tar members.

    Raises:
        UnsafeNameError: if it is invalid.
    """
    if not isinstance(name, str) or not _KEY.fullmatch(name):
        raise _refuse(name, "key", "is no key of a sample")
    return name


def table_name(name: object) -> str:
    """Check the name of a table, which is also the name of its view in SQL.

    Raises:
        UnsafeNameError: if it is invalid.
    """
    if not isinstance(name, str) or not _TABLE.fullmatch(name):
        raise _refuse(name, "table", "is no name of a table")
    return name


def content_hash(value: object, what: str) -> str:
    """Check a SHA-256 in hexadecimal, which names files of a cache.

    Raises:
        UnsafeNameError: if it is invalid.
    """
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise _refuse(value, what, "is no SHA-256")
    return value


def sql_identifier(name: str) -> str:
    """Quote a name for SQL."""
    if "\0" in name:
        raise _refuse(name, "SQL name", "holds a NUL")
    return '"' + name.replace('"', '""') + '"'


def inside(root: Path, name: object, what: str = "file") -> Path:
    """Return the path of a file below a local folder, with links resolved.

    Args:
        root: the folder; may itself be reached by links.
        name: relative path of the file.
        what: kind of the file, for the message.

    Raises:
        UnsafeNameError: if the name is unsafe, or a link leads out of the folder.
    """
    checked = relative_name(name, what)
    try:
        top = root.resolve()
        path = (top / checked).resolve()
        looped = _loops(path)
    except (OSError, RuntimeError):  # a loop of links; RuntimeError before Python 3.13
        looped = True
    if looped:
        raise _refuse(name, what, "can't be resolved")
    if not path.is_relative_to(top):
        raise _refuse(name, what, f"is a link that leads out of {root}")
    return path


def _loops(path: Path) -> bool:
    """Return whether links in a path form a loop; `resolve` keeps loops since Python 3.13."""
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ELOOP
    return False


def open_inside(root: Path, name: object, what: str = "file") -> BinaryIO:
    """Open a regular file below a local folder for reading.

    Raises:
        UnsafeNameError: as `inside`, and for FIFOs, devices and folders.
        OSError: if it can't be opened.
    """
    path = inside(root, name, what)
    try:
        return open_regular(path)
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise _refuse(name, what, "is no regular file") from None
        raise


def read_range(root: Path, name: object, offset: Any, size: Any, most: int, what: str = "file") -> bytes:
    """Read a range of a file below a local folder.

    Args:
        root: the folder.
        name: relative path of the file.
        offset: first byte, from an untrusted table.
        size: number of bytes, from an untrusted table.
        most: maximum size.
        what: kind of the file, for the message.

    Raises:
        UnsafeNameError: as `open_inside`, and for an impossible offset or size.
        OSError: if it can't be read.
    """
    if type(offset) is not int or type(size) is not int or not 0 <= offset < 1 << 62 or not 0 <= size <= most:
        raise _refuse(name, what, f"has no range of {size!r} bytes at {offset!r}")
    with open_inside(root, name, what) as stream:
        if offset + size > stream.seek(0, os.SEEK_END):
            raise _refuse(name, what, f"ends before the {size} bytes at {offset}")
        stream.seek(offset)
        data = stream.read(size)
    if len(data) != size:
        raise _refuse(name, what, f"ends before the {size} bytes at {offset}")
    return data
