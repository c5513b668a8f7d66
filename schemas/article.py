"""The `articles` table: one row for each article version in the release."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from schemas.record import Table, col, withheld
from schemas.values import GROUPS, LICENSES, SPLITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """One contributor of the byline."""

    surname: str = col("Family name, or the whole name if the article does not split it.")
    given_names: str | None = col("Given names as printed.", null="the article does not split the name")
    collab: bool = col("True for a group author.")
    orcid: str | None = col("ORCID iD.", unit="0000-0000-0000-000X", null="none given")
    affiliations: tuple[str, ...] = col("Affiliations as printed, in the order of their references.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding:
    """One funding statement of award-group form."""

    source: str | None = col("Funder's name.", null="the award names no funder")
    award_id: str | None = col("Award number.", null="the funder gave no number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One entry of the reference list."""

    ref_id: str = col("XML id of the entry, which `citations` of paragraphs point to.")
    pmid: str | None = col("PubMed id.", null="none given")
    pmcid: str | None = col("PMC id.", unit="PMC<digits>", null="none given")
    doi: str | None = col("DOI.", null="none given")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedArticle:
    """A link to a corrected, retracted, reviewed or otherwise related article."""

    relation: str = col("`related-article-type` as given, such as corrected-article or retraction-forward.")
    id_type: str | None = col("Kind of the id.", null="none given")
    id: str = col("Id as given.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """The article's dates, each at the precision that the article gives."""

    epub: str | None = col("Electronic publication.", unit="YYYY[-MM[-DD]]", null="not given")
    ppub: str | None = col("Print publication.", unit="YYYY[-MM[-DD]]", null="not given")
    collection: str | None = col("Collection or issue date.", unit="YYYY[-MM[-DD]]", null="not given")
    pmc_release: str | None = col("Release in PMC.", unit="YYYY[-MM[-DD]]", null="not given")
    received: str | None = col("Received by the journal.", unit="YYYY[-MM[-DD]]", null="not given")
    accepted: str | None = col("Accepted by the journal.", unit="YYYY[-MM[-DD]]", null="not given")


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article version."""

    article_id: str = col("Id of the article version.", unit="PMC<digits>.<version>")
    pmcid: str = col("PMC id.", unit="PMC<digits>")
    version: int = col("Version of the PMCID.", arrow=pa.int32())
    versions_seen: tuple[int, ...] = col("All versions of the PMCID in the snapshot, ascending.")
    pmid: str | None = col("PubMed id.", null="not in PubMed, or not stated")
    doi: str | None = col("DOI.", null="none stated")
    title: str | None = col("Article title.", null="the article has none")
    journal: str | None = col("Journal title.", null="none stated")
    journal_abbreviation: str | None = col("NLM title abbreviation.", null="none stated")
    issn: tuple[str, ...] = col("ISSNs of the journal, as given.")
    publisher: str | None = col("Publisher.", null="none stated")
    volume: str | None = col("Volume.", null="none stated")
    issue: str | None = col("Issue.", null="none stated")
    pages: str | None = col("First and last page, or the electronic location.", null="none stated")
    publication_date: str | None = col(
        "Most precise date in the earliest year among electronic, print and collection date; else the release in PMC.",
        unit="YYYY[-MM[-DD]]",
        null="the article states none",
    )
    year: int | None = col("Year of `publication_date`.", null="no date stated", arrow=pa.int32())
    dates: Dates = col("Dates by kind.")
    article_type: str | None = col("`article-type` as given.", null="none stated")
    language: str | None = col("`xml:lang` of the article.", null="not stated, which does not mean English")
    abstract: str | None = col(
        "Main abstract in the article's language, one line per paragraph, each after the title of its section.",
        null="there is none; teasers, highlights, graphical abstracts and translations do not count",
        text=True,
    )
    authors: tuple[Author, ...] = col("Authors, in the order of the byline.")
    keywords: tuple[str, ...] = col("Author and publisher keywords.")
    subjects: tuple[str, ...] = col("Subject headings of the journal.")
    mesh_terms: tuple[str, ...] = col("MeSH headings, if the XML has them.")
    funding: tuple[Funding, ...] = col("Awards that funded the article.")
    references: tuple[Reference, ...] = col("Reference list with the ids that the article gives.")
    trial_ids: tuple[str, ...] = col("ClinicalTrials.gov ids found in links and text.", unit="NCT<8 digits>")
    related: tuple[RelatedArticle, ...] = col("Links to related articles.")
    license: str = col("Licence, such as CC-BY or CC-BY-NC-ND; OTHER if it is none of the known ones.", values=LICENSES)
    license_group: str = col("Licence group: commercial, noncommercial or other.", values=GROUPS)
    license_source: str = col("Source of the licence: metadata, xml, metadata and xml, or none.")
    license_url: str | None = col(
        "URL of the licence's deed, in the stated version and jurisdiction.",
        null="license is OTHER or TDM, or no version is stated",
    )
    license_version: str | None = col("Version of the licence, such as 4.0.", null="none stated")
    license_text: str | None = col("Licence statement of the XML.", null="there is none")
    copyright: str | None = col("Copyright statement of the XML.", null="there is none")
    derivatives_ok: bool = col("False if the licence forbids derivatives (ND).")
    attribution: str = col("Attribution line, ready to print.")
    source_url: str = col("URL of the article's page in PMC.")
    is_manuscript: bool = col("True for an author manuscript.")
    n_figures: int = col("Number of rows in `figures`.", arrow=pa.int32())
    n_paragraphs: int = col("Number of rows in `paragraphs`.", arrow=pa.int32())
    n_mentions: int = col("Number of rows in `mentions`.", arrow=pa.int32())
    n_tables: int = col("Number of rows in `article_tables`.", arrow=pa.int32())
    n_sub_articles: int = col("Number of sub-articles and responses; they are not mined.", arrow=pa.int32())
    xml_sha256: str = col("SHA-256 of the XML that was read.")
    split: str = col("train, validation or test.", default="", values=SPLITS)
    withheld: str | None = withheld()


ARTICLES = Table("articles", Article, "One article version.", "article_id", row_group=2_000)
