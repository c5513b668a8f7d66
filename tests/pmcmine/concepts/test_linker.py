"""Linking: spellings that meet, spellings that must not, ambiguity, and hostile text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmcmine.concepts.fuzzy import FuzzyGenerator
from pmcmine.concepts.linker import Linker, LinkOptions, is_caseless
from pmcmine.vocabulary.atoms import Options
from pmcmine.vocabulary.compile import compile_vocabulary
from pmcmine.vocabulary.formats import open_input
from pmcmine.vocabulary.vocabulary import Vocabulary

FREE = LinkOptions(min_score=0.0)


def found(vocabulary: Vocabulary, text: str, options: LinkOptions = FREE) -> list[tuple[str, str]]:
    return [(text[x.start : x.end], x.term.concept) for x in Linker(vocabulary, options).link([text])]


@pytest.mark.parametrize(
    ("text", "surface", "concept"),
    [
        ("Two livers were seen", "livers", "C0023884"),
        ("LIVER biopsy", "LIVER", "C0023884"),
        ("a lung neoplasm", "lung neoplasm", "C0024121"),
        ("lung-neoplasms grew", "lung-neoplasms", "C0024121"),
        ("Neoplasms, Lung", "Neoplasms, Lung", "C0024121"),
        ("x-ray computed tomography", "x-ray computed tomography", "C0040405"),
        ("X ray computed tomography", "X ray computed tomography", "C0040405"),
        ("a cecal tumor type 2", "cecal tumor type 2", "C0009171"),
        ("TNF-α rose", "TNF-α", "C0043210"),
        ("TNFα rose", "TNFα", "C0043210"),
        ("the iecur", "iecur", "C0023884"),
    ],
)
def test_spellings_of_one_name_meet(vocabulary: Vocabulary, text: str, surface: str, concept: str) -> None:
    assert (surface, concept) in found(vocabulary, text)


@pytest.fixture(scope="module")
def phenotypes(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    """A few findings."""
    names = ("Abnormality of the ear", "Abnormality of limbs", "Renal agenesis", "Type C brachydactyly", "Palmar pits",
             "Plantar pits", "Absent speech", "Muscle weakness", "Muscle wasting", "Type A1 brachydactyly",
             "Neoplasm of the nerve")  # fmt: skip
    terms = "".join(f"\n[Term]\nid: HP:{n:07d}\nname: {name}\n" for n, name in enumerate(names, 1))
    lay = '\n[Term]\nid: HP:0000099\nname: Seizure\nsynonym: "Epilepsy" RELATED layperson []\n'
    path = tmp_path_factory.mktemp("phenotypes") / "hp.obo"
    path.write_text(f"format-version: 1.2\n{terms}{lay}", "utf-8")
    compile_vocabulary([open_input(path, Options())], path.with_suffix(".vocab"), "hp")
    return Vocabulary(path.with_suffix(".vocab"))


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Ear malformations were seen.", [("Ear malformations", 1)]),
        ("With kidney agenesis", [("kidney agenesis", 3)]),
        ("brachydactyly type C", [("brachydactyly type C", 4)]),
        ("an absence of speech", [("absence of speech", 7)]),
        ("ear and limb malformations", [("ear and limb malformations", 1), ("limb malformations", 2)]),
        ("malformations of ears and limbs", [("malformations of ears", 1), ("malformations of ears and limbs", 2)]),
        ("palmar and/or plantar pits", [("palmar and/or plantar pits", 5), ("plantar pits", 6)]),
        ("muscle weakness or wasting", [("muscle weakness", 8), ("muscle weakness or wasting", 9)]),
        ("epilepsy", [("epilepsy", 99)]),
        ("the ear. Malformations", []),
        ("the ear without malformations", []),
        ("ears in patients and with malformations", []),
        ("malformed digital", []),
        ("Brachydactyly type A1", [("Brachydactyly type A1", 10)]),
        ("palmar/plantar pits", [("palmar/plantar pits", 5), ("plantar pits", 6)]),
        ("ears, limb anomalies, and pits", [("limb anomalies", 2)]),
        ("ears and limbs, malformations", []),
        ("absent speech and ear malformations", [("absent speech", 7), ("ear malformations", 1)]),
        ("ears, limb anomalies, and malformations", [("limb anomalies", 2)]),
        ("spinal tumors and nerve tumors", [("nerve tumors", 11)]),
        ("a lop-ear deformity", []),
        ("abnormal ear-ear contacts", []),
        ("an abnormal limb attachment", []),
    ],
)
def test_words_of_findings_stand_in_any_order_and_in_coordinations(
    phenotypes: Vocabulary, text: str, links: list[tuple[str, int]]
) -> None:
    expected = sorted((said, f"HP:{n:07d}") for said, n in links)
    assert sorted(found(phenotypes, text, LinkOptions(context=False))) == expected


def test_the_end_of_a_name_is_no_part_of_a_coordination(tmp_path: Path) -> None:
    path = tmp_path / "hp.obo"
    terms = enumerate(("Imperforate anus", "Abnormality of the anus", "Abnormality of the kidney"), 1)
    rows = (f"\n[Term]\nid: HP:{n:07d}\nname: {name}\n" for n, name in terms)
    path.write_text("format-version: 1.2\n" + "".join(rows), "utf-8")
    compile_vocabulary([open_input(path, Options())], path.with_suffix(".vocab"), "hp")
    vocabulary = Vocabulary(path.with_suffix(".vocab"))
    for nested in (False, True):
        options = LinkOptions(min_score=0.0, nested=nested)
        links = found(vocabulary, "imperforate anus, and renal malformations", options)
        assert links == [("imperforate anus", "HP:0000001"), ("renal malformations", "HP:0000003")]
        links = found(vocabulary, "anus and renal malformations", options)
        assert links == [("anus and renal malformations", "HP:0000002"), ("renal malformations", "HP:0000003")]


@pytest.mark.parametrize(
    ("prefix", "text", "linked"),
    [
        ("HP", "He had an imperforate anus.", True),
        ("HP", "Imperforate-anus was seen.", True),
        ("HP", "A cell cycle ended.", False),
        ("UBERON", "He had an imperforate anus.", False),
    ],
)
def test_a_related_name_of_a_finding_is_trusted_if_it_shares_a_word_with_its_concept(
    tmp_path: Path, prefix: str, text: str, linked: bool
) -> None:
    terms = (("Anal atresia", "imperforate anus"), ("Proliferative region", "cell cycle"))
    rows = (
        f'\n[Term]\nid: {prefix}:{n:07d}\nname: {name}\nsynonym: "{related}" RELATED []\n'
        for n, (name, related) in enumerate(terms)
    )
    path = tmp_path / "some.obo"
    path.write_text("format-version: 1.2\n" + "".join(rows), "utf-8")
    compile_vocabulary([open_input(path, Options())], path.with_suffix(".vocab"), "some")
    assert bool(found(Vocabulary(path.with_suffix(".vocab")), text, LinkOptions())) == linked


def one_related(
    folder: Path, name: str, related: str, level: str = "RELATED", others: Sequence[str] = ()
) -> Vocabulary:
    """Compile a vocabulary of one finding with a related name, and of others."""
    rows = "".join(f"\n[Term]\nid: HP:9{n:06d}\nname: {other}\n" for n, other in enumerate(others, 1))
    path = folder / f"{len(list(folder.iterdir()))}.obo"
    term = f'\n[Term]\nid: HP:0000001\nname: {name}\nsynonym: "{related}" {level} []\n'
    path.write_text(f"format-version: 1.2\n{term}{rows}", "utf-8")
    compile_vocabulary([open_input(path, Options())], path.with_suffix(".vocab"), "some")
    return Vocabulary(path.with_suffix(".vocab"))


@pytest.mark.parametrize(
    ("name", "related", "level", "linked"),
    [
        ("Acute bursitis", "acute episode", "RELATED", False),
        ("Acute bursitis", "bursitis episode", "RELATED", True),
        ("Marfanoid syndrome", "tall syndrome", "RELATED", False),
        ("Abnormal gait", "walking disorder", "RELATED", False),
        ("Gait and balance trouble", "aches and tremor", "RELATED", False),
        ("Dystonia type 4", "writer cramp 4", "RELATED", False),
        ("Dystonia type II", "writer cramp 2", "RELATED", False),
        ("Bent 4th rib", "crooked 7th bone", "RELATED", False),
        ("Vitamin C lack", "group C ailment", "RELATED", False),
        ("Bursitis of the heel", "swollen heel", "RELATED", True),
        ("Bursitis of the heel", "swollen heel", "BROAD", False),
        ("Abnormality of the face", "anomaly of face", "RELATED", True),
    ],
)
def test_a_related_name_must_share_a_word_that_tells_findings_apart(
    tmp_path: Path, name: str, related: str, level: str, linked: bool
) -> None:
    vocabulary = one_related(tmp_path, name, related, level)
    assert bool(found(vocabulary, f"He had a {related}.", LinkOptions())) == linked


def test_a_word_of_many_findings_tells_none_of_them_apart(tmp_path: Path) -> None:
    organs = [f"{a}{b}{c}{end}" for end in ("on", "ul") for a in "bdfg" for b in "aeio" for c in "rmstv"]
    few = one_related(tmp_path, "Swollen muzzle", "swollen snout", others=[f"Bent {o}" for o in organs])
    assert found(few, "A swollen snout.", LinkOptions()) == [("swollen snout", "HP:0000001")]
    many = one_related(tmp_path, "Swollen muzzle", "swollen snout", others=[f"Swollen {o}" for o in organs])
    assert not found(many, "A swollen snout.", LinkOptions())


def test_a_longer_name_that_is_not_meant_ends_no_part_of_a_coordination(tmp_path: Path) -> None:
    names = ("Abnormality of the ear", "Abnormality of limbs")
    vocabulary = one_related(tmp_path, "Silent hearing", "quick ear", others=names)
    text = "He had a quick ear and limb malformations."
    assert not found(vocabulary, "He had a quick ear.", LinkOptions(nested=True))
    links = found(vocabulary, text, LinkOptions(nested=True))
    assert links == [("ear and limb malformations", "HP:9000001"), ("limb malformations", "HP:9000002")]


def test_only_prose_on_a_patient_is_read_as_notes_are(phenotypes: Vocabulary) -> None:
    linker = Linker(phenotypes)
    design = "Studies of palmar pits were excluded, if muscle weakness could be prevented."
    case = "She was seen by us; the possibility of palmar pits was excluded."
    assert not any(x.context.negated or x.context.hypothetical for x in linker.link([design]))
    assert [x.context.negated for x in linker.link([case])] == [True]


def test_in_articles_on_plants_parts_of_the_body_are_a_plants(vocabulary: Vocabulary) -> None:
    plants = ["The liver of wheat.", "Leaf and shoot of barley seedlings, and Arabidopsis plants."]
    (link,) = Linker(vocabulary, FREE).link(plants)
    (alone,) = Linker(vocabulary, FREE).link(plants[:1])
    (fed,) = Linker(vocabulary, FREE).link([*plants, "It was fed to rats."])
    assert link.score < 0.4 < alone.score == fed.score


def test_in_articles_on_plants_a_finding_needs_people(phenotypes: Vocabulary) -> None:
    plants = ["Leaf and shoot of wheat and barley seedlings, and Arabidopsis plants.", "The mutant had muscle wasting."]
    linker = Linker(phenotypes)
    assert not linker.link(plants)
    assert [x.text for x in linker.link([*plants, "Muscle wasting is frequent where diets lack barley."])] == [2]
    assert [x.text for x in linker.link(plants[1:])] == [0]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("small renal and intestinal vessels", []),
        ("small renal vessels", []),
        ("both kidneys were small renal remnants", []),
        ("small kidney and liver", ["small kidney"]),
        ("his kidneys abnormal and lateral", ["kidneys abnormal"]),
    ],
)
def test_an_adjective_of_a_part_of_the_body_ends_no_name(tmp_path: Path, text: str, links: list[str]) -> None:
    vocabulary = one_related(tmp_path, "Renal hypoplasia", "stunted organ", others=["Abnormality of the kidney"])
    assert [said for said, _ in found(vocabulary, text, LinkOptions())] == links


@pytest.mark.parametrize(
    ("synonym", "linked"),
    [
        ("Highly sensitive", False),
        ("Hypersensitivity", False),
        ("Quick tempered", True),
        ("Emotional hypersensitivity", True),
    ],
)
def test_what_prose_says_of_anything_is_no_synonym(tmp_path: Path, synonym: str, linked: bool) -> None:
    vocabulary = one_related(tmp_path, "Touchy conduct", synonym, "EXACT")
    assert bool(found(vocabulary, f"It was {synonym.lower()}.", LinkOptions())) == linked


def test_a_layperson_s_name_of_a_qualifier_is_one_too(tmp_path: Path) -> None:
    path = tmp_path / "hp.obo"
    path.write_text(
        "format-version: 1.2\n\n[Term]\nid: HP:0000001\nname: All\n\n[Term]\nid: HP:0000118\nname: Phenotypic abnormality\n"
        "is_a: HP:0000001\n\n[Term]\nid: HP:0012839\nname: Far off\n"
        'synonym: "Outward lying" EXACT layperson []\nis_a: HP:0000001\n\n[Term]\nid: HP:0000002\nname: Tiny thumb\n'
        'synonym: "Little thumb" EXACT layperson []\nis_a: HP:0000118\n',
        "utf-8",
    )
    compile_vocabulary([open_input(path, Options())], path.with_suffix(".vocab"), "hp")
    links = found(Vocabulary(path.with_suffix(".vocab")), "an outward lying part of a little thumb", LinkOptions())
    assert links == [("little thumb", "HP:0000002")]


@pytest.mark.parametrize(
    ("name", "text", "linked"),
    [
        ("Caries", "SAS Institute, Cary, NC", False),
        ("Caries", "he had caries", True),
        ("Syrinx", "syringes of 10 ml", False),
        ("Skin change", "several skin changes", True),
        ("Fused phalanx", "fused phalanges", True),
    ],
)
def test_plurals_meet_their_own_singulars(tmp_path: Path, name: str, text: str, linked: bool) -> None:
    assert bool(found(one_related(tmp_path, name, "other words"), text)) == linked


@pytest.mark.parametrize("text", ["deliver", "liverwort", "the cat sat", "lungfish", "brainstorm"])
def test_parts_of_words_and_other_cases_do_not(vocabulary: Vocabulary, text: str) -> None:
    assert not found(vocabulary, text)


def test_case_proves_nothing_where_there_is_none(vocabulary: Vocabulary) -> None:
    lower = (
        "the liver and the lung of the patient were seen by eye and no other organ was seen in the study of the cat "
        * 2
    )
    assert is_caseless([lower]) and not is_caseless(["The CAT gene in the liver of Homo sapiens. " * 5])
    assert ("cat", "C0004381") in found(vocabulary, lower)
    assert ("cat", "C0004381") not in found(vocabulary, lower, LinkOptions(min_score=0.0, case="respect"))


def test_the_longest_name_wins_and_nested_ones_stay_on_request(vocabulary: Vocabulary) -> None:
    assert found(vocabulary, "lung neoplasms") == [("lung neoplasms", "C0024121")]
    nested = found(vocabulary, "lung neoplasms", LinkOptions(min_score=0.0, nested=True))
    assert ("lung", "UBERON:0002048") in nested and len(nested) == 2


def test_an_abbreviation_holds_in_the_whole_article_and_hides_what_its_letters_say(vocabulary: Vocabulary) -> None:
    texts = ["We studied carpal tunnel syndrome (CTS) and cold agglutinin titre (CAT).", "CTS, but CAT alone."]
    links = Linker(vocabulary, FREE).link(texts)
    assert [(x.text, x.term.concept, x.how) for x in links if x.text == 1] == [(1, "C0007286", "abbreviation")]
    assert ("CAT", "C0004381") in found(vocabulary, "CAT alone")


def test_context_of_links(vocabulary: Vocabulary) -> None:
    text = "No lung neoplasm. Possible high blood pressure; her mother had carpal tunnel syndrome."
    by = {text[x.start : x.end]: x.context for x in Linker(vocabulary, FREE).link([text])}
    assert by["lung neoplasm"].negated
    assert by["high blood pressure"].uncertain and not by["high blood pressure"].negated
    assert by["carpal tunnel syndrome"].experiencer == "family"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(["liver", "Lung Neoplasms", "TNF-α", " ", "\u200b", "(CTS)", "\ud800", "ﬁ"]),
            st.text(max_size=8),
        ),
        max_size=12,
    )
)
def test_offsets_hold_in_any_text(vocabulary: Vocabulary, parts: list[str]) -> None:
    text = "".join(parts)
    last = 0
    for x in Linker(vocabulary, FREE).link([text]):
        assert last <= x.start < x.end <= len(text)
        assert 0 <= x.score <= 1
        last = x.end


def test_a_name_is_found_between_strange_characters(vocabulary: Vocabulary) -> None:
    text = "\ud800 the\u200b liver\u00ad \U0001f600 and\u2003lung\x00"
    assert [s for s, _ in found(vocabulary, text)] == ["liver", "lung"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("liver " * 300_000, marks=pytest.mark.slow),  # alone takes as long as the others together
        "liver " * 30_000,
        "(" * 2_000_000,
        "lung " * 10 + "a" * 5_000_000,
        "(A) " * 500_000,
        "carpal and tunnel, " * 30_000,
    ],
)
def test_five_megabytes_are_bounded(vocabulary: Vocabulary, text: str) -> None:
    links = Linker(vocabulary, FREE).link([text])
    assert len(links) <= 200_000


@pytest.mark.slow
@pytest.mark.fuzzy
def test_similarity_of_letters_finds_misspelled_names_through_scispacy(vocabulary: Vocabulary) -> None:
    for name in ("scispacy", "nmslib", "spacy"):
        pytest.importorskip(name, reason="pip install '.[fuzzy]', on Python 3.11 or 3.12")
    text = "The carpal tunel syndrom was treated."
    assert not found(vocabulary, text)
    links = Linker(vocabulary, FREE, FuzzyGenerator(vocabulary)).link([text])
    assert [(text[x.start : x.end], x.term.concept, x.how) for x in links] == [
        ("carpal tunel syndrom", "C0007286", "fuzzy")
    ]
