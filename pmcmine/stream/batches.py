"""Batches of samples: a dict of lists for each, as models take them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pmcmine.errors import PmcmineError
from pmcmine.stream.state import shown

if TYPE_CHECKING:
    from pmcmine.stream.samples import Samples


class Batches:
    """The samples of a reader in batches, which its state follows: between two batches it is that of the reader.

    Args:
        samples: the reader.
        size: samples of a batch.
        drop_last: leave out the last batch of an epoch if it is smaller.

    Raises:
        PmcmineError: for a size that is none.
    """

    def __init__(self, samples: Samples, size: int, drop_last: bool = False) -> None:
        if type(size) is not int or size < 1:
            raise PmcmineError(f"batched: size={shown(size)}: give a whole number from 1")
        self.samples, self.size, self.drop_last = samples, size, drop_last

    def __len__(self) -> int:
        n = len(self.samples)
        return n // self.size if self.drop_last else -(-n // self.size)

    def __iter__(self) -> Iterator[dict[str, list[Any]]]:
        return self.of(self.samples)

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
