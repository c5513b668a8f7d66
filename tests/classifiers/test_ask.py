"""Teacher labels over HTTP: faults, resumption, a second teacher, and what its disagreement does in training."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from classifiers.text import ask
from classifiers.text.labelled import read_labels, weights_of
from pmcmine.errors import GoldError, PmcmineError
from pmcmine.write.asking import Asker
from pmcmine.write.budget import Budget, Prices
from pmcmine.write.client import Client
from pmcmine.write.journal import Journal
from pmcmine.write.transport import Endpoint
from tests.model_server import ModelServer, served

PARAGRAPHS = [{"paragraph_id": f"PMC{i}.1/p[0]", "text": f"Text {i}."} for i in range(6)]
LABELS = {"type": "study", "domain": "clinical", "quality": 3}


def answer(body: dict[str, Any]) -> str:
    other = {"type": "review", "quality": 5} if body["model"] == "other" else {}
    return f"Sure: {json.dumps(LABELS | other)}"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with served(answer=answer) as found:
        yield found


def asker(server: ModelServer, folder: Path, model: str = "stub", **more: Any) -> Asker:
    journal = Journal(folder / "answers.jsonl")
    client = Client(Endpoint(server.url, model, **more), lambda _: False)
    return Asker(client, journal, Budget(journal, Prices(), None, None))


def test_labels_are_resumed_and_a_cut_line_is_mended(server: ModelServer, tmp_path: Path) -> None:
    out = tmp_path / "labels.jsonl"
    server.state.faults = deque([429, 500])
    said = list(ask.label(asker(server, tmp_path, key="s3cret"), iter(PARAGRAPHS[:3]), out))
    assert [found.counted for found in said] == [(100, 20)] * 3
    assert server.state.headers[0]["Authorization"] == "Bearer s3cret"
    assert not any("s3cret" in path.read_text() for path in tmp_path.iterdir())
    with out.open("a") as stream:
        stream.write('{"paragraph_id": "PMC3.1/p[0]", "te')
    answered = len(server.state.bodies)
    list(ask.label(asker(server, tmp_path), iter(PARAGRAPHS), out, threads=3))
    assert len(server.state.bodies) - answered == 3
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [r["paragraph_id"] for r in rows] == [p["paragraph_id"] for p in PARAGRAPHS]
    assert rows[0]["type"] == "study" and rows[0]["rubric"] == ask.RUBRIC_VERSION
    out.unlink()  # answers are in the journal
    list(ask.label(asker(server, tmp_path), iter(PARAGRAPHS), out))
    assert len(server.state.bodies) - answered == 3 and len(out.read_text().splitlines()) == 6


@pytest.mark.parametrize(
    "content", ["no", '{"type": "poem"}', '{"type": "study", "domain": "clinical", "quality": 9}', "{", "[" * 100_000]
)
def test_an_answer_without_labels_is_told_and_passed_over(server: ModelServer, tmp_path: Path, content: str) -> None:
    server.state.answer = lambda body: answer(body) if "1" in body["messages"][1]["content"] else content
    first, second = ask.label(asker(server, tmp_path), iter(PARAGRAPHS[:2]), tmp_path / "out")
    assert first.row is None and first.problem and second.row is not None


def test_a_second_teacher_lowers_the_weight_of_what_it_labels_otherwise(server: ModelServer, tmp_path: Path) -> None:
    out = tmp_path / "labels.jsonl"
    pair = asker(server, tmp_path), asker(server, tmp_path, "other")
    list(ask.label(pair[0], iter(PARAGRAPHS[:2]), out, second=pair[1]))
    rows = read_labels(out)
    assert rows[0]["second"] == {"teacher": "other", "type": "review", "domain": "clinical", "quality": 5}
    assert rows[0]["weights"] == {"type": 0.25, "domain": 1.0, "quality": 0.1}
    assert weights_of(rows, "type") == [0.25, 0.25] and weights_of(rows, "domain") is None
    out.write_text(json.dumps({**rows[0], "weights": {"type": -1}}))
    with pytest.raises(GoldError, match="weights"):
        read_labels(out)


def test_weights_move_a_head() -> None:
    import numpy as np
    from scipy import sparse

    from classifiers.text.heads import CLASSES, fit_on

    labels = [*CLASSES["type"], CLASSES["type"][0], CLASSES["type"][1]]
    words = sparse.csr_matrix(np.eye(4)[[0, 1, 2, 3, 0, 0]])
    dense = np.zeros((6, 1), np.float32)
    same, other = (fit_on("type", words, dense, labels, w) for w in (None, [1, 1, 1, 1, 1, 0.1]))
    assert not np.array_equal(same.words, other.words)
    assert np.array_equal(same.words, fit_on("type", words, dense, labels, [1.0] * 6).words)


def test_a_refusal_ends_with_a_line(server: ModelServer, tmp_path: Path) -> None:
    server.state.faults = deque([401])
    with pytest.raises(PmcmineError, match="status 401"):
        list(ask.label(asker(server, tmp_path), iter(PARAGRAPHS), tmp_path / "out"))
    server.state.faults = deque([503] * 3)
    with pytest.raises(PmcmineError, match="no answer after 3 tries"):
        list(ask.label(asker(server, tmp_path, retries=2), iter(PARAGRAPHS), tmp_path / "out"))
