"""What an update keeps of side tables: files that belong to a file of a table which stayed the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from pmcmine.release.layout import FileEntry, file_entry
from pmcmine.release.scores import ScoreFacts
from pmcmine.release.written import WrittenFacts

Side = TypeVar("Side", ScoreFacts, WrittenFacts)


def kept_side_tables(
    sides: Iterable[Side],
    old: Iterable[FileEntry],
    tables: Iterable[FileEntry],
    describe: Callable[[Sequence[Side]], Mapping[str, bytes]],
) -> tuple[tuple[Side, ...], list[FileEntry], dict[str, bytes]]:
    """Return the side tables that hold after an update, the files of theirs that stay, and files to write.

    A file of a table that holds another row, or a row less, has another hash; what belongs to it is dropped, so that
    nothing is left of an article that was excluded.

    Args:
        sides: the side tables of the release before.
        old: its files.
        tables: the files of its tables afterwards.
        describe: makes the files that describe side tables.
    """
    hashes = {file.sha256 for file in tables}
    entries = {file.name: file for file in old}
    found: list[Side] = []
    for side in sides:
        of = {name: sha for name, sha in side.of.items() if sha in hashes and name in entries}
        if of:
            found.append(replace(side, of=of))
    files: list[FileEntry] = [entries[name] for side in found for name in sorted(side.of)]
    cards: dict[str, bytes] = dict(describe(found))
    return tuple(found), [*files, *(file_entry(name, data) for name, data in cards.items())], cards
