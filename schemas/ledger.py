"""The `rejects` and `tombstones` tables: what is not in the release, and why."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.record import Table, col


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """One thing that was dropped."""

    reject_id: str = col("Order within the article.", unit="<article id>/r<ordinal>")
    stage: str = col("Stage that dropped it: select, read, extract, image or assemble.")
    unit: str = col("What was dropped: version, article, sub_article, figure, graphic, paragraph or mention.")
    reason: str = col("Reason code; the list with meanings is in docs/rejects.md.")
    pmcid: str = col("PMC id.", unit="PMC<digits>")
    article_id: str = col("Article version, or the source's name for it.")
    figure_id: str | None = col("Figure.", null="the reject is no figure and belongs to none")
    detail: str = col("Short detail, at most 300 characters.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """One PMCID that must not be in a copy of this release."""

    pmcid: str = col("PMC id.", unit="PMC<digits>")
    article_id: str = col("Article version that said so.")
    reason: str = col(
        "retracted; in a release that was updated also withdrawn (gone from the source), relicensed or unavailable."
    )


REJECTS = Table("rejects", Reject, "One thing that was dropped, and why.", "reject_id", grouped=False)
TOMBSTONES = Table("tombstones", Tombstone, "One PMCID that a copy must not hold any more.", "pmcid", grouped=False)
