"""Kinds of images: features, cues, the shipped model, training, damaged files."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.images import generate, learn
from classifiers.images.cues import cued_kinds, cues
from classifiers.images.features import features, view
from classifiers.images.kinds import KINDS, dump, fit, inputs, parse, shipped
from pmcmine.errors import GoldError, PmcmineError


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 3))
def test_any_picture_has_finite_features(width: int, height: int, seed: int) -> None:
    rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
    found = features(rgb)
    assert np.isfinite(found).all() and len(found) == len(features(np.zeros((8, 8, 3), np.uint8)))


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


def test_the_shipped_model_tells_drawings_apart_and_scores_each_alone() -> None:
    r = random.Random(7)
    views = [view(generate.PAINTERS[k](r, (256, 200))) for k in KINDS for _ in range(4)]
    truth = [k for k in KINDS for _ in range(4)]
    scores = shipped().scores(views, [""] * len(views))
    right = sum(KINDS[int(s.argmax())] == t for s, t in zip(scores, truth, strict=True))
    assert right / len(truth) > 0.85
    assert shipped().scores([views[5]], [""])[0].tolist() == scores[5].tolist()


def test_training_is_deterministic_and_survives_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "_PER_KIND", 6)
    monkeypatch.setattr(learn, "_COMPOUNDS", 10)
    x, y = learn.generated({"ct": ["CT scan of the head"]})
    first, second = (dump(fit(x, y, hidden=8, trained_on="drawings")) for _ in range(2))
    assert first == second
    model = parse(first, "model")
    assert model.trained_on == "drawings" and model.of_inputs(x).shape == (len(x), len(KINDS))
    for row in model.of_inputs(x):
        named = model.named(row)
        assert [row[KINDS.index(k)] for k in named] == sorted((s for s in row if s >= 0.5), reverse=True)
    for damaged in (b"", first[:100], b"PK" + first):
        with pytest.raises(PmcmineError, match="damaged"):
            parse(damaged, "model")


def test_an_image_without_pixels_is_scored_by_its_caption() -> None:
    x = inputs([None], ["Funnel plot"])
    assert np.isfinite(x).all() and x.any()


def test_labels_are_read_and_unknown_kinds_told(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert len(learn.read_labels(learn.LABELS)) >= 200
    (tmp_path / "figures.tsv").write_text("figure_id\tkinds\nPMC1.1/F1\tpainting\n")
    with pytest.raises(GoldError, match="painting"):
        learn.read_labels(tmp_path)
