"""Folders of encoders that somebody else made: one line, and nothing hangs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from classifiers.text import encoder
from classifiers.text.features import Passage
from pmcmine.errors import PmcmineError

HEADERS = (b"", b"[]", b"null", b"[" * 100_000, b'{"format": 1, "columns": 5}', b"\xff", b'{"format": 1}')
SHARES = (-0.5, 1.5, float("nan"), "much", [], None)


@pytest.mark.parametrize("header", HEADERS)
def test_a_damaged_header_is_one_line(header: bytes, tmp_path: Path) -> None:
    (tmp_path / "heads.json").write_bytes(header)
    with pytest.raises(PmcmineError, match=r"heads\.json is missing or damaged"):
        encoder.load(tmp_path)


@pytest.mark.parametrize("share", SHARES)
def test_a_share_that_is_none_is_one_line(share: Any, tmp_path: Path) -> None:
    header = {"format": encoder.FORMAT, "columns": encoder.COLUMNS, "trained_on": "", "student_share": share}
    (tmp_path / "heads.json").write_text(json.dumps(header), "utf-8")
    with pytest.raises(PmcmineError, match=r"heads\.json is missing or damaged"):
        encoder.load(tmp_path)


def test_a_header_that_never_ends_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "heads.json")
    with pytest.raises(PmcmineError, match=r"heads\.json"):
        encoder.load(tmp_path)


@pytest.mark.parametrize("shape", [(32, 1), (32, 100), (32,), (32, 2, 4)])
def test_a_graph_of_another_shape_is_one_line(shape: tuple[int, ...]) -> None:
    def run(names: Any, feed: Any) -> list[Any]:
        return [np.zeros(shape, np.float32)]

    session = SimpleNamespace(get_inputs=list, run=run)
    made = encoder.Encoder(lambda texts, **_: {}, session, "")
    with pytest.raises(PmcmineError, match="columns"):
        made.describe([Passage("some text")])
