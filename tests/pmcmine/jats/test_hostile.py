"""Articles that mean harm: entities, links and mentions that multiply, and what must not vanish in silence."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from pmcmine.jats import ArticleMeta, extract_article
from pmcmine.jats.dom import parse_jats
from pmcmine.jats.mentions import FigureIndex, find_mentions
from pmcmine.jats.tex import tex_text
from pmcmine.jats.text import Ref
from pmcmine.miner import figures
from pmcmine.rejects import Ledger, Reason, Rejected
from pmcmine.text import bounds
from pmcmine.text.sentences import Sentences, sentence_at, sentence_starts
from tests.text_functions import article

FIGURE = "<fig id='f1'><label>Figure 1</label><caption><p>Cells.</p></caption><graphic xlink:href='a.jpg'/></fig>"


def extract(xml: bytes) -> tuple[Any, Counter[str]]:
    ledger = Ledger("PMC1")
    found = extract_article(xml, ArticleMeta(pmcid="PMC1"), ledger)
    reasons = Counter(r.reason for r in ledger.rows)
    assert found.found["mention"] == len(found.mentions) + sum(
        reasons[r] for r in (Reason.MENTION_UNRESOLVED, Reason.MENTION_OUTSIDE_TEXT, Reason.MENTION_LIMIT)
    )
    return found, reasons


def texts(declarations: str, body: str) -> list[str]:
    found, _ = extract(f"<!DOCTYPE article [{declarations}]>".encode() + article(body))
    return [p.text for p in found.paragraphs]


def test_entities_of_the_document_stand_in_their_sentence() -> None:
    own = "<!ENTITY drug 'aspirin'><!ENTITY dose '5 &#181;g of &drug;'>"
    assert texts(own, "<p>They took &dose; and &drug;.</p>") == ["They took 5 µg of aspirin and aspirin."]
    assert texts(own, "<p>a<bold>&drug;</bold>b &drug;<sup>2</sup>&drug;</p>") == ["aaspirinb aspirin2aspirin"]
    marked = "<!ENTITY gene '<italic>BRCA1</italic> gene'>"
    assert texts(marked, "<p>The &gene;, a &gene;</p>") == ["The BRCA1 gene, a BRCA1 gene"]
    assert texts("<!ENTITY less '&#38;#60;'>", "<p>p &less; 0.05 &lt; 1</p>") == ["p < 0.05 < 1"]
    assert texts("<!ENTITY a 'x'>", "<p><![CDATA[&a;]]> &a;</p>") == ["&a; x"]


def test_entities_of_html_have_their_meaning_and_unknown_ones_none() -> None:
    xml = b"<!DOCTYPE article SYSTEM 'jats.dtd'>" + article("<p>a &alpha; b &nosuchthing; c</p>")
    found, _ = extract(xml)
    assert found.paragraphs[0].text == "a α b c"


def test_a_document_does_not_change_what_is_said_of_the_next() -> None:
    cut = article("<p>x</p>")[:-40]
    undeclared = b"<article><body><p xlink:href='a'>x</p></body></article>"
    with pytest.raises(Rejected) as before:
        parse_jats(cut)
    parse_jats(undeclared)
    with pytest.raises(Rejected) as after:
        parse_jats(cut)
    assert after.value.detail == before.value.detail and "redefined" not in after.value.detail
    other = article("<p xsi:type='a'>x</p>")  # declares xlink itself
    assert parse_jats(other).findtext("body/p") == "x"


def test_entities_of_files_are_never_opened(tmp_path: Any) -> None:
    secret = tmp_path / "secret"
    secret.write_text("password")
    outside = f"<!ENTITY x SYSTEM 'file://{secret}'><!ENTITY y 'seen'>"
    assert texts(outside, "<p>a &x; b &y;</p>") == ["a b seen"]


@pytest.mark.parametrize(
    ("declarations", "body"),
    [
        ("<!ENTITY a '&b;'><!ENTITY b '&a;'>", "<p>&a;</p>"),
        ("<!ENTITY a '<p>'>", "<p>&a;</p>"),
        ("<!ENTITY a0 'lol'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 9)), "<p>&a8;</p>"),
        (f"<!ENTITY a '{'x' * 100_000}'>", "<p>" + "&a;" * 500 + "</p>"),
        (f"<!ENTITY a '{'<b/>' * 10_000}'>", "<p>" + "&a;" * 250 + "</p>"),
        ("<!ENTITY a '" + "<sec>" * 200 + "</sec>" * 200 + "'>", "<sec>" * 100 + "&a;" + "</sec>" * 100),
    ],
    ids=["circle", "no xml", "laughs", "large", "tags", "depth"],
)
def test_entities_that_explode_are_one_reject(declarations: str, body: str) -> None:
    with pytest.raises(Rejected) as caught:
        parse_jats(f"<!DOCTYPE article [{declarations}]>".encode() + article(body))
    assert caught.value.reason in (Reason.XML_TOO_LARGE, Reason.XML_MALFORMED)


@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_links_outside_of_texts_are_in_the_ledger_however_they_are_written(quote: str, encoding: str) -> None:
    link = f"<xref ref-type={quote}fig{quote} rid={quote}f1{quote}>Fig. 1</xref>"
    spaced = f"<xref ref-type = {quote}&#102;ig{quote} rid='f1'>Fig. 1</xref>"
    front = f"<notes><p>{link} {spaced}</p></notes>"
    xml = article(f"{FIGURE}<p>See {link}. <!-- {link} --></p>", front).decode()
    if encoding == "utf-16":
        xml = '<?xml version="1.0" encoding="UTF-16"?>' + xml
    found, reasons = extract(xml.encode(encoding))
    assert len(found.mentions) == 1 and reasons[Reason.MENTION_OUTSIDE_TEXT] == 2


def test_mentions_beyond_the_bound_are_in_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MENTIONS", 10)
    found, reasons = extract(article(FIGURE + "<p>Fig. 1 is it.</p>" * 4 + "<p>" + "Fig. 1. " * 20 + "</p>"))
    assert len(found.mentions) == 10 and reasons[Reason.MENTION_LIMIT] == 14
    assert found.article.n_mentions == 10 and found.figures[0].n_mentions == 10
    monkeypatch.setattr(bounds, "MENTIONS_READ", 23)
    with pytest.raises(Rejected, match="23 mentions"):
        extract(article(FIGURE + "<p>Fig. 1 is it.</p>" * 4 + "<p>" + "Fig. 1. " * 20 + "</p>"))


@pytest.mark.parametrize(
    "body",
    [
        "<fig-group id='g'>" + "<fig><caption><p>x</p></caption></fig>" * 50 + "</fig-group><p>"
        + "<xref ref-type='fig' rid='g'>here</xref> " * 50 + "</p>",
        "<boxed-text id='g'>" + "<fig><caption><p>x</p></caption></fig>" * 50 + "</boxed-text><p>"
        + "<xref ref-type='fig' rid='g'>here</xref> " * 50 + "</p>",
        "".join(f"<fig id='a{n}'><caption><p>x</p></caption></fig>" for n in range(60)) + "<p>"
        + "<xref ref-type='fig' rid='a0'>a0</xref>–<xref ref-type='fig' rid='a59'>aN</xref> " * 40 + "</p>",
        "".join(f"<fig id='a{n}'><label>{n}</label><caption><p>x</p></caption></fig>" for n in range(1, 60)) + "<p>"
        + "Figs. 1–59 " * 40 + "</p>",
        FIGURE + "<p>" + "<xref ref-type='fig' rid='no'>x</xref>" * 1200 + "</p>",
    ],
    ids=["group", "box", "range of links", "ranges", "dangling"],
)  # fmt: skip
def test_links_that_multiply_are_one_reject(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MENTIONS_READ", 1_000)
    with pytest.raises(Rejected) as caught:
        extract(article(body))
    assert caught.value.reason is Reason.XML_TOO_LARGE


@pytest.mark.parametrize(
    ("front", "body"),
    [
        (
            f"<contrib-group><aff id='a'>{'x' * 5000}</aff>"
            + "<contrib><name><surname>Li</surname></name><xref ref-type='aff' rid='a'/></contrib>" * 30
            + "</contrib-group>",
            "",
        ),
        (f"<funding-group><award-group><funding-source>{'x' * 5000}</funding-source>" + "<award-id>1</award-id>" * 30
         + "</award-group></funding-group>", ""),
        ("", "<fig-group><attrib>" + "x" * 5000 + "</attrib>" + FIGURE * 30 + "</fig-group>"),
        ("", FIGURE + "<p>" + "Fig. 1 " * 300 + "</p>"),
        ("", "<table-wrap><table-wrap-foot>" + "<p>" * 30 + "x" * 5000 + "</p>" * 30 + "</table-wrap-foot></table-wrap>"),
    ],
    ids=["affiliations", "funding", "permissions", "sentence", "notes of a table"],
)  # fmt: skip
def test_rows_that_repeat_too_much_are_one_reject(front: str, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "REPEATED", 100_000)
    monkeypatch.setattr("pmcmine.jats.table_notes.REPEATED", 100_000)
    with pytest.raises(Rejected) as caught:
        extract(article(body, front))
    assert caught.value.reason is Reason.XML_TOO_LARGE


def test_links_are_matched_as_before_whatever_their_order() -> None:
    index = FigureIndex({"f1": 0, "f2": 1, "f3": 2}, {1: 0, 2: 1, 3: 2})
    text = "Figs. 1A, 1B and 3, S1 Fig. 2 and Figs. 1–3"
    refs = [Ref(0, 15, "fig", ("f1",), 1), Ref(19, 27, "sec", ("x",), 2), Ref(6, 8, "fig", ("f1",), 3)]
    named, dangling = find_mentions(text, refs, index)
    assert not dangling
    assert [(m.figure, text[m.start : m.end], m.how) for m in named] == [
        (0, "Figs. 1A, 1B", "xref"),
        (0, "1A", "xref"),
        (2, "3", "plain"),
        (1, "Fig. 2", "plain"),
        (1, "1–3", "range"),
        (2, "3", "plain"),
    ]


def test_one_image_stands_for_so_many_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "SAME_IMAGE", 3)
    one, other = SimpleNamespace(data=b"x" * 10), SimpleNamespace(data=b"y")
    shown: Any = [(one, None), (None, (Reason.NO_GRAPHIC, "")), (one, None), (other, None), (one, None), (one, None)]
    kept = figures._without_repeats(shown)
    assert [i for i, _ in kept] == [one, None, one, other, one, None]
    assert [w and w[0] for _, w in kept] == [None, Reason.NO_GRAPHIC, None, None, None, Reason.IMAGE_REPEATED]
    monkeypatch.setattr(figures, "SAME_IMAGE_BYTES", 10)
    assert [i for i, _ in figures._without_repeats(shown)] == [one, None, one, other, None, None]


def test_sentences_are_those_that_the_function_finds() -> None:
    text = "Et al. said. Fig. 1 shows A. B. Clark.\u00a0\u00a0 Next one (A.B.) ends. \u00a0"
    starts = sentence_starts(text)
    found = Sentences(text)
    for start in range(len(text)):
        for end in (start, start + 1, start + 9):
            first, last = sentence_at(text, starts, start, min(end, len(text)))
            assert found.at(start, min(end, len(text))) == (first, last, text[first:last])


def test_tex_without_an_end_is_read_as_it_is() -> None:
    assert tex_text(r"\begin{document}$x$\end{document} junk") == "x"
    assert tex_text(r"\begin{document}$x$") == "x"
    assert tex_text(r"\documentclass[12pt]{minimal}\usepackage[a]{b}\begin{document}$\alpha$\end{document}") == "α"


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("<disp-formula>x</disp-formula>", ""),
        ("<disp-formula/>", ""),
        ("<graphic/>", ""),
        ("<bold/>x<table-wrap-foot/>", ""),
        ("", "<response/>"),
        ("", "<sub-article/>"),
    ],
)
def test_all_that_becomes_rows_or_rejects_is_counted(body: str, after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "PARTS", 50)
    extract(article(body * 40, floats=after * 40))
    with pytest.raises(Rejected) as caught:
        extract(article(body * 60, floats=after * 60))
    assert caught.value.reason == Reason.XML_TOO_LARGE
