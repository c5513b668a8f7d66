"""What a small network that knows photographs sees in a picture: a vector that pictures alike have alike.

The network is the first blocks of EfficientNet-lite0, trained on ImageNet; `backbone` tells where it comes from.
"""

from __future__ import annotations

import threading
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.errors import PmcmineError
from pmcmine.images.opencv import opencv

WIDTH: Final = 432  # numbers of an embedding
SIDE: Final = 160  # pixels; the network takes squares of any multiple of 32
NETWORK_FILE: Final = Path(__file__).parent / "backbone" / "efficientnet-lite0.onnx"
SHA256: Final = "18949e15872e579990b378267382012f0a1eb0e8e65320ad20193a7cf29c8de3"
_BYTES: Final = 5892115
_MIDDLE: Final = (127.0, 127.0, 127.0)
_SPREAD: Final = 1 / 128


class _Loaded(threading.local):
    """The network of each thread; OpenCV's networks keep state while they run."""

    net: Any = None


_LOADED: Final = _Loaded()


def prepare() -> None:
    """Load the network for this thread.

    Raises:
        PmcmineError: if its file is missing or is not the one that pmcmine came with.
    """
    if _LOADED.net is not None:
        return
    data = NETWORK_FILE.read_bytes() if NETWORK_FILE.is_file() else b""
    if len(data) != _BYTES or sha256(data).hexdigest() != SHA256:
        raise PmcmineError(f"{NETWORK_FILE}: missing or damaged; install pmcmine again, or use --set image_kinds=false")
    cv2 = opencv()
    cv2.setNumThreads(1)  # workers share the machine; results do not depend on it
    _LOADED.net = cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))


def embed(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the embedding (`WIDTH` numbers) of a picture, height × width × 3, whatever its size.

    The picture is squeezed to a square: charts and scans are told by their parts, and borders would be parts too.
    """
    prepare()
    cv2 = opencv()
    square = cv2.resize(np.ascontiguousarray(rgb), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    _LOADED.net.setInput(cv2.dnn.blobFromImage(square, _SPREAD, (SIDE, SIDE), _MIDDLE))
    found: NDArray[np.float32] = np.array(_LOADED.net.forward()[0], np.float32)
    return found
