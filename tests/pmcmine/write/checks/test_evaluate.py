"""`pmcmine eval written`: rewrites read from JSON lines, their sources from articles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pmcmine.cli import app
from pmcmine.errors import GoldError
from pmcmine.write.checks.evaluate import evaluate, read_rewrites, texts_of

XML = b"""<article><front><article-meta><article-id pub-id-type="pmc">PMC77</article-id></article-meta></front><body>
<sec><title>Results</title><p>See <xref ref-type="fig" rid="f1">Figure 1</xref>.</p><fig id="f1"><label>Figure 1</label>
<caption><p>CT of the chest with a 3 cm mass in the left lung.</p></caption><graphic href="a"/></fig></sec></body></article>"""


def _files(folder: Path) -> tuple[Path, Path]:
    source = {"kind": "caption", "row_id": "PMC77.1/f1", "start": 0, "end": 20}
    row = {"pmcid": "PMC77", "task": "caption", "sources": [{**source, "end": 50}], "part": "fresh"}
    rows = [
        {**row, "id": "1", "kind": "good", "text": "The chest CT shows a mass of 3 cm in the left lung."},
        {**row, "id": "2", "kind": "number", "text": "The chest CT shows a mass of 4 cm in the left lung."},
        {**row, "id": "3", "kind": "swap", "text": "The chest CT shows a mass in the left lung."},
    ]
    gold, article = folder / "rewrites.jsonl", folder / "PMC77.xml"
    gold.write_text("".join(json.dumps(r) + "\n" for r in rows))
    article.write_bytes(XML)
    return gold, article


def test_shares_and_errors_are_counted(tmp_path: Path) -> None:
    gold, article = _files(tmp_path)
    rewrites = read_rewrites(gold)
    measures, wrong = evaluate(rewrites, texts_of([article], rewrites))
    assert (measures["passed"], measures["caught"]) == (1.0, 0.5)
    assert measures["by_kind"] == {"number": {"right": 1, "of": 1}, "swap": {"right": 0, "of": 1}}
    assert len(wrong) == 1 and wrong[0].startswith("3  swap  not caught")


def test_the_command_prints_one_object(tmp_path: Path) -> None:
    gold, article = _files(tmp_path)
    done = CliRunner().invoke(app, ["eval", "written", "--gold", str(gold), "--articles", str(article), "--json"])
    found = json.loads(done.output.splitlines()[-1])
    assert done.exit_code == 0 and found["good"] == 1 and found["caught"] == 0.5


def test_what_is_missing_is_one_clear_line(tmp_path: Path) -> None:
    gold, article = _files(tmp_path)
    with pytest.raises(GoldError, match="no rewrite of the part 'x'"):
        read_rewrites(gold, "x")
    with pytest.raises(GoldError, match="no such file or folder"):
        texts_of([tmp_path / "nowhere"], read_rewrites(gold))
    article.write_bytes(b"<no/>")
    with pytest.raises(GoldError, match="no text of PMC77"):
        texts_of([tmp_path], read_rewrites(gold))
    gold.write_text('{"id": "1"}\n')
    with pytest.raises(GoldError, match="row 1 is not a rewrite"):
        read_rewrites(gold)
