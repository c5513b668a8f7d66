"""Record pairs of members checked for near duplication, with the results, in work folder and state."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa

from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.release.layout import read_checked, release_folder
from pmcmine.work.delta import DELTA
from pmcmine.work.rows import read_arrow
from pmcmine.work.state_file import keep_file, state_entries

_CHECK: Final = "1"  # version of the check; increased if `compare` changes, so that old results are ignored
PAIRS: Final = pa.schema([("kind", pa.uint8()), ("a", pa.uint64()), ("b", pa.uint64()), ("similarity", pa.float64())])
_KEPT: Final = PAIRS.with_metadata({"check": _CHECK})


def checked_file(bucket: int) -> str:
    """Return the name of a bucket's checked pairs in the work folder."""
    return f"near/checked/{bucket // 1000:03d}/{bucket:06d}.arrow"


def pairs_file(bucket: int) -> str:
    """Return the path of the checked pairs of a bucket in a release; there are as many buckets as blocks."""
    return f"state/{bucket // 1000:03d}/{bucket:06d}.pairs.arrow"


def checked_before(work: Folder, bucket: int) -> tuple[Any, Any, Any, Any]:
    """Return the kinds, both nodes and similarities of a bucket's pairs in the existing release.

    They are empty outside updates.

    Raises:
        DamagedError: if the file of the release is missing or damaged.
    """
    table = _kept_pairs(work, bucket)
    kind, a, b, similarity = (table[name].to_numpy() for name in PAIRS.names)
    return kind, a, b, similarity


def _kept_pairs(work: Folder, bucket: int) -> pa.Table:
    if not work.exists(DELTA):
        return PAIRS.empty_table()
    release = release_folder(work)
    entry = state_entries(release).get(pairs_file(bucket))
    if entry is None:
        return PAIRS.empty_table()
    data = read_checked(release, entry)
    table = sealed.open_arrow(data, f"{release.url}/{entry.name}").read_all()
    if table.schema.metadata != _KEPT.metadata or not table.schema.equals(PAIRS) or any(c.null_count for c in table):
        return PAIRS.empty_table()
    return table


def keep_pairs(bucket: int, work: Folder, out: Folder) -> None:
    """Write the checked pairs of a bucket to the state, unless the release has the same file.

    Args:
        bucket: its number.
        work: the run's work folder.
        out: output folder for files of the release.
    """
    record = f"assembled/state/{bucket:06d}.pairs.json"
    if sealed.read_or_none(work, record) is not None or not work.exists(checked_file(bucket)):
        return
    rows = read_arrow(work, checked_file(bucket)).read_all().replace_schema_metadata(_KEPT.metadata)
    data = sealed.arrow_bytes(_KEPT, [rows.combine_chunks()])
    keep_file(pairs_file(bucket), data, record, work, out)
