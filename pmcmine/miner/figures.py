"""Build rows, panels, concepts and samples of an article's figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial

from pmcmine.concepts.article import LinkedText, article_linker
from pmcmine.config import MineConfig
from pmcmine.duplicates.benchmark_sets import Benchmarks
from pmcmine.duplicates.signatures import sign
from pmcmine.images.check import CheckedImage
from pmcmine.images.pyramid import BASE
from pmcmine.jats import Extraction
from pmcmine.miner.context import with_context
from pmcmine.miner.enrichers import enrich_figures, enrich_panels
from pmcmine.miner.exclusions import benchmarks, images_of_dropped, unwanted
from pmcmine.miner.graphics import Choice, choose, unused_media
from pmcmine.miner.media_index import MediaIndex
from pmcmine.miner.pictures import Media, read_media
from pmcmine.miner.result import Mined
from pmcmine.miner.samples import panel_samples, sample_of
from pmcmine.panels.mentions import letters_named
from pmcmine.panels.rows import panels_of, with_mentions
from pmcmine.rejects import Ledger, Reason, Rejected, Stage, Unit
from pmcmine.rights.figures import names_source
from pmcmine.sources.base import ArticleBundle
from pmcmine.text.bounds import ATTRIBUTION, SAME_IMAGE, SAME_IMAGE_BYTES, shorten
from schemas.article import Article
from schemas.concept import Concept
from schemas.figure import Figure, Graphic, PdfPlace
from schemas.mention import Mention
from schemas.panel import Panel


def mine_figures(
    extraction: Extraction,
    bundle: ArticleBundle,
    config: MineConfig,
    ledger: Ledger,
    mined: Mined,
    excluded: Collection[str] = (),
    case_paragraphs: Collection[str] = (),
) -> None:
    """Mine the figures of an article; add rows to `mined` and rejects to the ledger.

    Args:
        extraction: the content of the XML.
        bundle: the article's files.
        config: the configuration.
        ledger: receives the rejects.
        mined: receives the rows.
        excluded: ids of figures and tables that the exclusion list names.
        case_paragraphs: ids of paragraphs that are linked to concepts even if other paragraphs are not.
    """
    article = extraction.article
    index = MediaIndex.of(bundle.meta.assets)
    choices, withheld = choose(extraction.figures, index, article.article_id, bundle.meta.has_media, config, ledger)
    mined.concepts = _concepts(choices, extraction, config, case_paragraphs)
    media = read_media(choices, bundle, config, mined.counts)
    shown = _without_repeats([media.shown(c) for c in choices])
    images = [image for image, _ in shown]
    rows = [
        _row(choice, article, image, why[0] if why else None, media.place(choice))
        for choice, (image, why) in zip(choices, shown, strict=True)
    ]
    rows = enrich_figures(rows, [i.pyramid if i else None for i in images], config)
    sets = benchmarks(config)
    if sets is not None:
        rows = _in_benchmarks(rows, images, sets, mined)
    if config.panels:
        _panels(rows, images, choices, media, config, mined)
    rows, mined.panels = with_context(rows, mined.panels, mined.mentions, mined.paragraphs)
    parts = _Parts(mined)
    panel_keys: set[str] = set()
    unwanted_rows = _unwanted(rows, extraction, config, mined, excluded)
    for figure, (image, why) in zip(rows, shown, strict=True):
        dropped = unwanted_rows.get(figure.figure_id)
        if dropped is not None:
            ledger.add(Stage.EXTRACT, Unit.FIGURE, dropped[0], article.article_id, dropped[1], figure.figure_id)
            continue
        if figure.no_sample is not None:
            detail = why[1] if why else ""
            reason = Reason(figure.no_sample)
            ledger.add(Stage.IMAGE, Unit.FIGURE, reason, article.article_id, detail, figure.figure_id)
        mined.figures.append(figure)
        if image is not None:
            _stage(figure, article, image, media, config, mined, parts, panel_keys)
    if unwanted_rows:
        mined.concepts = [c for c in mined.concepts if c.context_id not in unwanted_rows]
        mined.panels = [p for p in mined.panels if p.figure_id not in unwanted_rows]
    if parts.crops:
        mined.panels = [replace(p, crop_sha256=parts.crops.get(p.panel_id, p.crop_sha256)) for p in mined.panels]
    if config.near_duplicates:
        sampled = {s.figure_id for s in mined.samples}
        seen = {f.figure_id: i.fingerprint for f, i in zip(rows, images, strict=True) if i and f.figure_id in sampled}
        mined.signatures = sign(article, mined.figures, seen, mined.paragraphs)
    used = media.used(choices)
    failed = {n: i for n, i in media.images.items() if isinstance(i, Rejected)}
    unused_media(article.article_id, index, choices, used | withheld, failed, ledger)
    mined.counts["media"] = len(index.by_name)
    mined.counts["media_read"] = len(used)
    mined.counts["media_withheld"] = len(withheld - used)


def _unwanted(
    figures: Sequence[Figure], extraction: Extraction, config: MineConfig, mined: Mined, excluded: Collection[str]
) -> dict[str, tuple[Reason, str]]:
    """Return reason and detail of the unwanted figures, by id."""
    of_dropped = images_of_dropped(extraction, mined.article_tables)
    found: dict[str, tuple[Reason, str]] = {}
    for figure in figures:
        why = unwanted(figure, config, excluded)
        if why is None and figure.figure_id in of_dropped:
            why = Reason.PRIVACY_FLAGGED, "the image of a dropped table"
        if why is not None:
            found[figure.figure_id] = why
    return found


def _concepts(
    choices: Sequence[Choice], extraction: Extraction, config: MineConfig, case_paragraphs: Collection[str]
) -> list[Concept]:
    """Return concepts of captions and cases, and of all paragraphs if requested; none without a vocabulary."""
    if config.vocab is None or config.vocab_sha256 is None:
        return []
    linker = article_linker(config.vocab, config.vocab_sha256, config.concept_min_score, config.concept_names)
    drafts = [c.draft for c in choices]
    texts = [LinkedText(d.figure_id, "figure_caption", d.caption) for d in drafts if d.caption]
    paragraphs = [LinkedText(p.paragraph_id, "paragraph", p.text) for p in extraction.paragraphs]
    read: list[str] = []
    for paragraph in paragraphs:
        if config.link_paragraphs or paragraph.context_id in case_paragraphs:
            texts.append(paragraph)
        else:
            read.append(paragraph.text)
    article = extraction.article
    return list(linker.rows(article.article_id, article.pmcid, texts, read))


def _in_benchmarks(
    figures: Sequence[Figure], images: Sequence[CheckedImage | None], sets: Benchmarks, mined: Mined
) -> list[Figure]:
    """Return figures with the benchmark sets that contain their image or caption."""
    captions = sets.texts([f.caption or "" for f in figures])
    out = []
    for figure, image, caption in zip(figures, images, captions, strict=True):
        picture = sets.images(image.fingerprint) if image is not None else ()
        mined.counts.update([f"benchmark/{name}/image" for name in picture])
        mined.counts.update([f"benchmark/{name}/caption" for name in caption])
        names = tuple(sorted({*picture, *caption}))
        out.append(replace(figure, benchmarks=names) if names else figure)
    return out


def _panels(
    figures: Sequence[Figure],
    images: Sequence[CheckedImage | None],
    choices: Sequence[Choice],
    media: Media,
    config: MineConfig,
    mined: Mined,
) -> None:
    """Return panels of all figures, and the panels that mentions name."""
    shown = [(f.figure_id, i) for f, i in zip(figures, images, strict=True) if i is not None]
    shown += [(name, image) for parts in media.pieces.values() for name, image in parts]
    pyramids = {name: image.pyramid for name, image in shown if image.pyramid is not None}
    found: list[Panel] = []
    written: dict[str, list[str | None]] = {}
    for m in mined.mentions:
        written.setdefault(m.figure_id, []).append(m.panels)
    for figure, choice in zip(figures, choices, strict=True):
        pieces = [(name, image.width, image.height) for name, image in media.pieces.get(figure.figure_id, ())]
        pyramid = pyramids.get(figure.figure_id)
        view, fine = (partial(pyramid.grey, BASE), pyramid.fine) if pyramid is not None else (None, None)
        named = letters_named(written.get(figure.figure_id, ()))
        found += panels_of(figure, view, choice.draft.caption_emphasis, pieces, fine, named)
    found = enrich_panels(found, {f.figure_id: f for f in figures}, pyramids, config)
    mined.panels, mined.mentions = with_mentions(found, mined.mentions)


class _Parts:
    """Parts of each figure, by its id, and the hashes of crops, by the id of their panel."""

    def __init__(self, mined: Mined) -> None:
        self.mentions: dict[str, list[Mention]] = {}
        self.concepts: dict[str, list[Concept]] = {}
        self.panels: dict[str, list[Panel]] = {}
        self.crops: dict[str, str] = {}
        for mention in mined.mentions:
            self.mentions.setdefault(mention.figure_id, []).append(mention)
        for concept in mined.concepts:
            self.concepts.setdefault(concept.context_id, []).append(concept)
        for panel in mined.panels:
            self.panels.setdefault(panel.figure_id, []).append(panel)


_Shown = tuple[CheckedImage | None, tuple[Reason, str] | None]


def _without_repeats(shown: Sequence[_Shown]) -> list[_Shown]:
    """Drop images of a file used by too many figures, because each copy would be stored again."""
    times: Counter[int] = Counter()
    size = 0
    out: list[_Shown] = []
    for image, why in shown:
        if image is not None:
            n = times[id(image)]
            again = len(image.data) if n else 0
            if n >= SAME_IMAGE or size + again > SAME_IMAGE_BYTES:
                out.append((None, (Reason.IMAGE_REPEATED, f"{n} figures show the same file")))
                continue
            times[id(image)] += 1
            size += again
        out.append((image, why))
    return out


def _stage(
    figure: Figure,
    article: Article,
    image: CheckedImage,
    media: Media,
    config: MineConfig,
    mined: Mined,
    parts: _Parts,
    panel_keys: set[str],
) -> None:
    """Stage a figure's sample, and those of its panels, and record their crops in `parts`."""
    mentions = parts.mentions.get(figure.figure_id, [])
    concepts = parts.concepts.get(figure.figure_id, [])
    panels = parts.panels.get(figure.figure_id, [])
    sample = sample_of(figure, article, mentions, image, concepts, panels, config)
    if config.panel_shards:
        pieces = dict(media.pieces.get(figure.figure_id, ()))
        cut = panel_samples(figure, article, panels, mentions, image, pieces, config, panel_keys)
        parts.crops.update((s.figure_id, s.sha256) for s in cut)
        sample = replace(sample, panels=tuple(cut))
    mined.samples.append(sample)


def _row(
    choice: Choice, article: Article, image: CheckedImage | None, reason: Reason | None, place: PdfPlace | None
) -> Figure:
    draft, pick = choice.draft, choice.pick
    rights = draft.rights
    attribution = article.attribution
    credited = names_source(draft.permissions)
    if rights.override or credited:
        own = draft.permissions if credited else f"licence of this figure: {rights.license.value}"
        attribution = shorten(f"{attribution}. Figure: {own}", ATTRIBUTION)
    return Figure(
        figure_id=draft.figure_id,
        article_id=article.article_id,
        pmcid=article.pmcid,
        version=article.version,
        key=draft.key,
        ordinal=draft.ordinal,
        xml_id=draft.xml_id,
        kind=draft.kind,
        parent_figure_id=draft.parent_figure_id,
        label=draft.label,
        caption_title=draft.caption_title,
        caption_paragraphs=draft.caption_paragraphs,
        caption=draft.caption,
        alt_text=draft.alt_text,
        long_description=draft.long_description,
        section_path=draft.section_path,
        section_kind=draft.section_kind,
        graphics=_graphics(choice),
        media=pick.asset.name if pick and pick.asset else None,
        media_rule=pick.rule if pick and pick.asset else None,
        license=rights.license.value,
        license_group=rights.group.value,
        license_override=rights.override,
        derivatives_ok=rights.derivatives_ok,
        permissions=draft.permissions or None,
        third_party=rights.third_party,
        third_party_matches=rights.matches,
        adapted=rights.adapted,
        attribution=attribution,
        article_type=article.article_type,
        journal=article.journal,
        year=article.year,
        n_mentions=draft.n_mentions,
        width=image.width if image else None,
        height=image.height if image else None,
        format=image.format if image else None,
        source_format=image.source_format if image else None,
        mode=image.mode if image else None,
        frames=image.frames if image else None,
        orientation=image.orientation if image else None,
        image_bytes=len(image.data) if image else None,
        sha256=image.sha256 if image else None,
        pdf=place if image else None,
        phash=image.phash if image else None,
        no_sample=reason.value if reason else None,
    )


def _graphics(choice: Choice) -> tuple[Graphic, ...]:
    """Return the graphics of a figure, best first."""
    return tuple(
        Graphic(
            rank=rank,
            role=r.graphic.role,
            href=r.graphic.href,
            media=r.asset.name if r.asset else None,
            rule=r.rule,
            caption=r.graphic.caption,
            alt_text=r.graphic.alt_text,
        )
        for rank, r in enumerate(choice.graphics)
    )
