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


def test_a_broken_table_is_told(tmp_path: Path) -> None:
    (tmp_path / "languages.tsv").write_text("language\ttext\nen\t\n")
    with pytest.raises(GoldError, match="row 2"):
        read_languages(tmp_path)
    with pytest.raises(GoldError, match="no such file"):
        read_languages(tmp_path / "none.tsv")
