"""Kinds of images: embedding, cues, the shipped model, training, damaged files."""

from __future__ import annotations

import gzip
import io
import plistlib
import random
import struct
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.images import embedding, examples, generate, learn, measures
from classifiers.images.cues import cued_kinds, cues
from classifiers.images.generate import volumes
from classifiers.images.kinds import KINDS, dump, most_of_others, parse, shipped
from classifiers.images.measures import calibration_error
from classifiers.images.view import view
from pmcmine.errors import GoldError, PmcmineError
from tests.test_cli import call


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 3))
def test_any_picture_has_a_finite_embedding_always_the_same(width: int, height: int, seed: int) -> None:
    rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
    found = embedding.embed(rgb)
    assert np.isfinite(found).all() and found.shape == (embedding.WIDTH,)
    assert np.array_equal(found, embedding.embed(rgb))


@pytest.mark.parametrize(
    ("caption", "kind"),
    [
        ("Axial CT scan of the chest.", "ct"),
        ("Kaplan-Meier survival curves.", "chart"),
        ("PRISMA flow diagram of the study selection.", "diagram"),
        ("Western blot of p53.", "gel"),
        ("Map of the study area with sampling sites.", "map"),
        ("Chest X-ray on admission.", "xray"),
        ("Dermoscopy of the lesion.", "clinical_photo"),
    ],
)
def test_captions_name_kinds(caption: str, kind: str) -> None:
    assert cues(caption)[cued_kinds().index(kind)] > 0


def test_x_ray_diffraction_is_no_radiograph() -> None:
    assert cues("X-ray diffraction patterns")[cued_kinds().index("xray")] == 0


def test_pixels_caption_and_both_are_scored_each_image_alone() -> None:
    r = random.Random(7)
    views = [view(generate.PAINTERS[k](r, (256, 200))) for k in ("chart", "table", "ct", "map")]
    alone, told = shipped().judge(views, [""] * 4), shipped().judge(views, ["", "", "MRI of the brain.", ""])
    assert np.array_equal(alone.scores, alone.pixels) and np.array_equal(alone.pixels, told.pixels)
    mri = KINDS.index("mri")
    assert told.scores[2, mri] > alone.scores[2, mri] and told.caption[2].argmax() == mri
    assert np.array_equal(told.scores[[0, 1, 3]], alone.scores[[0, 1, 3]])
    assert shipped().scores([views[1]], [""])[0].tolist() == alone.scores[1].tolist()
    assert KINDS[int(alone.scores[0].argmax())] == "chart"


def test_training_is_deterministic_and_survives_its_file() -> None:
    known = learn.shipped_examples()
    assert not (known.terms != "open").any(), "what ships has learned from openly licensed images alone"
    some = known.where(np.arange(len(known)) % 8 == 0)
    first, second = (dump(learn.fit(some, "a few")) for _ in range(2))
    assert first == second
    model = parse(first, "model")
    assert model.trained_on == "a few"
    for row in model.of_inputs(some.seen, some.said).scores:
        named = model.named(row)
        assert [row[KINDS.index(k)] for k in named] == sorted((s for s in row if s >= 0.5), reverse=True)
    for damaged in (b"", first[:100], b"PK" + first):
        with pytest.raises(PmcmineError, match="damaged"):
            parse(damaged, "model")
        with pytest.raises(PmcmineError, match="damaged"):
            examples.parse(damaged, "examples")
    again = examples.parse(examples.dump(some), "examples")
    assert np.array_equal(again.kinds, some.kinds) and again.sources.tolist() == some.sources.tolist()


def test_what_was_learned_with_another_network_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    known = learn.shipped_examples()
    known = known.where(np.arange(len(known)) < 40)
    former = replace(embedding.NETWORK, sha256="0f" * 32)
    with monkeypatch.context() as then:
        then.setattr(embedding, "NETWORK", former)
        then.setattr(examples, "NETWORK", former)
        model, kept = dump(learn.fit(known, "a few")), examples.dump(known)
        assert parse(model, "mine.npz").trained_on == "a few" and len(examples.parse(kept, "learned.npz")) == 40
    again = "has changed since .*; run `pmcmine train image-kind` again"
    with pytest.raises(PmcmineError, match=f"^mine.npz: a model for another network: .* {again}$"):
        parse(model, "mine.npz")
    with pytest.raises(
        PmcmineError, match=f"^learned.npz: embeddings by another network: .* {again} with --images, or"
    ):
        examples.parse(kept, "learned.npz")


def test_slices_of_volumes_are_shown_as_figures_show_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GoldError, match=r"Cranium.*missing"):
        list(volumes.slices(tmp_path))
    head = np.zeros((24, 40, 32), np.int16)
    head[4:20, 8:30, 6:26] = 1000
    about = {"matrix": {"dtype": "int16", "shape": list(head.shape)}, "spacing": [1.0, 1.0, 2.0]}
    with tarfile.open(tmp_path / "head.inv3", "w:gz") as tar:
        for name, data in (("a/main.plist", plistlib.dumps(about)), ("a/matrix.dat", head.tobytes())):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    header = bytearray(352)
    struct.pack_into("<8h", header, 40, 3, 32, 40, 24, 1, 1, 1, 1)
    struct.pack_into("<h", header, 70, 4)
    struct.pack_into("<4f", header, 76, 1, 1, 1, 2)
    struct.pack_into("<f", header, 108, 352)
    (tmp_path / "head.nii.gz").write_bytes(gzip.compress(bytes(header) + head.tobytes()))
    files = (("head.inv3", "a", "ct", 5), ("head.nii.gz", "b", "mri", 5))
    monkeypatch.setattr(volumes, "_SOURCES", tuple(volumes.Source(*f) for f in files))
    first, again = ([(k, s, i.tobytes()) for k, s, i in volumes.slices(tmp_path)] for _ in range(2))
    assert first == again and {(k, s) for k, s, _ in first} == {("ct", "a"), ("mri", "b")}
    (tmp_path / "head.nii.gz").write_bytes(gzip.compress(bytes(100)))
    with pytest.raises(GoldError, match="no volume"):
        list(volumes.slices(tmp_path))


def test_captions_that_name_one_kind_are_labels(demo_release: Path) -> None:
    found = examples.of_release(demo_release, {}, weak=True)
    assert len(found) > 5 and (found.kinds.sum(1) == 1).all() and set(found.origins.tolist()) == {examples.WEAK}
    assert np.array_equal(found.said.argmax(1), found.kinds.argmax(1))
    with pytest.raises(PmcmineError, match="no figure in it"):
        examples.of_release(demo_release, {})


def test_without_captions_labelled_figures_alone_are_learned_from(
    demo_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    weak = examples.of_release(demo_release, {}, weak=True)
    labelled = [row["figure_id"] for row in examples.figures(demo_release)][:3]
    (tmp_path / "figures.tsv").write_text("figure_id\tkinds\n" + "".join(f"{f}\tchart\n" for f in labelled))
    given_: list[examples.Examples] = []
    known = learn.shipped_examples()
    model = learn.fit(known.where(np.arange(len(known)) % 50 == 0), "a few")

    def train_all(images: Path | None, figures: examples.Examples, *_: object) -> object:
        given_.append(figures)
        return model, {}, None

    monkeypatch.setattr(learn, "train_all", train_all)
    monkeypatch.setattr(measures, "model_card", lambda *_: "")
    asked = ("train", "image-kind", "--figures", str(demo_release), "--labels", str(tmp_path / "figures.tsv"))
    for name, flags in (("a.npz", ()), ("b.npz", ("--no-captions",))):
        code, _, err = call(capsys, *asked, "--out", str(tmp_path / name), *flags)
        assert code == 0, err
        assert ("by caption: none" in err) == bool(flags)
    both, without = ([str(o) for o in e.origins] for e in given_)
    assert without == [examples.LOOKED_AT] * 3
    assert both.count(examples.LOOKED_AT) == 3 and both.count(examples.WEAK) >= len(weak) - 3 > 0


def test_sources_are_held_out_whole() -> None:
    sources = np.array(["a"] * 9 + ["b", "c"] * 3 + ["d"])
    fold = learn.folds(sources, 3)
    assert len({(s, f) for s, f in zip(sources.tolist(), fold.tolist(), strict=True)}) == 4 and set(fold) == {0, 1, 2}
    large = learn.folds(np.array(["a"] * 30 + ["b"] * 40 + ["c", "d"]), 2)
    assert len(set(large[:30])) == 1 and len({large[0], large[30], *large[70:]}) == 4, "large sources are alone"


def test_calibration_error_is_the_gap_between_score_and_share() -> None:
    scores = np.array([[0.9, 0.1]] * 10)
    kinds = np.array([[1, 0]] * 9 + [[0, 1]], np.float32)
    assert calibration_error(scores, kinds) == pytest.approx(0, abs=1e-9)
    assert calibration_error(scores, 1 - kinds) == pytest.approx(0.8)


def test_a_network_that_is_not_ours_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"\x08\x08")
    monkeypatch.setattr(embedding, "NETWORK", replace(embedding.NETWORK, path=tmp_path / "net.onnx"))
    with pytest.raises(PmcmineError, match="missing or damaged"):
        embedding.embed(np.zeros((8, 8, 3), np.uint8))


def test_labels_are_read_and_unknown_kinds_told(tmp_path: Path) -> None:
    assert len(examples.read_labels(examples.LABELS)) >= 200
    (tmp_path / "figures.tsv").write_text("figure_id\tkinds\nPMC1.1/F1\tpainting\n")
    with pytest.raises(GoldError, match="painting"):
        examples.read_labels(tmp_path)
    with pytest.raises(GoldError, match="no such file"):
        examples.pictures(tmp_path)


def test_the_strongest_word_of_another_kind_is_found_for_each_kind() -> None:
    said = np.array([[0, 1, 1 / 3], [1, 1, 0], [0, 0, 0]], np.float32)
    assert most_of_others(said).tolist() == [[1, np.float32(1 / 3), 1], [1, 1, 1], [0, 0, 0]]


def test_words_of_captions_count_whatever_their_case() -> None:
    assert np.array_equal(cues("KAPLAN-MEIER SURVIVAL; Ct scan, H&E"), cues("kaplan-meier survival; CT SCAN, h&e"))
