"""Provide samples as a torch dataset. Loaded only by `pmcmine.stream.torch_dataset`: nothing else here needs torch.

Workers of a DataLoader are processes with copies of the dataset. They agree on the epoch through a small file: a
DataLoader informs its workers neither of a new epoch chosen by the main process nor of the progress of other workers.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from torch.utils.data import IterableDataset, get_worker_info

from pmcmine.errors import PmcmineError
from pmcmine.stream.batches import Batches
from pmcmine.stream.samples import Samples
from pmcmine.stream.state import Position

_WAIT_SECONDS: Final = 60.0  # for the other workers' turns at the file


def _remove(path: str, pid: int) -> None:
    if os.getpid() == pid:  # a forked worker runs this too
        with suppress(OSError):
            Path(path).unlink()


class Shared:
    """State shared by the processes that read one dataset. Changes are atomic, even if a worker is killed.

    The content: `version` counts the calls of `set_epoch` and `load_state_dict`; `start` is the position set by the
    last call; `reading` says whether workers have read since; `iteration` and `epoch` identify the running iteration,
    `joined` lists its workers; `next` is the next epoch of each worker.
    """

    def __init__(self) -> None:
        self.version = 0  # of the content that this process follows
        handle, self._path = tempfile.mkstemp(prefix="pmcmine-stream-", suffix=".sqlite")
        os.close(handle)
        self._remove = weakref.finalize(self, _remove, self._path, os.getpid())
        with closing(sqlite3.connect(self._path)) as connection, connection:
            connection.execute("CREATE TABLE shared (content TEXT)")
            content: dict[str, Any] = {
                "version": 0, "start": None, "reading": False, "iteration": None, "epoch": 0, "joined": [], "next": {},
            }  # fmt: skip
            connection.execute("INSERT INTO shared VALUES (?)", [json.dumps(content)])

    def __getstate__(self) -> tuple[int, str]:
        return self.version, self._path

    def __setstate__(self, state: tuple[int, str]) -> None:
        self.version, self._path = state

    @contextmanager
    def changed(self) -> Iterator[dict[str, Any]]:
        """Yield the content, and save changes made to it."""
        with closing(sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")  # survives processes, not the machine
            connection.execute("BEGIN IMMEDIATE")
            content: dict[str, Any] = json.loads(connection.execute("SELECT content FROM shared").fetchone()[0])
            yield content
            connection.execute("UPDATE shared SET content = ?", [json.dumps(content)])
            connection.execute("COMMIT")

    def start_over(self, samples: Samples) -> None:
        """Let workers start from the position of the main process."""
        with self.changed() as content:
            self.version = content["version"] + 1
            content |= {"version": self.version, "start": asdict(samples.position),
                        "reading": False, "iteration": None, "joined": [], "next": {}}  # fmt: skip

    def check_known(self) -> None:
        """Raise PmcmineError if the main process can't know the position."""
        if get_worker_info() is not None:
            return
        with self.changed() as content:
            reading = content["reading"]
        if reading:
            raise PmcmineError(
                "only the DataLoader's workers know the position; use the state_dict() of torchdata's "
                "StatefulDataLoader, or num_workers=0; after set_epoch() the state is known again"
            )


class TorchSamples(IterableDataset):  # type: ignore[misc]  # torch is not looked at by the type checker
    """Samples, or batches of them, for a DataLoader; its workers share those of the rank."""

    def __init__(self, samples: Samples | Batches) -> None:
        self._batches = samples if isinstance(samples, Batches) else None
        found = samples.samples if isinstance(samples, Batches) else samples
        if not isinstance(found, Samples):
            raise PmcmineError(f"torch_dataset takes what stream.open or .batched returns, not {type(found).__name__}")
        self._samples = samples = found
        if samples._workers is None:
            samples._workers = Shared()
        self._shared: Shared = samples._workers
        self._base: Position | None = None  # in a worker: position of the main process at its choice of the epoch
        self._loaded: Position | None = None  # in a worker: state from a StatefulDataLoader, until the next read

    @property
    def _least(self) -> int:
        """Minimum samples at the end of an epoch that make a batch."""
        return 1 if self._batches is None else self._batches.least

    def set_epoch(self, epoch: int) -> None:
        """Start another epoch, in the main process and in its workers."""
        self._samples.set_epoch(epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return the position, in a worker that of its share. As `Samples.state_dict`."""
        return self._samples.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a position. As `Samples.load_state_dict`."""
        if get_worker_info() is None:
            self._samples.load_state_dict(state)
        else:
            self._base = self._base or self._samples.position
            self._loaded = self._samples._parse(state)
            self._samples.go_to(self._loaded)

    def __len__(self) -> int:
        """Return the number of samples or batches of the rank. Workers may add a few batches, each its last one."""
        return len(self._samples if self._batches is None else self._batches)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        found = self._iterate()
        return found if self._batches is None else self._batches.of(found)

    def _iterate(self) -> Iterator[dict[str, Any]]:
        worker = get_worker_info()
        if worker is None:
            self._take_over()
            self._samples.end_epoch(self._least)
            return iter(self._samples)
        # Set the position before the first sample is read: a StatefulDataLoader asks for it at once.
        shares = self._samples._world * worker.num_workers
        share = self._samples._rank * worker.num_workers + worker.id
        position = self._start(worker, share, shares)
        return self._read(worker.id, share, position)

    def _take_over(self) -> None:
        """Let the main process continue after its workers."""
        with self._shared.changed() as content:
            reading, epochs = content["reading"], content["next"].values()
        if reading:
            self._samples.go_to(Position(min(epochs), self._samples._world))
            self._shared.start_over(self._samples)

    def _start(self, worker: Any, share: int, shares: int) -> Position:
        """Join the iteration of all workers, or start it, and return the start position of this worker."""
        iteration = worker.seed - worker.id  # the DataLoader's seed, drawn for each set of workers
        name = str(worker.id)
        with self._shared.changed() as content:
            if content["version"] != self._shared.version:
                start = content["start"]
                before = tuple((n, tuple(done) if isinstance(done, list) else done) for n, done in start["before"])
                self._base = Position(start["epoch"], start["shares"], start["done"], before)
                self._shared.version = content["version"]
            base = self._base = self._base or self._samples.position
            if content["iteration"] != iteration or name in content["joined"]:
                epochs = [content["next"].get(str(i), base.epoch) for i in range(worker.num_workers)]
                content |= {"iteration": iteration, "joined": [], "epoch": min(epochs)}
                content["next"] = {str(i): min(epochs) for i in range(worker.num_workers)}
            content["reading"] = True
            content["joined"].append(name)
            if self._loaded is not None:
                position, self._loaded = self._loaded.among(shares), None
                ended = position.done >= self._samples.size_of(share, position)
                content["epoch"] = position.epoch
                content["next"][name] = position.epoch + ended
            else:
                epoch = content["epoch"]
                position = base.among(shares) if epoch == base.epoch else Position(epoch, shares)
        self._samples.go_to(position)
        return position

    def _read(self, worker: int, share: int, position: Position) -> Iterator[dict[str, Any]]:
        ended, last = False, self._samples.size_of(share, position)
        last -= last % self._least
        for sample in self._samples.read(share, position, next_epoch=False):
            if self._samples.position.done >= last and not ended:
                # Before yielding the last sample: a loop that counts batches never asks for the next one.
                ended = True
                self._end(worker, position)
            yield sample
        if not ended:
            self._end(worker, position)

    def _end(self, worker: int, position: Position) -> None:
        with self._shared.changed() as content:
            content["next"][str(worker)] = position.epoch + 1
