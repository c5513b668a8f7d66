"""Fill in the texts and images that a release only points to, from your own copy of PMC.

Texts are read with the same code that read them the first time, and taken only if their hash is the one that the
pointer states. Needs `pmcmine[mine]`.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pmcmine.concepts.definitions import Source, definitions_of
from pmcmine.config import MineConfig
from pmcmine.errors import PmcmineError
from pmcmine.images.check import CheckedImage, check_image
from pmcmine.io.folder import Folder, check_writable
from pmcmine.io.safe_names import release_name
from pmcmine.jats import ArticleMeta, Extraction, extract_article
from pmcmine.jats.document_texts import known_texts
from pmcmine.pointers.stores import SampleShards, Texts
from pmcmine.pointers.withhold import digest
from pmcmine.rejects import Rejected
from pmcmine.release.layout import open_file
from pmcmine.release.old_names import table_today
from pmcmine.release.record import load_release
from pmcmine.release.tables import MALFORMED, malformed
from pmcmine.sources import first_contact, open_source
from pmcmine.sources.base import ArticleBundle, Entry, Reader, VersionMeta
from schemas import TABLES
from schemas.record import plain

# Tables whose texts come from the XML, and the column that names the row; the others' are pieces of these texts.
_EXTRACTED: Final = {
    "articles": "article_id",
    "figures": "figure_id",
    "mentions": "mention_id",
    "paragraphs": "paragraph_id",
    "article_tables": "table_id",
    "grids": "grid_id",
    "table_mentions": "mention_id",
}
_PIECES: Final = {"panels": "figure_id", "concepts": "context_id", "cases": "case_id"}
_PARTS: Final = "parts of documents"  # what stands at their places, by kind and row


@dataclass
class Rehydrated:
    """Result of a rehydration.

    Attributes:
        filled: table → rows whose texts are there now.
        left: table → rows that are still pointers.
        images: samples that were written.
        problems: PMCID → why its texts are not there.
    """

    filled: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    images: int = 0
    problems: dict[str, str] = field(default_factory=dict)


def rehydrate(
    release: str,
    source: MineConfig,
    out: str,
    *,
    images: bool = True,
    say: Callable[[str], None] = lambda line: None,
) -> Rehydrated:
    """Write the pointers of a release with their texts, and samples of their figures, into a folder of its own.

    Args:
        release: release folder, any fsspec URL.
        source: where the copy of PMC is, as for `pmcmine mine`.
        out: folder to write: `tables/` and `shards/` as in a release, of the pointers alone.
        images: whether figures are written as samples, too.
        say: receives progress messages, a line at a time.

    Raises:
        PmcmineError: one line, if there is no release, nothing to fill in, or no source.
    """
    folder, target = Folder(release), Folder(out)
    described = load_release(folder)
    try:
        files = [name for f in described.files if _is_table_file(name := release_name(f.name))]
        pointers = {name: ids for name in files if (ids := _pointers(folder, name))}
    except (*MALFORMED, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # Arrow's own have no number
            raise
        raise PmcmineError(malformed(release, error)) from None
    wanted = {article for ids in pointers.values() for article in ids}
    if not wanted:
        raise PmcmineError(f"{release}: contains no pointers: all its texts are present")
    if target.names():
        raise PmcmineError(f"{out}: is not empty; give another --out")
    if target.is_local:
        check_writable(Path(target.path("tables")) / "file")
    say(f"{len(wanted):,} articles, {len(pointers):,} table files with pointers")
    found = Rehydrated()
    with tempfile.TemporaryDirectory(prefix="pmcmine-rehydrate-") as scratch:
        texts = Texts(Path(scratch))
        copy = open_source(source)
        first_contact(copy, source, "nothing was filled in", say)
        reader = copy.open(1.0)
        try:
            bundles = dict(_read(wanted, copy.entries(None), source, reader, texts, found))
            say(f"{len(bundles):,} of {len(wanted):,} articles are in the copy")
            for name in pointers:
                _fill(folder, name, target, texts, found)
            if images:
                found.images = _images(target, pointers, bundles, reader, source)
        except MALFORMED as error:
            raise PmcmineError(malformed(release, error)) from None
        finally:
            reader.close()
            texts.close()
    return found


def _is_table_file(name: str) -> bool:
    """Tell whether a file of a release may hold pointers."""
    parts = name.split("/")
    known = _EXTRACTED.keys() | _PIECES.keys() | {"documents"}
    return name.endswith(".parquet") and len(parts) > 2 and parts[0] == "tables" and table_today(parts[1]) in known


def _pointers(folder: Folder, name: str) -> set[str]:
    """Return article versions that a table file has pointers of."""
    with open_file(folder, name) as stream:
        file = pq.ParquetFile(stream)
        if "withheld" not in file.schema_arrow.names:
            return set()
        rows = file.read(["article_id", "withheld"])
    return set(rows.filter(rows["withheld"].is_valid())["article_id"].to_pylist())


def _read(
    wanted: set[str],
    entries: Iterable[Entry],
    config: MineConfig,
    reader: Reader,
    texts: Texts,
    found: Rehydrated,
) -> Iterator[tuple[str, VersionMeta]]:
    """Read the wanted articles' texts; yields the metadata of each that is there."""
    missing = set(wanted)
    for entry in entries:
        article = f"{entry.pmcid}.{entry.version}"
        if article not in wanted:
            continue
        missing.discard(article)
        try:
            meta, extraction = _extract(entry, reader, config)
        except Rejected as error:
            found.problems[article] = f"{error.reason.value}: {error.detail}"
            continue
        for table, key in _EXTRACTED.items():
            texts.put(table, _rows(_members(extraction, table), key))
        known = known_texts(extraction)
        texts.put(_PARTS, ((f"{kind}:{row}", {"text": text}) for (kind, row), text in known.items()))
        yield article, meta
    found.problems |= dict.fromkeys(sorted(missing), "not in the copy")


def _extract(entry: Entry, reader: Reader, config: MineConfig) -> tuple[VersionMeta, Extraction]:
    meta = reader.metadata(entry)
    xml = reader.bundle(meta).read_xml(config.max_xml_bytes)
    article = ArticleMeta(
        pmcid=meta.pmcid,
        version=meta.version,
        versions_seen=(meta.version,),
        pmid=meta.pmid,
        doi=meta.doi,
        license_code=meta.license_code,
        is_manuscript=meta.is_manuscript,
    )
    return meta, extract_article(xml, article, None, config.max_xml_bytes)


def _members(extraction: Extraction, table: str) -> Sequence[Any]:
    return (extraction.article,) if table == "articles" else getattr(extraction, table)


def _rows(members: Sequence[Any], key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    names = (
        "abstract", "caption", "caption_title", "caption_paragraphs", "alt_text", "long_description", "text",
        "sentence", "footnotes", "cells", "html", "markdown",
    )  # fmt: skip
    for member in members:
        yield getattr(member, key), {n: plain(getattr(member, n)) for n in names if hasattr(member, n)}


def _fill(folder: Folder, name: str, target: Folder, texts: Texts, found: Rehydrated) -> None:
    """Write a table file with the texts that are there."""
    table = table_today(name.split("/")[1])
    with open_file(folder, name) as stream:
        rows = pq.ParquetFile(stream).read()
    columns = [f.name for f in rows.schema if (f.metadata or {}).get(b"text") == b"true"]
    values = {c: rows[c].to_pylist() for c in columns}
    withheld = rows["withheld"].to_pylist()
    key = _EXTRACTED.get(table) or _PIECES.get(table) or "article_id"
    ids = rows[key].to_pylist()
    contexts = rows["context"].to_pylist() if "context" in columns else None
    spans = rows["spans"].to_pylist() if table == "panels" else None
    passages = rows["passages"].to_pylist() if table == "cases" else None
    starts, ends = (rows[c].to_pylist() if table == "concepts" else [] for c in ("start", "end"))
    for n, stated in enumerate(withheld):
        if stated is None:
            continue
        if table in _EXTRACTED:
            held = texts.get(table, ids[n])
        elif table == "documents":
            held = _document(texts, rows["places"][n].as_py())
        elif passages is not None:
            held = _case(texts, passages[n])
        else:
            whole = _context(texts, ids[n])
            at = [(s["start"], s["end"]) for s in spans[n]] if spans is not None else [(starts[n], ends[n])]
            held = None if whole is None else {"text": " ".join(whole[a:b] for a, b in at)}
        if held is not None and contexts is not None:
            held["context"] = [_context_part(part, texts) for part in contexts[n]]
        kept = {c: held.get(c) for c in columns} if held is not None else None
        if kept is None or digest(kept) != stated:
            found.left[table] += 1
            if kept is not None:
                found.problems.setdefault(str(rows["article_id"][n]), "the copy has another text")
            continue
        for c in columns:
            values[c][n] = kept[c]
        withheld[n] = None
        found.filled[table] += 1
    for c, filled in (*values.items(), ("withheld", withheld)):
        at_column = rows.schema.get_field_index(c)
        field = rows.schema.field(at_column)
        rows = rows.set_column(at_column, field, pa.array(filled, field.type))
    with target.create(name, replace=True) as (out, _):
        group = TABLES[table].row_group if table in TABLES else None
        pq.write_table(rows, out, compression="zstd", row_group_size=group)


def _document(texts: Texts, places: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Compose the texts of a document; None if the copy lacks one of them."""
    found: list[str | None] = []
    for place in places:
        held = texts.get(_PARTS, f"{place['kind']}:{place['row_id']}") if _holds_text(place) else {"text": None}
        if held is None:
            return None
        found.append(held["text"])
    return {"texts": found}


def _holds_text(place: Mapping[str, Any]) -> bool:
    return place["kind"] != "figure" and place["reason"] is None


def _context_part(part: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    """Return a part of a context with its words; the hash of its row tells whether they are right."""
    if part["text"] is not None:
        return dict(part)
    source = _context(texts, part["source_id"]) or ""
    at = (part["start"], part["end"])
    short = None
    if part["kind"] == "abbreviation":
        defined = chain(*(definitions_of(Source("", source, listed, caption=True)) for listed in (False, True)))
        short = next((d.short for d in defined if (d.start, d.end) == at), None)
    return {**part, "text": source[slice(*at)], "short": short}


def _case(texts: Texts, passages: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the text of a case, None if one of its paragraphs is missing."""
    pieces = []
    for passage in passages:
        held = texts.get("paragraphs", passage["paragraph_id"])
        if held is None:
            return None
        pieces.append(held["text"][passage["start"] : passage["end"]])
    return {"text": "\n".join(pieces)}


def _context(texts: Texts, row: str) -> str | None:
    """Return the text of the figure's caption or the paragraph that a piece is of."""
    for table, column in (("figures", "caption"), ("paragraphs", "text")):
        held = texts.get(table, row)
        if held is not None:
            return held.get(column)
    return None


def _images(
    target: Folder, files: Iterable[str], metas: Mapping[str, VersionMeta], reader: Reader, config: MineConfig
) -> int:
    """Write samples of the figures whose images are in the copy."""
    shards = SampleShards(target)
    for name in files:
        if name.split("/")[1] != "figures":
            continue
        with target.open(name) as stream:
            rows = pq.ParquetFile(stream).read()
        rows = rows.filter(pc.and_(rows["media"].is_valid(), rows["withheld"].is_null()))
        by_article: dict[str, list[dict[str, Any]]] = {}
        for row in rows.to_pylist():
            by_article.setdefault(row["article_id"], []).append(row)
        for article, figures in by_article.items():
            if article in metas:
                for row, image in _shown(reader.bundle(metas[article]), figures, config):
                    shards.add(row, image)
    shards.close()
    return shards.samples


def _shown(
    bundle: ArticleBundle, figures: Sequence[dict[str, Any]], config: MineConfig
) -> Iterator[tuple[dict[str, Any], CheckedImage]]:
    assets = {a.name: a for a in bundle.meta.assets}
    wanted = [assets[m] for m in dict.fromkeys(f["media"] for f in figures) if m in assets]
    images: dict[str, CheckedImage] = {}
    for asset, data in bundle.read_assets(wanted, config.max_image_bytes):
        if isinstance(data, Rejected):
            continue
        try:
            images[asset.name] = check_image(data, max_pixels=config.max_image_pixels, min_side=config.min_image_side)
        except Rejected:
            continue
    for row in figures:
        if row["media"] in images:
            yield row, images[row["media"]]
