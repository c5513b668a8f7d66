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
        keys: keys of the configuration (docs/configuration.md), such as `source`, `pmcid`, `limit` and `vocab`;
            of those that are lists, such as `exclude`, a single text or path will do.

    Raises:
        PmcmineError: one line that says what is wrong.
    """
    from pipelines import job
    from pmcmine.config import NOTHING_CHOSEN, config_class, load_config
    from pmcmine.run.progress import Progress

    lists = {name for name, key in config_class().model_fields.items() if key.annotation == tuple[str, ...]}
    # A single file or id is a list of one, as on the command line.
    single = {k: (fspath(v),) for k, v in keys.items() if k in lists and isinstance(v, str | PathLike)}
    config = load_config(keys | single | {"out": fspath(out)})
    if not config.chooses:
        raise PmcmineError(NOTHING_CHOSEN.replace("--", ""))
    if config.runner == "slurm":
        raise PmcmineError("runner='slurm' submits jobs and returns before they end; use `pmcmine mine --runner slurm`")
    job.run(config, Progress(quiet=quiet))
    return Release(out)
