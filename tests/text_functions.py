"""Functions that read text of others, each as a function of one text that answers or rejects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from xml.sax.saxutils import escape

from classifiers.privacy.patients import patients
from classifiers.privacy.text import flags
from classifiers.text.blocks import block_of
from classifiers.text.language import identify
from classifiers.text.sentences import sentences as text_sentences
from classifiers.text.wording import wording
from pmcmine.cases.figures import shown
from pmcmine.cases.reports import report_of
from pmcmine.cases.rows import rows_of
from pmcmine.cases.split import patients as case_patients
from pmcmine.concepts.abbreviations import find_abbreviations
from pmcmine.concepts.context import assess_sentence
from pmcmine.concepts.definitions import Source, definitions_of, short_forms
from pmcmine.jats import ArticleMeta, extract_article, sections
from pmcmine.jats.mentions import FigureIndex, find_mentions
from pmcmine.jats.sections import kind_of
from pmcmine.jats.tex import tex_text
from pmcmine.jats.text import Ref
from pmcmine.panels import labels
from pmcmine.panels.captions import split_caption
from pmcmine.panels.mentions import resolve
from pmcmine.rejects import Ledger, Rejected
from pmcmine.rights import statements, wordings
from pmcmine.rights.figures import Statement, figure_rights
from pmcmine.rights.licenses import License, parse_license
from pmcmine.rights.retraction import Signs, is_retracted
from pmcmine.rights.statements import read_notice, read_statement, this_work
from pmcmine.rights.wordings import Owner
from pmcmine.text.clean import for_markdown, for_terminal, one_line
from pmcmine.text.enriched import KINDS, Part, enriched
from pmcmine.text.repeats import runs_of
from pmcmine.text.sentences import Sentences
from pmcmine.vocabulary.normalise import name_key
from pmcmine.vocabulary.variants import adjectives, plain_name, uninverted
from pmcmine.write.checks import problems
from pmcmine.write.given import Given, Passage

_INDEX: Final = FigureIndex({f"f{n}": n for n in range(40)}, {n + 1: n for n in range(40)}, {"g": tuple(range(40))})
_OWNER: Final = Owner("© 2020 The Authors", frozenset({"smith", "li"}), frozenset({"2020"}))


def _places(text: str, step: int = 40) -> list[tuple[int, int]]:
    return [(at, min(at + 6, len(text))) for at in range(0, len(text), step)]


def _linked(text: str) -> None:
    """Find mentions with links of all kinds all over the text."""
    rids: tuple[tuple[str, ...], ...] = (("f1",), ("f1", "f9"), ("nowhere",), ("g",))
    refs = [Ref(a, b, "fig" if n % 5 else "sec", rids[n % 4], None) for n, (a, b) in enumerate(_places(text, 12))]
    find_mentions(text, refs, _INDEX)


def _sentences(text: str) -> None:
    found = Sentences(text)
    for start, end in _places(text):
        found.at(start, end)


_CACHES: Final = tuple(
    value
    for module in (statements, wordings, labels, sections)
    for value in vars(module).values()
    if hasattr(value, "cache_clear")
)


def forget() -> None:
    """Empty the caches of what was read before, which would hide what reading costs."""
    for cached in _CACHES:
        cached.cache_clear()


def _retraction(text: str) -> None:
    is_retracted(
        Signs(article_type="other", title=text, subjects=(text,), links=(text,), events=(text,), notices=(text,))
    )


def article(body: str, front: str = "", back: str = "", floats: str = "") -> bytes:
    """Return an article with such parts, as XML."""
    return (
        '<article xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:mml="http://www.w3.org/1998/Math/MathML">'
        f"<front><article-meta>{front}</article-meta></front><body>{body}</body><back>{back}</back>{floats}</article>"
    ).encode("utf-8", "replace")


def mined(xml: bytes) -> Any:
    """Extract an article; None if it is rejected as a whole."""
    try:
        return extract_article(xml, ArticleMeta(pmcid="PMC1"), Ledger("PMC1"))
    except Rejected:
        return None


def _in_article(text: str) -> None:
    """Put a text into all places of an article whose text is read."""
    said = "".join(
        c for c in escape(text) if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff" and c < "\ufffe")
    )
    mined(
        article(
            f"<sec><title>{said}</title><p>{said}</p><fig id='f1'><label>{said}</label><caption><p>{said}</p></caption>"
            f"<attrib>{said}</attrib><graphic xlink:href='a.jpg'/></fig><p><tex-math>{said}</tex-math></p></sec>",
            f"<article-id pub-id-type='doi'>{said}</article-id><title-group><article-title>{said}</article-title>"
            f"</title-group><contrib-group><contrib><name><surname>{said}</surname></name></contrib></contrib-group>"
            f"<pub-date><string-date>{said}</string-date></pub-date><permissions><copyright-statement>{said}"
            f"</copyright-statement><license><license-p>{said}</license-p></license></permissions>",
        )
    )


def _cases(text: str) -> object:
    """Read a report whose only case tells a text twice."""
    told = mined(article("<sec><title>Case 1</title><p>x</p><p>y</p></sec>"))
    paragraphs = [replace(p, text=f"{said}{text}") for p, said in zip(told.paragraphs, ("", "A man. "), strict=True)]
    found = case_patients(report_of("case-report", text[:200], paragraphs).told)
    return rows_of(told.article, found, shown(found, (), (), ()), ())


TEXT_FUNCTIONS: Final[dict[str, Callable[[str], object]]] = {
    "mentions": lambda t: find_mentions(t, [], _INDEX),
    "links": _linked,
    "sentences": _sentences,
    "tex": tex_text,
    "section kind": lambda t: kind_of(t, t),
    "label": lambda t: FigureIndex.of([None], [t], [True]),
    "abbreviations": find_abbreviations,
    "context": lambda t: assess_sentence(t, _places(t)),
    "caption": split_caption,
    "caption in bold": lambda t: split_caption(t, [(a, a + 1) for a in range(0, len(t), 5)]),
    "panels of a mention": lambda t: resolve(t, ("A", "B", "c", "D1")),
    "figure rights": lambda t: figure_rights(License.BY, t, (Statement(t),), _OWNER),
    "licence statement": lambda t: read_statement((t,), (t,)),
    "notice": read_notice,
    "footnote": this_work,
    "licence code": parse_license,
    "retraction": _retraction,
    "privacy": flags,
    "patients": patients,
    "cases": _cases,
    "wording": lambda t: wording(block_of([t])),
    "sentences of a block": lambda t: text_sentences(block_of([t])),
    "language": lambda t: identify([t], [None]),
    "terminal": lambda t: for_terminal(one_line(for_markdown(t))),
    "names of concepts": lambda t: (name_key(t), plain_name(t), uninverted(t), list(adjectives(t))),
    "enriched caption": lambda t: [enriched(t, [Part(k, t, t[:9]) for k in KINDS], n) for n in (77, None)],
    "words of a caption": lambda t: (short_forms(t), runs_of(t)),
    "definitions": lambda t: [list(definitions_of(Source("p", t, x, True), {"AB", "A1-B"})) for x in (False, True)],
    "article": _in_article,
    "written": lambda t: problems(t, Given((Passage("caption", "f", 0, len(t), t),), ("A", "B")), "caption", prompt=t),
}
