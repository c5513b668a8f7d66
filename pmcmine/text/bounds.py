"""Bounds on what sources may state, in one place, and the rules for what exceeds them.

Identifiers that are too long are left out, for a shortened one names something else. Texts that are too long are
shortened and end with `TRUNCATED`. What repeats too much or has too many parts is rejected as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

PMCID: Final = "PMC[1-9][0-9]{0,11}"  # regular expressions; ASCII digits, and few enough for any integer column
VERSION: Final = "[1-9][0-9]{0,3}"

IDENTIFIER: Final = 256  # characters of a DOI, PMID, ETag, XML id or file name; real ones have up to about 100
CODE: Final = 1_000  # characters of a licence code of the metadata
TITLE: Final = 2_000  # characters of the titles of an article and its sections, of journals, labels and the like
ATTRIBUTION: Final = 4_000  # characters of an attribution line
PATH_TEXT: Final = 8_000  # characters of all titles above a paragraph
CAPTION_COPY: Final = 100_000  # characters of the whole caption in the sample of each of its panels
CONTEXT: Final = 16 << 20  # characters of the contexts of all figures and panels of an article
CONTEXT_SENTENCES: Final = 6_000  # characters of the sentences of one context; about 1,500 tokens
CONTEXT_SENTENCE: Final = 1_500  # characters of one of them, or of a title; longer ones fit in no budget
CONTEXT_PARTS: Final = 30  # sentences, and abbreviations, of one context
KEYWORDS: Final = 500  # keywords of an article, each of which is a title

XML_TAGS: Final = 2_000_000  # "<" in an article; libxml2 holds about 200 bytes of memory for each
PARTS: Final = 100_000  # paragraphs, headings, figures and tables of an article together
MENTIONS: Final = 20_000  # mention rows of an article
MENTIONS_READ: Final = 100_000  # mentions of an article, unresolved and dropped ones included; of one text as well
GRID_SLOTS: Final = 1_000_000  # rows times columns of the tables of an article together
GRID_TEXT: Final = 32 << 20  # characters of HTML and Markdown of the tables of an article together
EXPANDED: Final = 1 << 20  # characters that the entities of an article add to it
REPEATED: Final = 64 << 20  # characters of titles, ids and attribution that the rows of an article repeat

METADATA_BYTES: Final = 4 << 20  # a metadata file
LINE: Final = 1 << 20  # characters of a line of a file list or an inventory
ARCHIVE_HEADER: Final = 1 << 16  # bytes of a long name or a pax header in a tar
ARCHIVE_HEADERS: Final = 8  # such headers before one member
SAME_IMAGE: Final = 100  # figures of an article that one image file stands for
SAME_IMAGE_BYTES: Final = 256 << 20  # bytes of an article's samples that only repeat an image
FRAMES: Final = 65_536  # frames of an image file
SEGMENTS: Final = 65_536  # segments of a JPEG before its first scan, chunks of a PNG

SCAN_PIXELS: Final = 20_000_000_000  # pixels × scans of a progressive JPEG, each of which is decoded

TRUNCATED: Final = "…"
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """Replace lone surrogates, which UTF-8 can't hold, by U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def shorten(text: str, most: int) -> str:
    """Cut a text to at most `most` characters; what was cut ends with `TRUNCATED`."""
    return text if len(text) <= most else text[: most - 1] + TRUNCATED


def identifier(text: str | None) -> str | None:
    """Return an identifier that can be stored, None for one that is too long."""
    return None if text is None or len(text) > IDENTIFIER else clean(text)


def shorten_path(titles: tuple[str, ...]) -> tuple[str, ...]:
    """Bound the titles above a paragraph, each by itself and all together; inner ones are left out first."""
    if sum(map(len, titles)) <= TITLE:
        return titles
    kept: list[str] = []
    left = PATH_TEXT
    for title in titles:
        kept.append(shorten(title, TITLE))
        left -= len(kept[-1])
        if left < 0:
            return (*kept[:-1], TRUNCATED)
    return tuple(kept)


def keywords(words: Iterable[str]) -> tuple[str, ...]:
    """Bound keywords in number and length."""
    return tuple(shorten(w, TITLE) for _, w in zip(range(KEYWORDS), words, strict=False))
