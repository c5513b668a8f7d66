"""Progress files of a run, read by `status`."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmcmine.io.folder import Folder
from pmcmine.run.status import _counts


@pytest.mark.parametrize("text", [b'{"pmcids": "x"}', b'{"pmcids": NaN}', b'{"pmcids": -1}', b"[1]", b'"ab"', b"\xff"])
def test_damaged_progress_counts_nothing(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "progress").mkdir()
    (tmp_path / "progress/000000.json").write_bytes(text)
    assert _counts(Folder(str(tmp_path)), 0)["pmcids"] == 0
