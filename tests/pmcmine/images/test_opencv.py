"""OpenCV's first import, by two threads at once."""

from __future__ import annotations

import subprocess
import sys

# The second thread begins when the first one's import has just put the bare extension into `sys.modules`.
SCRIPT = """
import importlib, sys, threading
from pmcmine.images.opencv import opencv

got, load = [], importlib.import_module
second = threading.Thread(target=lambda: got.append(opencv()))

def slow(name, package=None):
    module = load(name, package)
    if name == "cv2":
        assert not hasattr(sys.modules[name], "data")
        second.start()
        second.join(1)
        assert not got, "the second thread has the bare extension"
    return module

importlib.import_module = slow
first = opencv()
second.join()
assert got == [first]
assert first.data.haarcascades
"""


def test_two_threads_get_the_whole_module() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
