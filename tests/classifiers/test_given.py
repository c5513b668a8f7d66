"""Files of `--volumes` that others made: whatever is in them, one line says what is wrong, soon and in little memory."""

from __future__ import annotations

import gzip
import io
import json
import os
import plistlib
import random
import struct
import tarfile
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image

from classifiers.images.generate import atlas, given, packages, volumes
from classifiers.images.kinds import KINDS
from pmcmine.errors import GoldError

MEMORY = 100_000_000  # bytes that reading a hostile file may take


@contextmanager
def refused(match: str) -> Iterator[None]:
    """Expect one line that names the file, and little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(GoldError, match=match) as error:
            yield
        assert "\n" not in str(error.value) and len(str(error.value)) < 600
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


def nifti(**changed: Any) -> bytes:
    """Return a small NIfTI-1 volume with some fields of its header changed."""
    of = {"dim": (3, 32, 40, 24, 1, 1, 1, 1), "type": 4, "spacing": (1, 1, 1, 2), "start": 352.0, **changed}
    header = bytearray(352)
    struct.pack_into("<8h", header, 40, *of["dim"])
    struct.pack_into("<h", header, 70, of["type"])
    struct.pack_into("<4f", header, 76, *of["spacing"])
    struct.pack_into("<f", header, 108, of["start"])
    return gzip.compress(bytes(header) + np.arange(32 * 40 * 24, dtype=np.int16).tobytes(), 1)


@pytest.mark.parametrize("data", [
    b"", b"no gzip", nifti()[:-900], gzip.compress(bytes(50)),
    gzip.compress(bytes((1 << 24) + 8), 1),  # a bomb: 1 MB becomes more than it may
    nifti(dim=(3, 32767, 32767, 32767, 1, 1, 1, 1)), nifti(dim=(3, -32, 40, -24, 1, 1, 1, 1)), nifti(type=128),
    nifti(dim=(3, 30720, 1, 1, 1, 1, 1, 1)), nifti(spacing=(1, float("nan"), 1, 1)), nifti(spacing=(1, 1e9, 1, 1e-9)),
    nifti(start=float("inf")), nifti(start=-1e9), nifti(start=1e9),
], ids=range(14))  # fmt: skip
def test_no_volume(data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volumes, "_SOURCES", (volumes.Source("a.nii.gz", "a", "mri", 1),))
    monkeypatch.setattr(given, "MOST_BYTES", 1 << 24)
    (tmp_path / "a.nii.gz").write_bytes(data)
    with refused(r"a\.nii\.gz: missing or no volume"):
        list(volumes.slices(tmp_path))


def project(matrix: dict[str, Any], plist: bytes | None = None, name: str = "a/main.plist") -> bytes:
    about = plist or plistlib.dumps({"matrix": matrix, "spacing": [1.0, 1.0, 2.0]})
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for member, data in ((name, about), ("../../matrix.dat", bytes(2000))):
            entry = tarfile.TarInfo(member)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize("data", [
    project({"dtype": "O", "shape": [10, 10, 10]}), project({"dtype": "int16", "shape": [10, 10, 100000]}),
    project({"dtype": "int16", "shape": [10, 10]}), project({"dtype": "int16", "shape": [-10, -10, 10]}), project({}),
    project({}, b"<plist><dict>" * 9), project({}, bytes(2 << 20)), project({}, name="other"), gzip.compress(bytes(999)),
], ids=range(9))  # fmt: skip
def test_no_project(data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volumes, "_SOURCES", (volumes.Source("a.inv3", "a", "ct", 1),))
    (tmp_path / "a.inv3").write_bytes(data)
    with refused(r"a\.inv3: missing or no volume"):
        list(volumes.slices(tmp_path))
    assert sorted(p.name for p in tmp_path.parent.rglob("matrix.dat")) == []  # nothing is unpacked to the disk


def dicom(**changed: Any) -> bytes:
    """Return a small CT slice, with some elements changed."""
    data = pydicom.Dataset()
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.UID(changed.pop("syntax", "1.2.840.10008.1.2.1"))
    data.file_meta.MediaStorageSOPClassUID = data.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.UID("1.2.3")
    data.Rows, data.Columns, data.SamplesPerPixel, data.BitsAllocated, data.BitsStored = 40, 48, 1, 16, 16
    data.HighBit, data.PixelRepresentation, data.PhotometricInterpretation = 15, 1, "MONOCHROME2"
    data.RescaleIntercept, data.RescaleSlope = -1024, 1
    data.PixelData = np.arange(40 * 48, dtype=np.int16).tobytes()
    for name, value in changed.items():
        setattr(data, name, value)
    out = io.BytesIO()
    data.save_as(out, enforce_file_format=True)
    return out.getvalue()


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what makes a table with one file of CT."""

    def write(file: str) -> None:
        path = tmp_path.parent / f"{tmp_path.name}.tsv"
        path.write_text(f"file\tkind\tsubkind\tcount\tpackage\tlicence\n{file}\tct\thead\t3\ta\tMIT\n", "utf-8")
        monkeypatch.setattr(packages, "TABLE", path)

    return write


def test_pictures_of_packages_are_shown_always_the_same(tmp_path: Path, table: Callable[[str], None]) -> None:
    (tmp_path / "a.dcm").write_bytes(dicom())
    Image.new("RGBA", (60, 50), (255, 0, 0, 128)).save(tmp_path / "b.png")
    for file in ("a.dcm", "*.png"):
        table(file)
        first, again = ([(p[:3], p.image.tobytes()) for p in packages.package_pictures(tmp_path)] for _ in range(2))
        assert first == again and [p for p, _ in first] == [("ct", "head", "a")] * 3


@pytest.mark.parametrize("data", [
    b"", b"no DICOM", dicom()[:-900], dicom(Rows=65535, Columns=65535), dicom(NumberOfFrames=2**31 - 1),
    dicom(SamplesPerPixel=0), dicom(syntax="1.2.840.10008.1.2.1.99"), dicom(BitsAllocated=13), dicom(Rows=0),
], ids=range(9))  # fmt: skip
def test_no_dicom(data: bytes, tmp_path: Path, table: Callable[[str], None]) -> None:
    table("a.dcm")
    (tmp_path / "a.dcm").write_bytes(data)
    with refused(r"a\.dcm: missing or no picture"):
        list(packages.package_pictures(tmp_path))


def test_no_photograph(tmp_path: Path, table: Callable[[str], None]) -> None:
    table("a.png")
    bomb = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(bomb, "PNG")
    for data in (b"", bomb.getvalue(), bomb.getvalue()[:999]):
        (tmp_path / "a.png").write_bytes(data)
        with refused(r"a\.png: missing or no picture"):
            list(packages.package_pictures(tmp_path))


def test_nothing_outside_the_folder_and_no_pipe_is_read(tmp_path: Path, table: Callable[[str], None]) -> None:
    table("a.dcm")
    outside = tmp_path.parent / f"{tmp_path.name}.dcm"
    outside.write_bytes(dicom())
    (tmp_path / "a.dcm").symlink_to(outside)
    with refused("leads out of the folder"):
        list(packages.package_pictures(tmp_path))
    (tmp_path / "a.dcm").unlink()
    os.mkfifo(tmp_path / "a.dcm")
    with refused("no regular file"):
        list(packages.package_pictures(tmp_path))


def outlines(**changed: Any) -> dict[str, Any]:
    square = [[0, 0], [40, 0], [0, 40], [-40, 0], [0, -40]]
    shapes = [{"type": "Polygon", "arcs": [[0]]}, {"type": "MultiPolygon", "arcs": [[[~0]]]}]
    layers = {"countries": {"geometries": shapes}, "states": {"geometries": shapes}}
    return {"transform": {"scale": [1, 1], "translate": [0, 0]}, "arcs": [square], "objects": layers, **changed}


def test_maps_of_outlines_are_drawn_or_the_file_is_refused(tmp_path: Path) -> None:
    for file, _ in atlas.FILES:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(json.dumps(outlines()))
    first, again = (atlas.read_atlas(tmp_path).paint(random.Random(1), (120, 80)) for _ in range(2))
    assert first.size == (120, 80) and first.tobytes() == again.tobytes()
    changes: list[dict[str, Any]] = [
        {"arcs": []}, {"arcs": [[[0, "x"]]]}, {"arcs": [[[0, float("nan")]]]}, {"arcs": None}, {"objects": {"countries": 3}},
        {"transform": {"scale": [1e999, 1], "translate": [0, 0]}},
    ]  # fmt: skip
    bad = ["", "[]", "[" * 100_000, "{}", *(json.dumps(outlines(**c)) for c in changes)]
    for text in bad:
        (tmp_path / atlas.FILES[0][0]).write_text(text)
        with refused(r"countries-110m\.json: missing or no outlines"):
            atlas.read_atlas(tmp_path)


def test_every_file_of_packages_has_a_kind_and_a_licence_that_lets_weights_ship() -> None:
    lines = [s.split("\t") for s in packages.TABLE.read_text("utf-8").splitlines() if not s.startswith("#")]
    for file, kind, _, count, package, licence in lines[1:]:
        assert not file.startswith("/") and ".." not in file and package
        assert kind in KINDS and int(count) > 0
        assert licence.split(";")[0].split(" (")[0] in {"MIT", "BSD-3-Clause", "CC0", "Apache-2.0", "public domain"}
