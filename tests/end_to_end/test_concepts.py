"""Concepts in a release: rows, samples, report, and a vocabulary whose names may not be published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from pmcmine import stream
from pmcmine.cli import app
from pmcmine.demo import BucketServer
from pmcmine.errors import PmcmineError
from pmcmine.publish.verify import verify_folder
from pmcmine.vocabulary.atoms import Options
from pmcmine.vocabulary.compile import compile_vocabulary
from pmcmine.vocabulary.formats import open_input
from pmcmine.vocabulary.open import bundled_hpo
from tests.conftest import config_for
from tests.helpers import NO_MODELS, mine, release_json, rows, tree
from tests.pmcmine.conftest import write_meta


@pytest.fixture(scope="module")
def open_vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vocabulary") / "open.vocab"
    compile_vocabulary([open_input(bundled_hpo(), Options())], path, "open")
    return path


def test_rows_point_into_the_texts_and_stand_in_the_samples(
    demo_server: BucketServer, open_vocabulary: Path, tmp_path: Path
) -> None:
    release = tmp_path / "release"
    mine(config_for(demo_server.url, release, **NO_MODELS | {"vocab": str(open_vocabulary)}, link_paragraphs=True))
    found = rows(release, "concepts")
    captions = {r["figure_id"]: r["caption"] for r in rows(release, "figures")}
    paragraphs = {r["paragraph_id"]: r["text"] for r in rows(release, "paragraphs")}
    kinds = set()
    for row in found:
        text = captions[row["context_id"]] if row["context_kind"] == "figure_caption" else paragraphs[row["context_id"]]
        assert text[row["start"] : row["end"]] == row["text"]
        assert row["source_id"].startswith("HP:") and row["name"] and row["vocabulary"] == "HPO"
        assert 0.4 <= row["score"] <= 1
        kinds.add(row["context_kind"])
    assert kinds == {"figure_caption", "paragraph"}
    in_samples = {
        (s["json"]["figure_id"], c["start"], c["source_id"])
        for split in ("train", "validation", "test")
        for s in stream.open(str(release), split=split)
        for c in s["json"]["concepts"]
    }
    in_rows = {(r["context_id"], r["start"], r["source_id"]) for r in found if r["context_kind"] == "figure_caption"}
    assert in_samples and in_samples <= in_rows
    assert release_json(release)["vocabulary"]["names_published"] is True
    page = (release / "report.html").read_text("utf-8")
    assert "Concepts in captions" in page and "HPO" in (release / "tables" / "README.md").read_text("utf-8")
    _asked_by_concept(release, found)


def _asked_by_concept(release: Path, concepts: list[dict[str, Any]]) -> None:
    """A condition finds the rows of a concept and of all below it, and a damaged hierarchy is one line."""
    path = release / "tables" / "concept_parents.parquet"
    edges = pq.read_table(path).to_pylist()
    in_captions = [r for r in concepts if r["context_kind"] == "figure_caption" and not r["negated"]]
    above = {e["parent"] for e in edges if e["source_id"] in {r["source_id"] for r in in_captions}} - {None}
    below = {min(above)}
    while more := {e["source_id"] for e in edges if e["parent"] in below} - below:
        below |= more
    wanted = {r["context_id"] for r in in_captions if r["source_id"] in below}
    where = f"concept_below('{min(above)}')"
    got = {
        s["json"]["figure_id"]
        for split in ("train", "validation", "test")
        for s in stream.open(str(release), split=split, where=where)
    }
    assert got and got == wanted & {r["figure_id"] for r in rows(release, "figures") if r["shard"]}
    by_stats = ["stats", str(release), "--by", "split", "--where", where, "--json"]
    counted = [json.loads(line) for line in CliRunner().invoke(app, by_stats).stdout.splitlines()]
    assert sum(row["figures"] for row in counted) == len(wanted & {r["figure_id"] for r in rows(release, "figures")})
    assert not verify_folder(release).problems
    pq.write_table(pa.table({"source_id": [[1]], "cui": [2.5], "parent": [True]}), path)
    for read in (stream.open, stream.documents):
        with pytest.raises(PmcmineError, match=r"concept_below|where="):
            read(str(release), where=where)


@pytest.mark.slow
def test_the_place_of_the_vocabulary_changes_no_byte_and_another_vocabulary_does(
    demo_server: BucketServer, open_vocabulary: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "elsewhere.vocab"
    moved.write_bytes(open_vocabulary.read_bytes())
    for name, vocab in (("a", open_vocabulary), ("b", moved), ("none", "none")):
        mine(config_for(demo_server.url, tmp_path / name, **NO_MODELS | {"vocab": str(vocab), "limit": 6}))
    assert tree(tmp_path / "a", "shards", "tables") == tree(tmp_path / "b", "shards", "tables")
    assert not rows(tmp_path / "none", "concepts")
    assert release_json(tmp_path / "none")["vocabulary"] is None


def test_names_of_a_restricted_vocabulary_stay_out(demo_server: BucketServer, tmp_path: Path) -> None:
    meta = write_meta(tmp_path / "META")
    conso = (meta / "MRCONSO.RRF").read_text("utf-8")
    # A name that captions of the demo hold, under the licence of UMLS.
    line = "C0000001|ENG|P|L1|PF|S1|Y|A99||M1|D1|MSH|MH|D1|{}|0|N|256|\n"
    words = ("seizures", "tissue", "cells", "fibrosis", "patients", "scale bar", "staining", "expression")
    more = "".join(line.format(w).replace("C0000001", f"C000001{i}") for i, w in enumerate(words))
    (meta / "MRCONSO.RRF").write_text(conso + more, "utf-8")
    vocab = tmp_path / "umls.vocab"
    compile_vocabulary([open_input(meta, Options())], vocab, "umls")
    mine(config_for(demo_server.url, tmp_path / "release", **NO_MODELS | {"vocab": str(vocab)}, concept_min_score=0.0))
    found = rows(tmp_path / "release", "concepts")
    assert found and all(r["name"] is None and r["cui"] for r in found)
    stated = release_json(tmp_path / "release")["vocabulary"]
    assert stated["license_class"] == "umls" and stated["names_published"] is False
    for card in ("shards/README.md", "tables/README.md"):
        assert "forbids publishing its names" in (tmp_path / "release" / card).read_text("utf-8")
    report = (tmp_path / "release" / "report.html").read_text("utf-8")
    assert "names are not published" in report
    assert "Hypertensive disease" not in json.dumps(found)
