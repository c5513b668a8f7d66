"""Files that runs write from a stream: in place of their own, never of somebody else's."""

from __future__ import annotations

import io
from hashlib import sha256
from pathlib import Path

import pytest

from pmcmine.errors import ReleaseError
from pmcmine.io.folder import Folder
from pmcmine.run.ownership import write_announced_stream


def test_a_stream_replaces_what_an_earlier_try_wrote_and_nothing_else(tmp_path: Path) -> None:
    out, work = Folder(str(tmp_path / "out")), Folder(str(tmp_path / "work"))
    for data in (b"first", b"second" * 2_000_000):
        held = io.BytesIO(data)
        held.seek(3)  # wherever it stands
        entry = write_announced_stream(out, work, "shards/credits.gz", held)
        assert (entry.bytes, entry.sha256) == (len(data), sha256(data).hexdigest())
        assert out.read("shards/credits.gz") == data
    (tmp_path / "out/shards/credits.gz").write_bytes(b"somebody else's")
    with pytest.raises(ReleaseError, match=r"shards/credits\.gz"):
        write_announced_stream(out, work, "shards/credits.gz", io.BytesIO(b"third"))
    assert out.read("shards/credits.gz") == b"somebody else's"
