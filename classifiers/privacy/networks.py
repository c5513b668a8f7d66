"""The networks that look at images, loaded once a thread."""

from __future__ import annotations

import threading
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from pmcmine.errors import PmcmineError
from pmcmine.images.opencv import opencv

FOLDER: Final = Path(__file__).parent / "models"


class File(NamedTuple):
    """A file of a network: its name in `models`, size in bytes, and SHA-256."""

    name: str
    size: int
    sha256: str


FACES_NEAR: Final = File(
    "faces_near.tflite", 229_714, "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8"
)
FACES_FAR: Final = File(
    "faces_far.tflite", 1_083_984, "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3"
)
WRITING: Final = File("writing.onnx", 53_943, "ef080a01b833ce0e4659f34f07f60bf2ce9499215296538f817d0570329bacf0")

_THREAD = threading.local()


def network(file: File) -> Any:
    """Return a network of this thread, because OpenCV's can't be used by two threads at once.

    Raises:
        PmcmineError: if OpenCV is missing, or the file is missing or is another one.
    """
    held: dict[str, Any] = _THREAD.__dict__.setdefault("networks", {})
    if file.name not in held:
        held[file.name] = _load(file)
    return held[file.name]


def _load(file: File) -> Any:
    try:
        cv2 = opencv()
    except ImportError:
        raise PmcmineError(
            "privacy: OpenCV is missing; pip install opencv-python-headless, or use --set privacy=false"
        ) from None
    path = FOLDER / file.name
    data = path.read_bytes() if path.is_file() else b""
    if len(data) != file.size or sha256(data).hexdigest() != file.sha256:
        raise PmcmineError(f"{path}: missing, or not the file that comes with pmcmine; install pmcmine again")
    cv2.setNumThreads(1)  # workers share the machine; results do not depend on it
    read = cv2.dnn.readNetFromTFLite if path.suffix == ".tflite" else cv2.dnn.readNetFromONNX
    return read(bytearray(data))
