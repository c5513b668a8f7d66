"""Build the samples of a figure and its panels, before their location in a shard is known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256

from pmcmine.config import MineConfig
from pmcmine.images.check import CheckedImage
from pmcmine.miner.enrichers import in_sample
from pmcmine.miner.result import StagedSample
from pmcmine.panels.crops import crops, panel_keys, panel_record
from schemas import plain
from schemas.article import Article
from schemas.concept import Concept
from schemas.context import sample_context
from schemas.figure import Figure
from schemas.mention import Mention
from schemas.panel import Panel
from schemas.sample import ASSEMBLED, Sample, SampleConcept, SamplePanel, sample_mentions


def sample_of(
    figure: Figure,
    article: Article,
    mentions: Sequence[Mention],
    image: CheckedImage,
    concepts: Sequence[Concept],
    panels: Sequence[Panel],
    config: MineConfig,
) -> StagedSample:
    """Build the sample of a figure with an image."""
    sample = Sample(
        figure_id=figure.figure_id,
        article_id=figure.article_id,
        pmcid=figure.pmcid,
        pmid=article.pmid or "",
        doi=article.doi or "",
        kind=figure.kind,
        label=figure.label or "",
        caption_title=figure.caption_title or "",
        caption=figure.caption or "",
        alt_text=figure.alt_text or "",
        section_path=figure.section_path,
        section_kind=figure.section_kind,
        mentions=sample_mentions(mentions),
        concepts=tuple(map(_sample_concept, concepts)),
        panels=tuple(_sample_panel(p) for p in panels if p.media is None),
        context=sample_context(figure.context),
        article_title=article.title or "",
        article_type=article.article_type or "",
        journal=article.journal or "",
        year=article.year or 0,
        language=article.language or "",
        keywords=article.keywords,
        license=figure.license,
        license_group=figure.license_group,
        derivatives_ok=figure.derivatives_ok,
        attribution=figure.attribution,
        source_url=article.source_url,
        media=figure.media or "",
        format=image.format,
        width=image.width,
        height=image.height,
        orientation=image.orientation or 0,
        sha256=image.sha256,
        phash=image.phash,
        image_kinds=figure.image_kinds,
        caption_language=figure.caption_language or "",
        caption_quality=figure.caption_quality or 0.0,
        privacy=tuple(sorted({f.kind for f in figure.privacy})),
        benchmarks=figure.benchmarks,
    )
    values = {k: v for k, v in plain(sample).items() if k not in ASSEMBLED} | in_sample(figure, config)
    return StagedSample(
        figure_id=figure.figure_id,
        key=figure.key,
        group=figure.license_group,
        image=image.data,
        sha256=sha256(image.data).hexdigest() if image.format != image.source_format else image.sha256,
        text=(figure.caption or "").encode(),
        json=_json(values),
    )


def _sample_concept(c: Concept) -> SampleConcept:
    return SampleConcept(
        cui=c.cui or "",
        source_id=c.source_id,
        name=c.name or "",
        text=c.text,
        start=c.start,
        end=c.end,
        semantic_types=c.semantic_types,
        score=c.score,
        how=c.how,
        negated=c.negated,
        uncertain=c.uncertain,
    )


def _sample_panel(p: Panel) -> SamplePanel:
    return SamplePanel(
        label=p.label,
        start=p.spans[0].start if p.spans else 0,
        end=p.spans[-1].end if p.spans else 0,
        confidence=p.confidence,
        x=p.x or 0,
        y=p.y or 0,
        width=p.width or 0,
        height=p.height or 0,
    )


def panel_samples(
    figure: Figure,
    article: Article,
    panels: Sequence[Panel],
    mentions: Sequence[Mention],
    image: CheckedImage,
    pieces: Mapping[str, CheckedImage],
    config: MineConfig,
    taken: set[str],
) -> list[StagedSample]:
    """Build samples of the panels that can be cropped from a figure's image, or that have their own files.

    Their `figure_id` is the panel's id. `taken` are keys of panels of the article's earlier figures.
    """
    labels = [p.label for p in panels]
    keys = dict(zip([p.panel_id for p in panels], panel_keys(figure.key, labels, taken), strict=True))
    return [
        StagedSample(
            figure_id=panel.panel_id,
            key=keys[panel.panel_id],
            group=figure.license_group,
            image=crop.data,
            sha256=crop.sha256,
            text=panel.text.encode(),
            json=_json(panel_record(panel, crop, figure, article, mentions) | in_sample(panel, config)),
        )
        for panel, crop in crops(figure, panels, image, pieces, config.min_image_side)
    ]


def _json(record: object) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
