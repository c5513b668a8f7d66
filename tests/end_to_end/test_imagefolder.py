"""`export --format imagefolder`: `datasets`, pandas and a spreadsheet read the images and what is said of them."""

from __future__ import annotations

import csv
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

from pmcmine.config import load_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import DemoArticle, DemoFigure
from tests.helpers import mine, rows
from tests.test_cli import call

HARD = (
    '=HYPERLINK("http://x.example")\nsecond line, "quoted"; größer',
    "+1 or more\u2028lines",
    "@SUM(A1) a",
    "A plain one, with commas.",
)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Articles whose captions are hard on a spreadsheet, and compound figures with images of their panels."""
    folder = tmp_path_factory.mktemp("imagefolder")
    articles = [
        DemoArticle(
            9300001 + i,
            license_code=("CC BY", "CC BY-NC")[i % 2],
            figures=(
                DemoFigure(caption=HARD[i % len(HARD)], seed=i, form=("JPEG", "PNG")[i % 2]),
                DemoFigure(("micrograph", "bars", "gel", "lines"), seed=31 + i),
            ),
        )
        for i in range(6)
    ]
    write_bucket(folder / "bucket", articles)
    config = {
        "vocab": "none",
        "classify": False,
        "near_duplicates": False,
        "panel_shards": True,
        "privacy": False,
        "image_kinds": False,
    }
    mine(load_config({"source": str(folder / "bucket"), "out": str(folder / "release"), **config}))
    return folder / "release"


def _export(release: Path, out: Path, capsys: pytest.CaptureFixture[str], *more: str) -> list[dict[str, str]]:
    code, _, err = call(capsys, "export", str(release), "--format", "imagefolder", "--out", str(out), *more)
    assert code == 0, err
    found: list[dict[str, str]] = []
    for path in sorted(out.glob("*/metadata.csv")):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            assert reader.fieldnames is not None and reader.fieldnames[0] == "file_name"
            found += [{**row, "_folder": path.parent.name} for row in reader]
    return found


def test_each_figure_is_a_file_and_a_line(release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = {f["figure_id"]: f for f in rows(release, "figures") if f["shard"]}
    articles = {a["article_id"]: a for a in rows(release, "articles")}
    found = _export(release, tmp_path / "out", capsys)
    assert sorted(r["figure_id"] for r in found) == sorted(figures)
    assert {r["_folder"] for r in found} == {"train", "validation", "test"}
    for row in found:
        figure = figures[row["figure_id"]]
        image = (tmp_path / "out" / row["_folder"] / row["file_name"]).read_bytes()
        assert sha256(image).hexdigest() == figure["sha256"] == row["sha256"]
        assert row["_folder"] == figure["split"]
        assert (row["license"], row["license_group"]) == (figure["license"], figure["license_group"])
        assert row["attribution"] and row["source_url"] == articles[figure["article_id"]]["source_url"]
        assert int(row["width"]) == figure["width"] and row["derivatives_ok"] == str(figure["derivatives_ok"]).lower()


def test_no_cell_is_run_or_broken_by_a_spreadsheet(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    captions = {r["caption"] for r in _export(release, tmp_path / "out", capsys, "--no-images")}
    assert any(c.startswith("'=HYPERLINK") and 'second line, "quoted"; größer' in c for c in captions)
    assert {c[:1] for c in captions} <= {"'", "A"} | {c[:1] for c in captions if c[:1].isalpha()}
    assert not list((tmp_path / "out").rglob("*.jpg"))
    for path in (tmp_path / "out").glob("*/metadata.csv"):
        data = path.read_bytes()
        assert data.startswith(b"\xef\xbb\xbf") and data.count(b"\n") == data.count(b"\r\n")
        lines = data.decode("utf-8-sig").split("\r\n")
        assert len(lines) == 2 + sum(r["_folder"] == path.parent.name for r in _read(path))


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [{**row, "_folder": path.parent.name} for row in csv.DictReader(stream)]


@pytest.mark.parametrize("streaming", [False, True])
def test_datasets_reads_it(release: Path, streaming: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _export(release, tmp_path / "out", capsys)
    folder = str(tmp_path / "out")
    loaded: Any = load_dataset("imagefolder", data_dir=folder, streaming=streaming, cache_dir=str(tmp_path / "cache"))
    assert set(loaded) == {"train", "validation", "test"}
    read = [row for split in loaded.values() for row in split]
    assert sorted(r["figure_id"] for r in read) == sorted(r["figure_id"] for r in found)
    by_id = {r["figure_id"]: r for r in found}
    for row in read:
        assert row["image"].size == (row["width"], row["height"])
        assert row["caption"] == by_id[row["figure_id"]]["caption"] and row["year"] == int(
            by_id[row["figure_id"]]["year"]
        )


def test_a_condition_and_a_group_choose_figures(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = [f for f in rows(release, "figures") if f["shard"] and f["license"] == "CC-BY-NC" and f["ordinal"] == 1]
    found = _export(release, tmp_path / "a", capsys, "--where", "ordinal = 1", "--groups", "noncommercial")
    assert sorted(r["figure_id"] for r in found) == sorted(f["figure_id"] for f in figures) and found
    code, _, err = call(
        capsys, "export", str(release), "--format", "medicat", "--out", str(tmp_path / "b"), "--where", "ordinal = 1"
    )
    assert code == 0, err
    assert (tmp_path / "b" / "medicat.jsonl").read_text("utf-8").count("\n") == 6


def test_panels_are_images_of_their_own(release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    panels = {p["panel_id"]: p for p in rows(release, "panels") if p["shard"]}
    found = _export(release, tmp_path / "out", capsys, "--panels")
    assert {r["panel_id"] for r in found} == set(panels) and len(found) == len(panels) > 6
    for row in found:
        image = (tmp_path / "out" / row["_folder"] / row["file_name"]).read_bytes()
        assert sha256(image).hexdigest() == panels[row["panel_id"]]["crop_sha256"]
    some = _export(release, tmp_path / "some", capsys, "--panels", "--where", "label = 'A'")
    assert {r["panel_id"] for r in some} == {i for i, p in panels.items() if p["label"] == "A"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--format", "attribution", "--where", "true"), "--where"),
        (("--format", "medicat", "--panels"), "imagefolder"),
        (("--format", "imagefolder", "--where", "yaer > 2000"), "year"),
        (("--format", "imagefolder", "--where", "true) OR (true"), "--where"),
        (("--format", "imagefolder", "--where", "license = 'CC BY'"), "CC-BY"),
    ],
)
def test_mistakes_are_one_line(
    release: Path, options: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = call(capsys, "export", str(release), "--out", str(tmp_path / "out"), *options)
    assert code == 2 and err.count("\n") == 1 and said in err
    assert not (tmp_path / "out").exists()


def test_panels_need_images_of_panels(release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = shutil.copytree(release, tmp_path / "release")
    for path in (copy / "tables" / "panels").rglob("*.parquet"):
        table = pq.ParquetFile(path).read()
        at = table.schema.get_field_index("shard")
        pq.write_table(table.set_column(at, "shard", pa.nulls(len(table), pa.string())), path)
    options = ("--format", "imagefolder", "--out", str(tmp_path / "out"), "--panels")
    code, _, err = call(capsys, "export", str(copy), *options)
    assert code == 2 and "--panel-shards" in err
