"""Make a release from Python, as `pmcmine mine` does."""

from __future__ import annotations

from os import PathLike, fspath
from typing import Any

from pmcmine.errors import PmcmineError
from pmcmine.notebook.release import Release


def mine(out: str | PathLike[str] = "release", *, quiet: bool = False, **keys: Any) -> Release:
    """Mine articles into a release folder, and open it. The same call resumes.

    >>> release = mine("release", source="DATA/pmc-bucket", limit=30)

    Args:
        out: release folder, new or of the same call.
        quiet: whether to say nothing of the progress.
        keys: keys of the configuration (docs/configuration.md), such as `source`, `pmcid`, `limit` and `vocab`.

    Raises:
        PmcmineError: one line that says what is wrong.
    """
    from pipelines import job
    from pmcmine.config import NOTHING_CHOSEN, load_config
    from pmcmine.run.progress import Progress

    config = load_config(keys | {"out": fspath(out)})
    if not config.chooses:
        raise PmcmineError(NOTHING_CHOSEN.replace("--", ""))
    if config.runner == "slurm":
        raise PmcmineError("runner='slurm' submits jobs and returns before they end; use `pmcmine mine --runner slurm`")
    job.run(config, Progress(quiet=quiet))
    return Release(out)
