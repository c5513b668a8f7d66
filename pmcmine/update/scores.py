"""What an update keeps of a release's scores."""

from __future__ import annotations

from collections.abc import Iterable

from pmcmine.describe.score_card import CARD, scores_card
from pmcmine.release.layout import FileEntry
from pmcmine.release.record import ReleaseRecord
from pmcmine.release.scores import ScoreFacts
from pmcmine.update.side_tables import kept_side_tables


def kept_scores(
    old: ReleaseRecord | None, tables: Iterable[FileEntry]
) -> tuple[tuple[ScoreFacts, ...], list[FileEntry], dict[str, bytes]]:
    """Return the scores that hold after an update, as `kept_side_tables` does.

    Args:
        old: the release before; None if there is none.
        tables: the files of its tables afterwards.
    """
    if old is None:
        return (), [], {}
    return kept_side_tables(old.scores, old.files, tables, lambda found: {CARD: scores_card(found)} if found else {})
