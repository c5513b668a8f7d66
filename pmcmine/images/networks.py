"""Networks that come with the package: checked before they are loaded; ONNX Runtime runs ONNX, OpenCV runs TFLite."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray

from pmcmine.errors import PmcmineError
from pmcmine.images.opencv import opencv

Outputs = list[NDArray[Any]]
Network = Callable[[NDArray[Any]], Outputs]  # from its one input to its outputs


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


def network(file: NetworkFile) -> Network:
    """Return a network of this thread; OpenCV's keep state while they run, so that threads can't share them.

    Raises:
        PmcmineError: if ONNX Runtime or OpenCV is missing, or the file is missing or is another one.
    """
    held: dict[NetworkFile, Network] = _LOADED.__dict__.setdefault("networks", {})
    if file not in held:
        held[file] = _load(file)
    return held[file]


def _load(file: NetworkFile) -> Network:
    otherwise = f", or use {file.without}" if file.without else ""
    tflite = file.path.suffix == ".tflite"
    try:
        engine: Any = opencv() if tflite else _onnx_runtime()
    except ImportError:
        name, package = ("OpenCV", "opencv-python-headless") if tflite else ("ONNX Runtime", "onnxruntime")
        raise PmcmineError(f"{name} is missing; pip install {package}{otherwise}") from None
    data = file.path.read_bytes() if file.path.is_file() else b""
    if len(data) != file.size or sha256(data).hexdigest() != file.sha256:
        raise PmcmineError(
            f"{file.path}: missing or damaged, or not the file that comes with pmcmine; install it again{otherwise}"
        )
    return _by_opencv(engine, data) if tflite else _by_onnx_runtime(engine, data)


def _onnx_runtime() -> Any:
    import onnxruntime  # late: it takes long to load, and not every command looks at images

    return onnxruntime


def _by_onnx_runtime(engine: Any, data: bytes) -> Network:
    options = engine.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # workers share the machine
    options.log_severity_level = 3  # errors; a warning would be written in the middle of a run's progress
    session = engine.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    return lambda x: list(session.run(None, {given.name: x}))


def _by_opencv(engine: Any, data: bytes) -> Network:
    net = engine.dnn.readNetFromTFLite(bytearray(data))
    names = net.getUnconnectedOutLayersNames()

    def run(x: NDArray[Any]) -> Outputs:
        net.setInput(x)
        return list(net.forward(names))

    return run
