"""Search a release: from queries to hits, with the matching words, rights and links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from os import PathLike, fspath
from types import TracebackType
from typing import Any, Final

from pmcmine.errors import PmcmineError
from pmcmine.find.opened import open_release
from pmcmine.find.query import DEPTH, Encoders, Ranked, Searcher, fuse
from pmcmine.release.article_links import pmc_address
from pmcmine.release.unlabelled import unlabelled

_SNIPPET: Final = 200  # characters
_MOST: Final = 1_000  # hits
_NO_IMAGES: Final = (
    "--image: the index has no vectors of images; run `pmcmine score RELEASE --with image-embedding`, then "
    "`pmcmine index RELEASE`"
)
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "figures": ("figure_id", "pmcid", "label", "caption", "license", "attribution", "image_kinds", "key"),
    "paragraphs": ("paragraph_id", "pmcid", "text", "license", "attribution"),
}


@dataclass(frozen=True, slots=True)
class Hit:
    """One matching row.

    Attributes:
        id: id of the figure or paragraph.
        score: sum of reciprocal ranks; only its order is meaningful.
        ranks: its rank in each list: words, text, image, concepts.
        text: caption or paragraph.
        snippet: the part of the text with most words of the query.
        label: label of the figure, such as Figure 2.
        panel: label of the panel with most words of the query; None if there is none.
        license: licence.
        attribution: attribution line, ready to print.
        link: page of the article in PMC.
        pmcid: PMC id.
        concepts: concepts of the query that cover the concepts it names.
    """

    id: str
    score: float
    ranks: Mapping[str, int]
    text: str
    snippet: str
    license: str
    attribution: str
    link: str | None
    pmcid: str
    label: str | None = None
    panel: str | None = None
    concepts: tuple[str, ...] = field(default=())

    @property
    def source(self) -> str:
        """Return a source line to print below the text."""
        return f"{self.attribution} ({self.id}, {self.link})" if self.link else f"{self.attribution} ({self.id})"

    def to_object(self) -> dict[str, Any]:
        """Convert to JSON values."""
        return asdict(self) | {"source": self.source}


class Search:
    """A release opened for many searches. Not thread-safe.

    Args:
        release: a release with an index: a folder, any fsspec URL of one, or ORG/NAME on the Hub.
        table: figures or paragraphs.
        encoders: convert texts and images of queries to vectors; vectors without an encoder are not searched.

    Raises:
        PmcmineError: if the release has no index, or an outdated one.
    """

    def __init__(self, release: str | PathLike[str], table: str = "figures", encoders: Encoders | None = None) -> None:
        self._searcher = Searcher(open_release(fspath(release)), table)
        self._encoders = encoders or {}
        self.notes: list[str] = []

    def __enter__(self) -> Search:
        """Return the search itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the release."""
        self._searcher.close()

    def __call__(
        self,
        text: str | None = None,
        *,
        image: bytes | None = None,
        where: str | None = None,
        k: int = 20,
        by: Sequence[str] = (),
    ) -> list[Hit]:
        """Search by text, by an image, or by both.

        Args:
            text: words, a question, or names of concepts.
            image: bytes of a JPEG or PNG.
            where: SQL condition over the columns of the table, its scores and concepts.
            k: maximum number of hits.
            by: lists to fuse, out of words, text, image, concepts; all available ones if empty.

        Raises:
            PmcmineError: one line, for an empty query or an invalid condition.
        """
        if not (text or "").strip() and image is None:
            raise PmcmineError("search: give words, or an image")
        if not 0 < k <= _MOST:
            raise PmcmineError(f"k={k}: give a number from 1 to {_MOST:,}")
        allowed = self._searcher.allowed(where)
        lists = self._lists(text or "", image, allowed, max(DEPTH, 2 * k), frozenset(by))
        hits = self._hits(fuse(lists, k), text or "")
        if not hits and where and (why := unlabelled(self._searcher.opened.config(), self._searcher.table, where)):
            self.notes.append(why)
        return hits

    def ids(self, text: str, *, where: str | None = None, most: int = _MOST) -> list[str]:
        """Return ids of the rows that match a text, best first; the rows themselves are not read.

        Args:
            text: as for a search.
            where: SQL condition.
            most: maximum number of ids.

        Raises:
            PmcmineError: one line, for an invalid condition.
        """
        searcher, allowed = self._searcher, self._searcher.allowed(where)
        lists = {
            "words": searcher.by_words(text, most, allowed),
            "concepts": searcher.by_concepts(searcher.concepts_in(text), most, allowed),
        }
        # Every row has a vector at some distance: only the nearest are hits.
        near = self._encoded("text", text) if "text" in searcher.vectors else None
        if near is not None:
            lists["text"] = searcher.by_vector("text", near, DEPTH, allowed)
        return self._in_order([doc for doc, _, _ in fuse(lists, most)])

    def like(self, row_id: str, *, what: str = "image", where: str | None = None, most: int = DEPTH) -> list[str]:
        """Return ids of the rows with stored vectors nearest to that of a row, excluding itself; none without vectors.

        Args:
            row_id: the row.
            what: image or text.
            where: SQL condition.
            most: maximum number of ids.

        Raises:
            PmcmineError: one line, for an invalid condition.
        """
        vector = self._searcher.stored(what, row_id)
        if vector is None:
            return []
        found = self._searcher.by_vector(what, vector, most + 1, self._searcher.allowed(where))
        return [i for i in self._in_order([doc for doc, _ in found]) if i != row_id][:most]

    def image_vector(self, image: bytes) -> Any:
        """Return the vector of an image from the model of the index; None without an encoder.

        Raises:
            PmcmineError: one line, if it can't be decoded, or the index has no vectors of images.
        """
        if "image" not in self._searcher.vectors:
            raise PmcmineError(_NO_IMAGES)
        return self._encoded("image", image)

    def nearest(self, vector: Any, *, where: str | None = None, most: int = DEPTH) -> list[str]:
        """Return ids of the rows with images nearest to a vector from `image_vector`, nearest first.

        Raises:
            PmcmineError: one line, for an invalid condition.
        """
        found = self._searcher.by_vector("image", vector, most, self._searcher.allowed(where))
        return self._in_order([doc for doc, _ in found])

    @property
    def vectors(self) -> frozenset[str]:
        """Return the kinds of vectors in the index: text, image."""
        return frozenset(self._searcher.vectors)

    def _in_order(self, docs: Sequence[int]) -> list[str]:
        names = self._searcher.ids(docs)
        return [names[doc] for doc in docs if doc in names]

    def _lists(self, text: str, image: bytes | None, allowed: Any, depth: int, by: frozenset[str]) -> dict[str, Ranked]:
        searcher, lists = self._searcher, dict[str, Ranked]()

        def wanted(name: str) -> bool:
            return not by or name in by

        if text and wanted("words"):
            lists["words"] = searcher.by_words(text, depth, allowed)
        if text and wanted("concepts"):
            lists["concepts"] = searcher.by_concepts(searcher.concepts_in(text), depth, allowed)
        for what, given in (("text", text), ("image", image)):
            if not given or not wanted(what):
                continue
            if what not in searcher.vectors:
                if what == "image":
                    raise PmcmineError(_NO_IMAGES)
                continue
            vector = self._encoded(what, given)
            if vector is not None:
                lists[what] = searcher.by_vector(what, vector, depth, allowed)
        return lists

    def _encoded(self, what: str, given: object) -> Any:
        """Return the vector of a query; None, with a note, if there is no encoder."""
        encode = self._encoders.get(what)
        if encode is None:
            self.notes.append(f"vectors of {what} are not searched: no encoder")
            return None
        try:
            return encode(self._searcher.vectors[what], given)
        except PmcmineError as error:
            if what == "image":
                raise
            self.notes.append(f"vectors of {what} are not searched: {error}")
            return None

    def _hits(self, found: Sequence[tuple[int, float, dict[str, int]]], text: str) -> list[Hit]:
        searcher = self._searcher
        ids = searcher.ids([doc for doc, _, _ in found])
        rows = self._rows(list(ids.values()))
        terms = searcher.terms(text) if text else []
        concepts = tuple(searcher.concepts_in(text)) if text else ()
        panels = self._panels(list(ids.values()), terms) if searcher.table == "figures" else {}
        hits = []
        for doc, score, ranks in found:
            row = rows.get(ids.get(doc, ""))
            if row is None:
                continue
            body = str(row.get("caption") or row.get("text") or "")
            hits.append(
                Hit(
                    id=ids[doc], score=score, ranks=ranks, text=body, snippet=snippet_of(body, terms),
                    license=str(row["license"]), attribution=str(row["attribution"]), link=pmc_address(row["pmcid"]),
                    pmcid=str(row["pmcid"]), label=row.get("label"), panel=panels.get(ids[doc]), concepts=concepts,
                )
            )  # fmt: skip
        return hits

    def _rows(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the rows with these ids; paragraphs take licence and attribution from their article."""
        table = self._searcher.table
        key = _COLUMNS[table][0]
        held = set(self._searcher.opened.schema(table).names)
        read = [c for c in _COLUMNS[table] if c in held]
        columns = [f"t.{c}" for c in read]
        joined = ""
        opened = self._searcher.opened
        if "attribution" not in held:
            columns += ["a.license", "a.attribution"] if "license" not in held else ["a.attribution"]
            articles = opened.view("articles", [one.partition("/")[0] for one in ids], ("license", "attribution"))
            joined = f"LEFT JOIN {articles} a USING (article_id)"
        rows = opened.view(table, ids, [*read, "article_id"])
        result = self._searcher.sql.execute(
            f"SELECT {', '.join(columns)} FROM {rows} t {joined} WHERE t.{key} IN (SELECT unnest($ids))",
            {"ids": list(ids)},
        )
        names = [d[0] for d in result.description or ()]
        return {row[0]: dict(zip(names, row, strict=True)) for row in result.fetchall()}

    def _panels(self, ids: Sequence[str], terms: Sequence[str]) -> dict[str, str]:
        """Return for each figure the panel with most words of the query."""
        if not terms or "panels" not in self._searcher.opened.tables:
            return {}
        panels = self._searcher.opened.view("panels", ids, ("ordinal", "label", "text"))
        rows = self._searcher.sql.execute(
            f"SELECT figure_id, label, text FROM {panels} "
            "WHERE figure_id IN (SELECT unnest($ids)) ORDER BY figure_id, ordinal",
            {"ids": list(ids)},
        ).fetchall()
        best: dict[str, tuple[int, str]] = {}
        for figure, label, text in rows:
            n = len({t for t in terms if t in str(text or "").casefold()})
            if n > best.get(figure, (0, ""))[0]:
                best[figure] = (n, str(label))
        return {figure: label for figure, (_, label) in best.items()}


def snippet_of(text: str, terms: Sequence[str]) -> str:
    """Return the part of a text with most of the given words; only whole words count."""
    flat = " ".join(text.split())
    if len(flat) <= _SNIPPET:
        return flat
    lower = flat.casefold()
    places = sorted(at for term in terms if (at := lower.find(term)) >= 0)
    start = max(places, key=lambda a: (sum(a <= p < a + _SNIPPET for p in places), -a), default=0)
    start = 0 if start < _SNIPPET // 4 else flat.rfind(" ", 0, start - 20) + 1
    end = flat.rfind(" ", start, start + _SNIPPET + 1) if start + _SNIPPET < len(flat) else len(flat)
    end = end if end > start else start + _SNIPPET
    return ("… " if start else "") + flat[start:end] + (" …" if end < len(flat) else "")
