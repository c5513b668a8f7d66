"""Writing about a release: what is given and sent, what is kept and dropped, faults, budgets, and killed runs."""

from __future__ import annotations

import json
import random
from collections import Counter, deque
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pmcmine.errors import PmcmineError
from pmcmine.publish.verify import verify_folder
from pmcmine.write.budget import Prices
from pmcmine.write.run import journal_path
from tests.helpers import release_json, rows, tree
from tests.model_server import faithful, prompt_of, served
from tests.pmcmine.write.conftest import Write

TASKS = ("caption", "panel-caption", "vqa", "instruction", "summary", "case-qa")


def side(release: Path, name: str, part: str = "texts") -> list[dict[str, Any]]:
    """Rows of a side table."""
    files = sorted((release / "written" / name / part).rglob("*.parquet"))
    return [row for f in files for row in pq.ParquetFile(f).read().to_pylist()]


def texts_of(release: Path) -> dict[tuple[str, str], str]:
    """The texts that sources point into, by kind of passage and row."""
    found: dict[tuple[str, str], str] = {}
    for f in rows(release, "figures"):
        found |= {("caption", f["figure_id"]): f["caption"], ("panel", f["figure_id"]): f["caption"]}
        found["mention", f["figure_id"]] = f["caption"]
        found["section", f["figure_id"]] = (f["section_path"] or [""])[-1]
    for p in rows(release, "paragraphs"):
        found |= {("mention", p["paragraph_id"]): p["text"], ("section", p["paragraph_id"]): p["text"]}
    for a in rows(release, "articles"):
        found |= {("title", a["article_id"]): a["title"], ("section", a["article_id"]): a["abstract"]}
    for t in rows(release, "article_tables"):
        found["table", t["table_id"]] = t["caption"]
    for g in rows(release, "grids"):
        found["table", g["grid_id"]] = g["markdown"]
    return found


@pytest.mark.parametrize("task", TASKS)
def test_each_text_is_traceable_and_nothing_is_sent_of_what_may_not_be(release: Path, write: Write, task: str) -> None:
    texts, table = texts_of(release), {"panel-caption": "panels", "summary": "articles", "case-qa": "cases"}
    key = {"panels": "panel_id", "articles": "article_id", "cases": "case_id"}.get(
        table.get(task, "figures"), "figure_id"
    )
    articles = {a["article_id"]: a for a in rows(release, "articles")}
    source = {r[key]: r for r in rows(release, table.get(task, "figures"))}
    with served() as server:
        done = write(release, server, task, image_size=48, limit=40)
        sent = json.dumps(server.state.bodies, ensure_ascii=False)
    kept, dropped = side(release, task), side(release, task, "rejects")
    looked_at = {r["row_id"] for r in kept} | {r["row_id"] for r in dropped}
    assert kept and looked_at <= source.keys() and len(looked_at) == min(len(source), 40)
    assert done.facts.counts["rows"] == len(looked_at) and done.facts.counts["kept"] == len(kept)
    for row in kept:
        found = source[row["row_id"]]
        assert articles[row["article_id"]]["derivatives_ok"] and "ND" not in row["license"]
        assert row["split"] == found["split"] and row["license"] == found["license"]
        assert row["model"] == "stub" and row["tokens_read"] == 100 and row["checks"]
        for s in row["sources"]:
            text = texts[s["kind"], s["row_id"]][s["start"] : s["end"]]
            assert text and json.dumps(text, ensure_ascii=False)[1:-1] in sent, s
    refused = [r for r in dropped if r["reason"] == "derivatives_forbidden"]
    assert refused, "the demo has articles that forbid derivatives"
    assert {r["row_id"] for r in refused} == {
        k for k in looked_at if "ND" in source[k]["license"] or source[k]["license"] == "OTHER"
    }
    assert not any(r["answer"] for r in refused)
    named = {articles[r["article_id"]]["title"] for r in refused} - {articles[r["article_id"]]["title"] for r in kept}
    assert not any(title and title in sent for title in named)
    assert not verify_folder(release).problems
    assert f"config_name: {task}\n" in (release / "written" / "README.md").read_text()


def test_images_are_sent_small_and_only_if_they_are_wanted(release: Path, write: Write) -> None:
    with served() as server:
        write(release, server, image_size=64, limit=6, where="shard IS NOT NULL")
        contents = [b["messages"][1]["content"] for b in server.state.bodies]
        urls = [p["image_url"]["url"] for c in contents for p in c if p["type"] == "image_url"]
        assert urls and all(u.startswith("data:image/jpeg;base64,") and len(u) < 8_000 for u in urls)
        server.state.bodies.clear()
        write(release, server, image_size=0, limit=6, where="shard IS NOT NULL", name="blind")
        assert all(isinstance(b["messages"][1]["content"], str) for b in server.state.bodies)
    assert not any(r["image"] for r in side(release, "blind")) and all(r["image"] for r in side(release, "caption"))


def test_faults_lose_nothing_and_nothing_is_paid_for_twice(release: Path, write: Write, tmp_path: Path) -> None:
    with served() as server:
        write(release, server, "vqa", name="calm", limit=25, image_size=0)
    calm = {r["row_id"]: r["turns"] for r in side(release, "calm")}
    faults: list[int | str] = [429, 500, 503, "stream", "broken", "dropped", "cut_stream", ""]
    random.Random(5).shuffle(faults := faults * 6)
    with served(faults=deque(faults), usage=False) as server:
        done = write(release, server, "vqa", concurrency=8, retries=30, limit=25, image_size=0)
        assert not done.left and 1 < server.state.at_once <= 8
        first = server.state.requests
        again = write(release, server, "vqa", concurrency=3, limit=25, image_size=0)
        assert server.state.requests == first and again.asked == 0
    assert {r["row_id"]: r["turns"] for r in side(release, "vqa")} == calm
    lines = list(map(json.loads, journal_path(release, "vqa").read_text().splitlines()))
    assert sum("request" in line for line in lines) == done.asked  # the others are of answers that were lost
    assert all(r["tokens_read"] is None for r in side(release, "vqa"))


def test_equal_requests_are_made_once_and_a_lost_server_costs_nothing_that_is_there(
    release: Path, write: Write
) -> None:
    with served(seconds=0.01) as server:
        done = write(release, server, "case-qa", concurrency=8)
        prompts = Counter(map(prompt_of, server.state.bodies))
        assert max(prompts.values()) == 1 and done.facts.counts["asked"] > done.asked
    before = tree(release, "written", "tables")
    with served(faults=deque([500] * 99)) as server:
        write(release, server, "case-qa")
        assert server.state.requests == 0
    assert tree(release, "written", "tables") == before


def test_a_journal_that_was_cut_anywhere_resumes_to_the_same_table(release: Path, write: Write) -> None:
    more: dict[str, Any] = {"limit": 8, "concurrency": 1, "image_size": 0}
    with served() as server:
        write(release, server, **more)
        whole, path = tree(release, "written"), journal_path(release, "caption")
        data = path.read_bytes()
        lines = data.splitlines(keepends=True)
        for cut in (1, len(lines[0]) - 1, len(data) // 2, len(data) - 1):
            path.write_bytes(data[:cut])
            server.state.bodies.clear()
            done = write(release, server, **more)
            assert done.asked == len(server.state.bodies) == len(lines) - data[:cut].count(b"\n")
            assert {k: v for k, v in tree(release, "written").items() if "jsonl" not in k} == {
                k: v for k, v in whole.items() if "jsonl" not in k
            }
        path.write_bytes(data[:50] + b"\n" + b"".join(lines[1:]))  # damaged in its middle
        assert write(release, server, **more).asked == 1


@pytest.mark.parametrize("limits", [{"most_tokens": 3_000}, {"most_usd": 0.003, "prices": Prices(1.0, 2.0)}])
def test_a_budget_is_kept_and_a_higher_one_goes_on(release: Path, write: Write, limits: dict[str, Any]) -> None:
    with served() as server:
        limits |= {"image_size": 0}
        first = write(release, server, concurrency=8, **limits)
        assert first.spent and first.left and first.asked > 0
        assert server.state.requests * 120 <= limits.get("most_tokens", 1e9) and first.cost <= limits.get("most_usd", 1)
        assert write(release, server, **limits).asked <= 2
        asked = server.state.requests
        more = {**limits, **{k: 100 * v for k, v in limits.items() if k.startswith("most_")}}
        second = write(release, server, **more)
        assert not second.spent and not second.left and second.asked + asked == server.state.requests
        assert max(Counter(map(prompt_of, server.state.bodies)).values()) == 1
    reasons = {r["reason"] for r in side(release, "caption", "rejects")}
    assert "not_asked" not in reasons and "derivatives_forbidden" in reasons


DEEP = '{"a":' * 50_000


HOSTILE = (
    "no JSON at all", "[1, 2]", "{", DEEP, '{"caption": 5}', '{"caption": ""}', '{"caption": "\\u0007\\ud800"}',
    '{"caption": "' + "x " * 15_000 + '"}', "x" * 300_000, "",
    '{"caption": "I am sorry, but I can not help with that request."}',
)  # fmt: skip


def test_hostile_answers_are_dropped_with_a_reason(release: Path, write: Write) -> None:
    answers = iter(HOSTILE)
    with served(answer=lambda _: next(answers)) as server:
        done = write(release, server, limit=len(HOSTILE), image_size=0, tries=1, concurrency=1, where="derivatives_ok")
    assert done.facts.counts["kept"] == 0 and next(answers, None) is None
    found = side(release, "caption", "rejects")
    reasons = Counter(r["reason"] for r in found)
    assert reasons == {"bad_answer": len(HOSTILE) - 1, "check_refusal": 1} and all(
        "\n" not in r["detail"] for r in found
    )
    assert all(len(r["answer"]) <= 20_000 for r in found)
    assert not verify_folder(release).problems


def test_an_answer_among_other_words_is_read_without_its_controls(release: Path, write: Write) -> None:
    def answer(body: dict[str, Any]) -> str:
        text = json.loads(faithful(body))["caption"]
        return f'<think>{{"caption": "no"}}</think>Sure: ```json\n{{"caption": "{text}\u0007\u202e"}}\n```'

    with served(answer=answer) as server:
        write(release, server, limit=5)
    assert all("\u0007" not in r["text"] and "\u202e" not in r["text"] for r in side(release, "caption"))


def test_a_bad_answer_is_asked_for_again_once_with_another_seed(release: Path, write: Write) -> None:
    with served(faults=deque(["wrong_json", "", "cut_off"])) as server:
        done = write(release, server, limit=3, concurrency=1, where="derivatives_ok")
        assert [b["seed"] for b in server.state.bodies] == [0, 1, 0, 0]
        assert write(release, server, limit=3, where="derivatives_ok").asked == 0
    assert done.facts.counts["dropped: cut_off"] == 1
    assert sorted(r["attempt"] for r in side(release, "caption")) == [0, 1]


def test_turns_are_checked_one_by_one(release: Path, write: Write) -> None:
    def answer(body: dict[str, Any]) -> str:
        good = json.loads(faithful(body))["turns"][0]
        return json.dumps(
            {"turns": [good, {"question": "What else?", "answer": "I am sorry, but as an AI I cannot say."}]}
        )

    with served(answer=answer) as server:
        done = write(release, server, "vqa", limit=6)
    kept = side(release, "vqa")
    assert kept and all(len(r["turns"]) == 1 for r in kept)
    dropped = [r for r in side(release, "vqa", "rejects") if r["reason"] == "check_refusal"]
    assert done.facts.counts["dropped_turns: check_refusal"] == len(dropped) >= len(kept)
    assert {r["turn"] for r in dropped} == {1}


def test_a_judge_drops_what_it_scores_low_and_its_answers_are_kept(release: Path, write: Write) -> None:
    def answer(body: dict[str, Any]) -> str:
        if body["model"] != "judge":
            return faithful(body)
        return json.dumps({"score": 2 if len(server.state.bodies) % 4 == 1 else 5, "reason": "a number differs"})

    more: dict[str, Any] = {"judge": True, "concurrency": 1, "limit": 12, "image_size": 0}
    with served(answer=answer) as server:
        first = write(release, server, **more)
        asked, before = server.state.requests, tree(release, "written")
        assert write(release, server, **more).asked == 0 and server.state.requests == asked
    assert tree(release, "written") == before
    counts = first.facts.counts
    assert counts["kept"] and counts["dropped: judged"] + counts["kept"] == counts["asked"]
    assert {(r["judge"], r["judge_score"]) for r in side(release, "caption")} == {("judge", 5)}


def test_other_settings_need_another_name_or_a_word(release: Path, write: Write) -> None:
    with served() as server:
        write(release, server, limit=3)
        with pytest.raises(PmcmineError, match="with another temperature; choose another --name"):
            write(release, server, limit=3, temperature=0.7)
        write(release, server, limit=3, temperature=0.7, overwrite=True)
        write(release, server, limit=6, temperature=0.7)
    assert [w["settings"]["temperature"] for w in release_json(release)["written"]] == ["0.7"]


def test_a_server_that_never_answers_ends_the_run_and_keeps_what_came(release: Path, write: Write) -> None:
    with served(faults=deque([""] * 4 + [500] * 60)) as server:
        with pytest.raises(PmcmineError, match="20 rows without an answer one after another"):
            write(release, server, concurrency=1, retries=0, image_size=0)
        assert "written" not in release_json(release) and not verify_folder(release).problems
        assert len(journal_path(release, "caption").read_text().splitlines()) == 4
        server.state.faults.clear()
        server.state.bodies.clear()
        done = write(release, server, image_size=0)
        assert done.asked == len(server.state.bodies) and not done.left
        assert done.facts.counts["asked"] >= done.asked + 4


def test_a_judge_decides_about_doubts_if_asked_to(release: Path, write: Write) -> None:
    """Some texts have a word that was not given, some a number."""
    score = 5

    def answer(body: dict[str, Any]) -> str:
        if body["model"] == "judge":
            return json.dumps({"score": score, "reason": "a synonym"})
        said = json.loads(faithful(body))
        n = len(said["caption"]) % 3
        said["caption"] += {1: " Thrombophlebitis is seen.", 2: " It weighed 7391 kg."}.get(n, "")
        return json.dumps(said)

    more: dict[str, Any] = {"concurrency": 1, "limit": 12, "image_size": 0}
    with served(answer=answer) as server:
        plain = write(release, server, name="plain", judge=True, **more).facts.counts
        assert plain["dropped: check_unsupported"] and plain["dropped: check_number"] and "overruled" not in plain
        kept = write(release, server, name="kept", judge=True, judge_doubts=True, **more).facts.counts
        again = server.state.requests
        assert write(release, server, name="kept", judge=True, judge_doubts=True, **more).asked == 0
        assert server.state.requests == again
        score = 2
        dropped = write(release, server, name="dropped", judge=True, judge_doubts=True, **more).facts.counts
    assert kept["overruled"] and "dropped: check_unsupported" not in kept and kept["dropped: check_number"]
    rows = [r for r in side(release, "kept") if r["overruled"]]
    assert len(rows) == kept["overruled"]
    assert {(tuple(r["overruled"]), r["judge_score"]) for r in rows} == {(("unsupported",), 5)}
    assert all("unsupported" not in r["checks"] and "number" in r["checks"] for r in rows)
    assert dropped["kept"] == 0 and "overruled" not in dropped
    details = [r["detail"] for r in side(release, "dropped", "rejects") if r["reason"] == "check_unsupported"]
    assert details and all("judge: 2: a synonym" in d for d in details)
