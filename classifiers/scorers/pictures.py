"""Images of rows, decoded for scorers; what can't be decoded has no score."""

from __future__ import annotations

import logging
from typing import Any, Final

from pmcmine.images.pyramid import Pyramid
from pmcmine.stream.pictures import picture

log = logging.getLogger(__name__)
_MOST_PIXELS: Final = 200_000_000


def decoded(data: bytes | None) -> Any:
    """Return an image as an RGB image of Pillow; None if there is none or it can't be decoded."""
    if data is None:
        return None
    try:
        image = picture(data)
    except Exception as error:  # noqa: BLE001 - decoders of hostile bytes raise whatever they like
        log.warning("an image can't be decoded (%s)", type(error).__name__)
        return None
    return image if image.width * image.height <= _MOST_PIXELS else None


def pyramid(data: bytes | None) -> Pyramid | None:
    """Return views of an image at a few sizes; None if there is none or it can't be decoded."""
    image = decoded(data)
    return None if image is None else Pyramid.of(image)
