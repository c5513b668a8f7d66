"""Access folders on any fsspec file system, with atomic writes."""

from __future__ import annotations

import errno
import io
import logging
import os
import tempfile
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from pmcmine.errors import StorageError
from pmcmine.io.safe_files import check_no_links, create_new, open_regular, read_regular
from pmcmine.io.safe_names import why_unsafe
from pmcmine.text.clean import for_terminal

log = logging.getLogger(__name__)
_WORK: Final = "_work"  # of a release folder
_SCRATCH: Final = "tmp"  # of a work folder: unfinished files
_COMPARED: Final = 1 << 20  # bytes compared at once
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def _walk_local(root: Path) -> Iterator[str]:
    """Yield the paths below a folder, relative to it; a folder reached by several links is read once."""
    seen: set[tuple[int, int]] = set()
    waiting, links = deque([""]), deque[str]()
    while waiting or links:
        below = waiting.popleft() if waiting else links.popleft()  # real folders first, as their names are better
        folder = root / below
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda e: e.name)
        except OSError as error:
            if not below:
                raise
            log.warning("%s: can't be read (%s)", folder, error.strerror or error)
            continue
        for entry in found:
            name = f"{below}/{entry.name}" if below else entry.name
            try:
                is_folder = entry.is_dir()
            except OSError:  # a loop of links
                is_folder = False
            if is_folder:
                (links if entry.is_symlink() else waiting).append(name)
            else:
                yield name


def describe(error: OSError) -> str:
    """Describe a file error, with a hint if the disk is full."""
    said = error.strerror or str(error).splitlines()[0]
    full = error.errno in FULL or "No space left on device" in str(error)  # Arrow's errors have no errno
    return said + ("; free some space, then run the same command again" if full else "")


def check_writable(path: Path) -> None:
    """Check that a file can be written, before starting long work. Creates its folder.

    Raises:
        StorageError: one line with the reason, if it can't.
    """
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise StorageError(f"{path}: can't write ({describe(error)})") from None


@dataclass(frozen=True)
class Folder:
    """A folder, by URL or local path. Small enough to send to workers; opens its file system on first use."""

    url: str

    def __getstate__(self) -> dict[str, str]:
        return {"url": self.url}

    def __setstate__(self, state: dict[str, str]) -> None:
        object.__setattr__(self, "url", state["url"])

    @cached_property
    def _located(self) -> tuple[Any, str]:
        try:
            fs, root = fsspec.core.url_to_fs(self.url)
        except (ImportError, ValueError) as error:
            raise StorageError(f"{self.url}: no file system for this address ({error})") from None
        return fs, root.rstrip("/") or "/"

    @property
    def fs(self) -> Any:
        """The fsspec file system."""
        return self._located[0]

    @property
    def is_local(self) -> bool:
        """Return whether the folder is on a local disk."""
        return isinstance(self.fs, LocalFileSystem)

    def path(self, name: str = "") -> str:
        """Return the full path of a file inside, in the form of the file system.

        Raises:
            StorageError: if the name would leave the folder.
        """
        why = why_unsafe(name, drives=os.name == "nt")
        if why is not None:
            raise StorageError(f"{for_terminal(repr(name), 200)}: {why}; the name leaves its folder")
        root = self._located[1]
        return f"{root}/{name}" if name else root

    def child(self, name: str) -> Folder:
        """Return a folder inside this one.

        Raises:
            StorageError: if the name would leave the folder, or is a link on a local disk.
        """
        path = self.path(name)
        if self.is_local and Path(path).is_symlink():
            raise StorageError(f"{path}: is a link; a release is written into real folders only")
        return Folder(f"{self.url.rstrip('/')}/{name}")

    def exists(self, name: str = "") -> bool:
        """Check whether a file or folder exists now (listings are not cached)."""
        if self.is_local:
            return Path(self.path(name)).exists()
        self.fs.invalidate_cache()
        return bool(self.fs.exists(self.path(name)))

    def names(self, name: str = "") -> list[str]:
        """List the sorted names directly inside a folder; empty if it does not exist."""
        path = self.path(name)
        if self.is_local:
            try:
                return sorted(os.listdir(path))  # noqa: PTH208 - a Path for each name takes five times as long
            except FileNotFoundError:
                return []
        self.fs.invalidate_cache()
        try:
            entries = self.fs.ls(path, detail=False)
        except FileNotFoundError:
            return []
        return sorted({e.rstrip("/").rsplit("/", 1)[-1] for e in entries if e.rstrip("/") != path.strip("/")})

    def walk(self, name: str = "") -> list[str]:
        """List all files below, sorted by name, relative to this folder; on a local disk also FIFOs and the like."""
        if self.is_local:
            top = Path(self.path(name))
            if not top.is_dir():
                return [name] if name and top.exists() else []
            return sorted(f"{name}/{f}" if name else f for f in _walk_local(top))
        root = self.path()
        found = self.fs.find(self.path(name)) if self.exists(name) else []
        prefix = root.lstrip("/")
        return sorted(f.removeprefix(root).removeprefix(prefix).lstrip("/") for f in found)

    def read(self, name: str, most: int = -1) -> bytes:
        """Read all bytes of a file.

        Args:
            name: the file.
            most: maximum bytes to read from a local file, whatever its stated size; all if negative.

        Raises:
            FileNotFoundError: if it does not exist.
            OSError: if it is not a regular file.
        """
        if self.is_local:
            return read_regular(self.path(name), most)
        data: bytes = self.fs.cat_file(self.path(name))
        return data

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading with random access.

        Raises:
            OSError: if it does not exist, or is not a regular file.
        """
        if self.is_local:
            return open_regular(Path(self.path(name)))
        stream: BinaryIO = self.fs.open(self.path(name), "rb")
        return stream

    def size(self, name: str) -> int:
        """Return the size of a file in bytes."""
        return int(self.fs.size(self.path(name)))

    def write(self, name: str, data: bytes, *, replace: bool = False) -> bool:
        """Write a whole file. Without `replace` the first writer wins; return whether this one did.

        On an object store this is one conditional put (`if-generation-match` and the like); if the file system has
        none, first check that the file is absent.
        """
        if not replace and not self.is_local:
            try:
                self.fs.pipe_file(self.path(name), data, mode="create")
            except FileExistsError:
                return False
            except (NotImplementedError, TypeError, ValueError):
                pass  # mode not supported
            else:
                return True
        with self.create(name, replace=replace) as (stream, state):
            stream.write(data)
        return bool(state["won"])

    def create(
        self, name: str, *, replace: bool = False, same: bool = False
    ) -> AbstractContextManager[tuple[BinaryIO, dict[str, Any]]]:
        """Open a file for writing; it appears under its name when the block ends without an error.

        On a local disk the bytes are written to a temporary file, in the work folder during a run, otherwise beside the
        file; an object store shows a put only once it is complete. After the block, the yielded dict says under `won`
        whether this writer's bytes were kept.

        Args:
            name: the file.
            replace: replace an existing file; otherwise the first writer wins.
            same: an existing file must have the same bytes, and is kept.

        Raises:
            StorageError: if it can't be written, or with `same` if a different file exists.
        """
        if self.is_local:
            return self._create_local(name, replace, same)
        return self._create_in_store(name, replace, same)

    @contextmanager
    def _create_local(self, name: str, replace: bool, same: bool) -> Iterator[tuple[BinaryIO, dict[str, Any]]]:
        path = self.path(name)
        state: dict[str, Any] = {"won": False}
        check_no_links(Path(self.path()), name)
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{path}: can't write ({describe(error)})") from None
        temporary = self._temporary(Path(path))
        try:
            with create_new(temporary) as stream:
                yield stream, state
                stream.flush()
                os.fsync(stream.fileno())
            if replace and not same:
                temporary.replace(path)
                state["won"] = True
            else:
                with suppress(FileExistsError):  # the first writer wins
                    os.link(temporary, path)
                    state["won"] = True
            if same and not state["won"]:
                self._check_same(name, temporary)
                state["won"] = True
        except OSError as error:
            raise StorageError(f"{path}: can't write ({describe(error)})") from error
        finally:
            temporary.unlink(missing_ok=True)

    @contextmanager
    def _create_in_store(self, name: str, replace: bool, same: bool) -> Iterator[tuple[BinaryIO, dict[str, Any]]]:
        state: dict[str, Any] = {"won": False}
        if same and self.exists(name):
            with tempfile.NamedTemporaryFile(prefix="pmcmine-same-") as kept:
                yield cast("BinaryIO", kept.file), state
                kept.flush()
                self._check_same(name, Path(kept.name))
            state["won"] = True
            return
        if not replace and self.exists(name):
            with open(os.devnull, "wb") as sink:  # noqa: PTH123 - a sink, not a file of ours
                yield sink, state
            return
        stream = self.fs.open(self.path(name), "wb")
        try:
            yield stream, state
        except BaseException:
            # An unfinished upload must never be completed by a close.
            with suppress(OSError, NotImplementedError, AttributeError):
                stream.discard()
            if isinstance(stream, io.BytesIO):  # fsspec's memory file system shows a file from its first byte
                self.remove(name)
            else:
                stream.closed = True
            raise
        stream.close()
        state["won"] = True

    def _temporary(self, path: Path) -> Path:
        """Return a temporary name for a future file: in the work folder during a run, otherwise beside it.

        An update collects files in a folder of its work folder, all of which becomes the release, including leftovers
        of a kill.
        """
        root = Path(self.path())
        try:
            work = root / _WORK
            if root.parent.name == _WORK and not (work / "run.json").is_file():
                work = root.parent
            scratch = work / _SCRATCH
            if (work / "run.json").is_file() and not work.is_symlink() and not scratch.is_symlink():
                scratch.mkdir(exist_ok=True)
                if scratch.stat().st_dev == path.parent.stat().st_dev:  # a rename needs one file system
                    return scratch / f"{uuid.uuid4().hex}.tmp"
        except OSError as error:
            raise StorageError(f"{root / _WORK}: can't write ({describe(error)})") from None
        return Path(f"{path}.{uuid.uuid4().hex[:12]}.tmp")

    def _check_same(self, name: str, written: Path) -> None:
        """Check that a file here has the same bytes as another file.

        Raises:
            StorageError: if it differs, so that it is someone else's.
        """
        with self.open(name) as there, written.open("rb") as ours:
            while (data := ours.read(_COMPARED)) == there.read(_COMPARED):
                if not data:
                    return
        raise StorageError(
            f"{self.path(name)}: exists, but this run did not write it; move it, then run the same command again"
        )

    def take(self, other: Folder, name: str) -> None:
        """Move a file from another folder of the same file system here, under its name, replacing any existing file."""
        target = self.path(name)
        if self.is_local:
            check_no_links(Path(self.path()), name)
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            Path(other.path(name)).replace(target)
            return
        self.fs.cp_file(other.path(name), target)
        other.remove(name)

    def remove(self, name: str) -> None:
        """Remove a file, if it exists. Links in its path are not followed."""
        if self.is_local:
            check_no_links(Path(self.path()), name)
        with suppress(FileNotFoundError):
            self.fs.rm_file(self.path(name))

    def remove_tree(self, name: str = "") -> None:
        """Remove a folder with its contents, if it exists."""
        with suppress(FileNotFoundError):
            self.fs.rm(self.path(name), recursive=True)
