"""Tables: spans, header rows, stubs, texts, HTML and Markdown."""

from __future__ import annotations

import io
import json
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree, html
from markdown_it import MarkdownIt

from pmcmine.jats import ArticleMeta, extract_article
from pmcmine.jats.grid_text import for_markdown_cell, read_cells, table_html
from pmcmine.jats.grids import TooManySlots, lay_out, slots
from pmcmine.pointers.rehydrate import _rows
from pmcmine.pointers.withhold import digest, withhold
from pmcmine.rejects import Ledger
from schemas.grid import Grid

ARTICLE = "<article><front><article-meta><title-group><article-title>T</article-title></title-group></article-meta></front><body>{}</body></article>"

SMALL = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def grids(body: str, ledger: Ledger | None = None) -> tuple[Grid, ...]:
    return extract_article(ARTICLE.format(body).encode(), ArticleMeta(pmcid="PMC1"), ledger).grids


def grid(table: str) -> Grid:
    (found,) = grids(f'<sec><table-wrap id="t1"><label>Table 1</label><table>{table}</table></table-wrap></sec>')
    return found


def rows_of(table: str) -> list[list[str]]:
    """The text in each slot; "-" where there is no cell."""
    layout = lay_out(etree.fromstring(f"<table>{table}</table>"))
    texts = read_cells([c.element for c in layout.cells]).texts
    return [[texts[n] if n >= 0 else "-" for n in row] for row in slots(layout)]


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("<tr><td>a</td><td>b</td></tr><tr><td>c</td></tr>", ["ab", "c-"]),
        ('<tr><td rowspan="2">a</td><td>b</td></tr><tr><td>c</td></tr>', ["ab", "ac"]),
        ('<tr><td colspan="2">a</td></tr><tr><td>b</td><td>c</td></tr>', ["aa", "bc"]),
        ('<tr><td rowspan="0">a</td><td>b</td></tr><tr><td>c</td></tr><tr><td>d</td></tr>', ["ab", "ac", "ad"]),
        ('<tr><td rowspan="9">a</td><td>b</td></tr><tr><td>c</td></tr>', ["ab", "ac"]),
        ('<tr><td colspan="9">a</td></tr><tr><td>b</td><td>c</td></tr>', ["aa", "bc"]),
        ('<tr><td>a</td><td rowspan="2">b</td></tr><tr><td colspan="2">c</td></tr>', ["ab", "cb"]),
        ('<tr><td colspan="x">a</td><td rowspan="-1">b</td></tr><tr/>', ["ab", "--"]),
        (
            '<thead><tr><td rowspan="3">a</td><td>b</td></tr></thead><tbody><tr><td>c</td><td>d</td></tr></tbody>',
            ["ab", "cd"],
        ),
        (
            "<tfoot><tr><td>z</td></tr></tfoot><tbody><tr><td>a</td></tr></tbody><tbody><tr><td>b</td></tr></tbody>",
            ["a", "b", "z"],
        ),
    ],
)
def test_spans_are_resolved(table: str, rows: list[str]) -> None:
    assert rows_of(table) == [list(r) for r in rows]


CELL = st.builds(
    lambda t, r, c: f'<td rowspan="{r}" colspan="{c}">{t}</td>',
    st.text("abc", max_size=2), st.integers(0, 4), st.integers(0, 4),
)  # fmt: skip
TABLE = st.lists(st.lists(CELL, max_size=5), max_size=6).map(
    lambda rows: "".join(f"<tr>{''.join(r)}</tr>" for r in rows)
)


@SMALL
@given(TABLE)
def test_each_cell_keeps_its_slots_to_itself(table: str) -> None:
    element = etree.fromstring(f"<table>{table}</table>")
    layout = lay_out(element)
    assert [c.element for c in layout.cells] == list(element.iter("td"))
    covered = [
        (r, c)
        for p in layout.cells
        for r in range(p.row, p.row + p.row_span)
        for c in range(p.column, p.column + p.column_span)
    ]
    assert len(covered) == len(set(covered))
    assert all(r < layout.n_rows and c < layout.n_columns for r, c in covered)
    assert all(a[1:3] < b[1:3] for a, b in pairwise(layout.cells))


@SMALL
@given(TABLE)
def test_the_html_has_the_same_layout(table: str) -> None:
    layout = lay_out(etree.fromstring(f"<table>{table}</table>"))
    again = lay_out(html.fromstring(table_html(layout, read_cells([c.element for c in layout.cells]).html)))
    assert [c[1:] for c in again.cells] == [c[1:] for c in layout.cells]


@SMALL
@given(st.text(st.sampled_from('ab |\\*_`~<>&;#!?/[]()\n"^$=+-1.'), max_size=12))
def test_markdown_shows_the_text_as_it_is(text: str) -> None:
    text = " ".join(text.split(" ")).strip()
    table = f"| h |\n| --- |\n| {for_markdown_cell(text)} |"
    shown = html.fromstring(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(table))
    cells = shown.xpath("//td")
    for br in shown.iter("br"):
        br.text = "\n"
    assert len(cells) == 1
    assert "".join(cells[0].text_content().split()) == "".join(text.split())


def test_kinds_of_cells() -> None:
    found = grid(
        '<thead><tr><th rowspan="2">Group</th><th colspan="2">Mean</th></tr><tr><th>Men</th><th>Women</th></tr></thead>'
        '<tbody><tr><td colspan="3">Age</td></tr><tr><td>Young</td><td>1.5</td><td>2</td></tr>'
        "<tr><td>Old</td><td>3</td><td>-</td></tr></tbody>"
    )
    assert (found.n_rows, found.n_columns, found.n_header_rows, found.n_stub_columns) == (5, 3, 2, 1)
    assert [c.kind for c in found.cells] == ["column_header"] * 4 + ["section"] + ["row_header", "data", "data"] * 2
    assert found.markdown.split("\n") == [
        "| Group | Mean / Men | Mean / Women |",
        "| --- | --- | --- |",
        "| Age |  |  |",
        "| Young | 1.5 | 2 |",
        "| Old | 3 | - |",
    ]
    frame = pd.read_html(io.StringIO(found.html))[0]
    assert [tuple(map(str, c)) for c in frame.columns] == [("Group", "Group"), ("Mean", "Men"), ("Mean", "Women")]


@pytest.mark.parametrize(
    ("cell", "text", "notes", "shown"),
    [
        ("12.5<sup>a</sup>", "12.5^a", ("a",), "12.5<sup>a</sup>"),
        ('Age<xref ref-type="table-fn" rid="f"><sup>a</sup></xref>', "Age^a", ("a",), "Age<sup>a</sup>"),
        ('<sup><xref ref-type="table-fn" rid="f">a,b</xref></sup>', "a,b", ("a", "b"), "<sup>a,b</sup>"),
        ('0.03<xref ref-type="table-fn" rid="f">*</xref>', "0.03*", ("*",), "0.03*"),
        ("3.2<sup>cd</sup>", "3.2^cd", ("cd",), "3.2<sup>cd</sup>"),
        ("4.0<sup>c-fB</sup>", "4.0^c-fB", ("c-fB",), "4.0<sup>c-fB</sup>"),
        ("V<sup>max</sup>", "Vmax", (), "V<sup>max</sup>"),
        ("10<sup>6</sup>", "10^6", (), "10<sup>6</sup>"),
        ("kg/m<sup>2</sup>", "kg/m2", (), "kg/m<sup>2</sup>"),
        ("a<break/>b<break/><break/> c", "a\nb\nc", (), "a<br>b<br>c"),
        ("<p>a</p><p>b <italic>E. coli</italic></p>", "a\nb E. coli", (), "a<br>b <i>E. coli</i>"),
        ("x &lt; 1 &amp; <bold>y</bold>", "x < 1 & y", (), "x &lt; 1 &amp; <b>y</b>"),
        ("<inline-formula><tex-math>\\alpha</tex-math></inline-formula> = 2", "α = 2", (), "α = 2"),
        ("<hr/>", "", (), ""),
    ],
)
def test_texts_of_cells(cell: str, text: str, notes: tuple[str, ...], shown: str) -> None:
    found = grid(f"<tr><td>{cell}</td></tr>").cells[0]
    assert (found.text, found.notes) == (text, notes)
    assert read_cells([etree.fromstring(f"<td>{cell}</td>")]).html == [shown]


@pytest.mark.parametrize(
    ("table", "n"),
    [
        ("<tr><td>a</td><td>1</td></tr><tr><td>b</td><td>2</td></tr>", 1),
        ("<tr><td>1</td><td>a</td></tr><tr><td>2</td><td>b</td></tr>", 0),
        ('<tr><td rowspan="2">a</td><td>1</td><td>5</td></tr><tr><td>2</td><td>6</td></tr>', 2),
        ("<tr><th>1</th><td>a</td></tr><tr><th>2</th><td>b</td></tr>", 1),
        ("<tr><td>a</td></tr>", 0),
        (
            '<thead><tr><th colspan="2">h</th><th>i</th></tr></thead><tbody><tr><td>a</td><td>b</td><td>1</td></tr></tbody>',
            2,
        ),
        # Numbers below a heading such as "Patient no." name the rows, and so do words below no heading.
        ("<thead><tr><th>Patient no.</th><th>Age</th></tr></thead><tr><td>1</td><td>50</td></tr><tr><td>2</td><td>50</td></tr>", 1),
        ("<thead><tr><th>Sex</th><th/><th>Age</th></tr></thead><tr><td>male</td><td>mean</td><td>50</td></tr>", 2),
        # Cells that span the same rows as those before them describe these.
        (
            '<tr><td rowspan="2">a</td><td rowspan="2">b</td><td rowspan="2">c</td><td>1</td></tr><tr><td>2</td></tr>',
            2,
        ),
    ],
)  # fmt: skip
def test_stub_columns(table: str, n: int) -> None:
    assert grid(table).n_stub_columns == n


def test_a_name_beside_cells_that_span_its_row_is_no_section() -> None:
    found = grid(
        '<tr><td>a</td><td rowspan="2">x y</td></tr><tr><td>b</td></tr><tr><td>c</td><td>z z</td></tr>',
    )
    assert [c.kind for c in found.cells if c.column == 0] == ["row_header"] * 3


def test_tables_of_cals() -> None:
    (found,) = grids(
        '<table-wrap id="t1"><oasis:table xmlns:oasis="urn:x"><oasis:tgroup cols="3"><oasis:colspec colname="c1"/>'
        '<oasis:colspec colname="c2"/><oasis:colspec colname="c3"/><oasis:thead><oasis:row><oasis:entry morerows="1">a'
        '</oasis:entry><oasis:entry namest="c2" nameend="c3">b</oasis:entry></oasis:row><oasis:row><oasis:entry>c'
        "</oasis:entry><oasis:entry>d</oasis:entry></oasis:row></oasis:thead><oasis:tbody><oasis:row><oasis:entry "
        'colname="c3">e</oasis:entry></oasis:row></oasis:tbody></oasis:tgroup></oasis:table></table-wrap>'
    )
    assert found.markdown.split("\n") == ["| a | b / c | b / d |", "| --- | --- | --- |", "|  |  | e |"]


def test_a_withheld_grid_has_no_text_and_the_hash_of_its_texts() -> None:
    found = grid("<tr><td>secret<sup>a</sup></td><td>1</td></tr>")
    pointer = withhold(found)
    assert (pointer.cells, pointer.html, pointer.markdown, pointer.n_columns) == ((), "", "", 2)
    ((grid_id, texts),) = _rows([found], "grid_id")
    assert grid_id == pointer.grid_id
    assert pointer.withheld == digest({c: json.loads(json.dumps(texts))[c] for c in ("cells", "html", "markdown")})


def test_each_table_has_a_row_or_a_reject() -> None:
    ledger = Ledger("PMC1")
    xml = ARTICLE.format(
        '<table-wrap id="t1"><table><tr><td>a<table><tr><td>inner</td></tr></table></td></tr></table><table/></table-wrap>'
        "<boxed-text><table-wrap><table><tr><td>b</td></tr></table></table-wrap></boxed-text>"
        "<array><tbody><tr><td>AB</td><td>antibody</td></tr></tbody></array><array><graphic/></array>"
        "<p>x<table><tr><td>bare</td></tr></table></p>"
    ).replace(
        "</body>",
        "</body><back><app-group><app><table-wrap><alternatives><graphic/><table><tr><td>c</td></tr></table></alternatives>"
        '</table-wrap></app></app-group></back><sub-article><body><table-wrap id="s"><table id="no"><tr><td>d</td></tr></table>'
        "</table-wrap></body></sub-article>",
    )
    found = extract_article(xml.encode(), ArticleMeta(pmcid="PMC1"), ledger)
    assert [(g.grid_id, [c.text for c in g.cells]) for g in found.grids] == [
        ("PMC1.1/t1/g0", ["a\ninner"]),
        ("PMC1.1/t1/g1", ["inner"]),
        ("PMC1.1/t1/g2", []),
        ("PMC1.1/t1_/g0", ["b"]),
        ("PMC1.1/g0", ["AB", "antibody"]),
        ("PMC1.1/g1", ["bare"]),
        ("PMC1.1/t2/g0", ["c"]),
    ]
    assert [(r.unit, r.reason) for r in ledger.rows if r.unit == "grid"] == [("grid", "sub_article")]
    assert found.found["grid"] == 8


def test_spans_that_multiply_are_bounded() -> None:
    cell = '<td colspan="1000">x</td>'
    with pytest.raises(TooManySlots):
        lay_out(etree.fromstring(f"<table><tr>{cell * 2000}</tr></table>"))
    ledger = Ledger("PMC1")
    table = f"<table-wrap><table>{f'<tr>{cell * 30}</tr>' * 60}</table></table-wrap>"
    assert grids(table, ledger) == ()
    assert [r.reason for r in ledger.rows if r.unit == "grid"] == ["grid_too_large"]


def test_wide_headings_name_each_of_their_columns() -> None:
    head = (
        '<thead><tr><th colspan="4">Title</th></tr><tr><th rowspan="2">x</th><th colspan="3">A</th></tr>'
        '<tr><th colspan="2">b</th><th>c</th></tr></thead>'
    )
    body = '<tr><td rowspan="2">1</td><td>2</td><td>3</td><td>4</td></tr><tr><td colspan="3">none</td></tr>'
    lines = grid(head + body).markdown.split("\n")
    assert lines[0] == "| Title / x | A / b | A / b | A / c |"
    assert lines[-1] == "| 1 | none | none | none |"
    two = grid(
        '<thead><tr><th></th><th colspan="2">A</th></tr><tr><th>x</th><th>b</th><th>c</th></tr></thead><tr><td>1</td></tr>'
    )
    assert two.markdown.startswith("| x | A / b | A / c |")


def test_stubs_are_words_and_rows_without_data_are_no_sections() -> None:
    spanned = "".join(
        f'<tr><td rowspan="2">{a}</td><td rowspan="2">{n}</td><td>1</td></tr><tr><td>2</td></tr>'
        for a, n in (("wild", 9), ("dark", 5))
    )
    assert grid(spanned).n_stub_columns == 1
    found = grid(
        "".join(
            f"<tr><td>{a}</td><td>{b}</td></tr>"
            for a, b in zip("abcdefg", ["", "1", "", "", "", "2", "3"], strict=True)
        )
    )
    kinds = [c.kind for c in found.cells if c.column == 0]
    assert kinds == ["section", *["row_header"] * 6]


@pytest.mark.parametrize(
    ("column", "n"),
    [
        ("1 2 3 4", 1),
        ("1. 2. 3. 4. Combined", 1),
        ("1 2 3 5", 0),  # values
        ("1 2 3", 0),  # too few to tell
        ("0.1 0.2 0.3 0.4", 0),
    ],
)
def test_numbers_that_count_the_rows_name_them(column: str, n: int) -> None:
    rows = "".join(f"<tr><td>{number}</td><td>{i}.5</td></tr>" for i, number in enumerate(column.split()))
    found = grid(f"<thead><tr><th>Study omitted</th><th>HR</th></tr></thead><tbody>{rows}</tbody>")
    assert found.n_stub_columns == n


@pytest.mark.parametrize(
    ("cell", "text", "notes"),
    [
        ("VAS (mm)<sup>1,2</sup>", "VAS (mm)^1,2", ("1", "2")),
        ("<bold>Age [y] <sup>2</sup></bold>", "Age [y] 2", ("2",)),
        ("VAS (mm)<sup>1,3</sup>", "VAS (mm)1,3", ()),  # there is no note 3
        ("(a − b)<sup>3</sup>", "(a − b)^3", ()),
        ("VAS (mm)<sup>1</sup> of men", "VAS (mm)1 of men", ()),
    ],
)
def test_numbers_behind_a_unit_are_marks_if_there_is_such_a_note(cell: str, text: str, notes: tuple[str, ...]) -> None:
    foot = "<table-wrap-foot><fn><p><sup>1</sup> Mean.</p></fn><fn><label>2</label><p>Years.</p></fn></table-wrap-foot>"
    (found,) = grids(f"<sec><table-wrap><table><tr><th>{cell}</th></tr></table>{foot}</table-wrap></sec>")
    assert (found.cells[0].text, found.cells[0].notes) == (text, notes)
