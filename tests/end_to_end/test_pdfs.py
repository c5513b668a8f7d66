"""PDFs as a source, and as a better copy of figures: pairs with page and box, rights, hostile files."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from pmcmine.config import load_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import DemoFigure, many_articles
from pmcmine.demo.pictures import draw, encode
from pmcmine.pdf.convert import read_pdf, to_jats
from pmcmine.pdf.evaluate import evaluate_pdfs
from pmcmine.pdf.extract import Limits
from pmcmine.rejects import Reason, Rejected
from tests.helpers import NO_MODELS, mine, release_json, rows
from tests.test_cli import call

pymupdf = pytest.importorskip("pymupdf")
LIGHT = NO_MODELS | {"near_duplicates": False}
_BODY = (
    "The animals were kept under standard conditions for two weeks before the experiments, as has been described "
    "before in detail, and all procedures were done by the same person. As Figure {} shows, the response was slow."
)


def make_pdf(figures: list[bytes], *, encrypted: bool = False) -> bytes:
    """Two columns, running heads, a drawn chart, and embedded pictures with captions below them."""
    document = pymupdf.open()
    for number, picture in enumerate(figures, 1):
        page = document.new_page(width=595, height=842)
        page.insert_text((60, 40), f"Journal of Examples 12: {number}", fontsize=8)
        if number == 1:
            page.insert_textbox(
                (60, 60, 535, 100), "Slow responses of animals to new compounds", fontsize=18, fontname="hebo"
            )
        top = 120
        page.insert_text((60, top), "2. Methods" if number == 1 else "3. Results", fontsize=10, fontname="hebo")
        page.insert_textbox((60, top + 10, 285, top + 160), _BODY.format(number), fontsize=10)
        page.insert_textbox((310, top + 10, 535, top + 160), _BODY.format(number), fontsize=10)
        page.insert_image((60, 300, 285, 470), stream=picture)
        caption = f"Figure {number}. Histology of group {number}. (A) Control animals. (B) Animals after the treatment."
        page.insert_textbox((60, 476, 285, 530), caption, fontsize=8)
        if number == 1:
            chart = page.new_shape()
            chart.draw_line((330, 460), (330, 310))
            chart.draw_line((330, 460), (520, 460))
            for k, tall in enumerate((60, 120, 90)):
                chart.draw_rect((350 + 50 * k, 460 - tall, 380 + 50 * k, 460))
            chart.finish(fill=(0.2, 0.4, 0.7), color=(0, 0, 0))
            chart.commit()
            page.insert_textbox(
                (310, 476, 535, 530), "Figure 7. Weights of the animals in grams, by group.", fontsize=8
            )
    options = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "user_pw": "x", "owner_pw": "y"} if encrypted else {}
    return bytes(document.tobytes(**options))


@pytest.fixture(scope="module")
def pictures() -> list[bytes]:
    return [encode(draw(("micrograph", "radiograph"), seed, (900, 700)), "JPEG") for seed in (41, 42)]


@pytest.fixture(scope="module")
def good(pictures: list[bytes]) -> bytes:
    return make_pdf(pictures)


def test_pairs_with_page_and_box(good: bytes, pictures: list[bytes]) -> None:
    content, cut = read_pdf(good, Limits())
    assert content["title"] == "Slow responses of animals to new compounds"
    assert [f["label"] for f in content["figures"]] == ["Figure 1", "Figure 7", "Figure 2"]
    assert content["figures"][1]["caption"] == "Weights of the animals in grams, by group."
    assert [p.page for p in cut] == [1, 1, 2]
    x0, y0, x1, y1 = cut[0].box
    assert 57 <= x0 <= 61 and 284 <= x1 <= 288 and 300 < y0 < y1 < 475
    assert cut[0].data == pictures[0] and cut[2].data == pictures[1]  # the embedded bytes, not a rendering
    chart = Image.open(io.BytesIO(cut[1].data))
    assert chart.format == "PNG" and abs(chart.width - (cut[1].box[2] - cut[1].box[0]) * 300 / 72) < 3
    kinds = [(p["kind"], p["text"][:10]) for p in content["content"]]
    assert kinds.count(("heading", "2. Methods")) == 1 and not any(
        "Journal of" in p["text"] for p in content["content"]
    )
    xml = to_jats(content, "PMC1", "10.1/x").decode()
    assert "<title>2. Methods</title>" in xml and 'href="page001-001.jpg"' in xml


def test_a_folder_of_pdfs(good: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "pdfs", tmp_path / "out"
    source.mkdir()
    other = make_pdf([encode(draw(("gel",), 5), "JPEG")])
    files = {
        "PMC9400001.pdf": good,
        "PMC9400002.pdf": good,  # no sidecar: the licence is unknown
        "PMC9400003.pdf": make_pdf([encode(draw(("bars",), 1), "JPEG")], encrypted=True),
        "PMC9400004.pdf": other[: len(other) // 3],
        "PMC9400005.pdf": b"%PDF-1.7 this is none",
        "PMC9400006.pdf": _scan(),
        "article.pdf": other,
    }
    for name, data in files.items():
        (source / name).write_bytes(data)
        if name != "PMC9400002.pdf":
            pmcid = {"pmcid": "PMC9400007"} if name == "article.pdf" else {}
            (source / name).with_suffix(".json").write_text(
                json.dumps({**pmcid, "license_code": "CC BY", "doi": "10.1/x"})
            )
    assert (
        call(capsys, "mine", "--source", str(source), "--out", str(out), "-q", "--max-reject-share", "1", *_light())[0]
        == 0
    )
    assert release_json(out)["snapshot"]["kind"] == "pdf"
    figures = sorted(rows(out, "figures"), key=lambda f: f["figure_id"])
    mined = {a["pmcid"]: a for a in rows(out, "articles")}
    assert set(mined) <= {"PMC9400001", "PMC9400004", "PMC9400007"} and mined["PMC9400001"]["license"] == "CC-BY"
    ours = [f for f in figures if f["pmcid"] == "PMC9400001"]
    assert [f["label"] for f in ours] == ["Figure 1", "Figure 7", "Figure 2"] and all(
        f["shard"] or f["leaks_into"] for f in ours
    )
    assert ours[0]["pdf"]["page"] == 1 and ours[0]["pdf"]["width"] > 200
    assert {p["label"] for p in rows(out, "panels") if p["figure_id"] == ours[0]["figure_id"]} == {"A", "B"}
    assert {m["figure_id"] for m in rows(out, "mentions") if m["pmcid"] == "PMC9400001"} >= {ours[0]["figure_id"]}
    reasons = {r["pmcid"]: r["reason"] for r in rows(out, "rejects") if r["unit"] in ("article", "version")}
    assert reasons["PMC9400002"] == "license_not_selected"
    assert reasons["PMC9400003"] == "pdf_encrypted" and reasons["PMC9400006"] == "pdf_scanned"
    assert reasons["PMC9400005"].startswith("pdf_")


def _light() -> list[str]:
    return [arg for key, value in LIGHT.items() for arg in ("--set", f"{key}={value}")]


def _scan() -> bytes:
    document = pymupdf.open()
    for seed in range(3):
        page = document.new_page()
        page.insert_image(page.rect, stream=encode(draw(("bars",), seed), "JPEG"))
    return bytes(document.tobytes())


def test_bounds_hold(good: bytes) -> None:
    document = pymupdf.open()
    for _ in range(1000):
        document.new_page()
    cases = [
        (bytes(document.tobytes()), Limits(), Reason.PDF_TOO_MANY_PAGES),
        (good, Limits(memory=200 << 20), Reason.PDF_TOO_LARGE),
        (_bomb(), Limits(seconds=2), Reason.PDF_TIMEOUT),
    ]
    for data, limits, reason in cases:
        with pytest.raises(Rejected) as caught:
            read_pdf(data, limits)
        assert caught.value.reason in (reason, Reason.PDF_DAMAGED if reason == Reason.PDF_TOO_LARGE else reason)


def _bomb() -> bytes:
    """A page of text and of very many strokes."""
    document = pymupdf.open()
    page = document.new_page()
    page.insert_textbox((50, 50, 500, 700), "Words of an ordinary page. " * 60, fontsize=8)
    strokes = b"\n".join(
        b"%d %d m %d %d l S" % (i % 500, i % 700, (i * 7) % 500, (i * 13) % 700) for i in range(60_000)
    )
    xref = document.get_new_xref()
    document.update_object(xref, "<<>>")
    document.update_stream(xref, strokes * 20)
    document.xref_set_key(page.xref, "Contents", f"[{page.get_contents()[0]} 0 R {xref} 0 R]")
    return bytes(document.tobytes(deflate=True))


def test_a_pdf_without_an_id_is_one_line(good: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "paper.pdf").write_bytes(good)
    code, _, err = call(capsys, "mine", "--source", str(tmp_path), "--out", str(tmp_path / "out"), "-q")
    assert code == 2 and err.count("\n") == 1 and "paper.pdf: no PMCID" in err


def test_the_pdf_gives_the_larger_picture(pictures: list[bytes], tmp_path: Path) -> None:
    """Media that are small, recompressed copies of what the PDF holds; one has no twin there."""

    def small(data: bytes) -> bytes:
        image = Image.open(io.BytesIO(data))
        smaller = image.resize((image.width // 3, image.height // 3), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        smaller.save(out, "JPEG", quality=45)
        return out.getvalue()

    bucket, out = tmp_path / "bucket", tmp_path / "out"
    figures = (
        *(DemoFigure(bytes=small(p), caption="Histology.") for p in pictures),
        DemoFigure(("lines",), caption="A chart."),
    )
    articles = many_articles(3)
    write_bucket(bucket, [replace(articles[0], figures=figures), *articles[1:]])
    name = "PMC9200001.1"
    (bucket / name / f"{name}.pdf").write_bytes(make_pdf(pictures))
    metadata = bucket / "metadata" / f"{name}.json"
    stated = json.loads(metadata.read_text())
    metadata.write_text(json.dumps({**stated, "pdf_url": f"s3://pmc-oa-opendata/{name}/{name}.pdf"}))
    mine(load_config({"source": str(bucket), "out": str(out), "pdf_figures": True, **LIGHT}))
    ours = sorted((f for f in rows(out, "figures") if f["pmcid"] == "PMC9200001"), key=lambda f: f["ordinal"])
    with Image.open(io.BytesIO(pictures[0])) as full:
        assert [(f["width"], f["height"]) for f in ours[:2]] == [full.size, full.size]
    assert [f["pdf"]["page"] for f in ours[:2]] == [1, 2] and ours[2]["pdf"] is None
    assert all(f["media"] for f in ours)
    assert not any(f["pdf"] for f in rows(out, "figures") if f["pmcid"] != "PMC9200001")


@pytest.mark.real
@pytest.mark.slow  # reads real PDFs of hundreds of pages
def test_real_pdfs_against_their_xml(real_data: Path, tmp_path: Path) -> None:
    for pmcid in ("PMC5282690", "PMC6310588", "PMC4774317", "PMC5061480"):
        for ending in ("pdf", "xml"):
            name = f"{pmcid}.1.{ending}"
            (tmp_path / name).symlink_to(real_data / "pmc-bucket" / f"{pmcid}.1" / name)
    measures, _ = evaluate_pdfs(tmp_path)
    assert measures["pdfs"] == 4 and measures["f1"] > 0.9
