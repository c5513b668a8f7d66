"""What the formats share: an input whose origin is known only once its names are read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from pmcmine.vocabulary.atoms import Atom
from pmcmine.vocabulary.terms import Origin


class ReadInput(ABC):
    """An input that sets `_origin` while `atoms` is read: its hash is computed on the way."""

    _origin: Origin | None = None

    @abstractmethod
    def atoms(self) -> Iterator[Atom]:
        """Yield the names."""

    def origin(self) -> Origin:
        """Describe the input; reads all of it if `atoms` was not read to its end.

        Raises:
            VocabularyError: if the input is damaged.
        """
        if self._origin is None:
            for _ in self.atoms():
                pass
        assert self._origin is not None
        return self._origin
