"""Real PMC articles: every one a row or a reject, every figure, every image."""

from __future__ import annotations

import io
import json
import random
import tarfile
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import webdataset
from datasets import load_dataset
from lxml import etree
from PIL import Image

from pmcmine.demo import BucketServer, Faults
from pmcmine.rights.licenses import group_of, parse_license
from tests.conftest import config_for
from tests.helpers import NO_MODELS, mine, release_json, rows, tree

# All of them read a release of real articles, which takes a minute to mine.
pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def bucket_release(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("real") / "release"
    assert not mine(config_for(real_data / "pmc-bucket", out, max_reject_share=0.1)).above_threshold
    return out


@pytest.fixture(scope="module")
def bulk_release(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bulk") / "release"
    light = NO_MODELS | {"near_duplicates": False, "max_reject_share": 0.1}  # the test of the bucket has all of these
    assert not mine(config_for(real_data / "oa_bulk", out, **light)).above_threshold
    return out


def real_xml(folder: Path) -> dict[str, bytes]:
    found = {p.name.split(".")[0]: p.read_bytes() for p in folder.glob("PMC*/*.xml")}
    for path in folder.glob("*.tar.gz"):
        with tarfile.open(path) as archive:
            for member in archive:
                stream = archive.extractfile(member)
                if stream is not None and member.name.endswith(".xml"):
                    found[Path(member.name).stem] = stream.read()
    return found


def accounted(release: Path, xml: dict[str, bytes]) -> None:
    """Every article and every `<fig>` of the XML is a row or a reject."""
    articles = {a["pmcid"] for a in rows(release, "articles")}
    rejects = rows(release, "rejects")
    dropped = {r["pmcid"] for r in rejects if r["unit"] in ("article", "version")}
    assert articles | dropped == xml.keys() and not articles & dropped
    figures = Counter((f["pmcid"], f["xml_id"]) for f in rows(release, "figures"))
    figures += Counter(
        (r["pmcid"], r["figure_id"].split("/", 1)[1])
        for r in rejects
        if r["unit"] == "figure" and r["stage"] == "extract"
    )
    for pmcid in articles:
        for fig in etree.fromstring(xml[pmcid], etree.XMLParser(load_dtd=False, no_network=True)).iter("fig"):
            assert figures[pmcid, fig.get("id")] == 1, (pmcid, fig.get("id"))


def test_bucket_articles_and_figures_are_accounted_for(bucket_release: Path, real_data: Path) -> None:
    accounted(bucket_release, real_xml(real_data / "pmc-bucket"))


def test_bulk_articles_and_figures_are_accounted_for(bulk_release: Path, real_data: Path) -> None:
    accounted(bulk_release, real_xml(real_data / "oa_bulk"))


def test_all_images_end_as_samples_or_rejects_in_the_right_group(bucket_release: Path, real_data: Path) -> None:
    figures = rows(bucket_release, "figures")
    images = {
        (p.parent.name, p.name) for p in (real_data / "pmc-bucket").glob("PMC*/*") if p.suffix in (".jpg", ".png")
    }
    assert len(images) == 389
    sampled = {(f["article_id"], f["media"]): f for f in figures if f["shard"]}
    refused = {(f["article_id"], f["media"]) for f in figures if f["media"] and not f["shard"]}
    unused = {
        (r["article_id"], r["detail"].split(" (")[0]) for r in rows(bucket_release, "rejects") if r["unit"] == "graphic"
    }
    # Media of a figure that others hold the rights of are not even looked up.
    closed = Counter(r["article_id"] for r in rows(bucket_release, "rejects") if r["reason"] == "third_party")
    accounted_for = sampled.keys() | refused | unused
    assert accounted_for <= images
    assert Counter(article for article, _ in images - accounted_for) == closed
    assert len(sampled) > 375
    same = 0
    for (article_id, _), figure in sampled.items():
        meta = json.loads((real_data / "pmc-bucket" / "metadata" / f"{article_id}.json").read_text("utf-8"))
        group = group_of(parse_license(meta["license_code"])).value
        # The article's and the figure's own words may narrow what the metadata states, never widen it.
        order = ("commercial", "noncommercial", "other")
        assert order.index(figure["license_group"]) >= order.index(group)
        same += figure["license_group"] == group
        assert figure["shard"].startswith(figure["license_group"] + "/" + figure["split"] + "/")
    assert same > 0.97 * len(sampled)


def test_the_image_is_the_file_that_the_rule_names(bucket_release: Path, real_data: Path) -> None:
    for figure in rows(bucket_release, "figures"):
        if figure["shard"]:
            shard = (bucket_release / "shards" / figure["shard"]).read_bytes()
            image = shard[figure["image_offset"] : figure["image_offset"] + figure["image_bytes"]]
            assert image == (real_data / "pmc-bucket" / figure["article_id"] / figure["media"]).read_bytes()
            href = next(g["href"] for g in figure["graphics"] if g["media"] == figure["media"])
            assert figure["media"].startswith(href) if figure["media_rule"] == "extension" else figure["media"] == href
            with Image.open(io.BytesIO(image)) as opened:
                assert opened.size == (figure["width"], figure["height"])


def test_captions_agree_with_the_xml(bucket_release: Path, real_data: Path) -> None:
    """Letters and digits of a caption and of the texts beside it, in order, are those of the XML."""

    def bare(text: str) -> str:
        return "".join(c for c in text if c.isalnum())

    xml = real_xml(real_data / "pmc-bucket")
    trees = {p: etree.fromstring(x, etree.XMLParser(load_dtd=False, no_network=True)) for p, x in xml.items()}
    figures = rows(bucket_release, "figures")
    checked = 0
    for figure in random.Random(0).sample(figures, 200):
        element = next((e for e in trees[figure["pmcid"]].iter("fig") if e.get("id") == figure["xml_id"]), None)
        if element is None or element.find("caption") is None or element.find(".//{*}math") is not None:
            continue
        if element.find("caption//tex-math") is None:
            parts = [element.find("caption"), *element.iterchildren("p", "attrib", "statement")]
            assert bare(figure["caption"] or "") == bare("".join(text for part in parts for text in part.itertext()))
            checked += 1
    assert checked > 150


def test_text_offsets(bulk_release: Path) -> None:
    texts = {p["paragraph_id"]: p for p in rows(bulk_release, "paragraphs")}
    n = 0
    for m in rows(bulk_release, "mentions"):
        if m["context_kind"] == "paragraph":
            text = texts[m["context_id"]]["text"]
            assert text[m["start"] : m["end"]] == m["text"] and m["text"] in m["sentence"]
            n += 1
    assert n > 15_000
    for p in texts.values():
        assert p["text"] == p["text"].strip(" ") and "documentclass" not in p["text"]
        assert all(0 <= c["start"] <= c["end"] <= len(p["text"]) for c in p["citations"])
    assert len(texts) == release_json(bulk_release)["counts"]["stages"][4]["out"]


def test_consumers_count_what_the_release_states(bucket_release: Path, tmp_path: Path) -> None:
    counts = release_json(bucket_release)["counts"]
    for group in ("commercial", "noncommercial"):
        for streaming in (True, False):
            loaded: Any = load_dataset(
                str(bucket_release / "shards"), group, streaming=streaming, cache_dir=str(tmp_path)
            )
            for split, samples in loaded.items():
                assert sum(1 for _ in samples) == counts["samples"][f"{group}/{split}"]
        shards = sorted(str(p) for p in (bucket_release / "shards" / group / "train").rglob("*.tar"))
        read = sum(1 for _ in webdataset.WebDataset(shards, shardshuffle=False).decode("pil"))
        assert read == counts["samples"][f"{group}/train"]


def test_the_same_bytes_over_a_failing_server(bucket_release: Path, real_data: Path, tmp_path: Path) -> None:
    with BucketServer(real_data / "pmc-bucket", Faults(share=0.1)) as server:
        mine(config_for(server.url, tmp_path / "out", retries=8))
        assert sum(server.faults_given.values()) > 30
    assert tree(tmp_path / "out", "shards", "tables") == tree(bucket_release, "shards", "tables")


def test_the_same_bytes_over_http(bucket_release: Path, real_data: Path, tmp_path: Path) -> None:
    """The folder behind a plain file server, which can't list like S3: the inventory is found in its index page."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(real_data / "pmc-bucket")))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        mine(config_for(f"http://127.0.0.1:{server.server_address[1]}/", tmp_path / "out"))
    finally:
        server.shutdown()
        server.server_close()
    assert tree(tmp_path / "out", "shards", "tables") == tree(bucket_release, "shards", "tables")
    ours, theirs = release_json(tmp_path / "out"), release_json(bucket_release)
    assert ours["snapshot"]["sha256"] == theirs["snapshot"]["sha256"]
