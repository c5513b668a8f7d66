"""Show the progress of a run: a live line on a terminal, plain lines elsewhere.

It is read from the work folder, so it is the same on every runner.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console

from pmcmine.io.background import in_background
from pmcmine.io.folder import Folder
from pmcmine.text.redact import hide
from pmcmine.work.manifest import read_manifest

_LOOK_SECONDS = 2.0
_LINE_SECONDS = 15.0


class Progress:
    """Show a person the progress of a run; prints nothing if quiet."""

    def __init__(self, console: Console | None = None, quiet: bool = False) -> None:
        if console is None:
            # Its own descriptor: that of stderr is sometimes lent to worker processes.
            console = Console(file=os.fdopen(os.dup(sys.__stderr__.fileno()), "w") if sys.__stderr__ else sys.stderr)
        self._console = console
        self._quiet = quiet

    def step(self, name: str) -> None:
        """Start a step."""
        if not self._quiet:
            self._console.print(f"[bold]{name}[/bold]" if self._console.is_terminal else f"pmcmine: {name}")

    def note(self, text: str) -> None:
        """Print a message."""
        if not self._quiet:
            self._console.print(hide(text), markup=False, highlight=False)

    @contextmanager
    def watching(self, work: Folder, committed: Sequence[int], n_pmcids: int) -> Iterator[None]:
        """Show the totals of the blocks while the mine job runs; `committed` are the blocks of earlier runs.

        What an earlier run said of blocks that it did not commit is removed: they are mined again.
        """
        ours = {f"{block:06d}.json" for block in committed}
        for name in work.names("progress"):
            if name not in ours:
                work.remove(f"progress/{name}")
        with self._beside(lambda done: self._watch(work, committed, n_pmcids, done)):
            yield

    @contextmanager
    def counting(self, work: Folder, folder: str, expected: int, what: str) -> Iterator[None]:
        """Show the number of files below a folder of the work folder, live on a terminal, periodically elsewhere."""
        with self.showing(lambda: f"{min(len(work.walk(folder)), expected):,} of about {expected:,} {what}"):
            yield

    @contextmanager
    def showing(self, said: Callable[[], str]) -> Iterator[None]:
        """Show the changing result of a function, live on a terminal, periodically elsewhere."""

        def look(done: threading.Event) -> None:
            live = self._console.status("…") if self._console.is_terminal else None
            last = time.monotonic()
            while not done.wait(_LOOK_SECONDS):
                line = said()
                if live:
                    live.start()
                    live.update(line)
                elif time.monotonic() - last >= _LINE_SECONDS:
                    last = time.monotonic()
                    self.note(line)
            if live:
                live.stop()

        with self._beside(look):
            yield

    @contextmanager
    def _beside(self, action: Callable[[threading.Event], None]) -> Iterator[None]:
        """Run a function in a thread during the block, unless progress is hidden; the event ends it."""
        if self._quiet:
            yield
            return
        with in_background(action):
            yield

    def _watch(self, work: Folder, committed: Sequence[int], n_pmcids: int, done: threading.Event) -> None:
        before = Counter[str]()
        for block in committed:
            manifest = read_manifest(work, block)
            if manifest is not None:
                before += manifest.counts() + Counter(pmcids=len(manifest.unchanged()))
        # Earlier runs said of committed blocks what their manifests say.
        finished = {f"{block:06d}.json": Counter[str]() for block in committed}
        started = last_line = time.monotonic()
        live = self._console.status("mining …") if self._console.is_terminal else None
        if live:
            live.start()
        while True:
            ended = done.wait(_LOOK_SECONDS)
            total = before + self._look(work, finished)
            line = _line(total, n_pmcids, before["pmcids"], time.monotonic() - started)
            if live:
                live.update(line)
            if ended or (not live and time.monotonic() - last_line >= _LINE_SECONDS):
                last_line = time.monotonic()
                if live:
                    live.stop()
                self._console.print(line, markup=False, highlight=False)
            if ended:
                return

    @staticmethod
    def _look(work: Folder, finished: dict[str, Counter[str]]) -> Counter[str]:
        """Count this run's blocks; finished blocks are read once."""
        total = Counter[str]()
        for name in work.names("progress"):
            if name not in finished and name.endswith(".json"):
                try:
                    counts = Counter[str](json.loads(work.read(f"progress/{name}")))
                except (FileNotFoundError, ValueError, TypeError, RecursionError):
                    continue  # it is being replaced
                if counts.pop("done", 0):
                    finished[name] = counts
                else:
                    total += counts
        for counts in finished.values():
            total += counts
        return total


def _line(total: Counter[str], n_pmcids: int, first: int, seconds: float) -> str:
    rate = (total["pmcids"] - first) / seconds if seconds > 0 else 0.0
    left = f"{(n_pmcids - total['pmcids']) / rate / 60:.0f} min left" if rate > 0 else "time left unknown"
    if total["pmcids"] >= n_pmcids:
        left = f"{seconds:.0f} s"
    return (
        f"{total['pmcids']:,} of {n_pmcids:,} articles read, {total['samples']:,} figures, "
        f"{total['rejected']:,} rejects, {(total['media_bytes'] + total['xml_bytes']) / 1e6:,.0f} MB, "
        f"{rate:.1f} articles/s, {left}"
    )
