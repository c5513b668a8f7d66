"""Build the rows of mentions: links and words of an article that name its figures, within limits."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from pmcmine.jats.dom import Element
from pmcmine.jats.elements import Body
from pmcmine.jats.mentions import FigureIndex, find_mentions
from pmcmine.jats.text import Ref, Text
from pmcmine.rejects import Ledger, Reason, Rejected, Stage, Unit
from pmcmine.text import bounds
from pmcmine.text.sentences import Sentences
from schemas.mention import Mention
from schemas.paragraph import FigureReference

_PARTS = ("graphic", "media", "alternatives", "caption", "label", "object-id", "p", "title")  # of a figure
_APART = ("sub-article", "response")  # are mined apart
_BOXES = ("fig-group", "alternatives", "boxed-text", "supplementary-material", "p", "disp-quote")


def links_to_figures(
    refs: tuple[Ref, ...], index: FigureIndex, figure_ids: list[str], repeated: RepeatedText
) -> tuple[FigureReference, ...]:
    """Build a paragraph's links to figures."""
    found = []
    for ref in refs:
        named = [figure_ids[i] for i in index.figures(ref.rids)]
        repeated.add(sum(map(len, named)))
        if named:
            found.append(FigureReference(start=ref.start, end=ref.end, figure_ids=tuple(named)))
    return tuple(found)


def joined(parts: Sequence[tuple[int, Text]]) -> tuple[Ref, ...]:
    """Return the links of joined texts, shifted by the offsets of the texts."""
    return tuple([ref._replace(start=ref.start + at, end=ref.end + at) for at, flat in parts for ref in flat.refs])


def links_outside(links: Sequence[Element], kind: str, known: Container[Element]) -> Iterator[str]:
    """Yield the ledger entry of each link of a kind that is in no text row: its parent element and its target.

    Args:
        links: every `<xref>` of the article.
        kind: `ref-type` of the links.
        known: links in texts that were read.
    """
    for xref in links:
        if xref.get("ref-type") == kind and xref not in known and next(xref.iterancestors(*_APART), None) is None:
            yield f"{xref.getparent().tag}: {xref.get('rid') or ''}"


class LinkTargets:
    """Resolve links that lead to a group of figures, or to a part of a figure."""

    def __init__(self, root: Element, body: Body, ids: list[str], index: FigureIndex) -> None:
        self.root = root
        self.body = body
        self.ids = ids
        self.index = index
        self.parts: dict[str, tuple[str, ...]] | None = None
        self.added = 0

    def resolve(self, refs: tuple[Ref, ...]) -> tuple[Ref, ...]:
        """Replace ids of groups, graphics and captions in links by those of figures."""
        for ref in refs:
            if ref.kind == "fig" and not self._are_figures(ref.rids):
                break
        else:
            return refs
        return tuple([self._resolved(ref) if ref.kind == "fig" else ref for ref in refs])

    def _resolved(self, ref: Ref) -> Ref:
        """Resolve a link to the ids of figures.

        Raises:
            Rejected: XML_TOO_LARGE if links to whole groups of figures multiply beyond the limit.
        """
        rids = dict.fromkeys(i for r in ref.rids for i in self._targets(r))
        if len(rids) > len(ref.rids):
            self.added += len(rids)
            if self.added > bounds.MENTIONS_READ:
                raise Rejected(Reason.XML_TOO_LARGE, f"links to more than {bounds.MENTIONS_READ} figures of groups")
        return ref._replace(rids=tuple(rids))

    def _are_figures(self, rids: tuple[str, ...]) -> bool:
        return all(map(self.index.knows, rids))

    def _targets(self, rid: str) -> tuple[str, ...]:
        if self.index.knows(rid):
            return (rid,)
        if self.parts is None:
            self.parts = self._parts()
        return self.parts.get(rid, (rid,))

    def _parts(self) -> dict[str, tuple[str, ...]]:
        """Return figures by the ids of elements in them and of the boxes around them."""
        inside: dict[str, tuple[str, ...]] = {}
        around: dict[str, list[str]] = {}
        for found, name in zip(self.body.figures, self.ids, strict=True):
            element = found.figure.element
            for part in element.iter(*_PARTS):
                if part.get("id"):
                    inside[part.get("id")] = (name,)
            for box in element.iterancestors(*_BOXES):
                if box.get("id"):
                    around.setdefault(box.get("id"), []).append(name)
        return {box: tuple(names) for box, names in around.items()} | inside


class RepeatedText:
    """Count the characters that an article's rows repeat: a small file must not become gigabytes of rows."""

    def __init__(self) -> None:
        self._n = 0

    def add(self, n: int) -> None:
        """Count characters.

        Raises:
            Rejected: XML_TOO_LARGE above the limit.
        """
        self._n += n
        if self._n > bounds.REPEATED:
            raise Rejected(
                Reason.XML_TOO_LARGE,
                f"its rows repeat titles, ids and sentences of more than {bounds.REPEATED} characters",
            )


class MentionRows:
    """Collect the mentions of one article and the links that they account for."""

    def __init__(
        self,
        article_id: str,
        pmcid: str,
        figure_ids: list[str],
        index: FigureIndex,
        targets: LinkTargets,
        ledger: Ledger,
        repeated: RepeatedText,
    ) -> None:
        self.repeated = repeated
        self.article_id = article_id
        self.pmcid = pmcid
        self.figure_ids = figure_ids
        self.index = index
        self.targets = targets
        self.ledger = ledger
        self.rows: list[Mention] = []
        self.unresolved = 0  # unresolved links, and those beyond the limit
        self.found = 0
        self.links: set[Element] = set()

    def read(self, context_id: str, context_kind: str, section_kind: str, text: str, refs: tuple[Ref, ...]) -> None:
        """Find the mentions in one text."""
        for ref in refs:
            if ref.kind == "fig":
                self.links.add(ref.element)
        named, dangling = find_mentions(text, refs, self.index)
        self._count(len(named) + len(dangling))
        for ref in dangling:
            self.unresolved += 1
            missing = [r for r in ref.rids if not self.index.knows(r)]
            self.ledger.add(
                Stage.EXTRACT,
                Unit.MENTION,
                Reason.MENTION_UNRESOLVED,
                self.article_id,
                f"{context_id}: {text[ref.start : ref.end]!r} → {' '.join(missing) or 'no rid'}",
            )
        if not named:
            return
        sentences = Sentences(text)
        for m in named:
            if len(self.rows) >= bounds.MENTIONS:
                self.unresolved += 1
                self.ledger.add(
                    Stage.EXTRACT,
                    Unit.MENTION,
                    Reason.MENTION_LIMIT,
                    self.article_id,
                    f"{context_id}: {text[m.start : m.end][:100]!r}",
                    self.figure_ids[m.figure],
                )
                continue
            first, last, sentence = sentences.at(m.start, m.end)
            self.repeated.add(last - first)
            self.rows.append(
                Mention(
                    mention_id=f"{self.article_id}/m{len(self.rows):05d}",
                    figure_id=self.figure_ids[m.figure],
                    article_id=self.article_id,
                    pmcid=self.pmcid,
                    context_id=context_id,
                    context_kind=context_kind,
                    start=m.start,
                    end=m.end,
                    text=text[m.start : m.end],
                    panels=m.panels,
                    how=m.how,
                    sentence=sentence,
                    sentence_start=first,
                    sentence_end=last,
                    section_kind=section_kind,
                )
            )

    def read_parts(
        self,
        context_id: str,
        context_kind: str,
        section_kind: str,
        text: str | None,
        parts: tuple[tuple[int, Text], ...],
    ) -> None:
        """Find the mentions in a text joined from parts; only linked ones, as a caption names itself."""
        refs = joined(parts)
        if text is not None and refs:
            self.read(context_id, context_kind, section_kind, text, self.targets.resolve(refs))

    def _count(self, n: int) -> None:
        """Count mentions, including those that become rejects.

        Raises:
            Rejected: XML_TOO_LARGE above the limit.
        """
        self.found += n
        if self.found > bounds.MENTIONS_READ:
            raise Rejected(Reason.XML_TOO_LARGE, f"more than {bounds.MENTIONS_READ} mentions of figures")

    def outside(self, links: Sequence[Element]) -> int:
        """Add ledger rows for links to figures from text that is in no row; return their number.

        Args:
            links: every `<xref>` of the article.
        """
        n = 0
        for said in links_outside(links, "fig", self.links):
            n += 1
            self._count(1)
            self.ledger.add(Stage.EXTRACT, Unit.MENTION, Reason.MENTION_OUTSIDE_TEXT, self.article_id, said)
        return n
