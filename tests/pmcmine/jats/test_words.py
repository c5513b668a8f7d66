"""Which words of an article become which row: abstracts, dates, powers and marks, loose text, groups, graphics."""

from __future__ import annotations

from dataclasses import fields

import pytest

from pmcmine.images.check import check_image, vector_format
from pmcmine.jats import extract_article
from pmcmine.jats.figures import GraphicRef
from pmcmine.jats.records import ArticleMeta
from pmcmine.miner.media_index import MediaIndex
from pmcmine.pointers.withhold import withhold
from pmcmine.rejects import Ledger, Reason, Rejected
from pmcmine.sources.base import Asset
from schemas.figure import Figure, Graphic
from tests.pmcmine.jats.test_article import NS, article, fig, read, xref


def texts(body: str, ledger: Ledger | None = None) -> list[str]:
    return [p.text for p in read(article(body), ledger).paragraphs]


REAL = "<abstract><p>What was found.</p></abstract>"


@pytest.mark.parametrize("other", [
    '<abstract abstract-type="teaser"><p>Buy it.</p></abstract>',
    '<abstract abstract-type="author-highlights"><list><list-item><p>Point.</p></list-item></list></abstract>',
    '<abstract abstract-type="graphical"><p><fig><graphic xlink:href="ga"/></fig></p></abstract>',
    '<abstract abstract-type="short"><p>In short.</p></abstract>',
    '<abstract abstract-type="key-points"><p>Key.</p></abstract>',
    '<abstract><title>Highlights</title><p>Point.</p></abstract>',
    '<abstract xml:lang="fr"><p>Ce qui fut trouvé.</p></abstract>',
    '<abstract><title>Resumen</title><p>Lo hallado.</p></abstract>',
    '<trans-abstract xml:lang="de"><p>Gefundenes.</p></trans-abstract>',
])  # fmt: skip
def test_the_abstract_is_the_main_one_wherever_it_stands(other: str) -> None:
    for meta in (other + REAL, REAL + other):
        x = read(article(meta=meta, attrs='xml:lang="en-US"'))
        assert x.article.abstract == "What was found."
        assert len([p for p in x.paragraphs if p.section_kind == "abstract"]) >= 1


def test_the_abstract_is_in_the_language_of_the_article() -> None:
    both = (
        '<abstract xml:lang="en"><p>Found.</p></abstract><trans-abstract xml:lang="es"><p>Hallado.</p></trans-abstract>'
    )
    assert read(article(meta=both, attrs='xml:lang="es"')).article.abstract == "Hallado."
    assert read(article(meta=both, attrs='xml:lang="en"')).article.abstract == "Found."
    # A summary of another kind is better than none; a teaser is not.
    precis = '<abstract abstract-type="precis"><p>Precis.</p></abstract>'
    assert read(article(meta=precis)).article.abstract == "Precis."
    assert read(article(meta='<abstract abstract-type="toc"><p>Toc.</p></abstract>')).article.abstract is None


@pytest.mark.parametrize(("title", "text", "line"), [
    ("Methods:", "We looked.", "Methods: We looked."),
    ("Methods.", "We looked.", "Methods: We looked."),
    ("Methods", ": We looked.", "Methods: We looked."),
    ("Methods —", "We looked.", "Methods: We looked."),
    ("Methods", "Methods: we looked.", "Methods: we looked."),
    ("Why?", "We looked.", "Why? We looked."),
])  # fmt: skip
def test_titles_in_an_abstract_have_one_colon(title: str, text: str, line: str) -> None:
    meta = f"<abstract><sec><title>{title}</title><p>{text}</p></sec></abstract>"
    assert read(article(meta=meta)).article.abstract == line


@pytest.mark.parametrize(("dates", "want"), [
    ('<pub-date date-type="pub" publication-format="electronic"><day>3</day><month>02</month><year>2020</year></pub-date>',
     "2020-02-03"),
    ('<pub-date date-type="publication" iso-8601-date="2020-02-03T10:00:00Z"/>', "2020-02-03"),
    ("<pub-date><day>3</day><month>Feb</month><year>2020</year></pub-date>", "2020-02-03"),
    ('<pub-date pub-type="pub"><month>2</month><year>2020</year></pub-date>', "2020-02"),
    ('<pub-date pub-type="epub"><string-date>3 February 2020</string-date></pub-date>', "2020-02-03"),
    ('<pub-date pub-type="epub"><string-date><month>February</month> <day>3</day>, <year>2020</year></string-date></pub-date>',
     "2020-02-03"),
    ('<pub-date pub-type="epub"><string-date>Feb. 3rd, 2020</string-date></pub-date>', "2020-02-03"),
    ('<pub-date pub-type="ppub"><season>Spring</season><year>2020</year></pub-date>', "2020"),
    ('<pub-date pub-type="ppub"><season>Mar-Apr</season><year>2020</year></pub-date>', "2020-03"),
    ('<pub-date pub-type="epub"><day>30</day><month>2</month><year>2020</year></pub-date>', "2020-02"),
    ('<pub-date pub-type="epub" iso-8601-date="soon"><year>2020</year></pub-date>', "2020"),
    ('<pub-history><event><date date-type="published-online"><year>2020</year></date></event></pub-history>', "2020"),
    ('<pub-date date-type="collection"><year>2020</year></pub-date><pub-date pub-type="epub"><day>9</day><month>1</month>'
     "<year>2020</year></pub-date>", "2020-01-09"),
    ('<pub-date pub-type="pmc-release"><year>2021</year></pub-date>', "2021"),
    ('<pub-date date-type="retracted"><year>2022</year></pub-date>', None),
    ("", None),
])  # fmt: skip
def test_publication_dates(dates: str, want: str | None) -> None:
    assert read(article(meta=dates)).article.publication_date == want


CITE = '<xref ref-type="bibr" rid="r1">'


@pytest.mark.parametrize(("markup", "text"), [
    ("3 × 10<sup>5</sup>", "3 × 10^5"),
    ("3x10<sup><bold>−5</bold></sup>", "3x10^−5"),
    ("3 × 10 <sup>5</sup> mice", "3 × 10^5 mice"),
    ("<italic>10<sup>− 3</sup></italic>", "10^− 3"),
    ("2<sup>−ΔΔCt</sup> and 2<sup><italic>n</italic></sup>", "2^−ΔΔCt and 2^n"),
    ("(<italic>x</italic> − 1)<sup>2</sup>", "(x − 1)^2"),
    ("9<sup>2</sup> and 10<sup>3–4</sup>", "9^2 and 10^3–4"),
    ("m<sup>2</sup>, s<sup>−1</sup>, Ca<sup>2+</sup>, 4<sup>th</sup>, 5.1<sup>a</sup>", "m2, s−1, Ca2+, 4th, 5.1a"),
    (f"in 1998<sup>{CITE}7</xref></sup>", "in 1998 7"),
    (f"in 1998{CITE}7</xref>", "in 1998 7"),
    (f"in 1998 {CITE}[7]</xref>", "in 1998 [7]"),
    (f"in 1998{CITE}<sup>7</sup></xref>", "in 1998 7"),
    ("in 1998<sup>7</sup>", "in 1998 7"),
    (f"of mice<sup>{CITE}7</xref>,{CITE}8</xref></sup>.", "of mice 7,8."),
    ("of mice<sup>7,8</sup>.", "of mice 7,8."),
    (f"P = 0.05.<sup>{CITE}7</xref></sup>", "P = 0.05. 7"),
    (f"[{CITE}7</xref>{CITE}8</xref>]", "[7 8]"),
    ("caspase-3<sup>17,18</sup> and BRCA1<sup>9</sup>", "caspase-3 17,18 and BRCA1 9"),
    ("version 2.4.0<sup>53</sup>, 50<sup>1–3</sup>", "version 2.4.0 53, 50 1–3"),
    ('25<sup><xref ref-type="fn" rid="n">1</xref></sup>', "25 1"),
    ("H<sub>2</sub><sup>18</sup>O", "H2 18O"),
    ("Smith 2011<sup>1,</sup><sup>4,</sup><sup>9</sup>", "Smith 2011 1,4,9"),
    ("at <italic>T</italic>\n<sub>melt</sub>, <bold>K</bold>\n<sub><bold>2</bold></sub>O", "at Tmelt, K2O"),
    ("<italic>R</italic>\n<sup>2</sup> of <italic>σ</italic> <sup>2</sup>", "R2 of σ2"),
    ("<italic>P</italic> <sub>for trend</sub>", "P for trend"),
    ("<italic>Salmonella</italic> <sup>b</sup>, <italic>x</italic> <sup>n</sup>", "Salmonella b, xn"),
    ("PO<sub>4</sub>\n<sup>3−</sup>, <sup>13</sup>C", "PO43−, 13C"),
    ("<bold>(B)</bold> <sup>13</sup>C; <italic>Mus musculus</italic> <sup>5</sup>", "(B) 13C; Mus musculus 5"),
    (f"of <italic>yeast</italic> <sup>{CITE}8</xref></sup>", "of yeast 8"),
    ("the 12 <sup>th</sup> of 40 cm\n<sup>3</sup>, a χ <sup>2</sup> test of type A <sup>2</sup>",
     "the 12th of 40 cm3, a χ2 test of type A 2"),
])  # fmt: skip
def test_powers_and_marks(markup: str, text: str) -> None:
    p = read(article(f"<p>{markup}</p>")).paragraphs[0]
    assert p.text == text
    assert all(p.text[c.start : c.end].strip("[]").isdigit() for c in p.citations)


def math(inner: str) -> str:
    return texts(f"<p><inline-formula><mml:math>{inner}</mml:math></inline-formula></p>")[0]


def mi(*names: str) -> str:
    return "".join(f"<mml:mi>{n}</mml:mi>" for n in names)


@pytest.mark.parametrize(("inner", "text"), [
    (f"<mml:mi>f</mml:mi><mml:mfenced>{mi('x', 'y')}</mml:mfenced>", "f(x,y)"),
    (f'<mml:mfenced open="[" close="]" separators=";">{mi("x", "y", "z")}</mml:mfenced>', "[x;y;z]"),
    (f'<mml:mfenced open="|" close="|">{mi("x")}</mml:mfenced>', "|x|"),
    (f"<mml:msup>{mi('f')}<mml:mo>′</mml:mo></mml:msup>", "f′"),
    (f"<mml:msubsup>{mi('f', 'i')}<mml:mo>″</mml:mo></mml:msubsup>", "f_i″"),
    (f"<mml:msup><mml:mrow>{mi('a')}<mml:mo>+</mml:mo>{mi('b')}</mml:mrow><mml:mn>2</mml:mn></mml:msup>", "(a + b)^2"),
    (f"<mml:mmultiscripts>{mi('C')}<mml:none/><mml:none/><mml:mprescripts/><mml:mn>6</mml:mn><mml:mn>14</mml:mn>"
     "</mml:mmultiscripts>", "_6^14C"),
    (f"<mml:mi>log</mml:mi>{mi('x')}", "log x"),
    (f"{mi('x')}<mml:mtext> if </mml:mtext>{mi('y')}", "x if y"),
    (f'<mml:mfrac linethickness="0">{mi("n", "k")}</mml:mfrac>', "(n over k)"),
    (f"{mi('a')}<mml:mo>&#x2062;</mml:mo>{mi('b')}", "ab"),
])  # fmt: skip
def test_mathematics(inner: str, text: str) -> None:
    assert math(inner) == text


def test_entities_in_mathematics() -> None:
    xml = b'<!DOCTYPE article SYSTEM "a.dtd">' + article(
        "<p><inline-formula><mml:math><mml:mi>&beta;</mml:mi><mml:mo>&le;</mml:mo><mml:mn>1</mml:mn></mml:math>"
        "</inline-formula></p>"
    )
    assert read(xml).paragraphs[0].text == "β ≤ 1"


@pytest.mark.parametrize(("body", "want"), [
    ("<list><list-item>A <bold>b</bold> c.</list-item><list-item><p>D.</p> e</list-item></list>", ["A b c.", "D.", "e"]),
    ("<sec><title>T</title>Loose text.<p>In p.</p></sec>", ["Loose text.", "In p."]),
    ("<p>A.<fn id='n'><p>Note.</p></fn> B.</p>", ["A. B.", "Note."]),
    ("<p>A.</p><code>x = 1;\ny</code><preformat>z</preformat>", ["A.", "x = 1; y", "z"]),
    ("<verse-group><verse-line>One</verse-line><verse-line>two</verse-line></verse-group>", ["One two"]),
    ("<disp-quote><p>Said.</p><attrib>Someone</attrib></disp-quote>", ["Said.", "Someone"]),
    ("<speech><speaker>Dr A:</speaker><p>Yes.</p></speech>", ["Dr A: Yes."]),
    ("<def-list><def-item><term>CT</term><def><p>scan</p></def></def-item></def-list>", ["CT scan"]),
    ("<array><tbody><tr><td>CT</td><td>scan</td></tr></tbody></array>", ["CT scan"]),
    ("<p>A</p><disp-formula><mml:math><mml:mi>y</mml:mi></mml:math></disp-formula><p>B</p>", ["A", "y", "B"]),
    ("<boxed-text><caption><title>T</title><p>Cap.</p></caption><p>In.</p></boxed-text>", ["Cap.", "In."]),
])  # fmt: skip
def test_no_words_between_paragraphs_are_lost_or_glued(body: str, want: list[str]) -> None:
    assert texts(body) == want


def test_a_statement_is_titled_by_its_label_and_a_formula_that_is_a_picture_is_a_reject() -> None:
    ledger = Ledger("PMC1")
    x = read(article(
        "<statement><label>Theorem 2</label><title>Bound</title><p>It holds.</p></statement>"
        '<disp-formula><graphic xlink:href="eq1"/></disp-formula>'
    ), ledger)  # fmt: skip
    assert x.paragraphs[0].section_titles == ("Theorem 2 Bound",)
    assert [(r.reason, r.detail) for r in ledger.rows] == [("empty_text", "disp-formula[0]")]
    assert not x.figures


def test_links_in_loose_text_stay_mentions() -> None:
    x = read(article(f"<list><list-item>See {xref('F1', 'Fig. 1')}.</list-item></list>{fig(1, caption='c')}"))
    assert [(m.figure_id, m.text) for m in x.mentions] == [("PMC1.1/F1", "Fig. 1")]


GROUP = (
    '<fig-group id="g"><label>Figure 2</label><caption><title>Both.</title></caption>'
    '<fig id="a"><label>(a)</label><caption><p>One.</p></caption><graphic id="ga" xlink:href="a"/></fig>'
    '<fig><label>(b)</label><caption><p>Two.</p></caption><graphic xlink:href="b"/></fig></fig-group>'
)


def test_a_group_that_can_be_named_is_a_row_and_the_parent_of_its_figures() -> None:
    x = read(article(f"<p>In {xref('g', 'Fig. 2')}, {xref('ga', 'left')}.</p>{GROUP}"))
    assert [(f.label, f.caption, f.kind, f.parent_figure_id) for f in x.figures] == [
        ("Figure 2", "Both.", "figure", None),
        ("(a)", "One.", "figure", "PMC1.1/g"),
        ("(b)", "Two.", "figure", "PMC1.1/g"),
    ]
    # A link to the group names all of it, one to a graphic its figure.
    assert [(m.figure_id, m.text) for m in x.mentions] == [
        *((f.figure_id, "Fig. 2") for f in x.figures),
        ("PMC1.1/a", "left"),
    ]


def test_a_group_without_label_or_id_leaves_its_caption_as_text() -> None:
    x = read(article(f"<fig-group><caption><title>Of</title><p>both.</p></caption>{fig(1)}{fig(2)}</fig-group>"))
    assert [f.parent_figure_id for f in x.figures] == [None, None]
    assert [p.text for p in x.paragraphs] == ["Of", "both."]


def test_a_link_to_a_group_without_words_names_its_figures() -> None:
    x = read(article(f"<p>In {xref('g', 'the maps')}.</p><fig-group id='g'>{fig(1)}{fig(2)}</fig-group>"))
    assert [m.figure_id for m in x.mentions] == ["PMC1.1/F1", "PMC1.1/F2"]


def test_bare_alternatives_are_one_picture() -> None:
    x = read(article(
        '<p>Here.<alternatives><graphic xlink:href="p.tif"/><graphic xlink:href="q.png"/></alternatives></p>'
        '<p>a<alternatives><tex-math>\\alpha</tex-math><graphic xlink:href="eq"/></alternatives>b</p>'
    ))  # fmt: skip
    assert [[(g.href, g.role) for g in f.graphics] for f in x.figures] == [
        [("p.tif", "primary"), ("q.png", "alternative")]
    ]
    assert [p.text for p in x.paragraphs] == ["Here.", "aαb"]


def test_graphics_keep_their_own_words() -> None:
    graphics = (
        '<graphic xlink:href="a"><alt-text>A lung.</alt-text><long-desc>Long.</long-desc></graphic>'
        '<graphic xlink:href="b"><label>b</label><caption><p>Right.</p></caption></graphic>'
    )
    f = read(article(f"<fig><caption><p>Lungs.</p></caption>{graphics}</fig>")).figures[0]
    assert (f.caption, f.alt_text, f.long_description) == ("Lungs.", "A lung.", "Long.")
    assert [(g.caption, g.alt_text) for g in f.graphics] == [(None, "A lung."), ("b Right.", None)]
    # Without a caption of its own, a figure has that of its only captioned graphic, but not PMC's stock words.
    assert read(article(f"<fig>{graphics}</fig>")).figures[0].caption == "Right."
    media = '<media xlink:href="s.tif"><caption><p>Click here for additional data file.</p></caption></media>'
    x = read(article(f"<supplementary-material>{media}</supplementary-material>"))
    assert [f.caption for f in x.figures] == [None]


@pytest.mark.parametrize(("caption", "text"), [
    ("Growth of <italic>E. coli</italic> here.", "Growth of E. coli here."),
    ("<title>T.</title>Loose <bold>b</bold><p>P.</p> end", "T. Loose b P. end"),
    ("<p>Cells.<fn><p>Of mice.</p></fn></p>", "Cells. Of mice."),
])  # fmt: skip
def test_captions_of_mixed_content(caption: str, text: str) -> None:
    assert read(article(f'<fig><caption>{caption}</caption><graphic xlink:href="a"/></fig>')).figures[0].caption == text


def test_prefixes_that_only_the_dtd_declares() -> None:
    xml = (
        b'<!DOCTYPE article PUBLIC "-//NLM//DTD" "j.dtd"><article><front><article-meta><article-id pub-id-type="pmc">1'
        b'</article-id></article-meta></front><body><fig><graphic xlink:href="f" foo:x="1"/></fig><p><mml:math>'
        b"<mml:mi>x</mml:mi></mml:math></p></body></article>"
    )
    x = read(xml)
    assert ([g.href for g in x.figures[0].graphics], x.paragraphs[0].text) == (["f"], "x")


def test_the_article_asked_for_is_read_out_of_a_set_and_the_others_are_rejects() -> None:
    def one(n: int) -> str:
        return (
            f"<article {NS}><front><article-meta><article-id pub-id-type='pmcid'>PMC{n}</article-id></article-meta>"
            f"</front><body><p>text {n}</p></body></article>"
        )

    ledger = Ledger("PMC2")
    data = f"<pmc-articleset>{one(1)}{one(2)}{one(3)}</pmc-articleset>".encode()
    x = extract_article(data, ArticleMeta(pmcid="PMC2"), ledger)
    assert [p.text for p in x.paragraphs] == ["text 2"]
    assert [(r.reason, r.detail) for r in ledger.rows] == [("other_article", "PMC1"), ("other_article", "PMC3")]
    assert (x.found["sub_article"], x.article.n_sub_articles) == (2, 0)


@pytest.mark.parametrize(("data", "name"), [
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
    (b"\xef\xbb\xbf<?xml version='1.0'?><!-- drawn --><svg:svg >", "SVG"),
    (b"%!PS-Adobe-3.0 EPSF-3.0", "EPS"),
    (b"%PDF-1.7", "PDF"),
    (b"\xd7\xcd\xc6\x9a\0\0", "WMF"),
    (b"<html><body>not found</body></html>", None),
    (b"\x1f\x8bno gzip", None),
])  # fmt: skip
def test_drawings_are_named(data: bytes, name: str | None) -> None:
    assert vector_format(data) == name
    with pytest.raises(Rejected) as rejected:
        check_image(data, max_pixels=10, min_side=1)
    assert rejected.value.reason == (Reason.IMAGE_VECTOR if name else Reason.IMAGE_UNKNOWN_FORMAT)
    assert name is None or rejected.value.detail == name


def test_a_drawing_gives_way_to_the_pixels_of_the_same_picture() -> None:
    x = read(
        article('<fig><alternatives><graphic xlink:href="f.svg"/><graphic xlink:href="f.png"/></alternatives></fig>')
    )
    assert [(g.href, g.role) for g in x.figures[0].graphics] == [("f.png", "primary"), ("f.svg", "alternative")]


def test_a_drawing_is_found_by_name() -> None:
    def resolve(*names: str) -> tuple[str | None, str]:
        found = MediaIndex.of([Asset(n, n) for n in names]).resolve(GraphicRef("f.svg", "primary"))
        return (found.asset.name if found.asset else None), found.rule

    assert resolve("f.svg") == ("f.svg", "exact")
    assert resolve("f.svg", "f.jpg") == ("f.jpg", "stem")
    assert resolve("g.svg") == (None, "missing")


def test_a_pointer_holds_no_words_of_its_graphics() -> None:
    row = Figure(**{f.name: None for f in fields(Figure)} | {
        "caption": "C.", "caption_paragraphs": ("C.",), "context": (), "graphics": (
            Graphic(rank=0, role="primary", href="a", media=None, rule="missing", caption="G.", alt_text="A."),
        ),
    })  # fmt: skip
    pointer = withhold(row)
    assert (pointer.caption, pointer.caption_paragraphs) == ("", ())
    assert (pointer.graphics[0].caption, pointer.graphics[0].alt_text) == (None, None)
