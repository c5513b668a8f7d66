"""Privacy flags of text and images, patients, and their columns."""

from __future__ import annotations

import json
import random
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from classifiers.enrichers.figure_privacy import _in_image
from classifiers.images.generate import PAINTERS
from classifiers.images.kinds import KINDS
from classifiers.privacy import images, writing
from classifiers.privacy.evaluate import LABELS, read_gold
from classifiers.privacy.evaluate_images import LABELS as IMAGE_LABELS
from classifiers.privacy.evaluate_images import Label, read_labels
from classifiers.privacy.patients import patients
from classifiers.privacy.text import flags
from pmcmine.config import load_config
from pmcmine.errors import GoldError, PmcmineError
from pmcmine.images.opencv import opencv
from pmcmine.images.pyramid import Pyramid
from pmcmine.miner.enrichers import enrich_figures, info
from schemas.figure import Figure, ImageKindScores
from tests.test_cli import call


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("Write to j.doe-2@clinic.example.org for data.", "email", "j.doe-2@clinic.example.org"),
        ("Tel: +49 30 1234 5678 was called.", "phone", "Tel: +49 30 1234 5678"),
        ("Hospital number: AB12345 was traced.", "record_number", "Hospital number: AB12345"),
        ("Mrs. Smith was admitted to the hospital.", "name", "Mrs. Smith"),
        ("A boy named Karim presented with fever.", "name", "boy named Karim"),
        ("A 93-year-old man died on 12 March 2019.", "age_over_89", "93-year-old"),
        ("A 93-year-old man died on 12 March 2019.", "date", "12 March 2019"),
    ],
)
def test_identifiers_are_flagged_where_they_stand(text: str, kind: str, said: str) -> None:
    assert said in [text[f.start : f.end] for f in flags(text) if f.kind == kind and f.score >= 0.5]


@pytest.mark.parametrize(
    "text",
    [
        "SYBR Green PCR Master Mix was used at 94 °C for 90 min.",
        "A 54-year-old man presented on 12 March 2019.",
        "Values were 0.93 (0.90–0.97) and 1,200–1,300 in 90% of cases; case number 3 was excluded.",
        "The mice were 90 days old; MSH2 and MRN complexes were seen.",
    ],
)
def test_what_identifies_nobody_is_not_flagged(text: str) -> None:
    assert not [f for f in flags(text) if f.score >= 0.5]


def test_thanks_are_flagged_faintly() -> None:
    assert [f.score for f in flags("We thank Ms. Carolyn Doyle for her help.")] == [0.3]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_flags_lie_inside_of_any_text(text: str) -> None:
    for f in flags(text):
        assert 0 <= f.start < f.end <= len(text) and 0 < f.score <= 1
    for p in patients(text):
        assert 0 <= p.start < p.end <= len(text)


@pytest.mark.parametrize("text", ["1" * 200_000, "Mr. " * 50_000, "a@" * 100_000, "+1 2 " * 40_000, "aged 9" * 30_000])
def test_long_texts_take_bounded_time(text: str) -> None:
    flags(text)
    patients(text)


@pytest.mark.parametrize(
    ("text", "age", "sex", "diagnosis"),
    [
        (
            "A 54-year-old woman presented with pain. She was diagnosed with acute appendicitis.",
            54.0,
            "female",
            "acute appendicitis",
        ),
        (
            "We report a six-month-old boy with fever. A diagnosis of Kawasaki disease was made.",
            0.5,
            "male",
            "Kawasaki disease",
        ),
        ("A man, aged 71, was admitted.", 71.0, "male", ""),
        ("A 33-year-old patient was seen. Her blood pressure was high.", 33.0, "female", ""),
    ],
)
def test_patients_as_they_are_stated(text: str, age: float, sex: str, diagnosis: str) -> None:
    (found,) = patients(text)
    assert (found.age, found.sex, found.diagnosis) == (age, sex, diagnosis)


def test_a_cohort_is_no_patient() -> None:
    assert not patients("Participants were 18 years old or older; the average age was 45 years.")


def scan() -> Image.Image:
    """Something like tissue on a dark ground."""
    rng = np.random.default_rng(0)
    blobs = Image.fromarray(rng.integers(0, 160, (12, 12), np.uint8)).resize((400, 400), Image.Resampling.BICUBIC)
    return Image.fromarray((np.asarray(blobs, np.int16) // 2 + rng.integers(0, 25, (400, 400))).astype(np.uint8))


def with_writing() -> Image.Image:
    image = scan()
    ImageDraw.Draw(image).text((20, 30), "DOE JOHN 12.03.1961", fill=240, font=ImageFont.load_default(16))
    return image


def portrait() -> Image.Image:
    """A drawn head, since no photograph of anybody may be stored here."""
    image = Image.new("RGB", (320, 320), (150, 170, 190))
    pen = ImageDraw.Draw(image)
    pen.ellipse((88, 40, 232, 240), fill=(70, 45, 30))
    pen.rectangle((135, 230, 185, 300), fill=(205, 155, 125))
    pen.ellipse((100, 70, 220, 260), fill=(224, 172, 138))
    for x in (135, 185):
        pen.ellipse((x - 15, 138, x + 15, 156), fill=(245, 240, 235), outline=(90, 50, 40))
        pen.ellipse((x - 7, 139, x + 7, 154), fill=(50, 30, 20))
        pen.arc((x - 20, 118, x + 20, 146), 200, 340, fill=(60, 35, 25), width=5)
    pen.line((160, 150, 152, 190, 166, 193), fill=(180, 120, 95), width=4)
    pen.chord((135, 205, 185, 232), 0, 180, fill=(170, 70, 70))
    return image.filter(ImageFilter.GaussianBlur(1.5))


def test_writing_on_a_scan_is_boxed_and_tissue_is_not() -> None:
    assert not images.burned_in(np.asarray(scan()))
    (first, *_) = images.burned_in(np.asarray(with_writing()))
    assert first.kind == "burned_in_text" and first.score >= 0.5
    assert 0.02 < first.x < 0.12 and 0.05 < first.y < 0.14 and first.width > 0.1 and first.height < 0.1
    assert not images.faces(np.asarray(scan().convert("RGB")))


def test_a_face_is_boxed() -> None:
    (found,) = images.faces(np.asarray(portrait()))
    assert found.kind == "face" and found.score >= 0.5
    assert found.x < 0.42 < 0.58 < found.x + found.width and found.y < 0.45 < 0.7 < found.y + found.height


@pytest.mark.parametrize("size", [(1, 1), (3, 700), (700, 3), (16, 16)])
def test_tiny_and_narrow_images_have_no_flags(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (*size, 3), np.uint8)
    assert not images.burned_in(noise[..., 0]) and not images.faces(noise)


def test_another_network_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "writing.onnx").write_bytes(b"another")
    monkeypatch.setattr(writing, "WRITING", replace(writing.WRITING, path=tmp_path / "writing.onnx"))
    with pytest.raises(PmcmineError, match="not the file that comes with pmcmine"):
        images.burned_in(np.asarray(with_writing()))


def test_flags_of_images_are_evaluated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scan().save(tmp_path / "a.png")
    with_writing().save(tmp_path / "b.png")
    (tmp_path / "SOURCES.tsv").write_text("file\trepository\tpath\tsha1\na.png\tx/y\ta\t1\nb.png\tx/y\tb\t2\n")
    gold = tmp_path / "images.tsv"
    head = "\t".join(Label._fields)
    gold.write_text(f"{head}\nx/y\ta\t1\tct\theld\toverlay\tnone\nx/y\tb\t2\tct\theld\toverlay\tnone\n")
    code, out, _ = call(capsys, "eval", "image-privacy", "--gold", str(gold), "--images", str(tmp_path), "--json")
    said = json.loads(out.splitlines()[-1])
    assert code == 0 and (said["writing_precision"], said["writing_recall"], said["errors"]) == (1.0, 0.5, 1)
    assert said["false_faces_ct_mri"] == 0 and said["false_faces_ct_mri_interval"][1] > 0.5
    for folder in (tmp_path / "none", gold.parent / "b.png"):
        code, _, err = call(capsys, "eval", "image-privacy", "--gold", str(gold), "--images", str(folder))
        assert code == 2 and "no such file" in err
    (tmp_path / "a.png").write_bytes(b"no image")
    code, _, err = call(capsys, "eval", "image-privacy", "--gold", str(gold), "--images", str(tmp_path))
    assert code == 2 and "a.png" in err and len(err.splitlines()) == 1


def test_the_labels_of_images_are_read() -> None:
    labels = read_labels(IMAGE_LABELS)
    assert sum(bool(x.writing) for x in labels) >= 400
    parts = {p: {x.repository for x in labels if x.part == p} for p in ("tune", "held")}
    assert not parts["tune"] & parts["held"] and {x.part for x in labels} == set(parts)


def test_flags_of_images_are_the_same_without_columns_of_kinds() -> None:
    off = {"source": ".", "out": "unused", "classify": False, "languages": False}
    pixels = np.asarray(PAINTERS["ct"](random.Random(0), (400, 400))).copy()
    cv2 = opencv()
    cv2.putText(pixels, "SMITH 1961", (20, 50), cv2.FONT_HERSHEY_SIMPLEX, 1, (255, 255, 255), 2)
    row = Figure(**{f.name: None for f in fields(Figure)} | {
        "figure_id": "f", "caption": "CT of the chest.", "extra": {}, "image_kind_scores": None, "privacy": (),
    })  # fmt: skip
    shown = [Pyramid(pixels)]
    kinds_on, kinds_off = (load_config({**off, "image_kinds": on}) for on in (True, False))
    [full], [bare] = enrich_figures([row], shown, kinds_on), enrich_figures([row], shown, kinds_off)
    assert bare.image_kind_scores is None and full.image_kind_scores is not None
    assert bare.privacy == full.privacy
    assert {f.kind for f in full.privacy} == {"burned_in_text"}
    assert {"image_kinds", "privacy_images"} <= {m.name for m in info(kinds_off)}


def test_the_gold_is_read_and_damage_is_told(tmp_path: Path) -> None:
    assert len(read_gold(LABELS)) >= 200
    (tmp_path / "paragraphs.tsv").write_text("a\tb\nc\td\n")
    with pytest.raises(GoldError, match="first line"):
        read_gold(tmp_path)


def test_kinds_decide_what_is_sought(monkeypatch: pytest.MonkeyPatch) -> None:
    sought: list[str] = []
    monkeypatch.setattr(images, "faces", lambda rgb: sought.append("faces") or [])
    monkeypatch.setattr(images, "burned_in", lambda grey: sought.append("writing") or [])
    picture = Pyramid(np.asarray(portrait()))

    def looked(**scores: float) -> list[str]:
        sought.clear()
        assert _in_image(ImageKindScores(**(dict.fromkeys(KINDS, 0.0) | scores)), picture) == []
        return list(sought)

    assert looked(ct=0.9) == ["writing"] and looked(other=0.9) == ["faces"] and looked(chart=0.9) == []
    assert looked(clinical_photo=0.9) == ["faces", "writing"]
