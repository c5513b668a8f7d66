"""Batch samples: each batch is a dict of lists, as models take them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from pmcmine.errors import PmcmineError
from pmcmine.stream.state import shown


class Reader(Protocol):
    """Interface of the source of batches: `pmcmine.stream.samples.Samples`."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[dict[str, Any]]: ...
    def set_epoch(self, epoch: int) -> None:
        """Start another epoch."""

    def state_dict(self) -> dict[str, Any]:
        """Return the position."""

    def load_state_dict(self, state: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """Resume from a position."""

    def state_after(self, n: int, size: int, workers: int) -> dict[str, Any]:
        """Return the state after `n` batches."""

    def end_epoch(self, least: int) -> None:
        """Go to the next epoch if fewer than `least` samples are left."""


class Batches:
    """Batches of a reader's samples; between two batches, the state is that of the reader.

    Args:
        samples: the reader.
        size: samples per batch.
        drop_last: drop the last batch of an epoch if it is smaller.

    Raises:
        PmcmineError: for an invalid size.
    """

    def __init__(self, samples: Reader, size: int, drop_last: bool = False) -> None:
        if type(size) is not int or size < 1:
            raise PmcmineError(f"batched: size={shown(size)}: give a whole number from 1")
        self.samples, self.size, self.drop_last = samples, size, drop_last

    def __len__(self) -> int:
        n = len(self.samples)
        return n // self.size if self.drop_last else -(-n // self.size)

    def __getitem__(self, index: object) -> Any:
        raise PmcmineError(
            "batches are read in order, not by index: give a DataLoader "
            "`stream.torch_dataset(batches)` and batch_size=None"
        )

    def __iter__(self) -> Iterator[dict[str, list[Any]]]:
        self.samples.end_epoch(self.least)
        return self.of(self.samples)

    @property
    def least(self) -> int:
        """Number of samples in the smallest possible batch."""
        return self.size if self.drop_last else 1

    def of(self, samples: Iterable[dict[str, Any]]) -> Iterator[dict[str, list[Any]]]:
        """Yield samples in batches."""
        iterator = iter(samples)
        while True:
            batch = []
            for sample in iterator:
                batch.append(sample)
                if len(batch) == self.size:
                    break
            if len(batch) < self.size and (self.drop_last or not batch):
                return
            yield {name: [sample[name] for sample in batch] for name in batch[0]}
            if len(batch) < self.size:
                return

    def set_epoch(self, epoch: int) -> None:
        """Start another epoch, as `Samples.set_epoch`."""
        self.samples.set_epoch(epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return the start of the next batch, for `load_state_dict`; it is also the state of the samples.

        Raises:
            PmcmineError: if DataLoader workers read the samples: only they know the position; `state_after` computes
                it.
        """
        return self.samples.state_dict()

    def load_state_dict(self, state: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """Resume with the remaining batches, as `Samples.load_state_dict`; the batch size may differ.

        With `drop_last`, the first loop yields no batch if fewer samples than one batch are left.

        Raises:
            PmcmineError: if the state belongs to something else, or to a stream with another seed.
        """
        self.samples.load_state_dict(state)

    def state_after(self, n: int, *, workers: int = 0) -> dict[str, Any]:
        """Return the state of all ranks after each has received `n` full batches from the workers of a DataLoader.

        The main process does not know the progress of its workers, but a DataLoader takes batches from them in turn.
        Batches count from the last call of `set_epoch` or `load_state_dict` in the main process, which is required;
        `on_error` must not be warn, because skipped samples are not counted.

        Args:
            n: batches that each rank has taken from its loader since then.
            workers: `num_workers` of each loader.

        Raises:
            PmcmineError: if there are fewer full batches.
        """
        if type(n) is not int or type(workers) is not int or n < 0 or workers < 0:
            raise PmcmineError(f"state_after({shown(n)}, workers={shown(workers)}): give whole numbers from 0")
        return self.samples.state_after(n, self.size, workers)
