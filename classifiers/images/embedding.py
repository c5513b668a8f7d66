"""What a small network that knows photographs sees in a picture: a vector that pictures alike have alike.

The network is the first blocks of MobileNetV2, trained on ImageNet; `backbone` tells where it comes from. Of four of
its blocks the embedding has the mean of each channel over the picture and its standard deviation: textures and thin
lines vary, and their means say little.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.images.networks import NetworkFile, network
from pmcmine.images.opencv import opencv

WIDTH: Final = 1024  # numbers of an embedding
SIDE: Final = 160  # pixels of the square that the network sees
NETWORK: Final = NetworkFile(
    Path(__file__).parent / "backbone" / "mobilenet-v2.onnx",
    3_611_160,
    "ee385db23d1ea9ae4f7d4bdca254ce172a28b31a915ef4d340b7ad8ef3dc3d5c",
    "--set image_kinds=false",
)
_MIDDLE: Final = (123.675, 116.28, 103.53)  # of red, green and blue in what the network has learned from


def embed(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the embedding (`WIDTH` numbers) of a picture, height × width × 3, whatever its size.

    The picture is squeezed to a square: charts and scans are told by their parts, and borders would be parts too.
    """
    cv2 = opencv()
    square = cv2.resize(np.ascontiguousarray(rgb), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    (moments,) = network(NETWORK)(cv2.dnn.blobFromImage(square, 1 / 255, (SIDE, SIDE), _MIDDLE))
    mean, squares = moments[0].reshape(2, -1)
    spread = np.sqrt(np.maximum(squares - mean * mean, 0))
    found: NDArray[np.float32] = np.concatenate([mean, spread]).astype(np.float32)
    return found
