"""What an update keeps of texts that models wrote: files that belong to a file of the table which stayed the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pmcmine.describe.written_card import written_descriptions
from pmcmine.release.layout import FileEntry, file_entry
from pmcmine.release.record import ReleaseRecord
from pmcmine.release.written import WrittenFacts


def kept_written(
    old: ReleaseRecord | None, tables: Iterable[FileEntry]
) -> tuple[tuple[WrittenFacts, ...], list[FileEntry], dict[str, bytes]]:
    """Return the side tables that hold after an update, the files of theirs that stay, and files to write.

    A file of a table that holds another row, or a row less, has another hash; the texts about it are dropped, so that
    nothing is left of an article that was excluded.

    Args:
        old: the release before; None if there is none.
        tables: the files of its tables afterwards.
    """
    if old is None:
        return (), [], {}
    hashes = {file.sha256 for file in tables}
    entries = {file.name: file for file in old.files}
    found = []
    for written in old.written:
        of = {name: sha for name, sha in written.of.items() if sha in hashes and name in entries}
        if of:
            found.append(replace(written, of=of))
    files = [entries[name] for written in found for name in sorted(written.of)]
    cards = written_descriptions(found)
    return tuple(found), [*files, *(file_entry(name, data) for name, data in cards.items())], cards
