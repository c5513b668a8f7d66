"""Mark the articles in progress: after a kill the markers name the suspects."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pmcmine.io.background import in_background
from pmcmine.io.folder import Folder

_SUSPECT_SECONDS = 2.0  # minimum time on one article after which an interrupt may have ended a hang
_SLOW_SECONDS = 60.0  # minimum time after which an article is named in the start marker
_NAMING_SECONDS = 10.0  # between two checks for such articles
# Start markers of this process → PMCIDs in progress → start time of each. Written by all threads. (The process id in
# the name of a marker does not identify its owner: in containers each run has the same one.)
STARTS_AT_WORK: Final[dict[str, dict[str, float]]] = {}


@contextmanager
def marked_at_work(marker: str | None, pmcid: str) -> Iterator[None]:
    """Register a PMCID as in progress while the block runs."""
    if marker is not None and marker in STARTS_AT_WORK:
        STARTS_AT_WORK[marker][pmcid] = time.monotonic()
    yield
    if marker is not None:  # after an interrupt the note is kept
        STARTS_AT_WORK.get(marker, {}).pop(pmcid, None)


def _suspects(marker: str, seconds: float) -> list[str]:
    """Return the PMCIDs that have been in progress for at least this long."""
    now = time.monotonic()
    return sorted(p for p, since in dict(STARTS_AT_WORK.get(marker, {})).items() if now - since >= seconds)


@contextmanager
def naming_slow(work: Folder, marker: str) -> Iterator[None]:
    """Keep slow articles listed in the marker, in case they get the process killed."""

    def name(done: threading.Event) -> None:
        named: list[str] = []
        while not done.wait(_NAMING_SECONDS):
            slow = _suspects(marker, _SLOW_SECONDS)
            if slow != named:
                work.write(marker, json.dumps({"suspects": slow}).encode() if slow else b"", replace=True)
                named = slow

    with in_background(name, "naming-slow"):
        yield


def settle_marker(work: Folder, marker: str) -> None:
    """Remove a start marker after an interrupt, unless articles in progress may be the cause: then it names them."""
    suspects = _suspects(marker, _SUSPECT_SECONDS)
    STARTS_AT_WORK.pop(marker, None)
    if suspects:
        work.write(marker, json.dumps({"suspects": suspects}).encode(), replace=True)
    else:
        work.remove(marker)


def forget_starts(work: Folder) -> None:
    """Remove the start markers of this process after an interrupt by the user, but not those of articles that hang.

    Mining threads may continue until the process ends.
    """
    for marker in list(STARTS_AT_WORK):
        if work.exists(marker):
            settle_marker(work, marker)
