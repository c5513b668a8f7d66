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
_STEP: Final = 1 << 20  # bytes; more at once would be set aside before there are any
_LINE: Final = 300
UNREADABLE: Final = (
    ArithmeticError, AttributeError, EOFError, ExpatError, Image.DecompressionBombError, LookupError, MemoryError,
    NotImplementedError, OSError, RecursionError, RuntimeError, TypeError, ValueError, tarfile.TarError, zlib.error,
)  # fmt: skip


def given(folder: Path, file: str, most: int | None = None) -> Path:
    """Return the path of a file below a folder that may be read.

    Raises:
        OSError: if it is missing.
        ValueError: if a link leads out of the folder, it is no regular file, or has more than `most` bytes (`MOST_BYTES`).
    """
    path, most = folder / file, most or MOST_BYTES
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError("it leads out of the folder")
    size = path.stat().st_size
    if not path.is_file() or size > most:
        raise ValueError(f"no regular file of at most {most >> 20} MB")
    return path


def unpack(data: bytes) -> bytes:
    """Unpack a gzip file.

    Raises:
        ValueError: if it has more than `MOST_BYTES`.
        OSError, EOFError, zlib.error: if it is damaged.
    """
    out = io.BytesIO()
    with gzip.open(io.BytesIO(data)) as stream:
        while part := stream.read(_STEP):
            out.write(part)
            if out.tell() > MOST_BYTES:
                raise ValueError(f"more than {MOST_BYTES >> 20} MB unpacked")
    return out.getvalue()


def in_a_line(error: BaseException) -> str:
    """Say what is wrong in one short line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:_LINE]
