"""Captions in context: the column, the key of samples, the stream, pointers and their texts."""

from __future__ import annotations

import json
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pmcmine import stream
from pmcmine.config import load_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import DemoArticle, DemoFigure, article_files, many_articles
from pmcmine.errors import PmcmineError
from pmcmine.pointers.rehydrate import rehydrate
from tests.helpers import mine, rows
from tests.tiny_release import write_release

LIGHT: dict[str, Any] = {
    "vocab": "none", "image_kinds": False, "languages": False, "classify": False, "near_duplicates": False,
}  # fmt: skip
GROUPS = ("commercial", "noncommercial", "other")
CAPTION = (
    "Response to TNF in mice. (A) Liver after LPS. (B) Spleen after LPS. (C) Lung. (D) Gut. Scale bars show 50 μm."
)
BODY = """<sec><title>3.1. Inflammation after treatment</title>
<p>Mice got lipopolysaccharide (LPS) and then tumour necrosis factor (TNF). They are shown ({link}).
The liver was inflamed within a day ({link}A) [<xref ref-type="bibr" rid="r1">1</xref>].
The spleen grew to twice its size ({link}B). The spleen grew to twice its size ({link}B).
All four organs of these mice were compared ({link}). Response to TNF in mice ({link}).
Mrs Jane Miller, MRN 4711-0815, gave the first of the samples ({link}).</p>
<fig id="ctx"><label>Figure 9</label><caption><p>{caption}</p></caption><graphic xlink:href="{href}"/></fig></sec>"""


def _article(article: DemoArticle) -> DemoArticle:
    article = replace(article, figures=(DemoFigure(("micrograph", "bars", "gel", "lines"), seed=31),))
    href = next(n for n in article_files(article)[0] if not n.endswith((".xml", ".json"))).rsplit("/", 1)[1]
    link = '<xref ref-type="fig" rid="ctx">Fig. 9</xref>'
    return replace(article, body=BODY.format(link=link, caption=CAPTION, href=href))


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("context")
    free, closed = many_articles(2)
    articles = [replace(_article(free), license_code="CC BY"), replace(_article(closed), license_code="CC BY-NC-ND")]
    write_bucket(folder, articles)
    return folder


def _mined(bucket: Path, out: Path, **keys: Any) -> Path:
    mine(load_config({**LIGHT, "source": str(bucket), "out": str(out), "shard_bytes": 1_000_000, **keys}))
    return out


@pytest.fixture(scope="module")
def release(bucket: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _mined(bucket, tmp_path_factory.mktemp("release") / "out", panel_shards=True, groups=GROUPS)


def _texts(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(p["kind"], p["text"]) for p in row["context"]]


def test_a_figure_has_its_context(release: Path) -> None:
    figure = next(f for f in rows(release, "figures") if f["xml_id"] == "ctx")
    kinds = [p["kind"] for p in figure["context"]]
    assert kinds == sorted(kinds, key=["abbreviation", "sentence", "section"].index)
    said = _texts(figure)
    assert said[:2] == [("abbreviation", "tumour necrosis factor"), ("abbreviation", "lipopolysaccharide")]
    assert [p["short"] for p in figure["context"]][:3] == ["TNF", "LPS", None]
    sentences = [text for kind, text in said if kind == "sentence"]
    assert sentences == [
        "The liver was inflamed within a day (Fig. 9A) [1].",
        "The spleen grew to twice its size (Fig. 9B).",
        "All four organs of these mice were compared (Fig. 9).",
    ]  # no repetition, nothing of the caption, no name of a patient, nothing that only points
    assert said[-1] == ("section", "3.1. Inflammation after treatment")


def test_words_are_those_of_their_source(release: Path) -> None:
    texts = {p["paragraph_id"]: p["text"] for p in rows(release, "paragraphs")}
    texts |= {f["figure_id"]: f["caption"] for f in rows(release, "figures")}
    found = [p for table in ("figures", "panels") for row in rows(release, table) for p in row["context"]]
    assert {p["kind"] for p in found} >= {"introduction", "abbreviation", "sentence", "shared", "section"}
    for part in found:
        assert part["start"] is None or part["text"] == texts[part["source_id"]][part["start"] : part["end"]]


def test_a_panel_has_its_context(release: Path) -> None:
    panels = {p["label"]: p for p in rows(release, "panels") if p["figure_id"].endswith("/ctx")}
    said = _texts(panels["B"])
    assert said[0] == ("introduction", "Response to TNF in mice.")
    sentences = [text for kind, text in said if kind == "sentence"]
    assert sentences[0] == "The spleen grew to twice its size (Fig. 9B)."
    assert not any("9A" in s for s in sentences)
    assert ("shared", "Scale bars show 50 μm.") in said
    assert stream.enriched_caption(panels["B"], 12, lambda text: len(text.split())) == (
        "Response to TNF (tumour necrosis factor) in mice. Spleen after LPS (lipopolysaccharide)."
    )


def _json_of(release: Path, dataset: str) -> list[dict[str, Any]]:
    found = []
    for path in sorted((release / dataset).rglob("*.tar")):
        with tarfile.open(path) as tar:
            for member in tar:
                if member.name.endswith(".json"):
                    stream_ = tar.extractfile(member)
                    assert stream_ is not None
                    found.append(json.load(stream_))
    return found


def test_samples_of_figures_and_panels_hold_the_same(release: Path) -> None:
    for dataset, table, key in (("shards", "figures", "figure_id"), ("shards-panels", "panels", "panel_id")):
        by_id = {row[key]: row for row in rows(release, table)}
        found = _json_of(release, dataset)
        assert any(s["context"] for s in found)
        for sample in found:
            assert [(p["kind"], p["text"]) for p in sample["context"]] == _texts(by_id[sample[key]])
            assert stream.enriched_caption(sample, 77) == stream.enriched_caption(by_id[sample[key]], 77)


def test_the_stream_composes_within_a_budget(release: Path) -> None:
    def read(**keys: Any) -> dict[str, str]:
        found = {}
        for split in stream.SPLITS:
            found |= {s["key"]: s["txt"] for s in stream.open(str(release), split=split, **keys)}
        return found

    full, whole = read(), read(caption="enriched")
    assert full.keys() == whole.keys()
    key = next(k for k, text in full.items() if text == CAPTION)
    assert whole[key].startswith("Response to TNF (tumour necrosis factor) in mice. (A) Liver after LPS (lipopoly")
    assert whole[key].endswith("All four organs of these mice were compared. Section: Inflammation after treatment.")
    for tokens in (10, 77, 256):
        cut = read(caption="enriched", tokens=tokens, tokenizer=str.split)
        assert all(len(text.split()) <= tokens for text in cut.values())
    assert read(caption="enriched", tokens=10, tokenizer=str.split, columns=["doi"]) == read(
        caption="enriched", tokens=10, tokenizer=str.split
    )


def test_a_state_is_of_its_budget_and_tokenizer(release: Path) -> None:
    samples = stream.open(str(release), caption="enriched", tokens=77)
    state = samples.state_dict()
    samples.load_state_dict(state)
    for other in ({"tokens": 256}, {"tokens": 77, "tokenizer": str.split}, {}):
        with pytest.raises(PmcmineError, match="another release, condition, split, columns or caption"):
            stream.open(str(release), caption="enriched", **other).load_state_dict(state)


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ({"caption": "enrich"}, "did you mean 'enriched'"),
        ({"caption": "enriched+mentions"}, "choose from"),
        ({"caption": "enriched", "tokens": 0}, "give a number from 1"),
        ({"caption": "enriched", "tokens": True}, "give a number from 1"),
        ({"caption": "enriched", "tokens": 7.5}, "give a number from 1"),
        ({"tokens": 77}, "of caption='enriched'"),
        ({"caption": "full+mentions", "tokenizer": str.split}, "of caption='enriched'"),
        ({"caption": "enriched", "tokenizer": lambda text: [0] * 77}, "pads or cuts"),
    ],
)
def test_wrong_options_are_one_line(release: Path, keys: dict[str, Any], line: str) -> None:
    with pytest.raises(PmcmineError, match=line) as error:
        stream.open(str(release), **keys)
    assert "\n" not in str(error.value)


def test_a_release_without_contexts_says_so(tmp_path: Path) -> None:
    write_release(tmp_path, 3)
    with pytest.raises(PmcmineError, match="made by an earlier version"):
        list(stream.open(str(tmp_path), caption="enriched", check=False))


def test_pointers_have_places_without_words_and_are_filled_in(bucket: Path, release: Path, tmp_path: Path) -> None:
    pointed = _mined(bucket, tmp_path / "pointed", groups=("commercial",), pointers=True)
    hidden = [r for t in ("figures", "panels") for r in rows(pointed, t) if r["withheld"] and r["context"]]
    assert hidden
    for row in hidden:
        assert all(p["text"] is None and p["short"] is None for p in row["context"] if p["kind"] != "section")
        assert "inflamed" not in stream.enriched_caption(row, 77)
    config = load_config({**LIGHT, "source": str(bucket), "out": str(tmp_path / "unused")})
    assert rehydrate(str(pointed), config, str(tmp_path / "filled"), images=False).left.total() == 0
    for table, key in (("figures", "figure_id"), ("panels", "panel_id")):
        by_id = {r[key]: r for r in rows(release, table)}
        filled = rows(tmp_path / "filled", table)
        assert filled
        assert all(r["context"] == by_id[r[key]]["context"] for r in filled)
