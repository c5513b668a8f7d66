"""Build the report page: yield funnel, rejects, distributions and a gallery, from the release's own tables."""

from __future__ import annotations

import base64
import io
import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from pmcmine.describe.balance import Balance, balance
from pmcmine.describe.reading import Part, read_once
from pmcmine.describe.report_counts import (
    CAPTION_BINS,
    FIGURE_BINS,
    SIDE_BINS,
    ReportCount,
    flags_of,
    value_counts,
)
from pmcmine.describe.texts import render
from pmcmine.images.encode import as_jpeg
from pmcmine.io.folder import Folder
from pmcmine.io.sealed import UNREADABLE
from pmcmine.rejects import MEANINGS, Reason
from pmcmine.release.article_links import may_be_invented, pmc_address
from pmcmine.release.metrics import Metrics
from pmcmine.release.record import ReleaseRecord

log = logging.getLogger(__name__)
_DAMAGED = "is damaged and left out of the report; `pmcmine verify` lists what is"
_FIRST = 8  # images shown first; the others are collapsed
_CONCEPTS = 40
_CLASSES = 15
_PARAGRAPH_CLASSES = (
    ("type", "Type of paragraph"),
    ("domain", "Domain of paragraph"),
    ("quality_class", "Educational quality"),
    ("text_language", "Language of paragraph"),
)
_THUMBNAIL = (320, 240)  # pixels


def _tables(release: ReleaseRecord, out: Folder, table: str, columns: list[str]) -> Iterator[pa.Table]:
    for file in release.files_of(f"tables/{table}"):
        try:
            with out.open(file.name) as stream:
                batches = pq.ParquetFile(stream).iter_batches(columns=columns)
                yield from (pa.Table.from_batches([b]) for b in batches)
        except UNREADABLE as error:  # an old file kept by an update: the release can still be completed
            log.error("%s/%s: %s (%s)", out.url, file.name, _DAMAGED, type(error).__name__)


def _bars(counts: Counter[int], bins: Sequence[int], unit: str) -> list[dict[str, Any]]:
    most = max(counts.values(), default=1)
    rows = []
    for i, low in enumerate(bins):
        high = bins[i + 1] - 1 if i + 1 < len(bins) else None
        label = f"{low:,}+" if high is None else (f"{low:,}" if low == high else f"{low:,}–{high:,}")
        rows.append({"label": f"{label} {unit}".strip(), "n": counts[i], "share": counts[i] / most})
    return rows


def _thumbnail(data: bytes) -> str:
    with Image.open(io.BytesIO(data), formats=["JPEG", "PNG"]) as image:
        image.thumbnail(_THUMBNAIL)
        return base64.b64encode(as_jpeg(image, 80)).decode()


def _gallery(picked: list[tuple[int, dict[str, Any]]], out: Folder) -> list[dict[str, Any]]:
    pairs = []
    for _, row in sorted(picked, key=lambda p: -p[0]):
        if not out.exists(f"shards/{row['shard']}"):
            continue  # it is only on the Hub
        try:
            with out.open(f"shards/{row['shard']}") as stream:
                stream.seek(row["image_offset"])
                data = stream.read(row["image_bytes"])
            pairs.append({**row, "thumbnail": _thumbnail(data)})
        except (OSError, ValueError, SyntaxError) as error:  # Pillow raises SyntaxError for a damaged PNG
            log.error("%s/shards/%s: %s (%s)", out.url, row["shard"], _DAMAGED, type(error).__name__)
    return pairs


def _concepts(release: ReleaseRecord, out: Folder, captions: int) -> dict[str, Any] | None:
    """Count the most frequent concepts of captions, and captions and rows with one; None without a vocabulary.

    A caption that only negates a concept does not count for it.
    """
    if release.vocabulary is None:
        return None
    rows = with_cui = 0
    captioned: Counter[str] = Counter()
    negated: Counter[str] = Counter()
    said: dict[str, Counter[str]] = defaultdict(Counter)
    names: dict[str, str | None] = {}
    linked = 0
    columns = ["context_id", "context_kind", "cui", "source_id", "name", "text", "negated"]
    seen: set[tuple[str, str]] = set()
    for table in _tables(release, out, "concepts", columns):
        for row in table.to_pylist():
            if row["context_kind"] != "figure_caption":
                continue
            rows += 1
            with_cui += row["cui"] is not None
            concept = row["cui"] or row["source_id"]
            names.setdefault(concept, row["name"])
            negated[concept] += row["negated"]
            if row["negated"]:
                continue
            if len(said[concept]) < 20:
                said[concept][row["text"].lower()] += 1
            if len(seen) > 1_000_000:
                seen.clear()  # rows of one caption are adjacent
            if (row["context_id"], "") not in seen:
                seen.add((row["context_id"], ""))
                linked += 1
            if (row["context_id"], concept) not in seen:
                seen.add((row["context_id"], concept))
                captioned[concept] += 1
    top = sorted(captioned.items(), key=lambda item: (-item[1], item[0]))[:_CONCEPTS]
    return {
        "rows": rows,
        "concepts": len(names),
        "share_cui": with_cui / max(rows, 1),
        "share_captions": linked / max(captions, 1),
        "top": [
            {
                "concept": concept,
                "name": names[concept] or "",
                "said": ", ".join(w for w, _ in sorted(said[concept].items(), key=lambda kv: (-kv[1], kv[0]))[:3]),
                "captions": n,
                "negated": negated[concept],
                "share": n / top[0][1],
            }
            for concept, n in top
        ],
    }


def _classes(
    release: ReleaseRecord, out: Folder, images: Counter[str], flags: Counter[str]
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Count the classes of paragraphs, and show them with those of figures; nothing for features that are off.

    Args:
        release: the release.
        out: its folder.
        images: figures by kind of image.
        flags: privacy flags of figures by kind.
    """
    found: dict[str, Counter[str]] = defaultdict(Counter)
    columns = ["type", "domain", "quality_class", "text_language", "privacy"]
    for table in _tables(release, out, "paragraphs", columns):
        for name, title in _PARAGRAPH_CLASSES:
            found[title].update(dict(zip(*value_counts(table[name].combine_chunks()), strict=True)))
        found["Privacy flags"].update(flags_of(table["privacy"].combine_chunks()))
    found["Kind of image"].update(images)
    found["Privacy flags"].update(flags)
    charts = []
    for title, counts in found.items():
        counts.pop(None, None)  # type: ignore[call-overload]  # null: omitted
        most = max(counts.values(), default=0)
        top = sorted(counts.items(), key=lambda kv: (-kv[1], str(kv[0])))[:_CLASSES]
        if top:
            charts.append((title, [{"label": str(k), "n": n, "share": n / most} for k, n in top]))
    return charts


def _near(release: ReleaseRecord, metrics: Metrics) -> list[dict[str, Any]]:
    """Return the numbers of near duplicates by kind; empty if there was no search for them."""
    counts = release.counts.near_duplicates
    if counts is None:
        return []
    return [
        {"kind": kind, "signed": metrics.counts.get(f"signed_{kind}", 0)}
        | {what: counts.get(f"{what}_{kind}", 0) for what in ("clusters", "members", "pairs", "above_cap")}
        for kind in ("image", "caption", "paragraph")
    ]


def _way(release: ReleaseRecord) -> list[tuple[str, int, float, str]]:
    """Return label, count, share of the largest count, and the dropped part, from article versions to pairs."""
    by_unit = {(s.stage, s.unit): s for s in release.counts.stages}
    lines = []
    for label, stage, unit, before in (
        ("article versions", "snapshot", "version", ()),
        ("articles", "extract", "article", (("select", "version"), ("read", "article"), ("extract", "article"))),
        ("figures", "extract", "figure", (("extract", "figure"),)),
        ("image-text pairs", "image", "figure", (("image", "figure"),)),
    ):
        if (stage, unit) not in by_unit:
            continue
        left_out: Counter[str] = Counter()
        for r in release.counts.rejects:
            if (r.stage, r.unit) in before:
                left_out[r.reason] += r.n
        top = sorted(left_out.items(), key=lambda kv: (-kv[1], kv[0]))
        named = ", ".join(f"{reason} {n:,}" for reason, n in top[:3]) + (", …" if len(top) > 3 else "")
        note = f"{left_out.total():,} left out: {named}" if left_out else ""
        lines.append((label, by_unit[stage, unit].n_out, note))
    most = max((n for _, n, _ in lines), default=1) or 1
    return [(label, n, n / most, note) for label, n, note in lines]


def _numbers(groups: Mapping[str, Counter[str]]) -> list[tuple[str, str]]:
    """Return the three headline numbers with their labels."""
    pairs = sum(c["samples"] for c in groups.values())
    free = groups["commercial"]["samples"] if "commercial" in groups else 0
    return [
        (f"{pairs:,}", "image-text pairs"),
        (f"{sum(c['articles'] for c in groups.values()):,}", "articles"),
        (f"{100 * free / pairs:.0f} %" if pairs else "–", "of the pairs for commercial use, too"),
    ]


def _balance(release: ReleaseRecord, out: Folder) -> Balance:
    """Measure the composition of the release; empty if one of its files is damaged."""
    files = [(out, f.name) for table in ("figures", "concepts") for f in release.files_of(f"tables/{table}")]
    try:
        return balance(files)
    except UNREADABLE as error:
        log.error("%s: a table %s (%s)", out.url, _DAMAGED, type(error).__name__)
        return Balance()


def _linked(pairs: list[dict[str, Any]], release: ReleaseRecord) -> list[dict[str, Any]]:
    """Add links to PMC; a corpus read from this machine's own server may be synthetic."""
    invented = may_be_invented(release)
    return [{**p, "link": None if invented else pmc_address(p["pmcid"])} for p in pairs]


def count_tables(release: ReleaseRecord, out: Folder) -> ReportCount:
    """Count figures and articles of a release; damaged old files that an update kept are skipped."""
    found = ReportCount(release.seed)
    files = [(out, f.name) for table in ("figures", "articles") for f in release.files_of(f"tables/{table}")]

    def damaged(name: str, error: Exception) -> None:
        log.error("%s/%s: %s (%s)", out.url, name, _DAMAGED, type(error).__name__)

    read_once(files, [Part(found.COLUMNS, found.take)], damaged)
    return found


def make_report(
    release: ReleaseRecord, metrics: Metrics, out: Folder, made_of: tuple[Balance, ReportCount] | None = None
) -> bytes:
    """Build the HTML of the report: one file, no scripts, no external resources.

    Args:
        release: the release.
        metrics: the metrics of the run.
        out: the release folder, with shards and tables written.
        made_of: the composition of the release, if already counted.
    """
    found, n = made_of if made_of is not None else (_balance(release, out), count_tables(release, out))
    stages = release.counts.stages
    most = max((s.n_in for s in stages), default=1) or 1
    rejects = sorted(release.counts.rejects, key=lambda r: -r.n)
    page = render(
        "report.html.j2",
        release=release,
        metrics=metrics,
        stages=[(s, s.n_in / most) for s in stages if s.n_in],
        groups=[
            {"group": g, **{k: c[k] for k in ("articles", "figures", "captioned", "samples")}}
            for g, c in sorted(n.groups.items())
        ],
        rejects=[(r, MEANINGS[Reason(r.reason)]) for r in rejects],
        most_rejects=max((r.n for r in rejects), default=1),
        charts=[
            ("Caption length", _bars(n.captions, CAPTION_BINS, "characters")),
            ("Longer side of the image", _bars(n.sides, SIDE_BINS, "px")),
            ("Figures per article", _bars(n.figures, FIGURE_BINS, "")),
            *_classes(release, out, n.images, n.flags),
        ],
        kinds=sorted(n.kinds.items(), key=lambda k: -k[1]),
        numbers=_numbers(n.groups),
        balance=found,
        way=_way(release),
        gallery=_linked(_gallery(n.picked, out), release),
        first=_FIRST,
        near=_near(release, metrics),
        concepts=_concepts(release, out, sum(n.captions.values())),
    )
    return page.encode()
