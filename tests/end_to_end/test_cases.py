"""The table of cases in a release, and its exports."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.helpers import release_json, rows
from tests.test_cli import call


def test_the_demo_has_cases_that_point_into_its_tables(demo_release: Path) -> None:
    cases = rows(demo_release, "cases")
    assert len(cases) > 5
    texts = {p["paragraph_id"]: p["text"] for p in rows(demo_release, "paragraphs")}
    figures = {f["figure_id"] for f in rows(demo_release, "figures")}
    panels = {p["panel_id"] for p in rows(demo_release, "panels")}
    for case in cases:
        assert case["text"] == "\n".join(texts[p["paragraph_id"]][p["start"] : p["end"]] for p in case["passages"])
        assert {s["part"] for s in case["spans"]} >= {"presentation", "findings", "diagnosis", "outcome"}
        assert case["figure_ids"] and set(case["figure_ids"]) <= figures and set(case["panel_ids"]) <= panels
        assert case["age"] is not None and case["sex"] in ("female", "male")
    series = [c for c in cases if c["label"] is not None]
    assert {c["label"] for c in series} == {"1", "2"}


def test_the_sums_of_cases_hold(demo_release: Path) -> None:
    stages = release_json(demo_release)["counts"]["stages"]
    sums = {s["unit"]: s for s in stages if s["unit"] in ("case", "case_report")}
    assert sums["case"]["out"] == len(rows(demo_release, "cases"))
    for s in sums.values():
        assert s["in"] == s["out"] + s["rejected"] > 0


def test_cupcase(demo_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "export", str(demo_release), "--format", "cupcase", "--out", str(tmp_path / "out"))
    assert code == 0, err
    lines = [json.loads(line) for line in (tmp_path / "out" / "cupcase.jsonl").read_text("utf-8").splitlines()]
    assert len(lines) == len(rows(demo_release, "cases"))
    for line in lines:
        assert {
            "id",
            "clean_case_presentation",
            "correct_diagnosis",
            "distractor1",
            "distractor2",
            "distractor3",
        } <= line.keys()
        assert line["correct_diagnosis"].lower() not in line["clean_case_presentation"].lower()
        assert line["clean_case_presentation"].endswith(".")


@pytest.mark.parametrize("name", ["cupcase", "multicare"])
def test_without_cases_the_reason_is_said(
    demo_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(demo_release, copy, ignore=shutil.ignore_patterns("cases", "shards*", "state"))
    code, said, err = call(capsys, "export", str(copy), "--format", name, "--out", str(tmp_path / "out"))
    assert code == 0, err
    assert "0 cases: the release has none; it holds no case report, or an earlier version made it\n" in said

    path = next((copy / "tables" / "rejects").rglob("*.parquet"))
    held = pq.ParquetFile(path).read()
    changed = [row | {"unit": "case_report", "reason": "no_patient"} for row in held.slice(0, 2).to_pylist()]
    pq.write_table(pa.Table.from_pylist(changed, held.schema), path)
    code, said, err = call(capsys, "export", str(copy), "--format", name, "--out", str(tmp_path / "again"))
    assert code == 0, err
    assert "0 cases: the release has none; its case reports were rejected (2 no_patient)\n" in said


def test_multicare(demo_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    code, _, err = call(capsys, "export", str(demo_release), "--format", "multicare", "--out", str(out))
    assert code == 0, err
    cases = {a["article_id"]: a["cases"] for a in pq.read_table(out / "cases.parquet").to_pylist()}
    assert sum(map(len, cases.values())) == len(rows(demo_release, "cases"))
    for article, held in cases.items():
        assert [c["case_id"] for c in held] == [f"{article}_{n:02d}" for n in range(1, len(held) + 1)]
        assert all(c.keys() == {"case_id", "case_text", "age", "gender"} for c in held)
    metadata = {a["article_id"]: a["article_metadata"] for a in pq.read_table(out / "metadata.parquet").to_pylist()}
    assert {a: m["case_amount"] for a, m in metadata.items()} == {a: len(c) for a, c in cases.items()}
    images = pq.read_table(out / "case_images.parquet").to_pylist()
    files = [i["file"] for a in images for c in a["case_images"] for i in c["case_image_list"]]
    with (out / "captions_and_labels.csv").open(encoding="utf-8", newline="") as stream:
        captions = list(csv.DictReader(stream))
    assert [c["file"] for c in captions] == files
    assert files and all((out / "images" / name).is_file() for name in files)
