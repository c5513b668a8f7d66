"""Excluded figures and tables of one article: what is a part of them goes with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmcmine.io.folder import Folder
from pmcmine.miner import Mined
from pmcmine.release.layout import WORK
from pmcmine.rights.exclusion_list import parse_exclusions
from pmcmine.work.exclusions import digest_of, file_of, write_exclusions
from tests.pmcmine.jats.test_article import article, fig
from tests.pmcmine.miner.test_documents import CONFIG, mined, whole

INNER = (
    '<fig id="S1"><caption><p>Secret part.</p></caption><graphic xlink:href="s"/>'
    '<fig id="S2"><caption><p>Secret part of the part.</p></caption><graphic xlink:href="t"/></fig></fig>'
)
TABLE = (
    '<table-wrap id="T1"><label>Table 1</label><caption><p>Secret table.</p></caption>{}'
    "<table-wrap-foot><p>Secret note.</p></table-wrap-foot></table-wrap>"
)
BODY = '<p>See Fig. 1 and <xref ref-type="table" rid="T1">Table 1</xref>.</p>' + fig(1, caption="Secret.", inner=INNER)
GRID = "<table><tbody><tr><td>Secret cell</td></tr></tbody></table>"


def _mined(folder: Path, body: str, line: str) -> Mined:
    held = file_of(parse_exclusions(line.encode(), "list").added, "0" * 32)
    write_exclusions(Folder(str(folder)).child(WORK), held)
    config = CONFIG.model_copy(update={"out": str(folder), "exclude_sha256": digest_of(held)})
    found = mined(article(body), config)
    whole(found)
    return found


def test_what_is_nested_in_an_excluded_figure_is_excluded_at_any_depth(tmp_path: Path) -> None:
    found = _mined(tmp_path, BODY, "PMC1.1/F1")
    assert not found.figures
    assert {r.figure_id: r.reason for r in found.rejects if r.reason == "excluded"} == dict.fromkeys(
        ("PMC1.1/F1", "PMC1.1/S1", "PMC1.1/S2"), "excluded"
    )
    assert "Secret" not in str(found.documents)
    assert [f.figure_id for f in _mined(tmp_path / "2", BODY, "PMC1-1-S1").figures] == ["PMC1.1/F1"]


@pytest.mark.parametrize("inner", ['<graphic xlink:href="t"/>', GRID])
@pytest.mark.parametrize("line", ["PMC1.1/T1", "PMC1-1-T1"])
def test_a_table_is_excluded_with_its_image_cells_caption_and_notes(tmp_path: Path, inner: str, line: str) -> None:
    if inner == GRID and "-" in line:
        return  # a table that is no image has no sample, and so no key
    found = _mined(tmp_path, BODY.replace("Secret", "Plain") + TABLE.format(inner), line)
    assert (found.article_tables, found.grids) == ([], [])
    assert {f.figure_id[7:] for f in found.figures} == {"F1", "S1", "S2"}
    assert "Secret" not in str(found)
    (place, *_) = [p for p in found.documents[0].places if p.row_id == "PMC1.1/T1"]
    assert place.reason == "excluded"
    assert {r.reason for r in found.rejects if r.unit in ("table", "grid")} == {"excluded"}


def test_the_image_of_a_table_that_is_dropped_for_its_notes_is_dropped_with_it() -> None:
    body = TABLE.format('<graphic xlink:href="t"/>').replace(
        "Secret note.", "Call the patient at jane.roe@example.org."
    )
    config = CONFIG.model_copy(update={"privacy": True, "drop_privacy_flagged": True})
    found = mined(article(body), config)
    whole(found)
    assert (found.article_tables, found.figures) == ([], [])
    assert {(r.unit, r.reason) for r in found.rejects if r.stage == "extract"} == {
        ("table", "privacy_flagged"), ("figure", "privacy_flagged"),
    }  # fmt: skip
    assert "jane" not in str(found)
    kept = mined(article(body.replace("jane.roe@example.org", "home")), config)
    assert (len(kept.article_tables), len(kept.figures)) == (1, 1)
