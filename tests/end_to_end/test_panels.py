"""Panels of a run: crops as shards of their own, figures of several graphics, labels that the markup shows."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from pmcmine.config import load_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import DemoArticle, DemoFigure, many_articles
from pmcmine.write.rows import ImagePlace
from tests.helpers import NO_MODELS, mine, release_json, rows, tree
from tests.test_cli import call

LIGHT = NO_MODELS | {"near_duplicates": False, "image_kinds": True}


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compound figures of several licences and forms, and a figure of two graphics."""
    folder = tmp_path_factory.mktemp("panels")
    compound = [
        DemoFigure(("micrograph", "bars", "gel", "lines"), seed=31 + i, form=form)
        for i, form in enumerate(("JPEG", "PNG", "cmyk", "TIFF"))
    ]
    codes = ("CC BY", "CC BY-ND", "CC BY-NC", "CC BY")
    plain = many_articles(12)
    articles: list[DemoArticle] = [
        replace(a, figures=(figure,), license_code=code)
        for a, figure, code in zip(plain[:4], compound, codes, strict=True)
    ]
    write_bucket(folder, [*articles, *plain[4:]])
    _two_graphics(folder, articles[0])
    return folder


def _two_graphics(folder: Path, article: DemoArticle) -> None:
    """Add a figure whose two panels are files of their own, and one whose second file is broken."""
    name = f"PMC{article.pmcid}.{article.version}"
    metadata = folder / "metadata" / f"{name}.json"
    stated = json.loads(metadata.read_text())
    graphics = {"two-a.jpg": 50, "two-b.jpg": 90, "bad-a.jpg": 130, "bad-b.jpg": 0}
    for file, level in graphics.items():
        out = io.BytesIO()
        Image.effect_noise((200 + level, 160), 40).convert("RGB").save(out, "JPEG")
        (folder / name / file).write_bytes(out.getvalue() if level else out.getvalue()[:200])
        stated["media_urls"].append(f"s3://pmc-oa-opendata/{name}/{file}")
    stated["xml_url"] = stated["xml_url"].partition("?")[0]
    metadata.write_text(json.dumps(stated))
    xml = folder / name / f"{name}.xml"
    figs = "".join(
        f'<fig id="{stem}"><label>Figure</label><caption><p><bold>a</bold> First {stem} <bold>b</bold> second one</p>'
        f'</caption><graphic xlink:href="{stem}-a"/><graphic xlink:href="{stem}-b"/></fig>'
        for stem in ("two", "bad")
    )
    text = xml.read_text()
    place = text.index("</sec>")
    xml.write_text(text[:place] + figs + text[place:])


@pytest.fixture(scope="module")
def release(bucket: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "release"
    mine(load_config({"source": str(bucket), "out": str(out), "panel_shards": True, **LIGHT}))
    return out


def _samples(release: Path) -> dict[str, tuple[bytes, str, dict[str, object]]]:
    found = {}
    for path in sorted((release / "shards-panels").rglob("*.tar")):
        with tarfile.open(path) as tar:
            members = [(m.name, tar.extractfile(m).read()) for m in tar]  # type: ignore[union-attr]
        for (key, image), (_, text), (_, record) in zip(members[::3], members[1::3], members[2::3], strict=True):
            found[key.removesuffix(".jpg")] = (image, text.decode(), json.loads(record))
    return found


def test_crops_are_what_the_rows_say(release: Path) -> None:
    panels = {p["panel_id"]: p for p in rows(release, "panels")}
    samples = _samples(release)
    assert len(samples) >= 8
    for image, text, record in samples.values():
        row = panels[record["panel_id"]]
        assert row["crop_sha256"] == record["sha256"] == sha256(image).hexdigest()
        with Image.open(io.BytesIO(image)) as opened:
            assert opened.format == record["format"] and opened.size == (row["width"], row["height"])
        assert text == row["text"] == record["text"] and row["derivatives_ok"] and record["split"]
    cut = {p["panel_id"] for p in panels.values() if p["crop_sha256"]}
    assert cut == {r["panel_id"] for _, _, r in samples.values()}
    assert not any(p["crop_sha256"] for p in panels.values() if p["license"] == "CC-BY-ND")
    assert sum(release_json(release)["counts"]["panels"].values()) == len(samples)


def test_a_graphic_for_each_panel(release: Path) -> None:
    panels = [p for p in rows(release, "panels") if p["figure_id"].endswith("/two")]
    assert [(p["label"], p["media"], p["width"], p["text"]) for p in sorted(panels, key=lambda p: p["label"])] == [
        ("a", "two-a.jpg", 250, "First two"),
        ("b", "two-b.jpg", 290, "second one"),
    ]
    broken = [p for p in rows(release, "panels") if p["figure_id"].endswith("/bad")]
    assert [p["media"] for p in broken] == [None, None]
    rejects = {r["detail"].split(":")[0].split(" ")[0]: r["reason"] for r in rows(release, "rejects")}
    assert rejects["bad-b.jpg"] == "image_corrupt" and "two-b.jpg" not in rejects


def test_readers_load_them(release: Path) -> None:
    import webdataset as wds
    from datasets import load_dataset

    loaded = load_dataset(str(release / "shards-panels"), "commercial", split="train", streaming=True)
    first = next(iter(loaded))
    assert first["jpg"].size[0] > 30 and first["json"]["panel_id"] and first["txt"]
    shard = next((release / "shards-panels" / "commercial" / "train").rglob("*.tar"))
    assert sum(1 for _ in wds.WebDataset(str(shard), shardshuffle=False)) >= 1


def test_scorers_and_writers_are_given_the_images_of_panels(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copied = tmp_path / "release"
    shutil.copytree(release, copied)
    code, _, err = call(capsys, "score", str(copied), "--with", "image-statistics", "--table", "panels")
    assert code == 0, err
    files = sorted((copied / "scores" / "image-statistics-panels").rglob("*.parquet"))
    entropy = {r["panel_id"]: r["image_statistics_panels_entropy"] for f in files for r in pq.read_table(f).to_pylist()}
    panels = {p["panel_id"]: p for p in rows(release, "panels")}
    assert {p for p, value in entropy.items() if value is not None} == {p for p, r in panels.items() if r["shard"]}
    images = {record["panel_id"]: image for image, _, record in _samples(release).values()}
    for panel, row in panels.items():
        if row["shard"]:
            place = ImagePlace(row["shard"], row["sample_offset"], row["sample_size"], True, row["crop_sha256"])
            assert place.read(release) == images[panel]


def test_the_same_bytes_again(bucket: Path, release: Path, tmp_path: Path) -> None:
    out = tmp_path / "again"
    again = {"source": str(bucket), "out": str(out), "panel_shards": True, "block_articles": 4, **LIGHT}
    mine(load_config(again))
    ours, theirs = (tree(r, "shards", "shards-panels", "tables") for r in (release, out))
    assert ours == theirs and any(name.startswith("shards-panels/") for name in ours)
