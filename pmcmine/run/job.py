"""Hold the facts of a run: its configuration, folders and source, its starting point and its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pmcmine.config import MineConfig
from pmcmine.io.folder import Folder
from pmcmine.miner import enrichers
from pmcmine.release.layout import NEXT
from pmcmine.release.record import ReleaseRecord
from pmcmine.run.graphs import Graphs
from pmcmine.run.progress import Progress
from pmcmine.sources.base import Source
from pmcmine.update.old_release import OldRelease


@dataclass(frozen=True)
class Outcome:
    """Result of a run.

    Attributes:
        release: its record.
        report: address of the report.
        fresh: False if the release was already complete.
        above_threshold: whether more was rejected because of faults than the configuration allows.
    """

    release: ReleaseRecord
    report: str
    fresh: bool
    above_threshold: bool


@dataclass(frozen=True)
class Job:
    """One run.

    Attributes:
        config: the configuration.
        source: the source.
        graphs: the parallel steps.
        out: the release folder.
        work: the run's work folder.
        progress: receives progress messages.
        old: the release that an update starts from, otherwise None.
    """

    config: MineConfig
    source: Source
    graphs: Graphs
    out: Folder
    work: Folder
    progress: Progress
    old: OldRelease | None = None

    @property
    def target(self) -> Folder:
        """Return the output folder of files; an update moves them into place at its end."""
        return self.out if self.old is None else self.work.child(NEXT)


def content(config: MineConfig) -> dict[str, Any]:
    """Collect everything that determines the content of a release: configuration keys and hashes of the models."""
    return config.content() | {"models": {m.name: m.sha256 for m in enrichers.info(config)}}
