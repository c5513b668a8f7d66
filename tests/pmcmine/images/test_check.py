"""Images: what is kept, what is converted, what is refused."""

from __future__ import annotations

import io
import struct
import time
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from pmcmine.demo.pictures import draw, encode
from pmcmine.images import check as images
from pmcmine.images.check import CheckedImage, check_image, sniff
from pmcmine.rejects import Reason, Rejected


def check(data: bytes, **bounds: int) -> CheckedImage:
    return check_image(data, max_pixels=bounds.get("max_pixels", 10_000_000), min_side=bounds.get("min_side", 32))


def encoded(form: str) -> bytes:
    out = io.BytesIO()
    draw(("bars",), 2).convert("RGB").save(out, form)
    return out.getvalue()


def refused(data: bytes, **bounds: int) -> Reason:
    with pytest.raises(Rejected) as caught:
        check(data, **bounds)
    return caught.value.reason


@pytest.mark.parametrize("form", ["JPEG", "PNG", "cmyk", "rotated", "png16"])
def test_jpeg_and_png_are_kept_byte_by_byte(form: str) -> None:
    data = encode(draw(("micrograph",), 1), form)
    assert check(data).data == data


@pytest.mark.parametrize(("form", "name"), [("TIFF", "TIFF"), ("GIF", "GIF"), ("BMP", "BMP"), ("WEBP", "WEBP"),
                                            ("JPEG2000", "JPEG2000")])  # fmt: skip
def test_others_become_png_of_the_same_pixels(form: str, name: str) -> None:
    picture = draw(("bars",), 2).convert("RGB")
    out = io.BytesIO()
    picture.save(out, form, **({"lossless": True} if form == "WEBP" else {}))
    checked = check(out.getvalue())
    assert (checked.source_format, checked.format) == (name, "PNG")
    with Image.open(io.BytesIO(checked.data)) as image:
        assert image.format == "PNG" and image.size == picture.size


def test_frames_and_multipage() -> None:
    frames = [draw((k,), 3).convert("P") for k in ("bars", "lines", "gel")]
    for form in ("GIF", "TIFF"):
        out = io.BytesIO()
        frames[0].save(out, form, save_all=True, append_images=frames[1:])
        assert check(out.getvalue()).frames == 3


def test_hash_sees_the_picture_not_its_form() -> None:
    a, b, other = draw(("micrograph",), 4, (960, 720)), draw(("micrograph",), 4, (960, 720)), draw(("gel",), 5)
    hashes = [check(encode(p, f)).phash for p, f in ((a, "PNG"), (b.resize((480, 360)), "JPEG"), (other, "PNG"))]
    distance = [bin(int(hashes[0], 16) ^ int(h, 16)).count("1") for h in hashes]
    assert distance[1] <= 6 < distance[2]
    transparent = a.convert("RGBA")
    assert check(encode(transparent, "PNG")).phash == hashes[0]


def test_hash_is_that_of_imagehash_also_where_symmetry_cancels_frequencies() -> None:
    both, slanted = Image.new("L", (400, 300), 255), Image.new("L", (400, 300), 255)
    ImageDraw.Draw(both).rectangle((100, 100, 299, 199), fill=60)
    ImageDraw.Draw(slanted).line((40, 150, 200, 40), fill=0, width=9)
    # What imagehash 4.3.2 returns.
    assert [images.perceptual_hash(i) for i in (both, slanted)] == ["a800820028002800", "bb31e0c3870e9cf8"]


def test_refusals() -> None:
    good = encode(draw(("bars",), 6), "JPEG")
    assert refused(b"") == Reason.IMAGE_EMPTY
    assert refused(b"<html></html>") == Reason.IMAGE_UNKNOWN_FORMAT
    assert refused(good[: len(good) // 2]) == Reason.IMAGE_CORRUPT
    assert refused(good, min_side=1000) == Reason.IMAGE_TINY
    assert refused(good, max_pixels=1000) == Reason.IMAGE_TOO_MANY_PIXELS
    blank = Image.new("RGB", (100, 100), "white")
    assert refused(encode(blank, "PNG")) == Reason.IMAGE_BLANK
    assert refused(encode(blank, "JPEG")) == Reason.IMAGE_BLANK
    assert refused(encode(Image.new("RGBA", (64, 64), (9, 9, 9, 0)), "PNG")) == Reason.IMAGE_BLANK
    deep = Image.fromarray(np.full((64, 64), 500, np.uint16))
    assert refused(encode(deep, "PNG")) == Reason.IMAGE_BLANK


def test_the_name_does_not_decide() -> None:
    assert sniff(encode(draw(("gel",), 1), "PNG")) == "PNG"
    assert refused(b"\xff\xd8\xff" + b"not a jpeg at all") == Reason.IMAGE_CORRUPT
    assert refused(b"GIF89a" + b"\0" * 30) == Reason.IMAGE_CORRUPT


def _png(width: int, height: int, body: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_a_bomb_is_refused_by_its_header() -> None:
    bomb = _png(60_000, 60_000, zlib.compress(bytes(1_000_000)))
    assert refused(bomb, max_pixels=100_000_000) == Reason.IMAGE_TOO_MANY_PIXELS


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=64), st.integers(0, 4000), st.sampled_from(["JPEG", "PNG", "GIF", "TIFF"]))
def test_damage_is_a_verdict_never_an_exception(junk: bytes, at: int, form: str) -> None:
    data = bytearray(encode(draw(("lines",), 1, (64, 64)), form))
    data[at % len(data) : at % len(data) + len(junk)] = junk
    try:
        check(bytes(data))
    except Rejected as error:
        assert error.reason.value.startswith("image_")


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA", "I;16", "I", "F", "L", "RGB"])
def test_large_images_are_flattened_strip_by_strip_to_the_same_pixels(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = Image.effect_noise((97, 211), 80)
    if mode == "RGBA":
        image = Image.merge("RGBA", [noise, noise.rotate(180), noise, noise.transpose(Image.Transpose.ROTATE_180)])
    elif mode in ("I;16", "I", "F"):
        image = noise.convert("I").point(lambda v: v * 201 + 7).convert(mode)
    else:
        image = noise.convert(mode)
    if mode == "P":
        image.info["transparency"] = 90
    whole = images.grey_or_rgb(image)
    monkeypatch.setattr(images, "_STRIP_PIXELS", 1_000)
    strips = images.grey_or_rgb(image)
    assert (strips.mode, strips.tobytes()) == (whole.mode, whole.tobytes())


def test_segments_without_end_are_refused_before_they_are_decoded() -> None:
    jpeg, png = encoded("JPEG"), encoded("PNG")
    empty = struct.pack(">I", 0) + b"aaAa" + struct.pack(">I", zlib.crc32(b"aaAa"))
    for data in (
        jpeg[:2] + b"\xff\xe5\x00\x02" * 70_000 + jpeg[2:],
        jpeg[:2] + b"\xff" * 140_000 + jpeg[2:],
        jpeg[:2] + b"\xff\xe5\x00\x02" + b"\x00" * 140_000 + jpeg[2:],
        jpeg[:2] + b"\xff\xd0" * 70_000 + jpeg[2:],
        png[:33] + empty * 70_000 + png[33:],
    ):
        started = time.process_time()
        assert refused(data) == Reason.IMAGE_CORRUPT
        assert time.process_time() - started < 0.5
    check(jpeg[:2] + b"\xff\xe5\x00\x02" * 60_000 + jpeg[2:])
    check(jpeg + b"\xff\xe5\x00\x02" * 70_000)


def test_decoders_that_take_more_memory_get_fewer_pixels() -> None:
    for form in ("WEBP", "JPEG2000"):
        data = encoded(form)
        width, height = check(data).width, check(data).height
        assert refused(data, max_pixels=2 * width * height - 1) == Reason.IMAGE_TOO_MANY_PIXELS
        check(data, max_pixels=2 * width * height)
