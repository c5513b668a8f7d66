"""Decode images of samples with Pillow, or into torch tensors, and optionally transform them. Both load on use."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pmcmine.errors import PmcmineError, first_line
from pmcmine.release.nearest import choose
from pmcmine.stream.state import shown

DECODERS: Final = ("pil", "torch")
_FORMATS: Final = ("JPEG", "PNG")  # as in shards


@dataclass(frozen=True, slots=True)
class Decoder:
    """Decode the image of a sample. A class, because workers receive it pickled.

    Attributes:
        form: pil or torch.
        transform: function applied to the decoded image.
    """

    form: str
    transform: Callable[[Any], Any] | None = None

    def __call__(self, sample: dict[str, Any]) -> dict[str, Any]:
        """Replace the bytes of an image by the decoded image.

        Raises:
            PmcmineError: if it can't be decoded. Exceptions of a transform are passed on.
        """
        try:
            image = picture(sample["jpg"])
        except Exception as error:  # noqa: BLE001 - decoders raise all kinds of errors on hostile bytes
            said = first_line(error)
            said = "no JPEG or PNG" if "BytesIO" in said else said
            raise PmcmineError(f"{sample['key']}: the image can't be decoded ({said})") from None
        found = image if self.form == "pil" else _tensor(image)
        sample["jpg"] = found if self.transform is None else self.transform(found)
        return sample


def picture(data: bytes) -> Any:
    """Decode an image as an RGB image of Pillow: transparency on white, 16 bits scaled to 8.

    Raises:
        OSError: if it is not a JPEG or PNG, or is truncated.
        PIL.Image.DecompressionBombError: above twice `PIL.Image.MAX_IMAGE_PIXELS`.
    """
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        image: Any = Image.open(io.BytesIO(data), formats=_FORMATS)
        image.load()
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda v: v * (1 / 256)).convert("L")
    elif image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image)
        image = white
    return image.convert("RGB")


def _tensor(image: Any) -> Any:
    """Return an image as a tensor of 8-bit numbers: channels, rows, columns."""
    import torch

    flat = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return flat.view(image.height, image.width, 3).permute(2, 0, 1).contiguous()


def decoder_for(decode: str | None, transform: Callable[[Any], Any] | None) -> Decoder | None:
    """Check the choice of a decoder; None leaves images as bytes.

    Raises:
        PmcmineError: for an unknown one, or if its package is missing.
    """
    if transform is not None and not callable(transform):
        raise PmcmineError(f"transform={shown(transform)}: give a function of an image")
    if decode is None:
        if transform is not None:
            raise PmcmineError("transform takes decoded images: give decode='pil' or decode='torch', too")
        return None
    if decode not in DECODERS:
        raise PmcmineError(f"decode={shown(decode)}: {choose(str(decode), DECODERS)}")
    for package, name in (("PIL", "pillow"), ("torch", "torch"))[: 1 + (decode == "torch")]:
        try:
            __import__(package)
        except ImportError:
            raise PmcmineError(f"decode={decode!r} needs {name}: pip install {name}") from None
    return Decoder(decode, transform)
