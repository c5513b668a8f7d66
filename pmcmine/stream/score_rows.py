"""The rows of a release's scores, wherever it is."""

from __future__ import annotations

from typing import Any

from pmcmine.errors import PmcmineError
from pmcmine.io.safe_names import release_name
from pmcmine.release.scores import ScoreFacts
from pmcmine.stream.datasets import dataset_of
from pmcmine.stream.locate import side_root


def score_rows(fs: Any, tables: str, release: str, digest: str, score: ScoreFacts) -> Any:
    """Return the rows of a score as a dataset.

    Args:
        fs: file system.
        tables: root of the tables.
        release: where the release is, for messages.
        digest: hash of its `release.json`.
        score: the score.

    Raises:
        PmcmineError: if it has none.
    """
    root = side_root(fs, tables, release, digest)
    paths = [f"{root}/{release_name(name).removeprefix('scores/')}" for name in sorted(score.of)]
    if not paths:
        raise PmcmineError(f"score {score.name}: has no rows left after an update; `pmcmine score` makes them again")
    return dataset_of(paths, fs)
