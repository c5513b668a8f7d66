"""The list of general words: WordNet's files, and what is learned of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from classifiers.written.general import Lexicon, fit, general, learn, probability, vocabulary, wider
from classifiers.written.wordnet import read_antonyms
from pmcmine.write.checks.lexicon import antonyms, general_words, wider_words

_NOUNS = """\
00000001 08 n 01 organ 0 001 ~ 00000002 n 0000 | a part
00000002 08 n 02 spleen 0 lien 0 001 @ 00000001 n 0000 | an organ
00000003 04 n 01 walk 0 000 | an act
"""
_VERBS = "00000004 38 v 01 walk 0 000 | to go\n"
_ADJECTIVES = """\
00000005 00 a 01 hot 0 001 ! 00000006 a 0101 | warm
00000006 00 a 01 cold 0 001 ! 00000005 a 0101 | not hot
"""
_INDEX = {
    "noun": "organ n 1 0 1 0 00000001\nspleen n 1 0 1 0 00000002\nlien n 1 0 1 0 00000002\nwalk n 1 0 1 0 00000003\n",
    "verb": "walk v 1 0 1 1 00000004\n",
    "adj": "hot a 1 0 1 0 00000005\ncold a 1 0 1 0 00000006\n",
    "adv": "",
}


def _wordnet(folder: Path) -> Path:
    notice = "  1 This software is provided to you under a licence.\n"
    for part, data in (("noun", _NOUNS), ("verb", _VERBS), ("adj", _ADJECTIVES), ("adv", "")):
        (folder / f"data.{part}").write_text(notice + data)
        (folder / f"index.{part}").write_text(notice + _INDEX[part])
        (folder / f"{part}.exc").write_text("trod tread\nwent walk\n" if part == "verb" else "")
    (folder / "cntlist.rev").write_text("walk%2:38:00:: 1 40\n")
    return folder


def test_senses_irregular_forms_and_opposites_are_read(tmp_path: Path) -> None:
    lexicon = Lexicon(_wordnet(tmp_path))
    noun, verb = lexicon.senses["walk"]
    assert (noun.file, noun.count, verb.file, verb.count) == ("noun.act", 0, "verb.motion", 40)
    assert lexicon.senses["spleen"][0].roots == {"part"}
    assert lexicon.lemmas("went") == {"walk"} and lexicon.lemmas("walking") == {"walk"}
    assert read_antonyms(tmp_path) == {("cold", "hot")}


def test_verbs_of_motion_are_general_and_organs_are_names(tmp_path: Path) -> None:
    lexicon = Lexicon(_wordnet(tmp_path))
    weights = learn(
        lexicon, {"good": ["walk", "walks"] * 3, "spoiled": ["spleen", "organ"], "hand": [], "vocabulary": []}
    )
    assert "walk" in general(lexicon, weights, ()) and "spleen" not in general(lexicon, weights, ())
    assert "went" in general(lexicon, weights, ())


def test_wider_words_are_those_of_things_in_articles(tmp_path: Path) -> None:
    lexicon = Lexicon(_wordnet(tmp_path))
    assert wider(lexicon, {"spleen": 2, "walk": 9}, frozenset()) == {"spleen": {"lien", "organ"}}
    assert wider(lexicon, {"spleen": 1}, frozenset()) == {}


def test_a_regression_tells_apart_what_can_be_told() -> None:
    x = np.array([[0.0, 1.0], [0.1, 1.0], [0.9, 1.0], [1.0, 1.0]])
    found = probability(x, fit(x * [20, 1], np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4)) * [20, 1])
    assert found[:2].max() < 0.5 < found[2:].min()


def test_terms_are_read_from_vocabularies(tmp_path: Path) -> None:
    import gzip

    text = 'name: spleen\nsynonym: "large spleen" EXACT []\nsynonym: "milt" RELATED []\n'
    (tmp_path / "a.obo.gz").write_bytes(gzip.compress(text.encode()))
    words, terms = vocabulary(tmp_path)
    assert words == {"spleen": 2, "large": 1} and terms == {"spleen"}


def test_the_lists_that_the_checks_read_hold_what_they_should() -> None:
    assert {"delimit", "resemble"} <= general_words()
    assert not {"spleen", "metformin", "wheat", "red", "heart"} & general_words()
    assert "downstream" in antonyms()["upstream"] and "inflammation" in wider_words()["cholecystitis"]
