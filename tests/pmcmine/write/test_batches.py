"""Asking through batches: the same texts, nothing twice, and what goes wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pmcmine.errors import PmcmineError
from pmcmine.write import batches as module
from pmcmine.write import run
from pmcmine.write.journal import Answer, Journal
from pmcmine.write.transport import NoAnswer
from tests.model_server import ModelServer, faithful, prompt_of, served
from tests.pmcmine.write.conftest import Write

UNLINK = Path.unlink
FEW: dict[str, Any] = {"batch": True, "image_size": 0, "limit": 24}


def texts(release: Path, name: str = "caption") -> dict[str, str]:
    files = (release / "written" / name / "texts").rglob("*.parquet")
    return {row["row_id"]: row["text"] for f in files for row in pq.read_table(f).to_pylist()}


def noted(release: Path) -> list[Path]:
    return sorted((release / "written" / ".answers" / "caption.batches").glob("*"))


def nothing_twice(server: ModelServer) -> bool:
    prompts = [prompt_of(body) for body in server.state.bodies]
    return len(prompts) == len(set(prompts)) > 0


def test_batches_give_what_single_requests_give(release: Path, write: Write, tmp_path: Path) -> None:
    with served() as server:
        one = write(release, server, out=tmp_path / "single.parquet")
    (release / "written" / ".answers" / "caption.jsonl").unlink()
    looks: list[tuple[int, int]] = []
    with served(slow=3) as server:
        done = write(release, server, batch=True, waited=lambda *n: looks.append(n))
        assert done.facts.counts == one.facts.counts and done.left == 0
        assert server.state.requests == 0 and nothing_twice(server)
        assert len(server.state.batches) == 1 and len(looks) == 4 and looks[-1][0] > 0
        formats = {body["response_format"]["type"] for body in server.state.bodies}
        assert formats == {"json_schema"}
        single = {row["row_id"]: row["text"] for row in pq.read_table(tmp_path / "single.parquet").to_pylist()}
        assert texts(release) == single
        write(release, server, batch=True)
        assert len(server.state.batches) == 1
    assert noted(release) == []


def test_small_files_further_tries_and_errors(release: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(body: dict[str, Any]) -> str:
        return "Sure!" if body["seed"] == 0 and len(prompt_of(body)) % 3 == 0 else faithful(body)

    monkeypatch.setattr(module, "_MOST_REQUESTS", 10)
    with served(answer=answer, errors=(2,)) as server:
        done = write(release, server, batch=True, image_size=0)
        assert nothing_twice(server) and len(server.state.batches) > 3
        refused = done.facts.counts["dropped: refused"]
        assert refused == sum(1 for b in server.state.batches.values() if b["request_counts"]["failed"]) > 1
        assert done.facts.counts["kept"] and "dropped: bad_answer" not in done.facts.counts and done.left == 0


@pytest.mark.parametrize("knows", ["json_object", ""])
def test_a_plainer_format_if_the_server_knows_no_schema(release: Path, write: Write, knows: str) -> None:
    with served(formats=(knows, "")) as server:
        done = write(release, server, **FEW)
        assert done.facts.counts["kept"] > 0 and done.left == 0 and nothing_twice(server)
        assert {body.get("response_format", {}).get("type", "") for body in server.state.bodies} == {knows}
        assert len(server.state.batches) == 2 + (not knows)
    assert noted(release) == []


def test_a_server_that_knows_no_format_ends(release: Path, write: Write) -> None:
    with served(formats=()) as server:
        done = write(release, server, **FEW)
        assert done.facts.counts["dropped: refused"] > 0 and len(server.state.batches) == 3


def test_a_killed_run_finds_its_batch_again(release: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(lost=1) as server:
        with monkeypatch.context() as patch:
            patch.setattr(module.BatchAsker, "_made", lambda self, batch, first: create(self, batch))

            def create(self: module.BatchAsker, batch: module.Batch) -> module.Batch:
                module.batch_api.create(self.client.transport, batch.file, batch.key, True)
                raise KeyboardInterrupt  # after the server made it, before its name is noted

            with pytest.raises(KeyboardInterrupt):
                write(release, server, **FEW)
        assert len(noted(release)) == 1 and len(server.state.batches) == 1  # the lost answer was looked for, too
        with pytest.raises(PmcmineError, match="give --batch"):
            write(release, server, image_size=0, limit=24)
        done = write(release, server, **FEW)
        assert len(server.state.batches) == 1 and nothing_twice(server) and done.facts.counts["kept"]


def test_stopping_while_it_waits(release: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(slow=5) as server:
        with monkeypatch.context() as patch:
            patch.setattr(module, "_FIRST_PAUSE", -1.0)
            patch.setattr("pmcmine.write.transport.Transport.pause", _stopped)
            with pytest.raises(NoAnswer, match="stopped"):
                write(release, server, **FEW)
        done = write(release, server, **FEW)
        assert len(server.state.batches) == 1 and done.left == 0


def _stopped(self: Any, seconds: float) -> None:
    if seconds < 0:
        raise NoAnswer("the run was stopped")


@pytest.mark.parametrize("end", ["expired", "cancelled"])
def test_what_a_batch_did_not_answer_is_asked_by_the_next_run(release: Path, write: Write, end: str) -> None:
    with served(batch_end=end) as server:
        done = write(release, server, **FEW)
        assert done.facts.counts["kept"] > 0 and done.left > 0 and len(server.state.batches) == 1
        server.state.batch_end = "completed"
        done = write(release, server, **FEW)
        assert done.left == 0 and len(server.state.batches) == 2 and nothing_twice(server)


def test_a_batch_that_fails_is_one_line_and_forgotten(release: Path, write: Write) -> None:
    with served(batch_end="failed") as server:
        with pytest.raises(PmcmineError, match="the model does not exist"):
            write(release, server, **FEW)
        assert noted(release) == []


def test_a_server_without_batches_is_one_line(release: Path, write: Write) -> None:
    with served(has_batches=False) as server, pytest.raises(PmcmineError, match="no batch API, so ask without --batch"):
        write(release, server, **FEW)


def note(release: Path, **more: Any) -> Path:
    """Note a batch as a run would that was killed."""
    key = str(more.pop("key", "ab" * 32))
    folder = release / "written" / ".answers" / "caption.batches"
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    facts = {
        "key": key,
        "file": "file-9",
        "url": "",
        "model": "stub",
        "id": "batch_9",
        "requests": {"h": ["row", 1, 1]},
    }
    path = folder / f"{'ab' * 32}.json"
    path.write_text(json.dumps({**facts, **more}))
    return path


def test_a_batch_that_the_server_does_not_know_is_kept_until_its_note_is_removed(release: Path, write: Write) -> None:
    with served() as server:
        path = note(release, url=server.url)
        with pytest.raises(PmcmineError, match=f"status 404.*remove {path}"):
            write(release, server, **FEW)
        path.unlink()
        assert write(release, server, **FEW).left == 0
        note(release, url="https://elsewhere/v1")
        with pytest.raises(PmcmineError, match="under way at https://elsewhere/v1"):
            write(release, server, **FEW)


@pytest.mark.parametrize("facts", [
    {"key": "../../../release"}, {"key": "\ud800"}, {"requests": {"h": ["row", -1, 1]}}, {"requests": []}, {"url": None},
    {"requests": {"h": ["row", float("inf"), 1]}},
])  # fmt: skip
def test_notes_that_are_none_touch_nothing(release: Path, write: Write, facts: dict[str, Any]) -> None:
    with served() as server:
        path = note(release, **{"url": server.url, **facts})
        with pytest.raises(PmcmineError, match=r"no note of a batch|under way at None"):
            write(release, server, **FEW)
    assert path.exists() and (release / "release.json").exists()


def test_answers_that_come_later_than_the_word_that_they_are_there(release: Path, write: Write) -> None:
    with served(late=2) as server:
        assert write(release, server, **FEW).left == 0
        assert len(server.state.batches) == 1
    (release / "written" / ".answers" / "caption.jsonl").unlink()
    with served(late=99) as server:
        with pytest.raises(PmcmineError, match="of its answers are missing"):
            write(release, server, **FEW)
        assert len(noted(release)) == 1
        server.state.late = 0
        assert write(release, server, **FEW).left == 0 and len(server.state.batches) == 1


def test_a_list_that_is_refused_forgets_no_batch(release: Path, write: Write) -> None:
    with served(lost=1, listing=400) as server:
        with pytest.raises(PmcmineError, match="whether the batch was made, the same command finds out"):
            write(release, server, **FEW)
        server.state.listing = 200
        assert write(release, server, **FEW).left == 0 and len(server.state.batches) == 1


def test_a_run_that_is_killed_while_it_reads_counts_no_answer_twice(
    release: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served() as server:
        with monkeypatch.context() as patch:
            patch.setattr(module.Path, "unlink", _killed)
            with pytest.raises(KeyboardInterrupt):
                write(release, server, **FEW)
        journal = run.journal_path(release, "caption")
        lines = len(journal.read_text().splitlines())
        assert lines > 0 and write(release, server, **FEW).left == 0
        assert len(journal.read_text().splitlines()) == lines and len(server.state.batches) == 1


def _killed(path: Path, missing_ok: bool = False) -> None:
    if path.name == "answers.jsonl":
        raise KeyboardInterrupt
    UNLINK(path, missing_ok)


def test_an_upload_that_fails_is_no_fault_of_a_row(
    release: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_REQUESTS", 5)
    with served() as server:
        with monkeypatch.context() as patch:
            patch.setattr(module.batch_api, "upload", _unreachable)
            with pytest.raises(PmcmineError, match="nothing was sent"):
                write(release, server, **FEW)
        assert write(release, server, **FEW).left == 0 and nothing_twice(server)


def _unreachable(*_: Any) -> str:
    raise NoAnswer("the server is gone")


def test_a_budget_holds_what_batches_may_cost(release: Path, write: Write) -> None:
    with served() as server:
        done = write(release, server, **FEW, most_tokens=3_000)
        spent = sum(120 for _ in server.state.bodies)
        assert done.spent and done.left > 0 and 0 < spent <= 3_000
    assert run.journal_path(release, "caption").stat().st_size > 0


def test_a_budget_learns_from_the_first_answers_what_requests_cost(
    release: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FIRST", 2)
    with served(read=5_000) as server:
        done = write(release, server, **FEW, most_tokens=30_000)
        assert done.spent and len(server.state.bodies) * 5_020 < 30_000 + 5_020


def test_an_answer_that_is_too_long_costs_no_other_one(release: Path, write: Write) -> None:
    huge = iter(["é" * (1 << 20)])
    with served(answer=lambda body: next(huge, None) or faithful(body)) as server:
        done = write(release, server, **FEW)
        assert done.facts.counts["dropped: bad_answer"] == 1 and done.facts.counts["kept"] and done.left == 0


def test_a_journal_with_a_line_of_somebody_else_keeps_what_comes_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pmcmine.write.journal._MOST_LINE", 1000)
    path = tmp_path / "a.jsonl"
    for key in ("first", "second"):
        journal = Journal(path)
        journal.add(Answer(key, "row", "stub", "text", "stop", 1, 1, (1, 1)))
        journal.close()
        with path.open("ab") as stream:
            stream.write(b"x" * 2_500 + b"\n")
    found = Journal(path)
    assert len(found) == 2 and found.get("second") is not None and path.read_bytes().endswith(b"x\n")
