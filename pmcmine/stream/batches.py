"""Batches of samples: a dict of lists for each, as models take them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from pmcmine.errors import PmcmineError
from pmcmine.stream.state import shown


class Reader(Protocol):
    """What batches are made of: `pmcmine.stream.samples.Samples`."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[dict[str, Any]]: ...
    def set_epoch(self, epoch: int) -> None:
        """Begin another epoch."""

    def state_dict(self) -> dict[str, Any]:
        """Return where it is."""

    def load_state_dict(self, state: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """Continue from there."""

    def state_after(self, n: int, size: int, workers: int) -> dict[str, Any]:
        """Return the state after so many batches."""

    def end_epoch(self, least: int) -> None:
        """Go to the next epoch if fewer than so many samples are left."""


class Batches:
    """The samples of a reader in batches, which its state follows: between two batches it is that of the reader.

    Args:
        samples: the reader.
        size: samples of a batch.
        drop_last: leave out the last batch of an epoch if it is smaller.

    Raises:
        PmcmineError: for a size that is none.
    """

    def __init__(self, samples: Reader, size: int, drop_last: bool = False) -> None:
        if type(size) is not int or size < 1:
            raise PmcmineError(f"batched: size={shown(size)}: give a whole number from 1")
        self.samples, self.size, self.drop_last = samples, size, drop_last

    def __len__(self) -> int:
        n = len(self.samples)
        return n // self.size if self.drop_last else -(-n // self.size)

    def __iter__(self) -> Iterator[dict[str, list[Any]]]:
        self.samples.end_epoch(self.least)
        return self.of(self.samples)

    @property
    def least(self) -> int:
        """Samples of the smallest batch."""
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
        """Begin another epoch, as `Samples.set_epoch`."""
        self.samples.set_epoch(epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return where the next batch begins, for `load_state_dict`; it is the state of the samples, too.

        Raises:
            PmcmineError: if workers of a DataLoader read the samples: they alone know; `state_after` computes it.
        """
        return self.samples.state_dict()

    def load_state_dict(self, state: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """Continue with the batches that were left, as `Samples.load_state_dict`; a batch of another size may be next.

        With `drop_last`, the first loop has no batch if fewer samples than one were left.

        Raises:
            PmcmineError: if it is the state of something else, or of a stream with another seed.
        """
        self.samples.load_state_dict(state)

    def state_after(self, n: int, *, workers: int = 0) -> dict[str, Any]:
        """Return the state of all ranks after each has had so many whole batches from the workers of a DataLoader.

        The main process does not know what its workers have read, but a DataLoader takes batches from them in turn. It
        must have been told the epoch by `set_epoch` or `load_state_dict`, from where on batches count; `on_error` must
        not be warn, because what is left out is not counted.

        Args:
            n: batches that each rank has taken from its loader since then.
            workers: `num_workers` of each loader.

        Raises:
            PmcmineError: if there are not so many whole batches.
        """
        if type(n) is not int or type(workers) is not int or n < 0 or workers < 0:
            raise PmcmineError(f"state_after({shown(n)}, workers={shown(workers)}): give whole numbers from 0")
        return self.samples.state_after(n, self.size, workers)
