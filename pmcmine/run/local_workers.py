"""Watch the worker processes of a local run."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pmcmine.config import MineConfig

_GONE_SECONDS: Final = 8  # longer than workers take to start or to end
_OUTPUT_BYTES: Final = 1 << 20


class Workers:
    """The worker processes of a local run: their output, and whether they died during the run."""

    def __init__(self, expected: int) -> None:
        self.expected = expected
        self.died = False
        self.output = b""

    def watch(self, done: threading.Event) -> None:
        """Interrupt the main thread once workers are gone: Beam would wait for them forever."""
        missing = 0
        while not done.wait(1.0):
            missing = missing + 1 if _n_children() < self.expected else 0
            if missing >= _GONE_SECONDS:
                self.died = True
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
                return


def _n_children() -> int:
    """Count the living child processes of this one, using Linux's /proc(5)."""
    n = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue  # it has just ended
        n += parent == str(os.getpid()) and state != "Z"
    return n


@contextmanager
def watching_workers(config: MineConfig) -> Iterator[Workers]:
    """Watch the worker processes of a local run while the block runs.

    Their stderr is redirected to a file instead of the user's terminal (Beam's workers inherit the descriptor and log
    their own events to it), and their deaths are detected. Workers of other runners run elsewhere.
    """
    direct = config.runner == "direct" and config.workers > 1
    workers = Workers(config.workers)
    if not direct and config.runner != "prism":
        yield workers
        return
    done = threading.Event()
    if direct and sys.platform == "linux" and threading.current_thread() is threading.main_thread():
        threading.Thread(target=workers.watch, args=(done,), daemon=True).start()
    with tempfile.TemporaryFile() as output:
        sys.stderr.flush()
        kept = os.dup(2)
        os.dup2(output.fileno(), 2)
        try:
            yield workers
        finally:
            done.set()
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            output.seek(0)
            workers.output = output.read()[-_OUTPUT_BYTES:]
