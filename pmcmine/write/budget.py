"""Limit tokens and cost. A request is made only if it fits, even if all others under way cost their maximum."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pmcmine.write.journal import Journal


class BudgetReached(Exception):
    """The next request might cost more than the remaining budget."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices in dollars for a million tokens."""

    read: float = 0.0
    written: float = 0.0

    def of(self, read: int, written: int) -> float:
        """Return the price in dollars of these numbers of tokens."""
        return (read * self.read + written * self.written) / 1e6

    @property
    def known(self) -> bool:
        """Whether any price was given."""
        return self.read > 0 or self.written > 0


class Budget:
    """The budget of a journal, including the answers of earlier runs.

    Args:
        journal: counts the spent tokens.
        prices: prices of tokens.
        most_tokens: limit on tokens, read and written; no limit if None.
        most_usd: limit in dollars; no limit if None.
    """

    def __init__(self, journal: Journal, prices: Prices, most_tokens: int | None, most_usd: float | None) -> None:
        self._journal, self.prices = journal, prices
        self._most_tokens, self._most_usd = most_tokens, most_usd
        self._read = self._written = 0  # tokens of requests under way
        self._ratio = 1.0  # greatest ratio so far of read tokens to expected tokens
        self._learned = False
        self._under_way = 0
        self._changed = threading.Condition()

    @contextmanager
    def spend(self, expected: int, most_written: int) -> Iterator[int]:
        """Hold tokens for a request while it is made; its answer is in the journal when the block ends.

        Yields the number of tokens reserved for reading the request.

        Args:
            expected: estimated tokens of the request.
            most_written: maximum tokens of its answer.

        Raises:
            BudgetReached: if the request may not fit.
        """
        with self._changed:
            read = int(expected * self._ratio) + 1
            while not self._fits(read, most_written):
                if not self._under_way:
                    raise BudgetReached
                self._changed.wait()  # requests under way may use less than they hold
            self._under_way += 1
            self._read, self._written = self._read + read, self._written + most_written
        try:
            yield read
        finally:
            with self._changed:
                self._under_way -= 1
                self._read, self._written = self._read - read, self._written - most_written
                self._changed.notify_all()

    def check(self) -> None:
        """Check that the held tokens still fit, after an answer was lost that may have to be paid for.

        Raises:
            BudgetReached: if they do not.
        """
        with self._changed:
            if not self._fits(0, 0):
                raise BudgetReached

    @property
    def is_guessing(self) -> bool:
        """Whether there is a limit, and no answer has yet shown the real size of requests in tokens."""
        return not self._learned and (self._most_tokens is not None or self._most_usd is not None)

    def hold(self, expected: int, most_written: int) -> int:
        """Hold tokens for a request of a batch until `free`; return the number reserved for reading it.

        Raises:
            BudgetReached: if the request may not fit.
        """
        with self._changed:
            read = int(expected * self._ratio) + 1
            if not self._fits(read, most_written):
                raise BudgetReached
            self.held(read, most_written)
            return read

    def held(self, read: int, most_written: int) -> None:
        """Hold tokens for a request that was already made, whether it fits or not."""
        with self._changed:
            self._read, self._written = self._read + read, self._written + most_written

    def free(self, read: int, most_written: int) -> None:
        """Release held tokens."""
        with self._changed:
            self._read, self._written = self._read - read, self._written - most_written

    def _fits(self, read: int, written: int) -> bool:
        """Check whether a request fits in addition to the spent and held tokens."""
        read, written = self._journal.read + self._read + read, self._journal.written + self._written + written
        if self._most_tokens is not None and read + written > self._most_tokens:
            return False
        return self._most_usd is None or self.prices.of(read, written) <= self._most_usd

    @property
    def tokens(self) -> int:
        """Tokens spent, including earlier runs."""
        return self._journal.read + self._journal.written

    @property
    def cost(self) -> float:
        """Price in dollars of the spent tokens."""
        return self.prices.of(self._journal.read, self._journal.written)

    def learn(self, expected: int, read: int) -> None:
        """Record the actual size of a request in tokens, so that later ones are not underestimated."""
        with self._changed:
            self._ratio, self._learned = max(self._ratio, read / max(expected, 1)), True
