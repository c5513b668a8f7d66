"""Quality of a paragraph by a small network over what all heads say of it, and how it is worded.

A linear head adds up words. It can't say that what counts for one type of text does not count for another, nor that
little outside of biomedicine teaches it. The network sees the linear quality, the probabilities of type and domain and
of each pair of them, the wording, and what the sentences do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_MIDDLE: Final = 2.0  # about the mean quality


@dataclass(frozen=True, slots=True)
class Network:
    """One hidden layer of rectified units.

    Attributes:
        first: weights of the units, inputs × units.
        first_bias: bias of each unit.
        last: weight of each unit, units × 1.
        last_bias: bias of the quality, one number.
    """

    first: NDArray[np.float32]
    first_bias: NDArray[np.float32]
    last: NDArray[np.float32]
    last_bias: NDArray[np.float32]

    def quality(self, seen: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the quality of passages, passages × 1, from their `inputs`."""
        # einsum adds up each row by itself; a product of BLAS depends on how many rows there are.
        units = np.maximum(np.einsum("ij,jk->ik", seen, self.first) + self.first_bias, 0)
        out: NDArray[np.float32] = np.einsum("ij,jk->ik", units, self.last) + self.last_bias
        return out


def inputs(
    quality: NDArray[np.floating],
    kind: NDArray[np.floating],
    domain: NDArray[np.floating],
    wording: NDArray[np.floating],
    sentences: NDArray[np.floating],
) -> NDArray[np.float32]:
    """Return what the network sees of passages.

    Args:
        quality: of the linear head, passages × 1.
        kind: logits of the types, passages × types.
        domain: logits of the domains, passages × domains.
        wording: the columns of the dense features that say how a passage is worded.
        sentences: what `sentences` returns for the texts.
    """
    kinds, domains = _shares(kind), _shares(domain)
    pairs = (kinds[:, :, None] * domains[:, None, :]).reshape(len(kinds), -1)
    linear = np.clip(quality, 1, 5) - _MIDDLE
    return np.hstack([linear, kinds, domains, pairs, wording, sentences]).astype(np.float32)


def _shares(z: NDArray[np.floating]) -> NDArray[np.floating]:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    shares: NDArray[np.floating] = e / e.sum(axis=1, keepdims=True)
    return shares
