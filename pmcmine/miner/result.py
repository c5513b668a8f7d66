"""Hold the result of mining one PMCID."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pmcmine.duplicates.signatures import Signature
from schemas.article import Article
from schemas.article_table import ArticleTable
from schemas.case import Case
from schemas.concept import Concept
from schemas.document import Document
from schemas.figure import Figure
from schemas.grid import Grid
from schemas.ledger import Reject, Tombstone
from schemas.mention import Mention
from schemas.panel import Panel
from schemas.paragraph import Paragraph
from schemas.table_mention import TableMention


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedSample:
    """A sample before its location in a shard is known.

    `json` is an object without the keys of `schemas.sample.ASSEMBLED`, which the assembler adds. `panels` are samples
    of `shards-panels`, with the panel's id as `figure_id`.
    """

    figure_id: str
    key: str
    group: str
    image: bytes
    sha256: str
    text: bytes
    json: bytes
    panels: tuple[StagedSample, ...] = ()


@dataclass
class Mined:
    """The full result of one PMCID. `counts` holds named numbers for the balance; see `pmcmine.work.balance`."""

    pmcid: str
    article: Article | None = None
    figures: list[Figure] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)
    mentions: Sequence[Mention] = ()
    paragraphs: Sequence[Paragraph] = ()
    article_tables: Sequence[ArticleTable] = ()
    grids: Sequence[Grid] = ()
    table_mentions: Sequence[TableMention] = ()
    documents: Sequence[Document] = ()
    cases: Sequence[Case] = ()
    concepts: list[Concept] = field(default_factory=list)
    rejects: Sequence[Reject] = ()
    tombstone: Tombstone | None = None
    samples: list[StagedSample] = field(default_factory=list)
    signatures: list[Signature] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
