"""What an update keeps of texts that models wrote."""

from __future__ import annotations

from collections.abc import Iterable

from pmcmine.describe.written_card import written_descriptions
from pmcmine.io.folder import Folder
from pmcmine.release.layout import FileEntry
from pmcmine.release.record import ReleaseRecord
from pmcmine.release.written import WrittenFacts
from pmcmine.update.side_tables import kept_side_tables


def kept_written(
    old: ReleaseRecord | None, tables: Iterable[FileEntry], release: Folder, date: str | None
) -> tuple[tuple[WrittenFacts, ...], list[FileEntry], dict[str, bytes]]:
    """Return the written texts that hold after an update, as `kept_side_tables` does.

    Args:
        old: the release before; None if there is none.
        tables: the files of its tables afterwards.
        release: its folder.
        date: day of publication afterwards; None if it is not known.
    """
    if old is None:
        return (), [], {}
    return kept_side_tables(old.written, old.files, tables, lambda found: written_descriptions(found, release, date))
