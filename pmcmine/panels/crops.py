"""Crop panels into separate images, if box and label are reliable and the licence allows derivatives."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from PIL import Image

from pmcmine.ids import free_key
from pmcmine.images.check import CheckedImage, grey_or_rgb
from pmcmine.images.encode import as_jpeg
from pmcmine.text.bounds import CAPTION_COPY, shorten
from schemas import plain
from schemas.article import Article
from schemas.context import sample_context
from schemas.figure import Figure
from schemas.mention import Mention
from schemas.panel import Panel
from schemas.panel_sample import PANEL_ASSEMBLED, PanelSample
from schemas.sample import sample_mentions

_SURE: Final = 0.5  # of label and of box
_QUALITY: Final = 95  # of JPEG crops, without subsampling: a second generation that hardly shows
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Crop:
    """Bytes of a panel, JPEG where its file is one, else PNG."""

    data: bytes
    format: str

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes."""
        return sha256(self.data).hexdigest()


def crops(
    figure: Figure,
    panels: Sequence[Panel],
    image: CheckedImage,
    pieces: Mapping[str, CheckedImage],
    min_side: int,
) -> Iterator[tuple[Panel, Crop]]:
    """Crop the panels that may be cropped; a panel with its own file keeps the file's bytes.

    Args:
        figure: their figure.
        panels: its panels.
        image: its image.
        pieces: images of panels that have files of their own, by name.
        min_side: shortest side of a crop, in pixels.
    """
    if not figure.derivatives_ok:
        return
    whole: Image.Image | None = None
    for panel in panels:
        if panel.confidence < _SURE or (panel.box_confidence or 0) < _SURE:
            continue
        assert panel.x is not None and panel.y is not None and panel.width is not None and panel.height is not None
        if min(panel.width, panel.height) < min_side:
            continue
        if panel.media is not None:
            piece = pieces[panel.media]
            yield panel, Crop(piece.data, piece.format)
            continue
        if whole is None:
            whole = _open(image)
        part = whole.crop((panel.x, panel.y, panel.x + panel.width, panel.y + panel.height))
        yield panel, _encode(part, image.format)


def _open(image: CheckedImage) -> Image.Image:
    """Open an image as a viewer shows it; it was decoded before, so this can't fail."""
    with Image.open(io.BytesIO(image.data), formats=[image.format]) as opened:
        opened.load()
        return grey_or_rgb(opened)


def _encode(part: Image.Image, form: str) -> Crop:
    if form == "JPEG":
        return Crop(as_jpeg(part, _QUALITY, subsampling=0), form)
    out = io.BytesIO()
    part.save(out, "PNG", compress_level=6)
    return Crop(out.getvalue(), form)


def panel_keys(figure_key: str, labels: Sequence[str], taken: set[str]) -> list[str]:
    """Build WebDataset keys of a figure's panels; labels that become the same get their place appended.

    Args:
        figure_key: key of the figure.
        labels: labels of its panels.
        taken: keys of panels of the article's earlier figures, whose keys may begin with this figure's; the new
            keys are added.
    """
    keys: list[str] = []
    own: set[str] = set()
    for n, label in enumerate(labels):
        base = f"{figure_key}-{_UNSAFE.sub('_', label)[:12] or 'p'}"[:94]
        wanted = f"{base[:87]}-{n}" if base in own else base
        key = free_key(base, wanted, f"{figure_key}#{n}", taken)
        own |= {base, key}
        taken.add(key)
        keys.append(key)
    return keys


def panel_record(
    panel: Panel, crop: Crop, figure: Figure, article: Article, mentions: Sequence[Mention]
) -> dict[str, object]:
    """Build JSON member of a panel, without what the assembler adds."""
    named = [m for m in mentions if m.figure_id == figure.figure_id and panel.label in m.panel_labels]
    sample = PanelSample(
        panel_id=panel.panel_id,
        figure_id=figure.figure_id,
        article_id=figure.article_id,
        pmcid=figure.pmcid,
        pmid=article.pmid or "",
        doi=article.doi or "",
        label=panel.label,
        text=panel.text,
        shared_text=" ".join((figure.caption or "")[s.start : s.end].strip() for s in panel.shared).strip(),
        caption=shorten(figure.caption or "", CAPTION_COPY),
        caption_title=figure.caption_title or "",
        confidence=panel.confidence,
        x=panel.x or 0,
        y=panel.y or 0,
        width=panel.width or 0,
        height=panel.height or 0,
        box_confidence=panel.box_confidence or 0.0,
        kinds=panel.kinds,
        mentions=sample_mentions(named),
        context=sample_context(panel.context),
        article_title=article.title or "",
        journal=article.journal or "",
        year=article.year or 0,
        license=figure.license,
        license_group=figure.license_group,
        attribution=figure.attribution,
        source_url=article.source_url,
        media=panel.media or figure.media or "",
        format=crop.format,
        sha256=crop.sha256,
    )
    return {k: v for k, v in plain(sample).items() if k not in PANEL_ASSEMBLED}
