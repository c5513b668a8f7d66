"""Flagged paragraphs and figures: columns by default, rejects on request; the sums hold either way."""

from __future__ import annotations

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
    (grid,) = rows(out, "grids")
    (flag,) = grid["privacy"]
    assert (flag["row"], flag["column"], flag["start"], flag["end"], flag["kind"]) == (1, 1, 9, 19, "name")
    assert all(r["caption_language"] and r["caption_quality"] for r in figures.values())


def test_flagged_things_become_rejects_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = mined(tmp_path, capsys, "--drop-privacy-flagged")
    assert [r["text"] for r in rows(out, "paragraphs")] == ["The operation was uneventful (Fig. 2)."]
    assert [r["xml_id"] for r in rows(out, "figures")] == ["F2"]
    flagged = [r for r in rows(out, "rejects") if r["reason"] == "privacy_flagged"]
    assert sorted(r["unit"] for r in flagged) == ["figure", "grid", "mention", "paragraph"]
    assert not rows(out, "grids") and "Smith" not in str(rows(out, "documents"))
    assert "Smith" not in str(rows(out, "rejects")) + str(release_json(out)) + str(rows(out, "mentions"))
