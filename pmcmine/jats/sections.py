"""Classify sections by `sec-type` and by the usual wording of titles."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

OTHER: Final = "other"
AUTHOR_PORTRAIT: Final = "author_portrait"  # kind of figures in what an article tells of its authors
# The first match counts: "Results and discussion" is results, "Methods and results" is methods.
_PATTERNS: Final = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("case", r"\bcases?\b(?!.control)(?!.*\bstud(?:y|ies) design)|patient (?:presentation|information)"),
        ("data_availability", r"availability|accession|data (?:sharing|deposition|archiving)"),
        ("conflicts", r"compet|conflicts? of|\bcoi\b|declaration.{0,12}interest|disclosure"),
        ("ethics", r"\bethic|informed consent|consent (?:for|to)|institutional review"),
        ("funding", r"\bfunding|financial|\bgrants?\b|sources? of support"),
        ("acknowledgements", r"acknowledg"),
        ("abbreviations", r"abbreviation|glossary|nomenclature|list of symbols"),
        # Not "Antioxidant supplements" or "Vitamin D supplementation".
        ("supplementary", r"supplement(?:ary|al)(?!.(?:oxygen|feed|food|nutri|diet|motor|irrigation))\b"
                          r"|^\W*supplements?\W*$|(?:data|online|web|electronic|digital) supplements?\b"
                          r"|supporting.(?:info|material|data|file|document|figure|table|text|online|evidence)"
                          r"|additional (?:file|information|material|data)|multimedia"),
        ("methods", r"method|material|experimental|procedure|protocol|participants|subjects|study design"
                    r"|statistical analys|patients and|data collection|search strategy"),
        ("introduction", r"introduct|background|rationale|objective|\baims?\b|purpose|^intro$"),
        ("results", r"result|finding"),
        ("discussion", r"discuss|limitation|strengths"),
        ("conclusion", r"conclu|summary|perspective|outlook|future"),
        ("appendix", r"appendi"),
    )
)  # fmt: skip
# Titles that are the plain name of a section: they take precedence over its type, also inside another section.
_PLAIN: Final = re.compile(
    r"(?:(?:\d[\d.]*|[ivxlc]+)[.):]?\s+)?(?:"
    r"(?:materials?|patients|subjects|participants)?(?: and |/| & )?methods?(?: and materials?)?"
    r"|methodology|experimental(?: section| procedures?)?"
    r"|introduction|background|objectives?|aims?(?: of the study)?|results?(?: and discussions?)?|findings"
    r"|(?:general )?discussions?(?: and conclusions?)?|(?:study )?limitations(?: of the study)?"
    r"|strengths and limitations|(?:summary and )?conclusions?(?: and .{1,30})?|concluding remarks|summary"
    r"|future (?:directions|perspectives|work)"
    r"|case(?: (?:report|presentation|description|series|history|discussion))?s?(?: \d+)?(?:[:.].*)?"
    r"|(?:our )?patient (?:presentation|information)s?|.*\bethic.*|.*\bconsent\b.*|abbreviations"
    r"|(?:role of (?:the )?)?funding.*|grants?|financial (?:support|disclosure).*|acknowledge?ments?"
    r"|(?:data|code|software|materials?) (?:and .{1,20} )?(?:availability|sharing|deposition|archiving).*"
    r"|availability of.*|accession (?:numbers?|codes?)"
    r"|(?:conflicts?|competing|declaration).*|disclosures?(?: statement)?s?"
    r"|(?:supplement(?:ary|al)|supporting|additional) (?:data|files?|information|materials?|figures?|tables?|methods?)"
    r")[.:]?"
)
_INSIDE: Final = frozenset({"introduction", "methods", "results", "discussion", "conclusion", "case"})
_PUBLISHER: Final = re.compile(r"\s*publisher\W{0,2}s? note\W*")
# Parts that tell of the authors, by their titles. "Biography" alone may be of whom an article is about.
_OF_AUTHORS: Final = re.compile(
    r"\W*(?:(?:about|notes? (?:on|about)|information (?:on|about)"
    r"|biograph(?:y|ies) of|biographical (?:notes?|sketch(?:es)?) of)"
    r" (?:the )?(?:corresponding )?(?:author|contributor)(?:s|\(s\))?"
    r"|(?:the )?(?:authors?|authors?['\u2019]|author['\u2019]s|author\(s\)|contributors?['\u2019]?)(?: short)?"
    r" (?:biograph(?:y|ies)|biographical (?:notes?|sketch(?:es)?|information|data)|bios?|profiles?|vitae?|portraits?)"
    r"|über die autor(?:en|in|innen)?|zu den autoren|à propos des? auteurs?"
    r"|sobre (?:el|los|o|os|as?) autor(?:es|as?)?)\W*"
)
_BIOGRAPHIES: Final = re.compile(
    r"\W*(?:short )?(?:biograph(?:y|ies)|biographical (?:notes?|sketch(?:es)?|information)|bios?|vitae?)\W*"
)
_SPLIT: Final = re.compile(r"[a-z]+").findall
_LONGEST: Final = 60  # characters
# First letters of the words in the patterns: most titles have none of them.
_STEMS: Final = frozenset(
    w[:3] for _, pattern in _PATTERNS for w in re.findall("[a-z]{3,}", re.sub(r"\\[a-z]", " ", pattern.pattern))
)
SELF_KINDS: Final = {
    "ack": "acknowledgements",
    "app": "appendix",
    "glossary": "abbreviations",
    "app-group": "appendix",
}


def is_of_authors(tag: str, title: str | None, at_end: bool) -> bool:
    """Tell whether a part of an article tells of its authors: pictures in it are portraits of them.

    Args:
        tag: name of the element.
        title: its title.
        at_end: whether it is in the back matter, where "Biographies" are the authors'.
    """
    if tag == "bio":
        return True
    if not title or len(title) > _LONGEST:
        return False
    words = " ".join(title.lower().split())
    return _OF_AUTHORS.fullmatch(words) is not None or (at_end and _BIOGRAPHIES.fullmatch(words) is not None)


# Kinds that the title may give an appendix: publishers put these parts into appendices.
_IN_APPENDIX: Final = frozenset(
    {"supplementary", "abbreviations", "data_availability", "acknowledgements", "funding", "conflicts", "ethics"}
)


def kind_of_part(tag: str, title: str | None) -> str:
    """Return the kind of one of `SELF_KINDS`, from its title or its tag."""
    if tag in ("app", "ack"):
        kind = _told(title)
        if kind is not None and kind in _IN_APPENDIX:
            return kind
        if tag == "ack" and title and "contribution" in title.lower():
            return "back"
    return SELF_KINDS[tag]


@lru_cache(maxsize=4096)
def kind_of(sec_type: str | None, title: str | None, parent: str | None = None) -> str | None:
    """Return the kind of a section from its type or title; None if neither determines it.

    Args:
        sec_type: type stated in the markup.
        title: title of the section.
        parent: kind of the enclosing section: in methods, "Focus group discussions" are not a discussion.
    """
    if title and len(title) <= _LONGEST:
        words = title.lower()
        if _PUBLISHER.fullmatch(words):
            return OTHER
        if _PLAIN.fullmatch(words) and (kind := _told(title)):
            return kind
    return _told(sec_type) or (None if parent in _INSIDE else _told(title))


def _told(words: str | None) -> str | None:
    """Return the kind indicated by a type or title."""
    # A long title states a finding, not a kind: "Case volume affects the results of …".
    if not words or len(words) > _LONGEST:
        return None
    words = words.lower()
    if any(w[:3] in _STEMS for w in _SPLIT(words)):
        for kind, pattern in _PATTERNS:
            if pattern.search(words):
                return kind
    return None
