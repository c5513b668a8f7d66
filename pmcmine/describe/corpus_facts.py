"""Count the facts about a whole corpus for its card, from the articles and figures, column by column."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from pmcmine.describe.reading import Part, read_once
from pmcmine.ids import keyed_hash
from pmcmine.io.folder import Folder
from pmcmine.text.clean import one_line

_SHARE: Final = 0.01  # minimum share of captions for a language to be named
_SHOWN: Final = 12  # kinds and licences in a card
# Articles state years such as 9999 and 0000 if unknown.
_YEARS: Final = (1600, 2099)
_DATE: Final = r"^(1[6-9]|20)[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
_CAPTION: Final = (40, 400)  # minimum and maximum characters of a sample row's caption
_SAMPLE: Final = (
    *("key", "kind", "label", "caption", "journal", "year"),
    *("license", "attribution", "image_kinds", "width", "height"),
)
_FIGURES: Final = (*_SAMPLE, "figure_id", "shard", "caption_language", "privacy")
_ARTICLES: Final = ("journal", "year", "dates", "language", "license", "publication_date")


@dataclass(frozen=True, slots=True)
class CorpusFacts:
    """Counts of a corpus.

    Attributes:
        articles: articles.
        journals: journals.
        pairs: figures with a sample.
        years: first and last year of publication; None if none is stated.
        newest: date, YYYY[-MM[-DD]], of the newest article's release in PMC, or publication; None if none is stated.
        languages: ISO 639 codes of captions, otherwise of articles, most frequent first.
        licenses: articles by licence, most frequent first.
        kinds: pairs by kind of image, most frequent first.
        caption_words: words of a caption at the 10th, 50th and 90th percentile; None without captions.
        sample: some columns of one pair; None if there is none.
    """

    articles: int = 0
    journals: int = 0
    pairs: int = 0
    years: tuple[int, int] | None = None
    newest: str | None = None
    languages: tuple[str, ...] = ()
    licenses: tuple[tuple[str, int], ...] = ()
    kinds: tuple[tuple[str, int], ...] = ()
    caption_words: tuple[int, int, int] | None = None
    sample: Mapping[str, Any] | None = field(default=None, compare=False)


@dataclass
class _Counts:
    articles: int = 0
    pairs: int = 0
    journals: set[str] = field(default_factory=set)
    years: Counter[int] = field(default_factory=Counter)
    newest: str = ""
    article_languages: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    licenses: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    words: Counter[int] = field(default_factory=Counter)
    sample: tuple[str, int, dict[str, Any]] | None = None


class FactsCount:
    """Count a corpus from the rows of `articles` and `figures`."""

    COLUMNS: Final = {"articles": _ARTICLES, "figures": _FIGURES}

    def __init__(self) -> None:
        self._counts = _Counts()

    def take(self, name: str, rows: pa.RecordBatch) -> None:
        """Count rows of a file; columns may be missing."""
        _, table, group, *_ = name.split("/")
        if table == "articles":
            _count_articles(self._counts, rows)
        else:
            _count_figures(self._counts, rows, group)

    def facts(self) -> CorpusFacts:
        """Return the counts."""
        return _facts(self._counts)


def corpus_facts(files: Iterable[tuple[Folder, str]]) -> CorpusFacts:
    """Count a corpus.

    Args:
        files: Parquet files of `articles` and `figures`; others are skipped.
    """
    counts = FactsCount()
    read_once(files, [Part(counts.COLUMNS, counts.take)])
    return counts.facts()


def _values(column: Any) -> Counter[Any]:
    """Count the values of a column that are not null."""
    found = pc.value_counts(column.drop_null())
    return Counter(dict(zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True)))


def _count_articles(counts: _Counts, batch: pa.RecordBatch) -> None:
    counts.articles += len(batch)
    counts.journals.update(_values(batch["journal"]))
    counts.years.update({y: n for y, n in _values(batch["year"]).items() if _YEARS[0] <= y <= _YEARS[1]})
    counts.licenses.update(_values(batch["license"]))
    if "language" in batch.schema.names:
        counts.article_languages.update(_values(batch["language"]))
    days = [pc.struct_field(batch["dates"], "pmc_release")] if "dates" in batch.schema.names else []
    days += [batch["publication_date"]] if "publication_date" in batch.schema.names else []
    for column in days:
        dated = column.filter(pc.match_substring_regex(column, _DATE))
        counts.newest = max(counts.newest, pc.max(dated).as_py() or "")


def _count_figures(counts: _Counts, batch: pa.RecordBatch, group: str) -> None:
    pairs = batch.filter(batch["shard"].is_valid())
    counts.pairs += len(pairs)
    if "caption_language" in pairs.schema.names:
        counts.languages.update(_values(pairs["caption_language"]))
    if "image_kinds" in pairs.schema.names:
        counts.kinds.update(_values(pc.list_flatten(pairs["image_kinds"])))
    captions = pairs["caption"].drop_null()
    counts.words.update(_values(pc.add(pc.count_substring(pc.utf8_trim_whitespace(captions), " "), 1)))
    _choose_sample(counts, pairs, group)


def _choose_sample(counts: _Counts, pairs: pa.RecordBatch, group: str) -> None:
    """Keep the row to show: from the most open licence group, without a privacy flag, then by hash."""
    if counts.sample is not None and counts.sample[0] < group:
        return
    length = pc.fill_null(pc.utf8_length(pairs["caption"]), 0)
    fits = pc.and_(pc.greater_equal(length, _CAPTION[0]), pc.less_equal(length, _CAPTION[1]))
    if "privacy" in pairs.schema.names:
        fits = pc.and_(fits, pc.equal(pc.list_value_length(pairs["privacy"]), 0))
    fitting = pairs.filter(fits)
    for place, figure_id in enumerate(fitting["figure_id"].to_pylist()):
        rank = (group, keyed_hash("pmcmine/card-sample", figure_id))
        if counts.sample is None or rank < counts.sample[:2]:
            row = fitting.slice(place, 1).to_pylist()[0]
            counts.sample = (*rank, {c: row[c] for c in _SAMPLE if row.get(c) not in (None, [])})


def _most(counted: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def _facts(counts: _Counts) -> CorpusFacts:
    languages = counts.languages if counts.languages.keys() - {"und"} else counts.article_languages
    plain: Counter[str] = Counter()
    for code, n in languages.items():
        plain[code.split("-")[0].lower()] += n
    known = {k: n for k, n in _most(plain) if k != "und"}
    least = _SHARE * sum(known.values())
    return CorpusFacts(
        articles=counts.articles,
        journals=len(counts.journals),
        pairs=counts.pairs,
        years=(min(counts.years), max(counts.years)) if counts.years else None,
        newest=counts.newest or None,
        languages=tuple(k for k, n in known.items() if n >= least and k.isalpha() and k.isascii() and len(k) in (2, 3)),
        licenses=_most(counts.licenses)[:_SHOWN],
        kinds=_most(counts.kinds)[:_SHOWN],
        caption_words=_percentiles(counts.words),
        sample=counts.sample[2] if counts.sample else None,
    )


def _percentiles(counted: Counter[int]) -> tuple[int, int, int] | None:
    """Return the values at the 10th, 50th and 90th percentile."""
    total = sum(counted.values())
    if not total:
        return None
    found, seen, shares = [], 0, [0.1, 0.5, 0.9]
    for value, n in sorted(counted.items()):
        seen += n
        while shares and seen >= shares[0] * total:
            found.append(value)
            shares.pop(0)
    return found[0], found[1], found[2]


def sample_row(sample: Mapping[str, Any]) -> str:
    """Format a sample row as JSON for a Markdown code block that its untrusted texts can't end."""
    shown = {k: one_line(v) if isinstance(v, str) else v for k, v in sample.items()}
    return json.dumps(shown, indent=1, ensure_ascii=False).replace("`", "\\u0060")
