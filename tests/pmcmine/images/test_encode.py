"""JPEG of pictures holds their pixels alone."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from pmcmine.images.encode import as_jpeg


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "CMYK", "1", "I;16"])
def test_a_comment_of_any_length_stays_behind(mode: str) -> None:
    source = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 10, 10)).save(source, "JPEG", comment=b"c" * 65_000)
    held = source.getvalue()
    longest = held.replace(
        b"\xff\xfe" + (65_002).to_bytes(2, "big") + b"c" * 65_000, b"\xff\xfe\xff\xff" + b"c" * 65_533
    )
    assert len(longest) == len(held) + 533
    with Image.open(io.BytesIO(longest)) as opened:
        opened.load()
        image = opened if mode == "RGB" else opened.convert("RGB").convert(mode.partition(";")[0])
    image.info["comment"] = b"c" * 65_533
    small = as_jpeg(image, 80)
    assert len(small) < 2_000 and b"cccc" not in small
    with Image.open(io.BytesIO(small)) as again:
        assert again.size == (40, 30) and "comment" not in again.info
    assert image.info["comment"]  # the caller's picture is as it was
