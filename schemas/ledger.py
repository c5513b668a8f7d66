"""The `rejects` and `tombstones` tables: what is not in the release, and why."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.record import Table, col


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """One dropped item."""

    reject_id: str = col("Id of the reject, numbered within the article.", unit="<article id>/r<ordinal>")
    stage: str = col("Stage that dropped the item: select, read, extract, image or assemble.")
    unit: str = col("Kind of the item: version, article, sub_article, figure, graphic, paragraph or mention.")
    reason: str = col("Reason code; docs/rejects.md and the datasheet explain the codes.")
    pmcid: str = col("PMC id.", unit="PMC<digits>")
    article_id: str = col("Id of the article version, or the source's name for it.")
    figure_id: str | None = col("Id of the figure.", null="the reject belongs to no figure")
    detail: str = col("Short detail, at most 300 characters.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """One PMCID that must not be in a copy of this release."""

    pmcid: str = col("PMC id.", unit="PMC<digits>")
    article_id: str = col("Id of the article version that states the reason.")
    reason: str = col(
        "retracted or excluded (by `--exclude`); in an updated release also withdrawn (no longer in the source), "
        "relicensed or unavailable."
    )


REJECTS = Table("rejects", Reject, "One dropped item, and the reason.", "reject_id", grouped=False)
TOMBSTONES = Table("tombstones", Tombstone, "One PMCID that must be removed from copies.", "pmcid", grouped=False)
