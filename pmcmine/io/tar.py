"""Build tar members of shards: ustar headers (POSIX.1-1988) without clock, user or device."""

from __future__ import annotations

from typing import Final

BLOCK: Final = 512
END: Final = bytes(2 * BLOCK)
_PADDING: Final = bytes(BLOCK)
_MAX_NAME: Final = 99
_MAX_SIZE: Final = 8**11 - 1
# mode, uid, gid; then after the size: mtime, checksum (as spaces), type, link; magic, owner, group, device.
_BEFORE: Final = b"0000644\0" + b"0000000\0" + b"0000000\0"
_MTIME: Final = b"00000000000\0"
_AFTER: Final = b"0" + bytes(100) + b"ustar\x0000" + bytes(32) + bytes(32) + b"0000000\0" + b"0000000\0" + bytes(167)
_FIXED_SUM: Final = sum(_BEFORE) + sum(_MTIME) + 8 * 0x20 + sum(_AFTER)


def member_size(size: int) -> int:
    """Return the number of bytes of a member with the given content size, including header and padding."""
    return BLOCK + (size + BLOCK - 1) // BLOCK * BLOCK


def header(name: str, size: int) -> bytes:
    """Build the 512-byte header of a regular file.

    Raises:
        ValueError: if name or size do not fit a plain ustar header.
    """
    encoded = name.encode("ascii")
    if len(encoded) > _MAX_NAME or not 0 <= size <= _MAX_SIZE:
        raise ValueError(f"{name} ({size} bytes) does not fit a ustar header")
    digits = b"%011o\0" % size
    checksum = _FIXED_SUM + sum(encoded) + sum(digits)
    return b"".join((encoded.ljust(100, b"\0"), _BEFORE, digits, _MTIME, b"%06o\0 " % checksum, _AFTER))


def padding(size: int) -> bytes:
    """Return zeros that fill a member of the given size to a whole block."""
    return _PADDING[: -size % BLOCK]
