"""Define records of one article's XML, and the facts needed to read it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pmcmine.ids import article_id as make_article_id
from pmcmine.jats.figures import GraphicRef
from pmcmine.jats.front import Front
from pmcmine.jats.reading_order import Step
from pmcmine.rights.figures import FigureRights
from pmcmine.rights.licenses import License
from schemas.article import Article
from schemas.article_table import ArticleTable
from schemas.grid import Grid
from schemas.mention import Mention
from schemas.paragraph import Paragraph
from schemas.table_mention import TableMention


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleMeta:
    """A source's metadata of an article version, known before its XML is read.

    `license_code` is None if the source has no metadata at all (then the XML decides), and empty if its metadata states
    no licence. `as_of` is the day of the snapshot, today if None.
    """

    pmcid: str
    version: int = 1
    versions_seen: tuple[int, ...] = (1,)
    pmid: str | None = None
    doi: str | None = None
    license_code: str | None = None
    is_manuscript: bool = False
    is_retracted: bool = False
    as_of: str | None = None

    @property
    def article_id(self) -> str:
        """Return `PMC<digits>.<version>`."""
        return make_article_id(self.pmcid, self.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureDraft:
    """A figure before its image is read."""

    figure_id: str
    key: str
    ordinal: int
    xml_id: str | None
    kind: str
    parent_figure_id: str | None
    label: str | None
    caption_title: str | None
    caption_paragraphs: tuple[str, ...]
    caption: str | None
    caption_emphasis: tuple[tuple[int, int], ...]
    alt_text: str | None
    long_description: str | None
    section_path: tuple[str, ...]
    section_kind: str
    graphics: tuple[GraphicRef, ...]
    permissions: str
    rights: FigureRights
    n_mentions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """All rows of one article.

    `found` counts the elements of the XML by kind, for the balance: each is a row or a reject. `order` lists
    paragraphs, headings, figures and tables in the order of the XML. `arrays` are the ids of grids with lines that are
    paragraphs.
    """

    article: Article
    front: Front
    license: License
    figures: tuple[FigureDraft, ...]
    mentions: tuple[Mention, ...]
    paragraphs: tuple[Paragraph, ...]
    article_tables: tuple[ArticleTable, ...]
    grids: tuple[Grid, ...] = ()
    arrays: frozenset[str] = frozenset()
    table_mentions: tuple[TableMention, ...] = ()
    order: tuple[Step, ...] = ()
    found: Counter[str] = field(default_factory=Counter)
