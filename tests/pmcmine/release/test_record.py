"""`release.json` as a record: what is read is written again as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pmcmine.errors import DamagedError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.release.facts import Counts, RunFacts, Snapshot, Sum, UpdateFacts
from pmcmine.release.layout import FileEntry
from pmcmine.release.mark import RunMark, UpdateMark, find_mark, parse_mark
from pmcmine.release.metrics import Metrics
from pmcmine.release.record import (
    Journal,
    ReleaseRecord,
    check_seal,
    parse_release,
    read_journal,
    write_journal,
)

FILE = {"name": "tables/figures/commercial/train-00000-of-00001.parquet", "bytes": 7, "sha256": "a" * 64, "rows": 0}
WHOLE: dict[str, Any] = {
    "pmcmine": "0.1.0",
    "config": {"seed": 3, "models": {"text": ""}},
    "snapshot": {"sha256": "b" * 64, "kind": "bulk", "n_versions": 2, "n_pmcids": 2, "n_blocks": 1, "n_absent": 0},
    "seed": 3,
    "counts": {
        "stages": [{"stage": "select", "unit": "version", "in": 2, "out": 1, "rejected": 1, "meaning": "…"}],
        "rejects": [{"stage": "select", "unit": "version", "reason": "retracted", "n": 1}],
        "panels": {},
        "samples": {"commercial/train": 1},
        "rows": {"article_tables/commercial/train": 4, "rejects": 1},
        "fault_share": {"article": 0.5, "figure": 0.0},
        "near_duplicates": None,
    },
    "vocabulary": {
        "name": "open", "version": "HPO 1", "license_class": "open", "sha256": "c" * 64,
        "origins": [{"license": "l", "license_class": "open", "name": "HPO", "sha256": "d" * 64, "version": "1"}],
        "names_published": True,
    },
    "classifiers": [{"name": "text", "sha256": "e" * 64, "trained_on": "labels"}],
    "enrichers": [{"name": "n", "package": "p", "version": "1", "table": "figures", "columns": ["c"]}],
    "decontamination": {
        "action": "flag", "sha256": "f" * 64,
        "sets": [{"name": "s", "images": 1, "unreadable": 0, "texts": 2, "short_texts": 0, "matched": {"image": 1}}],
    },
    "splits_moved": {"PMC1": "test"},
    "updates": [
        {"date": "2026-01-02", "tag": "inc20260102", "from": "9" * 64, "articles": {"new": 1}, "removed_samples": 0,
         "rewritten": [], "added": ["shards/x.tar"]},
        {"tag": "inc20260103", "of a later version": [1]},
    ],
    "files": [FILE],
    "run": {"started": "2026-01-01T00:00:00+00:00", "python": "3.11", "apache_beam": "2", "resumed_blocks": 0,
            "workers": 4, "runner": "direct", "seconds": 1.5, "files": [{"name": "metrics.json", "bytes": 0, "sha256": "0" * 64}]},
    "of a later version": {"a": [1]},
}  # fmt: skip


def _parsed(**change: object) -> ReleaseRecord:
    return parse_release(json.dumps({**WHOLE, **change}).encode(), "release.json")


def test_what_is_read_is_written_again_with_all_keys_in_their_order() -> None:
    release = _parsed()
    assert json.dumps(release.to_object()) == json.dumps(WHOLE) and release.intact is None
    again = parse_release(release.to_bytes(), "release.json")
    assert again == release and again.intact and again.to_bytes() == release.to_bytes()
    edited = release.to_bytes().replace(b'"seed": 3', b'"seed": 4')
    with pytest.raises(DamagedError, match="its checksum differs"):
        check_seal(parse_release(edited, "release.json"), "release.json")


def test_names_of_earlier_versions_get_those_of_today() -> None:
    old = {"stage": "select", "unit": "version", "came": 2, "went": 1, "rejected": 1}
    counts = _parsed(counts={"stages": [old], "rows": {"table_wraps/commercial/train": 4, "rejects": 1}}).counts
    assert counts.stages == (Sum("select", "version", 2, 1, 1),) and counts.n_in("select", "version") == 2
    assert counts.rows == WHOLE["counts"]["rows"] and counts.rows_of("article_tables") == 4


def test_what_is_left_out_has_a_default() -> None:
    release = parse_release(b'{"files": [{"name": "a"}], "updates": [{}], "run": {"workers": "many"}}', "release.json")
    assert (release.snapshot, release.counts, release.updates) == (Snapshot(), Counts(), (UpdateFacts(),))
    assert release.files[0].to_object() == {"name": "a"} and release.stated == {"files", "updates", "run"}
    assert (release.run.workers, release.run.runner, release.run.free_published, release.run.vocab) == (
        1, None, False, None,
    )  # fmt: skip
    with pytest.raises(DamagedError, match="a file without size or SHA-256"):
        release.files[0].checked("release.json")


def test_an_error_names_the_place_and_escapes_it() -> None:
    with pytest.raises(DamagedError, match=r"damaged \(counts.samples.\\x1b\[2J: ") as error:
        _parsed(counts={"samples": {"\x1b[2J": "x"}})
    assert "\n" not in str(error.value)


def test_a_journal_holds_the_metrics_beside_the_release(tmp_path: Path) -> None:
    work = Folder(str(tmp_path))
    release = ReleaseRecord(pmcmine="1", run=RunFacts(options={"runner": "direct"}), files=(FileEntry("a", 1, "b"),))
    stages = (Sum("select", "version", 2, 1, 1),)
    metrics = Metrics(seconds=1.0, seconds_by_step={"mine": 0.5}, stages=stages, bytes={"xml": 3}, counts={"pmcids": 1})
    journal = Journal(release, metrics)
    write_journal(work, journal)
    assert read_journal(work, "mine anew") == journal
    (tmp_path / "journal.json").write_bytes(sealed.to_bytes({"run": {}}))
    with pytest.raises(DamagedError, match=r"no metrics\); mine anew"):
        read_journal(work, "mine anew")
    (tmp_path / "journal.json").write_bytes(sealed.to_bytes({"run": {"metrics": {"counts": {}, "seconds_by_step": 1}}}))
    with pytest.raises(DamagedError, match=r"\(metrics: seconds_by_step: .*\); mine anew"):
        read_journal(work, "mine anew")


def test_the_mark_of_a_run(tmp_path: Path) -> None:
    work = Folder(str(tmp_path))
    for mark in (RunMark({"seed": 0}, "1"), RunMark({}, "1", UpdateMark("2026-01-01", "inc20260101", compact=True))):
        work.write("run.json", mark.to_bytes(), replace=True)
        assert parse_mark(work.read("run.json"), "run.json", "mine anew") == find_mark(work) == mark
    for other in (b"[", b"[]", b'{"mine": 1}', b'{"config": 1}'):
        work.write("run.json", other, replace=True)
        assert find_mark(work) is None
