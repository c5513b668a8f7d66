"""What a small network that knows photographs sees in a picture: a vector that pictures alike have alike.

The network is the first blocks of MobileNetV2, trained on ImageNet, most of them in whole numbers of eight bits;
`backbone` tells where it comes from and how it was rounded. Of four of its blocks the embedding has the mean of each
channel over the picture and its standard deviation: textures and thin lines vary, and their means say little.
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
    3_150_675,
    "b92504d4d3916e5808c76572b2778cffb8feaab210678c272e003cce75b6f679",
    "--set image_kinds=false",
)


def squeeze(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Squeeze a picture, height × width × 3, whatever its size, to the square that the network sees.

    Charts and scans are told by their parts, and borders would be parts too.
    """
    cv2 = opencv()
    square = cv2.resize(np.ascontiguousarray(rgb), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(square, np.uint8)


def embed(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the embedding (`WIDTH` numbers) of a picture, height × width × 3, whatever its size."""
    *seen, step, base = network(NETWORK)(squeeze(rgb)[None])
    flat = [channels[0].reshape(channels.shape[1], -1).astype(np.float32) for channels in seen]
    # Sums of levels are whole numbers, exact in any order; of what is not rounded, there are few.
    mean = np.concatenate([v.sum(1, dtype=np.float64) / v.shape[1] for v in flat])
    squares = np.concatenate([np.einsum("ij,ij->i", v, v, dtype=np.float64) / v.shape[1] for v in flat])
    spread = np.sqrt(np.maximum(squares - mean * mean, 0))
    found: NDArray[np.float32] = np.concatenate([(mean - base) * step, spread * step]).astype(np.float32)
    return found
