"""The networks that look at images for what may identify patients."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from pmcmine.images.networks import NetworkFile

_FOLDER: Final = Path(__file__).parent / "models"
_file = partial(NetworkFile, without="--set privacy=false")

FACES_NEAR: Final = _file(
    _FOLDER / "faces_near.tflite", 229_714, "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8"
)
FACES_FAR: Final = _file(
    _FOLDER / "faces_far.tflite", 1_083_984, "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3"
)
WRITING: Final = _file(
    _FOLDER / "writing.onnx", 53_943, "ef080a01b833ce0e4659f34f07f60bf2ce9499215296538f817d0570329bacf0"
)
