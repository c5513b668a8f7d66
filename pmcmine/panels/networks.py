"""Networks of panels: weights that ship with the package, checked before they are loaded, run by OpenCV."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.errors import PmcmineError
from pmcmine.images.opencv import opencv

SIDE: Final = 256  # pixels of the square that cuts are sought in
_FOLDER: Final = Path(__file__).parent / "models"
_FILES: Final = {  # size and SHA-256
    "letters.onnx": (0, ""),
    "cuts.onnx": (0, ""),
}
_AT_ONCE: Final = 64  # patches a batch


@lru_cache(maxsize=2)
def _network(name: str) -> Any:
    """Load a network of the package.

    Raises:
        PmcmineError: if its file is missing or not the one that was shipped.
    """
    size, digest = _FILES[name]
    path = _FOLDER / name
    try:
        data = path.read_bytes()
    except OSError as e:
        raise PmcmineError(f"{path}: cannot be read: {e.strerror}; reinstall pmcmine") from None
    if digest and (len(data) != size or sha256(data).hexdigest() != digest):
        raise PmcmineError(f"{path}: not the file that pmcmine was released with; reinstall it")
    return opencv().dnn.readNetFromONNX(np.frombuffer(data, np.uint8))


def read_letters(patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute the probabilities of letters, and of none in the last column: patches × classes.

    Args:
        patches: patches × 2 × side × side.
    """
    network = _network("letters.onnx")
    out = []
    for start in range(0, len(patches), _AT_ONCE):
        network.setInput(patches[start : start + _AT_ONCE])
        out.append(_softmax(np.array(network.forward(), np.float32)))
    return np.concatenate(out)


def _softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True), np.float32)


def see_cuts(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Compute how likely each pixel lies on a horizontal, and on a vertical cut: 2 × height/2 × width/2.

    Args:
        rgb: height × width × 3, longer side `SIDE`.
    """
    network = _network("cuts.onnx")
    network.setInput(as_input(rgb)[None])
    scores = np.array(network.forward(), np.float32)[0]
    h, w = (rgb.shape[0] + 1) // 2, (rgb.shape[1] + 1) // 2
    return np.asarray(1 / (1 + np.exp(-scores[:, :h, :w])), np.float32)


def as_input(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pad an image with white to the network's square: 3 × `SIDE` × `SIDE`, white as 0, black as -1."""
    out = np.zeros((3, SIDE, SIDE), np.float32)
    out[:, : rgb.shape[0], : rgb.shape[1]] = rgb.transpose(2, 0, 1).astype(np.float32) / 255 - 1
    return out
