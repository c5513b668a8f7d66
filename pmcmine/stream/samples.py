"""Iterate over samples of a release, with a resumable state."""

from __future__ import annotations

import os
import random
import sys
import time
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

import pmcmine.stream.state as stream_state
from pmcmine.errors import PmcmineError
from pmcmine.stream.batches import Batches
from pmcmine.stream.captions import Composer
from pmcmine.stream.index import Index
from pmcmine.stream.ordering import World, prefetch_windows, remaining, runs_of
from pmcmine.stream.pictures import Decoder
from pmcmine.stream.ranges import MOST_WAIT, AnyRanges, NoRanges, SamplePlace, adjacent_runs, decode_sample
from pmcmine.stream.state import Position

_TRIES: Final = 7  # attempts to read a range
_WAIT: Final = 0.1  # seconds before the second attempt; doubles, with jitter
_UPDATED: Final = "If the release has changed since the stream was opened, open it again"
_Answer = Future[list[dict[str, Any]] | PmcmineError]


class Samples:
    """The samples of one share, in an order that follows from seed, epoch and number of shares.

    Iterate again for the next epoch. An iteration stopped early is continued by the next one. For a torch DataLoader
    use `torch_dataset`, whose workers split the samples of a rank.
    """

    def __init__(
        self,
        ranges: AnyRanges,
        places: Sequence[SamplePlace],
        starts: Sequence[int],
        seed: int | None,
        rank: int,
        world_size: int,
        compose: Composer,
        on_error: str,
        check: bool = False,
        decoder: Decoder | None = None,
    ) -> None:
        self._check = check
        self._ranges = ranges
        self._places = places
        self._starts = starts  # of shards
        self._seed = seed
        self._rank = rank
        self._world = world_size
        self._compose = compose
        self._decoder = decoder
        self._on_error = on_error
        self._at = Position(0, world_size)
        self._done = 0  # samples read by the running iteration, which started at `_at.done`
        self._turn = 0  # number of the iteration that moves the position
        self._fingerprint: str | None = None
        self._loaded = False  # whether a position was loaded and nothing read since
        self._pid = os.getpid()
        self._workers: Any = None  # `pmcmine.stream.torch.Shared`, once there is a torch dataset

    def __len__(self) -> int:
        return self.size_of(self._rank, self.position.among(self._world))

    def left_in_epoch(self) -> int:
        """Return how many samples of this epoch all shares have left, if each has read as many as this one."""
        at = self.position
        left = stream_state.left_of(len(self._places), at.before)
        return max(left - at.done * at.shares, 0)

    def __getitem__(self, index: object) -> Any:
        raise PmcmineError(
            "samples are read in order, not by index: give a DataLoader "
            "`stream.torch_dataset(samples)` and batch_size=None"
        )

    @property
    def position(self) -> Position:
        """Position of the running iteration."""
        return Position(self._at.epoch, self._at.shares, self._done, self._at.before)

    def go_to(self, position: Position) -> None:
        """Continue from a position; a running iteration no longer counts."""
        self._at, self._done, self._turn, self._loaded = position, position.done, self._turn + 1, False

    def set_epoch(self, epoch: int) -> None:
        """Start another epoch, with its own order.

        A position that was just loaded is kept if it is in the same epoch, so that a loop over epochs can resume.
        """
        if self._loaded and epoch == self._at.epoch:
            return
        self.go_to(Position(epoch, self._world))
        if self._workers is not None:
            self._workers.start_over(self)

    def size_of(self, share: int, position: Position) -> int:
        """Return the total number of samples of a share, including those before the position."""
        left = stream_state.left_of(len(self._places), position.before)
        return left // position.shares + (share < left % position.shares)

    def _sequence(self, share: int, position: Position) -> Sequence[int]:
        """Return the numbers of all samples of a share, including those before the position."""
        runs = runs_of(len(self._places), self._starts)
        left = remaining(runs, self._seed, position.epoch, position.before)
        return World(left, position.shares, self._seed, position.epoch).share(share)

    def state_after(self, n: int, size: int, workers: int) -> dict[str, Any]:
        """Return the state of all ranks after each has received `n` batches; see `Batches.state_after`."""
        if workers == 0:
            return self.state_dict()
        shares = self._world * workers
        start = self.position.among(shares)
        done = tuple(start.done + size * (n // workers + (share % workers < n % workers)) for share in range(shares))
        if any(had > self.size_of(share, start) for share, had in enumerate(done)):
            raise PmcmineError(f"state_after({n}): an epoch of {shares} shares has fewer batches of {size}")
        before = (*start.before, (shares, done)) if n or start.done else start.before
        return self._state(Position(start.epoch, shares, 0, before))

    def state_dict(self) -> dict[str, Any]:
        """Return the position of this share, for `load_state_dict` of the same release, condition, split and seed.

        Raises:
            PmcmineError: if DataLoader workers read the samples: only they know the position.
        """
        if self._workers is not None:
            self._workers.check_known()
        return self._state(self.position)

    def _state(self, at: Position) -> dict[str, Any]:
        return {
            "format": stream_state.FORMAT,
            "seed": self._seed,
            "epoch": at.epoch,
            "shares": at.shares,
            "samples": len(self._places),
            "done": at.done,
            "before": [[shares, list(done) if isinstance(done, tuple) else done] for shares, done in at.before],
            "of": self._of,
        }

    def load_state_dict(self, state: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """Resume a share; with a different number of shares, the remaining samples are redistributed.

        Args:
            state: state of one share, if all shares have read equally many samples, as between two steps. Or a list of
                the
                states of all shares in the order of their ranks, which may have read different numbers of samples; the
                remaining samples are then redistributed, even with the same number of shares.

        Raises:
            PmcmineError: if the state belongs to something else, or to a stream with another seed.
        """
        if isinstance(state, Sequence):
            seed, position = stream_state.merge(self._renewed(state), len(self._places), self._of)
            stream_state.check_seed(seed, self._seed)
            self.go_to(position.among(self._world))
        else:
            self.go_to(self._parse(state))
        self._loaded = True
        if self._workers is not None:
            self._workers.start_over(self)

    def _parse(self, state: Mapping[str, Any]) -> Position:
        (now,) = self._renewed([state])
        seed, position = stream_state.parse(now, len(self._places), self._of)
        stream_state.check_seed(seed, self._seed)
        return position

    def _renewed(self, states: Sequence[Any]) -> list[Any]:
        """Replace fingerprints saved by earlier versions with the current one."""
        mine, earlier = self._of, ""
        found = []
        for state in states:
            if (
                isinstance(state, Mapping)
                and state.get("of", mine) != mine
                and state.get("samples") == len(self._places)
            ):
                earlier = earlier or self._earlier()
                if state.get("of") == earlier:
                    state = {**state, "of": mine}
            found.append(state)
        return found

    @property
    def _of(self) -> str:
        """Fingerprint of the samples, for states."""
        if self._fingerprint is None:
            self._fingerprint = self._index.fingerprint(self._compose.shown)
        return self._fingerprint

    def _earlier(self) -> str:
        """Return the fingerprint used by earlier versions."""
        return self._index.earlier_fingerprint(self._compose.shown)

    @property
    def _index(self) -> Index:
        if not isinstance(self._places, Index):
            raise TypeError(type(self._places))
        return self._places

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield samples as dicts of `key`, `jpg` (bytes), `txt` (str) and `json` (dict), from the position on.

        Raises:
            PmcmineError: in a DataLoader worker that did not open the samples itself: each would read all of them.
        """
        torch_data = sys.modules.get("torch.utils.data")
        if os.getpid() != self._pid and torch_data is not None and torch_data.get_worker_info() is not None:
            raise PmcmineError(
                "each worker of this DataLoader would read all samples: give it `stream.torch_dataset(samples)`, "
                "or call `stream.open` in the worker with a rank and world_size of its own"
            )
        self.end_epoch(1)
        return self.read(self._rank, self.position.among(self._world), next_epoch=True)

    def end_epoch(self, least: int) -> None:
        """Go to the next epoch if fewer than `least` samples are left in an epoch that was started here.

        A loop that counts steps takes all samples, and never checks for more.
        """
        position = self.position.among(self._world)
        if position.done and not self._loaded and self.size_of(self._rank, position) - position.done < least:
            self.go_to(Position(position.epoch + 1, self._world))

    def read(self, share: int, position: Position, *, next_epoch: bool) -> Iterator[dict[str, Any]]:
        """Read a share from a position on and keep the position up to date.

        Args:
            share: index of the share, out of `position.shares`.
            position: start position.
            next_epoch: go to the start of the next epoch at the end, instead of staying at the end of this one.
        """
        self.go_to(position)
        return self._read_on(self._sequence(share, position), position, self._turn, next_epoch)

    def _read_on(
        self, sequence: Sequence[int], position: Position, turn: int, next_epoch: bool
    ) -> Iterator[dict[str, Any]]:
        # Iterators still alive at exit are closed after modules were torn down.
        is_finalizing = sys.is_finalizing
        # Prefetch the next window while one is used.
        pool = ThreadPoolExecutor(self._readers(), thread_name_prefix="pmcmine-stream")
        waiting: deque[Iterator[dict[str, Any] | None]] = deque()
        try:
            for window in self._windows(sequence, position.done):
                waiting.append(self._begin(pool, [self._places[i] for i in window]))
                if len(waiting) > 1:
                    yield from self._used(waiting.popleft(), turn)
            while waiting:
                yield from self._used(waiting.popleft(), turn)
        finally:
            if not is_finalizing():
                pool.shutdown(wait=False, cancel_futures=True)
        if next_epoch and turn == self._turn:
            self.go_to(Position(position.epoch + 1, self._world))

    def _windows(self, sequence: Sequence[int], at: int) -> Iterator[Sequence[int]]:
        """Split the order into windows that are read together."""
        return prefetch_windows(sequence, at)

    def _used(self, samples: Iterable[dict[str, Any] | None], turn: int) -> Iterator[dict[str, Any]]:
        for sample in samples:
            if turn == self._turn:
                self._done += 1
                self._loaded = False
            if sample is None:
                continue
            try:
                found = self._shown(sample)
            except PmcmineError as error:  # raised for an image that can't be decoded
                if self._on_error == "raise":
                    raise
                warnings.warn(f"left out: {error}", stacklevel=2)
                continue
            yield found

    def _shown(self, sample: dict[str, Any]) -> dict[str, Any]:
        """Return a sample in the requested form."""
        composed = self._compose(sample)
        return composed if self._decoder is None else self._decoder(composed)

    def batched(self, size: int, *, drop_last: bool = False) -> Batches:
        """Return batches of samples: dicts of lists. Between two, `state_dict` gives the start of the next one.

        Args:
            size: samples per batch.
            drop_last: drop the last batch of an epoch if it is smaller.
        """
        return Batches(self, size, drop_last)

    def _readers(self) -> int:
        """Return the number of reader threads."""
        return self._ranges.at_once

    def _begin(self, pool: ThreadPoolExecutor, places: Sequence[SamplePlace]) -> Iterator[dict[str, Any] | None]:
        """Start reading samples: adjacent ranges together, ordered by first use."""
        order = sorted(range(len(places)), key=lambda n: (places[n].shard, places[n].offset))
        parts: list[tuple[list[int], list[SamplePlace]]] = []
        at = 0
        for run in adjacent_runs([places[n] for n in order]):
            parts.append((order[at : at + len(run)], run))
            at += len(run)
        parts.sort(key=lambda part: min(part[0]))
        slots = [(0, 0)] * len(places)  # for each sample: its range, and its index there
        for k, (numbers, _) in enumerate(parts):
            for j, n in enumerate(numbers):
                slots[n] = (k, j)
        return self._answered(slots, [pool.submit(self._samples, run) for _, run in parts])

    def _answered(
        self, slots: Iterable[tuple[int, int]], answers: Sequence[_Answer]
    ) -> Iterator[dict[str, Any] | None]:
        """Yield samples in the given order, each as soon as its range is read. None for unreadable samples."""
        found: list[list[dict[str, Any]] | PmcmineError | None] = [None] * len(answers)
        for k, j in slots:
            answer = found[k]
            if answer is None:
                answer = found[k] = answers[k].result()
                if isinstance(answer, PmcmineError):
                    if self._on_error == "raise":
                        raise answer
                    warnings.warn(f"left out: {answer}", stacklevel=2)
            yield None if isinstance(answer, PmcmineError) else answer[j]

    def _samples(self, run: Sequence[SamplePlace]) -> list[dict[str, Any]] | PmcmineError:
        """Read the samples of a range; return an error if they can't be read."""
        start, end = run[0].offset, run[-1].offset + run[-1].size
        try:
            data = memoryview(self._range(run[0].shard, start, end))
            return [decode_sample(data[p.offset - start : p.offset - start + p.size], p, self._check) for p in run]
        except NoRanges:
            raise
        except PmcmineError as error:
            return error

    def _range(self, shard: str, start: int, end: int) -> bytes:
        for attempt in range(_TRIES):
            asked = 0.0
            try:
                data = self._ranges.read(shard, start, end)
                if len(data) == end - start:
                    return data
                if len(data) > end - start:
                    raise NoRanges(shard)
                problem = f"{len(data)} of {end - start} bytes"
            except NoRanges:
                raise
            except FileNotFoundError:
                raise PmcmineError(f"{shard}: is missing; is the copy complete? {_UPDATED}") from None
            except Exception as error:  # noqa: BLE001 - each file system has errors of its own
                problem = f"{type(error).__name__}: {error}"
                asked = getattr(error, "retry_after", 0.0)
            if attempt < _TRIES - 1:
                time.sleep(max(_WAIT * 2**attempt * random.uniform(0.7, 1.3), min(asked, MOST_WAIT)))
        raise PmcmineError(f"{shard} at {start}: can't be read ({problem}). {_UPDATED}")
