"""Read untrusted NumPy archives (`.npz`): no pickles, and no more memory than the file's members hold."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

MOST_BYTES: Final = 1 << 28  # of all arrays together
_MOST_ARRAYS: Final = 1_000
_BEGINS: Final = (b"PK\x03\x04", b"PK\x05\x06")  # magic of a zip file, and of an empty one
_HEADERS: Final = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_UNREADABLE: Final = (
    ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, NotImplementedError, OSError, RecursionError,
    RuntimeError, SyntaxError, TypeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def read_arrays(data: bytes, most: int = MOST_BYTES) -> dict[str, NDArray[Any]]:
    """Return the arrays of an archive by name: numbers and booleans only.

    Args:
        data: the archive.
        most: maximum total size of all arrays, uncompressed.

    Raises:
        ValueError: if it is not such an archive, is damaged or larger, or states a wrong size.
    """
    try:
        if not data.startswith(_BEGINS):  # zipfile accepts archives with anything before them
            raise ValueError("it does not begin as one")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > _MOST_ARRAYS or sum(m.file_size for m in members) > most:
                raise ValueError(f"more than {_MOST_ARRAYS} arrays or {most} bytes")
            return {m.filename.removesuffix(".npy"): _array(archive.read(m)) for m in members}
    except _UNREADABLE as error:
        raise ValueError(f"no archive of arrays ({type(error).__name__}: {error})") from None


def _array(data: bytes) -> NDArray[Any]:
    """Return the array of a `.npy` file; its header is trusted only if the bytes are there."""
    stream = io.BytesIO(data)
    shape, by_columns, kind = _HEADERS[npy.read_magic(stream)](stream)
    if kind.kind not in "biuf":
        raise ValueError(f"values of type {kind}")
    count = 1
    for n in shape:
        count *= n
    if min(shape, default=0) < 0 or count * kind.itemsize != len(data) - stream.tell():
        raise ValueError(f"another size than {shape}")
    flat = np.frombuffer(data, kind, count, stream.tell())
    return flat.reshape(shape, order="F" if by_columns else "C")


def read_header(array: NDArray[Any]) -> Mapping[str, Any]:
    """Return the JSON object in an array of bytes.

    Raises:
        ValueError: if it contains none.
    """
    try:
        found = json.loads(array.tobytes())
    except RecursionError:
        raise ValueError("a header that is nested too deep") from None
    if not isinstance(found, dict):
        raise ValueError("a header that is no object")
    return found


def floats(array: NDArray[Any], shape: tuple[int, ...], what: str) -> NDArray[np.float32]:
    """Check for an array of finite numbers of a known shape.

    Args:
        array: the array.
        shape: its shape; -1 for any size.
        what: its name, for the message.

    Raises:
        ValueError: if it has another shape, or numbers that are not finite.
    """
    if array.ndim != len(shape) or any(w not in (-1, n) for w, n in zip(shape, array.shape, strict=True)):
        raise ValueError(f"{what} of shape {array.shape}")
    found = array.astype(np.float32)
    if not np.isfinite(found).all():
        raise ValueError(f"{what} with numbers that are not finite")
    return found
