"""What a run would ask for and cost, estimated without asking anybody."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pmcmine.plugins.task import Task
from pmcmine.write.one_row import never_asked
from pmcmine.write.requests import request_for
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
        read: tokens of these requests, estimated.
        most_written: tokens that their answers may have.
        cost: price of both in dollars: the answers are usually shorter.
    """

    rows: int
    refused: int
    kept: int
    asked: int
    read: int
    most_written: int
    cost: float


def expect(release: Path, order: Order) -> Expected:
    """Estimate what a run would ask for; one request for each row, equal ones once, and no judge.

    Raises:
        PmcmineError: as the run itself.
    """
    opened(release)
    task: Task = order.task.target
    known = _answered(journal_path(release, order.name))
    rows = refused = kept = asked = read = 0
    for row in Rows(release, task, order.where, order.limit):
        rows += 1
        if never_asked(row, task):
            refused += 1
            continue
        request = request_for(row, task, order.settings)
        if request.hash in known:
            kept += 1
            continue
        known.add(request.hash)
        asked, read = asked + 1, read + request.expected
    most = asked * task.most_tokens
    return Expected(rows, refused, kept, asked, read, most, order.prices.of(read, most))


def _answered(path: Path) -> set[str]:
    """Return the hashes of the requests that a journal has answers to."""
    found: set[str] = set()
    if path.is_file():
        with path.open("rb") as stream:
            for line in stream:
                try:
                    found.add(str(json.loads(line)["request"]))
                except (ValueError, KeyError, TypeError):
                    continue
    return found
