"""Encode pictures without what their files said beside the pixels."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image


def as_jpeg(image: Image.Image, quality: int, **options: Any) -> bytes:
    """Return a picture as JPEG, with nothing but its pixels.

    Pillow copies a comment of the file that a picture was opened from, of up to 65,533 bytes, into every JPEG that it
    saves. Nobody wants it in thumbnails or in a request, and the longest ones can't be saved.

    Args:
        image: the picture; transparency is put on black.
        quality: of the JPEG.
        options: further ones of Pillow's encoder.

    Raises:
        OSError: if the picture can't be decoded.
    """
    if image.mode not in ("L", "RGB"):
        image = image.convert("RGBA").convert("RGB")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, comment=b"", **options)
    return out.getvalue()
