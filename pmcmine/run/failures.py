"""Turn failures in a graph into one line for the user; the traceback is written to a file."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from pmcmine.config import MineConfig
from pmcmine.errors import PmcmineError, StorageError
from pmcmine.io.folder import Folder
from pmcmine.run.grpc_loopback import loopback_only
from pmcmine.run.local_workers import Workers, watching_workers
from pmcmine.text.redact import hide

log = logging.getLogger(__name__)

_STAGE: Final = re.compile(r" \[while running '[^']*'\]")  # text that Beam adds to a worker's error
_DONE: Final = ("DONE", "None")


def run_guarded(config: MineConfig, work: Folder, run: Callable[[], object]) -> None:
    """Run a graph to its end, with its local workers watched and their servers on loopback.

    Args:
        config: the configuration.
        work: the run's work folder, which receives the full text of an error.
        run: runs the graph and returns its final state.

    Raises:
        PmcmineError: one line, for any failure.
        KeyboardInterrupt: if the user interrupted it.
    """
    workers = None
    try:
        with loopback_only(), watching_workers(config) as workers:
            state = run()
    except PmcmineError as error:
        error.args = (_STAGE.sub("", str(error)), *error.args[1:])
        raise
    except (Exception, KeyboardInterrupt) as error:
        if workers is not None and workers.died:
            raise PmcmineError("worker processes died during the run; the same command resumes") from None
        if isinstance(error, KeyboardInterrupt) or "KeyboardInterrupt" in f"{type(error).__name__} {error}":
            raise KeyboardInterrupt from None  # Beam wraps it like any error of a worker
        log.debug("the pipeline failed", exc_info=True)
        raise PmcmineError(_line_for(error, work, workers)) from error
    if str(state) not in _DONE:
        raise PmcmineError(f"the pipeline ended as {state}; the same command resumes")


def _line_for(error: BaseException, work: Folder, workers: Workers | None) -> str:
    """Return the last line of an error, and write the full error to a file in the work folder."""
    lines = [line for line in str(error).strip().splitlines() if line.strip()] or [type(error).__name__]
    name = f"error-{datetime.now(UTC).strftime('%Y%m%dT%H%M%S')}.log"
    text = f"{type(error).__name__}: {error}\n\n" + (workers.output.decode("utf-8", "replace") if workers else "")
    try:
        work.write(name, hide(text).encode("utf-8", "replace"), replace=True)
        kept = f" (whole text in {work.url}/{name})"
    except StorageError:
        kept = ""  # the disk is full or gone, as the error itself states
    return f"the pipeline failed: {lines[-1].strip()}{kept}; the same command resumes"
