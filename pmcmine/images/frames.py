"""Number of frames and segments of an image file, in linear time: decoders count as long as a file makes them."""

from __future__ import annotations

import struct
from typing import Final

from pmcmine.rejects import Reason, Rejected
from pmcmine.text.bounds import FRAMES, SEGMENTS

_IMAGE: Final = 0x2C  # GIF89a, 20
_EXTENSION: Final = 0x21
_TRAILER: Final = 0x3B


def count_frames(data: bytes, source_format: str, stated: object) -> int:
    """Count frames of an image file, 1 for formats that hold one; counting stops above `FRAMES`.

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
    """Return the length of the chain of image file directories (TIFF 6.0, 2); a loop ends it.

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
    """Count image descriptors (GIF89a, 20)."""
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
    """Return the bytes of the colour table that flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_blocks(data: bytes, at: int) -> int:
    """Return the position after a chain of data sub-blocks."""
    end = len(data)
    while at < end and data[at]:
        at += data[at] + 1
    return at + 1


def check_segments(data: bytes, source_format: str) -> None:
    """Check the number of segments of a JPEG before its pixels, or of chunks of a PNG: the decoder keeps them all.

    Bytes between the segments of a JPEG count as segments, because the decoder reads them one by one.

    Raises:
        Rejected: IMAGE_CORRUPT above the bound.
    """
    if len(data) <= 2 * SEGMENTS:
        return  # too short for so many
    n = _jpeg_segments(data) if source_format == "JPEG" else _png_chunks(data)
    if n > SEGMENTS:
        raise Rejected(Reason.IMAGE_CORRUPT, f"{source_format}: more than {SEGMENTS} segments")


def _jpeg_segments(data: bytes) -> int:
    """Segments up to the first scan (ITU-T T.81, B.1)."""
    at, n = 2, 0
    while n <= SEGMENTS:
        found = data.find(b"\xff", at)
        if found < 0 or found + 1 >= len(data):
            return n + len(data) - at
        n += 1 + found - at
        marker = data[found + 1]
        if marker == 0xDA:  # start of scan
            break
        if marker == 0xFF:  # fill byte
            at = found + 1
        elif marker <= 0x01 or 0xD0 <= marker <= 0xD9:  # without a length
            at = found + 2
        else:
            at = found + 2 + max(2, int.from_bytes(data[found + 2 : found + 4], "big"))
    return n


def _png_chunks(data: bytes) -> int:
    """Chunks of a file (PNG, 5.3)."""
    at, n = 8, 0
    while at + 12 <= len(data) and n <= SEGMENTS:
        n += 1
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return n
