"""Pictures and DICOM files of packages that may be redistributed and used commercially, shown as figures show them.

`labels/packages.tsv` names the files, their licences and how many pictures are made of each.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifiers.images.generate.given import UNREADABLE, given, in_a_line
from classifiers.images.generate.volumes import contrast, hounsfield, shown
from pmcmine.errors import GoldError

TABLE: Final = Path(__file__).parents[1] / "labels" / "packages.tsv"
MOST_BYTES: Final = 64_000_000  # of a file; the largest has 7 MB
MOST_PIXELS: Final = 64_000_000  # of a picture, all frames; the largest has 7 million
# Uncompressed, run-length encoded, and JPEG 2000, which Pillow decodes. A deflated file could unpack to any size.
_SYNTAXES: Final = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.90")
_GREY: Final = (0.01, 0.995)  # quantiles that are shown black and white
_LEAST: Final = 24  # pixels of a side
_PART, _NEAR = 0.35, 0.08  # least share of a side that is cut out; of slides, where cells are small

_Plane = NDArray[np.float32]


class Picture(NamedTuple):
    """A picture of a package.

    Attributes:
        kind: of `KINDS`.
        subkind: as in the table; may be empty.
        package: that it is from.
        image: RGB or grey.
    """

    kind: str
    subkind: str
    package: str
    image: Image.Image


def package_pictures(folder: Path, seed: int = 0) -> Iterator[Picture]:
    """Yield pictures made of the files in the table, cut and shown in different ways.

    Args:
        folder: with the unpacked packages.
        seed: of the choice.

    Raises:
        GoldError: if a file is missing, damaged or larger than any of its kind.
    """
    lines = [s for s in TABLE.read_text("utf-8").splitlines() if not s.startswith("#")]
    for row in csv.DictReader(lines, delimiter="\t"):
        paths = sorted(folder.glob(row["file"])) or [folder / row["file"]]
        for path in paths:
            r = random.Random(f"{seed} {path.relative_to(folder)}")
            try:
                file = given(folder, str(path.relative_to(folder)), MOST_BYTES)
                made = (_dicom if path.suffix == ".dcm" else _photograph)(r, file, row["kind"], int(row["count"]))
            except UNREADABLE as error:
                raise GoldError(f"{path}: missing or no picture ({in_a_line(error)})") from None
            for image in made:
                yield Picture(row["kind"], row["subkind"], row["package"], image)


def _dicom(r: random.Random, path: Path, kind: str, count: int) -> list[Image.Image]:
    """Show frames of a DICOM file: CT through windows, MRI in several contrasts, others as they are, cut."""
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError
    from pydicom.filereader import read_file_meta_info

    try:
        syntax = str(read_file_meta_info(path).TransferSyntaxUID)
    except InvalidDicomError:
        raise ValueError("no DICOM file") from None
    if syntax not in _SYNTAXES:
        raise ValueError(f"transfer syntax {syntax}")
    data = dcmread(path)
    size = int(data.Rows) * int(data.Columns) * int(data.get("NumberOfFrames") or 1) * int(data.SamplesPerPixel)
    if not 0 < size <= MOST_PIXELS:
        raise ValueError(f"{size} pixels")
    pixels: NDArray[Any] = data.pixel_array
    if int(data.SamplesPerPixel) == 3:
        return [_cut(r, Image.fromarray(pixels.astype(np.uint8))) for _ in range(count)]
    frames = pixels.reshape(-1, int(data.Rows), int(data.Columns)).astype(np.float32)
    out = []
    for _ in range(count):
        plane = r.choice(list(frames))
        if kind == "ct":
            slope, start = float(data.get("RescaleSlope") or 1), float(data.get("RescaleIntercept") or 0)
            out.append(shown(r, hounsfield(r, plane * slope + start)))
            continue
        grey = _unit(plane)
        if data.PhotometricInterpretation == "MONOCHROME1":
            grey = 1 - grey
        if kind == "mri":
            out.append(shown(r, contrast(r, grey)))
        else:
            turned = 1 - grey if r.random() < (0.5 if kind == "nuclear" else 0.1) else grey
            out.append(_cut(r, Image.fromarray((255 * turned ** r.uniform(0.7, 1.4)).astype(np.uint8))))
    return out


def _photograph(r: random.Random, path: Path, kind: str, count: int) -> list[Image.Image]:
    """Show a picture whole once, and parts of it; those of more than eight bits with all greys."""
    with Image.open(path) as image:
        if image.width * image.height > MOST_PIXELS:
            raise ValueError(f"{image.width} x {image.height} pixels")
        if image.mode.startswith("I"):
            whole = Image.fromarray((255 * _unit(np.asarray(image, np.float32))).astype(np.uint8))
        else:
            over = image.convert("RGBA")
            whole = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")
    near = _NEAR if path.suffix == ".svs" else _PART
    return [whole if i == 0 else _cut(r, whole, near) for i in range(count)]


def _unit(plane: _Plane) -> _Plane:
    low, high = (float(q) for q in np.quantile(plane, _GREY))
    found: _Plane = np.clip((plane - low) / max(high - low, 1e-6), 0, 1)
    return found


def _cut(r: random.Random, image: Image.Image, least: float = _PART) -> Image.Image:
    """Cut a part, turn it over in some."""
    w, h = (max(int(n * r.uniform(least, 1)), min(n, _LEAST)) for n in image.size)
    x, y = r.randint(0, image.width - w), r.randint(0, image.height - h)
    part = image.crop((x, y, x + w, y + h))
    return part.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if r.random() < 0.3 else part
