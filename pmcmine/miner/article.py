"""Mine one PMCID: choose a version, check its rights, read it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pmcmine.config import MineConfig
from pmcmine.ids import article_id
from pmcmine.jats import ArticleMeta, Extraction, extract_article
from pmcmine.miner.budget import BudgetExceeded, within
from pmcmine.miner.cases import add_cases, find_cases, paragraphs_of
from pmcmine.miner.documents import document_of
from pmcmine.miner.enrichers import enrich_paragraphs, extra_texts
from pmcmine.miner.exclusions import benchmarks, excluded_figures, exclusions, unwanted
from pmcmine.miner.figures import mine_figures
from pmcmine.miner.result import Mined
from pmcmine.miner.select import choose_version
from pmcmine.miner.table_flags import flag_grids, flag_tables
from pmcmine.pointers.withhold import withhold
from pmcmine.rejects import Ledger, Reason, Rejected, Stage, Unit
from pmcmine.sources.base import ABSENT, Entry, Reader, VersionMeta
from pmcmine.text.redact import hide
from schemas.article_table import ArticleTable
from schemas.grid import Grid
from schemas.ledger import Tombstone
from schemas.paragraph import Paragraph

log = logging.getLogger(__name__)


def mine_pmcid(entries: Sequence[Entry], reader: Reader, config: MineConfig, as_of: str | None = None) -> Mined:
    """Mine one PMCID; all its faults become rows of the ledger, never an exception.

    Only storage errors of the release itself, and the end of the process, are raised.

    Args:
        entries: its versions.
        reader: the source, opened.
        config: the configuration.
        as_of: day of the snapshot, today if None; a licence that starts later is not in force.
    """
    pmcid = entries[0].pmcid
    ledger = Ledger(pmcid)
    mined = Mined(pmcid)
    mined.counts["versions"] = len(entries)
    try:
        within(config.max_article_seconds, lambda: _mine(entries, reader, config, ledger, mined, as_of))
    except BudgetExceeded as error:
        log.warning("%s: %s", pmcid, error)
        ledger, mined = _failed(entries, Reason.ARTICLE_TIMEOUT, str(error))
    except Exception as error:
        log.exception("%s: defect", pmcid)
        ledger, mined = _failed(entries, Reason.INTERNAL_ERROR, hide(f"{type(error).__name__}: {error}"))
    mined.rejects = tuple(ledger.rows)
    return mined


def _failed(entries: Sequence[Entry], reason: Reason, detail: str) -> tuple[Ledger, Mined]:
    """Return the rejects of all versions of an article that could not be mined; nothing else is kept."""
    pmcid, last = entries[0].pmcid, entries[-1]
    ledger = Ledger(pmcid)
    mined = Mined(pmcid)
    mined.counts["versions"] = len(entries)
    mined.counts["selected"] = 1
    for entry in entries[:-1]:
        ledger.add(Stage.SELECT, Unit.VERSION, reason, article_id(pmcid, entry.version), "see the last version")
    ledger.add(Stage.EXTRACT, Unit.ARTICLE, reason, article_id(pmcid, last.version), detail)
    return ledger, mined


def _mine(
    entries: Sequence[Entry], reader: Reader, config: MineConfig, ledger: Ledger, mined: Mined, as_of: str | None
) -> None:
    if _absent_or_excluded(entries, config, ledger, mined):
        return
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
        versions_seen=tuple(sorted({e.version for e in entries})),
        pmid=chosen.pmid,
        doi=chosen.doi,
        license_code=chosen.license_code,
        is_manuscript=chosen.is_manuscript,
        as_of=as_of,
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
            raise Rejected(Reason.RETRACTED, "the XML marks it as retracted")
        if extraction.article.license_group not in config.mined_groups:
            raise Rejected(Reason.LICENSE_NOT_SELECTED, extraction.article.license)
        if (kind := exclusions(config).names_article(extraction.article)) is not None:
            mined.tombstone = _tombstone(meta.pmcid, meta.version, Reason.EXCLUDED)
            raise Rejected(Reason.EXCLUDED, f"by its {kind}")
    except Rejected as error:
        ledger.add(stage, Unit.ARTICLE, error.reason, meta.article_id, error.detail)
        return
    _keep_rejects(parts, ledger)
    mined.article = extraction.article
    mined.mentions = extraction.mentions
    mined.table_mentions = extraction.table_mentions
    mined.paragraphs = _in_benchmarks(enrich_paragraphs(extraction.paragraphs, config), config, mined)
    tables = flag_tables(extraction.article_tables, extraction.article, config)
    grids = flag_grids(extraction.grids, extraction.article, config)
    excluded = excluded_figures(extraction, config)
    dropped = _drop_texts(tables, mined, extraction, config, ledger, excluded)
    mined.grids = _wanted_grids(grids, dropped, config, ledger)
    mined.counts.update({f"found_{k}": v for k, v in extraction.found.items()})
    cases = find_cases(extraction, mined, ledger)
    mine_figures(extraction, bundle, config, ledger, mined, excluded, paragraphs_of(cases))
    add_cases(cases, extraction, mined)
    _document(extraction, dropped, config, ledger, mined)
    if config.pointers:
        _withhold(extraction.article.license_group, config, mined)


def _absent_or_excluded(entries: Sequence[Entry], config: MineConfig, ledger: Ledger, mined: Mined) -> bool:
    """Reject an article that is missing, or excluded by PMCID; then not even its metadata is read."""
    if entries[0].version == ABSENT:
        detail = "asked for by its PMCID, not in the source"
        ledger.add(Stage.SELECT, Unit.VERSION, Reason.NOT_IN_SOURCE, mined.pmcid, detail)
        return True
    if mined.pmcid not in exclusions(config).pmcids:
        return False
    mined.tombstone = _tombstone(mined.pmcid, entries[-1].version, Reason.EXCLUDED)
    for entry in entries:
        aid = article_id(entry.pmcid, entry.version)
        ledger.add(Stage.SELECT, Unit.VERSION, Reason.EXCLUDED, aid, "by its PMCID")
    return True


def _keep_rejects(parts: Ledger, ledger: Ledger) -> None:
    """Copy the rejects of an extraction if its article is kept."""
    for row in parts.rows:
        ledger.add(Stage(row.stage), Unit(row.unit), Reason(row.reason), row.article_id, row.detail, row.figure_id)


def _document(
    extraction: Extraction, dropped: Mapping[str, Reason], config: MineConfig, ledger: Ledger, mined: Mined
) -> None:
    """Compose the document, and count the rows in it."""
    rejected = {r.figure_id: r.reason for r in ledger.rows if r.unit == Unit.FIGURE.value and r.figure_id}
    rejected |= {i: why.value for i, why in dropped.items() if why is Reason.EXCLUDED}
    document, n_rows = document_of(extraction, mined, rejected, config.document_figures)
    mined.documents = (document,)
    mined.counts["document_articles"] = 1
    mined.counts["document_parts"] = len(mined.paragraphs) + len(extraction.figures) + len(extraction.article_tables)
    mined.counts["document_rows"] = n_rows


def _in_benchmarks(paragraphs: Sequence[Paragraph], config: MineConfig, mined: Mined) -> Sequence[Paragraph]:
    """Return paragraphs with the benchmark sets that contain their text."""
    sets = benchmarks(config)
    if sets is None:
        return paragraphs
    named = sets.texts([p.text for p in paragraphs])
    mined.counts.update(f"benchmark/{name}/paragraph" for names in named for name in names)
    return [replace(p, benchmarks=n) if n else p for p, n in zip(paragraphs, named, strict=True)]


def _drop_texts(
    tables: Sequence[ArticleTable],
    mined: Mined,
    extraction: Extraction,
    config: MineConfig,
    ledger: Ledger,
    excluded: Collection[str],
) -> dict[str, Reason]:
    """Reject unwanted paragraphs and tables, and the mentions in them; return the reasons, by id.

    `excluded` are ids of figures and tables that the exclusion list names.
    """
    dropped: dict[str, Reason] = {}
    aid = extraction.article.article_id
    for table in tables:
        why = unwanted(table, config, excluded)
        if why is not None:
            ledger.add(Stage.EXTRACT, Unit.TABLE, why[0], aid, f"{table.table_id}: {why[1]}")
            dropped[table.table_id] = why[0]
    mined.article_tables = [t for t in tables if t.table_id not in dropped] if dropped else tables
    for paragraph in mined.paragraphs:
        why = unwanted(paragraph, config)
        if why is not None:
            ledger.add(Stage.EXTRACT, Unit.PARAGRAPH, why[0], aid, why[1])
            dropped[paragraph.paragraph_id] = why[0]
    if not dropped:
        return dropped
    for mention in mined.mentions:
        reason = dropped.get(mention.context_id)
        if reason is not None:
            ledger.add(Stage.EXTRACT, Unit.MENTION, reason, aid, "in a dropped text", mention.figure_id)
    for table_mention in mined.table_mentions:
        reason = dropped.get(table_mention.context_id)
        if reason is not None:
            detail = f"in a dropped text: {table_mention.table_id}"
            ledger.add(Stage.EXTRACT, Unit.TABLE_MENTION, reason, aid, detail)
    mined.mentions = [m for m in mined.mentions if m.context_id not in dropped]
    mined.table_mentions = [m for m in mined.table_mentions if m.context_id not in dropped]
    mined.paragraphs = [p for p in mined.paragraphs if p.paragraph_id not in dropped]
    return dropped


def _wanted_grids(
    grids: Sequence[Grid], dropped: Mapping[str, Reason], config: MineConfig, ledger: Ledger
) -> list[Grid]:
    """Reject the cells of tables without a row, or with flagged cells; then label, caption and notes stay."""
    wanted: list[Grid] = []
    for grid in grids:
        why = unwanted(grid, config)
        of_table = dropped.get(grid.table_id) if grid.table_id is not None else None
        if of_table is not None:
            ledger.add(Stage.EXTRACT, Unit.GRID, of_table, grid.article_id, f"{grid.grid_id}: its table is dropped")
        elif why is None:
            wanted.append(grid)
        else:
            ledger.add(Stage.EXTRACT, Unit.GRID, why[0], grid.article_id, f"{grid.grid_id}: {why[1]}")
    return wanted


def _tombstone(pmcid: str, version: int, reason: Reason = Reason.RETRACTED) -> Tombstone:
    return Tombstone(pmcid=pmcid, article_id=article_id(pmcid, version), reason=reason.value)


def _metadata(entries: Sequence[Entry], reader: Reader, ledger: Ledger) -> list[VersionMeta]:
    """Return the metadata of all versions; none if that of one can't be read, as it might be retracted."""
    versions, failed = [], False
    for entry in entries:
        try:
            if entry.problem is not None:
                raise entry.problem
            versions.append(reader.metadata(entry))
        except Rejected as error:
            failed |= error.reason not in (Reason.METADATA_MISSING, Reason.SUPERSEDED_VERSION)
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


def _withhold(group: str, config: MineConfig, mined: Mined) -> None:
    """Replace rows of unpublished licence groups by pointers."""
    published = {f.figure_id: f.license_group in config.groups for f in mined.figures}
    whole = group in config.groups

    texts = {name: extra_texts(config, name) for name in ("figures", "panels", "paragraphs")}

    def row(value: Any, kept: bool, table: str = "") -> Any:
        return value if kept else withhold(value, texts.get(table, ()))

    mined.figures = [row(f, published[f.figure_id], "figures") for f in mined.figures]
    mined.panels = [row(p, published.get(p.figure_id, whole), "panels") for p in mined.panels]
    mined.concepts = [row(c, published.get(c.context_id, whole)) for c in mined.concepts]
    mined.mentions = [row(m, published.get(m.context_id, whole)) for m in mined.mentions]
    mined.table_mentions = [row(m, published.get(m.context_id, whole)) for m in mined.table_mentions]
    mined.paragraphs = [row(p, whole, "paragraphs") for p in mined.paragraphs]
    mined.article_tables = [row(t, whole) for t in mined.article_tables]
    mined.grids = [row(g, whole) for g in mined.grids]
    mined.documents = [row(d, whole) for d in mined.documents]
    mined.cases = [row(c, whole) for c in mined.cases]
    mined.article = row(mined.article, whole)
