"""The demo's articles, from HTTP to what consumers read."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import webdataset
import yaml
from datasets import load_dataset
from PIL import Image

from pmcmine import stream
from pmcmine.demo import BucketServer
from pmcmine.demo.corpus import demo_articles
from schemas import TABLES
from tests.conftest import config_for
from tests.helpers import NO_MODELS, mine, release_json, rows, samples, tree


def reasons(release: Path) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for row in rows(release, "rejects"):
        found.setdefault(row["pmcid"], Counter())[row["reason"]] += 1
    return found


def test_every_hard_case_is_where_it_belongs(demo_release: Path) -> None:
    found = reasons(demo_release)
    assert {k: dict(v) for k, v in found.items()} == {
        "PMC9100001": {"license_not_selected": 1},
        "PMC9100002": {"license_tdm": 1},
        "PMC9100003": {"retracted": 1},
        "PMC9100004": {"retracted": 1},
        "PMC9100005": {"superseded_version": 1},
        "PMC9100006": {"superseded_version": 1},
        "PMC9100007": {"retracted": 2},
        "PMC9100008": {"historical_ocr": 1},
        "PMC9100009": {"xml_malformed": 1},
        "PMC9100010": {"xml_missing": 1},
        "PMC9100011": {"metadata_invalid": 1},
        "PMC9100012": {
            "image_empty": 1, "image_corrupt": 1, "image_unknown_format": 1, "media_missing": 1,
            "checksum_mismatch": 1, "image_blank": 1, "image_tiny": 1,
        },
        "PMC9100016": {"third_party": 1, "no_caption": 1},
        "PMC9100017": {"sub_article": 2, "media_missing": 1, "extra_graphic": 3},
    }  # fmt: skip
    assert {r["pmcid"] for r in rows(demo_release, "tombstones")} == {"PMC9100003", "PMC9100004", "PMC9100007"}


def test_versions_and_licence_groups(demo_release: Path) -> None:
    articles = {a["pmcid"]: a for a in rows(demo_release, "articles")}
    assert articles["PMC9100005"]["version"] == 2 and articles["PMC9100005"]["versions_seen"] == [1, 2]
    assert articles["PMC9100006"]["version"] == 3
    groups = {"CC BY": "commercial", "CC0": "commercial", "CC BY-SA": "commercial", "CC BY-ND": "commercial"}
    for article in demo_articles()[:16]:
        row = articles[f"PMC{article.pmcid}"]
        code = str(article.license_code)
        assert row["license"] == code.replace(" ", "-")
        assert row["license_group"] == groups.get(code, "noncommercial")
        assert row["derivatives_ok"] == ("ND" not in code)
        assert row["authors"][0]["surname"] == "Ødegård"
        assert row["authors"][0]["affiliations"] == ["Institute of Examples, Sample City"]


def test_dialects_and_image_forms(demo_release: Path) -> None:
    figures = rows(demo_release, "figures")
    assert {f["media_rule"] for f in figures if f["media"]} == {"exact", "extension"}
    odd = {f["figure_id"]: f for f in figures if f["pmcid"] == "PMC9100013"}
    forms = [odd[f"PMC9100013.1/fig{i}"] for i in range(1, 6)]
    assert [f["source_format"] for f in forms] == ["JPEG", "PNG", "JPEG", "GIF", "TIFF"]
    assert [f["format"] for f in forms] == ["JPEG", "PNG", "JPEG", "PNG", "PNG"]
    assert [f["mode"] for f in forms][:2] == ["CMYK", "I;16"]
    assert forms[2]["orientation"] == 6


def test_same_bytes_are_marked_and_kept(demo_release: Path) -> None:
    same = [f for f in rows(demo_release, "figures") if f["figure_id"] in ("PMC9100014.1/fig1", "PMC9100015.1/fig1")]
    assert same[0]["sha256"] == same[1]["sha256"]
    marks = {f["figure_id"]: f["duplicate_of"] for f in same}
    assert marks == {"PMC9100014.1/fig1": None, "PMC9100015.1/fig1": "PMC9100014.1/fig1"}


def test_sums_and_files_of_the_release(demo_release: Path) -> None:
    release = release_json(demo_release)
    for s in release["counts"]["stages"]:
        assert s["in"] == s["out"] + s["rejected"], s
    listed = {f["name"]: f["sha256"] for f in release["files"]}
    assert tree(demo_release, "shards", "tables") == listed
    assert not (demo_release / "_work").exists()
    assert "http://127.0.0.1" in release["config"]["source"]


@pytest.mark.parametrize("streaming", [False, True])
def test_datasets_reads_shards_and_tables(demo_release: Path, tmp_path: Path, streaming: bool) -> None:
    counts = release_json(demo_release)["counts"]
    for group in ("commercial", "noncommercial"):
        loaded = load_dataset(str(demo_release / "shards"), group, streaming=streaming, cache_dir=str(tmp_path))
        found = {}
        for split, found_samples in loaded.items():
            read = list(found_samples)
            assert all(isinstance(s["jpg"], Image.Image) and s["txt"] == s["json"]["caption"] for s in read)
            assert all(s["json"]["split"] == split and s["json"]["license_group"] == group for s in read)
            found[f"{group}/{split}"] = len(read)
        assert found == {k: n for k, n in counts["samples"].items() if k.startswith(group + "/")}
        for table in TABLES.values():
            if table.grouped:
                config = f"{table.name}-{group}"
                want = {k: n for k, n in counts["rows"].items() if k.startswith(f"{table.name}/{group}/") and n}
                if want:
                    data = load_dataset(
                        str(demo_release / "tables"), config, streaming=streaming, cache_dir=str(tmp_path)
                    )
                    assert {f"{table.name}/{group}/{s}": sum(1 for _ in d) for s, d in data.items()} == want


def test_webdataset_reads_the_shards(demo_release: Path) -> None:
    total = Counter[str]()
    for group in ("commercial", "noncommercial"):
        for split in ("train", "validation", "test"):
            shards = sorted(str(p) for p in (demo_release / "shards" / group / split).rglob("*.tar"))
            for sample in webdataset.WebDataset(shards, shardshuffle=False, empty_check=False).decode("pil"):
                assert set(sample) >= {"jpg", "txt", "json"}
                assert "." not in sample["__key__"]
                total[f"{group}/{split}"] += 1
    assert dict(total) == release_json(demo_release)["counts"]["samples"]


def test_figure_rows_point_at_their_bytes(demo_release: Path) -> None:
    n = 0
    for figure in rows(demo_release, "figures"):
        if figure["shard"]:
            data = (demo_release / "shards" / figure["shard"]).read_bytes()
            image = data[figure["image_offset"] : figure["image_offset"] + figure["image_bytes"]]
            assert image[:3] == b"\xff\xd8\xff" if figure["format"] == "JPEG" else image[:4] == b"\x89PNG"
            header = data[figure["sample_offset"] : figure["sample_offset"] + 100]
            assert header.rstrip(b"\0") == f"{figure['key']}.jpg".encode()
            n += 1
    assert n == sum(release_json(demo_release)["counts"]["samples"].values())


def _rejected(counts: dict[str, Any], reason: str, unit: str) -> int:
    return sum(r["n"] for r in counts["rejects"] if (r["reason"], r["unit"]) == (reason, unit))


def test_the_card_of_tables_lists_what_can_be_loaded(demo_release: Path) -> None:
    card = (demo_release / "tables" / "README.md").read_text()
    meta = yaml.safe_load(card.split("---\n")[1])
    configs = {(c["config_name"], f["split"]) for c in meta["configs"] for f in c["data_files"]}
    listed = set(re.findall(r"^\| ([a-z_-]+) \| (train|validation|test) \| [\d,]+ \|$", card, re.MULTILINE))
    assert listed == configs and not re.search(r"\| 0 \|$", card, re.MULTILINE)
    assert {n.split("/")[0] for n, rows in release_json(demo_release)["counts"]["rows"].items() if rows} == {
        config.split("-")[0] for config, _ in configs
    }


def test_each_folder_has_a_datasheet_of_its_own_numbers(demo_release: Path) -> None:
    counts = release_json(demo_release)["counts"]
    for folder, counted in (("shards", counts["samples"]), ("tables", counts["rows"])):
        sheet = (demo_release / folder / "datasheet.md").read_text()
        assert all(f"| {name} | {n:,} |" in sheet for name, n in counted.items())
        assert all(r["reason"] in sheet for r in counts["rejects"])
        summary = (demo_release / folder / "TRAINING_CONTENT.md").read_text()
        assert all(f"\n### {section} " in summary for section in ("1.3", "2.1", "2.3", "2.6", "3.1", "3.3"))
        assert f"| {sum(counts['samples'].values()):,} figures with a caption |" in summary
        assert f"| figure | third_party | {_rejected(counts, 'third_party', 'figure')} |" in summary
        cited = (demo_release / folder / "CITATION.cff").read_text()
        assert cited.startswith("cff-version: 1.2.0\n") and "attribution" in cited


def test_stream_reads_shares_and_conditions(demo_release: Path) -> None:
    everything = [s["key"] for s in stream.open(str(demo_release))]
    shares = [[s["key"] for s in stream.open(str(demo_release), rank=r, world_size=3)] for r in range(3)]
    assert sorted(key for share in shares for key in share) == sorted(everything) and len(set(everything)) == len(
        everything
    )
    some = list(stream.open(str(demo_release), where="license = 'CC-BY-NC-ND'", seed=3))
    assert some and all(s["json"]["license"] == "CC-BY-NC-ND" for s in some)
    assert [s["key"] for s in some] == [
        s["key"] for s in stream.open(str(demo_release), where="license = 'CC-BY-NC-ND'", seed=3)
    ]


def test_text_offsets_say_what_the_row_says(demo_release: Path) -> None:
    texts = {p["paragraph_id"]: p["text"] for p in rows(demo_release, "paragraphs")}
    texts |= {f["figure_id"]: f["caption"] for f in rows(demo_release, "figures")}
    n = 0
    for m in rows(demo_release, "mentions"):
        text = texts.get(m["context_id"])
        if text is not None:
            assert text[m["start"] : m["end"]] == m["text"]
            assert text[m["sentence_start"] : m["sentence_end"]] == m["sentence"]
            assert m["text"] in m["sentence"]
            n += 1
    assert n > 50


def test_the_report_is_one_file_without_scripts(demo_release: Path) -> None:
    page = (demo_release / "report.html").read_text("utf-8")
    assert "<script" not in page and 'src="http' not in page and page.count("data:image/jpeg") == 24
    assert "retracted" in page and "noncommercial" in page


def test_bytes_are_the_same_from_a_folder_in_other_blocks(
    demo_release: Path, demo_bucket: Path, tmp_path: Path
) -> None:
    mine(config_for(demo_bucket, tmp_path / "out", block_articles=1, concurrency=3))
    assert rows(tmp_path / "out", "rejects") == rows(demo_release, "rejects")
    assert tree(tmp_path / "out", "shards", "tables") == tree(demo_release, "shards", "tables")
    ours, theirs = release_json(tmp_path / "out"), release_json(demo_release)
    assert ours["snapshot"]["sha256"] == theirs["snapshot"]["sha256"]


def test_a_whole_release_is_left_alone(demo_release: Path, demo_server: BucketServer) -> None:
    before = (demo_release / "release.json").stat().st_mtime_ns
    config = config_for(demo_server.url, demo_release)
    outcome = mine(config)
    assert not outcome.fresh and (demo_release / "release.json").stat().st_mtime_ns == before


def test_seed_changes_the_order_and_nothing_else(demo_release: Path, demo_bucket: Path, tmp_path: Path) -> None:
    mine(config_for(demo_bucket, tmp_path / "out", seed=7, **NO_MODELS))
    other = release_json(tmp_path / "out")
    assert other["counts"]["samples"] == release_json(demo_release)["counts"]["samples"]
    ours, theirs = samples(tmp_path / "out"), samples(demo_release)
    # Group, split, image and caption of each sample; its JSON holds what models say.
    assert {key: s[:4] for key, s in ours.items()} == {key: s[:4] for key, s in theirs.items()}
    assert list(ours) != list(theirs)


def test_metrics_hold_what_varies(demo_release: Path) -> None:
    metrics = json.loads((demo_release / "metrics.json").read_text())
    assert metrics["seconds"] > 0 and metrics["counts"]["samples"] > 0


@pytest.mark.parametrize("name", ["documents", "cases", "captions"])
def test_the_examples_of_the_docs_run_as_written(
    demo_release: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[2] / "docs" / f"{name}.md").read_text("utf-8")
    examples = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    (tmp_path / "release").symlink_to(demo_release)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for example in examples:
        exec(example, names)
    assert examples
