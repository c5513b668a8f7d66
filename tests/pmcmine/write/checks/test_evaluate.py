"""`pmcmine eval written`: rewrites read from JSON lines, their sources from articles."""

from __future__ import annotations

import json
import time
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pmcmine.cli import app
from pmcmine.errors import GoldError, PmcmineError
from pmcmine.write.checks.evaluate import Rewrite, evaluate, read_rewrites, texts_of
from pmcmine.write.client import Client
from pmcmine.write.judge_measures import scores
from pmcmine.write.transport import Endpoint
from tests.model_server import served

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
    gold.write_text(gold.read_text() * 2)
    with pytest.raises(GoldError, match="row 4: the id '1' stands twice"):
        read_rewrites(gold)
    gold.write_text('{"id": "1"}\n')
    with pytest.raises(GoldError, match="row 1 is not a rewrite"):
        read_rewrites(gold)


def test_a_judge_is_measured_alone_and_with_the_checks(tmp_path: Path) -> None:
    """Its scores: the good text 5, but one that the checks doubt, too; the number 1; the missing size no score."""
    gold, article = _files(tmp_path)
    doubted = json.loads(gold.read_text().splitlines()[0]) | {
        "id": "4", "text": "The chest CT shows a hypodense mass of 3 cm in the left lung."
    }  # fmt: skip
    gold.write_text(gold.read_text() + json.dumps(doubted) + "\n")

    def answer(body: dict[str, Any]) -> str:
        said = body["messages"][1]["content"]
        return json.dumps({"score": 1 if "4 cm" in said else 5, "reason": ""} if "cm in" in said else {})

    args = ["eval", "written", "--gold", str(gold), "--articles", str(article), "--json"]
    with served(answer=answer) as server:
        judge = ["--judge-endpoint", server.url, "--judge-model", "judge", "--answers", str(tmp_path / "answers")]
        done = CliRunner().invoke(app, [*args, *judge])
        asked = server.state.requests
        again = CliRunner().invoke(app, [*args, *judge])
        assert server.state.requests == asked == 4 and again.stdout == done.stdout
    found = json.loads(done.stdout.splitlines()[-1])
    ways = {way: (m["passed"], m["caught"]) for way, m in found["with_judge"].items()}
    assert (found["passed"], found["caught"]) == (0.5, 0.5) and found["judge"] == {"refused": 0, "no_score": 1}
    assert ways == {"judge": (1.0, 1.0), "checks, then judge": (0.5, 1.0), "judge also of doubts": (1.0, 1.0)}


def test_a_text_that_a_judge_refuses_has_no_score(tmp_path: Path) -> None:
    """One refusal is of all three formats."""
    gold, article = _files(tmp_path)
    args = ["eval", "written", "--gold", str(gold), "--articles", str(article), "--json", "--concurrency", "1"]
    with served(faults=deque([400] * 3)) as server:
        judge = ["--judge-endpoint", server.url, "--judge-model", "judge", "--answers", str(tmp_path / "answers")]
        done = CliRunner().invoke(app, [*args, *judge])
        assert done.exit_code == 0, done.exception
        asked = server.state.requests
        server.state.faults.extend([400] * 3)
        again = CliRunner().invoke(app, [*args, *judge])
        assert server.state.requests == asked + 3 and again.stdout == done.stdout  # only what has no answer
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["judge"] == {"refused": 1, "no_score": 0}
    assert found["with_judge"]["judge"]["passed"] == 0.0  # the first one, a good text


def test_a_judge_that_refuses_one_text_after_another_ends_with_one_line(tmp_path: Path) -> None:
    rewrites, texts = _many(tmp_path, 30)
    with served(faults=deque([""] * 2 + [400] * 999)) as server:
        client = Client(Endpoint(server.url, "judge"))
        with pytest.raises(PmcmineError, match=r"status 400: fault; .*answers keeps what was answered"):
            scores(rewrites, texts, client, tmp_path / "answers", 1, lambda _: None)
        assert 2 + 3 * 20 <= server.state.requests <= 2 + 3 * 22


def test_ctrl_c_ends_the_waits_of_what_is_asked_again(tmp_path: Path) -> None:
    """The last texts get no answer, whenever they are asked about, and are waited for many minutes."""
    rewrites, texts = _many(tmp_path, 54)
    interrupted = []

    def say(_: str) -> None:
        interrupted.append(time.monotonic())
        raise KeyboardInterrupt

    def of_the_last(body: dict[str, Any]) -> int | None:
        return 503 if any(f"{i} The chest" in json.dumps(body["messages"]) for i in range(50, 54)) else None

    with served(fault_of=of_the_last) as server, pytest.raises(KeyboardInterrupt):
        client = Client(Endpoint(server.url, "judge", retries=20))
        scores(rewrites, texts, client, tmp_path / "answers", 4, say)
    assert time.monotonic() - interrupted[0] < 30
    assert len((tmp_path / "answers" / "answers.jsonl").read_text().splitlines()) == 50


def _many(folder: Path, n: int) -> tuple[list[Rewrite], dict[str, str]]:
    gold, article = _files(folder)
    first = json.loads(gold.read_text().splitlines()[0])
    gold.write_text(
        "".join(json.dumps(first | {"id": f"r{i}", "text": f"{i} {first['text']}"}) + "\n" for i in range(n))
    )
    rewrites = read_rewrites(gold)
    return rewrites, texts_of([article], rewrites)


def test_a_judge_that_does_not_answer_ends_with_one_line(tmp_path: Path) -> None:
    gold, article = _files(tmp_path)
    args = ["eval", "written", "--gold", str(gold), "--articles", str(article), "--judge-model", "judge"]
    alone = CliRunner().invoke(app, [*args, "--judge-endpoint", "http://127.0.0.1:1/v1"])
    assert isinstance(alone.exception, PmcmineError) and "give --answers" in str(alone.exception)
    with served(faults=deque([400] * 9)) as server:
        more = ["--judge-endpoint", server.url, "--answers", str(tmp_path / "answers")]
        done = CliRunner().invoke(app, [*args, *more])
    assert isinstance(done.exception, PmcmineError) and "keeps what was answered" in str(done.exception)
