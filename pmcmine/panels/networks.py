"""The networks that read letters and see layouts."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.images.networks import NetworkFile, network

LETTERS: Final = NetworkFile(
    Path(__file__).parent / "models" / "letters.onnx",
    509_573,
    "bf592d9b97e6a070a47a89309d8152df1b3f6734113bc181e8c2ebdca45881be",
    "--set panels=false",
)
SHAPES: Final = NetworkFile(
    Path(__file__).parent / "models" / "shapes.onnx",
    38_235,
    "bec4711fc4d26a8f7960d4fda1615ac83dd93f2809eef1b80aad59d52c6b215e",
    "--set panels=false",
)
LAYOUTS: Final = NetworkFile(
    Path(__file__).parent / "models" / "layouts.onnx",
    1_112_515,
    "57e1c6f772cd86d673fa126bd73e20831754539ffc869ee02d6b3cdf8b2b1b11",
    "--set panels=false",
)
UNLETTERED: Final = NetworkFile(
    Path(__file__).parent / "models" / "unlettered.onnx",
    3_870_623,
    "f14c7676779b43e8220edb0252f09f452450c20bde2900d934d3526c41423200",
    "--set panels=false",
)
_AT_ONCE: Final = 64  # patches a batch
_LEAST_ODDS: Final = -5.0  # log odds from which a shape is read: a fifth of them, and .994 of what is taken for letters
_CLASSES: Final = 53  # that the network of letters tells apart


def prepare() -> None:
    """Load the networks.

    Raises:
        PmcmineError: if ONNX Runtime or a file is missing, or a file is another one.
    """
    for file in (SHAPES, LETTERS, LAYOUTS, UNLETTERED):
        network(file)


def may_be_letters(patches: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which patches need be read: a glance at the others, which are most, shows that they are no letters."""
    if not len(patches):
        return np.zeros(0, np.bool_)
    return np.asarray(network(SHAPES)(patches)[0][:, 0] > _LEAST_ODDS, np.bool_)


def read_letters(patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute the probabilities of letters, and of none in the last column: patches × classes.

    Args:
        patches: patches × 2 × side × side.
    """
    if not len(patches):
        return np.zeros((0, _CLASSES), np.float32)
    read = network(LETTERS)
    out = [_softmax(read(patches[i : i + _AT_ONCE])[0]) for i in range(0, len(patches), _AT_ONCE)]
    return np.concatenate(out)


def read_layout(view: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return distances to the left, top, right and lower edge of the panel at each position, and two probabilities.

    Args:
        view: what `layout_view.network_input` returns.
    """
    return np.asarray(network(LAYOUTS)(view[None])[0][0], np.float32)


def read_unlettered_layout(view: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the same as `read_layout` for a figure whose labels are no letters.

    Args:
        view: what `layout_view.large_input` returns.
    """
    return np.asarray(network(UNLETTERED)(view[None])[0][0], np.float32)


def _softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True), np.float32)
