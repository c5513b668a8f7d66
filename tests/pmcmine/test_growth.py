"""Each function that reads the text of others takes time in proportion to it, on its worst input and on random ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.growth import growth, pumped
from tests.text_functions import TEXT_FUNCTIONS, forget

_COSTLY: Final = ("article", "abbreviations", "language", "written")  # measured above only
NBSP: Final = "\u00a0"
# (function, what comes before, what is repeated, what comes after)
WORST: Final = (
    ("mentions", "Fig. 1 (A", " and B", ""),
    ("mentions", "Fig. 1 (", "A & B, and ", "!"),
    ("mentions", "", "Fig. 1 (A and B ", ""),
    ("mentions", "Figs. ", "1A–1B–", "1C"),
    ("mentions", "Figs. ", "1, 2 and ", "3"),
    ("mentions", "Fig. 1A", "'’, B", ""),
    ("mentions", "Fig. 1A" + NBSP, NBSP, "x"),
    ("mentions", "", "Fig. 1–40, ", ""),
    ("links", "Fig. 1A", ", B", ""),
    ("links", "", "Fig. 2 and 3–9 ", ""),
    ("links", "", "Fig. 1" + NBSP, ""),
    ("links", "", "(A–B–", ""),
    ("links", "", "to – Fig ", ""),
    ("sentences", "", "." + NBSP + "A", ""),
    ("sentences", "A", ".A", "." + NBSP + "B"),
    ("sentences", "Aa. B", NBSP, ""),
    ("sentences", "", ".)”", ""),
    ("tex", "", r"\begin{document}", ""),
    ("tex", "", r"\begin[", ""),
    ("tex", r"\begin{document}", r"\usepackage[x", ""),
    ("tex", "", r"\frac{a}", ""),
    ("tex", "", r"\text{", ""),
    ("tex", "_{", " ", "x"),
    ("label", "1", NBSP, "x"),
    ("label", "Figure", NBSP, "1"),
    ("abbreviations", "", "(AAAAAAAAAAAAA) ", ""),
    ("abbreviations", "", "a a a a a a a a (aaaaaaaaaaaaa) ", ""),
    ("abbreviations", "", "a1a1a1a1a1a1 (A1A1A1A1A1) ", ""),
    ("abbreviations", "", ", , [a]", ""),
    ("abbreviations", "x (A1-B) ", "ab (A1-B", ")"),
    ("abbreviations", "", "x (AB-1) y (CD-2), and z (EF-3) ", ""),
    ("abbreviations", "a.", NBSP, "(AB)"),
    ("abbreviations", "", "((((", ")"),
    ("context", "", "no fever but ", ""),
    ("context", "", "no change in ", ""),
    ("context", "", "1", ". "),
    ("context", "", "history of ", ""),
    ("context", "\n", NBSP, "x"),
    ("context", "no ", "(" + NBSP, ""),
    ("written", "", "no mass ", ""),
    ("written", "", "the left lung higher than (A) 5 mm IL-6, ", ""),
    ("written", "", "a-", ""),
    ("written", "", "1,000,", ""),
    ("written", "x ", NBSP, "(A)"),
    ("cases", "A ", "1 year old man ", ""),
    ("cases", "A 54-year-old woman ", "-", "x"),
    ("cases", "", "a b c d e f ", ""),
    ("cases", "", "She was diagnosed with x", ""),
    ("cases", "Diagnosed with a", ", b and c", ""),
    ("cases", "", "Case 1 was a man. ", ""),
    ("cases", "", "biopsy ", "confirmed"),
    ("enriched caption", "", "Abbreviations: AB, a b; CD, c d. ", ""),
    ("enriched caption", "", "AB = a b, ", ""),
    ("enriched caption", "", "(Fig. 1 ", ""),
    ("enriched caption", "", "[1, ", ""),
    ("enriched caption", "", "A b; ", ""),
    ("enriched caption", "", ". (a) ", ""),
    ("enriched caption", "A", "-A", ""),
    ("enriched caption", "a", " of", ""),
    ("enriched caption", "a", NBSP, "x"),
    ("definitions", "", "AB (a b), ", ""),
    ("definitions", "Abbreviations: ", "AB, a b; ", ""),
    ("definitions", "AB", NBSP, "x"),
    ("words of a caption", "A", "/A1", ""),
    ("words of a caption", "A", "+", ""),
    ("caption", "", "(1) (2) ", ""),
    ("caption", "", "(A) x, (B) y; ", ""),
    ("caption", "a", "-v", "!"),
    ("caption", "[A", "-v-17", "!"),
    ("caption", "(A", " to o-71", ")"),
    ("caption", "x)", "y7, n", ") "),
    ("caption", "(A) ", "in of with ", "(B) x"),
    ("caption", "(1) compound ", "(1) ", "(2)"),
    ("caption in bold", "", "a, b. ", ""),
    ("panels of a mention", "A", "-i", ""),
    ("panels of a mention", "", "(A)–", ""),
    ("figure rights", "", "©" + NBSP, ""),
    ("figure rights", "", "(c) Elsevier ", ""),
    ("figure rights", "", "CC BY 4.0 permission ", ""),
    ("figure rights", "", "reproduced from [1] ", ""),
    ("figure rights", "Adapted from ", "Smith and ", ""),
    ("figure rights", "с", "родител ", ""),
    ("licence statement", "", "cc非商业[", ""),
    ("licence statement", "", "cc-by-", "ж"),
    ("licence statement", "", "©" + NBSP, ""),
    ("licence statement", "", "creativecommons.org/licenses/by", ""),
    ("licence statement", "", "non commercial; ", ""),
    ("licence statement", "", "data sets of ", ""),
    ("licence code", "CC BY", "-NC", ""),
    ("licence code", "", "CC" + NBSP, ""),
    ("retraction", "artículo", "(", "x"),
    ("retraction", "", "retracted -", ""),
    ("privacy", "a@b", ".a", ""),
    ("privacy", "@", "1-", ""),
    ("privacy", "Tel. ", "1 (", ""),
    ("patients", "A 9-year-old boy. ", "the ", "."),
    ("patients", "", "twenty.1", ""),
    ("patients", "A 9-year-old boy", ", a", ""),
    ("language", "", "a", ""),
    ("language", "", "a'", ""),
    ("wording", "", "[1", ""),
    ("names of concepts", "x", "\n", "x"),
    ("names of concepts", "x (", " (", ""),
    ("article", "", ". A" + NBSP, ""),
    ("article", "Fig. 1 (A", " and B", ""),
    ("article", "", "(", ""),
    ("article", "", "7", ""),
    ("article", "", "©" + NBSP, ""),
)  # fmt: skip


def _fresh(name: str) -> Callable[[str], object]:
    """Return a function that has seen nothing before."""

    def function(text: str) -> object:
        forget()
        return TEXT_FUNCTIONS[name](text)

    return function


@pytest.mark.parametrize(("name", "prefix", "unit", "suffix"), WORST)
def test_time_is_in_proportion_to_the_worst_input(name: str, prefix: str, unit: str, suffix: str) -> None:
    found = growth(_fresh(name), pumped(prefix, unit, suffix))
    assert found.is_linear, found


_PIECES: Final = (
    *" \n()[]{}.,;:!?-–/&'\"©aAbI17", NBSP, "and ", "or ", "to ", "no ", "not ", "the ", "of ", "Fig. ", "1A", "(A) ",
    "A–C", "CC BY", "©", "from ", "[1]", "permission", "a1", "AB", "ix", "α", "ж", "病", "\\", "\\begin", "&", "<", "@", "’",
)  # fmt: skip


@settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    unit=st.lists(st.sampled_from(_PIECES), min_size=1, max_size=4).map("".join),
    prefix=st.lists(st.sampled_from(_PIECES), max_size=3).map("".join),
    suffix=st.sampled_from(("", "!", ")", "x")),
)
def test_time_is_in_proportion_to_random_repetitions(unit: str, prefix: str, suffix: str) -> None:
    make = pumped(prefix, unit, suffix)
    for name in TEXT_FUNCTIONS:
        if name not in _COSTLY:
            found = growth(_fresh(name), make, first=1_000, last=1_000)
            assert found.is_linear, (name, found)
