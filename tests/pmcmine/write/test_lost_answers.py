"""Answers that were paid and are not there: lost on their way, too long, or followed by one that is refused."""

from __future__ import annotations

import json
import os
from collections import Counter, deque
from pathlib import Path
from typing import Any

import pytest

from pmcmine.errors import PmcmineError
from pmcmine.write.journal import Answer, Journal
from pmcmine.write.run import journal_path
from tests.model_server import faithful, prompt_of, served
from tests.pmcmine.write.conftest import Write
from tests.pmcmine.write.test_write import side


@pytest.mark.parametrize("fault", ["broken", "dropped", "cut_stream"])
def test_answers_that_are_lost_on_their_way_count_towards_the_budget(release: Path, write: Write, fault: str) -> None:
    """The server bills 120 tokens for each answer, also for every third, which does not arrive."""
    with served(faults=deque(["", "", fault] * 200)) as server:
        first = write(release, server, image_size=0, most_tokens=8_000)
        billed = 120 * len(server.state.bodies)
        assert first.spent and first.left and 1_000 < billed <= 8_000
        write(release, server, image_size=0, most_tokens=8_000)
        assert 120 * len(server.state.bodies) <= 8_000
        done = write(release, server, image_size=0, most_tokens=10**7, concurrency=1)
    assert not done.spent and not done.left
    assert done.facts.counts["tokens_read"] == 100 * done.facts.counts["asked"]  # of the answers that were read


def test_a_journal_of_somebody_else_is_one_line_or_left_out(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(b'{"lost":"a","counted":[1e400,5]}\n{"lost":"b","counted":[1,2]}\n')
    assert (Journal(path).read, Journal(path).written) == (1, 2)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(PmcmineError, match="no regular file"):
        Journal(tmp_path / "fifo")


def test_a_lost_answer_is_no_answer(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.lose("a", (5, 7))
    journal.add(Answer("b", "r", "m", "text", "stop", 1, 2, (1, 2)))
    journal.close()
    again = Journal(tmp_path / "j")
    assert (again.read, again.written, len(again)) == (6, 9, 1)
    assert again.get("a") is None and again.get("b") is not None
    assert b'"lost": "a"' in (tmp_path / "j").read_bytes()


@pytest.mark.parametrize("batch", [False, True])
def test_an_answer_that_is_too_long_is_paid_once(release: Path, write: Write, batch: bool) -> None:
    def answer(body: dict[str, Any]) -> str:
        found = faithful(body)
        return json.dumps({"caption": "x " * (1 << 20)}) if len(found) % 3 == 0 else found

    more: dict[str, Any] = {"limit": 12, "image_size": 0, "batch": batch}
    with served(answer=answer) as server:
        done = write(release, server, **more)
        asked = len(server.state.bodies)
        assert write(release, server, **more).asked == 0 and len(server.state.bodies) == asked
        assert set(Counter(map(prompt_of, server.state.bodies)).values()) == {1}
        assert {b["response_format"]["type"] for b in server.state.bodies if "response_format" in b} <= {"json_schema"}
    dropped = [r for r in side(release, "caption", "rejects") if r["reason"] == "bad_answer"]
    assert dropped and {r["detail"] for r in dropped} == {"more than 1 MiB"} and not done.left
    assert done.facts.counts["tokens_written"] >= 20 * done.facts.counts["asked"]


@pytest.mark.parametrize("second", [[400] * 3, [503]])
def test_a_first_try_counts_although_the_second_has_no_answer(release: Path, write: Write, second: list[int]) -> None:
    with served(faults=deque(["wrong_json", *second])) as server:
        done = write(release, server, limit=3, image_size=0, concurrency=1, retries=0, where="derivatives_ok")
    counts = done.facts.counts
    assert counts["asked"] == 3 and counts["tokens_read"] == 300
    (dropped,) = [r for r in side(release, "caption", "rejects") if r["reason"] in ("refused", "no_answer")]
    first = json.loads(journal_path(release, "caption").read_text().splitlines()[0])
    assert dropped["request_sha256"] == first["request"] and not dropped["detail"].startswith("judge")


def test_a_server_that_answers_no_second_try_ends_the_run(release: Path, write: Write) -> None:
    with served(faults=deque(["wrong_json", 500] * 200)) as server:
        write(release, server, limit=1, image_size=0, retries=0)  # the server is known to take the format
        with pytest.raises(PmcmineError, match="20 rows without an answer one after another"):
            write(release, server, image_size=0, concurrency=1, retries=0)
