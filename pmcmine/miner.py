"""One PMCID from its versions to its rows and images. All that a worker does to an article is here."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from pmcmine.bundle import ArticleBundle, Asset, Entry, Reader, VersionMeta
from pmcmine.concepts.article import LinkedText, article_linker
from pmcmine.config import MineConfig
from pmcmine.duplicates.decontaminate import DROP, Benchmarks, open_benchmarks
from pmcmine.duplicates.pictures import NEAR, likeness
from pmcmine.duplicates.signatures import Signature, sign
from pmcmine.enrichers import VIEW_SIDE, enrich_figures, enrich_panels, enrich_paragraphs, wants_views
from pmcmine.ids import article_id
from pmcmine.images import CheckedImage, check_image
from pmcmine.jats import ArticleMeta, Extraction, FigureDraft, extract_article
from pmcmine.media import MediaIndex, Resolved, choose_graphic
from pmcmine.panels.crops import crops, panel_keys, panel_record
from pmcmine.panels.rows import panels_of, with_mentions
from pmcmine.pdf.convert import PdfPicture, read_pdf
from pmcmine.pointers import withhold
from pmcmine.rejects import Ledger, Reason, Rejected, Stage, Unit
from pmcmine.rights import names_source
from pmcmine.select import choose_version
from schemas import plain
from schemas.article import Article
from schemas.concept import Concept
from schemas.figure import Figure, FigureFlag, Graphic, PdfPlace
from schemas.ledger import Reject, Tombstone
from schemas.mention import Mention
from schemas.panel import Panel
from schemas.paragraph import Paragraph, TextFlag
from schemas.sample import ASSEMBLED, Sample, SampleConcept, SamplePanel, sample_mentions
from schemas.table_wrap import TableWrap

log = logging.getLogger(__name__)
_PRIVACY_SCORE = 0.5  # from which a flag drops what it is set on
_MORE_PIXELS = 1.1  # times the pixels of the media file, from which a PDF's picture is taken
Place = tuple[int, tuple[float, float, float, float]]  # page and box of a PDF


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedSample:
    """A sample before its place in a shard is known.

    `json` is an object without the keys of `schemas.sample.ASSEMBLED`, which the assembler adds. `panels` are samples
    of `shards-panels`, whose `figure_id` is the panel's.
    """

    figure_id: str
    key: str
    group: str
    image: bytes
    sha256: str
    text: bytes
    json: bytes
    panels: tuple[StagedSample, ...] = ()


@dataclass
class Mined:
    """All that came of one PMCID. `counts` holds `<what>` numbers for the sums; see `pmcmine.sums`."""

    pmcid: str
    article: Article | None = None
    figures: list[Figure] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)
    mentions: Sequence[Mention] = ()
    paragraphs: Sequence[Paragraph] = ()
    table_wraps: Sequence[TableWrap] = ()
    concepts: list[Concept] = field(default_factory=list)
    rejects: Sequence[Reject] = ()
    tombstone: Tombstone | None = None
    samples: list[StagedSample] = field(default_factory=list)
    signatures: list[Signature] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def mine_pmcid(entries: Sequence[Entry], reader: Reader, config: MineConfig) -> Mined:
    """Mine one PMCID; whatever is wrong with it becomes rows of the ledger, never an exception.

    Only storage errors of the release itself, and the end of the process, get out of here.
    """
    pmcid = entries[0].pmcid
    ledger = Ledger(pmcid)
    mined = Mined(pmcid)
    mined.counts["versions"] = len(entries)
    try:
        _mine(entries, reader, config, ledger, mined)
    except Exception as error:
        log.exception("%s: defect", pmcid)
        last = entries[-1]
        ledger = Ledger(pmcid)
        mined = Mined(pmcid)
        mined.counts["versions"] = len(entries)
        for entry in entries[:-1]:
            ledger.add(
                Stage.SELECT,
                Unit.VERSION,
                Reason.INTERNAL_ERROR,
                article_id(pmcid, entry.version),
                "see the last version",
            )
        mined.counts["selected"] = 1
        ledger.add(
            Stage.EXTRACT,
            Unit.ARTICLE,
            Reason.INTERNAL_ERROR,
            article_id(pmcid, last.version),
            f"{type(error).__name__}: {error}",
        )
    mined.rejects = tuple(ledger.rows)
    return mined


def _mine(entries: Sequence[Entry], reader: Reader, config: MineConfig, ledger: Ledger, mined: Mined) -> None:
    versions = _metadata(entries, reader, ledger)
    chosen = choose_version(versions, config, ledger) if versions else None
    if any(v.is_retracted for v in versions):
        retracted = next(v for v in versions if v.is_retracted)
        mined.tombstone = _tombstone(retracted.pmcid, retracted.version)
    if chosen is None:
        return
    mined.counts["selected"] = 1
    bundle = reader.bundle(chosen)
    meta = ArticleMeta(
        pmcid=chosen.pmcid,
        version=chosen.version,
        versions_seen=tuple(sorted(e.version for e in entries)),
        pmid=chosen.pmid,
        doi=chosen.doi,
        license_code=chosen.license_code,
        is_manuscript=chosen.is_manuscript,
    )
    stage = Stage.READ
    parts = Ledger(meta.pmcid)
    try:
        xml = bundle.read_xml(config.max_xml_bytes)
        mined.counts["xml_bytes"] = len(xml)
        stage = Stage.EXTRACT
        extraction = extract_article(xml, meta, parts, config.max_xml_bytes)
        if extraction.front.retracted:
            mined.tombstone = _tombstone(meta.pmcid, meta.version)
            raise Rejected(Reason.RETRACTED, "a link or the article type in the XML says so")
        if extraction.article.license_group not in config.mined_groups:
            raise Rejected(Reason.LICENSE_NOT_SELECTED, extraction.article.license)
    except Rejected as error:
        ledger.add(stage, Unit.ARTICLE, error.reason, meta.article_id, error.detail)
        return
    for row in parts.rows:
        ledger.add(Stage(row.stage), Unit(row.unit), Reason(row.reason), row.article_id, row.detail, row.figure_id)
    mined.article = extraction.article
    mined.mentions = extraction.mentions
    mined.paragraphs = enrich_paragraphs(extraction.paragraphs, config)
    benchmarks = _benchmarks(config)
    if benchmarks is not None:
        named = benchmarks.texts([p.text for p in mined.paragraphs])
        mined.paragraphs = [replace(p, benchmarks=n) if n else p for p, n in zip(mined.paragraphs, named, strict=True)]
        mined.counts.update(f"benchmark/{name}/paragraph" for names in named for name in names)
    _drop_paragraphs(mined, meta.article_id, config, ledger)
    mined.table_wraps = extraction.table_wraps
    mined.counts.update({f"found_{k}": v for k, v in extraction.found.items()})
    _figures(extraction, bundle, config, ledger, mined)


def _benchmarks(config: MineConfig) -> Benchmarks | None:
    if config.decontaminate_sha256 is None:
        return None
    return open_benchmarks(config.out, config.decontaminate_sha256)


def _unwanted(row: Paragraph | Figure, config: MineConfig) -> tuple[Reason, str] | None:
    """Why a paragraph or figure is dropped, and what of it may be told; None where it is not."""
    if config.drop_privacy_flagged and _flagged(row.privacy):
        return Reason.PRIVACY_FLAGGED, _kinds(row.privacy)
    if config.decontaminate_action == DROP and row.benchmarks:
        return Reason.IN_BENCHMARK, ", ".join(row.benchmarks)
    return None


def _drop_paragraphs(mined: Mined, aid: str, config: MineConfig, ledger: Ledger) -> None:
    """Reject unwanted paragraphs, and the mentions whose sentences stand in them."""
    dropped: dict[str, Reason] = {}
    for paragraph in mined.paragraphs:
        unwanted = _unwanted(paragraph, config)
        if unwanted is not None:
            ledger.add(Stage.EXTRACT, Unit.PARAGRAPH, unwanted[0], aid, unwanted[1])
            dropped[paragraph.paragraph_id] = unwanted[0]
    if not dropped:
        return
    for mention in mined.mentions:
        reason = dropped.get(mention.context_id)
        if reason is not None:
            ledger.add(Stage.EXTRACT, Unit.MENTION, reason, aid, "in a dropped paragraph", mention.figure_id)
    mined.mentions = [m for m in mined.mentions if m.context_id not in dropped]
    mined.paragraphs = [p for p in mined.paragraphs if p.paragraph_id not in dropped]


def _flagged(flags: Sequence[TextFlag | FigureFlag]) -> bool:
    return any(f.score >= _PRIVACY_SCORE for f in flags)


def _kinds(flags: Sequence[TextFlag | FigureFlag]) -> str:
    """The kinds alone: what is flagged has no place in a ledger."""
    return ", ".join(sorted({f.kind for f in flags if f.score >= _PRIVACY_SCORE}))


def _tombstone(pmcid: str, version: int) -> Tombstone:
    return Tombstone(pmcid=pmcid, article_id=article_id(pmcid, version), reason="retracted")


def _metadata(entries: Sequence[Entry], reader: Reader, ledger: Ledger) -> list[VersionMeta]:
    """Metadata of all versions; none if that of one can't be read, for it might say retracted."""
    versions, failed = [], False
    for entry in entries:
        try:
            versions.append(reader.metadata(entry))
        except Rejected as error:
            failed |= error.reason != Reason.METADATA_MISSING
            ledger.add(Stage.SELECT, Unit.VERSION, error.reason, article_id(entry.pmcid, entry.version), error.detail)
    if failed:
        for v in versions:
            ledger.add(
                Stage.SELECT,
                Unit.VERSION,
                Reason.METADATA_INVALID,
                article_id(v.pmcid, v.version),
                "the metadata of another version can't be read, and might mark a retraction",
            )
        return []
    return versions


def _figures(extraction: Extraction, bundle: ArticleBundle, config: MineConfig, ledger: Ledger, mined: Mined) -> None:
    meta = bundle.meta
    index = MediaIndex.of(meta.assets)
    aid = extraction.article.article_id
    resolved: dict[str, list[Resolved]] = {}
    chosen: dict[str, Resolved] = {}
    wanted: dict[str, Asset] = {}
    withheld: set[str] = set()
    kept: list[FigureDraft] = []
    reasons: dict[str, tuple[Reason, str]] = {}
    pieces: dict[str, list[Asset]] = {}
    for draft in extraction.figures:
        graphics = [index.resolve(g) for g in draft.graphics]
        choice = choose_graphic(graphics)
        if draft.rights.group.value not in config.mined_groups:
            named = {r.asset.name for r in graphics if r.asset is not None}
            withheld |= named
            reason = Reason.THIRD_PARTY if draft.rights.third_party else Reason.FIGURE_LICENSE_NOT_SELECTED
            detail = "; ".join(draft.rights.matches) or draft.rights.license.value
            ledger.add(Stage.EXTRACT, Unit.FIGURE, reason, aid, detail, draft.figure_id)
            continue
        kept.append(draft)
        resolved[draft.figure_id] = graphics
        if choice is not None:
            chosen[draft.figure_id] = choice
        if draft.rights.group.value not in config.groups:
            # A pointer: its image is not even read.
            withheld |= {r.asset.name for r in graphics if r.asset is not None}
            reasons[draft.figure_id] = (Reason.WITHHELD, draft.rights.license.value)
        elif config.require_caption and draft.caption is None:
            reasons[draft.figure_id] = (Reason.NO_CAPTION, draft.label or "")
            if choice is not None and choice.asset is not None:
                withheld.add(choice.asset.name)
        elif choice is None:
            reasons[draft.figure_id] = (Reason.NO_GRAPHIC, "")
        elif choice.asset is None:
            none = Reason.MEDIA_MISSING if meta.has_media else Reason.MEDIA_NOT_IN_SOURCE
            reasons[draft.figure_id] = (none, choice.graphic.href or "no href")
        else:
            wanted[choice.asset.name] = choice.asset
            if config.panels:
                pieces[draft.figure_id] = _pieces(graphics)
    mined.concepts = _concepts(kept, extraction, config)
    of_figure: dict[str, list[Concept]] = {}
    for concept in mined.concepts:
        of_figure.setdefault(concept.context_id, []).append(concept)
    parts = {asset.name: asset for assets in pieces.values() for asset in assets}
    images = _images(bundle, list((wanted | parts).values()), config, mined)
    whole = {f: assets for f, assets in pieces.items() if not any(isinstance(images[a.name], Rejected) for a in assets)}
    used = {*wanted, *(a.name for f, assets in whole.items() for a in assets)}
    places = {name: asset.place for name, asset in wanted.items() if asset.place is not None}
    if config.pdf_figures and images:
        places |= _from_pdf(images, bundle, config, mined)
    rows: list[Figure] = []
    shown: list[CheckedImage | None] = []
    said: list[str] = []
    for draft in kept:
        pick = chosen.get(draft.figure_id)
        image: CheckedImage | None = None
        reason_of = reasons.get(draft.figure_id)
        if reason_of is None and pick is not None and pick.asset is not None:
            result = images[pick.asset.name]
            if isinstance(result, Rejected):
                reason_of = (result.reason, result.detail or pick.asset.name)
            else:
                image = result
        rows.append(
            _figure_row(
                draft,
                extraction,
                resolved[draft.figure_id],
                pick,
                image,
                reason_of[0] if reason_of else None,
                places.get(pick.asset.name) if pick and pick.asset else None,
            )
        )
        shown.append(image)
        said.append(reason_of[1] if reason_of else "")
    rows = enrich_figures(rows, [i.view if i else None for i in shown], config)
    benchmarks = _benchmarks(config)
    if benchmarks is not None:
        rows = _in_benchmarks(rows, shown, benchmarks, mined)
    if config.panels:
        own = {f: [(a.name, _checked(images, a.name)) for a in assets] for f, assets in whole.items()}
        emphasis = {d.figure_id: d.caption_emphasis for d in kept}
        _panels(rows, shown, emphasis, own, config, mined)
    of_panels: dict[str, list[Panel]] = {}
    for panel in mined.panels:
        of_panels.setdefault(panel.figure_id, []).append(panel)
    for figure, image, detail in zip(rows, shown, said, strict=True):
        unwanted = _unwanted(figure, config)
        if unwanted is not None:
            ledger.add(Stage.EXTRACT, Unit.FIGURE, unwanted[0], aid, unwanted[1], figure.figure_id)
            dropped = figure.figure_id
            mined.concepts = [c for c in mined.concepts if c.context_id != dropped]
            mined.panels = [p for p in mined.panels if p.figure_id != dropped]
            continue
        if figure.no_sample is not None:
            ledger.add(Stage.IMAGE, Unit.FIGURE, Reason(figure.no_sample), aid, detail, figure.figure_id)
        mined.figures.append(figure)
        if image is not None:
            mentions = [m for m in mined.mentions if m.figure_id == figure.figure_id]
            concepts = of_figure.get(figure.figure_id, ())
            panels = of_panels.get(figure.figure_id, ())
            sample = _sample(figure, extraction, mentions, image, concepts, panels)
            if config.panel_shards:
                files = {n: i for n, i in images.items() if isinstance(i, CheckedImage)}
                sample = _with_panels(sample, figure, extraction, panels, image, files, config, mined)
            mined.samples.append(sample)
    if config.near_duplicates:
        sampled = {s.figure_id for s in mined.samples}
        seen = {f.figure_id: i.fingerprint for f, i in zip(rows, shown, strict=True) if i and f.figure_id in sampled}
        mined.signatures = sign(extraction.article, mined.figures, seen, mined.paragraphs)
    if config.pointers:
        _withhold(extraction.article.license_group, config, mined)
    failed = {n: i for n, i in images.items() if n not in used and isinstance(i, Rejected)}
    _unused_media(aid, index, resolved, used, withheld, failed, ledger)
    mined.counts["media"] = len(index.by_name)
    mined.counts["media_read"] = len(used)
    mined.counts["media_withheld"] = len(withheld - used)


def _withhold(group: str, config: MineConfig, mined: Mined) -> None:
    """Turn rows of groups that are not published into pointers."""
    published = {f.figure_id: f.license_group in config.groups for f in mined.figures}
    whole = group in config.groups

    def row(value: Any, kept: bool) -> Any:
        return value if kept else withhold(value)

    mined.figures = [row(f, published[f.figure_id]) for f in mined.figures]
    mined.panels = [row(p, published.get(p.figure_id, whole)) for p in mined.panels]
    mined.concepts = [row(c, published.get(c.context_id, whole)) for c in mined.concepts]
    mined.mentions = [row(m, published.get(m.context_id, whole)) for m in mined.mentions]
    mined.paragraphs = [row(p, whole) for p in mined.paragraphs]
    mined.table_wraps = [row(t, whole) for t in mined.table_wraps]
    mined.article = row(mined.article, whole)


def _in_benchmarks(
    figures: Sequence[Figure], images: Sequence[CheckedImage | None], benchmarks: Benchmarks, mined: Mined
) -> list[Figure]:
    """Figures with the benchmark sets that hold their image or caption."""
    captions = benchmarks.texts([f.caption or "" for f in figures])
    out = []
    for figure, image, caption in zip(figures, images, captions, strict=True):
        picture = benchmarks.images(image.fingerprint) if image is not None else ()
        mined.counts.update([f"benchmark/{name}/image" for name in picture])
        mined.counts.update([f"benchmark/{name}/caption" for name in caption])
        names = tuple(sorted({*picture, *caption}))
        out.append(replace(figure, benchmarks=names) if names else figure)
    return out


def _panels(
    figures: Sequence[Figure],
    images: Sequence[CheckedImage | None],
    emphasis: Mapping[str, Sequence[tuple[int, int]]],
    pieces: Mapping[str, Sequence[tuple[str, CheckedImage]]],
    config: MineConfig,
    mined: Mined,
) -> None:
    """Panels of all figures, and which of them the mentions name."""
    views = {f.figure_id: i.view for f, i in zip(figures, images, strict=True) if i is not None}
    views |= {name: image.view for parts in pieces.values() for name, image in parts}
    found = [
        p
        for f in figures
        for p in panels_of(
            f,
            views.get(f.figure_id),
            emphasis[f.figure_id],
            [(name, image.width, image.height) for name, image in pieces.get(f.figure_id, ())],
        )
    ]
    found = enrich_panels(found, {f.figure_id: f for f in figures}, views, config)
    mined.panels, mined.mentions = with_mentions(found, mined.mentions)


def _pieces(graphics: Sequence[Resolved]) -> list[Asset]:
    """The files of a figure that is several pictures, one a panel; none of a figure that is one."""
    parts = [r.asset for r in graphics if r.graphic.role in ("primary", "panel")]
    found = [a for a in parts if a is not None]
    names = {a.name for a in found}
    return found if len(found) == len(parts) == len(names) and len(parts) > 1 else []


def _checked(images: Mapping[str, CheckedImage | Rejected], name: str) -> CheckedImage:
    image = images[name]
    assert not isinstance(image, Rejected)
    return image


def _with_panels(
    sample: StagedSample,
    figure: Figure,
    extraction: Extraction,
    panels: Sequence[Panel],
    image: CheckedImage,
    pieces: Mapping[str, CheckedImage],
    config: MineConfig,
    mined: Mined,
) -> StagedSample:
    """The sample with those of its panels, whose rows learn the hash of their crop."""
    keys = dict(zip([p.panel_id for p in panels], panel_keys(figure.key, [p.label for p in panels]), strict=True))
    staged, hashes = [], {}
    for panel, crop in crops(figure, panels, image, pieces, config.min_image_side):
        record = panel_record(panel, crop, figure, extraction.article, mined.mentions)
        hashes[panel.panel_id] = crop.sha256
        staged.append(
            StagedSample(
                figure_id=panel.panel_id,
                key=keys[panel.panel_id],
                group=figure.license_group,
                image=crop.data,
                sha256=crop.sha256,
                text=panel.text.encode(),
                json=json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode(),
            )
        )
    mined.panels = [replace(p, crop_sha256=hashes[p.panel_id]) if p.panel_id in hashes else p for p in mined.panels]
    return replace(sample, panels=tuple(staged))


def _concepts(kept: Sequence[FigureDraft], extraction: Extraction, config: MineConfig) -> list[Concept]:
    """Concepts of the captions, and of the paragraphs where that is wanted; none without a vocabulary."""
    if config.vocab is None or config.vocab_sha256 is None:
        return []
    linker = article_linker(config.vocab, config.vocab_sha256, config.concept_min_score, config.concept_names)
    texts = [LinkedText(d.figure_id, "figure_caption", d.caption) for d in kept if d.caption]
    paragraphs = [LinkedText(p.paragraph_id, "paragraph", p.text) for p in extraction.paragraphs]
    read = [p.text for p in paragraphs]
    if config.link_paragraphs:
        texts, read = texts + paragraphs, []
    article = extraction.article
    return list(linker.rows(article.article_id, article.pmcid, texts, read))


def _images(
    bundle: ArticleBundle, assets: Sequence[Asset], config: MineConfig, mined: Mined
) -> dict[str, CheckedImage | Rejected]:
    """Each media file read once, checked, or the reason why it is no image."""
    images: dict[str, CheckedImage | Rejected] = {}
    if not assets:
        return images
    for asset, data in bundle.read_assets(assets, config.max_image_bytes):
        if isinstance(data, Rejected):
            images[asset.name] = data
            continue
        mined.counts["media_bytes"] += len(data)
        try:
            images[asset.name] = _check(data, config)
        except Rejected as error:
            images[asset.name] = Rejected(error.reason, f"{asset.name}: {error.detail}")
    return images


def _check(data: bytes, config: MineConfig) -> CheckedImage:
    return check_image(
        data,
        max_pixels=config.max_image_pixels,
        min_side=config.min_image_side,
        view_side=VIEW_SIDE if wants_views(config) else 0,
        fingerprints=config.near_duplicates or config.pdf_figures or config.decontaminate_sha256 is not None,
    )


def _from_pdf(
    images: dict[str, CheckedImage | Rejected], bundle: ArticleBundle, config: MineConfig, mined: Mined
) -> dict[str, Place]:
    """Put the PDF's picture in the place of a media file's where both show the same and it has more pixels.

    A PDF that can't be read changes nothing, but for a count.
    """
    from pmcmine.sources.kinds import pdf_limits

    places: dict[str, Place] = {}
    try:
        data = bundle.read_pdf(config.max_pdf_bytes)
        if data is None:
            mined.counts["pdf_missing"] += 1
            return places
        _, pictures = read_pdf(data, pdf_limits(config))
    except Rejected as error:
        mined.counts[f"pdf_unusable_{error.reason}"] += 1
        return places
    mined.counts["pdf_read"] += 1
    checked: list[tuple[PdfPicture, CheckedImage]] = []
    for picture in pictures:
        try:
            checked.append((picture, _check(picture.data, config)))
        except Rejected:
            mined.counts["pdf_pictures_unusable"] += 1
    for name, image in images.items():
        if isinstance(image, Rejected) or not image.fingerprint:
            continue
        found = [(likeness(image.fingerprint, c.fingerprint), -n) for n, (_, c) in enumerate(checked)]
        best, n = max(found, default=(0.0, 0))
        if best < NEAR:
            continue
        picture, larger = checked[-n]
        if larger.width * larger.height > _MORE_PIXELS * image.width * image.height:
            images[name] = larger
            places[name] = (picture.page, picture.box)
            mined.counts["pdf_figures"] += 1
    return places


def _unused_media(
    aid: str,
    index: MediaIndex,
    resolved: dict[str, list[Resolved]],
    wanted: set[str],
    withheld: set[str],
    failed: Mapping[str, Rejected],
    ledger: Ledger,
) -> None:
    """A ledger row for each image file of the article that became neither a sample nor a figure's reject."""
    extra = {
        r.asset.name: (figure_id, r.graphic.role)
        for figure_id, graphics in resolved.items()
        for r in graphics
        if r.asset is not None
    }
    for name in sorted(index.by_name):
        if name in wanted or name in withheld:
            continue
        if name in failed:
            ledger.add(Stage.IMAGE, Unit.GRAPHIC, failed[name].reason, aid, failed[name].detail, extra[name][0])
        elif name in extra:
            figure_id, role = extra[name]
            ledger.add(Stage.IMAGE, Unit.GRAPHIC, Reason.EXTRA_GRAPHIC, aid, f"{name} ({role})", figure_id)
        else:
            ledger.add(Stage.IMAGE, Unit.GRAPHIC, Reason.MEDIA_NOT_NAMED, aid, name)


def _pdf_place(place: Place) -> PdfPlace:
    page, (x0, y0, x1, y1) = place
    return PdfPlace(page=page, x=x0, y=y0, width=round(x1 - x0, 1), height=round(y1 - y0, 1))


def _figure_row(
    draft: FigureDraft,
    extraction: Extraction,
    graphics: Sequence[Resolved],
    pick: Resolved | None,
    image: CheckedImage | None,
    reason: Reason | None,
    place: Place | None,
) -> Figure:
    article = extraction.article
    rights = draft.rights
    attribution = article.attribution
    credited = names_source(draft.permissions)
    if rights.override or credited:
        own = draft.permissions if credited else f"licence of this figure: {rights.license.value}"
        attribution = f"{attribution}. Figure: {own}"
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
        section_path=draft.section_path,
        section_kind=draft.section_kind,
        graphics=tuple(
            Graphic(
                rank=rank,
                role=r.graphic.role,
                href=r.graphic.href,
                media=r.asset.name if r.asset else None,
                rule=r.rule,
            )
            for rank, r in enumerate(graphics)
        ),
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
        pdf=_pdf_place(place) if image and place else None,
        phash=image.phash if image else None,
        no_sample=reason.value if reason else None,
    )


def _sample(
    figure: Figure,
    extraction: Extraction,
    mentions: Sequence[Mention],
    image: CheckedImage,
    concepts: Sequence[Concept],
    panels: Sequence[Panel],
) -> StagedSample:
    article = extraction.article
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
        section_path=figure.section_path,
        section_kind=figure.section_kind,
        mentions=sample_mentions(mentions),
        concepts=tuple(
            SampleConcept(
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
            for c in concepts
        ),
        panels=tuple(
            SamplePanel(
                label=p.label,
                start=p.spans[0].start if p.spans else 0,
                end=p.spans[-1].end if p.spans else 0,
                confidence=p.confidence,
                x=p.x or 0,
                y=p.y or 0,
                width=p.width or 0,
                height=p.height or 0,
            )
            for p in panels
            if p.media is None
        ),
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
    values = {k: v for k, v in plain(sample).items() if k not in ASSEMBLED}
    return StagedSample(
        figure_id=figure.figure_id,
        key=figure.key,
        group=figure.license_group,
        image=image.data,
        sha256=sha256(image.data).hexdigest() if image.format != image.source_format else image.sha256,
        text=(figure.caption or "").encode(),
        json=json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode(),
    )
