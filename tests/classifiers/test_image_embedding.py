"""Embeddings of images: one run of the network for all who ask, the column of a release, and what samples hold."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifiers.enrichers.figure_image_embedding import FigureImageEmbedding
from classifiers.images import embedding, kinds
from pipelines import job
from pmcmine.config import load_config, update_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import DemoArticle, DemoFigure
from pmcmine.images.pyramid import Pyramid
from pmcmine.miner import enrichers
from pmcmine.publish.verify import verify_folder
from pmcmine.run.progress import Progress
from schemas.figure import Figure
from tests.helpers import mine

_FEW: dict[str, Any] = {
    "vocab": "none", "classify": False, "languages": False, "near_duplicates": False, "privacy": False,
    "panels": False, "max_reject_share": 1.0, "image_embeddings": True,
}  # fmt: skip


def _figure(name: str) -> Figure:
    empty = {f: None for f in Figure.__dataclass_fields__ if f not in ("extra", "caption_tokens")}
    return Figure(**{**empty, "figure_id": name, "caption": "A chart."})


def _picture(seed: int) -> Pyramid:
    return Pyramid(np.random.default_rng(seed).integers(0, 256, (120, 200, 3)).astype(np.uint8))


def _config(**flags: Any) -> Any:
    return load_config({"source": ".", "out": "unused", **_FEW, **flags})


def test_kinds_and_embeddings_share_one_run_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    embed = embedding.embed
    monkeypatch.setattr(embedding, "embed", lambda rgb: calls.append(rgb.shape) or embed(rgb))
    pictures = [_picture(1), _picture(2), None]
    figures = [_figure("a"), _figure("b"), _figure("c")]
    found = enrichers.enrich_figures(figures, pictures, _config())
    assert len(calls) == 2
    assert [f.image_kind_scores is not None for f in found] == [True, True, False]
    seen = [f.extra["image_embedding"] for f in found]
    assert seen[2] is None and seen[0].dtype == np.float16
    assert np.allclose(seen[0], embed(pictures[0].rgb(256)), atol=1e-3, rtol=1e-3)
    assert not np.array_equal(seen[0], seen[1])


def test_kinds_do_not_change_by_it() -> None:
    (with_it,) = enrichers.enrich_figures([_figure("a")], [_picture(3)], _config())
    (without,) = enrichers.enrich_figures([_figure("a")], [_picture(3)], _config(image_embeddings=False))
    assert with_it.image_kind_scores == without.image_kind_scores and not without.extra


def test_samples_hold_it_only_when_asked() -> None:
    (figure,) = enrichers.enrich_figures([_figure("a")], [_picture(3)], _config())
    asked = _config(image_embeddings_in_samples=True)
    assert "image_embedding" not in enrichers.in_sample(figure, _config())
    given = enrichers.in_sample(figure, asked)["image_embedding"]
    assert len(given) == embedding.WIDTH and json.loads(json.dumps(given)) == given
    schemas = [enrichers.sample_schemas(c)["figures"] for c in (_config(), asked)]
    assert "image_embedding" not in schemas[0].names
    assert schemas[1].field("image_embedding").type == pa.list_(pa.float16())
    (bare,) = enrichers.enrich_figures([_figure("a")], [None], asked)
    assert enrichers.in_sample(bare, asked)["image_embedding"] == []


def test_a_release_states_the_network_and_duckdb_finds_neighbours(tmp_path: Path) -> None:
    figures = tuple(DemoFigure(seed=s, form="PNG") for s in (1, 2, 3))
    write_bucket(tmp_path / "bucket", [DemoArticle(9400001, license_code="CC BY", figures=figures)])
    out = tmp_path / "release"
    mine(load_config({"source": str(tmp_path / "bucket"), "out": str(out), **_FEW}))
    said = json.loads((out / "release.json").read_text())
    (model,) = [m for m in said["classifiers"] if m["name"] == "image_embedding"]
    assert model["sha256"] == embedding.NETWORK.sha256 and "MobileNetV2" in model["trained_on"]
    (file,) = (out / "tables" / "figures").rglob("*.parquet")
    column = pq.read_schema(file).field("image_embedding")
    assert column.type == pa.list_(pa.float16()) and column.metadata[b"unit"] == b"1024 numbers"
    assert {len(v) for v in pq.read_table(file)["image_embedding"].to_pylist()} == {embedding.WIDTH}
    card = (out / "tables" / "README.md").read_text()
    assert "| `image_embedding` |" in card
    rows = duckdb.sql(
        f"SELECT a.figure_id, arg_max(b.figure_id, array_cosine_similarity(a.image_embedding::FLOAT[1024], "
        f"b.image_embedding::FLOAT[1024])) FROM '{file}' a, '{file}' b GROUP BY ALL"
    ).fetchall()
    assert len(rows) == 3 and all(a == b for a, b in rows)
    for shard in (out / "shards").rglob("*.tar"):
        with tarfile.open(shard) as tar:
            records = [json.load(tar.extractfile(m)) for m in tar if m.name.endswith(".json")]  # type: ignore[arg-type]
        assert records and all("image_embedding" not in r for r in records)


def test_a_table_with_figures_without_an_image_is_read_and_updated(tmp_path: Path) -> None:
    figures = (DemoFigure(seed=1, form="PNG"), DemoFigure(seed=2, form="PNG", bytes=b"no image"))
    articles = [DemoArticle(9400001 + n, license_code="CC BY", figures=figures) for n in range(3)]
    write_bucket(tmp_path / "bucket", articles)
    out = tmp_path / "release"
    mine(load_config({"source": str(tmp_path / "bucket"), "out": str(out), **_FEW}))
    column = pa.concat_tables(pq.read_table(f) for f in (out / "tables" / "figures").rglob("*.parquet"))
    assert {len(v or ()) for v in column["image_embedding"].to_pylist()} == {0, embedding.WIDTH}
    (tmp_path / "list").write_text("PMC9400001")
    flags = {"exclude": (str(tmp_path / "list"),), "max_reject_share": 1.0}
    job.update(update_config(str(out), flags), "2026-11-20", False, Progress(quiet=True))
    assert not verify_folder(out).problems


def test_only_figures_with_an_image_have_one() -> None:
    context = enrichers.Context({}, {}, {}, {"a": _picture(4)})
    found = FigureImageEmbedding().enrich([_figure("a"), _figure("b")], context)
    assert list(found[0]) == ["image_embedding"] and found[1] == {}
    assert np.array_equal(found[0]["image_embedding"], kinds.of_picture(_picture(4)).astype(np.float16))
