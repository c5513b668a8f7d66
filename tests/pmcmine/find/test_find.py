"""Searches: what is found, that filters hold, that an index built again is equal, and that hostile files are one line."""

from __future__ import annotations

import io
import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests

import pmcmine
from classifiers.scorers.queries import encoders
from pmcmine.errors import PmcmineError
from pmcmine.find import vectors
from pmcmine.find.hits import Search, snippet_of
from pmcmine.find.layout import VectorFacts, cells
from pmcmine.find.layout import vectors as vectors_file
from pmcmine.publish.verify import verify_folder
from tests.helpers import add_concepts, rows, tree
from tests.test_cli import call


@pytest.fixture(scope="module")
def indexed(demo_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo's release with vectors of images, concepts and an index."""
    from pmcmine.cli import main

    release = tmp_path_factory.mktemp("indexed") / "release"
    shutil.copytree(demo_release, release)
    _write_concepts(release)
    for args in (["score", str(release), "--with", "image-embedding"], ["index", str(release)]):
        with pytest.raises(SystemExit) as done:
            main(args)
        assert not done.value.code
    return release


def _write_concepts(release: Path) -> None:
    """The first figure names a kind of tumour, the second one says that there is none."""
    figures = sorted(f["figure_id"] for f in rows(release, "figures") if f["caption"])[:2]
    add_concepts(
        release, [(figure, "X:2", "Glomus tumour", "glomus tumour") for figure in figures],
        [("X:0", None, None, "All"), ("X:1", None, "X:0", "Neoplasm"), ("X:2", None, "X:1", "Glomus tumour")], frozenset(figures[1:]),
    )  # fmt: skip


def test_words_find_the_captions_that_hold_them(indexed: Path) -> None:
    for hit in pmcmine.search(indexed, "survival curves", k=5):
        assert hit.ranks == {"words": hit.ranks["words"]} and {"survival", "curve"} & set(
            hit.text.lower().replace("s ", " ").split()
        )
        assert (
            hit.license and hit.link == f"https://pmc.ncbi.nlm.nih.gov/articles/{hit.pmcid}/" and hit.id in hit.source
        )
    figures = {f["figure_id"]: f for f in rows(indexed, "figures")}
    caption = max((f["caption"] or "" for f in figures.values()), key=len)
    best = pmcmine.search(indexed, caption[:300], k=1)[0]
    assert figures[best.id]["caption"] == caption
    assert pmcmine.search(indexed, "zzzyqx") == []


def test_filters_hold_for_every_list(indexed: Path) -> None:
    figures = {f["figure_id"]: f for f in rows(indexed, "figures")}
    year = max(f["year"] for f in figures.values())
    with Search(indexed, encoders=encoders()) as searching:
        image = _image(indexed)
        for hits in (
            searching("figure of the patient", where=f"year = {year}"),
            searching(image=image, where=f"year = {year}"),
        ):
            assert hits and all(figures[h.id]["year"] == year for h in hits)
        with pytest.raises(PmcmineError, match="yaer"):
            searching("figure", where="yaer = 3")


def _image(release: Path) -> bytes:
    from pmcmine import stream

    data: bytes = next(iter(stream.open(str(release))))["jpg"]
    return data


def test_an_image_finds_itself(indexed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pmcmine import stream

    sample = next(iter(stream.open(str(indexed))))
    (tmp_path / "a.jpg").write_bytes(sample["jpg"])
    code, out, err = call(capsys, "search", str(indexed), "--image", str(tmp_path / "a.jpg"), "--k", "3", "--json")
    assert code == 0, err
    same = {f["figure_id"] for f in rows(indexed, "figures") if f["sha256"] == sample["json"]["sha256"]}
    assert json.loads(out)["hits"][0]["id"] in same
    code, out, err = call(capsys, "search", str(indexed), "patient", "--k", "2")
    assert code == 0 and out.count("pmc.ncbi.nlm.nih.gov") == 2


def test_concepts_bring_what_lies_below_them(indexed: Path) -> None:
    first, second = sorted(f["figure_id"] for f in rows(indexed, "figures") if f["caption"])[:2]
    with Search(indexed) as searching:
        (hit,) = searching("any glomus tumours of 2020", by=["concepts"]) or searching("glomus tumour", by=["concepts"])
        assert hit.id == first != second and hit.concepts == ("X:2",)
        # A concept above it is found by its name, which no caption says; the top of the hierarchy is everything.
        (hit,) = searching("all kinds of neoplasm", by=["concepts"])
        assert hit.id == first and "X:1" in hit.concepts and "X:0" not in hit.concepts


def test_paragraphs_come_with_their_source(indexed: Path) -> None:
    paragraph = next(p for p in rows(indexed, "paragraphs") if len(p["text"]) > 100)
    hits = pmcmine.retrieve(indexed, paragraph["text"][:200], k=3)
    assert paragraph["text"] in {h.text for h in hits} and all(h.attribution in h.source for h in hits)


def test_an_index_built_again_is_equal_and_part_of_the_release(
    indexed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(indexed, "index", ".")
    assert call(capsys, "index", str(indexed))[0] == 0
    assert tree(indexed, "index", ".") == before
    assert not [p for p in verify_folder(indexed).problems if "concept" not in p]


def test_an_index_of_another_state_is_refused(indexed: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(indexed, copy)
    said = json.loads((copy / "index" / "index.json").read_text())
    said["of"] = dict.fromkeys(said["of"], "0" * 64)
    (copy / "index" / "index.json").write_text(json.dumps(said))
    with pytest.raises(PmcmineError, match="earlier state; run `pmcmine index"):
        pmcmine.search(copy, "patient")
    shutil.rmtree(copy / "index")
    with pytest.raises(PmcmineError, match="has no index"):
        pmcmine.search(copy, "patient")


def _hostile(said: dict[str, Any], change: str) -> None:
    figures = said["tables"]["figures"]
    if change == "documents":
        figures["documents"] = 1 << 40
    elif change == "few documents":
        figures["documents"] = 1
    elif change == "mean":
        figures["mean_length"] = 0
    elif change == "width":
        figures["vectors"]["image"]["width"] = 3
    elif change == "cells":
        figures["vectors"]["image"]["cells"] = 1 << 30
    elif change == "list":
        said["tables"] = []
    elif change == "format":
        said["format"] = 99


@pytest.mark.parametrize(
    "change", ["documents", "few documents", "mean", "width", "cells", "list", "format", "not json", "deep"]
)
def test_hostile_facts_are_one_line(indexed: Path, tmp_path: Path, change: str) -> None:
    path = tmp_path / "release"
    shutil.copytree(indexed, path, ignore=shutil.ignore_patterns("shards*", "state"))
    facts = path / "index" / "index.json"
    said = json.loads(facts.read_text())
    _hostile(said, change)
    facts.write_text({"not json": "{", "deep": "[" * 100_000}.get(change, json.dumps(said)))
    with pytest.raises(PmcmineError) as error:
        encode = {"image": lambda facts, data: np.ones(1024, np.float32)}
        pmcmine.search(path, "the patient with a figure of survival", image=b"x", encoders=encode)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name", ["figures_postings", "figures_documents", "figures_image_vectors", "figures_image_cells"]
)
def test_hostile_files_are_one_line(indexed: Path, tmp_path: Path, name: str) -> None:
    whole = (indexed / "index" / f"{name}.parquet").read_bytes()
    other = io.BytesIO()
    pq.write_table(pa.table({"term": ["a"], "doc": [-5]}), other)
    path = tmp_path / "release"
    shutil.copytree(indexed, path, ignore=shutil.ignore_patterns("shards*", "state"))
    half = len(whole) // 2
    for data in (b"", whole[:half], whole[:4] + bytes(half) + whole[half + 4 :], other.getvalue()):
        (path / "index" / f"{name}.parquet").write_bytes(data)
        try:
            with Search(path, encoders={"image": lambda facts, data: np.ones(1024, np.float32)}) as searching:
                searching("patient survival", image=b"x")
        except PmcmineError as error:
            assert "\n" not in str(error)


class _Folder:
    """Opens files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.said, self._folder = str(folder), folder

    def open(self, name: str) -> BinaryIO:
        return (self._folder / name).open("rb")


def test_vectors_in_cells_find_nearly_what_brute_force_finds(tmp_path: Path) -> None:
    r = np.random.default_rng(1)
    middles = r.normal(size=(60, 48))
    x = vectors.unit((middles[r.integers(0, 60, 9_000)] + r.normal(size=(9_000, 48)) * 0.7).astype(np.float32))
    found = vectors.fit_cells(x, len(x))
    of = vectors.assign(x, found)
    (tmp_path / "index").mkdir()
    with (tmp_path / cells("figures", "text")).open("wb") as stream:
        vectors.write_cells(stream, found, None)
    docs = np.arange(len(x), dtype=np.int32)
    with (tmp_path / vectors_file("figures", "text")).open("wb") as stream:
        vectors.write_vectors(stream, ((docs[of == c], x[of == c].astype(np.float16)) for c in range(len(found))))
    opened = vectors.Vectors(_Folder(tmp_path), "figures", "text", VectorFacts("s", {}, {}, len(x), 48, len(found)))
    allowed = r.random(len(x)) < 0.05
    hits = 0
    for q in x[:50]:
        true = set(np.argsort(-(x @ q), kind="stable")[:10].tolist())
        hits += len(true & {d for d, _ in opened.nearest(q, 10, None, len(x))})
        assert all(allowed[d] for d, _ in opened.nearest(q, 10, allowed, len(x)))
    assert hits / 500 > 0.9 and len(found) > 50


def test_a_snippet_shows_the_words(indexed: Path) -> None:
    text = "word " * 100 + "the lesion of the liver " + "word " * 100
    assert "lesion of the liver" in snippet_of(text, ["lesion", "liver"]) and len(snippet_of(text, ["lesion"])) < 210


def test_a_page_gets_ids_in_order_and_what_is_like_a_row(indexed: Path) -> None:
    with Search(indexed) as searching:
        hits = searching("survival curves", k=20)
        assert searching.ids("survival curves", most=20) == [hit.id for hit in hits]
        assert "image" in searching.vectors
        image = _image(indexed)
        first = next(f for f in rows(indexed, "figures") if f["shard"] and f["sha256"] == sha256(image).hexdigest())
        found = searching.like(first["figure_id"], most=5)
    with Search(indexed, encoders=encoders()) as searching:
        by_pixels = [h.id for h in searching(image=image, k=6) if h.id != first["figure_id"]]
    assert found == by_pixels[:5]
    with Search(indexed) as searching:
        assert searching.like("no such figure") == [] == searching.like(first["figure_id"], what="text")


def test_a_condition_on_a_concept_can_be_asked_again(indexed: Path) -> None:
    with Search(indexed) as searching:
        found = [searching.ids("figure survival tumour", where="concept_below('X:1')") for _ in range(2)]
    assert found[0] == found[1]


def test_the_page_searches_by_the_index(indexed: Path) -> None:
    from pmcmine.browse.data import ReleaseData

    data = ReleaseData(indexed)
    named = [f["figure_id"] for f in sorted(rows(indexed, "figures"), key=lambda f: f["figure_id"]) if f["caption"]][:2]
    assert data.info()["search"]["index"] and not data.hint
    with Search(indexed) as searching:
        assert data.figures({"text": "survival curves"}, 0)["ids"] == searching.ids("survival curves")[:100]
        like = data.figures({"like": named[0], "license": "CC-BY"}, 0)
        assert like["ids"] == searching.like(named[0], where="license = 'CC-BY'") and like["where"] is None
    below = data.figures({"concept": "X:1"}, 0)
    assert below["ids"] == named[:1] and below["where"] == "concept_below('X:1')"
    # Chosen and counted is what captions affirm: the second one says that there is none.
    assert data.counts({"concept": "X:1"})["concept"] == [{"value": "X:2", "name": "Glomus tumour", "n": 1}]
    # Those offered by name have the number of figures that the filter would give, also if none names them itself.
    assert [(v["value"], v["n"]) for v in data.suggest("concept", "GLOMUS")] == [("X:2", 1)]
    assert [(v["value"], v["n"]) for v in data.suggest("concept", "neopl")] == [("X:1", 1)]


def test_the_page_searches_by_an_image_of_ones_own(indexed: Path) -> None:
    from pmcmine.browse.data import ReleaseData
    from pmcmine.browse.server import BrowseServer

    figure = next(f for f in rows(indexed, "figures") if f["shard"])
    data = ReleaseData(indexed, encoders())
    image = data.image(figure["figure_id"])
    assert image is not None

    def show(body: bytes, kind: str) -> tuple[int, dict[str, Any]]:
        answer = requests.post(f"{page.url}api/like", body, headers={"Content-Type": kind}, timeout=60)
        return answer.status_code, answer.json()

    with BrowseServer(data) as page:
        code, said = show(image.data, image.type)
        assert code == 200
        found = data.figures({"like": said["like"]}, 0)
        alike = [f for f in rows(indexed, "figures") if f["figure_id"] in found["ids"][:2]]
        assert figure["sha256"] in {f["sha256"] for f in alike} and found["where"] is None
        assert "your image" in found["notes"][0]
        narrowed = data.figures({"like": said["like"], "license": "CC-BY"}, 0)["figures"]
        assert narrowed and all(f["license"] == "CC-BY" for f in narrowed)
        assert data.counts({"like": said["like"]})["license"]
        assert show(b"\xff\xd8no", "image/jpeg") == (400, {"error": "can't be decoded; give a JPEG or PNG"})
        assert show(b"<svg/>", "image/svg+xml") == (400, {"error": "give a JPEG or PNG"})
        elsewhere = requests.get(f"{page.url}api/figures", {"like": "image:0"}, timeout=60)
        assert elsewhere.status_code == 400 and "choose it again" in elsewhere.json()["error"]
