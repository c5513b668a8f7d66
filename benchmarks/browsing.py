"""The page of `pmcmine browse` over many figures: milliseconds until it answers, over HTTP as a browser asks."""

from __future__ import annotations

import http.client
import io
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from pmcmine.browse.data import ReleaseData
from pmcmine.browse.server import BrowseServer
from pmcmine.find.build import build_index
from pmcmine.release.layout import file_entry
from pmcmine.release.record import ReleaseRecord

_WORDS = 20_000  # of the captions, each as rare as its number is high
_FIGURES = """
SELECT 'PMC' || (1000000 + i // 6) || '.1/f' || (i % 6) AS figure_id, 'PMC' || (1000000 + i // 6) AS pmcid,
  'PMC' || (1000000 + i // 6) || '.1' AS article_id, CAST(i % 6 AS INTEGER) AS ordinal,
  'Figure ' || (i % 6 + 1) AS label,
  array_to_string(list_transform(range(40 + h(i) % 60), lambda k: 'word' ||
    CAST(floor({words} * pow(h(i, b := k) % 1000003 / 1000003.0, 4)) AS INTEGER)), ' ') AS caption,
  ['CC-BY', 'CC-BY-NC', 'CC0', 'CC-BY-NC-ND'][h(i // 6, b := 1) % 4 + 1] AS license,
  ['commercial', 'noncommercial'][h(i // 6, b := 1) % 2 + 1] AS license_group,
  ['research-article', 'review-article', 'case-report'][h(i // 6, b := 2) % 3 + 1] AS article_type,
  'Journal ' || h(i // 6, b := 3) % 900 AS journal, CAST(2000 + h(i // 6, b := 4) % 25 AS INTEGER) AS year,
  [['chart', 'microscopy', 'ct', 'mri', 'gel', 'diagram'][h(i, b := 5) % 6 + 1]] AS image_kinds,
  1 + h(i, b := 6) % 400 / 100.0 AS caption_quality, 'train' AS split, printf('%016x', h(i, b := 7)) AS phash,
  'commercial/train-00000-of-00001.tar' AS shard, CAST({size} * (i % {images}) AS BIGINT) AS image_offset,
  CAST({size} AS INTEGER) AS image_bytes, 800 AS width, 600 AS height, 'JPEG' AS format, false AS third_party,
  false AS adapted, true AS derivatives_ok, 'A. Author' AS attribution
FROM range({rows}) r(i) ORDER BY figure_id
"""
_CONCEPTS = """
SELECT figure_id || '/k' AS concept_id, pmcid, figure_id AS context_id, 'figure_caption' AS context_kind,
  NULL::VARCHAR AS cui, 'X:' || (1 + h(figure_id) % 500) AS source_id,
  'Concept ' || (1 + h(figure_id) % 500) AS name,
  'word' AS text, 0 AS start, 4 AS "end", false AS negated
FROM figures ORDER BY concept_id
"""


def _write(release: Path, rows: int) -> None:
    images = min(200, rows // 20)
    rng = np.random.default_rng(0)
    pictures = []
    for _ in range(images):
        out = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (600, 800, 3), np.uint8)).save(out, "JPEG", quality=60)
        pictures.append(out.getvalue())
    size = max(map(len, pictures))
    shard = release / "shards" / "commercial" / "train-00000-of-00001.tar"
    shard.parent.mkdir(parents=True)
    shard.write_bytes(b"".join(p.ljust(size, b"\0") for p in pictures))
    sql = duckdb.connect()
    sql.execute("CREATE MACRO h(a, b := 0) AS CAST(hash(a, b) >> 1 AS BIGINT)")
    query = _FIGURES.format(rows=rows, words=_WORDS, size=size, images=images)
    names = {t: f"tables/{t}/commercial/train-00000-of-00001.parquet" for t in ("figures", "concepts")}
    for table, name in names.items():
        (release / name).parent.mkdir(parents=True)
        kept = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 5000)"
        sql.execute(f"COPY ({query if table == 'figures' else _CONCEPTS}) TO '{release / name}' {kept}")
        sql.execute(f"CREATE VIEW {table} AS SELECT * FROM '{release / name}'")
    parents = {"source_id": [f"X:{i}" for i in range(501)], "cui": pa.nulls(501, pa.string()),
               "parent": [None, *(f"X:{(i - 1) // 4}" for i in range(1, 501))]}  # fmt: skip
    pq.write_table(pa.table(parents), release / "tables" / "concept_parents.parquet")
    files = [file_entry(name, (release / name).read_bytes()).to_object() for name in names.values()]
    (release / "release.json").write_bytes(ReleaseRecord.from_object({"files": files}, "benchmark").to_bytes())


def browse(data: Path | None, rows: int = 100_000) -> dict[str, Any]:
    """Measure each question of the page twice, with other values; a release of made rows and noise, with an index.

    Args:
        data: not used.
        rows: number of figures.
    """
    with tempfile.TemporaryDirectory() as folder:
        release = Path(folder) / "release"
        _write(release, rows)
        build_index(release, ("figures",))
        started = time.perf_counter()
        opened = ReleaseData(release)
        opened.warm_up()
        ready = time.perf_counter() - started
        with BrowseServer(opened) as page:
            found = _asked(page, opened)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return {"rows": rows, "open_s": round(ready, 2), "ms": found, "peak_mb": peak}


def _asked(page: BrowseServer, opened: ReleaseData) -> dict[str, list[float]]:
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=120)
    ids = opened.figures({"kind": "gel"}, 0)["ids"]

    def ask(path: str, **query: str) -> float:
        started = time.perf_counter()
        connection.request("GET", f"{path}?{urlencode(query)}")
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(json.loads(said)["error"])
        return round(1000 * (time.perf_counter() - started), 1)

    return {
        "first page": [ask("/api/figures")],
        "counts of all": [ask("/api/counts")],
        "a page in the middle": [ask("/api/figures", offset=str(n)) for n in (50_000, 90_000)],
        "filter": [ask("/api/figures", kind=k, license="CC-BY") for k in ("ct", "mri")],
        "its counts": [ask("/api/counts", kind=k, license="CC-BY") for k in ("ct", "mri")],
        "search": [ask("/api/figures", text=f"word{n} word{7 * n}") for n in (90, 900)],
        "counts of a search": [ask("/api/counts", text=f"word{n} word{7 * n}") for n in (90, 900)],
        "concept and all below": [ask("/api/figures", concept=c) for c in ("X:1", "X:2")],
        "more like this": [ask("/api/figures", like=i) for i in ids[:2]],
        "one figure": [ask("/api/figure", id=i) for i in ids[2:4]],
        "thumbnail": [ask("/thumbnail", id=i) for i in ids[:20]],
    }
