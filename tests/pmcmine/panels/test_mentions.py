"""From sentences to panels: generated and hand-checked sentences, with links and in plain words."""

from __future__ import annotations

import random
from xml.sax.saxutils import escape

import pytest

from pmcmine.jats import ArticleMeta, extract_article
from pmcmine.panels.mentions import resolve
from schemas.mention import Mention

LETTERS = "ABCDEFGH"
Truth = set[tuple[int, str]]


def _link(figure: int, text: str, linked: bool) -> str:
    return f'<xref ref-type="fig" rid="f{figure}">{escape(text)}</xref>' if linked else escape(text)


def _some(r: random.Random, lower: bool) -> tuple[str, set[str]]:
    """A way to write some letters, and which they are."""
    case = str.lower if lower else str.upper
    first = r.randrange(5)
    a, b, c = (case(LETTERS[first + k]) for k in range(3))
    dash = r.choice("-–—")
    return r.choice(
        [
            (a, {a}),
            (f"{a},{b}", {a, b}),
            (f"{a}, {b}", {a, b}),
            (f"{a}{dash}{c}", {a, b, c}),
            (f"{a} and {b}", {a, b}),
            (f"{a},{c}", {a, c}),
            (f"{a}, {b} and {c}", {a, b, c}),
        ]
    )


def generated(r: random.Random) -> tuple[str, Truth]:
    """A sentence in JATS and the (figure, panel) pairs that it names."""
    linked, lower = r.random() < 0.7, r.random() < 0.4
    word = r.choice(["Fig. {}", "Figure {}", "Fig {}", "Figs. {}", "Figures {}"])
    figure = r.randint(1, 3)
    letters, named = _some(r, lower)
    how = r.randrange(5)
    if how == 0:
        text = _link(figure, word.format(figure) + letters, linked)
    elif how == 1:
        text = _link(figure, word.format(figure), linked) + escape(letters)  # letters behind the link
    elif how == 2:
        text = _link(figure, f"{word.format(figure)} ({letters})", linked)
    elif how == 3:
        other = figure % 3 + 1
        second, more = _some(r, lower)
        joint = r.choice([", ", " and ", "; "]) if linked else " and "
        text = (
            _link(figure, word.format(figure) + letters, linked)
            + joint
            + _link(other, word.format(other) + second, linked)
        )
        return f"The cells grew faster ({text}) in all animals.", _pairs(figure, named) | _pairs(other, more)
    else:
        text = _link(figure, word.format(figure), linked)
        return f"The cells grew faster ({text}) in all animals.", set()
    return f"The cells grew faster ({text}) in all animals.", _pairs(figure, named)


def _pairs(figure: int, letters: set[str]) -> Truth:
    return {(figure, x.upper()) for x in letters}


HAND: list[tuple[str, Truth]] = [
    ("As in <xref ref-type='fig' rid='f2'>Fig. 2B, D–F</xref> and <xref ref-type='fig' rid='f3'>3A</xref>, it rose.",
     {(2, "B"), (2, "D"), (2, "E"), (2, "F"), (3, "A")}),
    ("Survival fell (Figs. 1A and 2C).", {(1, "A"), (2, "C")}),
    ("Survival fell (<xref ref-type='fig' rid='f1'>Figure 1</xref>a–c).", {(1, "A"), (1, "B"), (1, "C")}),
    ("Survival fell (<xref ref-type='fig' rid='f1'>Fig. 1</xref>, panel B).", {(1, "B")}),
    ("See <xref ref-type='fig' rid='f3'>Figure 3</xref> (A and D) for both.", {(3, "A"), (3, "D")}),
    ("Figure 2 A shows vessels; as Fig. 2 is large, see there.", {(2, "A")}),
    ("We refer to Fig. 3C of Smith et al. for that.", set()),
    ("In Figure 1, a decline is seen.", set()),
    ("The gene in Fig. 2E,F was lost (Fig. 2E′ not shown).", {(2, "E"), (2, "F")}),
    ("(<xref ref-type='fig' rid='f2'>Fig. 2A</xref>; <xref ref-type='fig' rid='f2'>2C</xref>) agree.", {(2, "A"), (2, "C")}),
]  # fmt: skip


def found(sentences: list[str]) -> list[Truth]:
    """(figure, panel) pairs that each sentence of an article names."""
    figures = "".join(f'<fig id="f{n}"><label>Figure {n}</label><caption><p>x</p></caption></fig>' for n in (1, 2, 3))
    body = "".join(f"<p>{s}</p>" for s in sentences)
    xml = f"<article><body><sec><title>Results</title>{body}{figures}</sec></body></article>"
    extraction = extract_article(xml.encode(), ArticleMeta(pmcid="PMC1", license_code="CC BY"))
    order = {p.paragraph_id: p.ordinal for p in extraction.paragraphs}
    out: list[Truth] = [set() for _ in sentences]
    for m in extraction.mentions:
        for panel in resolve(m.panels, list(LETTERS)):
            out[order[m.context_id]].add((int(m.figure_id[-1]), panel))
    return out


def f1(sentences: list[tuple[str, Truth]]) -> tuple[float, list[str]]:
    """F1 of pairs over all sentences, and the sentences where something differs."""
    told = found([s for s, _ in sentences])
    right = sum(len(t & truth) for t, (_, truth) in zip(told, sentences, strict=True))
    every = sum(len(t) for t in told) + sum(len(truth) for _, truth in sentences)
    wrong = [f"{s}  gold {sorted(g)}  told {sorted(t)}" for t, (s, g) in zip(told, sentences, strict=True) if t != g]
    return 2 * right / every, wrong


def test_generated_sentences() -> None:
    r = random.Random(6)
    score, wrong = f1([generated(r) for _ in range(600)])
    assert score >= 0.97, (score, wrong[:10])


def test_hand_checked_sentences() -> None:
    score, wrong = f1(HAND)
    assert score == 1 and not wrong, (score, wrong)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("In {Figure 2C}, a minority of cells died.", [("Figure 2C", "C")]),
        ("It rose ({Fig. 2C}, p &lt; 0.01).", [("Fig. 2C", "C")]),
        ("It rose ({Fig. 2C}, n = 12).", [("Fig. 2C", "C")]),
        ("It rose ({Fig. 2B}, P = .05).", [("Fig. 2B", "B")]),
        ("It rose ({Fig. 2B}, t(14) = 2.2).", [("Fig. 2B", "B")]),
        ("It rose ({Fig. 2B}, F1,8 = 2.2).", [("Fig. 2B", "B")]),
        ("We show {Fig. 2A} and E. coli.", [("Fig. 2A", "A")]),
        ("We show {Fig. 2A} and T cells.", [("Fig. 2A", "A")]),
        ("We show {Fig. 2A}, C-terminal tags.", [("Fig. 2A", "A")]),
        ("Figure 2 A total of nine mice.", [("Figure 2", None)]),
        ("{Figure 2} A total of nine mice.", [("Figure 2", None)]),
        ("In {Figure 2}, a minority died.", [("Figure 2", None)]),
        ("It fell ({Figure 2}, P &lt; .01).", [("Figure 2", None)]),
        ("It fell ({Figure 2}, S4 Table).", [("Figure 2", None)]),
        ("It fell ({Figure 2}, C–E).", [("Figure 2, C–E", "C–E")]),
        ("It fell ({Figure 2}, b, d, and f).", [("Figure 2, b, d, and f", "b, d, and f")]),
        ("It fell ({Figure 2, A} and B).", [("Figure 2, A and B", "A and B")]),
        ("It fell ({Figure 2}, panels A and B).", [("Figure 2, panels A and B", "A and B")]),
        ("It fell ({Figure 2}(a)–(c)).", [("Figure 2(a)–(c)", "(a)–(c)")]),
        ("It fell ({Fig. 2A1}).", [("Fig. 2A1", "A1")]),
        ("It fell ({Figs. 2b1–b3}).", [("Figs. 2b1–b3", "b1–b3")]),
        ("It fell ({Fig. 2C, D1, D2}).", [("Fig. 2C, D1, D2", "C, D1, D2")]),
        ("It fell ({Fig. 2A} and S3).", [("Fig. 2A", "A")]),
        ("It fell ({Fig. 2A, 2C and 2D}).", [("Fig. 2A, 2C and 2D", "A, 2C and 2D")]),
        ("It fell ({Fig. 2A}, {D}).", [("Fig. 2A", "A"), ("D", "D")]),
        ("It fell ({Fig. 2A}–{D}).", [("Fig. 2A–D", "A–D"), ("D", "D")]),
    ],
)
def test_letters_that_are_panels_and_letters_that_are_not(
    sentence: str, expected: list[tuple[str, str | None]]
) -> None:
    linked = sentence.replace("{", "<xref ref-type='fig' rid='f2'>").replace("}", "</xref>")
    xml = f"<article><body><p>{linked}</p>{_figures(3)}</body></article>"
    assert [(m.text, m.panels) for m in _mentions(xml)] == expected


def test_a_link_that_lists_a_range_names_each_figure_once() -> None:
    xml = (
        "<article><body><p>See <xref ref-type='fig' rid='f1 f2 f3 f4'>Figs 1–4</xref> and Figs 1–3.</p>"
        f"{_figures(4)}</body></article>"
    )
    told = [(m.figure_id[-1], m.how) for m in _mentions(xml)]
    assert told == [(n, "xref") for n in "1234"] + [("1", "plain"), ("2", "range"), ("3", "plain")]


def test_a_link_to_a_group_names_its_figures() -> None:
    def group(link: str, *labels: str) -> list[str]:
        inner = "".join(f'<fig id="f{n}"><label>{x}</label></fig>' for n, x in enumerate(labels))
        xml = f"<article><body><p>{link}</p><fig-group id='g'>{inner}</fig-group></body></article>"
        return [m.figure_id[-2:] for m in _mentions(xml)]

    link = "<xref ref-type='fig' rid='g'>{}</xref>"
    assert group(link.format("figura 1"), "Figura 1", "Figure 1") == ["f0", "f1"]
    assert group(link.format("Fig. 2"), "Figure 1", "Figure 2") == ["f1"]


def test_primes_are_one_sign_to_a_caption_and_a_text() -> None:
    assert resolve("A’, B'", ["A", "A′", "B", "B′"]) == ("A′", "B′")
    assert resolve("(a)–(c)", ["a", "b", "c"]) == ("a", "b", "c")


def _figures(count: int) -> str:
    return "".join(f'<fig id="f{n}"><label>Figure {n}</label></fig>' for n in range(1, count + 1))


def _mentions(xml: str) -> tuple[Mention, ...]:
    return extract_article(xml.encode(), ArticleMeta(pmcid="PMC1", license_code="CC BY")).mentions
