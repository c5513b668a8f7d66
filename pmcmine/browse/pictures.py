"""Read images of figures from the shards, and make thumbnails, cached up to a limit."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pmcmine.browse.tables import Tables
from pmcmine.errors import UnsafeNameError
from pmcmine.io.safe_names import read_range, release_name

_MOST_IMAGE: Final = 256 << 20
_SMALL: Final = 30_000  # bytes; such an image needs no thumbnail
_THUMBNAIL: Final = (320, 240)  # pixels
_MOST_PIXELS: Final = 64_000_000  # maximum pixels of an image for a thumbnail; a larger one is served unchanged
_MOST_KEPT: Final = 64 << 20  # bytes of cached thumbnails
_MOST_PLACES: Final = 10_000  # cached image locations of the pages shown last


@dataclass(frozen=True)
class Image:
    """Bytes of a figure's image and their type."""

    data: bytes
    type: str


class Pictures:
    """Read images of a release. Thread-safe."""

    def __init__(self, folder: Path, tables: Tables) -> None:
        self._folder, self._tables = folder, tables
        self._decoding = threading.Lock()  # a large image takes 200 MB while its thumbnail is made
        self._guard = threading.Lock()
        self._places: OrderedDict[str, tuple[Any, Any, Any]] = OrderedDict()
        self._kept: OrderedDict[str, Image] = OrderedDict()
        self._size = 0

    def note(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Store the image locations of the rows being shown, so that each image needs no query of its own."""
        with self._guard:
            for row in rows:
                if row.get("shard") is not None and {"image_offset", "image_bytes"} <= row.keys():
                    self._places[row["figure_id"]] = (row["shard"], row["image_offset"], row["image_bytes"])
            while len(self._places) > _MOST_PLACES:
                self._places.popitem(last=False)

    def _place(self, figure_id: str) -> tuple[Any, Any, Any] | None:
        with self._guard:
            if figure_id in self._places:
                return self._places[figure_id]
        rows = self._tables.rows(
            "SELECT shard, image_offset, image_bytes FROM figures WHERE figure_id = $id AND shard IS NOT NULL LIMIT 1",
            {"id": figure_id},
        )
        return (rows[0]["shard"], rows[0]["image_offset"], rows[0]["image_bytes"]) if rows else None

    def image(self, figure_id: str) -> Image | None:
        """Read a figure's image from its shard; None if it has no sample."""
        place = self._place(figure_id)
        if place is None:
            return None
        try:
            shard = f"shards/{release_name(place[0], 'shard')}"
            data = read_range(self._folder, shard, place[1], place[2], _MOST_IMAGE, "shard")
        except (OSError, UnsafeNameError):
            return None  # missing or damaged image, or a manipulated table
        if data.startswith(b"\xff\xd8\xff"):
            return Image(data, "image/jpeg")
        return Image(data, "image/png") if data.startswith(b"\x89PNG") else None

    def thumbnail(self, figure_id: str) -> Image | None:
        """Return a small JPEG of a figure's image, or the image itself without Pillow; None if it has no sample."""
        with self._guard:
            if figure_id in self._kept:
                self._kept.move_to_end(figure_id)
                return self._kept[figure_id]
        image = self.image(figure_id)
        if image is None or len(image.data) < _SMALL:
            return image
        small = self._smaller(image)
        if small is not image:
            with self._guard:
                if figure_id not in self._kept:
                    self._size += len(small.data)
                self._kept[figure_id] = small
                while self._size > _MOST_KEPT:
                    self._size -= len(self._kept.popitem(last=False)[1].data)
        return small

    def _smaller(self, image: Image) -> Image:
        try:
            from PIL import Image as Pillow

            from pmcmine.images.encode import as_jpeg
        except ImportError:  # a minimal installation
            return image
        try:
            with self._decoding, Pillow.open(io.BytesIO(image.data), formats=["JPEG", "PNG"]) as opened:
                if opened.width * opened.height > _MOST_PIXELS:
                    return image
                opened.draft(
                    "RGB", (2 * _THUMBNAIL[0], 2 * _THUMBNAIL[1])
                )  # a JPEG is decoded at a fraction of its size
                opened.thumbnail(_THUMBNAIL)
                small = as_jpeg(opened, 80)
        except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError):
            return image  # the browser shows it if it can
        return Image(small, "image/jpeg")
