"""Mentions of tables: links, ranges, plain words."""

from __future__ import annotations

import pytest

from pmcmine.jats import ArticleMeta, extract_article
from pmcmine.jats.records import Extraction
from pmcmine.rejects import Ledger

TABLES = "".join(
    f'<table-wrap id="t{n}"><label>{label}</label><caption><p>C.</p></caption><table><tr><td>x</td></tr></table></table-wrap>'
    for n, label in enumerate(("Table 1", "Table 2.", "TABLE III", "Table S1", "Supplementary Table 2", "Table A1"))
)
LINK = '<xref ref-type="table" rid="{}">{}</xref>'


def extract(paragraph: str, ledger: Ledger | None = None) -> Extraction:
    xml = f"<article><front><article-meta/></front><body><sec><p>{paragraph}</p>{TABLES}</sec></body></article>"
    return extract_article(xml.encode(), ArticleMeta(pmcid="PMC1"), ledger)


def link(rid: str, text: str) -> str:
    return LINK.format(rid, text)


@pytest.mark.parametrize(
    ("paragraph", "named"),
    [
        (f"See {link('t0', 'Table 1')}.", [("t0", "Table 1", "xref")]),
        (f"See Table {link('t0', '1')}, left.", [("t0", "Table 1", "xref")]),
        (f"See Table{link('t0', '1')}.", [("t0", "Table1", "xref")]),
        (f"See {link('t0 t1', 'Tables 1 and 2')}.", [("t0", "Tables 1", "xref"), ("t1", "2", "xref")]),
        (f"See {link('t0', 'Tables 1')} and {link('t1', '2')}.", [("t0", "Tables 1", "xref"), ("t1", "2", "xref")]),
        (f"See {link('t0', 'Table 1')}, and Table 1 again.", [("t0", "Table 1", "xref"), ("t0", "Table 1", "plain")]),
        ("See tables 1 and 2.", [("t0", "tables 1", "plain"), ("t1", "2", "plain")]),
        ("Tables 1–2 and S1 show it.", [("t0", "Tables 1", "plain"), ("t1", "2", "plain"), ("t3", "S1", "plain")]),
        ("See Table III.", [("t2", "Table III", "plain")]),
        ("See Table S1, Supplementary Table 1.", [("t3", "Table S1", "plain"), ("t3", "Table 1", "plain")]),
        ("See Supplementary Table 2 and Table A1.", [("t4", "Table 2", "plain"), ("t5", "Table A1", "plain")]),
        ("See Table 1a.", [("t0", "Table 1a", "plain")]),
        ("See Table 2 of ref. 5 and Table 2 in Smith et al.", []),
        ("A suitable 1, table 12, unstable 2 and Table 9.", []),
        ("The genes TAB1 and TAB2, TableS2, Table S4-1, Table 1–15, Tables S4 and 2.", []),
        (
            "See Tables S1–2 and (Dataset S1, Tables 1–2; SI Table 1).",
            [("t3", "Tables S1", "plain"), ("t4", "2", "plain"), ("t3", "Table 1", "plain")],
        ),
        (f"See {link('t0', 'the table')}.", [("t0", "the table", "xref")]),
        ('See <xref ref-type="supplementary-material" rid="s">Table 1</xref>.', []),
    ],
)
def test_mentions(paragraph: str, named: list[tuple[str, str, str]]) -> None:
    found = extract(paragraph)
    assert [(m.table_id.split("/")[1], m.text, m.how) for m in found.table_mentions] == named
    (text,) = [p.text for p in found.paragraphs]
    for m in found.table_mentions:
        assert text[m.start : m.end] == m.text
        assert text[m.sentence_start : m.sentence_end] == m.sentence
        assert m.sentence_start <= m.start < m.end <= m.sentence_end


def test_ranges_name_what_is_between() -> None:
    xml = "".join(f'<table-wrap id="t{n}"><label>Table {n}</label></table-wrap>' for n in (1, 2, 3))
    text = f"{link('t1', 'Tables 1')}–{link('t3', '3')} and Tables 1 to 3"
    xml = f"<article><front><article-meta/></front><body><sec><p>{text}</p>{xml}</sec></body></article>"
    found = extract_article(xml.encode(), ArticleMeta(pmcid="PMC1")).table_mentions
    assert [(m.table_id[-1], m.how) for m in found] == [
        ("1", "xref"), ("2", "range"), ("3", "xref"), ("1", "plain"), ("2", "range"), ("3", "plain"),
    ]  # fmt: skip


def test_links_that_lead_nowhere_are_rejects() -> None:
    ledger = Ledger("PMC1")
    found = extract(f"See {link('t9', 'Table 9')} and {link('t0', 'Table 1')}.", ledger)
    assert [r.reason for r in ledger.rows if r.unit == "table_mention"] == ["mention_unresolved"]
    assert found.found["table_mention"] == len(found.table_mentions) + 1
