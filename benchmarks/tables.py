"""Grids against the XML that they come from, by a second reader that shares no code with the first."""

from __future__ import annotations

import re
import time
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from benchmarks.corpus import articles
from benchmarks.teds import Node, size, teds

_MOST_NODES: Final = 400  # of a table whose edit distance is computed unless both are equal
_SKIPPED: Final = frozenset({"tex-math", "object-id", "graphic", "inline-graphic", "alt-text", "long-desc"})
_MARKS = re.compile(r"[\s\u200b\ufeff^_()]+")


class _Html(HTMLParser):
    """Builds the tree of a table in HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("root")
        self._open = [self.root]
        self._texts: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("table", "thead", "tbody", "tfoot", "tr", "td", "th"):
            spans = {k: int(v or 1) for k, v in attrs}
            node = Node(tag, (spans.get("rowspan", 1), spans.get("colspan", 1)))
            self._open[-1].children.append(node)
            self._open.append(node)
            if tag in ("td", "th"):
                self._texts = []

    def handle_data(self, data: str) -> None:
        if self._texts is not None:
            self._texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._open[-1].tag:
            node = self._open.pop()
            if self._texts is not None:
                self._open[-1].children[-1] = Node("td", node.spans, _plain("".join(self._texts)))
                self._texts = None


def _plain(text: str) -> str:
    return _MARKS.sub("", text)


def _text(element: Any) -> str:
    """Return all text of a cell but that of second renditions of a formula."""
    tag = str(element.tag).rpartition("}")[2]
    if tag in _SKIPPED or (tag == "annotation"):
        return ""
    return (element.text or "") + "".join(_text(c) + (c.tail or "") for c in element)


def _xml(table: Any) -> Node:
    """Build the tree of a table in JATS: groups, rows and cells as the markup has them, a foot last."""
    groups: list[Node] = []
    for child in table:
        if child.tag == "tr":
            if not groups or groups[-1].tag != "loose":
                groups.append(Node("loose"))
            groups[-1].children.append(_row(child))
        elif child.tag in ("thead", "tbody", "tfoot") and len(child):
            groups.append(Node(child.tag, children=[_row(r) for r in child if r.tag == "tr"]))
    groups.sort(key=lambda g: g.tag == "tfoot")
    return Node("table", children=[Node("tbody", children=g.children) if g.tag == "loose" else g for g in groups])


def _row(row: Any) -> Node:
    cells = [c for c in row if c.tag in ("td", "th")]
    return Node(
        "tr",
        children=[
            Node("td", (int(c.get("rowspan") or 1), int(c.get("colspan") or 1)), _plain(_text(c))) for c in cells
        ],
    )


def tables(data: Path | None) -> dict[str, Any]:
    """Count tables and cells of the XML and of the grids, and compare each table's HTML with its markup."""
    from lxml import etree

    from pmcmine.jats import ArticleMeta, extract_article
    from pmcmine.rejects import Ledger, Rejected

    counts: Counter[str] = Counter()
    scores: list[float] = []
    worst: list[tuple[float, str]] = []
    seconds = 0.0
    for pmcid, xml in articles(data, 1_000_000):
        ledger = Ledger(pmcid)
        begun = time.process_time()
        try:
            found = extract_article(xml, ArticleMeta(pmcid=pmcid, license_code="CC BY"), ledger)
        except Rejected:
            counts["articles rejected"] += 1
            continue
        finally:
            seconds += time.process_time() - begun
        root = etree.fromstring(xml, etree.XMLParser(huge_tree=True, remove_comments=True, remove_pis=True))
        own = [
            t for t in root.iter("table") if not any(a.tag in ("sub-article", "response") for a in t.iterancestors())
        ]
        counts["tables of the XML"] += len(own)
        counts["cells of the XML"] += sum(1 for t in own for _ in t.iter("td", "th"))
        counts["grids"] += len(found.grids)
        counts["cells of the grids"] += sum(len(g.cells) for g in found.grids)
        counts["grids rejected"] += sum(1 for r in ledger.rows if r.unit == "grid" and r.reason != "sub_article")
        for table, grid in zip(own, found.grids, strict=False):
            reader = _Html()
            reader.feed(grid.html)
            ours, theirs = reader.root.children[0], _xml(table)
            if ours == theirs:
                counts["equal"] += 1
                scores.append(1.0)
            elif max(size(ours), size(theirs)) > _MOST_NODES:
                counts["different, too large to compare"] += 1
            else:
                scores.append(teds(ours, theirs))
                worst.append((round(scores[-1], 4), grid.grid_id))
    return {
        **counts,
        "teds": round(fmean(scores), 5) if scores else None,
        "teds_least": sorted(worst)[:5],
        "articles_per_second": round(len(scores) and counts["grids"] / seconds, 1),
    }
