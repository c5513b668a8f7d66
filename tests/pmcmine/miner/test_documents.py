"""Documents: each row of an article stands in its document once, in reading order."""

from __future__ import annotations

import tarfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmcmine.config import MineConfig
from pmcmine.jats.document_texts import captioned, known_texts
from pmcmine.miner import Mined, mine_pmcid
from pmcmine.sources.base import Entry, VersionMeta
from schemas.document import Document
from tests.pmcmine.jats.test_article import article, fig, read

CONFIG = MineConfig(
    source="nowhere", vocab="none", classify=False, languages=False, privacy=False, image_kinds=False, panels=False
)


class OneArticle:
    """A source of one article without media."""

    def __init__(self, xml: bytes, pmcid: str = "PMC1") -> None:
        self.xml = xml
        self.meta = VersionMeta(pmcid=pmcid, version=1, license_code="CC BY", has_media=False)

    def metadata(self, entry: Entry) -> VersionMeta:
        return self.meta

    def bundle(self, meta: VersionMeta) -> OneArticle:
        return self

    def read_xml(self, max_bytes: int) -> bytes:
        return self.xml

    def read_pdf(self, max_bytes: int) -> None:
        return None

    def read_assets(self, assets: object, max_bytes: int) -> Iterator[Any]:
        return iter(())

    def close(self) -> None:
        pass


def mined(xml: bytes, config: MineConfig = CONFIG, pmcid: str = "PMC1") -> Mined:
    return mine_pmcid([Entry(pmcid, 1, "", "")], OneArticle(xml, pmcid), config)


def document(body: str, config: MineConfig = CONFIG, **parts: str) -> Document:
    found = mined(article(body, **parts), config)
    whole(found)
    return found.documents[0]


def shown(document: Document) -> list[str]:
    """Kind and text of each place, `#` for each level of a heading."""
    return [
        f"{'#' * (p.level or 0)}{p.kind[0] if p.kind != 'heading' else ''} {t if t is not None else p.row_id[7:]}"
        for t, p in zip(document.texts, document.places, strict=True)
    ]


def whole(found: Mined) -> None:
    """Each paragraph, figure and table stands in the document exactly once, with its text."""
    assert found.article is not None
    d = found.documents[0]
    assert len(d.texts) == len(d.images) == len(d.places)
    at = [(p.kind, p.row_id, t, p.reason) for p, t in zip(d.places, d.texts, strict=True)]
    paragraphs = Counter((r, t) for k, r, t, _ in at if k in ("paragraph", "formula"))
    assert paragraphs == Counter((p.paragraph_id, p.text) for p in found.paragraphs)
    dropped = {r.figure_id for r in found.rejects if r.unit == "figure" and r.stage == "extract"}
    dropped = {f for f in dropped if any(p.row_id == f for p in d.places)}
    figures = Counter(r for k, r, *_ in at if k == "figure")
    assert figures == Counter([f.figure_id for f in found.figures]) + Counter(dropped)
    of_table = {t.image_figure_id for t in found.article_tables}
    captions = Counter((r, t) for k, r, t, _ in at if k == "caption")
    expected = Counter(
        (f.figure_id, captioned(f.label, f.caption))
        for f in found.figures
        if f.figure_id not in of_table and f.license_group == found.article.license_group
    )
    expected += Counter((t.table_id, captioned(t.label, t.caption)) for t in found.article_tables)
    assert captions == Counter({k: n for k, n in expected.items() if k[1]})
    notes = Counter((r, t) for k, r, t, _ in at if k == "note")
    assert notes == Counter((t.table_id, t.footnotes) for t in found.article_tables if t.footnotes)
    grids = Counter((r, t) for k, r, t, reason in at if k == "table" and reason is None)
    # What is in no table is an array, whose lines are paragraphs.
    assert grids == Counter((g.grid_id, g.markdown) for g in found.grids if g.markdown and g.table_id)
    assert [t for k, _, t, _ in at if k == "title"] == [found.article.title] * bool(found.article.title)
    for text, image, place in zip(d.texts, d.images, d.places, strict=True):
        assert (text is None) + (image is None) + (place.reason is None) == 2
    assert found.counts["document_rows"] == found.counts["document_parts"]


def test_figures_stand_at_their_first_mention_or_where_the_xml_has_them() -> None:
    xref = '<xref ref-type="fig" rid="F{}">Fig. {}</xref>'
    body = (
        "<sec><title>Results</title><p>None yet.</p>"
        + fig(1, caption="One.")
        + f"<p>As {xref.format(2, 2)} and {xref.format(1, 1)} show.</p><sec><title>More</title><p>Again "
        + xref.format(1, 1)
        + ".</p></sec></sec><sec><title>Figures</title>"
        + fig(2, caption="Two.")
        + "</sec>"
        + fig(3, caption="Nobody names it.")
    )
    texts = [
        "# Results", "p None yet.", "p As Fig. 2 and Fig. 1 show.", "f F2", "c Figure 2. Two.", "f F1",
        "c Figure 1. One.", "## More", "p Again Fig. 1.", "f F3", "c Figure 3. Nobody names it.",
    ]  # fmt: skip
    assert shown(document(body)) == texts
    assert shown(document(body, CONFIG.model_copy(update={"document_figures": "xml"}))) == [
        "# Results", "p None yet.", "f F1", "c Figure 1. One.", "p As Fig. 2 and Fig. 1 show.", "## More",
        "p Again Fig. 1.", "# Figures", "f F2", "c Figure 2. Two.", "f F3", "c Figure 3. Nobody names it.",
    ]  # fmt: skip


def test_the_lines_of_an_array_stand_once() -> None:
    lines = "".join(f"<tr><td>{a}</td><td>{b}</td></tr>" for a, b in (("CT", "tomography"), ("MR", "resonance")))
    found = document(
        f"<sec><title>Abbreviations</title><array><tbody>{lines}</tbody></array></sec><sec><p>End.</p></sec>"
    )
    assert shown(found) == ["# Abbreviations", "p CT tomography", "p MR resonance", "p End."]


def test_an_article_in_reading_order() -> None:
    front = (
        "<title-group><article-title>A title</article-title></title-group>"
        "<abstract><title>Abstract</title><sec><title>Aim</title><p>To see.</p></sec></abstract>"
        '<abstract abstract-type="graphical"><p>'
        '<fig id="GA"><graphic xlink:href="ga"/><caption><p>In short.</p></caption></fig></p></abstract>'
    )
    table = (
        '<table-wrap id="T1"><label>Table 1</label><caption><p>Counts.</p></caption><table><tr><td>1</td></tr></table>'
        "<table-wrap-foot><p>Note.</p></table-wrap-foot></table-wrap>"
    )
    body = (
        "<sec><title>Methods</title><p>We solved:</p><disp-formula><tex-math>x</tex-math></disp-formula>"
        '<p>See <xref ref-type="table" rid="T1">Table 1</xref>.</p><p>Last.</p></sec>'
        "<sec><title>Empty</title></sec>"
    )
    parts = {"meta": front, "back": f"<back><ack><p>Thanks.</p></ack></back><floats-group>{table}</floats-group>"}
    found = document(body, **parts)
    kept = [s for s in shown(found) if not s.startswith("t |")]  # the cells are another module's
    assert kept == [
        "t A title", "# Abstract", "## Aim", "p To see.", "f GA", "c In short.", "# Methods", "p We solved:", "f x",
        "p See Table 1.", "c Table 1. Counts.", "n Note.", "p Last.", "p Thanks.",
    ]  # fmt: skip
    assert [p.section_kind for p in found.places if p.kind in ("title", "formula")] == ["other", "methods"]
    assert {p.section_kind for p in found.places if p.row_id == "PMC1.1/GA"} == {"abstract"}


def test_nested_figures_stay_together_and_tables_that_are_images_have_one_caption() -> None:
    nested = fig(1, caption="Whole.", inner='<fig id="S1"><label>Supplement</label><graphic xlink:href="s"/></fig>')
    body = (
        '<p>Of <xref ref-type="fig" rid="S1">the supplement</xref>.</p><p>Then.</p>'
        f'{nested}<table-wrap id="T1"><label>Table 1</label><caption><p>Scan.</p></caption>'
        '<graphic xlink:href="t"/></table-wrap>'
    )
    assert shown(document(body)) == [
        "p Of the supplement.", "f F1", "c Figure 1. Whole.", "f S1", "c Supplement", "p Then.", "c Table 1. Scan.",
        "f T1",
    ]  # fmt: skip


def test_what_may_not_be_shown_leaves_a_place_with_the_reason() -> None:
    body = (
        "<p>See Fig. 1 and Fig. 2.</p>"
        + fig(1, caption="Reproduced with permission from Elsevier. © 2010 Elsevier.")
        + fig(2, caption="Ours.")
    )
    found = document(body)
    assert [(p.kind, p.row_id[7:], p.reason) for p in found.places[1:]] == [
        ("figure", "F1", "third_party"), ("figure", "F2", "media_not_in_source"), ("caption", "F2", None),
    ]  # fmt: skip
    assert not any("Elsevier" in (t or "") for t in found.texts)


def test_a_figure_of_another_licence_group_is_left_out() -> None:
    licence = '<permissions><license xlink:href="https://creativecommons.org/licenses/by-nc/4.0/"/></permissions>'
    found = document("<p>See Fig. 1.</p>" + fig(1, caption="Borrowed.", inner=licence))
    assert [(p.kind, p.reason, p.license) for p in found.places[1:]] == [("figure", "media_not_in_source", "CC-BY-NC")]
    assert "Borrowed" not in str(found.texts)


_WORDS = st.sampled_from(["Alpha beta.", "See Fig. 1.", "As in Fig. 3 and Figs. 1-2.", "Table 1 shows."])
_FLOAT = st.sampled_from(
    [
        fig(1, caption="One."),
        fig(2),
        fig(3, caption="Three.", inner='<fig id="F3a"><caption><p>Inner.</p></caption></fig>'),
        '<table-wrap id="T1"><label>Table 1</label><table><tr><td>1</td></tr></table></table-wrap>',
        '<table-wrap id="T2"><graphic xlink:href="t"/></table-wrap>',
        "<table-wrap/>",
        "<fig-group id='G'><label>Figure 9</label><caption><p>All.</p></caption>"
        '<fig id="F9"><caption><p>Part.</p></caption></fig></fig-group>',
        "<disp-formula><tex-math>x^2</tex-math></disp-formula>",
    ]
)


def _sections(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(st.sampled_from(["sec", "boxed-text", "list", "statement"]), st.lists(inner, max_size=4)).map(
        lambda s: f"<{s[0]}><title>Of {s[0]}</title>{''.join(s[1])}</{s[0]}>"
    )


_BODY = st.recursive(
    st.one_of(
        _WORDS.map(lambda t: f"<p>{t}</p>"), _FLOAT, st.tuples(_WORDS, _FLOAT).map(lambda s: f"<p>{s[0]}{s[1]}</p>")
    ),
    _sections,
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_BODY, max_size=6), st.lists(_FLOAT, max_size=3), st.sampled_from(["mention", "xml"]))
def test_nothing_is_lost_or_doubled(body: list[str], floats: list[str], figures: str) -> None:
    xml = article("".join(body), back=f"<floats-group>{''.join(floats)}</floats-group>")
    found = mined(xml, CONFIG.model_copy(update={"document_figures": figures}))
    whole(found)
    headings = [p for p in found.documents[0].places if p.kind == "heading"]
    assert len({p.row_id for p in headings}) == len(headings)


def test_the_texts_of_a_pointer_are_composed_anew() -> None:
    xml = article("<sec><title>A</title><p>See Fig. 1.</p></sec>" + fig(1, caption="One."))
    found = mined(xml).documents[0]
    known = known_texts(read(xml))
    assert [known.get((p.kind, p.row_id)) for p in found.places] == list(found.texts)


def test_headings_in_headings_are_bounded_and_linear() -> None:
    deep = "<sec><title>T</title>" * 90 + "<sec><title>U</title></sec>" * 4_000 + "<p>End.</p>" + "</sec>" * 90
    until = time.process_time() + 5
    found = document(deep)
    assert time.process_time() < until
    assert [p.level for p in found.places if p.kind == "heading"] == [*range(1, 91)]
    far = "<sec><title>T</title>" * 200 + "<sec><title>U</title></sec>" * 60_000 + "</sec>" * 200
    assert [r.reason for r in mined(article(far)).rejects] == ["xml_too_large"]


def _real(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.glob("PMC*/*.xml"):
        yield path.name.split(".")[0], path.read_bytes()
    for path in folder.glob("*.tar.gz"):
        with tarfile.open(path) as archive:
            for member in archive:
                stream = archive.extractfile(member)
                if stream is not None and member.name.endswith(".xml"):
                    yield Path(member.name).stem, stream.read()


@pytest.mark.real
@pytest.mark.parametrize("folder", ["pmc-bucket", pytest.param("oa_bulk", marks=pytest.mark.slow)])
def test_real_articles_are_whole(real_data: Path, folder: str) -> None:
    n = 0
    for pmcid, xml in _real(real_data / folder):
        found = mined(xml, CONFIG, pmcid)
        if found.article is not None:
            whole(found)
            n += 1
    assert n > 60
