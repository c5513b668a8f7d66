"""Language of texts: the multilingual set, the prior, and what says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers.text import language
from classifiers.text.labelled import read_languages
from classifiers.text.language import identify
from pmcmine.errors import GoldError

GOLD = Path(language.__file__).parent / "labels" / "languages.tsv"


def test_twenty_languages() -> None:
    rows = read_languages(GOLD)
    found = identify([text for _, text in rows], [None] * len(rows))
    assert len({code for code, _ in rows}) == 20
    assert sum(code == x.code for (code, _), x in zip(rows, found, strict=True)) / len(rows) >= 0.99


def test_the_stated_language_weighs_but_does_not_decide() -> None:
    spanish = "El tratamiento de los pacientes con asma fue efectivo y seguro en todos los niños."
    ((told,), (plain,)) = identify([spanish], ["en"]), identify(["Flow chart"], ["en"])
    assert told.code == "es" and plain.code == "en"


def test_numbers_have_no_language_of_their_own() -> None:
    assert [x.code for x in identify(["5.2 ± 3.1", "", "12"], [None, None, "pt-BR"])] == ["und", "und", "pt"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SHE SELLS SHELLS BY THE SHORE", "en"),
        ("DIE KINDER SPIELEN IM GARTEN", "de"),
        ("LES ENFANTS JOUENT DANS LE JARDIN", "fr"),
        ("ДЕТИ ИГРАЮТ В САДУ ВОЗЛЕ ДОМА", "ru"),
        ("肺部感染的CT。", "zh"),
        ("肺のCT", "ja"),
        ("폐렴 사진", "ko"),
        ("ปอดบวม", "th"),
        ("肺炎", "und"),
        ("Smads (肺炎)", "und"),
        ("TP63, KRAS, BRAF, PTEN, MYCN, ALK1", "und"),
        ("EGFR KRAS BRAF PTEN MYCN NRAS", "und"),
        ("NaCl, K2HPO4, MgSO4, CaCl2, FeSO4", "und"),
        ("Na Cl K Ca Mg Fe Zn Cu Mn", "und"),
        ("Salmonella enterica, Shigella sonnei", "und"),
        ("Heart rate", "und"),
        ("Groups of ailments", "und"),
    ],
)
def test_a_text_that_says_too_little_gets_no_language(text: str, code: str) -> None:
    (found,) = identify([text], [None])
    assert found.code == code and (found.score == 0) == (code == "und")
    assert found.score == round(found.score, 4)


def test_what_is_stated_stands_where_the_text_says_too_little() -> None:
    found = identify(["KRAS, BRAF, PTEN", "肺炎", "Salmonella enterica"], ["en", "ja", "fr"])
    assert [x.code for x in found] == ["en", "ja", "fr"]


def test_short_texts_of_an_article_need_evidence_of_another_language() -> None:
    long = (
        "The patients were followed for twelve months and no further episodes of fever were seen in any of them. " * 3
    )
    spanish = "El tratamiento de los pacientes con asma fue efectivo y seguro en todos los niños."
    texts = [long, "GPP Grain per Panicle", spanish, "폐렴 사진", "12"]
    found = language.identify_article(texts, [None, None, None, None, "en"])
    assert [x.code for x in found] == ["en", "und", "es", "ko", "en"]


def test_beginnings_of_texts_are_seldom_taken_for_another_language() -> None:
    rows = read_languages(GOLD)
    for change in (str, str.upper):
        texts = [change(" ".join(text.split()[:4]) if " " in text else text[:12]) for _, text in rows]
        found = [x.code for x in identify(texts, [None] * len(rows))]
        right = sum(code == x for (code, _), x in zip(rows, found, strict=True))
        assert right / len(rows) > 0.85 and (len(rows) - right - found.count("und")) / len(rows) < 0.04


def test_a_broken_table_is_told(tmp_path: Path) -> None:
    (tmp_path / "languages.tsv").write_text("language\ttext\nen\t\n")
    with pytest.raises(GoldError, match="row 2"):
        read_languages(tmp_path)
    with pytest.raises(GoldError, match="no such file"):
        read_languages(tmp_path / "none.tsv")
