"""Rights that the markup in and around a figure states, through the whole reading of an article."""

from __future__ import annotations

import pytest

from pmcmine.jats.article import extract_article
from pmcmine.jats.records import ArticleMeta

BY = "https://creativecommons.org/licenses/by/4.0/"
NC = "https://creativecommons.org/licenses/by-nc/4.0/"
FIG = '<fig id="F1"><label>Figure 1</label><caption><p>Cells.</p></caption><graphic xlink:href="f1.jpg"/></fig>'
ELSEVIER = "<permissions><copyright-statement>© 1998 Elsevier</copyright-statement></permissions>"


def licences(body: str, abstract: str = "") -> list[str]:
    xml = f"""<article xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:ali="http://www.niso.org/schemas/ali/1.0/"><front>
      <article-meta><article-id pub-id-type="pmcid">PMC7</article-id>
      <contrib-group><contrib contrib-type="author"><name><surname>Roe</surname><given-names>Ann</given-names></name></contrib></contrib-group>
      <pub-date pub-type="epub"><year>2020</year></pub-date>
      <permissions><copyright-statement>© 2020 Roe et al.</copyright-statement><license xlink:href="{BY}"><license-p>CC BY</license-p></license></permissions>
      {abstract}</article-meta></front><body>{body}</body></article>"""
    extraction = extract_article(xml.encode(), ArticleMeta(pmcid="PMC7"))
    return [f.rights.license.value for f in extraction.figures]


def fig(inner: str = "", caption: str = "<p>Cells.</p>", graphic: str = '<graphic xlink:href="f1.jpg"/>') -> str:
    return f'<fig id="F1"><label>Figure 1</label><caption>{caption}</caption>{graphic}{inner}</fig>'


@pytest.mark.parametrize("body", [
    fig(ELSEVIER),
    fig(graphic=f'<graphic xlink:href="f1.jpg">{ELSEVIER}</graphic>'),
    fig(graphic='<graphic xlink:href="f1.jpg"><attrib>Courtesy of Moe</attrib></graphic>'),
    fig(graphic='<graphic xlink:href="f1.jpg"><caption><p>Reprinted from [3].</p></caption></graphic>'),
    fig(graphic=f'<alternatives><graphic xlink:href="f1.jpg"/><graphic xlink:href="f1.tif">{ELSEVIER}</graphic></alternatives>'),
    fig(graphic=f'<media mimetype="image" xlink:href="f1.jpg">{ELSEVIER}</media>'),
    fig("<attrib>Reproduced with permission from Wiley.</attrib>"),
    fig("<p>© 2001 Springer.</p>"), fig("<long-desc>Photo: J. Moe.</long-desc>"), fig("<alt-text>Getty Images</alt-text>"),
    fig(caption="<p>Cells.<fn><p>Reprinted with permission from Elsevier.</p></fn></p>"),
    fig(caption="<title>Cells. © 2001 Springer</title><p>Text.</p>"),
    fig("<permissions><copyright-year>2015</copyright-year><copyright-holder>Elsevier</copyright-holder></permissions>"),
    fig("<permissions><copyright-holder>Elsevier</copyright-holder></permissions>"),
    fig("<permissions><copyright-statement>2015 Elsevier</copyright-statement></permissions>"),
    fig("<permissions><license><license-p>Used as agreed with the publisher.</license-p></license></permissions>"),
    fig('<permissions><license xlink:href="https://example.org/terms"/></permissions>'),
    fig(f'<permissions><license xlink:href="{BY}"/></permissions>{ELSEVIER}'),
    f'<fig-group id="G"><caption><p>Reprinted with permission from Elsevier.</p></caption>{FIG}</fig-group>',
    f'<fig-group id="G">{FIG}{ELSEVIER}</fig-group>', f'<fig-group id="G"><attrib>© Elsevier</attrib>{FIG}</fig-group>',
    f'<boxed-text id="B">{ELSEVIER}<sec><title>A</title><p>Text {FIG}</p></sec></boxed-text>',
    f'<boxed-text id="B"><caption><title>Box 1. Reprinted from [2].</title></caption>{FIG}</boxed-text>',
    f"<sec><sec-meta>{ELSEVIER}</sec-meta><title>A</title><sec><title>B</title>{FIG}</sec></sec>",
    f'<p><disp-quote><p>{FIG}</p><attrib>© Elsevier</attrib></disp-quote></p>',
    f'<table-wrap id="T"><label>Table 1</label><caption><p>Doses.</p></caption><graphic xlink:href="t.jpg"/>{ELSEVIER}</table-wrap>',
    '<table-wrap id="T"><caption><p>Doses.</p></caption><graphic xlink:href="t.jpg"/><table-wrap-foot><fn><p>Reprinted with permission from Wiley.</p></fn></table-wrap-foot></table-wrap>',
    f'<table-wrap-group id="G">{ELSEVIER}<table-wrap id="T"><graphic xlink:href="t.jpg"/></table-wrap></table-wrap-group>',
    f'<p>Text <graphic xlink:href="g.jpg">{ELSEVIER}</graphic></p>', '<p>Text <graphic xlink:href="g.jpg"><caption><p>© 2001 Springer</p></caption></graphic></p>',
    '<supplementary-material id="S"><caption><p>Courtesy J. Moe.</p></caption><graphic xlink:href="s.jpg"/></supplementary-material>',
    f'<supplementary-material id="S">{ELSEVIER}<p>{FIG}</p></supplementary-material>',
])  # fmt: skip
def test_closed(body: str) -> None:
    assert set(licences(body)) == {"OTHER"}


@pytest.mark.parametrize(("body", "want"), [
    (FIG, ["CC-BY"]),
    (fig(f'<permissions><license xlink:href="{BY}"/></permissions><permissions><license xlink:href="{NC}"/></permissions>'), ["CC-BY-NC"]),
    (fig(f'<permissions><license xlink:href="{BY}"/><license xlink:href="{NC}"/></permissions>'), ["CC-BY-NC"]),
    (fig(f'<permissions><license><ali:license_ref>{NC}</ali:license_ref></license></permissions>'), ["CC-BY-NC"]),
    (fig(f'<permissions><license xlink:href="{BY}"><license-p>CC BY-NC 4.0</license-p></license></permissions>'), ["CC-BY-NC"]),
    (fig('<permissions><license><license-p>Creative Commons Attribution-NoDerivatives</license-p></license></permissions>'), ["CC-BY-ND"]),
    (fig(caption=f'<p>Cells (<ext-link xlink:href="{NC}">licence</ext-link>).</p>'), ["CC-BY-NC"]),
    (fig(f'<permissions><copyright-statement>© 2018 Springer</copyright-statement><license xlink:href="{BY}"><license-p>Open access.</license-p></license></permissions>'), ["CC-BY"]),
    (fig("<permissions><copyright-statement>© 2020 Roe et al.</copyright-statement></permissions>"), ["CC-BY"]),
    (fig("<permissions><copyright-year>2020</copyright-year><copyright-holder>Roe et al.</copyright-holder></permissions>"), ["CC-BY"]),
    (fig(caption="<p>Photo credit: Ann Roe.</p>"), ["CC-BY"]),
    (f'<fig id="P"><caption><p>Reprinted from [3].</p></caption><graphic xlink:href="p.jpg"/>{FIG}</fig>', ["OTHER", "OTHER"]),
    (f'<fig id="P"><caption><p>Own.</p></caption><graphic xlink:href="p.jpg"/>{fig(ELSEVIER)}</fig>', ["CC-BY", "OTHER"]),
    (f'<fig-group id="G"><caption><p>Ours.</p></caption>{fig(ELSEVIER)}<fig id="F2"><graphic xlink:href="f2.jpg"/></fig></fig-group>', ["CC-BY", "OTHER", "CC-BY"]),
    (f'<sec><title>A</title>{fig(ELSEVIER)}</sec><sec><title>B</title><fig id="F2"><graphic xlink:href="f2.jpg"/></fig></sec>', ["OTHER", "CC-BY"]),
    (f'<boxed-text id="B"><p>We thank Elsevier for permission.</p>{FIG}</boxed-text>', ["CC-BY"]),
])  # fmt: skip
def test_combined(body: str, want: list[str]) -> None:
    assert licences(body) == want


def test_a_graphical_abstract_is_judged_like_a_figure() -> None:
    assert licences("", f'<abstract abstract-type="graphical">{fig(ELSEVIER)}</abstract>') == ["OTHER"]
    assert licences("", f'<abstract abstract-type="graphical">{FIG}</abstract>') == ["CC-BY"]


def test_permissions_around_a_figure_are_in_its_row() -> None:
    body = f'<fig-group id="G"><caption><p>Two.</p></caption>{fig("<attrib>J. Moe</attrib>")}{ELSEVIER}</fig-group>'
    xml = f'<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta/></front><body>{body}</body></article>'
    group, figure = extract_article(xml.encode(), ArticleMeta(pmcid="PMC7", license_code="CC BY")).figures
    assert group.permissions == "© 1998 Elsevier"
    assert figure.permissions == "J. Moe © 1998 Elsevier"
