"""What an update keeps of a release's scores: files that belong to a file of the table which stayed the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pmcmine.describe.score_card import CARD, scores_card
from pmcmine.release.layout import FileEntry, file_entry
from pmcmine.release.record import ReleaseRecord
from pmcmine.release.scores import ScoreFacts


def kept_scores(
    old: ReleaseRecord | None, tables: Iterable[FileEntry]
) -> tuple[tuple[ScoreFacts, ...], list[FileEntry], dict[str, bytes]]:
    """Return the scores that hold after an update, the files of theirs that stay, and files to write.

    A file of a table that holds another row, or a row less, has another hash; its scores are dropped, so that nothing
    is left of an article that was excluded.

    Args:
        old: the release before; None if there is none.
        tables: the files of its tables afterwards.
    """
    if old is None:
        return (), [], {}
    hashes = {file.sha256 for file in tables}
    entries = {file.name: file for file in old.files}
    found = []
    for score in old.scores:
        of = {name: sha for name, sha in score.of.items() if sha in hashes and name in entries}
        if of:
            found.append(replace(score, of=of))
    files = [entries[name] for score in found for name in sorted(score.of)]
    cards = {CARD: scores_card(found)} if found else {}
    return tuple(found), [*files, *(file_entry(name, data) for name, data in cards.items())], cards
