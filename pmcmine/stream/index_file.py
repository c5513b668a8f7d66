"""Keep indexes in files: one process of a machine makes an index, the others map it. The files are only a cache.

A file is named by a hash of its inputs, and is written to a temporary name and renamed when complete. A lock prevents
processes from making the same file at once; without locks, each makes one, and the last one stays.
"""

from __future__ import annotations

import json
import mmap
import os
import stat
import struct
import sys
import time
import warnings
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final

from pmcmine.errors import PmcmineError
from pmcmine.stream.index import Index, Layout

FOLDER: Final = "PMCMINE_CACHE"  # environment variable
_MAGIC: Final = b"pmcmine index 1\n"
_HEAD: Final = struct.Struct("<QI")  # length of the header in bytes, and its CRC-32
_MOST_HEADER: Final = 256 << 20  # bytes
_ALIGNED: Final = 64  # bytes
_POLL: Final = 0.05  # seconds
_UNUSED: Final = 30 * 86_400  # seconds without use after which a file is removed
_ORPHAN: Final = 86_400  # the same for leftovers of a killed process


def default_folder() -> Path:
    """Return the folder of indexes: `PMCMINE_CACHE`, or a folder in the user's cache."""
    chosen = os.environ.get(FOLDER)
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "pmcmine" / "streams"


def key_of(parts: Sequence[object]) -> str:
    """Return the name of an index with these inputs."""
    return sha256(json.dumps([sys.byteorder, *parts]).encode()).hexdigest()[:40]


class MappedIndex(Index):
    """An index in a file; when pickled for another process, only its path is sent, and the file is mapped there."""

    def __init__(self, path: str, key: str) -> None:
        self._path, self._key = path, key
        names, numbers, words, layout, digest = _mapped(Path(path), key)
        super().__init__(names, numbers, words, layout, digest)

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self._path, self._key)


def _again(path: str, key: str) -> MappedIndex:
    """Map the index of another process.

    Raises:
        PmcmineError: if its file is gone.
    """
    try:
        return MappedIndex(path, key)
    except (OSError, ValueError) as error:
        raise PmcmineError(f"{path}: the index of the stream can't be read ({error}); open the stream again") from None


def _mapped(path: Path, key: str) -> tuple[list[str], list[int], memoryview, Layout, str]:
    """Map a file and check its format.

    Raises:
        OSError: if it can't be read.
        ValueError: if it is truncated, damaged or another index.
    """
    with open(path, "rb", opener=_own) as stream:
        begins = stream.read(len(_MAGIC) + _HEAD.size)
        if not begins.startswith(_MAGIC) or len(begins) < len(_MAGIC) + _HEAD.size:
            raise ValueError("is no index")
        length, crc = _HEAD.unpack(begins[len(_MAGIC) :])
        header = stream.read(length) if length <= _MOST_HEADER else b""
        if len(header) != length or zlib.crc32(header) != crc:
            raise ValueError("is damaged")
        said = json.loads(header)
        if said["key"] != key:
            raise ValueError("is of another release or condition")
        start, n = _start(length), int(said["samples"])
        if os.fstat(stream.fileno()).st_size != start + 8 * n:
            raise ValueError("is cut off")
        data = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))[start:]
    names, numbers, layout = said["names"], said["numbers"], Layout(said["offset_bits"])
    words = data.cast("Q")
    # The first and last word must match the header's shard numbers; words in between are sorted.
    if n and (words[0] >> layout.shift != numbers[0] or words[n - 1] >> layout.shift != numbers[-1]):
        raise ValueError("is damaged")
    return names, numbers, data, layout, said["digest"]


def _own(path: str, flags: int) -> int:
    """Open a regular file that nobody else could have planted: in a world-writable folder, only one of this user.

    Raises:
        OSError: if it can't be opened, or is a link.
        ValueError: if it is not a regular file, or another user's.
    """
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # a FIFO would hang
    number = os.open(path, flags, 0o600)
    try:
        found = os.fstat(number)
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("is no regular file")
        theirs = hasattr(os, "geteuid") and found.st_uid not in (os.geteuid(), 0)
        if theirs and Path(path).parent.stat().st_mode & stat.S_IWOTH:
            raise ValueError("is another user's, in a folder that everybody may write to")
    except BaseException:
        os.close(number)
        raise
    return number


def _start(header: int) -> int:
    return -(-(len(_MAGIC) + _HEAD.size + header) // _ALIGNED) * _ALIGNED


def _write(path: Path, key: str, index: Index) -> None:
    """Write a file to a temporary name, and rename it when complete.

    Raises:
        OSError: if there is no space or no permission.
    """
    header = json.dumps(
        {"key": key, "samples": len(index), "offset_bits": index.layout.offset_bits, "digest": index.digest,
         "numbers": index.numbers, "names": index.names}
    ).encode()  # fmt: skip
    part = path.with_name(f"{path.stem}.{os.getpid()}-{time.monotonic_ns()}.part")
    try:
        with part.open("xb") as stream:
            stream.write(_MAGIC + _HEAD.pack(len(header), zlib.crc32(header)) + header)
            stream.write(b"\0" * (_start(len(header)) - stream.tell()))
            stream.write(index.words)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def kept(folder: Path, key: str, seconds: float, make: Callable[[], Index]) -> Index:
    """Map the index with this key, or make it, once for all processes of the machine.

    Args:
        folder: folder of the files.
        key: key of the index.
        seconds: maximum wait for another process that is making it.
        make: makes the index.

    Returns:
        the index; in the memory of this process, with a one-line warning, if the folder can't hold it.
    """
    path = folder / f"{key}.index"
    found = _found(path, key, say=False)
    if found is not None:
        return found
    lock = path.with_suffix(".lock")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stream = open(lock, "ab", opener=_own)  # noqa: SIM115 - closed below
    except (OSError, ValueError) as error:
        _warn(folder, error)
        return make()
    with stream:
        held = _lock(stream, seconds)
        try:
            return _found(path, key) or _made(path, key, make)  # another process may have made it meanwhile
        finally:
            if held:
                with suppress(OSError):
                    lock.unlink()  # waiting processes find the index


def _made(path: Path, key: str, make: Callable[[], Index]) -> Index:
    index = make()
    try:
        _write(path, key, index)
    except OSError as error:
        _warn(path.parent, error)
        return index
    _remove_unused(path.parent)
    return _found(path, key) or index


def _warn(folder: Path, error: OSError | ValueError) -> None:
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    warnings.warn(
        f"{folder}: can't keep the index of the stream ({why}); each process holds its own in memory. "
        f"Set {FOLDER} or cache= to a folder with room",
        stacklevel=5,
    )


def _found(path: Path, key: str, *, say: bool = True) -> MappedIndex | None:
    """Map an existing, complete index; a damaged one is ignored, and will be replaced."""
    try:
        found = MappedIndex(str(path), key)
    except OSError:
        return None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        if say:
            why = str(error) if type(error) is ValueError else "is damaged"
            warnings.warn(f"{path}: {why}; the index of the stream is made again", stacklevel=6)
        return None
    with suppress(OSError):
        os.utime(path)  # marks it as in use
    return found


def _lock(stream: BinaryIO, seconds: float) -> bool:
    """Take a lock; return whether it is held. It is not after a timeout, or if locks are not supported."""
    try:
        import fcntl
    except ImportError:  # Windows
        return False
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(_POLL)
        except OSError:  # a file system without locks
            return False


def _remove_unused(folder: Path) -> None:
    now = time.time()
    for pattern, seconds in (("*.index", _UNUSED), ("*.part", _ORPHAN), ("*.lock", _ORPHAN)):
        for path in folder.glob(pattern):
            with suppress(OSError):
                if now - path.stat().st_mtime > seconds:
                    path.unlink()
