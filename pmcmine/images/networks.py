"""Networks that come with the package: checked before they are loaded, run by OpenCV."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pmcmine.errors import PmcmineError
from pmcmine.images.opencv import opencv


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """A file of a network, ONNX or TFLite.

    Attributes:
        path: the file.
        size: bytes.
        sha256: of its bytes.
        without: option that turns off what needs it, for messages; empty if there is none.
    """

    path: Path
    size: int
    sha256: str
    without: str = ""


_LOADED: Final = threading.local()


def network(file: NetworkFile) -> Any:
    """Return a network of this thread; OpenCV's keep state while they run, so that threads can't share them.

    Raises:
        PmcmineError: if OpenCV is missing, or the file is missing or is another one.
    """
    held: dict[NetworkFile, Any] = _LOADED.__dict__.setdefault("networks", {})
    if file not in held:
        held[file] = _load(file)
    return held[file]


def _load(file: NetworkFile) -> Any:
    otherwise = f", or use {file.without}" if file.without else ""
    try:
        cv2 = opencv()
    except ImportError:
        raise PmcmineError(f"OpenCV is missing; pip install opencv-python-headless{otherwise}") from None
    data = file.path.read_bytes() if file.path.is_file() else b""
    if len(data) != file.size or sha256(data).hexdigest() != file.sha256:
        raise PmcmineError(
            f"{file.path}: missing or damaged, or not the file that comes with pmcmine; install it again{otherwise}"
        )
    read = cv2.dnn.readNetFromTFLite if file.path.suffix == ".tflite" else cv2.dnn.readNetFromONNX
    return read(bytearray(data))
