"""Properties that must hold for any text and any markup."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pmcmine.jats.mentions import FigureIndex, find_mentions
from pmcmine.jats.text import flatten
from pmcmine.rights.figures import Statement, figure_rights
from pmcmine.rights.licenses import License
from pmcmine.text.sentences import sentence_at, sentence_starts

WORDS = st.text(alphabet="ab Fig.12(A–B), \n\t\u00a0é𝛼", max_size=12)
LEAVES = st.one_of(
    WORDS,
    st.builds(lambda r, t: f'<xref ref-type="fig" rid="F{r}">{t}</xref>', st.integers(1, 3), WORDS),
    st.builds(lambda t: f'<xref ref-type="bibr" rid="b">{t}</xref>', WORDS),
    st.just('<graphic href="x"/>'),
    st.just("<break/>"),
)
INLINE = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>",
        st.sampled_from(["italic", "bold", "sup", "sub", "p", "named-content", "list-item"]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(INLINE, max_size=6))
def test_offsets_are_those_of_the_text(parts: list[str]) -> None:
    root = etree.fromstring(f"<p>{''.join(parts)}</p>")
    flat = flatten(root)
    assert flat.text == flat.text.strip(" ")
    assert "\n" not in flat.text and "  " not in flat.text
    links = list(root.iter("xref"))
    assert [r.element for r in sorted(flat.refs, key=lambda r: links.index(r.element))] == links
    for ref in flat.refs:
        assert 0 <= ref.start <= ref.end <= len(flat.text)
        said = " ".join("".join(ref.element.itertext()).split("\u00a0")).split()
        shown = flat.text[ref.start : ref.end].replace("\u00a0", " ").split()
        assert "".join(shown).replace("^", "") == "".join(said)


@settings(max_examples=300, deadline=None)
@given(st.lists(INLINE, max_size=6), st.sets(st.integers(1, 9)))
def test_mentions_lie_in_the_text_and_in_their_sentence(parts: list[str], numbers: set[int]) -> None:
    flat = flatten(etree.fromstring(f"<p>{''.join(parts)}</p>"))
    index = FigureIndex({"F1": 0, "F2": 1, "F3": 2}, {n: n - 1 for n in numbers})
    named, _ = find_mentions(flat.text, flat.refs, index)
    starts = sentence_starts(flat.text)
    for m in named:
        assert 0 <= m.start <= m.end <= len(flat.text)
        first, last = sentence_at(flat.text, starts, m.start, m.end)
        assert first <= m.start and m.end <= max(last, m.start)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab .!?A1()\u00a0", max_size=80))
def test_sentences_cover_the_text(text: str) -> None:
    starts = sentence_starts(text)
    assert starts[0] == 0 and starts == sorted(set(starts)) and (starts[-1] < max(len(text), 1))


HOSTILE = ["Fig. " + "1A–B, " * 5000, "Fig. 1" + "a," * 20_000, "FIG. 1" + "\u00a0" * 50_000, "ig" * 100_000, "Figs " + "1 to " * 5000,
           "with the permission of " * 5000, "© " * 50_000, "(c) 2015 " * 20_000, "CC BY 4.0. " * 5000, "permission. CC BY. " * 5000, "image " * 20_000 + "taken from [1]",
           "photo by A. " * 10_000, "not licensed " * 10_000, "licence " * 20_000, "Creative Commons " * 10_000, "кредит © " * 10_000, "经" * 50_000, "thank " * 20_000, "from [1] " * 20_000,
           "mit a a a a " * 10_000, "creativecommons.org/licenses/by" + "-" * 50_000, "CC BY" + " -" * 50_000, "copyright\u00a0" * 20_000, "from Wikipedia " * 10_000, "images provided by the Museum " * 5000, "not covered by " + "a " * 50_000, "reproduced " * 20_000]  # fmt: skip


def test_no_pattern_is_slow_on_hostile_text() -> None:
    """Each took a fraction of a second when written; a pattern gone quadratic takes minutes, and the suite's limit."""
    index = FigureIndex({}, {1: 0, 2: 1})
    for text in HOSTILE:
        find_mentions(text, (), index)
        sentence_starts(text)
        figure_rights(License.BY, text, (Statement("permission"),))
