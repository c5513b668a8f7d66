"""The network that reads letters: weights that ship with the package, checked before they are loaded, run by OpenCV."""

from __future__ import annotations

import threading
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.errors import PmcmineError
from pmcmine.images.opencv import opencv

_FOLDER: Final = Path(__file__).parent / "models"
_FILES: Final = {  # size and SHA-256
    "letters.onnx": (509573, "bf592d9b97e6a070a47a89309d8152df1b3f6734113bc181e8c2ebdca45881be"),
}
_AT_ONCE: Final = 64  # patches a batch


_loaded = threading.local()  # a network keeps its last input, so each thread has its own


def _network(name: str) -> Any:
    """Load a network of the package, once a thread.

    Raises:
        PmcmineError: if its file is missing or not the one that was shipped.
    """
    if name in _loaded.__dict__:
        return _loaded.__dict__[name]
    size, digest = _FILES[name]
    path = _FOLDER / name
    try:
        data = path.read_bytes()
    except OSError as e:
        raise PmcmineError(f"{path}: cannot be read: {e.strerror}; reinstall pmcmine") from None
    if len(data) != size or sha256(data).hexdigest() != digest:
        raise PmcmineError(f"{path}: not the file that pmcmine was released with; reinstall it")
    network = _loaded.__dict__[name] = opencv().dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
    return network


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
