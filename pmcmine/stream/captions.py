"""Compose captions from the parts of a sample."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pmcmine.errors import PmcmineError
from pmcmine.release.nearest import choose
from pmcmine.stream.state import shown
from pmcmine.stream.tokens import counter, name_of
from pmcmine.text.enriched import enriched, parts_of
from pmcmine.text.tokens import Count, estimate

_CAPTIONS: Final = ("full", "title", "panels")
_ENRICHED: Final = "enriched"
_WRITTEN: Final = "written:"
_MOST_TOKENS: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Composer:
    """Compose the text of a sample and select columns of its JSON. A class, because workers receive it pickled.

    Attributes:
        text: full, title, panels or enriched.
        mentions: append the sentences that mention the figure.
        columns: keys to keep; all if None.
        tokens: maximum tokens of an enriched text; no limit if None.
        count: counts the tokens.
        tokenizer: name of the tokenizer used for counting.
        written: texts written by models, by figure; used if `text` is the name of a side table.
        scores: scores added to the JSON, by figure.
    """

    text: str
    mentions: bool
    columns: tuple[str, ...] | None
    tokens: int | None = None
    count: Count = estimate
    tokenizer: str = ""
    written: Any = None
    scores: Any = None

    @property
    def shown(self) -> str:
        """Identifier of the form of samples, for states."""
        shown = f"{self.text}/{self.mentions}/{self.columns}"
        shown += f"/{self.scores.names}" if self.scores is not None else ""
        return shown if self.text != _ENRICHED else f"{shown}/{self.tokens}/{self.tokenizer}"

    def __call__(self, sample: dict[str, Any]) -> dict[str, Any]:
        """Compose the text of a sample, and keep the chosen columns."""
        record = sample["json"]
        text = sample["txt"]
        if self.text == "title":
            text = record.get("caption_title") or text.split(". ")[0]
        elif self.text == "panels" and record.get("panels"):
            said = record["caption"]
            text = "; ".join(f"{p['label']}: {said[p['start'] : p['end']]}" for p in record["panels"])
        elif self.text == _ENRICHED:
            text = enriched_caption(record, self.tokens, self.count)
        elif self.written is not None:
            text = self.written.get(record["figure_id"]) or text
        if self.mentions:
            text = " ".join([text, *(m["sentence"] for m in record.get("mentions") or ())])
        sample["txt"] = text
        if self.columns is not None:
            sample["json"] = {k: record[k] for k in self.columns if k in record}
        if self.scores is not None:
            sample["json"] |= self.scores.of(record["figure_id"])
        return sample


def enriched_caption(record: Mapping[str, Any], tokens: int | None = None, count: Count = estimate) -> str:
    """Compose the enriched caption of a figure or panel.

    Args:
        record: JSON of a sample of `shards` or `shards-panels`, or a row of `figures` or `panels`.
        tokens: maximum tokens; no limit if None.
        count: counts them, from `counter`.

    Raises:
        PmcmineError: for a record without a context, as in releases of earlier versions.
    """
    if "context" not in record:
        raise PmcmineError(
            "this sample has no `context`: the release was made by an earlier version, which knows no enriched captions"
        )
    text = record["text"] if "panel_id" in record else record.get("caption")
    try:
        parts = parts_of(record["context"])
    except (TypeError, LookupError, AttributeError):
        raise PmcmineError("this sample has a damaged `context`; is the copy complete?") from None
    return enriched(text or "", parts, tokens, count)


def composer_for(
    caption: str, columns: Sequence[str] | None, tokens: int | None = None, tokenizer: Any = None
) -> Composer:
    """Check the choice of caption and columns; return a composer for it.

    Raises:
        PmcmineError: for an unknown caption, or invalid columns, tokens or tokenizer.
    """
    if not isinstance(caption, str):
        raise PmcmineError(f"caption={shown(caption)}: {choose(str(caption), (*_CAPTIONS, _ENRICHED))}")
    if caption.startswith(_WRITTEN):
        if tokens is not None or tokenizer is not None:
            raise PmcmineError(f"tokens and tokenizer are of caption='enriched', not of caption={caption!r}")
        return Composer(caption, False, _kept(columns))
    base, plus, more = caption.partition("+")
    base = {"": "full", "panel": "panels"}.get(base, base)
    known = base in _CAPTIONS or (base == _ENRICHED and not plus)
    if caption == "" or not known or (plus and more != "mentions"):
        choices = [*_CAPTIONS, *(f"{c}+mentions" for c in _CAPTIONS), _ENRICHED, f"{_WRITTEN}NAME"]
        raise PmcmineError(f"caption={caption!r}: {choose(caption, choices)}")
    kept = _kept(columns)
    if base != _ENRICHED:
        if tokens is not None or tokenizer is not None:
            raise PmcmineError(f"tokens and tokenizer are of caption='enriched', not of caption={caption!r}")
        return Composer(base, bool(plus), kept)
    if tokens is not None and (type(tokens) is not int or not 1 <= tokens <= _MOST_TOKENS):
        raise PmcmineError(f"tokens={tokens!r}: give a number from 1 to {_MOST_TOKENS:,}, or None for no limit")
    return Composer(base, False, kept, tokens, counter(tokenizer), name_of(tokenizer))


def _kept(columns: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the columns to keep; None for all.

    Raises:
        PmcmineError: if it is not a list of names.
    """
    if isinstance(columns, str) or not (columns is None or isinstance(columns, Collection)):
        raise PmcmineError(f"columns={shown(columns)}: give a list of names")
    return None if columns is None else tuple(columns)
