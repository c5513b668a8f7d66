"""Captions composed of the parts of a sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pmcmine.errors import PmcmineError
from pmcmine.release.conditions import choose

_CAPTIONS: Final = ("full", "title", "panels")


@dataclass(frozen=True, slots=True)
class Composer:
    """Composes the text of a sample and cuts its JSON to columns. A class, because workers get it pickled.

    Attributes:
        text: full, title or panels.
        mentions: append the sentences that name the figure.
        columns: keys to keep; all if None.
    """

    text: str
    mentions: bool
    columns: tuple[str, ...] | None

    def __call__(self, sample: dict[str, Any]) -> dict[str, Any]:
        """Compose the text of a sample, and keep the columns that are chosen."""
        record = sample["json"]
        text = sample["txt"]
        if self.text == "title":
            text = record.get("caption_title") or text.split(". ")[0]
        elif self.text == "panels" and record.get("panels"):
            said = record["caption"]
            text = "; ".join(f"{p['label']}: {said[p['start'] : p['end']]}" for p in record["panels"])
        if self.mentions:
            text = " ".join([text, *(m["sentence"] for m in record.get("mentions") or ())])
        sample["txt"] = text
        if self.columns is not None:
            sample["json"] = {k: record[k] for k in self.columns if k in record}
        return sample


def composer_for(caption: str, columns: Sequence[str] | None) -> Composer:
    """Check the choice of caption and columns; return what composes samples by it.

    Raises:
        PmcmineError: for a caption that is none, or columns that are no list.
    """
    base, plus, more = caption.partition("+")
    base = {"": "full", "panel": "panels"}.get(base, base)
    if caption == "" or base not in _CAPTIONS or (plus and more != "mentions"):
        choices = [*_CAPTIONS, *(f"{c}+mentions" for c in _CAPTIONS)]
        raise PmcmineError(f"caption={caption!r}: {choose(caption, choices)}")
    if isinstance(columns, str):
        raise PmcmineError(f"columns={columns!r}: give a list of names")
    return Composer(base, bool(plus), None if columns is None else tuple(columns))
