"""Numbers, sizes and dates that a release of others states, and that can't be."""

from __future__ import annotations

import http.client
import io
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pmcmine.browse import filters, server, tables
from pmcmine.browse.data import ReleaseData
from pmcmine.browse.server import BrowseServer
from pmcmine.io.hashed import HashedReader
from pmcmine.io.tar import END, header
from pmcmine.publish.verify import _rows_of_tar, verify_folder
from tests.test_cli import call
from tests.tiny_release import write_release

METRICS = {
    "empty": b"", "list": b"[]", "deep": b"[" * 100_000, "no UTF-8": b"\xff",
    "NaN": b'{"counts": {"pmcids": NaN}, "seconds_by_step": {}}',
    "infinite": b'{"counts": {"pmcids": 1, "versions": 1e999}, "seconds_by_step": {}}',
    "negative": b'{"counts": {"versions": -5}, "seconds_by_step": {}}',
    "text": b'{"counts": {"pmcids": "7"}, "seconds_by_step": {}}',
    "huge": b'{"counts": {"versions": 1' + b"0" * 4_000 + b'}, "seconds_by_step": {}}',
    "escape": b'{"counts": {"pmcids": "\\u001b[2J"}, "seconds_by_step": {}}',
}  # fmt: skip


@pytest.mark.parametrize("metrics", METRICS.values(), ids=METRICS)
def test_damaged_metrics_are_one_line_in_plan(
    metrics: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "release.json").write_text('{"files": [], "run": {"runner": "direct"}}')
    (tmp_path / "metrics.json").write_bytes(metrics)
    code, _, err = call(capsys, "plan", "--release", str(tmp_path))
    assert code == 2 and "metrics.json: is damaged" in err and len(err.strip().splitlines()) == 1


class _Asked(io.BytesIO):
    most = 0

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None and size >= 0, "all of the rest was asked for"
        return super().read(size)


@pytest.mark.parametrize("size", [b"-0000000001", b"-7777777777", b"+0000000001", b" 0000000001", b"0o000000001"])
def test_a_size_with_a_sign_does_not_read_a_shard_at_once(size: bytes) -> None:
    head = bytearray(header("a.jpg", 1))
    head[124:135] = size
    head[148:156] = b"%06o\0 " % (sum(head) - sum(head[148:156]) + 8 * 0x20)
    with pytest.raises(ValueError, match="damaged header"):
        _rows_of_tar(HashedReader(_Asked(bytes(head) + bytes(1 << 20) + END)))


@pytest.mark.parametrize("name", ["../../x.tar", "/x.tar", "shards/\x1b[2J.tar", "shards/" + "x" * 300 + ".tar"])
def test_a_name_that_leads_out_is_told_even_if_the_file_may_be_missing(name: str, tmp_path: Path) -> None:
    entry = {"name": name, "bytes": 0, "rows": 0, "sha256": sha256().hexdigest()}
    for listing in (
        {"files": [entry], "run": {"free_published": True}},
        {"files": [{**entry, "name": "shards/a.tar"}], "run": {"free_published": True, "files": [entry]}},
    ):
        (tmp_path / "release.json").write_text(json.dumps(listing))
        assert any("it is not used" in problem for problem in verify_folder(tmp_path).problems)


def _ask(page: BrowseServer, path: str, **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=10)
    connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return answer.status, json.loads(body, parse_constant=refuse) if body.startswith(b"{") else body


@pytest.fixture
def release(tmp_path: Path) -> ReleaseData:
    rows = write_release(tmp_path, 1)
    file = next((tmp_path / "tables").rglob("*.parquet"))
    row = {**rows[0], "figure_id": "PMC1.1/f1", "ordinal": 1, "width": float("nan"), "height": float("-inf"),
           "permissions": {"a": [float("inf"), 1.5]}}  # fmt: skip
    pq.write_table(pa.Table.from_pylist([row]), file)
    return ReleaseData(tmp_path)


def test_the_page_gets_json_for_numbers_that_json_does_not_know(release: ReleaseData) -> None:
    with BrowseServer(release) as page:
        status, found = _ask(page, "/api/figure?id=PMC1.1/f1")
    assert status == 200 and found["width"] is found["height"] is None and found["permissions"] == {"a": [None, 1.5]}


def test_other_pages_do_not_set_the_page_to_work(release: ReleaseData) -> None:
    with BrowseServer(release) as page:
        for site in ("cross-site", "same-site"):
            assert _ask(page, "/api/figures", Sec_Fetch_Site=site)[0] == 403
        for site in ("same-origin", "none"):
            assert _ask(page, "/api/figures", Sec_Fetch_Site=site)[0] == 200


def test_a_query_of_the_page_ends(release: ReleaseData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "QUERY_SECONDS", 0.2)
    monkeypatch.setitem(
        filters._FLAGS,  # type: ignore[arg-type]
        "without",
        ("(SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range = b.range + 1) > 1", False),
    )
    with BrowseServer(release) as page:
        status, found = _ask(page, "/api/figures?without=1")
        assert status == 503 and "took more than" in found["error"]
        assert _ask(page, "/api/figures")[0] == 200


def test_numbers_that_are_not_finite_are_none() -> None:
    assert server._finite({1: (float("nan"), [float("inf")], "x", 2)}) == {"1": [None, [None], "x", 2]}


def test_dates_that_can_not_be_are_malformed() -> None:
    from pmcmine.exports.biomedica import _unix
    from pmcmine.release.tables import MALFORMED

    for date in ("99999999999999999999-01-01", "2000-99", "x", "0-0-0", "1" * 5_000):
        with pytest.raises(MALFORMED):
            _unix(date)
