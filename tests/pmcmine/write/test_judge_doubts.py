"""A judge of doubts: what it is asked, what that costs, and what is left if it does not answer."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pmcmine.errors import PmcmineError
from pmcmine.plugins.task import Content
from pmcmine.text.tokens import estimate
from pmcmine.write.budget import Prices
from pmcmine.write.checks import problems
from pmcmine.write.client import Client
from pmcmine.write.forecast import expect
from pmcmine.write.given import Given, Passage
from pmcmine.write.judge import are_doubts
from pmcmine.write.registry import task_of
from pmcmine.write.requests import Settings
from pmcmine.write.run import Order
from pmcmine.write.task import WritingTask
from pmcmine.write.transport import Endpoint
from tests.model_server import ModelServer, faithful, served
from tests.pmcmine.write.conftest import Write
from tests.pmcmine.write.test_write import side
from tests.test_cli import call

DOUBT, NUMBER = " Thrombophlebitis is seen.", " It weighed 7391 kg."
# A million dollars for a million tokens that are read: a row costs what the stand-in states, 100 for each request.
ASKED: dict[str, Any] = {
    "judge": True, "judge_doubts": True, "concurrency": 1, "image_size": 0, "limit": 6, "where": "derivatives_ok",
    "prices": Prices(1e6, 0.0),
}  # fmt: skip


def _caption(body: dict[str, Any], more: str) -> str:
    return json.dumps({"caption": json.loads(faithful(body))["caption"] + more})


def _turns(*more: str) -> Callable[[dict[str, Any]], str]:
    """Answer with a turn for each of these, which is added to what was given."""

    def answer(body: dict[str, Any]) -> str:
        said = json.loads(faithful(body))["turns"][0]["answer"]
        return json.dumps({"turns": [{"question": f"{n} What is described?"[2:], "answer": said + m} for n, m in enumerate(more)]})  # fmt: skip

    return answer


def _both(model: Callable[[dict[str, Any]], str], judge: Callable[[str], Any]) -> Callable[[dict[str, Any]], str]:
    def answer(body: dict[str, Any]) -> str:
        if body["model"] != "judge":
            return model(body)
        return json.dumps(judge(body["messages"][1]["content"].split("\n\nText:\n")[1]))

    return answer


@pytest.mark.parametrize(
    ("turns", "cost", "score"), [((DOUBT,), 200, 5), ((DOUBT, DOUBT + DOUBT[:-1] + " again."), 300, 4), (("", DOUBT), 300, 5)]
)  # fmt: skip
def test_what_was_judged_already_is_not_judged_again(
    release: Path, write: Write, turns: tuple[str, ...], cost: int, score: int
) -> None:
    """Where each kept turn was in doubt, its verdicts are those of the row, and the lowest is its score."""
    judge = _both(_turns(*turns), lambda text: {"score": 4 if text.endswith("again.") else 5, "reason": "a synonym"})
    with served(answer=judge) as server:
        write(release, server, "vqa", **ASKED)
    kept = [r for r in side(release, "vqa") if len(r["turns"]) == len(turns)]
    assert kept and {(r["cost"], r["judge_score"]) for r in kept} == {(cost, score)}


@pytest.mark.parametrize(("more", "reason"), [(DOUBT, "check_unsupported"), ("", "bad_verdict")])
@pytest.mark.parametrize(("verdict", "said"), [({}, "no score"), ("none", "no score: no JSON object")])
def test_a_verdict_without_a_score_is_counted_and_stated(
    release: Path, write: Write, more: str, reason: str, verdict: object, said: str
) -> None:
    with served(answer=_both(lambda body: _caption(body, more), lambda _: verdict)) as server:
        counts = write(release, server, **ASKED).facts.counts
    dropped = [r for r in side(release, "caption", "rejects") if r["reason"] == reason]
    assert len(dropped) == counts["asked"] > 0 == counts["kept"]
    assert all(r["detail"].endswith(said) for r in dropped) and counts["tokens_read"] == 200 * counts["asked"]


@pytest.fixture
def refusing() -> Iterator[Client]:
    """A judge that refuses each request, as one that is too long for it."""
    with ModelServer(faults=deque([400] * 999)) as server:
        yield Client(Endpoint(server.url, "judge"), lambda _: False)


def test_a_text_that_a_judge_refuses_is_dropped_for_what_the_check_found(
    release: Path, write: Write, refusing: Client
) -> None:
    with served(answer=_turns("", DOUBT)) as server:
        counts = write(release, server, "vqa", **ASKED | {"judge": refusing}).facts.counts
    rejects = side(release, "vqa", "rejects")
    doubts = [r for r in rejects if r["reason"] == "check_unsupported"]
    assert doubts and {r["turn"] for r in doubts} == {1} and all("judge: " in r["detail"] for r in doubts)
    whole = [r for r in rejects if r["reason"] == "refused"]  # what the checks let pass is judged, too
    assert len(whole) == counts["asked"] and all(r["answer"] and "judge: " in r["detail"] for r in whole)
    assert counts["tokens_read"] == 100 * counts["asked"]
    with served(answer=lambda body: _caption(body, DOUBT)) as server:
        done = write(release, server, **ASKED | {"judge": refusing})
    counts = done.facts.counts
    assert counts["dropped: check_unsupported"] == counts["asked"] and not done.left
    assert "dropped: refused" not in counts and counts["tokens_read"] == 100 * counts["asked"]


def test_a_text_that_a_judge_does_not_answer_leaves_its_row_open(release: Path, write: Write) -> None:
    gone = Client(Endpoint("http://127.0.0.1:1/v1", "judge", retries=0), lambda _: False)
    with served(answer=_both(lambda body: _caption(body, DOUBT), lambda _: {"score": 5})) as server:
        done = write(release, server, **ASKED | {"judge": gone})
        counts = done.facts.counts
        assert counts["dropped: no_answer"] == counts["asked"] == done.left > 0
        assert counts["tokens_read"] == 100 * counts["asked"]
        details = [r["detail"] for r in side(release, "caption", "rejects") if r["reason"] == "no_answer"]
        assert all(d.startswith("judge: http://127.0.0.1:1/v1: no answer") for d in details)
        again = write(release, server, **ASKED)
    assert again.facts.counts["overruled"] == counts["asked"] and not again.left


@pytest.mark.parametrize("refuses", [True, False])
def test_a_judge_that_never_answers_ends_the_run(release: Path, write: Write, refusing: Client, refuses: bool) -> None:
    """Every other row has a number that was not given, of which no judge is asked."""
    gone = Client(Endpoint("http://127.0.0.1:1/v1", "judge", retries=0), lambda _: False)
    asked = 0

    def answer(body: dict[str, Any]) -> str:
        nonlocal asked
        asked += 1
        return _caption(body, NUMBER if asked % 2 else DOUBT)

    order = ASKED | {"judge": refusing if refuses else gone, "limit": None, "concurrency": 2}
    with served(answer=answer) as server, pytest.raises(PmcmineError, match=r"^judge: .*20 rows without an answer"):
        write(release, server, **order)


def test_what_was_overruled_is_stated_of_a_row_that_is_dropped_later(release: Path, write: Write) -> None:
    judge = _both(_turns("", DOUBT), lambda text: {"score": 2 if "\n\n" in text else 5, "reason": "a side differs"})
    with served(answer=judge) as server:
        write(release, server, "vqa", **ASKED)
    details = {r["detail"] for r in side(release, "vqa", "rejects") if r["reason"] == "judged"}
    assert details == {"2: a side differs; overruled before: unsupported"}


def test_a_forecast_counts_a_verdict_for_each_turn_that_may_be_in_doubt(release: Path, write: Write) -> None:
    """All turns are in doubt, as many as the prompt asks for at most, so that each is judged by itself."""
    found = task_of("vqa")
    order = Order("vqa", found, Settings("stub", found.target.prompt, "2", image_size=0), "derivatives_ok", 6)
    plain, doubts = expect(release, order, "judge"), expect(release, replace(order, judge_doubts=True), "judge")
    assert (plain.doubts, doubts.doubts, doubts.judged) == (0, 4 * plain.judged, plain.judged)
    most = doubts.most_written - doubts.asked * found.target.most_tokens
    answer = _both(
        _turns(*(f"{DOUBT[:-1]}{word}." for word in ("", " again", " here", " there", " too"))),
        lambda _: {"score": 5, "reason": "a synonym"},
    )
    with served(answer=answer) as server:
        write(release, server, "vqa", **ASKED)
        judged = [b for b in server.state.bodies if b["model"] == "judge"]
    assert len(judged) == doubts.judged + doubts.doubts > plain.judged
    assert sum(b["max_tokens"] for b in judged) <= most
    text = sum(estimate(m["content"]) for b in server.state.bodies for m in b["messages"])
    assert plain.read < text <= doubts.read
    assert expect(release, replace(order, judge_doubts=True), "other").doubts == doubts.doubts
    with served(answer=_turns("", "")) as server:
        write(release, server, "vqa", name="two", **{k: v for k, v in ASKED.items() if not k.startswith("judge")})
    assert expect(release, replace(order, name="two", judge_doubts=True), "judge").doubts == doubts.judged


def test_a_text_with_turns_is_judged_whole(
    release: Path, write: Write, monkeypatch: Any, tmp_path: Path, capsys: Any
) -> None:
    """A task of somebody's may write both; what is judged, compared with benchmarks and exported is all of it."""
    plain = WritingTask.content

    def both(self: WritingTask, answer: Any) -> Content:
        turns = plain(self, answer).turns
        return Content(turns[0].answer, turns[1:])

    monkeypatch.setattr(WritingTask, "content", both)
    order = {k: v for k, v in ASKED.items() if k != "judge_doubts"}
    answer = _both(_turns("", ""), lambda text: {"score": 2 if "What is described?" in text else 5, "reason": "no"})
    with served(answer=answer) as server:
        counts = write(release, server, "vqa", **order).facts.counts
        assert counts["dropped: judged"] == counts["asked"] > 0
        write(release, server, "vqa", name="both", **order | {"judge": None})
    code, _, err = call(
        capsys, "export", str(release), "--format", "llava", "--written", "both", "--out", str(tmp_path / "out")
    )
    assert code == 0, err
    talks = json.loads((tmp_path / "out" / "train.json").read_text())
    assert talks and all(len(talk["conversations"]) == 4 for talk in talks)


@pytest.mark.parametrize(
    ("given", "said", "codes", "doubts"),
    [
        ("Tumours measured 12 mm in treated mice and 34 mm in untreated rats.",
         "Tumours measured 34 mm in treated mice and 12 mm in untreated rats.", {"swapped", "exchanged"}, False),
        ("The red bars show treated mice. The blue bars show untreated rats.",
         "The blue bars show treated mice. The red bars show untreated rats.", {"opposite", "swapped", "exchanged"}, True),
        ("Scan of the lung.", "Scan of the lung with hypodense lesions.", {"unsupported"}, True),
        ("Scan of the lung.", "Scan of the lung with 3 lesions.", {"number", "unsupported"}, False),
    ],
)  # fmt: skip
def test_a_number_at_the_wrong_place_is_no_doubt(given: str, said: str, codes: set[str], doubts: bool) -> None:
    found = problems(said, Given((Passage("caption", "PMC1.1/f1", 0, len(given), given),)), "caption")
    assert {p.code for p in found} == codes and are_doubts(found) == doubts
