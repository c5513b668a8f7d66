"""Checksums inside of files: whatever byte changes, it is seen."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pyarrow as pa
import pytest

from pmcmine.errors import DamagedError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.release.record import parse_release
from pmcmine.work.rows import GIVEN_UP, read_arrow, write_arrow

VALUE = {"a": 1, "b": [1.5, None, "ü\ud800"], "c": {"d": True, "z": "x" * 50}}


def _damaged(data: bytes) -> list[bytes]:
    r = random.Random(1)
    flips = [data[:i] + bytes([data[i] ^ (1 << r.randrange(8))]) + data[i + 1 :] for i in range(len(data))]
    return [*flips, b"", data[:-1], data[: len(data) // 2], data + b" }", data[1:], data * 2]


def test_an_object_is_what_was_written() -> None:
    data = sealed.to_bytes(VALUE)
    assert sealed.parse(data, "x", "y") == VALUE
    assert sealed.seal_holds(json.loads(json.dumps(json.loads(data), indent=1)))  # however it is laid out
    for other in _damaged(data):
        try:
            assert sealed.parse(other, "x", "y") == VALUE  # another case of a hexadecimal digit
        except DamagedError as error:
            assert str(error).startswith("x: is damaged (") and str(error).endswith("; y")


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "7", '"a"', "[" * 100_000, '{"a":' * 100_000, "{}", '{"crc32": true}', "1" * 10_000,
             '{"a": 1, "crc32": "x"}', "{\"a\": NaN, \"crc32\": 1e999}", "\ufeff{}", "\0"],
)  # fmt: skip
def test_what_is_no_object(text: str) -> None:
    with pytest.raises(DamagedError):
        sealed.parse(text.encode(), "x", "y")


def test_a_row_file_is_what_was_written_and_its_block_is_given_up_if_not(tmp_path: Path) -> None:
    work = Folder(str(tmp_path / "_work"))
    table = pa.table({"pmcid": ["PMC1", "PMC2"], "n": [1, 2]})
    name = "blocks/000/000001/a-p0/rows.arrow"
    write_arrow(work, name, table.schema, [table])
    assert read_arrow(work, name).read_all() == table
    path, manifest = tmp_path / "_work" / name, tmp_path / "_work/blocks/000/000001/manifest.json"
    data = path.read_bytes()
    for other in [*_damaged(data)[::37], b"", data[:-1], data[:10]]:
        path.write_bytes(other)
        manifest.write_bytes(b"{}")
        with pytest.raises(DamagedError, match=r"rows\.arrow: is damaged .*mines it again"):
            read_arrow(work, name)
        assert not manifest.exists() and work.names(GIVEN_UP)
    path.unlink()
    with pytest.raises(DamagedError, match="is missing"):
        read_arrow(work, name)


def test_a_damaged_object_that_can_be_made_again_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    work = Folder(str(tmp_path))
    (tmp_path / "a.json").write_bytes(b'{"a": 1}')
    assert sealed.read_or_none(work, "a.json") is None and not (tmp_path / "a.json").exists()
    assert sealed.read_or_none(work, "a.json") is None


@pytest.mark.parametrize(
    "change",
    [{"files": {}}, {"files": [1]}, {"files": [{}]}, {"files": [{"name": 1}]}, {"files": [{"name": "a", "bytes": -1}]},
     {"files": [{"name": "a", "bytes": 10**40}]}, {"files": [{"name": "a", "bytes": 1.5}]}, {"config": []}, {"run": 1},
     {"files": [{"name": "a", "rows": True}]}, {"files": [{"name": "a", "sha256": 1}]}, {"run": {"files": 3}},
     {"counts": None}, {"counts": {"samples": []}}, {"counts": {"stages": [{"stage": 1}]}}, {"updates": [7]},
     {"snapshot": {"n_versions": "many"}}, {"vocabulary": {"origins": 1}}, {"seed": float("inf")}, {"snapshot": "x"}, {"updates": {}}, {"run": {"files": [None]}}],
)  # fmt: skip
def test_a_release_of_other_types_is_one_line(change: dict[str, object]) -> None:
    parse_release(b'{"files": []}', "release.json")
    with pytest.raises(DamagedError, match=r"^release\.json: is damaged") as error:
        parse_release(json.dumps({"files": [], **change}).encode(), "release.json")
    assert "\n" not in str(error.value) and len(str(error.value)) < 500
