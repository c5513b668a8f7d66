"""Side tables of a release that are damaged: they can be made again, so that they stop nothing that does not use them.

A side table is what a command put into a finished release: scores, written texts, an index. An update drops or keeps
its files without reading them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pmcmine.errors import DamagedError, UnsafeNameError
from pmcmine.io.folder import Folder
from pmcmine.release.layout import FileEntry, columns_of
from pmcmine.release.record import ReleaseRecord
from pmcmine.release.scores import SCORES
from pmcmine.release.written import WRITTEN
from pmcmine.text.redact import hide

_TOPS: Final = frozenset({SCORES, WRITTEN, "index"})


def is_of_side_table(name: str) -> bool:
    """Check whether a file of a release is one of a side table, or describes side tables."""
    return name.split("/", 1)[0] in _TOPS


def damaged_side_tables(release: Folder, record: ReleaseRecord) -> Iterator[str]:
    """Yield a line for each side table of scores or texts with a file that can't be read, with the way out.

    Args:
        release: its folder.
        record: what it states.
    """
    files = {file.name: file for file in record.files}
    for top, sides in ((WRITTEN, record.written), (SCORES, record.scores)):
        for side in sides:
            found = [(name, why) for name in sorted(side.of) if (why := _damage(release, files.get(name), name))]
            if found:
                (name, why), more = found[0], len(found) - 1
                others = f", and {more:,} more of its files" if more else ""
                yield hide(f"{release.url}/{name}: {why}{others}; {_way_out(release, top, side.name)}")


def _damage(release: Folder, entry: FileEntry | None, name: str) -> str:
    """Return what is wrong with a Parquet file as far as its size and its end tell; empty if nothing is."""
    try:
        size = release.size(name)
        if entry is not None and size != entry.bytes:
            return f"is damaged ({size:,} bytes instead of {entry.bytes:,})"
        columns_of(release, name)
    except FileNotFoundError:
        return "is missing"
    except (OSError, DamagedError, UnsafeNameError):
        return "is damaged"
    return ""


def _way_out(release: Folder, top: str, name: str) -> str:
    if top == SCORES:
        return f"`pmcmine score` with the options of {name} computes it again"
    return (
        f"the `pmcmine write` that made it writes it again from its answers, `pmcmine write {release.url} --remove "
        f"{name}` takes it out, or restore it from a copy"
    )
