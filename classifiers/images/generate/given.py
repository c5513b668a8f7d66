"""Files of a folder that others made: in the folder, regular, and no larger than they may be, packed or unpacked."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from pathlib import Path
from typing import Final
from xml.parsers.expat import ExpatError

from PIL import Image

MOST_BYTES: Final = 1 << 28  # of a file, unpacked; the largest volume has 77 MB
_LINE: Final = 300
UNREADABLE: Final = (
    ArithmeticError, AttributeError, EOFError, ExpatError, Image.DecompressionBombError, LookupError, MemoryError,
    NotImplementedError, OSError, RecursionError, RuntimeError, TypeError, ValueError, tarfile.TarError, zlib.error,
)  # fmt: skip


def given(folder: Path, file: str, most: int = MOST_BYTES) -> Path:
    """Return the path of a file below a folder that may be read.

    Raises:
        OSError: if it is missing.
        ValueError: if a link leads out of the folder, it is no regular file, or has more than `most` bytes.
    """
    path = folder / file
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError("it leads out of the folder")
    size = path.stat().st_size
    if not path.is_file() or size > most:
        raise ValueError(f"no regular file of at most {most >> 20} MB")
    return path


def unpack(data: bytes, most: int = MOST_BYTES) -> bytes:
    """Unpack a gzip file.

    Raises:
        ValueError: if it has more than `most` bytes.
        OSError, EOFError, zlib.error: if it is damaged.
    """
    with gzip.open(io.BytesIO(data)) as stream:
        found = stream.read(most + 1)
    if len(found) > most:
        raise ValueError(f"more than {most >> 20} MB unpacked")
    return found


def in_a_line(error: BaseException) -> str:
    """Say what is wrong in one short line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:_LINE]
