"""Archives of arrays, and models in them, that somebody else made."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from classifiers.images import kinds
from classifiers.text import heads
from pmcmine.errors import PmcmineError
from pmcmine.io.safe_arrays import read_arrays


def _npy(shape: str, data: bytes = b"", descr: str = "<f4") -> bytes:
    head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + data


def _npz(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return out.getvalue()


BAD = {
    "more than it holds": _npy("(1099511627776,)"),
    "product beyond 64 bits": _npy("(4294967296, 4294967296, 16)"),
    "negative": _npy("(-5,)"),
    "two negatives": _npy("(-1, -1)", bytes(4)),
    "too much": _npy("(1,)", bytes(8)),
    "pickle": _npy("(1,)", b"cos\nsystem\n(S'false'\ntR.", "|O"),
    "text": _npy("(3,)", bytes(36), "<U3"),
    "complex": _npy("(2,)", bytes(16), "<c8"),
    "void": _npy("(2,)", bytes(16), "|V8"),
    "no array": b"garbage",
    "deep header": b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65_535,
    "empty": b"",
}


@pytest.mark.parametrize("array", BAD.values(), ids=BAD)
def test_what_is_no_array_of_numbers_is_refused(array: bytes) -> None:
    with pytest.raises(ValueError, match="no archive of arrays"):
        read_arrays(_npz({"a": array}))


def test_archives_have_bounds() -> None:
    packed = _npz({"a": _npy("(1000000,)", bytes(4_000_000))})
    assert len(packed) < 10_000 and len(read_arrays(packed)["a"]) == 1_000_000
    with pytest.raises(ValueError, match="more than"):
        read_arrays(packed, 1_000_000)
    with pytest.raises(ValueError, match="more than"):
        read_arrays(_npz({str(i): b"" for i in range(1_001)}))


def test_arrays_are_those_that_numpy_reads() -> None:
    arrays: dict[str, Any] = {
        "c": np.arange(6, dtype=np.float16).reshape(2, 3), "f": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "scalar": np.array(7, np.int64), "none": np.zeros((0, 4), np.uint64), "big": np.array([1], ">i4"),
    }  # fmt: skip
    out = io.BytesIO()
    np.savez(out, **arrays)
    for name, found in read_arrays(out.getvalue()).items():
        assert found.dtype == arrays[name].dtype and np.array_equal(found, arrays[name])


HEADERS = (b"[]", b"null", b"7", b"{}", b'{"format": 1}', b"[" * 100_000, b"\xff", b'{"format": 1, "kinds": 5}')


@pytest.mark.parametrize("model", [kinds, heads])
def test_a_damaged_model_is_one_line(model: Any) -> None:
    with zipfile.ZipFile(model.MODEL_FILE) as archive:
        good = {m.removesuffix(".npy"): archive.read(m) for m in archive.namelist()}
    small = {k: v for k, v in good.items() if len(v) < 100_000}
    with pytest.raises(PmcmineError):
        model.parse(b"\x80\x04cos\nsystem\n", "m")
    for header in HEADERS:
        with pytest.raises(PmcmineError):
            model.parse(_npz(small | {"header": _npy(f"({len(header)},)", header, "|u1")}), "m")
    for name in small:
        for bad in (BAD["more than it holds"], BAD["pickle"], _npy("()", bytes(4)), _npy("(5,)", bytes(20))):
            if name != "header":
                with pytest.raises(PmcmineError, match="damaged"):
                    model.parse(_npz(small | {name: bad}), "m")


def test_numbers_of_a_model_are_finite() -> None:
    with zipfile.ZipFile(kinds.MODEL_FILE) as archive:
        good = {m.removesuffix(".npy"): archive.read(m) for m in archive.namelist()}
    n = len(kinds.KINDS)
    for bad in (float("nan"), float("inf")):
        with pytest.raises(PmcmineError, match="not finite"):
            kinds.parse(_npz(good | {"bias": _npy(f"({n},)", struct.pack("<f", bad) * n)}), "m")
