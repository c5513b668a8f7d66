"""Pictures of authors in biographies: a row each, and neither image nor sample."""

from __future__ import annotations

import pytest

from tests.pmcmine.jats.test_article import article, fig, read
from tests.pmcmine.miner.test_documents import mined

PORTRAIT = fig(9, "Figure 9", "Dr. A. Author")
BARE = "<p>She studies bones.<graphic xlink:href='portrait'/></p>"


def _section(title: str, inner: str = PORTRAIT) -> str:
    return f"<sec><title>{title}</title>{inner}</sec>"


def test_a_portrait_has_a_row_but_no_sample() -> None:
    found = mined(article(fig(1, caption="Bones.") + _section("ABOUT AUTHOR")))
    assert [(f.kind, f.no_sample) for f in found.figures] == [
        ("figure", "media_not_in_source"), ("author_portrait", "author_portrait")
    ]  # fmt: skip
    reasons = [(r.reason, r.figure_id) for r in found.rejects if r.figure_id == "PMC1.1/F9"]
    assert reasons == [("author_portrait", "PMC1.1/F9")] and not found.samples


@pytest.mark.parametrize(
    "title",
    ["About the author(s)", "ABOUT AUTHORS", "About the Authors:", "Authors’ biographies", "Author Biography",
     "Author bios", "Biographical sketch of the author", "Über die Autoren", "Sobre los autores"],
)  # fmt: skip
def test_titles_of_what_is_told_of_authors(title: str) -> None:
    for body in (_section(title), _section(title, BARE), f"<boxed-text><caption><title>{title}</title></caption>{PORTRAIT}</boxed-text>",
                 _section("Notes", _section(title)), _section(title, f"<boxed-text>{PORTRAIT}</boxed-text>")):  # fmt: skip
        assert [f.kind for f in read(article(body)).figures] == ["author_portrait"], body


@pytest.mark.parametrize(
    "title", ["Biography", "About the method", "Author contributions", "Biographies of plants", "Vitamins", "Results"]
)
def test_titles_of_other_parts(title: str) -> None:
    assert [f.kind for f in read(article(_section(title))).figures] == ["figure"]


def test_biographies_of_front_and_back() -> None:
    back = f"<back><bio>{BARE}</bio><sec><title>Biographies</title>{PORTRAIT}</sec></back>"
    assert [f.kind for f in read(article(fig(1), back=back)).figures] == ["figure"] + ["author_portrait"] * 2
    contrib = f"<contrib-group><contrib><bio>{PORTRAIT}</bio></contrib></contrib-group>"
    assert [f.kind for f in read(article(fig(1), meta=contrib)).figures] == ["figure", "author_portrait"]
