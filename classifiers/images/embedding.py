"""What a small network that knows photographs sees in a picture: a vector that pictures alike have alike.

The network is the first blocks of EfficientNet-lite0, trained on ImageNet; `backbone` tells where it comes from.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.images.networks import NetworkFile, network
from pmcmine.images.opencv import opencv

WIDTH: Final = 432  # numbers of an embedding
SIDE: Final = 160  # pixels; the network takes squares of any multiple of 32
NETWORK: Final = NetworkFile(
    Path(__file__).parent / "backbone" / "efficientnet-lite0.onnx",
    5_892_115,
    "18949e15872e579990b378267382012f0a1eb0e8e65320ad20193a7cf29c8de3",
    "--set image_kinds=false",
)
_MIDDLE: Final = (127.0, 127.0, 127.0)
_SPREAD: Final = 1 / 128


def embed(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the embedding (`WIDTH` numbers) of a picture, height × width × 3, whatever its size.

    The picture is squeezed to a square: charts and scans are told by their parts, and borders would be parts too.
    """
    cv2, net = opencv(), network(NETWORK)
    square = cv2.resize(np.ascontiguousarray(rgb), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    net.setInput(cv2.dnn.blobFromImage(square, _SPREAD, (SIDE, SIDE), _MIDDLE))
    found: NDArray[np.float32] = np.array(net.forward()[0], np.float32)
    return found
