"""The `panels` table: one row for each panel of a compound figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from schemas.context import ContextPart
from schemas.record import Table, col, extra, withheld
from schemas.values import GROUPS, IMAGE_KINDS, LICENSES, SPLITS


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionSpan:
    """A part of the figure's caption."""

    start: int = col("First code point in `caption` of the figure.", unit="code points", arrow=pa.int32())
    end: int = col("One past the last code point.", unit="code points", arrow=pa.int32())


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel: what the caption says of it, and where it is in the image."""

    panel_id: str = col("Id of the panel.", unit="<figure_id>#<label>")
    figure_id: str = col("Id of the figure that it is part of.")
    article_id: str = col("Id of the article version.", unit="PMC<digits>.<version>")
    pmcid: str = col("PMC id.", unit="PMC<digits>")
    label: str = col(
        "Label as written in the caption, such as A, b2 or top left; `graphic 1` for a file without a label."
    )
    ordinal: int = col("Position among the figure's panels in order of their labels, from 0.", arrow=pa.int32())
    spans: tuple[CaptionSpan, ...] = col("Parts of the caption that describe it; panels may share a part.")
    text: str = col("The parts in `spans`, joined by one space.", text=True)
    shared: tuple[CaptionSpan, ...] = col("Parts of the caption about all panels, or about some of which it is one.")
    confidence: float = col("Confidence in label and spans; not calibrated.", unit="0 to 1")
    media: str | None = col(
        "File with only this panel, if the figure has one file per panel.", null="part of the figure's image"
    )
    x: int | None = col("Left edge.", unit="px of the stored image", null="no reliable box", arrow=pa.int32())
    y: int | None = col("Top edge.", unit="px of the stored image", null="no reliable box", arrow=pa.int32())
    width: int | None = col("Width.", unit="px", null="no reliable box", arrow=pa.int32())
    height: int | None = col("Height.", unit="px", null="no reliable box", arrow=pa.int32())
    box_confidence: float | None = col("Confidence in the box; not calibrated.", unit="0 to 1", null="no reliable box")
    crop_sha256: str | None = col(
        "SHA-256 of the panel's bytes in `shards-panels`.",
        null="no crop: turned off, not allowed, or box or label not reliable",
        default=None,
    )
    kinds: tuple[str, ...] = col(
        "Kinds of image with a score of at least 0.5, most likely first; empty if there is none, or no box.",
        values=IMAGE_KINDS,
    )
    n_mentions: int = col("Number of mentions of this panel.", arrow=pa.int32())
    license: str = col("Licence of the figure.", values=LICENSES)
    license_group: str = col("Licence group: commercial, noncommercial or other.", values=GROUPS)
    derivatives_ok: bool = col("False if a crop may not be published.")
    context: tuple[ContextPart, ...] = col(
        "What the article says of the panel beside its text, in order of use, without repetition: introduction of the "
        "caption, abbreviations, sentences that mention panel or figure, shared parts of the caption, title of the "
        "section.",
        default=(),
        text=True,
    )
    split: str = col("train, validation or test.", default="", values=SPLITS)
    withheld: str | None = withheld()
    shard: str | None = col("Shard, relative to `shards-panels/`.", null="no crop, or left out of train", default=None)
    sample_offset: int | None = col(
        "Offset of the panel's first tar header.", unit="bytes", null="it is in no shard", default=None
    )
    sample_size: int | None = col(
        "Size of the panel's sample in the shard, headers and padding included.",
        unit="bytes",
        null="it is in no shard",
        default=None,
    )
    extra: Mapping[str, Any] = extra()


PANELS = Table("panels", Panel, "One panel of a compound figure.", "panel_id", row_group=5_000)
