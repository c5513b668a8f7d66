"""Estimate the requests and the cost of a run, without asking a server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pmcmine.plugins.task import Task
from pmcmine.write.answers import read_answer
from pmcmine.write.judge import MOST_TOKENS, expected
from pmcmine.write.one_row import never_asked
from pmcmine.write.requests import given_to, request_for, told
from pmcmine.write.rows import Rows
from pmcmine.write.run import Order, journal_path, opened
from pmcmine.write.task import MOST_TURNS


@dataclass(frozen=True, slots=True)
class Expected:
    """Estimate for a run.

    Attributes:
        rows: rows that meet the condition.
        refused: rows that may not be written about, or have no text to write from.
        kept: rows whose first answer is in the journal.
        asked: rows to ask about.
        judged: rows with a text for the judge, if the checks let it pass.
        doubts: further verdicts on turns in doubt, if all are.
        read: estimated tokens of all these requests.
        most_written: maximum tokens of their answers.
        cost: price of both in dollars, an upper bound: answers are usually shorter.
    """

    rows: int
    refused: int
    kept: int
    asked: int
    judged: int
    doubts: int
    read: int
    most_written: int
    cost: float


def expect(release: Path, order: Order, judge: str | None = None) -> Expected:
    """Estimate the requests of a run; one request per row, equal ones once.

    A judge is counted once for each row without a verdict, as if the checks let all texts pass and each were as long as
    the task allows. If the judge decides about doubts (`Order.judge_doubts`), at most one request per turn is counted:
    for the turns of an existing answer, otherwise for as many as the prompt asks for.

    Args:
        release: the release.
        order: the options of `pmcmine write`.
        judge: name of the judge's model, empty if not known yet; None for no judge.

    Raises:
        PmcmineError: as the run itself.
    """
    opened(release)
    task: Task = order.task.target
    known, verdicts = _answered(journal_path(release, order.name), task, judge)
    rows = refused = kept = asked = judged = doubts = read = 0
    for row in Rows(release, task, order.where, order.limit):
        rows += 1
        if never_asked(row, task):
            refused += 1
            continue
        request = request_for(row, task, order.settings)
        there = request.hash in known
        if judge is not None and not (there and row.id in verdicts):
            more = max(known.get(request.hash) or most_parts(task), 1) - 1 if order.judge_doubts else 0
            judged, doubts = judged + 1, doubts + more
            # Turns judged one by one are together as long as the answer.
            texts = task.most_tokens * (2 if more else 1)
            read += expected(told(given_to(row, order.settings), task.table)) * (1 + more) + texts
        if there:
            kept += 1
            continue
        known[request.hash] = 0
        asked, read = asked + 1, read + request.expected
    most = asked * task.most_tokens + (judged + doubts) * MOST_TOKENS
    return Expected(rows, refused, kept, asked, judged, doubts, read, most, order.prices.of(read, most))


def most_parts(task: Task) -> int:
    """Return the maximum number of texts of an answer that a judge is asked about one by one: the prompt's turns."""
    asked_for: int | None = getattr(task, "most_turns", None)
    if asked_for is not None:
        return max(asked_for, 1)
    return MOST_TURNS if "turns" in task.schema.get("properties", {}) else 1  # a third-party task


def _answered(path: Path, task: Task, judge: str | None) -> tuple[dict[str, int], set[str]]:
    """Return the answered requests of a journal with their number of texts, and the rows that a judge has judged."""
    found: dict[str, int] = {}
    rows: set[str] = set()
    if path.is_file():
        with path.open("rb") as stream:
            for line in stream:
                try:
                    answer = json.loads(line)
                    found[str(answer["request"])] = _parts(task, answer["text"])
                    if answer["model"] == judge and '"score"' in answer["text"]:  # the writing model may have this name
                        rows.add(str(answer["row"]))
                except (ValueError, KeyError, TypeError):
                    continue
    return found, rows


def _parts(task: Task, text: str) -> int:
    """Return the number of texts in an answer, 0 if it does not have the form of the task."""
    try:
        content = read_answer(task, text)
    except ValueError:
        return 0
    return len(content.turns) + bool(content.text)
