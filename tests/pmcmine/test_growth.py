"""Each function that reads the text of others takes time in proportion to it, on its worst input and on random ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifiers.privacy.patients import patients
from classifiers.privacy.text import flags
from classifiers.text.features import Passage, passage_of, terms, wording
from classifiers.text.language import _has_words
from pmcmine.clean_text import one_line
from pmcmine.concepts.abbreviations import find_abbreviations
from pmcmine.concepts.context import assess, assess_sentence
from pmcmine.concepts.formats.obo import read_obo
from pmcmine.concepts.normalise import TOKEN
from pmcmine.concepts.variants import variants
from pmcmine.jats import ArticleMeta, extract_article
from pmcmine.jats.mentions import FigureIndex, find_mentions
from pmcmine.jats.sections import kind_of
from pmcmine.jats.sentences import Sentences, sentence_starts
from pmcmine.jats.text import Ref, tex_text
from pmcmine.panels.captions import split_caption
from pmcmine.panels.mentions import resolve
from pmcmine.rejects import Ledger, Rejected
from pmcmine.rights.figures import Statement, figure_rights
from pmcmine.rights.licenses import License, parse_license
from pmcmine.rights.retraction import Signs, is_retracted
from pmcmine.rights.statements import read_notice, read_statement, this_work
