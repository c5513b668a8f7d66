"""The page: yield funnel, rejects, distributions and a gallery, from the release's own tables."""

from __future__ import annotations

import base64
import heapq
import io
import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from PIL import Image

from pmcmine.describe.balance import Balance, balance
from pmcmine.describe.texts import render
from pmcmine.ids import keyed_hash
from pmcmine.io.folder import Folder
from pmcmine.io.sealed import UNREADABLE
from pmcmine.rejects import MEANINGS, Reason
from pmcmine.release.article_links import may_be_invented, pmc_address
from pmcmine.release.metrics import Metrics
from pmcmine.release.record import ReleaseRecord

log = logging.getLogger(__name__)
_DAMAGED = "is damaged and left out of the report; `pmcmine verify` lists what is"
_GALLERY = 24
_FIRST = 8  # pictures that lead; the others are folded
_CONCEPTS = 40
_CLASSES = 15
_PARAGRAPH_CLASSES = (
    ("type", "Type of paragraph"),
    ("domain", "Domain of paragraph"),
    ("quality_class", "Educational quality"),
    ("text_language", "Language of paragraph"),
)
_THUMBNAIL = (320, 240)  # pixels
_CAPTION_BINS = (0, 50, 100, 200, 400, 800, 1600, 3200)  # characters
_SIDE_BINS = (0, 200, 400, 600, 800, 1000, 1400, 2000, 4000)  # pixels of the longer side
_FIGURE_BINS = (0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20)
_COLUMNS = ["figure_id", "pmcid", "caption", "width", "height", "shard", "image_offset", "image_bytes",
            "derivatives_ok", "license_group", "license", "attribution", "kind", "label", "image_kinds",
            "privacy"]  # fmt: skip


def _histogram(values: pa.Array, bins: Sequence[int], into: Counter[int]) -> None:
    for value, n in zip(*_value_counts(values), strict=True):
        if value is not None:
            into[max(i for i, low in enumerate(bins) if value >= low)] += n


def _value_counts(values: pa.Array) -> tuple[list[Any], list[int]]:
    counted = pc.value_counts(values)
    return counted.field("values").to_pylist(), counted.field("counts").to_pylist()


def _tables(release: ReleaseRecord, out: Folder, table: str, columns: list[str]) -> Iterator[pa.Table]:
    for file in release.files_of(f"tables/{table}"):
        try:
            with out.open(file.name) as stream:
                batches = pq.ParquetFile(stream).iter_batches(columns=columns)
                yield from (pa.Table.from_batches([b]) for b in batches)
        except UNREADABLE as error:  # an old file that an update keeps: the release can still be finished
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
        small = io.BytesIO()
        (image if image.mode in ("L", "RGB") else image.convert("RGBA").convert("RGB")).save(small, "JPEG", quality=80)
    return base64.b64encode(small.getvalue()).decode()


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
        except (OSError, ValueError, SyntaxError) as error:  # Pillow raises the last for a damaged PNG
            log.error("%s/shards/%s: %s (%s)", out.url, row["shard"], _DAMAGED, type(error).__name__)
    return pairs


def _concepts(release: ReleaseRecord, out: Folder, captions: int) -> dict[str, Any] | None:
    """Count the most frequent concepts of captions, and captions and rows with one; None without a vocabulary.

    A caption that only denies a concept does not count for it.
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
                seen.clear()  # rows of one caption stand together
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


def _flags(rows: pa.Table) -> Counter[str]:
    """Count privacy flags by kind."""
    return _counted(pc.struct_field(pc.list_flatten(rows["privacy"].combine_chunks()), "kind"))


def _counted(values: pa.Array) -> Counter[str]:
    return Counter(dict(zip(*_value_counts(values), strict=True)))


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
            found[title].update(dict(zip(*_value_counts(table[name].combine_chunks()), strict=True)))
        found["Privacy flags"].update(_flags(table))
    found["Kind of image"].update(images)
    found["Privacy flags"].update(flags)
    charts = []
    for title, counts in found.items():
        counts.pop(None, None)  # type: ignore[call-overload]  # null: left out
        most = max(counts.values(), default=0)
        top = sorted(counts.items(), key=lambda kv: (-kv[1], str(kv[0])))[:_CLASSES]
        if top:
            charts.append((title, [{"label": str(k), "n": n, "share": n / most} for k, n in top]))
    return charts


def _near(release: ReleaseRecord, metrics: Metrics) -> list[dict[str, Any]]:
    """Return the numbers of near duplicates by kind; empty if they were not looked for."""
    counts = release.counts.near_duplicates
    if counts is None:
        return []
    return [
        {"kind": kind, "signed": metrics.counts.get(f"signed_{kind}", 0)}
        | {what: counts.get(f"{what}_{kind}", 0) for what in ("clusters", "members", "pairs", "above_cap")}
        for kind in ("image", "caption", "paragraph")
    ]


def _way(release: ReleaseRecord) -> list[tuple[str, int, float, str]]:
    """Return label, number, share of the most and what was left out, from article versions to pairs."""
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
    """Return the three numbers that lead, with what they count."""
    pairs = sum(c["samples"] for c in groups.values())
    free = groups["commercial"]["samples"] if "commercial" in groups else 0
    return [
        (f"{pairs:,}", "image-text pairs"),
        (f"{sum(c['articles'] for c in groups.values()):,}", "articles"),
        (f"{100 * free / pairs:.0f} %" if pairs else "–", "of the pairs for commercial use, too"),
    ]


def _balance(release: ReleaseRecord, out: Folder) -> Balance:
    """Count what the release is made of; an empty answer if a file of it is damaged."""
    files = [(out, f.name) for table in ("figures", "concepts") for f in release.files_of(f"tables/{table}")]
    try:
        return balance(files)
    except UNREADABLE as error:
        log.error("%s: a table %s (%s)", out.url, _DAMAGED, type(error).__name__)
        return Balance()


def _linked(pairs: list[dict[str, Any]], release: ReleaseRecord) -> list[dict[str, Any]]:
    """Add links to PMC; a corpus that was read from this machine's own server may be invented."""
    invented = may_be_invented(release)
    return [{**p, "link": None if invented else pmc_address(p["pmcid"])} for p in pairs]


def _count_by_group(rows: pa.Table, groups: dict[str, Counter[str]]) -> None:
    """Count figures, those with a caption and those with a sample."""
    counted = rows.group_by("license_group").aggregate([([], "count_all"), ("caption", "count"), ("shard", "count")])
    for row in counted.to_pylist():
        found = {"figures": row["count_all"], "captioned": row["caption_count"], "samples": row["shard_count"]}
        groups[row["license_group"]].update(found)


def _pick(rows: pa.Table, seed: int, picked: list[tuple[int, dict[str, Any]]]) -> None:
    """Keep the figures of the gallery, the first ones by hash, on a heap."""
    # Thumbnails are derivatives, so figures that bar them are not shown.
    shown = rows.filter(pc.and_(rows["shard"].is_valid(), rows["derivatives_ok"]))
    for place, figure_id in enumerate(shown["figure_id"].to_pylist()):
        rank = -keyed_hash(f"pmcmine/gallery/{seed}", figure_id)
        if len(picked) < _GALLERY:
            heapq.heappush(picked, (rank, shown.slice(place, 1).to_pylist()[0]))
        elif rank > picked[0][0]:
            heapq.heapreplace(picked, (rank, shown.slice(place, 1).to_pylist()[0]))


def make_report(release: ReleaseRecord, metrics: Metrics, out: Folder, found: Balance | None = None) -> bytes:
    """Build HTML of the report: one file, no scripts, nothing loaded.

    Args:
        release: the release.
        metrics: the metrics of the run.
        out: the release folder, shards and tables written.
        found: what the release is made of, if it is counted already.
    """
    captions: Counter[int] = Counter()
    sides: Counter[int] = Counter()
    kinds: Counter[str] = Counter()
    images: Counter[str] = Counter()
    flags: Counter[str] = Counter()
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    picked: list[tuple[int, dict[str, Any]]] = []
    for rows in _tables(release, out, "figures", _COLUMNS):
        _histogram(pc.utf8_length(rows["caption"].combine_chunks()), _CAPTION_BINS, captions)
        longer = pc.max_element_wise(rows["width"], rows["height"]).combine_chunks()
        _histogram(longer, _SIDE_BINS, sides)
        kinds.update(_counted(rows["kind"].combine_chunks()))
        images.update(_counted(pc.list_flatten(rows["image_kinds"].combine_chunks())))
        flags.update(_flags(rows))
        _count_by_group(rows, groups)
        _pick(rows, release.seed, picked)
    figures: Counter[int] = Counter()
    for rows in _tables(release, out, "articles", ["n_figures", "license_group"]):
        _histogram(rows["n_figures"].combine_chunks(), _FIGURE_BINS, figures)
        for group_name, n in zip(*_value_counts(rows["license_group"].combine_chunks()), strict=True):
            groups[group_name]["articles"] += n
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
            for g, c in sorted(groups.items())
        ],
        rejects=[(r, MEANINGS[Reason(r.reason)]) for r in rejects],
        most_rejects=max((r.n for r in rejects), default=1),
        charts=[
            ("Caption length", _bars(captions, _CAPTION_BINS, "characters")),
            ("Longer side of the image", _bars(sides, _SIDE_BINS, "px")),
            ("Figures per article", _bars(figures, _FIGURE_BINS, "")),
            *_classes(release, out, images, flags),
        ],
        kinds=sorted(kinds.items(), key=lambda k: -k[1]),
        numbers=_numbers(groups),
        balance=found if found is not None else _balance(release, out),
        way=_way(release),
        gallery=_linked(_gallery(picked, out), release),
        first=_FIRST,
        near=_near(release, metrics),
        concepts=_concepts(release, out, sum(captions.values())),
    )
    return page.encode()
