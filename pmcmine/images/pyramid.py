"""Views of a picture at a few sizes, each made once and shared by all that look at it.

A picture is decoded once and reduced once, to the base. Smaller views are made from the base. Averages over whole
numbers of pixels (Pillow's `reduce`) are cheapest and sharp enough; where they would lose too much of a side, the rest
is done otherwise: grey levels are averaged over fractions of pixels, because interpolation between two of them loses
thin lines and letters of panels. Colours are interpolated, which costs a sixth, and nothing reads letters from them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from pmcmine.images.opencv import opencv

BASE: Final = 768  # pixels of the longer side of the base
SIDES: Final = (BASE, 512, 256)
FINE: Final = 1600  # pixels of the longer side of the grey levels that small letters are read from
_ENOUGH: Final = 0.78  # of its side, that a reduction by a whole number may leave of the base, which has letters

Pixels = NDArray[np.uint8]


class Pyramid:
    """Views of one picture. Arrays are shared: they are read-only."""

    __slots__ = ("_fine", "_grey", "_made", "_seen")

    def __init__(self, rgb: Pixels, grey: Pixels | None = None, fine: Pixels | Image.Image | None = None) -> None:
        """Take the base.

        Args:
            rgb: height × width × 3; one whose longer side exceeds `BASE` is reduced.
            grey: height × width, the same picture in grey levels, at most a little larger than the base; None makes
                them from the base.
            fine: the same in grey levels, before they were reduced or less so.
        """
        self._fine, self._grey = fine, grey  # what not every picture needs is reduced when it is asked for
        self._made: dict[tuple[str, int], Pixels] = {("rgb", BASE): _locked(_reduced(rgb, BASE))}
        self._seen: dict[str, Any] = {}
        if grey is not None:
            _locked(grey)

    @classmethod
    def of(cls, image: Image.Image, grey: Image.Image | None = None, small: Pixels | None = None) -> Pyramid:
        """Build the pyramid of an image of mode L or RGB.

        Args:
            image: the image.
            grey: the same in mode L, if the caller has it.
            small: what `base_of` makes of `grey`, if the caller has it.
        """
        grey = grey if grey is not None else image.convert("L")
        small = small if small is not None else base_of(grey)
        cv2 = opencv()
        rgb = np.asarray(cv2.cvtColor(small, cv2.COLOR_GRAY2RGB), np.uint8) if image.mode == "L" else base_of(image)
        if max(grey.size) <= BASE:
            return cls(rgb, small)
        factor = -(-max(grey.size) // FINE)  # what is kept is small, since an article has many pictures
        if factor == _factor(max(grey.size), BASE, _ENOUGH):
            return cls(rgb, small, small)
        return cls(rgb, small, grey.reduce(factor) if factor > 1 else grey)

    def rgb(self, side: int) -> Pixels:
        """Return RGB, height × width × 3, uint8.

        Args:
            side: one of `SIDES`, the number of pixels that the longer side has at most. Smaller pictures are not
                enlarged.
        """
        return self._view("rgb", side)

    def grey(self, side: int) -> Pixels:
        """Return grey levels, height × width, uint8; `side` as for `rgb`."""
        return self._view("grey", side)

    def fine(self) -> Pixels | None:
        """Return grey levels with more pixels than the base, up to `FINE` a side, if the picture has more."""
        return np.asarray(self._fine) if self._fine is not None else None

    def anew(self) -> Pyramid:
        """Return the pyramid with no view made from its base yet, for measurements."""
        return Pyramid(self._made["rgb", BASE], self._grey, self._fine)

    def once(self, name: str, see: Callable[[], Any]) -> Any:
        """Return what `see` returns, which is called the first time that this name is asked for.

        What one enricher has computed from the picture, others need not compute again.
        """
        if name not in self._seen:
            self._seen[name] = see()
        return self._seen[name]

    def _view(self, mode: str, side: int) -> Pixels:
        if side not in SIDES:
            raise ValueError(f"a view of {side} pixels; the sides are {', '.join(map(str, SIDES))}")
        made = self._made.get((mode, side))
        if made is None:
            if mode == "grey" and side == BASE:
                cv2, grey = opencv(), self._grey
                if grey is None:
                    grey = np.asarray(cv2.cvtColor(self._made["rgb", BASE], cv2.COLOR_RGB2GRAY), np.uint8)
                made = _reduced(grey, BASE)
            else:
                made = _reduced(self._view(mode, BASE), side)
            self._made[mode, side] = _locked(made)
        return made


def _locked(pixels: Pixels) -> Pixels:
    pixels.setflags(write=False)
    return pixels


def base_factor(image: Image.Image) -> int:
    """Return the whole number by which an image is reduced to its base."""
    return _factor(max(image.size), BASE, _ENOUGH)


def base_of(image: Image.Image) -> Pixels:
    """Reduce an image of mode L or RGB to its base, height × width or height × width × 3."""
    return reduced_by(image, base_factor(image))


def reduced_by(image: Image.Image, factor: int) -> Pixels:
    """Return what Pillow's `reduce` makes of an image of mode L or RGB; only the small one is copied to an array."""
    shared = _shared(image) if factor == 2 and min(image.size) > 1 else None
    if shared is None:
        return np.asarray(image.reduce(factor) if factor > 1 else image)
    cv2 = opencv()
    small = _halved(shared)
    return small if small.ndim == 2 else np.asarray(cv2.cvtColor(small, cv2.COLOR_RGBA2RGB), np.uint8)


def _shared(image: Image.Image) -> Pixels | None:
    """Return the pixels of an image without a copy, height × width, or × 4 for RGB; None if Pillow can't share them."""
    # Before Pillow 11.2 it can't; memory of others, as of an image made from an array, is shared with a crash.
    if not hasattr(image, "__arrow_c_array__") or image.readonly:
        return None
    try:
        pixels = pa.array(image)
    except ValueError:  # rows lie in several blocks of memory
        return None
    flat = pixels if image.mode == "L" else pixels.flatten()
    shape = (image.height, image.width) if image.mode == "L" else (image.height, image.width, 4)
    return np.asarray(flat.to_numpy(zero_copy_only=True), np.uint8).reshape(shape)


def _halved(pixels: Pixels) -> Pixels:
    """Average squares of 2 × 2 pixels as Pillow's `reduce` does, in a quarter of its time; both sides exceed 1."""
    height, width = pixels.shape[:2]
    cv2 = opencv()
    even = pixels[: height & ~1, : width & ~1]
    small = np.asarray(cv2.resize(even, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
    if height % 2 == 0 and width % 2 == 0:
        return small
    out = np.empty((-(-height // 2), -(-width // 2), *pixels.shape[2:]), np.uint8)
    out[: height // 2, : width // 2] = small
    if width % 2:  # what is left at an edge is averaged by itself
        out[:, -1] = _halved(pixels[:, -1:].repeat(2, axis=1))[:, 0]
    if height % 2:
        out[-1] = _halved(pixels[-1:].repeat(2, axis=0))[0]
    return out


def _factor(length: int, side: int, enough: float = 1.0) -> int:
    """Return the whole number by which to reduce first; if it leaves more than `side`, the rest is not."""
    factor = -(-length // side)
    return factor if length / factor >= enough * side else factor - 1


def _reduced(pixels: Pixels, side: int) -> Pixels:
    """Return a picture, height × width or height × width × 3, whose longer side has `side` pixels if it had more."""
    longer = max(pixels.shape[:2])
    if longer <= side:
        return pixels
    factor = _factor(longer, side)
    if factor > 1:
        halved = factor == 2 and min(pixels.shape[:2]) > 1
        pixels = _halved(pixels) if halved else np.asarray(Image.fromarray(pixels).reduce(factor))
        longer = max(pixels.shape[:2])
    if longer <= side:
        return pixels
    cv2 = opencv()
    height, width = (max(round(n * side / longer), 1) for n in pixels.shape[:2])
    how = cv2.INTER_AREA if pixels.ndim == 2 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=how), np.uint8)
