"""Everyday words in articles that hardly speak of bodies, verbs and colonies, and names begun by an abbreviation."""

from __future__ import annotations

import pytest

from pmcmine.concepts.everyday import is_bodiless
from pmcmine.concepts.linker import Linker
from pmcmine.vocabulary.atoms import Options
from pmcmine.vocabulary.compile import compile_vocabulary
from pmcmine.vocabulary.formats import open_input
from pmcmine.vocabulary.vocabulary import Vocabulary

ORGANS = ("colon", "intestine", "head", "liver", "ileum", "femur", "circulus", "sagitta", "organ")
FINDINGS = (
    "Shock", "Hypoplastic colon", "Decreased blood pressure", "Abnormal affect", "Abnormal play", "Intestinal hypoplasia",
    "Left ventricular hypertrophy", "Femur fracture",
)  # fmt: skip
FARM = "The plough was pulled by an ox over a field of stones and clay until the rain began to fall again. " * 16


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    folder = tmp_path_factory.mktemp("everyday")
    inputs = []
    for prefix, names in (("UBERON", ORGANS), ("HP", FINDINGS)):
        terms = [f"[Term]\nid: {prefix}:{n:07d}\nname: {name}\n" for n, name in enumerate(names, 1)]
        (folder / f"{prefix}.obo").write_text("format-version: 1.2\n\n" + "\n".join(terms), "utf-8")
        inputs.append(open_input(folder / f"{prefix}.obo", Options()))
    compile_vocabulary(inputs, folder / "both.vocab", "both")
    return Vocabulary(folder / "both.vocab")


def said(vocabulary: Vocabulary, *texts: str) -> list[str]:
    return [texts[x.text][x.start : x.end] for x in Linker(vocabulary).link(texts)]


def test_everyday_words_are_things_where_hardly_a_body_is_spoken_of(both: Vocabulary) -> None:
    texts = ("The head ploughs first.", "A shock to prices.", "Cattle liver is sold.")
    assert said(both, *texts) == ["head", "shock", "liver"]
    assert said(both, *texts, FARM) == ["liver"]
    assert said(both, *texts, FARM, "Patients, mice and rats: blood, brain, heart, lung and skin.") == [
        "head",
        "shock",
        "liver",
    ]


def test_a_finding_is_meant_in_a_text_on_people(both: Vocabulary) -> None:
    assert said(both, "Shock in patients. The head ploughs.", FARM) == ["Shock"]


def test_short_texts_tell_nothing_of_their_article() -> None:
    words = FARM.split()
    assert is_bodiless(words) and not is_bodiless(words[:299])
    assert not is_bodiless([*words, *["patients"] * 3])


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("The drug may decrease blood pressure", []),
        ("It decreases blood pressure", []),
        ("It reduced the blood pressure", []),
        ("with reduced blood pressure", ["reduced blood pressure"]),
        ("a decrease in blood pressure", ["decrease in blood pressure"]),
        ("malformations affecting all", []),
        ("heat anomalies play a role", []),
        ("anomalous play", ["anomalous play"]),
        ("small colonies of ants", []),
        ("a small colon", ["small colon"]),
        ("small intestinal and colonic inflammation", ["intestinal", "colonic"]),
        ("a circular filter, a sagittal scan", []),
        ("organismal growth", []),
        ("the ileal wall and the femoral shaft", ["ileal", "femoral"]),
        ("femoral fracture", ["femoral fracture"]),
    ],
)
def test_verbs_colonies_and_shapes_are_no_findings(both: Vocabulary, text: str, links: list[str]) -> None:
    assert said(both, text) == links


def test_a_name_may_begin_with_an_abbreviation(both: Vocabulary) -> None:
    texts = ("Left ventricular (LV) mass was read.", "LV hypertrophy and LV-hypertrophy, but LV mass, LV. Hypertrophy")
    assert said(both, *texts) == ["LV hypertrophy", "LV-hypertrophy"]
    assert said(both, texts[1]) == []
