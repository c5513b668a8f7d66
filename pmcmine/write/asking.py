"""Ask for answers through the journal: reuse an answer it has, otherwise ask the server and save the answer at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from pmcmine.text.tokens import estimate
from pmcmine.write.budget import Budget
from pmcmine.write.client import TOO_LONG, Client, Reply
from pmcmine.write.journal import Answer, Journal
from pmcmine.write.requests import Request


class Waiting(Exception):
    """The answer to a request is still to come with a batch, or its batch did not contain it."""


class Asker:
    """Ask one server from any number of threads; equal requests are made once.

    Args:
        client: the server.
        journal: keeps the answers.
        budget: limit on tokens and cost.
    """

    def __init__(self, client: Client, journal: Journal, budget: Budget) -> None:
        self.client, self._journal, self._budget = client, journal, budget
        self.asked = 0  # requests answered in this run
        self._under_way: dict[str, Future[Answer]] = {}
        self._lock = threading.Lock()

    def answer(
        self, request: Request, schema: Mapping[str, Any], name: str, body: Callable[[], Mapping[str, Any]]
    ) -> Answer:
        """Return the answer to a request.

        Args:
            request: the request.
            schema: schema of the answer.
            name: name of the schema.
            body: builds the request body; called only if the journal has no answer.

        Raises:
            BudgetReached: if the request may not fit the budget.
            NoAnswer: if the server gives none.
            Refused: if the server refuses this request.
            PmcmineError: if the server refuses all requests, or the journal can't be written.
        """
        with self._lock:
            there = self._journal.get(request.hash)
            if there is not None:
                return there
            other = self._under_way.get(request.hash)
            if other is None:
                mine: Future[Answer] = Future()
                self._under_way[request.hash] = mine
        if other is not None:
            return other.result()
        try:
            found = self._ask(request, schema, name, body)
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            mine.set_result(found)
            return found
        finally:
            with self._lock:
                del self._under_way[request.hash]

    def _ask(
        self, request: Request, schema: Mapping[str, Any], name: str, body: Callable[[], Mapping[str, Any]]
    ) -> Answer:
        sent = body()
        most = int(sent.get("max_tokens", 0))
        with self._budget.spend(request.expected, most) as read:

            def lost() -> None:
                self._journal.lose(request.hash, (read, most))
                self._budget.check()

            reply = self.client.ask(sent, schema, name, lost)
            answer = answer_of(request.hash, request.row, (request.expected, most), self.client.endpoint.model, reply)
            self._journal.add(answer)
        self._budget.learn(request.expected, answer.counted[0])
        with self._lock:
            self.asked += 1
        return answer


def answer_of(request: str, row: str, expected: tuple[int, int], model: str, reply: Reply) -> Answer:
    """Convert a reply to a journal entry; token counts that the server does not state are estimated.

    Args:
        request: hash of the request.
        row: row the request was made for.
        expected: estimated tokens of the request, and the maximum tokens of its answer.
        model: model that was asked.
        reply: the model's reply.
    """
    read = reply.read if reply.read is not None else expected[0]
    estimated = expected[1] if reply.finish == TOO_LONG else estimate(reply.text)
    written = reply.written if reply.written is not None else estimated
    return Answer(request, row, model, reply.text, reply.finish, reply.read, reply.written, (read, written))
