"""What a run would ask for and cost, estimated without asking anybody."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pmcmine.plugins.task import Task
from pmcmine.write.judge import MOST_TOKENS, expected
from pmcmine.write.one_row import never_asked
from pmcmine.write.requests import given_to, request_for, told
from pmcmine.write.rows import Rows
from pmcmine.write.run import Order, journal_path, opened


@dataclass(frozen=True, slots=True)
class Expected:
    """What a run would do.

    Attributes:
        rows: rows that meet the condition.
        refused: rows about which nothing may be written, or there is nothing to write from.
        kept: rows whose first answer is in the journal.
        asked: rows that would be asked about.
        judged: rows whose text a judge would be asked about, if the checks let it pass.
        read: tokens of all these requests, estimated.
        most_written: tokens that their answers may have.
        cost: price of both in dollars: the answers are usually shorter.
    """

    rows: int
    refused: int
    kept: int
    asked: int
    judged: int
    read: int
    most_written: int
    cost: float


def expect(release: Path, order: Order, judge: str | None = None) -> Expected:
    """Estimate what a run would ask for; one request for each row, equal ones once.

    A judge is counted once for each row about which it has said nothing yet, as if the checks let all texts pass and
    each were as long as the task allows. Turns that it is asked about one by one (`Order.judge_doubts`) are not known
    before.

    Args:
        release: the release.
        order: what would be written.
        judge: name of the judge's model, empty if it is not known yet; None for no judge.

    Raises:
        PmcmineError: as the run itself.
    """
    opened(release)
    task: Task = order.task.target
    known, verdicts = _answered(journal_path(release, order.name), judge)
    rows = refused = kept = asked = judged = read = 0
    for row in Rows(release, task, order.where, order.limit):
        rows += 1
        if never_asked(row, task):
            refused += 1
            continue
        request = request_for(row, task, order.settings)
        there = request.hash in known
        if judge is not None and not (there and row.id in verdicts):
            judged += 1
            read += expected(told(given_to(row, order.settings), task.table)) + task.most_tokens
        if there:
            kept += 1
            continue
        known.add(request.hash)
        asked, read = asked + 1, read + request.expected
    most = asked * task.most_tokens + judged * MOST_TOKENS
    return Expected(rows, refused, kept, asked, judged, read, most, order.prices.of(read, most))


def _answered(path: Path, judge: str | None) -> tuple[set[str], set[str]]:
    """Return the hashes of the requests that a journal has answers to, and the rows that a judge has judged."""
    found: set[str] = set()
    rows: set[str] = set()
    if path.is_file():
        with path.open("rb") as stream:
            for line in stream:
                try:
                    answer = json.loads(line)
                    found.add(str(answer["request"]))
                    if answer["model"] == judge and '"score"' in answer["text"]:  # the writer may have that name, too
                        rows.add(str(answer["row"]))
                except (ValueError, KeyError, TypeError):
                    continue
    return found, rows
