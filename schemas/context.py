"""Context of a caption: what else its article says of a figure or panel, in order of use."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from schemas.record import col
from schemas.values import CONTEXT_KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextPart:
    """A part of the context of a caption."""

    kind: str = col(
        "introduction (what the caption says before its panels), abbreviation (that the caption or panel uses), "
        "sentence (that mentions the figure or panel), shared (what else the caption says of all panels) or section "
        "(its title).",
        values=CONTEXT_KINDS,
    )
    text: str | None = col("The exact words; of an abbreviation, its long form.", null="the row is a pointer")
    short: str | None = col("The abbreviation.", null="another kind, or the row is a pointer")
    source_id: str = col("Figure whose caption, or paragraph whose text, holds the words.")
    start: int | None = col(
        "First code point there.", unit="code points", null="it is a title of a section", arrow=pa.int32()
    )
    end: int | None = col(
        "One past the last code point.", unit="code points", null="it is a title of a section", arrow=pa.int32()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleContext:
    """A part of the context of a caption."""

    kind: str = col("introduction, abbreviation, sentence, shared or section.", values=CONTEXT_KINDS)
    text: str = col("The exact words; of an abbreviation, its long form.")
    short: str = col("The abbreviation; empty for other kinds.")


def sample_context(parts: tuple[ContextPart, ...]) -> tuple[SampleContext, ...]:
    """Return a context in the form that samples of figures and panels hold."""
    return tuple(SampleContext(kind=p.kind, text=p.text or "", short=p.short or "") for p in parts)
