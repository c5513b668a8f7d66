"""Check and decode the bytes of a media file."""

from __future__ import annotations

import io
import re
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pmcmine.images.fingerprint import Reduce, lowest_frequencies, views
from pmcmine.images.frames import check_segments, count_frames
from pmcmine.images.pyramid import BASE, Pyramid, base_factor, reduced_by
from pmcmine.rejects import Reason, Rejected
from pmcmine.text.bounds import FRAMES, SCAN_PIXELS

_MAGIC: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"BM", "BMP"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
)
_VECTOR_MAGIC: Final = (
    (b"%PDF", "PDF"),
    (b"%!PS", "EPS"),
    (b"\xc5\xd0\xd3\xc6", "EPS"),
    (b"\xd7\xcd\xc6\x9a", "WMF"),
    (b"\x01\x00\x00\x00", "EMF"),
)
_EMF_SIGNATURE: Final = b" EMF"
_HEAD: Final = 4096  # bytes in which a drawing's root element is looked for
_KEPT: Final = frozenset({"JPEG", "PNG"})
_BLANK_RANGE: Final = 2  # grey levels; JPEG noise on one colour stays within this
_SAMPLE: Final = (64, 64)  # pixels that are looked at first
_ORIENTATION_TAG: Final = 0x0112  # EXIF 2.32, 4.6.4
_HASHED: Final = 32  # pixels of the side of what is hashed
_STRIP_PIXELS: Final = 4_000_000
_DECODED_TWICE: Final = frozenset({"WEBP", "JPEG2000"})  # decoders that hold about 20 bytes a pixel


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedImage:
    """A decoded image and the bytes that go into the sample.

    `data` are the bytes unchanged for JPEG and PNG, and PNG of the first frame for anything else. `pyramid` are
    smaller views as a viewer shows them (EXIF orientation aside). `fingerprint` are the views of
    `pmcmine.images.fingerprint`.
    """

    data: bytes
    format: str
    source_format: str
    width: int
    height: int
    mode: str
    frames: int
    orientation: int | None
    sha256: str
    phash: str
    pyramid: Pyramid | None = None
    fingerprint: tuple[Any, ...] = ()

    @property
    def view(self) -> NDArray[np.uint8] | None:
        """The largest view in grey levels, height × width."""
        return self.pyramid.grey(BASE) if self.pyramid is not None else None


def sniff(data: bytes) -> str | None:
    """Format by the first bytes, None if they are of no image format that is read."""
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return None


def vector_format(data: bytes) -> str | None:
    """Format by the first bytes of a drawing or document that is no image of pixels, None for anything else."""
    if data[:2] == b"\x1f\x8b":
        try:
            data = zlib.decompressobj(31).decompress(data, _HEAD)
        except zlib.error:
            return None
        return "SVGZ" if vector_format(data) == "SVG" else None
    for magic, name in _VECTOR_MAGIC:
        if data.startswith(magic):
            return name if name != "EMF" or data[40:44] == _EMF_SIGNATURE else None
    head = data[:_HEAD]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head.decode("utf-16", "replace").encode()
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:1] == b"<" and re.search(rb"<(?:[\w-]{1,20}:)?svg[\s>]", head):
        return "SVG"
    return None


def check_image(
    data: bytes, *, max_pixels: int, min_side: int, pyramid: bool = False, fingerprints: bool = False
) -> CheckedImage:
    """Decode an image to its last pixel and describe it.

    Args:
        data: bytes of the file; its name is not trusted.
        max_pixels: bound on width × height × frames decoded, checked before decoding.
        min_side: shortest side allowed, in pixels.
        pyramid: whether to keep smaller views of the pixels.
        fingerprints: whether to see what near duplicates are found by.

    Raises:
        Rejected: with one of the IMAGE_ reasons.
    """
    if not data:
        raise Rejected(Reason.IMAGE_EMPTY)
    source_format = sniff(data)
    if source_format is None:
        if drawing := vector_format(data):
            raise Rejected(Reason.IMAGE_VECTOR, drawing)
        if data[:_HEAD].lstrip()[:1] == b"<":
            raise Rejected(Reason.IMAGE_UNKNOWN_FORMAT, "a page of markup, no image")
        raise Rejected(Reason.IMAGE_UNKNOWN_FORMAT, f"first bytes {data[:8].hex()}")
    if source_format in ("JPEG", "PNG"):
        check_segments(data, source_format)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged metadata; the pixels decide
            # Pillow's own bomb check is replaced by the bound, which is checked before any pixel.
            Image.MAX_IMAGE_PIXELS = None
            with Image.open(io.BytesIO(data), formats=[source_format]) as image:
                return _describe(image, data, source_format, max_pixels, min_side, pyramid, fingerprints)
    except Rejected:
        raise
    except Exception as error:  # noqa: BLE001 - decoders raise nearly anything on hostile bytes; becomes a row
        raise Rejected(Reason.IMAGE_CORRUPT, f"{source_format}: {type(error).__name__}: {error}") from None


def _describe(
    image: Image.Image,
    data: bytes,
    source_format: str,
    max_pixels: int,
    min_side: int,
    pyramid: bool,
    fingerprints: bool,
) -> CheckedImage:
    width, height = image.size
    bound = max_pixels // 2 if source_format in _DECODED_TWICE else max_pixels
    if width * height > bound:
        raise Rejected(Reason.IMAGE_TOO_MANY_PIXELS, f"{width}x{height}, the bound is {bound}")
    if min(width, height) < min_side:
        raise Rejected(Reason.IMAGE_TINY, f"{width}x{height}, the bound is {min_side}")
    # Asking a GIF or TIFF for the attribute makes the decoder walk through it.
    stated = getattr(image, "n_frames", 1) if source_format in ("PNG", "WEBP") else None
    frames = count_frames(data, source_format, stated)
    if frames > FRAMES:
        raise Rejected(Reason.IMAGE_CORRUPT, f"{source_format}: more than {FRAMES} frames")
    if source_format == "JPEG" and image.info.get("progressive"):
        scans = data.count(b"\xff\xda")
        if scans * width * height > SCAN_PIXELS:
            raise Rejected(Reason.IMAGE_TOO_MANY_PIXELS, f"{width}x{height} in {scans} scans")
    orientation = image.getexif().get(_ORIENTATION_TAG) if source_format in ("JPEG", "TIFF", "PNG") else None
    image.load()
    mode = image.mode
    if _is_blank(image):
        raise Rejected(Reason.IMAGE_BLANK, f"{width}x{height} {mode}")
    kept = source_format in _KEPT
    shown = grey_or_rgb(image)
    grey = shown if shown.mode == "L" else shown.convert("L")
    shrunk = cache(partial(reduced_by, grey))  # hashes, fingerprints and views often ask for the same
    return CheckedImage(
        data=data if kept else _as_png(image),
        format=source_format if kept else "PNG",
        source_format=source_format,
        width=width,
        height=height,
        mode=mode,
        frames=frames,
        orientation=orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else None,
        sha256=sha256(data).hexdigest(),
        phash=perceptual_hash(grey, shrunk),
        pyramid=Pyramid.of(shown, grey, shrunk(base_factor(grey))) if pyramid else None,
        fingerprint=tuple(views(grey, shrunk)) if fingerprints else (),
    )


def _in_strips(image: Image.Image, mode: str, change: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Change the pixels of an image, a large one strip by strip, so that copies of the whole are not held at once.

    Args:
        image: the image.
        mode: mode of the result.
        change: what makes new pixels, each from the old one at its place.
    """
    rows = max(1, _STRIP_PIXELS // image.width)
    if image.height <= rows:
        return change(image)
    changed = Image.new(mode, image.size)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        changed.paste(change(strip), (0, top))
    return changed


def _flat(image: Image.Image) -> Image.Image:
    """Render an image as a viewer shows it: palettes resolved, transparency on white."""
    if image.mode in ("P", "RGBA", "LA", "PA") or "transparency" in image.info:
        return _in_strips(image, "RGB", _on_white)
    return image


def _on_white(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    background = Image.new("RGBA", image.size, "white")
    background.alpha_composite(image)
    return background.convert("RGB")


def _is_blank(image: Image.Image) -> bool:
    """Check whether an image has one colour; a few of its pixels tell of most images that they have not."""
    few = image.resize(_SAMPLE, Image.Resampling.NEAREST)
    return _has_one_colour(few) and _has_one_colour(image)


def _has_one_colour(image: Image.Image) -> bool:
    extrema = _flat(image).getextrema()
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    scale = 257 if image.mode.startswith("I") else 1
    return all(high - low <= _BLANK_RANGE * scale for low, high in bands)


def grey_or_rgb(image: Image.Image) -> Image.Image:
    """Convert an image to 8-bit L or RGB; handles palettes, transparency, CMYK and 16 bits."""
    flat = _flat(image)
    if flat.mode.startswith("I") or flat.mode == "F":
        low, high = flat.getextrema()
        span = max(float(high) - float(low), 1.0)  # type: ignore[arg-type]  # one band: two numbers, no pairs
        flat = _in_strips(
            flat, "L", lambda strip: strip.convert("F").point(lambda v: (v - low) * (255 / span)).convert("L")
        )
    return flat if flat.mode in ("L", "RGB") else flat.convert("RGB")


def perceptual_hash(grey: Image.Image, shrunk: Reduce | None = None) -> str:
    """Compute the 64-bit DCT hash of a grey (mode L) image as shown, 16 hex digits (Zauner 2010).

    It equals that of the package `imagehash` but for bits where a frequency is the median to the last digits.

    Args:
        grey: the image.
        shrunk: returns it reduced by a whole number, if the caller keeps what it makes.
    """
    factor = min(grey.size) // 256
    if factor > 1:  # box averages, so that the resampling below stays cheap
        grey = Image.fromarray(shrunk(factor) if shrunk is not None else reduced_by(grey, factor))
    small = np.asarray(grey.resize((_HASHED, _HASHED), Image.Resampling.LANCZOS), np.float64)
    frequencies = lowest_frequencies(lowest_frequencies(small).T).T.ravel()
    ordered = np.sort(frequencies)
    median = (ordered[31] + ordered[32]) / 2
    return np.packbits(frequencies > median).tobytes().hex()


def _as_png(image: Image.Image) -> bytes:
    """Return PNG of the first frame, in a mode that PNG has."""
    if image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I"):
        image = image.convert("RGB")
    out = io.BytesIO()
    image.save(out, "PNG", optimize=False, compress_level=6)
    return out.getvalue()
