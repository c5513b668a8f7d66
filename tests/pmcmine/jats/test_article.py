"""Golden rows for the hard cases of JATS, each in the smallest article that shows it."""

from __future__ import annotations

from typing import Any

import pytest

from pmcmine.jats import ArticleMeta, Extraction, extract_article
from pmcmine.jats.dom import parse_jats
from pmcmine.jats.sections import kind_of
from pmcmine.rejects import Ledger, Reason, Rejected
from pmcmine.rights.licenses import License

NS = 'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:mml="http://www.w3.org/1998/Math/MathML"'


def article(body: str = "", *, front: str = "", meta: str = "", back: str = "", attrs: str = "") -> bytes:
    return (
        f"<article {NS} {attrs}><front><article-meta><article-id pub-id-type='pmcid'>PMC1</article-id>{meta}"
        f"</article-meta>{front}</front><body>{body}</body>{back}</article>"
    ).encode()


def read(xml: bytes, ledger: Ledger | None = None, **meta: Any) -> Extraction:
    values = {"pmcid": "PMC1", "license_code": "CC BY", **meta}
    return extract_article(xml, ArticleMeta(**values), ledger)


def fig(n: int, label: str | None = None, caption: str | None = None, inner: str = "") -> str:
    cap = f"<caption><p>{caption}</p></caption>" if caption else ""
    return f'<fig id="F{n}"><label>{label or f"Figure {n}"}</label>{cap}<graphic xlink:href="f{n}"/>{inner}</fig>'


def test_a_figure_without_caption_takes_nobody_elses() -> None:
    x = read(article(fig(1, caption="First.") + fig(2) + fig(3, caption="Third.")))
    assert [f.caption for f in x.figures] == ["First.", None, "Third."]


def test_title_and_paragraphs_keep_their_words_apart() -> None:
    xml = article(
        '<fig id="F1"><caption><title>Dose curve.</title><p>(A) Low.</p><p>(B) High.</p></caption>'
        '<graphic id="gr3" xlink:href="CJP2-6-69-g002"/></fig>'
    )
    f = read(xml).figures[0]
    assert (f.caption_title, f.caption_paragraphs) == ("Dose curve.", ("(A) Low.", "(B) High."))
    assert f.caption == "Dose curve. (A) Low. (B) High."
    assert [g.href for g in f.graphics] == ["CJP2-6-69-g002"]


def test_graphics_are_ranked_with_roles() -> None:
    xml = article(
        '<fig id="F1"><alternatives><graphic xlink:href="a.tif"/><graphic xlink:href="a_small.jpg" '
        'specific-use="thumbnail"/><graphic xlink:href="a.jpg"/></alternatives></fig>'
        '<fig id="F2"><graphic xlink:href="p1.jpg"/><graphic xlink:href="p2.jpg"/>'
        '<graphic xlink:href="p1.gif" content-type="thumb"/></fig>'
    )
    roles = [[(g.href, g.role) for g in f.graphics] for f in read(xml).figures]
    assert roles == [
        [("a.tif", "primary"), ("a.jpg", "alternative"), ("a_small.jpg", "thumbnail")],
        [("p1.jpg", "primary"), ("p2.jpg", "panel"), ("p1.gif", "thumbnail")],
    ]


def test_nested_supplements_are_figures_with_a_parent() -> None:
    inner = (
        '<p><fig id="F1s1" specific-use="child-fig"><label>Figure 1—figure supplement 1</label>'
        '<caption><p>Child.</p></caption><graphic xlink:href="f1s1"/></fig></p>'
    )
    x = read(article(fig(1, caption="Parent.", inner=inner)))
    assert [(f.xml_id, f.kind, f.caption, f.parent_figure_id) for f in x.figures] == [
        ("F1", "figure", "Parent.", None),
        ("F1s1", "supplement", "Child.", "PMC1.1/F1"),
    ]
    assert [g.href for g in x.figures[0].graphics] == ["f1"]


def test_a_figure_group_keeps_its_caption() -> None:
    xml = article(f"<fig-group><caption><p>Of the group.</p></caption>{fig(1)}{fig(2, caption='Own.')}</fig-group>")
    assert [f.caption for f in read(xml).figures] == [None, "Own."]


@pytest.mark.parametrize("place", [
    "<sec><title>R</title>{}</sec>", "<p>text {} text</p>", "<boxed-text>{}</boxed-text>", "<disp-quote>{}</disp-quote>",
    "<table-wrap><table><tr><td>{}</td></tr></table></table-wrap>", "<list><list-item><p>x {}</p></list-item></list>",
    "<supplementary-material id='s'>{}</supplementary-material>", "<p><fig-group>{}</fig-group></p>",
    "<p><fn><p>{}</p></fn></p>", "<fig id='outer'><caption><p>{}</p></caption></fig>",
])  # fmt: skip
def test_no_place_loses_a_figure(place: str) -> None:
    x = read(article(place.format(fig(1, caption="Here."))))
    assert [f.caption for f in x.figures if f.xml_id == "F1"] == ["Here."]
    assert x.found["figure"] == len(x.figures)


def test_floats_take_the_section_of_their_first_mention() -> None:
    xml = article(
        '<sec sec-type="results"><title>Results</title><p>See <xref ref-type="fig" rid="F1">Fig. 1</xref>.</p></sec>',
        back=f"<floats-group>{fig(1, caption='x')}</floats-group>",
    )
    f = read(xml).figures[0]
    assert (f.section_path, f.section_kind) == (("Results",), "results")


def mentions(text: str, figures: int = 4) -> list[tuple[str, str, str | None, str]]:
    body = f"<p>{text}</p>" + "".join(fig(n, caption="c") for n in range(1, figures + 1))
    x = read(article(body))
    paragraph = x.paragraphs[0].text
    for m in x.mentions:
        assert paragraph[m.start : m.end] == m.text
        assert paragraph[m.sentence_start : m.sentence_end] == m.sentence
    return [(m.figure_id.split("/")[1], m.text, m.panels, m.how) for m in x.mentions]


def xref(rid: str, text: str) -> str:
    return f'<xref ref-type="fig" rid="{rid}">{text}</xref>'


@pytest.mark.parametrize(("text", "want"), [
    (f"As in {xref('F1', 'Fig. 1')}A.", [("F1", "Fig. 1A", "A", "xref")]),
    (f"See {xref('F2', 'Figure 2B–D')} now.", [("F2", "Figure 2B–D", "B–D", "xref")]),
    (f"Both {xref('F1 F2', 'Figs. 1 and 2')}.", [("F1", "Figs. 1", None, "xref"), ("F2", "2", None, "xref")]),
    (f"All {xref('F1', 'Figs 1')}–{xref('F3', '3')} agree.",
     [("F1", "Figs 1", None, "xref"), ("F2", "Figs 1–3", None, "range"), ("F3", "3", None, "xref")]),
    (f"All {xref('F1', 'Figs 1–3')}.",
     [("F1", "Figs 1", None, "xref"), ("F2", "Figs 1–3", None, "range"), ("F3", "3", None, "range")]),
    (f"<italic>Inside ({xref('F1', 'Fig. 1')})</italic>", [("F1", "Fig. 1", None, "xref")]),
    ("Plain Fig. 2B here.", [("F2", "Fig. 2B", "B", "plain")]),
    ("Plain Figs. 1 and 3 here.", [("F1", "Figs. 1", None, "plain"), ("F3", "3", None, "plain")]),
    ("In Fig. 1, 3 mice died.", [("F1", "Fig. 1", None, "plain")]),
    ("Supplementary Fig. 2 is elsewhere, as is Fig. 9.", []),
    ("As in Fig. 2 of Smith et al. and configuration 3.", []),
    ("Fig. 2A–2D shows.", [("F2", "Fig. 2A–2D", "A–2D", "plain")]),
    ("Fig. 1.5 mm and Fig. 30% are no figures.", []),
    ("FIG4 and (FIG3) are genes, FigS2 and FigureS1 of a supplement.", []),
    ("Figure4 and FIG. 1 are figures.", [("F4", "Figure4", None, "plain"), ("F1", "FIG. 1", None, "plain")]),
    ("Supplementary Figs. 1–4 and Supplementary Information, Figures 1 to 3.", []),
    ("Additional file 1: Fig. 2, SI Fig. 3, Text S1, Fig. 1, plate 4, fig. 1–3, Fig. 2 of (52).", []),
    ("Fig. 1–9 is a name; Figs. 1–9 reach as far as they can.",
     [("F1", "Figs. 1", None, "plain"), *((f"F{n}", "Figs. 1–9", None, "range") for n in (2, 3, 4))]),
    (f"Supplementary {xref('F1', 'Figs 1')}–{xref('F3', '3')} are links.",
     [("F1", "Figs 1", None, "xref"), ("F2", "Figs 1–3", None, "range"), ("F3", "3", None, "xref")]),
    (f"In {xref('F1', 'Figure-1b')} and Figures-2 and 3; FIG-4 is a gene.",
     [("F1", "Figure-1b", "b", "xref"), ("F2", "Figures-2", None, "plain"), ("F3", "3", None, "plain")]),
])  # fmt: skip
def test_mentions(text: str, want: list[tuple[str, str, str | None, str]]) -> None:
    found = mentions(text)
    assert sorted(found) == sorted(want)


@pytest.mark.parametrize(("label", "link", "panels"), [
    ("Figure S3", "Figure S3C", "C"),
    ("Figure S3", "S3C–E", "C–E"),
    ("S3 Fig", "S3C Fig", "C"),
    ("Supplemental Information 8", "Fig. S3A", "A"),
    ("Figure 2—figure supplement 1.", "Figure 2—figure supplement 1D", "D"),
    ("Figure S3C", "Figure S3C", None),
    ("Figure S3", "Figure S3", None),
    ("S3 Fig", "S3A and S3C Fig", None),
])  # fmt: skip
def test_panels_of_figures_of_a_supplement(label: str, link: str, panels: str | None) -> None:
    figure = f'<fig id="X"><label>{label}</label><caption><p>c</p></caption></fig>'
    m = read(article(f"<p>It fell ({xref('X', link)}).</p>{fig(2, caption='c')}{figure}")).mentions
    assert [(x.figure_id, x.text, x.panels) for x in m] == [("PMC1.1/X", link, panels)]


def test_labels_with_a_hyphen() -> None:
    body = '<p>See Figure-1 and Table-2.</p><fig id="F1"><label>Figure-1</label><caption><p>c</p></caption></fig>'
    x = read(
        article(body + '<table-wrap id="T2"><label>Table-2</label><table><tr><td>x</td></tr></table></table-wrap>')
    )
    assert [(m.figure_id, m.text) for m in x.mentions] == [("PMC1.1/F1", "Figure-1")]
    assert [(m.table_id, m.text) for m in x.table_mentions] == [("PMC1.1/T2", "Table-2")]


@pytest.mark.parametrize(("text", "sentence"), [
    ("It fell, as S2 Fig shows in S1 Fig. Cells were counted in Fig. 1.", "Cells were counted in Fig. 1."),
    ("They were Candida sp. The others are in Fig. 1.", "The others are in Fig. 1."),
    ("They were given by Roe et al. However, Fig. 1 differs.", "However, Fig. 1 differs."),
    ("So did Roe et al. Nature 2 and Fig. 1.", "So did Roe et al. Nature 2 and Fig. 1."),
    ("S1 Fig. Cells of Fig. 1.", "S1 Fig. Cells of Fig. 1."),
])  # fmt: skip
def test_sentences_after_abbreviations(text: str, sentence: str) -> None:
    assert {m.sentence for m in read(article(f"<p>{text}</p>{fig(1, caption='c')}")).mentions} == {sentence}


def test_ranges_over_labels_without_numbers_follow_the_document() -> None:
    figures = "".join(f'<fig id="S{n}"><label>Figure S{n}</label><caption><p>c</p></caption></fig>' for n in (1, 2, 3))
    x = read(article(f"<p>See {xref('S1', 'Figures S1')}–{xref('S3', 'S3')}.</p>{figures}"))
    assert [(m.figure_id, m.how) for m in x.mentions if m.how == "range"] == [("PMC1.1/S2", "range")]


def test_links_that_lead_nowhere_or_stand_nowhere_are_rejects() -> None:
    ledger = Ledger("PMC1")
    body = (
        f"<p>{xref('F9', 'Fig. 9')}</p><table-wrap><table><tr><td>{xref('F1', 'Fig. 1')}</td></tr></table></table-wrap>"
    )
    x = read(article(body + fig(1, caption="c")), ledger)
    assert [r.reason for r in ledger.rows] == ["mention_unresolved", "mention_outside_text"]
    assert x.found["mention"] == 2 and not x.mentions


def test_mentions_in_captions_notes_and_titles_have_their_context() -> None:
    body = (
        f"<sec><title>Effect ({xref('F1', 'Fig. 1')})</title><p>x</p></sec>"
        + fig(1, caption=f"Compare {xref('F2', 'Fig. 2')}.")
        + fig(2, caption="c")
        + f"<table-wrap id='T1'><caption><p>As {xref('F2', 'Fig. 2')}</p></caption><table><tr><td>1</td></tr></table>"
        f"<table-wrap-foot><p>See {xref('F1', 'Fig. 1')}.</p></table-wrap-foot></table-wrap>"
    )
    found = {(m.context_kind, m.context_id, m.figure_id) for m in read(article(body)).mentions}
    assert found == {
        ("section_title", "PMC1.1/sec[0]", "PMC1.1/F1"),
        ("figure_caption", "PMC1.1/F1", "PMC1.1/F2"),
        ("table_caption", "PMC1.1/T1", "PMC1.1/F2"),
        ("table_note", "PMC1.1/T1", "PMC1.1/F1"),
    }


def test_formulas_are_readable() -> None:
    tex = r"\documentclass[12pt]{minimal}\usepackage{amsmath}\begin{document}$$\alpha \le 10^{-6}$$\end{document}"
    body = (
        f"<p>Let <inline-formula><tex-math>{tex}</tex-math></inline-formula> and "
        "<inline-formula><mml:math><mml:msup><mml:mi>x</mml:mi><mml:mn>2</mml:mn></mml:msup><mml:mo>=</mml:mo>"
        "<mml:mfrac><mml:mi>a</mml:mi><mml:mi>b</mml:mi></mml:mfrac></mml:math></inline-formula>, "
        "10<sup>6</sup> cells, Ca<sup>2+</sup>, H<sub>2</sub>O.</p>"
    )
    text = read(article(body)).paragraphs[0].text
    assert text == "Let α ≤ 10^(-6) and x^2 = a/b, 10^6 cells, Ca2+, H2O."


def test_paragraph_paths_sections_and_offsets() -> None:
    body = (
        "<p>Loose.</p><sec sec-type='intro'><title>Background</title><p>One [<xref ref-type='bibr' rid='r1 r2'>1,2</xref>]."
        "</p><sec><title>Aims</title><p>A</p><p>B</p><list><list-item><p>C</p></list-item></list></sec></sec>"
        "<sec><title>Case presentation</title><p> </p><p>D</p></sec>"
    )
    back = "<back><ack><p>Thanks.</p></ack></back>"
    ledger = Ledger("PMC1")
    x = read(article(body, back=back, meta="<abstract><sec><title>Aim</title><p>Abs.</p></sec></abstract>"), ledger)
    assert [(p.path, p.section_kind, p.text) for p in x.paragraphs] == [
        ("abstract[0]/sec[0]/p[0]", "abstract", "Abs."),
        ("p[0]", "other", "Loose."),
        ("sec[0]/p[0]", "introduction", "One [1,2]."),
        ("sec[0]/sec[0]/p[0]", "introduction", "A"),
        ("sec[0]/sec[0]/p[1]", "introduction", "B"),
        ("sec[0]/sec[0]/list[0]/list-item[0]/p[0]", "introduction", "C"),
        ("sec[1]/p[1]", "case", "D"),
        ("back/ack[0]/p[0]", "acknowledgements", "Thanks."),
    ]
    cited = x.paragraphs[2].citations[0]
    assert (x.paragraphs[2].text[cited.start : cited.end], cited.ref_ids) == ("1,2", ("r1", "r2"))
    assert x.article.abstract == "Aim: Abs."
    assert [(r.reason, r.detail) for r in ledger.rows] == [("empty_text", "sec[1]/p[0]")]


def test_sub_articles_belong_to_themselves() -> None:
    back = f"<sub-article id='s1' article-type='reply'><body><p>{xref('F1', 'Fig. 1')}</p>{fig(7)}</body></sub-article>"
    ledger = Ledger("PMC1")
    x = read(article(fig(1, caption="c"), back=back), ledger)
    assert len(x.figures) == 1 and not x.mentions and x.article.n_sub_articles == 1
    assert [(r.unit, r.reason) for r in ledger.rows] == [("sub_article", "sub_article"), ("figure", "sub_article")]


def test_tables_and_images_of_tables() -> None:
    body = (
        "<table-wrap id='T1'><label>Table 1</label><caption><title>Text.</title></caption><table><tr><td>1</td></tr></table>"
        "</table-wrap><table-wrap id='T2'><caption><p>Image.</p></caption><graphic xlink:href='t2'/></table-wrap>"
    )
    x = read(article(body))
    assert [(t.table_id, t.caption, t.n_rows, t.image_figure_id) for t in x.article_tables] == [
        ("PMC1.1/T1", "Text.", 1, None),
        ("PMC1.1/T2", "Image.", 0, "PMC1.1/T2"),
    ]
    assert [(f.kind, f.caption) for f in x.figures] == [("table_image", "Image.")]


DIALECTS = {
    "bare": "{}",
    "doctype": '<!DOCTYPE article PUBLIC "-//NLM//DTD" "http://127.0.0.1:1/never-loaded.dtd">{}',
    "articleset": "<pmc-articleset>{}</pmc-articleset>",
    "namespaced": '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><metadata>{}</metadata></OAI-PMH>',
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_dialects_give_the_same_rows(dialect: str) -> None:
    plain = article(fig(1, caption="c") + f"<p>{xref('F1', 'Fig. 1')}</p>").decode()
    space = ' xmlns="https://jats.nlm.nih.gov/ns/archiving/1.4/"' if dialect == "namespaced" else ""
    x = read(DIALECTS[dialect].format(plain.replace("<article ", f"<article{space} ", 1)).encode())
    want = read(plain.encode())
    assert (x.figures, x.mentions, x.paragraphs) == (want.figures, want.mentions, want.paragraphs)


def test_entities_of_a_dtd_that_is_not_loaded() -> None:
    xml = b'<!DOCTYPE article SYSTEM "x.dtd">' + article("<p>5&thinsp;&micro;m &unknown; end</p>")
    assert read(xml).paragraphs[0].text == "5\u2009µm end"


@pytest.mark.parametrize(("contribs", "affs", "want"), [
    ("<xref ref-type='aff' rid='a'/>", "<aff id='a'><sup>1</sup>Town</aff>", [("Town",), ()]),
    ("<xref ref-type='aff' rid='a'/>", "<aff id='a'>\n<label>b)</label>Town</aff>", [("Town",), ()]),
    ("<xref ref-type='corresp' rid='c'/>", "<aff id='a'>Town, 10<sup>th</sup> Street</aff>", [("Town, 10th Street",)] * 2),
    ("", "<aff>Town</aff>", [("Town",)] * 2),
    ("", "<aff>Town</aff><aff>City</aff>", [(), ()]),
])  # fmt: skip
def test_affiliations(contribs: str, affs: str, want: list[tuple[str, ...]]) -> None:
    people = f"<contrib><name><surname>A</surname></name>{contribs}</contrib><contrib><collab>B</collab></contrib>"
    for meta in (f"<contrib-group>{people}</contrib-group>{affs}", f"<contrib-group>{people}{affs}</contrib-group>"):
        assert [a.affiliations for a in read(article(meta=meta)).article.authors] == want


def test_funders_have_no_registry_number_in_their_name() -> None:
    number = '<named-content content-type="funder-id">10.13039/{}</named-content>'
    sources = (f"Alpha Fund{number.format(1)}", f"Beta Fund\n{number.format('2').replace('10.', 'https://doi.org/10.')}",
               '<named-content content-type="funder-name">Gamma Fund</named-content>')  # fmt: skip
    awards = "".join(f"<award-group><funding-source>{s}</funding-source></award-group>" for s in sources)
    funding = read(article(meta=f"<funding-group>{awards}</funding-group>")).article.funding
    assert [f.source for f in funding] == ["Alpha Fund", "Beta Fund", "Gamma Fund"]


@pytest.mark.parametrize(("codec", "declared"), [("utf-8", "UTF-8"), ("utf-16", "UTF-16"), ("latin-1", "ISO-8859-1"),
                                                 ("cp1252", "windows-1252")])  # fmt: skip
def test_encodings(codec: str, declared: str) -> None:
    xml = f'<?xml version="1.0" encoding="{declared}"?>' + article("<p>Ødegård © µ</p>").decode()
    assert read(xml.encode(codec)).paragraphs[0].text == "Ødegård © µ"


def test_front_matter() -> None:
    meta = """<article-id pub-id-type="pmid">7</article-id><article-id pub-id-type="doi">10.1/x</article-id>
    <title-group><article-title>On <italic>E. coli</italic></article-title><subtitle>A study</subtitle></title-group>
    <contrib-group><contrib contrib-type="author"><contrib-id contrib-id-type="orcid">http://orcid.org/0000-0002-1825-0097
    </contrib-id><name><surname>Li</surname><given-names>Wei-Na</given-names></name><xref ref-type="aff" rid="a1"/></contrib>
    <contrib contrib-type="author"><collab>The Group</collab></contrib>
    <contrib contrib-type="editor"><name><surname>No</surname></name></contrib>
    <aff id="a1"><label>1</label><institution-id>ror</institution-id>Institute, Town</aff></contrib-group>
    <pub-date pub-type="collection"><year>2019</year></pub-date>
    <pub-date date-type="pub" publication-format="electronic"><day>4</day><month>3</month><year>2019</year></pub-date>
    <history><date date-type="received"><month>Dec</month><year>2018</year></date></history>
    <permissions><copyright-statement>© Us</copyright-statement><license><license-p>See <ext-link
    xlink:href="https://creativecommons.org/licenses/by-nc/4.0/">this</ext-link>.</license-p></license></permissions>
    <related-article related-article-type="corrected-article" ext-link-type="doi" xlink:href="10.1/y"/>
    <funding-group><award-group><funding-source>NIH</funding-source><award-id>R01</award-id></award-group></funding-group>"""
    x = read(article(meta=meta, attrs='article-type="case-report" xml:lang="en"'), license_code=None)
    a = x.article
    assert (a.pmid, a.doi, a.title, a.language, a.article_type) == (
        "7", "10.1/x", "On E. coli: A study", "en", "case-report")  # fmt: skip
    assert [(p.surname, p.given_names, p.orcid, p.collab, p.affiliations) for p in a.authors] == [
        ("Li", "Wei-Na", "0000-0002-1825-0097", False, ("Institute, Town",)),
        ("The Group", None, None, True, ()),
    ]
    assert (a.publication_date, a.year, a.dates.received) == ("2019-03-04", 2019, "2018-12")
    assert (a.license, a.license_group, a.license_source) == ("CC-BY-NC", "noncommercial", "xml")
    assert [(f.source, f.award_id) for f in a.funding] == [("NIH", "R01")]
    assert [(r.relation, r.id) for r in a.related] == [("corrected-article", "10.1/y")]
    assert a.attribution == (
        "Li WN, The Group. On E. coli: A study. 2019. PMC1, https://doi.org/10.1/x. "
        "CC-BY-NC 4.0 (https://creativecommons.org/licenses/by-nc/4.0/)"
    )


def test_metadata_and_xml_licences_combine_to_the_stricter() -> None:
    url = "https://creativecommons.org/licenses/by-nc-nd/4.0/"
    meta = f'<permissions><license xlink:href="{url}"><license-p>x</license-p></license></permissions>'
    a = read(article(meta=meta), license_code="CC BY").article
    assert (a.license, a.license_source, a.derivatives_ok) == ("CC-BY-NC-ND", "metadata and xml", False)
    assert read(article(), license_code="").article.license_group == "other"


@pytest.mark.parametrize(("kind", "link", "retracted"), [
    ("research-article", "retraction-forward", True), ("research-article", "corrected-article", False),
    ("retraction", "retracted-article", False), ("retracted-article", "companion", True),
])  # fmt: skip
def test_retractions(kind: str, link: str, retracted: bool) -> None:
    meta = f'<related-article related-article-type="{link}" xlink:href="PMC2"/>'
    assert read(article(meta=meta, attrs=f'article-type="{kind}"')).front.retracted is retracted


def test_another_articles_xml_is_refused() -> None:
    with pytest.raises(Rejected) as caught:
        read(article(), pmcid="PMC2")
    assert caught.value.reason == Reason.XML_OF_ANOTHER_ARTICLE


def test_a_figures_own_licence_overrides() -> None:
    url = "https://creativecommons.org/licenses/by-nc/4.0/"
    inner = f'<permissions><license xlink:href="{url}"><license-p>x</license-p></license></permissions>'
    f = read(article(fig(1, caption="c", inner=inner))).figures[0]
    assert (f.rights.license, f.rights.override) == (License.BY_NC, True)


def test_ids_that_occur_twice_or_not_at_all() -> None:
    xml = article(fig(1) + fig(1) + "<fig><label>x</label></fig>")
    x = read(xml)
    assert [f.figure_id for f in x.figures] == ["PMC1.1/F1", "PMC1.1/f1", "PMC1.1/f2"]
    assert len({f.key for f in x.figures}) == 3


def test_a_document_does_not_change_what_is_said_of_the_next() -> None:
    cut = article("<p>x</p>")[:-40]
    undeclared = b"<article><body><p xlink:href='a'>x</p></body></article>"
    with pytest.raises(Rejected) as before:
        parse_jats(cut)
    parse_jats(undeclared)
    with pytest.raises(Rejected) as after:
        parse_jats(cut)
    assert after.value.detail == before.value.detail


def test_notes_of_a_table_keep_their_marks() -> None:
    foot = (
        "<title>Notes</title><title>Sources</title><fn><label>a</label><p>Absolute values.</p><p>Means.</p></fn>"
        "<fn><label>*</label><p>See <xref ref-type='fig' rid='F1'>Fig. 1</xref>.</p></fn><fn><label>#</label></fn>"
        "<fn><p><sup>b</sup>At rest, <sup>13</sup>C-labelled, 10<sup>6</sup> of CO<sub>2</sub>; <italic><sup>c</sup></italic>x</p></fn>"
        "<attrib><sup>d</sup><bold>Ours</bold></attrib>"
    )
    wrap = f"<table-wrap id='T1'><table><tr><td>1</td></tr></table><table-wrap-foot>{foot}</table-wrap-foot><attrib>From us.</attrib></table-wrap>"
    found = read(article(fig(1) + wrap))
    notes = found.article_tables[0].footnotes
    assert notes == (
        "Sources a Absolute values. Means. * See Fig. 1. # b At rest, 13C-labelled, 10^6 of CO2; cx d Ours From us."
    )
    (mention,) = [m for m in found.mentions if m.context_kind == "table_note"]
    assert notes[mention.start : mention.end] == "Fig. 1"


def test_texts_of_a_figure_beside_its_caption_are_part_of_it() -> None:
    inner = (
        "<p><bold>A.</bold> Panel.</p><attrib>Source: Wiley, with permission.</attrib>"
        "<p><fig id='F1s1'><label>S1</label><caption><p>Own.</p></caption></fig></p>"
    )
    figure, nested = read(article(fig(1, caption="Cells.", inner=inner))).figures
    assert figure.caption == "Cells. A. Panel. Source: Wiley, with permission."
    assert figure.rights.third_party and figure.permissions == "Source: Wiley, with permission."
    assert nested.caption == "Own."


def test_no_break_spaces_are_no_text() -> None:
    found = read(article("<sec><title>\u00a0</title><p><bold>\u00a0</bold></p><p>a\u00a0b</p></sec>"))
    assert [(p.text, p.section_titles) for p in found.paragraphs] == [("a\u00a0b", ())]


def test_items_of_lists_stand_apart() -> None:
    items = "<list-item><p>x</p></list-item><list-item><p>(b) y <xref ref-type='bibr' rid='r'>1</xref></p></list-item>"
    labelled = "<list><list-item><label>A</label><p>z</p></list-item></list>"
    order = f"<list list-type='order'>{items}</list>"
    found = read(
        article(f"<p>As: <list list-type='bullet'>{items}</list></p><p>In: {order}{labelled}</p>{order}{labelled}")
    )
    texts = [p.text for p in found.paragraphs]
    assert texts == ["As: • x (b) y 1", "In: 1. x (b) y 1 A z", "1. x", "(b) y 1", "A z"]
    assert {p.text[c.start : c.end] for p in found.paragraphs for c in p.citations} == {"1"}


@pytest.mark.parametrize(
    ("sec_type", "title", "parent", "kind"),
    [
        ("conclusions", "Discussion", "other", "discussion"),
        ("conclusions", "What remains", "other", "conclusion"),
        (None, "Focus group discussions", "methods", None),
        (None, "Focus group discussions", "other", "discussion"),
        (None, "Ethical clearance", "methods", "ethics"),
        (None, "3.4. Conclusions and outlook", "results", "conclusion"),
        (None, "Publisher\u2019s Note", "conflicts", "other"),
        (None, "Antioxidant supplements", "other", None),
        (None, "Vitamin D supplementation", "other", None),
        (None, "Data supplement", "other", "supplementary"),
    ],
)
def test_kinds_of_sections(sec_type: str | None, title: str, parent: str, kind: str | None) -> None:
    assert kind_of(sec_type, title, parent) == kind


def test_a_formula_that_is_only_a_picture_leaves_a_sign() -> None:
    found = read(article("<p>So <inline-formula><inline-graphic xlink:href='e1.jpg'/></inline-formula> holds.</p>"))
    assert found.paragraphs[0].text == "So [image: e1.jpg] holds."


def test_captions_of_supplementary_files_are_paragraphs() -> None:
    stock = "<caption><p>Click here for additional data file.</p></caption>"
    files = (
        f"<supplementary-material><label>S1 Table</label><caption><title>Parameters.</title><p>(DOCX)</p></caption><media>{stock}"
        "</media></supplementary-material>"
        "<supplementary-material><media><label>Additional file 2:</label><caption><p>Trees.</p></caption></media></supplementary-material>"
        f"<supplementary-material><label>Supplementary Data</label><media>{stock}</media></supplementary-material>"
        "<supplementary-material><p>Fig. S1. Cells.</p></supplementary-material>"
    )
    found = read(article(f"<sec><title>Files</title>{files}</sec>"))
    assert [p.text for p in found.paragraphs] == [
        "S1 Table. Parameters. (DOCX)",
        "Additional file 2: Trees.",
        "Fig. S1. Cells.",
    ]
    assert {p.section_kind for p in found.paragraphs} == {"supplementary"} and not found.figures


def test_an_appendix_may_be_supplementary_material() -> None:
    back = "<back><app-group><app><title>{}</title><p>x</p></app></app-group></back>"
    kinds = [
        read(article("", back=back.format(t))).paragraphs[0].section_kind for t in ("Supplementary Materials", "A")
    ]
    assert kinds == ["supplementary", "appendix"]
