"""OpenCV, loaded by one thread at a time."""

from __future__ import annotations

import threading
from types import ModuleType

_LOADING = threading.Lock()


def opencv() -> ModuleType:
    """Import `cv2` safely.

    While its package loads, it takes itself out of `sys.modules` and has the bare extension there in its place: a
    thread that imports it in that moment gets an extension without `cv2.data`, past Python's own import lock. So
    nothing here imports it in any other way.

    Raises:
        ImportError: if it is not installed.
    """
    with _LOADING:
        import cv2

        if cv2.getNumThreads() != 1:
            cv2.setNumThreads(1)  # workers share the machine; results do not depend on it
    return cv2
