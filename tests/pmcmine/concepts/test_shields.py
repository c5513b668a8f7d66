"""Names that the vocabulary lacks shield their words: organisms, proteins, reagents, idioms."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmcmine.concepts.linker import Linker
from pmcmine.vocabulary.atoms import Options
from pmcmine.vocabulary.compile import compile_vocabulary
from pmcmine.vocabulary.formats import open_input
from pmcmine.vocabulary.vocabulary import Vocabulary
from tests.growth import growth, pumped

NAMES = (
    "pneumonia", "tuberculosis", "endothelium", "suture", "brain", "lymphoma", "hand", "immunodeficiency", "blood",
    "nerve", "heart", "scale", "fever", "kidney", "meningitis", "crop", "capillary",
    "confusion", "neuron", "germ cell", "irritable", "gill", "chin", "aspiration", "appendix", "agitation", "finger", "bone marrow",
    "mouth", "tongue", "colon", "head", "acne", "stroke",
)  # fmt: skip


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    folder = tmp_path_factory.mktemp("shields")
    terms = [f"[Term]\nid: UBERON:{n:07d}\nname: {name}\n" for n, name in enumerate((*NAMES, "heart shock"))]
    (folder / "x.obo").write_text("format-version: 1.2\n\n" + "\n".join(terms), "utf-8")
    compile_vocabulary([open_input(folder / "x.obo", Options())], folder / "x.vocab", "x")
    return Vocabulary(folder / "x.vocab")


def said(vocabulary: Vocabulary, text: str) -> list[str]:
    return [text[x.start : x.end] for x in Linker(vocabulary).link([text])]


@pytest.mark.parametrize(
    "text",
    [
        "Isolates of Klebsiella pneumonia were sequenced",
        "strains of K. pneumoniae, grown overnight",
        "infected with Mycobacterium tuberculosis",
        "closed with interrupted sutures in two layers",
        "The suture material was absorbable",
        "levels of vascular endothelial growth factor rose",
        "mucosa associated lymphoid tissue lymphoma translocation 1 (MALT1)",
        "brain-derived neurotrophic factor",
        "grown in brain heart infusion broth",
        "extracted with the QIAamp DNA Blood Mini Kit as advised",
        "On the other hand, mice grew",
        "infection by human immunodeficiency virus type 1",
        "B-cell lymphoma 2 was expressed",
        "the yellow fever mosquito",
        "Scale bar, 5 mm",
        "kidney beans are rich in lectins",
        "capillary electrophoresis of amplicons",
        "a millennial-scale event",
        "Oral administration of the extract",
        "its poor oral bioavailability",
        "an oral iron supplement",
        "given oral itraconazole",
        "oral food challenges",
        "the epithelial tongue of the wound",
        "in her mother tongue",
        "a reduced stroke volume",
        "the head of the household",
        "arrow-heads mark the fibres",
        "Fusarium head blight",
        "P. acnes was grown",
        "We apologise for any confusion",
        "renamed to avoid confusion",
        "a confusion matrix of the classes",
        "confusion between two spellings",
        "32 hidden neurons",
        "the neurons of the output layer",
        "a wheat germ cell-free system",
        "Irritable bowel syndrome is frequent",
        "as Gill et al. found",
        "shown before (Gill and Smith, 2001)",
        "shown by Chin (1998)",
        "known (Chin 1998; Smith 2004)",
        "known since long (Smith and Gill, 1986)",
        "as others say (Smith & Gill 1986)",
        "the SI Appendix lists them",
        "fine needle aspiration biopsy",
        "sonic agitation of the fluid",
        "under mild agitation at 20 °C",
        "after 1 min of agitation in buffer",
        "kept at 4 °C with agitation",
        "acid with agitation, until it dissolved",
        "Chin (1998) has shown this",
        "agitation and aeration rates",
        "by peptide mass finger printing",
    ],
)
def test_words_of_other_names_are_no_concepts(plain: Vocabulary, text: str) -> None:
    assert said(plain, text) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Klebsiella meningitis and pneumonia", ["meningitis", "pneumonia"]),
        ("vitamin K. Pneumonia was ruled out", ["Pneumonia"]),
        ("the coronal suture was fused", ["suture"]),
        ("endothelial cells lack a growth factor", ["endothelial"]),
        ("lymphoma with a translocation of chromosome 1", ["lymphoma"]),
        ("Blood was drawn; a kit was used", ["Blood"]),
        ("her left hand was cold", ["hand"]),
        ("fever in the brain of a virus carrier", ["fever", "brain"]),
        ("fish scales regrew", ["scales"]),
        ("fatigue and confusion on admission", ["confusion"]),
        ("neurons of the granular layer", ["neurons"]),
        ("a germ cell-free gonad", ["germ cell"]),
        ("an irritable child", ["irritable"]),
        ("Gill and chin, 2 of each", ["Gill", "chin"]),
        ("Chin surgery began in 1998 (Smith)", ["Chin"]),
        ("a bone marrow aspiration", ["bone marrow"]),
        ("pneumonia after aspiration", ["pneumonia", "aspiration"]),
        ("the appendix was removed", ["appendix"]),
        ("delirium with psychomotor agitation", ["agitation"]),
        ("Mild agitation was noted in three", ["agitation"]),
        ("Six hours of agitation were followed by fever", ["agitation", "fever"]),
        ("Fever, high temperature and agitation", ["Fever", "agitation"]),
        ("patients with agitation and fever", ["agitation", "fever"]),
        ("increasing confusion over two weeks", ["confusion"]),
        ("Confusion among elderly inpatients", ["Confusion"]),
        ("Confusion between days 2 and 5", ["Confusion"]),
        ("confusion as to place", ["confusion"]),
        ("may prevent confusion and fever", ["confusion", "fever"]),
        ("Neurons in the output layers of the cortex", ["Neurons"]),
        ("Outcomes: Pneumonia (1987 events), Fever (2044 events)", ["Pneumonia", "Fever"]),
        ("Pneumonia (2017 guidelines)", ["Pneumonia"]),
        ("Brain, 2000 cells per well", ["Brain"]),
        ("oral mucositis after stroke", ["oral", "stroke"]),
        ("the oral cavity and the tongue", ["oral", "tongue"]),
        ("colon cancer and acne of the head", ["colon", "acne", "head"]),
        ("Pneumonia, Fever and Fatigue, 2003 patients", ["Pneumonia", "Fever"]),
    ],
)
def test_other_places_are_left_alone(plain: Vocabulary, text: str, names: list[str]) -> None:
    assert said(plain, text) == names


def test_a_finding_whose_words_stand_loosely_does_not_begin_in_a_shield(tmp_path: Path) -> None:
    (tmp_path / "hp.obo").write_text("format-version: 1.2\n\n[Term]\nid: HP:0000001\nname: Absent hand\n", "utf-8")
    compile_vocabulary([open_input(tmp_path / "hp.obo", Options())], tmp_path / "hp.vocab", "hp")
    vocabulary = Vocabulary(tmp_path / "hp.vocab")
    assert said(vocabulary, "Rules on the other hand lacking, we waited") == []
    assert said(vocabulary, "with one hand lacking") == ["hand lacking"]


def test_a_name_of_the_vocabulary_is_no_shield(tmp_path: Path) -> None:
    terms = "[Term]\nid: UBERON:1\nname: nerve growth factor\n\n[Term]\nid: UBERON:2\nname: nerve\n"
    (tmp_path / "x.obo").write_text("format-version: 1.2\n\n" + terms, "utf-8")
    compile_vocabulary([open_input(tmp_path / "x.obo", Options())], tmp_path / "x.vocab", "x")
    assert said(Vocabulary(tmp_path / "x.vocab"), "a nerve growth factor") == ["nerve growth factor"]


def test_shields_take_time_in_proportion(plain: Vocabulary) -> None:
    for piece in ("scale bar brain ", "hand in hand ", "A Kit ", "a-homolog 1 ", "K. pneumoniae "):
        found = growth(lambda text: Linker(plain).link([text]), pumped("", piece), last=4_000)
        assert found.is_linear, (piece, found)
