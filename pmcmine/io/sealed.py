"""Write files with a checksum inside, so that damage by a disk or a copy is detected on reading.

JSON objects store the CRC-32 of their other keys under `crc32`. Binary files end with a trailer. Neither protects
against deliberate changes.
"""

from __future__ import annotations

import io
import json
import logging
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import pyarrow as pa

from pmcmine.errors import DamagedError
from pmcmine.io.folder import Folder

log = logging.getLogger(__name__)
SEAL: Final = "crc32"
_Record = TypeVar("_Record")
_TRAILER: Final = struct.Struct("<8sIQ")  # magic, CRC-32 and size of the bytes before
_MAGIC: Final = b"pmcmine\n"
# Errors of reading bytes that are not Arrow or Parquet.
UNREADABLE: Final = (pa.ArrowException, OSError, ValueError, LookupError)


def _sum(value: Mapping[str, Any]) -> int:
    return zlib.crc32(json.dumps(value).encode())


def with_seal(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON object with its checksum as the last key."""
    return {**value, SEAL: _sum(value)}


def to_bytes(value: Mapping[str, Any]) -> bytes:
    """Return a JSON object with its checksum on one line."""
    return json.dumps(with_seal(value)).encode()


def parse_object(data: bytes, where: str, way_out: str) -> dict[str, Any]:
    """Parse a JSON object without checking its checksum.

    Args:
        data: content of the file.
        where: its name, for the message.
        way_out: remedy, for the message.

    Raises:
        DamagedError: if it is not a JSON object.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        why = "nested too deep" if isinstance(error, RecursionError) else "no JSON"
        raise DamagedError(f"{where}: is damaged ({'empty' if not data else why}); {way_out}") from None
    if not isinstance(found, dict):
        raise DamagedError(f"{where}: is damaged (no JSON object); {way_out}")
    return found


def seal_holds(value: Mapping[str, Any]) -> bool | None:
    """Check whether an object matches its checksum; None if it has none."""
    if SEAL not in value:
        return None
    try:
        return bool(_sum({k: v for k, v in value.items() if k != SEAL}) == value[SEAL])
    except (ValueError, RecursionError):
        return False


def parse(data: bytes, where: str, way_out: str) -> dict[str, Any]:
    """Parse a JSON object written by `to_bytes`; return it without the checksum.

    Raises:
        DamagedError: as `parse_object`, and for a wrong or missing checksum.
    """
    found = parse_object(data, where, way_out)
    if not seal_holds(found):
        raise DamagedError(f"{where}: is damaged (its checksum is another); {way_out}")
    del found[SEAL]
    return found


def work_way_out(work: Folder) -> str:
    """Return the remedy for damage in a work folder that can't be repaired automatically."""
    out = Folder(work.url.rstrip("/").rpartition("/")[0])
    if out.exists("release.json"):
        return f"remove {work.url} and run the same command again: the release is as it was"
    return f"remove {out.url}, or use another --out, and mine anew"


def read(work: Folder, name: str) -> dict[str, Any]:
    """Read a sealed object of a work folder.

    Raises:
        FileNotFoundError: if it does not exist.
        DamagedError: if it is damaged.
    """
    data, where = work.read(name), f"{work.url}/{name}"
    try:
        return parse(data, where, "")
    except DamagedError:  # finding the remedy requires a look into the folder
        return parse(data, where, work_way_out(work))


def read_or_none(work: Folder, name: str) -> dict[str, Any] | None:
    """Read a sealed object that can be remade; None if it is missing.

    A damaged one is removed with a warning, and counts as missing.
    """
    try:
        return read(work, name)
    except FileNotFoundError:
        return None
    except DamagedError as error:
        log.warning("%s", str(error).removesuffix(f"; {work_way_out(work)}") + "; it is made again")
        work.remove(name)
        return None


def record(work: Folder, name: str, make: Callable[[dict[str, Any]], _Record]) -> _Record:
    """Read a sealed object, and make a record of it.

    Args:
        work: the folder.
        name: the object.
        make: makes the record; a ValueError means that the object is invalid, which counts as damage.

    Raises:
        FileNotFoundError: if it does not exist.
        DamagedError: if it is damaged.
    """
    try:
        return make(read(work, name))
    except ValueError:
        raise DamagedError(f"{work.url}/{name}: is damaged (no record of this kind); {work_way_out(work)}") from None


def record_or_none(work: Folder, name: str, make: Callable[[dict[str, Any]], _Record]) -> _Record | None:
    """Run `record` for an object that can be remade: None if it is missing, or with a warning if it is damaged."""
    found = read_or_none(work, name)
    if found is None:
        return None
    try:
        return make(found)
    except ValueError:
        log.warning("%s/%s: is damaged (no record of this kind); it is made again", work.url, name)
        work.remove(name)
        return None


def trailer(data: bytes | memoryview, crc: int | None = None) -> bytes:
    """Return the trailer of a binary file."""
    return _TRAILER.pack(_MAGIC, zlib.crc32(data) if crc is None else crc, len(data))


def without_trailer(data: bytes, where: str) -> memoryview:
    """Return the bytes of a binary file without its trailer.

    Raises:
        DamagedError: if they differ from the written bytes.
    """
    end = len(data) - _TRAILER.size
    if end < 0:
        raise DamagedError(f"{where}: is damaged ({'cut off' if data else 'empty'})")
    body = memoryview(data)[:end]
    if _TRAILER.unpack(data[end:]) != (_MAGIC, zlib.crc32(body), end):
        raise DamagedError(f"{where}: is damaged (its checksum is another)")
    return body


def open_arrow(data: bytes | memoryview, where: str) -> Any:
    """Open the bytes of an Arrow file.

    Raises:
        DamagedError: if they are invalid.
    """
    try:
        return pa.ipc.open_file(pa.py_buffer(data))
    except UNREADABLE as error:
        raise DamagedError(f"{where}: is damaged ({type(error).__name__})") from None


def arrow_bytes(schema: pa.Schema, tables: Any) -> bytes:
    """Return an Arrow file with one record batch per table."""
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        for table in tables:
            writer.write_table(table)
    return sink.getvalue()
