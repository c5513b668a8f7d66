"""Networks: what runs them, and what is said where it is missing."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from classifiers.privacy.networks import FACES_NEAR, WRITING
from pmcmine.errors import PmcmineError
from pmcmine.images.networks import network
from pmcmine.images.pyramid import Pyramid


def test_both_formats_run_and_give_the_same_again() -> None:
    for file, shape in ((WRITING, (3, 1, 16, 112)), (FACES_NEAR, (1, 3, 128, 128))):
        given = np.random.default_rng(0).random(shape).astype(np.float32)
        first, again = network(file)(given), network(file)(given)
        assert first and all(np.isfinite(x).all() for x in first)
        assert all(np.array_equal(x, y) for x, y in zip(first, again, strict=True))


def test_a_row_of_a_batch_is_read_like_one_alone() -> None:
    given = np.random.default_rng(1).random((5, 1, 16, 112)).astype(np.float32)
    (together,) = network(WRITING)(given)
    alone = np.concatenate([network(WRITING)(x[None])[0] for x in given])
    assert np.allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize(
    ("module", "file", "package"),
    [("onnxruntime", WRITING, "onnxruntime"), ("cv2", FACES_NEAR, "opencv-python-headless")],
)
def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, module: str, file: object, package: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(PmcmineError, match=f"pip install {package}, or use --set x=false") as caught:
        network(replace(file, without="--set x=false"))  # type: ignore[type-var]
    assert "\n" not in str(caught.value)


def test_what_is_seen_in_a_picture_is_computed_once() -> None:
    calls: list[int] = []
    picture = Pyramid(np.zeros((20, 30, 3), np.uint8))
    for _ in range(2):
        assert picture.once("a", lambda: calls.append(1) or len(calls)) == 1
    assert picture.once("b", lambda: "other") == "other"
    assert Pyramid(np.zeros((20, 30, 3), np.uint8)).once("a", lambda: "anew") == "anew"
