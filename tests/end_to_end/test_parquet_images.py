"""`mine --parquet-images`: the samples of the shards as Parquet with the image inside, and what reads it."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Image as ImageFeature
from datasets import load_dataset
from PIL import Image

from pipelines.job import update
from pmcmine.assemble import image_tables
from pmcmine.config import load_config, update_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import DemoArticle, DemoFigure
from pmcmine.publish.verify import verify_folder
from pmcmine.run.progress import Progress
from tests.helpers import mine, release_json, rows, tree
from tests.old_release import without_column

LIGHT: dict[str, Any] = {
    "vocab": "none", "classify": False, "languages": False, "near_duplicates": False, "image_kinds": False,
    "privacy": False, "panels": False, "parquet_images": True, "shard_bytes": 150_000, "max_reject_share": 1.0,
}  # fmt: skip


def _noise() -> bytes:
    """Return a PNG of more than 2 MB."""
    out = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (900, 900, 3), np.uint8)).save(out, "PNG")
    return out.getvalue()


def _articles() -> list[DemoArticle]:
    found = [
        DemoArticle(
            9400001 + i,
            license_code=("CC BY", "CC BY-NC-ND")[i % 2],
            figures=tuple(DemoFigure(seed=10 * i + j, form=("JPEG", "PNG", "TIFF")[j % 3]) for j in range(3)),
        )
        for i in range(8)
    ]
    return [*found[:-1], replace(found[-1], figures=(DemoFigure(bytes=_noise()),))]


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parquet") / "bucket"
    write_bucket(folder, _articles())
    return folder


@pytest.fixture(scope="module")
def release(bucket: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("parquet") / "release"
    mine(load_config({"source": str(bucket), "out": str(out), **LIGHT}))
    return out


def _rows(release: Path) -> list[dict[str, Any]]:
    files = sorted((release / "shards-parquet").rglob("*.parquet"))
    return [{**row, "_file": f} for f in files for row in pq.ParquetFile(f).read().to_pylist()]


def test_each_sample_of_the_shards_is_a_row(release: Path) -> None:
    found = _rows(release)
    figures = {f["key"]: f for f in rows(release, "figures") if f["shard"]}
    assert sorted(r["key"] for r in found) == sorted(figures) and len(found) == 22
    for row in found:
        figure, shard = figures[row["key"]], release / "shards" / row["shard"]
        assert row["_file"].relative_to(release / "shards-parquet").with_suffix(".tar").as_posix() == row["shard"]
        assert all(
            row[c] == figure[c] for c in ("figure_id", "shard", "image_offset", "image_bytes", "license", "split")
        )
        with shard.open("rb") as stream:
            stream.seek(row["image_offset"])
            image = stream.read(row["image_bytes"])
            stream.seek(row["sample_offset"])
            assert stream.read(99).startswith(f"{row['key']}.jpg\0".encode())
        assert sha256(image).hexdigest() == figure["sha256"] or figure["media"].endswith(".tif")
        if row["image"] is None:
            assert len(image) > 1_900_000 and row["license"] == "CC-BY-NC-ND"
        else:
            assert row["image"]["bytes"] == image
            assert row["image"]["path"].rsplit(".")[-1] == ("png" if row["format"] == "PNG" else "jpg")
    assert sum(r["image"] is None for r in found) == 1


def test_the_samples_are_in_the_order_of_the_shard(release: Path) -> None:
    for path in (release / "shards-parquet").rglob("*.parquet"):
        offsets = pq.ParquetFile(path).read(["sample_offset"])["sample_offset"].to_pylist()
        assert offsets == sorted(offsets)


def test_the_release_lists_and_describes_them(release: Path) -> None:
    described = release_json(release)
    assert sum(described["counts"]["parquet"].values()) == sum(described["counts"]["samples"].values()) == 22
    assert any(s["unit"] == "parquet_row" and s["in"] == s["out"] == 22 for s in described["counts"]["stages"])
    listed = {f["name"] for f in described["files"] if f["name"].startswith("shards-parquet/")}
    for name in ("README.md", "schema.json", "croissant.json", "datasheet.md", "CITATION.cff"):
        assert f"shards-parquet/{name}" in listed
    found = verify_folder(release)
    assert not found.problems and set(tree(release, "shards-parquet")) == listed
    fields = json.loads((release / "shards-parquet" / "schema.json").read_text("utf-8"))["samples"]
    assert all(f["meaning"] for f in fields) and fields[0]["name"] == "image"
    card = (release / "shards-parquet" / "README.md").read_text("utf-8")
    assert "(1 of the rows)" in card
    assert "as Parquet" in (release / "shards" / "README.md").read_text("utf-8")


def test_datasets_streams_it(release: Path, tmp_path: Path) -> None:
    keys = set()
    for group in ("commercial", "noncommercial"):
        loaded: Any = load_dataset(
            str(release / "shards-parquet"), group, streaming=True, cache_dir=str(tmp_path / "c")
        )
        for split in loaded.values():
            assert isinstance(split.features["image"], ImageFeature)
            for row in split:
                keys.add(row["key"])
                assert row["image"] is None or row["image"].size == (row["width"], row["height"])
    assert len(keys) == 22


def test_a_file_alone_says_that_it_holds_images(release: Path, tmp_path: Path) -> None:
    path = sorted((release / "shards-parquet" / "commercial").rglob("*.parquet"))[0]
    loaded: Any = load_dataset("parquet", data_files=str(path), split="train", cache_dir=str(tmp_path / "c"))
    assert isinstance(loaded.features["image"], ImageFeature) and loaded[0]["image"].size


def test_croissant_is_valid_and_loads(release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mlc = pytest.importorskip("mlcroissant")
    monkeypatch.setenv("CROISSANT_CACHE", str(tmp_path / "cache"))
    shutil.copytree(release / "shards-parquet", tmp_path / "copy")
    loaded = mlc.Dataset(jsonld=str(tmp_path / "copy" / "croissant.json"))
    assert not loaded.metadata.ctx.issues.errors
    for group in ("commercial", "noncommercial"):
        found = list(loaded.records(group))
        keys = {r["key"] for r in _rows(release) if r["license_group"] == group}
        assert {r[f"{group}/key"].decode() for r in found} == keys
        assert found[0][f"{group}/image"].size


def test_duckdb_reads_columns_and_conditions(release: Path) -> None:
    pattern = f"{release}/shards-parquet/**/*.parquet"
    found = duckdb.sql(
        f"SELECT key, image.bytes AS bytes FROM read_parquet('{pattern}') WHERE license = 'CC-BY' AND width > 1"
    ).fetchall()
    assert len(found) == 12
    assert all(Image.open(io.BytesIO(data)).size for _, data in found)


def test_images_are_stored_as_they_are(release: Path) -> None:
    path = max((release / "shards-parquet").rglob("*.parquet"), key=lambda p: p.stat().st_size)
    footer = pq.ParquetFile(path).metadata
    columns = [footer.row_group(0).column(i) for i in range(footer.num_columns)]
    by_path = {c.path_in_schema: c for c in columns}
    image = by_path["image.bytes"]
    assert image.compression == "UNCOMPRESSED" and image.statistics is None and not image.has_dictionary_page
    assert by_path["license"].compression == "ZSTD" and by_path["license"].statistics is not None
    assert all(c.has_offset_index for c in columns)


def test_row_groups_are_bounded() -> None:
    schema = pa.schema([("image", pa.string()), ("n", pa.int64())])
    rows_ = [(300, {"image": "x" if i % 2 else None, "n": i}) for i in range(10)]
    counted = image_tables.Counted()
    groups = list(image_tables.row_groups(iter(rows_), schema, counted, 1_000))
    assert [len(g) for g in groups] == [4, 4, 2] and counted.images == 5
    assert [n for g in groups for n in g["n"].to_pylist()] == list(range(10))


def test_the_same_bytes_with_other_blocks_and_after_a_kill(release: Path, bucket: Path, tmp_path: Path) -> None:
    out = tmp_path / "release"
    config = {"source": str(bucket), "out": str(out), **LIGHT, "block_articles": 3}
    mine(load_config({**config, "keep_work": True}))
    ours = tree(release, "shards", "shards-parquet")
    assert tree(out, "shards", "shards-parquet") == ours
    # As a run that was killed when some files were written: no release.json, one file not there, one cut off.
    (out / "release.json").unlink()
    first, second, *_ = sorted((out / "shards-parquet").rglob("*.parquet"))
    first.unlink()
    (out / "_work" / "assembled" / second.relative_to(out).with_name(f"{second.name}.json")).unlink()
    for name in ("README.md", "release.json"):
        (out / name).unlink(missing_ok=True)
    mine(load_config({**config, "keep_work": True}))
    assert tree(out, "shards", "shards-parquet") == ours


def test_an_update_keeps_and_changes_them_as_shards(release: Path, bucket: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "bucket", tmp_path / "release"
    articles = _articles()
    write_bucket(source, articles)
    shutil.copytree(release, out)
    before = tree(out, "shards", "shards-parquet")
    gone = articles[0].pmcid
    write_bucket(tmp_path / "new", [*articles[1:], DemoArticle(9400050, figures=(DemoFigure(seed=900),))])
    update(update_config(str(out), {"source": str(tmp_path / "new")}), "2026-10-01", False, Progress(quiet=True))
    after = tree(out, "shards", "shards-parquet")
    assert not verify_folder(out).problems
    found = _rows(out)
    assert sorted(r["key"] for r in found) == sorted(f["key"] for f in rows(out, "figures") if f["shard"])
    assert {"PMC9400050"} <= {r["pmcid"] for r in found} and f"PMC{gone}" not in {r["pmcid"] for r in found}
    tars = {n for n in before if n.endswith(".tar")}
    kept = {n for n in tars if before[n] == after.get(n)}
    assert kept and kept != tars
    for name in tars:
        twin = name.replace("shards/", "shards-parquet/", 1).removesuffix(".tar") + ".parquet"
        assert (before[twin] == after.get(twin)) == (name in kept)
    assert sum(r["image"] is None for r in found) == 1
    entry = release_json(out)["updates"][-1]
    assert any(n.startswith("shards-parquet/") for n in entry["added"])


def test_after_an_update_of_an_earlier_version_croissant_describes_what_all_files_have(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Path(shutil.copytree(release, tmp_path / "release"))
    without_column(out, "shards-parquet", "caption_quality")
    before = tree(out, "shards-parquet")
    write_bucket(tmp_path / "new", [*_articles()[1:], DemoArticle(9400050, figures=(DemoFigure(seed=900),))])
    update(update_config(str(out), {"source": str(tmp_path / "new")}), "2026-10-01", False, Progress(quiet=True))
    assert not verify_folder(out).problems
    have = [{*pq.read_schema(f).names} for f in (out / "shards-parquet").rglob("*.parquet")]
    assert {"caption_quality" in columns for columns in have} == {True, False}
    assert any(before[n] == data for n, data in tree(out, "shards-parquet").items() if n in before)
    said = json.loads((out / "shards-parquet" / "croissant.json").read_text())
    described = {f["name"] for r in said["recordSet"] for f in r["field"]}
    assert described <= set.intersection(*have) and "caption" in described
    mlc = pytest.importorskip("mlcroissant")
    monkeypatch.setenv("CROISSANT_CACHE", str(tmp_path / "cache"))
    loaded = mlc.Dataset(jsonld=str(out / "shards-parquet" / "croissant.json"))
    keys = {r["commercial/key"].decode() for r in loaded.records("commercial")}
    assert keys == {r["key"] for r in _rows(out) if r["license_group"] == "commercial"}


def test_off_by_default() -> None:
    config = load_config({"source": "x"})
    assert not config.parquet_images
    assert "parquet_images" not in config.content()  # so that releases made before it can be updated
    assert load_config({"source": "x", "parquet_images": True}).content()["parquet_images"] is True
