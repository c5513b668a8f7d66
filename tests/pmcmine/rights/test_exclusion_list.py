"""Files of `--exclude`: odd spellings name the same thing, and no line is lost in silence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmcmine.errors import PmcmineError
from pmcmine.rights.exclusion_list import parse_exclusions, spelled_doi


def _read(text: str) -> tuple[list[str], list[str]]:
    asked = parse_exclusions(text.encode(), "list")
    return asked.added.ids(), asked.lifted.ids()


@pytest.mark.parametrize(
    "line",
    [
        "10.1234/Ab(C)", "10.1234/AB(c).", "(10.1234/ab(c)).", "[https://doi.org/10.1234/ab(c)]", "10.1234/ab(c))",
        "https://doi.org/10.1234/ab(c)?from=mail#top", "https://dx.doi.org/10.1234%2Fab%28c%29", "doi:10.1234/ab(c);",
        "<http://www.doi.org/10.1234/ab(c)>,", "doi.org/10.1234/ab(c)\tnote",
    ],
)  # fmt: skip
def test_a_doi_has_one_spelling(line: str) -> None:
    assert _read(line) == (["10.1234/ab(c)"], [])
    assert spelled_doi("https://doi.org/10.1234/AB(C)") == "10.1234/ab(c)"  # as some articles state it


def test_the_later_line_of_an_id_holds() -> None:
    assert _read("PMC1\n!PMC1") == ([], ["PMC1"])
    assert _read("!PMC1\nPMC001.2") == (["PMC1"], [])


def test_files_of_other_systems_are_read() -> None:
    assert _read("\ufeffPMC1\r\n\ufeffPMC2\u00a0note\r\nPMC03.1/f\rhttps://orcid.org/0000-0002-1694-233x/") == (
        ["PMC1", "PMC2", "0000-0002-1694-233X", "PMC3.*/f"], [],
    )  # fmt: skip


@pytest.mark.parametrize(
    "line", ["PMC1, PMC2", "PMC1 !10.1234/a", "PMC1.1/fig1#A", "PMC1\0", "10.1234/" + "x" * 10**6, "10.1234/)"]
)
def test_a_line_that_would_be_half_read_is_refused(line: str) -> None:
    with pytest.raises(PmcmineError) as error:
        _read(line)
    assert "list line 1: " in str(error.value) and len(str(error.value)) < 200 and str(error.value).isprintable()


@given(
    st.lists(
        st.sampled_from(
            "PMC1 PMC1.1/ PMC1-1- 10.1234/ https://doi.org/10.1234/ ! %0A %20 ( ) . ? # é İ a \n".split(" ")
        )
    )
)
def test_what_is_kept_is_read_again_as_it_was(parts: list[str]) -> None:
    try:
        asked = parse_exclusions("".join(parts).encode(), "list")
    except PmcmineError:
        return
    for held in (asked.added, asked.lifted):
        assert parse_exclusions(held.to_bytes(), "kept").added == held
