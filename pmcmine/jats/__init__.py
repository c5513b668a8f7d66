"""Convert JATS (Z39.96, and NLM 2.x/3.0 before it) to records, with one parse per article."""

from pmcmine.jats.article import extract_article
from pmcmine.jats.dom import parse_jats
from pmcmine.jats.records import ArticleMeta, Extraction, FigureDraft

__all__ = ["ArticleMeta", "Extraction", "FigureDraft", "extract_article", "parse_jats"]
