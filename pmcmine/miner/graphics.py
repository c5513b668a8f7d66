"""Choose the media file of each figure by its rights and graphics, before any image is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pmcmine.config import MineConfig
from pmcmine.jats import FigureDraft
from pmcmine.jats.sections import AUTHOR_PORTRAIT
from pmcmine.miner.media_index import MediaIndex, Resolved, choose_graphic
from pmcmine.rejects import Ledger, Reason, Rejected, Stage, Unit
from pmcmine.sources.base import Asset


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A kept figure.

    Attributes:
        draft: the figure from the XML.
        graphics: all of its graphics, with their files.
        pick: the graphic that represents it, None if it has none.
        reason: reason for having no sample, with a detail; None if its image is to be read.
        pieces: the files of a figure with several images, one per panel.
    """

    draft: FigureDraft
    graphics: tuple[Resolved, ...]
    pick: Resolved | None
    reason: tuple[Reason, str] | None
    pieces: tuple[Asset, ...] = ()

    @property
    def asset(self) -> Asset | None:
        """Return the file of the image to read."""
        return self.pick.asset if self.pick is not None and self.reason is None else None


def choose(
    drafts: Iterable[FigureDraft],
    index: MediaIndex,
    article_id: str,
    has_media: bool,
    config: MineConfig,
    ledger: Ledger,
) -> tuple[list[Choice], frozenset[str]]:
    """Choose the graphics of figures with sufficient rights; the others get a ledger row.

    Args:
        drafts: the article's figures.
        index: its media files.
        article_id: for the ledger.
        has_media: whether the source has media at all.
        config: configuration of the run.
        ledger: receives the rejects.

    Returns:
        choices; and the names of files that must not be read.
    """
    choices: list[Choice] = []
    withheld: set[str] = set()
    for draft in drafts:
        graphics = tuple(index.resolve(g) for g in draft.graphics)
        if draft.rights.group.value not in config.mined_groups:
            withheld |= _names(graphics)
            reason = Reason.THIRD_PARTY if draft.rights.third_party else Reason.FIGURE_LICENSE_NOT_SELECTED
            detail = "; ".join(draft.rights.matches) or draft.rights.license.value
            ledger.add(Stage.EXTRACT, Unit.FIGURE, reason, article_id, detail, draft.figure_id)
            continue
        pick = choose_graphic(graphics)
        why = _no_sample(draft, pick, has_media, config)
        if why is not None and why[0] in (Reason.WITHHELD, Reason.AUTHOR_PORTRAIT):
            withheld |= _names(graphics)
        elif why is not None and why[0] is Reason.NO_CAPTION and pick is not None:
            withheld |= _names([pick])
        pieces = _pieces(graphics) if why is None and config.panels else ()
        choices.append(Choice(draft=draft, graphics=graphics, pick=pick, reason=why, pieces=pieces))
    return choices, frozenset(withheld)


def _names(graphics: Iterable[Resolved]) -> set[str]:
    return {r.asset.name for r in graphics if r.asset is not None}


def _no_sample(
    draft: FigureDraft, pick: Resolved | None, has_media: bool, config: MineConfig
) -> tuple[Reason, str] | None:
    if draft.rights.group.value not in config.groups:
        return Reason.WITHHELD, draft.rights.license.value  # a pointer: its image is not even read
    if draft.kind == AUTHOR_PORTRAIT:
        return Reason.AUTHOR_PORTRAIT, draft.label or ""
    if config.require_caption and draft.caption is None:
        return Reason.NO_CAPTION, draft.label or ""
    if pick is None:
        return Reason.NO_GRAPHIC, ""
    if pick.asset is None:
        return Reason.MEDIA_MISSING if has_media else Reason.MEDIA_NOT_IN_SOURCE, pick.graphic.href or "no href"
    return None


def _pieces(graphics: Sequence[Resolved]) -> tuple[Asset, ...]:
    """List the files of a figure with one image per panel; empty for a figure with one image."""
    parts = [r.asset for r in graphics if r.graphic.role in ("primary", "panel")]
    found = tuple(a for a in parts if a is not None)
    names = {a.name for a in found}
    return found if len(found) == len(parts) == len(names) and len(parts) > 1 else ()


def unused_media(
    article_id: str,
    index: MediaIndex,
    choices: Iterable[Choice],
    done: frozenset[str],
    failed: Mapping[str, Rejected],
    ledger: Ledger,
) -> None:
    """Add a ledger row for each image file that became neither a sample nor a figure's reject.

    Args:
        article_id: for the ledger.
        index: the article's media files.
        choices: its figures.
        done: names of files that were used or withheld.
        failed: files that were read, but are not images.
        ledger: receives the rows.
    """
    extra = {
        r.asset.name: (c.draft.figure_id, r.graphic.role) for c in choices for r in c.graphics if r.asset is not None
    }
    for name in sorted(set(index.by_name) - done):
        if name in failed:
            ledger.add(Stage.IMAGE, Unit.GRAPHIC, failed[name].reason, article_id, failed[name].detail, extra[name][0])
        elif name in extra:
            figure_id, role = extra[name]
            ledger.add(Stage.IMAGE, Unit.GRAPHIC, Reason.EXTRA_GRAPHIC, article_id, f"{name} ({role})", figure_id)
        else:
            ledger.add(Stage.IMAGE, Unit.GRAPHIC, Reason.MEDIA_NOT_NAMED, article_id, name)
