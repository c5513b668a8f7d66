"""Build the rows of table mentions: links and words of an article that name its tables, within limits."""

from __future__ import annotations

from collections.abc import Sequence

from pmcmine.jats.dom import Element
from pmcmine.jats.elements import FoundTable
from pmcmine.jats.mention_rows import RepeatedText, joined, links_outside
from pmcmine.jats.mentions import FigureIndex
from pmcmine.jats.table_mentions import TableIndex, find_table_mentions
from pmcmine.jats.text import Ref, Text
from pmcmine.rejects import Ledger, Reason, Rejected, Stage, Unit
from pmcmine.text import bounds
from pmcmine.text.sentences import Sentences
from schemas.table_mention import TableMention


def _ids(tables: Sequence[FoundTable]) -> dict[str, tuple[int, ...]]:
    """Map XML ids of table elements, of their parts, and of enclosing groups to tables."""
    own: dict[str, tuple[int, ...]] = {}
    groups: dict[str, tuple[int, ...]] = {}
    for ordinal, found in enumerate(tables):
        for element in found.element.iter("table-wrap", "alternatives", "table", "label", "caption", "graphic"):
            if xml_id := element.get("id"):
                own.setdefault(xml_id, (ordinal,))
        for group in found.element.iterancestors("table-wrap-group"):
            if xml_id := group.get("id"):
                groups[xml_id] = (*groups.get(xml_id, ()), ordinal)
    return groups | own


class TableMentions:
    """Collect the mentions of one article's tables, and the links that they account for.

    Attributes:
        rows: rows so far.
        rejected: number of mentions in the ledger.
    """

    def __init__(
        self,
        article_id: str,
        pmcid: str,
        tables: Sequence[FoundTable],
        table_ids: Sequence[str],
        figures: FigureIndex,
        ledger: Ledger,
        repeated: RepeatedText,
    ) -> None:
        self.rows: list[TableMention] = []
        self.rejected = 0
        self._index = TableIndex.of(_ids(tables), [t.label for t in tables])
        self._article_id, self._pmcid, self._table_ids = article_id, pmcid, table_ids
        self._figures, self._ledger, self._repeated = figures, ledger, repeated
        self._links: set[Element] = set()

    def read(self, context_id: str, context_kind: str, section_kind: str, text: str, refs: tuple[Ref, ...]) -> None:
        """Find the mentions in one text."""
        for ref in refs:
            if ref.kind == "table":
                self._links.add(ref.element)
                if not (ref.rids and all(r in self._index.by_id or self._figures.knows(r) for r in ref.rids)):
                    missing = " ".join(r for r in ref.rids if r not in self._index.by_id) or "no rid"
                    shown = f"{context_id}: {text[ref.start : ref.end]!r} → {missing}"
                    self._reject(Reason.MENTION_UNRESOLVED, shown)
        if not self._table_ids:
            return
        named = find_table_mentions(text, refs, self._index)
        if not named:
            return
        sentences = Sentences(text)
        for m in named:
            table_id = self._table_ids[m.table]
            if len(self.rows) >= bounds.MENTIONS:
                self._reject(Reason.MENTION_LIMIT, f"{context_id}: {text[m.start : m.end][:100]!r} {table_id}")
                continue
            first, last, sentence = sentences.at(m.start, m.end)
            self._repeated.add(last - first)
            self.rows.append(
                TableMention(
                    mention_id=f"{self._article_id}/tm{len(self.rows):05d}",
                    table_id=table_id,
                    article_id=self._article_id,
                    pmcid=self._pmcid,
                    context_id=context_id,
                    context_kind=context_kind,
                    start=m.start,
                    end=m.end,
                    text=text[m.start : m.end],
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
        """Find the linked mentions in a text joined from parts; in words, a caption names its own table."""
        refs = joined(parts)
        if text is not None and refs:
            self.read(context_id, context_kind, section_kind, text, refs)

    def outside(self, links: Sequence[Element]) -> None:
        """Add links to tables from text that is in no row to the ledger.

        Args:
            links: every `<xref>` of the article.
        """
        for said in links_outside(links, "table", self._links):
            self._reject(Reason.MENTION_OUTSIDE_TEXT, said)

    def _reject(self, reason: Reason, detail: str) -> None:
        """Add a mention to the ledger.

        Raises:
            Rejected: XML_TOO_LARGE above the limit.
        """
        self.rejected += 1
        if self.rejected + len(self.rows) > bounds.MENTIONS_READ:
            raise Rejected(Reason.XML_TOO_LARGE, f"more than {bounds.MENTIONS_READ} mentions of tables")
        self._ledger.add(Stage.EXTRACT, Unit.TABLE_MENTION, reason, self._article_id, detail)
