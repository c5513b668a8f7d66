"""Decoded and transformed images, and batches: what they hold, and that states follow them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmarks.releases import write_release
from pmcmine import stream
from pmcmine.errors import PmcmineError
from pmcmine.stream.pictures import picture
from tests import tiny_release

N = 50


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_release(tmp_path_factory.mktemp("pictures") / "release", N, 20))


def test_images_for_pillow_and_transformed(release: str) -> None:
    plain = list(stream.open(release, seed=1))
    found = list(stream.open(release, seed=1, decode="pil"))
    assert [s["key"] for s in found] == [s["key"] for s in plain] and len(found) == N
    for sample, before in zip(found, plain, strict=True):
        expected = Image.open(io.BytesIO(before["jpg"]))
        assert sample["jpg"].mode == "RGB" and sample["jpg"].tobytes() == expected.tobytes()
    sizes = stream.open(release, decode="pil", transform=lambda image: image.resize((3, 5)).size)
    assert {s["jpg"] for s in sizes} == {(3, 5)}


def test_tensors(release: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is needed: pip install '.[recipes]'")
    sample = next(iter(stream.open(release, decode="torch")))
    image = next(iter(stream.open(release, decode="pil")))["jpg"]
    assert sample["jpg"].dtype == torch.uint8 and tuple(sample["jpg"].shape) == (3, 24, 24)
    assert bytes(sample["jpg"].permute(1, 2, 0).contiguous().flatten().tolist()) == image.tobytes()


def _png(mode: str, colour: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (4, 4), colour).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [("RGBA", (9, 9, 9, 0), (255, 255, 255)), ("LA", (7, 255), (7, 7, 7)), ("L", 8, (8, 8, 8)), ("1", 1, (255,) * 3),
     ("I;16", 0x8000, (128, 128, 128)), ("RGB", (1, 2, 3), (1, 2, 3))],
)  # fmt: skip
def test_every_mode_is_shown_as_it_looks(mode: str, colour: Any, expected: tuple[int, int, int]) -> None:
    assert picture(_png(mode, colour)).getpixel((1, 1)) == expected


def test_an_image_that_cannot_be_decoded(tmp_path: Path) -> None:
    tiny_release.write_release(tmp_path, 3)  # whose images are none
    with pytest.raises(PmcmineError, match="PMC1000_1_f1: the image can't be decoded") as error:
        next(iter(stream.open(str(tmp_path), decode="pil")))
    assert "\n" not in str(error.value)
    samples = stream.open(str(tmp_path), decode="pil", on_error="warn")
    with pytest.warns(UserWarning, match="left out: PMC100._1_f1"):
        assert list(samples) == []
    assert samples.position.epoch == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [({"decode": "pill"}, "did you mean 'pil'"), ({"decode": 3}, "decode=3"), ({"transform": len}, "give decode="),
     ({"decode": "pil", "transform": 3}, "give a function")],
)  # fmt: skip
def test_options_that_have_no_meaning(release: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(PmcmineError, match=message):
        stream.open(release, **options)


def test_batches_and_their_states(release: str) -> None:
    samples = stream.open(release, seed=3, columns=["number"])
    batches = samples.batched(8)
    assert len(batches) == 7 and len(samples.batched(8, drop_last=True)) == 6 and len(samples) == N
    first = list(batches)
    assert [len(b["key"]) for b in first] == [8] * 6 + [2]
    assert list(first[0]) == ["key", "jpg", "txt", "json"] and first[0]["json"][0].keys() == {"number"}
    assert [k for b in first for k in b["key"]] == [s["key"] for s in stream.open(release, seed=3)]
    second = list(batches)
    assert second != first and samples.position.epoch == 2
    again = stream.open(release, seed=3, columns=["number"])
    begun = iter(again.batched(8))
    had = [next(begun) for _ in range(3)]
    resumed = stream.open(release, seed=3, columns=["number"])
    resumed.load_state_dict(json.loads(json.dumps(again.state_dict())))
    assert had + list(resumed.batched(8)) == first
    left = stream.open(release, seed=3, columns=["number"]).batched(8)
    begun = iter(left)
    had = [next(begun) for _ in range(4)]
    copy = stream.open(release, seed=3, columns=["number"]).batched(8)
    copy.load_state_dict(json.loads(json.dumps(left.state_dict())))
    assert had + list(copy) == first and copy.state_dict()["epoch"] == 1
    copy.set_epoch(0)
    assert list(copy) == first
    whole = stream.open(release, seed=3)
    assert sum(len(b["key"]) for b in whole.batched(8, drop_last=True)) == 48 and whole.position.epoch == 1
    for size in (0, -1, 1.0, None):
        with pytest.raises(PmcmineError, match="batched: size="):
            whole.batched(size)  # type: ignore[arg-type]


def test_a_loop_that_counts_goes_on_with_the_next_epoch(release: str) -> None:
    samples, expected = stream.open(release, seed=3), stream.open(release, seed=3)
    for _ in range(3):
        begun = iter(samples)
        assert [next(begun)["key"] for _ in range(len(samples))] == [s["key"] for s in expected]
