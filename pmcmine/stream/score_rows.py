"""Read the scores of a local or remote release."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.errors import PmcmineError
from pmcmine.io.safe_names import release_name
from pmcmine.release.nearest import choose
from pmcmine.release.scores import ScoreFacts
from pmcmine.stream.datasets import dataset_of
from pmcmine.stream.locate import Listing, side_files, side_root, unreachable
from pmcmine.stream.lookup import Lookup
from pmcmine.stream.state import shown


def score_rows(fs: Any, tables: str, release: str, digest: str, score: ScoreFacts) -> Any:
    """Return the rows of a score as a dataset.

    Args:
        fs: file system.
        tables: root of the tables.
        release: location of the release, for messages.
        digest: hash of its `release.json`.
        score: the score.

    Raises:
        PmcmineError: if it has no rows.
    """
    root = side_root(fs, tables, release, digest)
    paths = [f"{root}/{release_name(name).removeprefix('scores/')}" for name in sorted(score.of)]
    if not paths:
        raise PmcmineError(f"score {score.name}: has no rows left after an update; `pmcmine score` makes them again")
    return dataset_of(paths, fs)


class SampleScores:
    """Scores of the samples of a split.

    Args:
        names: columns, in the requested order.
        tables: for each score, its columns and their values by figure.
    """

    def __init__(self, names: tuple[str, ...], tables: Sequence[tuple[tuple[str, ...], Lookup]]) -> None:
        self.names, self._tables = names, tables

    def of(self, figure_id: str) -> dict[str, Any]:
        """Return the scores of a figure; None if it has none."""
        found: dict[str, Any] = dict.fromkeys(self.names)
        for names, held in self._tables:
            row = held.row(figure_id)
            if row is not None:
                found |= dict(zip(names, row, strict=True))
        return found


def sample_scores(
    names: Collection[str], listing: Listing, release: str, fs: Any, tables: str, split: str
) -> SampleScores | None:
    """Read the scores to add to the samples of a split; None if none is requested.

    Args:
        names: score columns of figures.
        listing: listing of the release.
        release: its location, for messages.
        fs: its file system.
        tables: root of its tables.
        split: the split.

    Raises:
        PmcmineError: if it is not a list of score names, or they can't be read.
    """
    if isinstance(names, str) or not isinstance(names, Collection) or not all(isinstance(n, str) for n in names):
        raise PmcmineError(f"scores={shown(names)}: give a list of names, as in scores=['clip_score']")
    of = {column: score for score in listing.scores if score.table == "figures" for column in score.columns}
    for name in names:
        if name not in of:
            hint = choose(name, list(of)) if of else "the release has none; `pmcmine score` makes them"
            raise PmcmineError(f"scores: no score {name!r} of figures; {hint}")
    held = []
    for score in dict.fromkeys(of[name].name for name in names):
        facts = next(s for s in listing.scores if s.name == score)
        columns = tuple(name for name in dict.fromkeys(names) if of[name].name == score)
        held.append((columns, _looked_up(facts, columns, listing, release, fs, tables, split)))
    return SampleScores(tuple(dict.fromkeys(names)), held) if names else None


def _looked_up(
    facts: ScoreFacts, columns: tuple[str, ...], listing: Listing, release: str, fs: Any, tables: str, split: str
) -> Lookup:
    paths = side_files(fs, tables, release, listing.digest, sorted(facts.of), split)
    parts = [_read(path, facts.key, columns, fs, release) for path in paths]
    if not parts:
        return Lookup(pa.array([], pa.string()), [pa.array([], pa.null())] * len(columns))
    whole = pa.concat_tables(parts, promote_options="permissive").combine_chunks()
    ids, *values = (pa.concat_arrays(c.chunks) if c.num_chunks else pa.array([], c.type) for c in whole.columns)
    return Lookup(ids, values)


def _read(path: str, key: str, columns: tuple[str, ...], fs: Any, release: str) -> pa.Table:
    """Read the ids and some columns of a file of scores.

    Raises:
        PmcmineError: if it can't be read, or has other columns.
    """
    try:
        with fs.open(path, "rb") as stream:
            found = pq.ParquetFile(stream).read([key, *columns]).select([key, *columns])
        return found.set_column(0, key, found[key].cast(pa.string()))
    except (pa.ArrowException, ValueError, LookupError):
        raise PmcmineError(f"{path}: is no file of scores with {', '.join(columns)}; is the copy complete?") from None
    except Exception as error:  # noqa: BLE001 - each file system has errors of its own
        raise unreachable(f"{release}: scores", error) from None
