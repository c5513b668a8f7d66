"""Number of frames of an image file, in linear time: decoders count as long as a file makes them."""

from __future__ import annotations

import struct
from typing import Final

from pmcmine.bounds import FRAMES
from pmcmine.rejects import Reason, Rejected

_IMAGE: Final = 0x2C  # GIF89a, 20
_EXTENSION: Final = 0x21
_TRAILER: Final = 0x3B


def count_frames(data: bytes, source_format: str, stated: object) -> int:
    """Frames of an image file, 1 for formats that hold one; counting stops above `FRAMES`.

    Args:
        data: bytes of the file.
        source_format: its format.
        stated: what the header of a PNG or WebP says, where the decoder found it.
    """
    if source_format == "GIF":
        return _gif(data)
    if source_format == "TIFF":
        return _tiff(data)
    if source_format in ("PNG", "WEBP") and isinstance(stated, int):
        return max(stated, 1)
    return 1


def _tiff(data: bytes) -> int:
    """Length of the chain of image file directories (TIFF 6.0, 2); a loop ends it.

    Raises:
        Rejected: IMAGE_CORRUPT if the chain leaves the file.
    """
    order = "<" if data[:2] == b"II" else ">"
    seen: set[int] = set()
    at = _number(data, 4, f"{order}I")
    while at and at not in seen and len(seen) <= FRAMES:
        seen.add(at)
        at = _number(data, at + 2 + 12 * _number(data, at, f"{order}H"), f"{order}I")
    return max(len(seen), 1)


def _number(data: bytes, at: int, layout: str) -> int:
    if at + struct.calcsize(layout) > len(data):
        raise Rejected(Reason.IMAGE_CORRUPT, "TIFF: the list of its frames leaves the file")
    return int(struct.unpack_from(layout, data, at)[0])


def _gif(data: bytes) -> int:
    """Number of image descriptors (GIF89a, 20)."""
    if len(data) < 13:
        return 1
    at = 13 + _palette(data[10])
    n = 0
    while at < len(data) and n <= FRAMES:
        block = data[at]
        at += 1
        if block == _TRAILER:
            break
        if block == _IMAGE:
            if at + 9 > len(data):
                break
            n += 1
            at = _skip_blocks(data, at + 9 + _palette(data[at + 8]) + 1)
        elif block == _EXTENSION:
            at = _skip_blocks(data, at + 1)
    return max(n, 1)


def _palette(flags: int) -> int:
    """Bytes of the colour table that flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_blocks(data: bytes, at: int) -> int:
    """Position after a chain of data sub-blocks."""
    end = len(data)
    while at < end and data[at]:
        at += data[at] + 1
    return at + 1
