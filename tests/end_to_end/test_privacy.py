"""Flagged paragraphs and figures: columns by default, rejects on request; the sums hold either way."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.helpers import release_json, rows
from tests.test_cli import call

XML = """<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="case-report"><front><article-meta>
<article-id pub-id-type="pmcid">PMC77</article-id><title-group><article-title>A case</article-title></title-group>
<permissions><license xlink:href="https://creativecommons.org/licenses/by/4.0/"><license-p>CC BY</license-p></license></permissions>
</article-meta></front><body><sec sec-type="cases"><title>Case</title>
<p>Mrs. Smith was admitted to the hospital (<xref ref-type="fig" rid="F1">Fig. 1</xref>), a 54-year-old woman. She was diagnosed with acute appendicitis.</p>
<p>The operation was uneventful (<xref ref-type="fig" rid="F2">Fig. 2</xref>).</p>
<fig id="F1"><label>Figure 1</label><caption><p>Abdomen of Mrs. Smith, patient of our hospital.</p></caption><graphic xlink:href="g1"/></fig>
<fig id="F2"><label>Figure 2</label><caption><p>The appendix.</p></caption><graphic xlink:href="g2"/></fig>
<table-wrap id="T1"><table><tr><td>Age</td><td>54</td></tr><tr><td>Name</td><td>Patient: Mrs. Smith</td></tr></table></table-wrap>
<table-wrap id="T2"><label>Table 2</label><caption><p>Findings in Mrs. Jones, as in <xref ref-type="fig" rid="F2">Fig. 2</xref> and <xref ref-type="table" rid="T1">Table 1</xref>.</p></caption><table><tr><td>Pain</td><td>yes</td></tr></table></table-wrap>
<table-wrap id="T3"><label>Table 3</label><caption><p>Drugs.</p></caption><table><tr><td>Drug</td><td>yes</td></tr></table><table-wrap-foot><p>Given to Mrs. Miller by mouth.</p></table-wrap-foot></table-wrap>
</sec></body></article>"""


def mined(tmp_path: Path, capsys: pytest.CaptureFixture[str], *more: str) -> Path:
    source = tmp_path / "source"
    source.mkdir(exist_ok=True)
    (source / "PMC77.xml").write_text(XML)
    out = tmp_path / f"out{len(more)}"
    code, _, err = call(capsys, "mine", "--source", str(source), "--out", str(out), "--vocab", "none", "-q", *more)
    assert code == 0, err
    return out


def test_flags_are_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = mined(tmp_path, capsys)
    first, second = sorted(rows(out, "paragraphs"), key=lambda r: r["ordinal"])
    (flag,) = first["privacy"]
    assert first["text"][flag["start"] : flag["end"]] == "Mrs. Smith" and flag["kind"] == "name"
    (patient,) = first["patients"]
    assert (patient["age"], patient["sex"], patient["diagnosis"]) == (54.0, "female", "acute appendicitis")
    assert not second["privacy"]
    figures = {r["xml_id"]: r for r in rows(out, "figures")}
    assert [f["place"] for f in figures["F1"]["privacy"]] == ["caption"] and not figures["F2"]["privacy"]
    grids = {r["table_id"]: r for r in rows(out, "grids")}
    (flag,) = grids["PMC77.1/T1"]["privacy"]
    assert (flag["row"], flag["column"], flag["start"], flag["end"], flag["kind"]) == (1, 1, 9, 19, "name")
    assert not grids["PMC77.1/T2"]["privacy"]
    tables = {r["xml_id"]: r for r in rows(out, "article_tables")}
    for xml_id, place, name in (("T2", "caption", "Mrs. Jones"), ("T3", "footnotes", "Mrs. Miller")):
        (flag,) = tables[xml_id]["privacy"]
        assert (flag["kind"], flag["place"]) == ("name", place)
        assert tables[xml_id][place][flag["start"] : flag["end"]] == name
    assert not tables["T1"]["privacy"]
    assert all(r["caption_language"] and r["caption_quality"] for r in figures.values())


def test_flagged_things_become_rejects_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = mined(tmp_path, capsys, "--drop-privacy-flagged")
    assert [r["text"] for r in rows(out, "paragraphs")] == ["The operation was uneventful (Fig. 2)."]
    assert [r["xml_id"] for r in rows(out, "figures")] == ["F2"]
    flagged = [r for r in rows(out, "rejects") if r["reason"] == "privacy_flagged"]
    assert sorted(r["unit"] for r in flagged) == [
        "figure", "grid", "grid", "grid", "mention", "mention", "paragraph", "table", "table", "table_mention"
    ]  # fmt: skip
    assert not rows(out, "grids") and [r["xml_id"] for r in rows(out, "article_tables")] == ["T1"]
    (document,) = rows(out, "documents")
    left = {p["row_id"]: p["reason"] for p in document["places"] if p["kind"] == "table"}
    assert left["PMC77.1/T2"] == left["PMC77.1/T3"] == "privacy_flagged"
    assert "Pain" not in str(document) and "Drug" not in str(document)
    said = "".join(str(rows(out, t)) for t in ("rejects", "mentions", "table_mentions", "documents", "article_tables"))
    assert not any(name in said + str(release_json(out)) for name in ("Smith", "Jones", "Miller"))


def test_exported_tables_say_what_is_flagged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(
        capsys, "export", str(mined(tmp_path, capsys)), "--format", "tables", "--out", str(tmp_path / "t")
    )
    assert code == 0, err
    with (tmp_path / "t" / "tables.csv").open(newline="") as stream:
        assert {r["grid_id"]: r["privacy"] for r in csv.DictReader(stream)} == {
            f"PMC77.1/T{n}/g0": "name" for n in (1, 2, 3)
        }
