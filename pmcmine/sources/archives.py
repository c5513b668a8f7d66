"""Streaming `.tar.gz` that may be hostile: nothing is ever unpacked to a disk, and all is bounded."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, BinaryIO, NoReturn, Self

from pmcmine.rejects import Reason, Rejected
from pmcmine.text.bounds import ARCHIVE_HEADER, ARCHIVE_HEADERS, clean

_RATIO_FREE = 64 << 20  # bytes unpacked before the ratio is looked at
_MAX_RATIO = 120  # unpacked to packed; text packs to about a tenth, zeros to a thousandth
_MAX_MEMBERS = 2_000_000
_EXTENDED = frozenset(
    {
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
    }
)
_UNREADABLE = "a header that can't be read"  # also for a negative size, which newer versions of tarfile refuse
DAMAGE = (tarfile.TarError, EOFError, OSError, zlib.error, ValueError, OverflowError, RecursionError)


@dataclass(frozen=True)
class Member:
    """A regular file of an archive; `problem` says why it may not be used."""

    name: str
    size: int
    problem: str | None


class _Gunzip:
    """Unpacks a gzip stream within limits.

    It yields everything that can be unpacked before it reports a truncated or damaged stream (`gzip.GzipFile` withholds
    the last piece).
    """

    def __init__(self, packed: BinaryIO, max_bytes: int) -> None:
        self._packed = packed
        self._inflate = zlib.decompressobj(wbits=31)  # RFC 1952
        self._max = max_bytes
        self._taken = self._given = 0
        self._input = b""
        self._error: Exception | None = None

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes; empty at the end of a whole stream.

        Raises:
            Rejected: where it unpacks out of bounds.
            EOFError, zlib.error: where the stream is cut or damaged, once all before is given.
        """
        wanted = size if size >= 0 else 1 << 20
        out = bytearray()
        while len(out) < wanted and self._error is None:
            if self._inflate.eof:
                rest = self._inflate.unused_data.lstrip(b"\0") or self._more()
                if not rest:
                    break
                self._inflate, self._input = zlib.decompressobj(wbits=31), rest  # a further member
            data = self._input or self._inflate.unconsumed_tail or self._more()
            self._input = b""
            if not data:
                self._error = EOFError("the file ends in the middle of its gzip stream")
                break
            try:
                out += self._inflate.decompress(data, wanted - len(out))
            except zlib.error as error:
                self._error = error
        self._given += len(out)
        if self._given > self._max:
            raise Rejected(Reason.PACKAGE_UNSAFE, f"it unpacks to more than {self._max} bytes")
        if self._given > _RATIO_FREE and self._given > _MAX_RATIO * self._taken:
            raise Rejected(Reason.PACKAGE_UNSAFE, f"it unpacks to more than {_MAX_RATIO} times its size")
        if not out and self._error is not None:
            raise self._error
        return bytes(out)

    def _more(self) -> bytes:
        data = self._packed.read(1 << 16)
        self._taken += len(data)
        return data


class BoundedInfo(tarfile.TarInfo):
    """A header that bounds the ones before it: tarfile reads long names and pax headers whole, one in another."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:  # noqa: D102 - that of tarfile
        try:
            return super().fromtarfile(archive)
        except tarfile.InvalidHeaderError:  # type: ignore[attr-defined]  # typeshed lacks it
            # tarfile takes it for the end of the archive, and what is behind it would be lost without a word.
            raise Rejected(Reason.PACKAGE_DAMAGED, _UNREADABLE) from None

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        state = archive.__dict__
        read = super()._proc_member  # type: ignore[misc]  # no public way bounds what a header may hold
        if self.size < 0:
            raise Rejected(Reason.PACKAGE_DAMAGED, _UNREADABLE)
        if self.type not in _EXTENDED:
            state["extended"] = 0
            info: tarfile.TarInfo = read(archive)
            return info
        state["extended"] = state.get("extended", 0) + 1
        state["shared"] = state.get("shared", 0) + (self.type == tarfile.XGLTYPE)
        if self.size > ARCHIVE_HEADER:
            raise Rejected(Reason.PACKAGE_UNSAFE, f"a header of {self.size} bytes, the bound is {ARCHIVE_HEADER}")
        if max(state["extended"], state["shared"]) > ARCHIVE_HEADERS:
            raise Rejected(Reason.PACKAGE_UNSAFE, f"more than {ARCHIVE_HEADERS} headers before one file")
        info = read(archive)
        if info.size < 0:
            raise Rejected(Reason.PACKAGE_DAMAGED, _UNREADABLE)
        return info

    def _refuse(self, *_: object) -> NoReturn:
        raise Rejected(Reason.PACKAGE_UNSAFE, f"a sparse file, whose map may be of any length: {clean(self.name)}")

    _proc_sparse = _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = _refuse


def _problem(info: tarfile.TarInfo) -> str | None:
    name = PurePosixPath(info.name)
    if info.issym() or info.islnk():
        return "a link"
    if not info.isreg():
        return "no regular file"
    if name.is_absolute() or ".." in name.parts or "\\" in info.name or "\0" in info.name:
        return "its path leaves the archive"
    return None


def stream_members(packed: BinaryIO, max_bytes: int) -> Iterator[tuple[Member, IO[bytes] | None]]:
    """Yield members of a tar.gz in order, each with a stream to read before the next is requested.

    Folders are passed over. A member that may not be used comes with `problem` and no stream.

    Raises:
        Rejected: PACKAGE_DAMAGED where the archive ends early or is none, PACKAGE_UNSAFE where it unpacks out
            of bounds.
    """
    try:
        unpacked = _Gunzip(packed, max_bytes)
        # _Gunzip has `read`, which is all that a stream is asked for; typeshed asks for more.
        with tarfile.open(fileobj=unpacked, mode="r|", tarinfo=BoundedInfo) as archive:  # type: ignore[call-overload]  # as said
            for n, info in enumerate(archive):
                if n >= _MAX_MEMBERS:
                    raise Rejected(Reason.PACKAGE_UNSAFE, f"more than {_MAX_MEMBERS} members")
                archive.members = []  # tarfile keeps every header otherwise
                if info.isdir():
                    continue
                problem = _problem(info)
                member = Member(info.name, info.size, problem)
                yield member, archive.extractfile(info) if problem is None else None
            # tarfile takes an early end between two members for the end of the archive; a whole one has
            # its two zero blocks, and its gzip stream its checksum.
            while unpacked.read(1 << 16):
                pass
    except Rejected:
        raise
    except DAMAGE as error:
        raise Rejected(Reason.PACKAGE_DAMAGED, f"{type(error).__name__}: {error}") from None


def read_member(stream: IO[bytes], size: int, max_bytes: int) -> bytes | None:
    """Read the bytes of a member, None if it is larger than the bound.

    Raises:
        Rejected: PACKAGE_DAMAGED where it ends early.
    """
    if size > max_bytes:
        return None
    try:
        data = stream.read(size)
    except DAMAGE as error:
        raise Rejected(Reason.PACKAGE_DAMAGED, f"{type(error).__name__}: {error}") from None
    if len(data) != size:
        raise Rejected(Reason.PACKAGE_DAMAGED, f"a member ends after {len(data)} of {size} bytes")
    return data
