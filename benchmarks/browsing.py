"""The page of `pmcmine browse` over many figures: milliseconds until it answers, over HTTP as a browser asks.

The figures are made: words by their frequency, pictures of noise, and drawn vectors of images as wide as those of
`image-embedding`, in groups of uneven size. They say how long an answer takes, not how good it is.
"""

from __future__ import annotations

import http.client
import io
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from classifiers.enrichers.figure_image_embedding import embedding_model
from classifiers.images.embedding import WIDTH
from classifiers.scorers.queries import encoders
from pmcmine.browse.data import ReleaseData
from pmcmine.browse.server import BrowseServer
from pmcmine.find.build import build_index
from pmcmine.find.hits import Search
from pmcmine.io.duck import connected
from pmcmine.release.layout import file_entry
from pmcmine.release.record import ReleaseRecord
from pmcmine.release.scores import ScoreFacts

_TABLE = "commercial/train-00000-of-00001.parquet"
_SCORE = "image-embedding"
_GROUPS = 400  # that the drawn vectors lie around
_AT_ONCE = 5_000  # rows
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


def write_made_release(release: Path, rows: int, vectors: bool = True) -> None:
    """Write a release of made figures.

    Args:
        release: a new folder.
        rows: number of figures.
        vectors: whether it has vectors of images.
    """
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
    sql = connected()
    sql.execute("CREATE MACRO h(a, b := 0) AS CAST(hash(a, b) >> 1 AS BIGINT)")
    query = _FIGURES.format(rows=rows, words=_WORDS, size=size, images=images)
    names = {t: f"tables/{t}/{_TABLE}" for t in ("figures", "concepts")}
    for table, name in names.items():
        (release / name).parent.mkdir(parents=True)
        kept = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 5000)"
        sql.execute(f"COPY ({query if table == 'figures' else _CONCEPTS}) TO '{release / name}' {kept}")
        sql.execute(f"CREATE VIEW {table} AS SELECT * FROM '{release / name}'")
    parents = {"source_id": [f"X:{i}" for i in range(501)], "cui": pa.nulls(501, pa.string()),
               "parent": [None, *(f"X:{(i - 1) // 4}" for i in range(1, 501))]}  # fmt: skip
    pq.write_table(pa.table(parents), release / "tables" / "concept_parents.parquet")
    files = {name: file_entry(name, (release / name).read_bytes()) for name in names.values()}
    scores: list[ScoreFacts] = []
    if vectors:
        scored = f"scores/{_SCORE}/{_TABLE}"
        (release / scored).parent.mkdir(parents=True)
        ids = sql.sql("SELECT figure_id FROM figures ORDER BY figure_id").to_arrow_table()["figure_id"].combine_chunks()
        _write_vectors(release / scored, ids, rng)
        files[scored] = file_entry(scored, (release / scored).read_bytes())
        of = {scored: files[names["figures"]].sha256}
        columns, model = {"image_embedding": "drawn"}, embedding_model().stated()
        scores.append(ScoreFacts(name=_SCORE, scorer=_SCORE, columns=columns, model=model, of=of))
    said = {"files": [f.to_object() for f in files.values()], "scores": [s.to_object() for s in scores]}
    (release / "release.json").write_bytes(ReleaseRecord.from_object(said, "benchmark").to_bytes())


def _write_vectors(path: Path, ids: pa.Array, rng: np.random.Generator) -> None:
    """Write vectors around some points, the first of which have most of them; numbers from 0 on, as a network's."""
    points = rng.gamma(0.6, 1.0, (_GROUPS, WIDTH)).astype(np.float32)
    schema = pa.schema([("figure_id", pa.string()), ("image_embedding", pa.list_(pa.float16()))])
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=False) as writer:
        for at in range(0, len(ids), _AT_ONCE):
            these = ids.slice(at, _AT_ONCE)
            of = (_GROUPS * rng.random(len(these)) ** 2).astype(int)
            x = np.maximum(points[of] + rng.normal(0, 0.7, (len(these), WIDTH)), 0).astype(np.float16)
            offsets = pa.array(np.arange(len(these) + 1, dtype=np.int32) * WIDTH)
            held = pa.ListArray.from_arrays(offsets, pa.array(x.ravel(), pa.float16()))
            writer.write_table(pa.Table.from_arrays([these, held], schema=schema))


def _make(release: Path, rows: int, told: Any) -> None:
    """Write and index the release, in a process of its own, so that its memory is not that of the page."""
    write_made_release(release, rows)
    begun = time.process_time()
    build_index(release, ("figures",))
    size = sum(f.stat().st_size for f in (release / "index").iterdir())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    told.send({"cpu_s": round(time.process_time() - begun, 1), "mb": round(size / 1e6, 1), "peak_mb": peak})


def browse(data: Path | None, rows: int = 100_000) -> dict[str, Any]:
    """Measure each question of the page twice, with other values; a release of made rows and noise, with an index.

    Args:
        data: not used.
        rows: number of figures.
    """
    with tempfile.TemporaryDirectory() as folder:
        release = Path(folder) / "release"
        fresh = multiprocessing.get_context("spawn")
        hear, tell = fresh.Pipe(duplex=False)
        maker = fresh.Process(target=_make, args=(release, rows, tell))
        maker.start()
        tell.close()
        index = hear.recv()
        maker.join()
        started = time.perf_counter()
        opened = ReleaseData(release, encoders())
        opened.warm_up()
        ready = time.perf_counter() - started
        with BrowseServer(opened) as page:
            found = _asked(page, opened)
        found["search by an image, first; again"] = list(_by_image(release, opened))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return {"rows": rows, "index": index, "open_s": round(ready, 2), "ms": found, "peak_mb": peak}


def _milliseconds(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    return round(1000 * (time.perf_counter() - started), 1)


def _by_image(release: Path, opened: ReleaseData) -> Iterator[float]:
    """Search by the bytes of a picture, as `pmcmine search --image` does; half of them with a condition."""
    ids = opened.figures({"kind": "ct"}, 0)["ids"]
    pictures = [opened.image(i) for i in ids[:6]]
    with Search(release, encoders=encoders()) as search:
        for n, picture in enumerate(pictures):
            where = None if n < 3 else "list_contains(image_kinds, 'mri')"
            image = picture.data if picture is not None else b""
            yield _milliseconds(partial(search, image=image, where=where))


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
        "concepts by a word, first; again": [
            ask("/api/suggest", of="concept", text=f"concept {n}") for n in (1, 7, 77)
        ],
        "more like this": [ask("/api/figures", like=i) for i in ids[:10]],
        "more like this, of a kind": [ask("/api/figures", like=i, kind="gel") for i in ids[:4]],
        "one figure": [ask("/api/figure", id=i) for i in ids[2:4]],
        "thumbnail": [ask("/thumbnail", id=i) for i in ids[:20]],
    }
