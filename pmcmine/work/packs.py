"""Read packs of staged samples."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import BinaryIO

from pmcmine.errors import DamagedError, StorageError
from pmcmine.io.folder import Folder
from pmcmine.release.layout import WAY_OUT, locate, read_checked
from pmcmine.work.rows import give_up
from pmcmine.work.state_file import state_entries

_SIGNATURES = ".near.bin"
_BLOCK = re.compile(r"/[0-9]{3,}/([0-9]{6,})[/.]")


@lru_cache(maxsize=100_000)
def _check_signatures(release: Folder, name: str) -> None:
    """Check the bytes of a part's signatures in the old release, once per process.

    Raises:
        DamagedError: if they are damaged.
    """
    entry = state_entries(release).get(name)
    if entry is not None:
        read_checked(release, entry)


def block_of_pack(pack: str) -> int:
    """Return the block with signatures in a pack, or in a file of the state.

    Raises:
        ValueError: if it is the name of neither.
    """
    found = _BLOCK.search(pack)
    if found is None:
        raise ValueError(f"{pack}: is no pack of a block")
    return int(found[1])


class PackReader:
    """Read ranges of packs, and of files of the release, keeping a limited number of them open."""

    def __init__(self, work: Folder, most: int = 64) -> None:
        self.work = self._work = work
        self._most = most
        self._open: dict[str, BinaryIO] = {}

    def read(self, pack: str, offset: int, size: int) -> bytes:
        """Read the bytes of a range.

        Raises:
            StorageError: if the pack is shorter than its manifest states.
        """
        if not self._work.is_local:
            folder, name = locate(self._work, pack)
            data: bytes = folder.fs.cat_file(folder.path(name), start=offset, end=offset + size)
        else:
            stream = self._open.get(pack)
            if stream is None:
                if len(self._open) >= self._most:
                    self._open.pop(next(iter(self._open))).close()
                folder, name = locate(self._work, pack)
                try:
                    if name.endswith(_SIGNATURES) and folder.url != self._work.url:
                        _check_signatures(folder, name)
                    stream = self._open[pack] = folder.open(name)
                except OSError as error:
                    raise self._short(pack, f"{pack}: {error.strerror or error}") from None
            data = os.pread(stream.fileno(), size, offset)
        if len(data) != size:
            raise self._short(pack, f"{pack}: {len(data)} of {size} bytes at {offset}")
        return data

    def _short(self, pack: str, problem: str) -> StorageError:
        """Build the error of a missing range, and give up the pack if it belongs to a block."""
        folder, name = locate(self._work, pack)
        if folder.url == self._work.url:
            return give_up(self._work, name, problem)
        return DamagedError(f"{folder.url}/{name}: {problem}; {WAY_OUT}")

    def close(self) -> None:
        """Close all packs."""
        for stream in self._open.values():
            stream.close()
        self._open.clear()
