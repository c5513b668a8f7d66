"""Build contexts of captions: the `context` column of figures and panels."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise
from typing import Final

from pmcmine.concepts.definitions import Definition, Source, definitions, short_forms
from pmcmine.text import bounds
from pmcmine.text.enriched import (
    ABBREVIATION,
    INTRODUCTION,
    SECTION,
    SENTENCE,
    SHARED,
    defined_at,
    find_form,
    without_references,
)
from pmcmine.text.repeats import Runs, Said, runs_of
from pmcmine.text.sentences import sentence_starts
from schemas.context import ContextPart
from schemas.figure import Figure
from schemas.mention import Mention
from schemas.panel import CaptionSpan, Panel
from schemas.paragraph import Paragraph

_LEAST_WORDS: Final = 4  # of a sentence, or of a caption part shared by all panels
_MOST_SHARED: Final = 60  # sentences of a caption about all panels
_SURE: Final = 0.5  # minimum score of a privacy flag
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_REFERS_BACK: Final = re.compile(r"(?:However, |Moreover, |Thus, )?(?:it|they|this|these|those|such) ", re.IGNORECASE)
_EDGES: Final = " .,;:()[]–—-"
_RANK: Final = {
    kind: n
    for n, kinds in enumerate(
        (("results", "case"), ("other", "abstract", "discussion"), ("conclusion", "methods", "introduction"))
    )
    for kind in kinds
}
_GENERIC: Final = re.compile(
    r"\W*(?:[\divx]+\W+)*(?:introduction|background|objectives?|aims?|(?:patients?|subjects?|participants?|materials?|"
    r"methods?|methodology|results?|findings?|observations?|discussions?|conclusions?|experimental|experiments?|"
    r"procedures?|protocols?|section|study|data|design|analys[ie]s|statistical|statistics|representative|"
    r"outlook|perspectives?|future|directions?|overview|and|&|of|the|,|/|\s)+|"
    r"(?:(?:figures?|tables?|schemes?|and|,|\s)+)(?: legends?)?|main(?: text)?|appendix(?: [a-z\d]+)?|"
    r"(?:electronic )?(?:supplementary|supplemental|supporting|additional) (?:materials?|information|data|files?)|"
    r"summary|(?:graphical |visual )?abstract|review|text|about (?:the )?authors?|"
    r"case(?: (?:presentation|report|description|series|history|study))?s?(?: \d+)?|acknowledge?ments?)\W*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Article:
    """Sources for the contexts of all figures of an article."""

    paragraphs: dict[str, Paragraph]
    defined: dict[str, Definition]
    mentions: dict[str, list[Mention]]
    named: Counter[tuple[str, int]]  # number of figures that a sentence names
    read: dict[tuple[str, int, int], Runs] = field(default_factory=dict)  # cache; empty for sentences with few words

    def runs(self, at: tuple[str, int, int]) -> Runs:
        """Return the runs of words of a sentence, without its references."""
        found = self.read.get(at)
        if found is None:
            bare = without_references(self.paragraphs[at[0]].text[at[1] : at[2]])
            found = runs_of(bare) if len(_WORD.findall(bare)) >= _LEAST_WORDS else frozenset()
            self.read[at] = found
        return found


def with_context(
    figures: Sequence[Figure], panels: Sequence[Panel], mentions: Sequence[Mention], paragraphs: Sequence[Paragraph]
) -> tuple[list[Figure], list[Panel]]:
    """Return figures and panels with their contexts, within a total limit.

    Args:
        figures: figures of one article, in order.
        panels: their panels.
        mentions: mentions of the figures, with the labels of panels.
        paragraphs: paragraphs of the article that are kept.
    """
    article = _article(figures, mentions, paragraphs)
    of_figure: dict[str, list[Panel]] = {}
    for panel in panels:
        of_figure.setdefault(panel.figure_id, []).append(panel)
    left = bounds.CONTEXT
    figures_out: list[Figure] = []
    found: dict[str, tuple[ContextPart, ...]] = {}
    for figure in figures:
        runs = runs_of(figure.caption or "")
        context, left = _within(_of_figure(figure, article, runs), left)
        figures_out.append(replace(figure, context=context) if context else figure)
        parts = of_figure.get(figure.figure_id, [])
        shared = {spans: _shared(spans, figure) for spans in dict.fromkeys(p.shared for p in parts)}
        for panel in parts:
            found[panel.panel_id], left = _within(_of_panel(panel, figure, article, runs, shared[panel.shared]), left)
    return figures_out, [replace(p, context=found.get(p.panel_id, ())) for p in panels]


def _article(figures: Sequence[Figure], mentions: Sequence[Mention], paragraphs: Sequence[Paragraph]) -> _Article:
    wanted: set[str] = set()
    for figure in figures:
        wanted |= short_forms(figure.caption or "")
    sources = [Source(p.paragraph_id, p.text, p.section_kind == "abbreviations") for p in paragraphs]
    sources += [Source(f.figure_id, f.caption, caption=True) for f in figures if f.caption]
    by_figure: dict[str, list[Mention]] = {}
    named: dict[tuple[str, int], set[str]] = {}
    for m in mentions:
        if m.context_kind in ("paragraph", "abstract"):
            by_figure.setdefault(m.figure_id, []).append(m)
            named.setdefault((m.context_id, m.sentence_start), set()).add(m.figure_id)
    return _Article(
        {p.paragraph_id: p for p in paragraphs},
        definitions(sources, wanted) if wanted else {},
        by_figure,
        Counter({at: len(ids) for at, ids in named.items()}),
    )


def _within(parts: Iterable[ContextPart], left: int) -> tuple[tuple[ContextPart, ...], int]:
    """Keep the parts that fit into the article's remaining characters."""
    kept: list[ContextPart] = []
    for part in parts:
        left -= len(part.text or "")
        if left < 0:
            return tuple(kept), 0
        kept.append(part)
    return tuple(kept), left


def _of_figure(figure: Figure, article: _Article, runs: Runs) -> Iterator[ContextPart]:
    said = Said()
    said.add(runs)
    yield from _abbreviations(figure.caption or "", article)
    yield from _sentences(article.mentions.get(figure.figure_id, ()), article, said, None)
    yield from _section(figure, said)


def _of_panel(
    panel: Panel, figure: Figure, article: _Article, runs: Runs, shared: Sequence[tuple[ContextPart, Runs]]
) -> Iterator[ContextPart]:
    caption = figure.caption or ""
    said = Said()
    said.add(runs_of(panel.text))
    first = min((s.start for s in panel.spans), default=0)
    around = [part for part, words in shared if not said.repeats(words)]
    before = [replace(p, kind=INTRODUCTION) for p in around if (p.end or 0) <= first]
    # An unfinished sentence introduces the text after it.
    introduction = [p for p in before if p is before[-1] or _ends(p, caption)]
    yield from introduction
    yield from _abbreviations(" ".join([*(p.text or "" for p in introduction), panel.text]), article)
    said.add(runs)
    yield from _sentences(article.mentions.get(figure.figure_id, ()), article, said, panel.label)
    yield from (p for p in around if (p.end or 0) > first and _ends(p, caption))
    yield from _section(figure, said)


def _shared(spans: Sequence[CaptionSpan], figure: Figure) -> list[tuple[ContextPart, Runs]]:
    """Return the sentences of a caption that panels share, and their runs of words."""
    caption = figure.caption or ""
    said = Said()
    found: list[tuple[ContextPart, Runs]] = []
    for start, end in islice(_sentence_spans(spans, caption), _MOST_SHARED):
        text = caption[start:end]
        start += len(text) - len(text.lstrip(" .,;:)]–—-"))
        bare = caption[start:end].rstrip(" ,;:([–—-")
        if (
            not _begins(caption, start)
            or len(bare) > bounds.CONTEXT_SENTENCE
            or len(_WORD.findall(bare)) < _LEAST_WORDS
        ):
            continue
        runs = runs_of(bare)
        if said.repeats(runs):
            continue
        said.add(runs)
        at = (start, start + len(bare))
        part = ContextPart(kind=SHARED, text=bare, short=None, source_id=figure.figure_id, start=at[0], end=at[1])
        found.append((part, runs))
    return found


def _begins(caption: str, start: int) -> bool:
    """Check whether a sentence of a caption begins at a position."""
    before = caption[max(start - 8, 0) : start].rstrip(' )]”"')
    return not before or before[-1] in ".!?:;"


def _ends(part: ContextPart, caption: str) -> bool:
    """Check whether a part of a caption ends a sentence."""
    return part.end is None or part.end == len(caption) or caption[part.end - 1] in ".!?)"


def _sentence_spans(spans: Sequence[CaptionSpan], caption: str) -> Iterator[tuple[int, int]]:
    """Split parts of a caption into sentences."""
    for span in spans:
        starts = [span.start + s for s in sentence_starts(caption[span.start : span.end])]
        yield from pairwise([*starts, span.end])


def _abbreviations(used: str, article: _Article) -> Iterator[ContextPart]:
    """Yield the abbreviations in a text that it does not spell out itself, in the order of first use."""
    folded = used.casefold()
    found: dict[str, tuple[int, Definition]] = {}
    for short, definition in article.defined.items():
        long = definition.long.casefold()
        place = find_form(used, short)
        if place is not None and long not in found and long not in folded and not defined_at(used, place):
            found[long] = (place[0], definition)
    ordered = sorted(found.values(), key=lambda place: (place[0], place[1].short))
    for _, d in ordered[: bounds.CONTEXT_PARTS]:
        yield ContextPart(
            kind=ABBREVIATION, text=d.long, short=d.short, source_id=d.source_id, start=d.start, end=d.end
        )


def _sentences(mentions: Sequence[Mention], article: _Article, said: Said, label: str | None) -> Iterator[ContextPart]:
    """Yield the sentences that mention a figure or one of its panels, the most informative first.

    Sentences that name the panel come before those that name the whole figure; those that name fewer figures before
    others; those that do not begin with a pronoun before others; then by section, and in the order of the text.
    Sentences that only name other panels, that may identify a patient, or that repeat others are left out.
    """
    ranked: dict[tuple[str, int, int], tuple[int, int, bool, int, int]] = {}
    for n, m in enumerate(mentions[: bounds.CONTEXT_MENTIONS]):
        own = 0 if label is None or label in m.panel_labels else 1
        if own and m.panels:
            continue
        paragraph = article.paragraphs.get(m.context_id)
        if paragraph is None or m.sentence_end - m.sentence_start > bounds.CONTEXT_SENTENCE or _private(m, paragraph):
            continue
        at = (m.context_id, m.sentence_start, m.sentence_end)
        refers_back = _REFERS_BACK.match(paragraph.text, m.sentence_start) is not None
        rank = (own, min(article.named[at[:2]], 3), refers_back, _RANK.get(m.section_kind, len(_RANK)), n)
        ranked[at] = min(ranked.get(at, rank), rank)
    left, n = bounds.CONTEXT_SENTENCES, 0
    for context_id, start, end in sorted(ranked, key=ranked.__getitem__):
        runs = article.runs((context_id, start, end))
        if said.repeats(runs):
            continue
        text = article.paragraphs[context_id].text[start:end]
        left, n = left - len(text), n + 1
        if left < 0 or n > bounds.CONTEXT_PARTS:
            return
        said.add(runs)
        yield ContextPart(kind=SENTENCE, text=text, short=None, source_id=context_id, start=start, end=end)


def _private(mention: Mention, paragraph: Paragraph) -> bool:
    """Check whether a sentence contains a span that may identify a patient."""
    return any(
        f.score >= _SURE and f.start < mention.sentence_end and f.end > mention.sentence_start
        for f in paragraph.privacy
    )


def _section(figure: Figure, said: Said) -> Iterator[ContextPart]:
    """Yield the innermost section title that says more than the kind of section."""
    for title in reversed(figure.section_path):
        if not _GENERIC.fullmatch(title):
            if len(title) <= bounds.CONTEXT_SENTENCE and title.strip(_EDGES) and not said.repeats(runs_of(title)):
                yield ContextPart(
                    kind=SECTION, text=title, short=None, source_id=figure.figure_id, start=None, end=None
                )
            return
