"""Licences, licence groups, and what a figure's own words say about its rights."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class License(StrEnum):
    """Licences that a release distinguishes."""

    CC0 = "CC0"
    BY = "CC-BY"
    BY_SA = "CC-BY-SA"
    BY_ND = "CC-BY-ND"
    BY_NC = "CC-BY-NC"
    BY_NC_SA = "CC-BY-NC-SA"
    BY_NC_ND = "CC-BY-NC-ND"
    TDM = "TDM"
    OTHER = "OTHER"


class Group(StrEnum):
    """Licence groups, as in PMC's own subsets."""

    COMMERCIAL = "commercial"
    NONCOMMERCIAL = "noncommercial"
    OTHER = "other"


_TERMS: dict[License, frozenset[str]] = {
    License.CC0: frozenset(),
    License.BY: frozenset({"BY"}),
    License.BY_SA: frozenset({"BY", "SA"}),
    License.BY_ND: frozenset({"BY", "ND"}),
    License.BY_NC: frozenset({"BY", "NC"}),
    License.BY_NC_SA: frozenset({"BY", "NC", "SA"}),
    License.BY_NC_ND: frozenset({"BY", "NC", "ND"}),
}
_BY_TERMS = {terms: licence for licence, terms in _TERMS.items()}
_URLS = {
    License.CC0: "https://creativecommons.org/publicdomain/zero/1.0/",
    License.BY: "https://creativecommons.org/licenses/by/4.0/",
    License.BY_SA: "https://creativecommons.org/licenses/by-sa/4.0/",
    License.BY_ND: "https://creativecommons.org/licenses/by-nd/4.0/",
    License.BY_NC: "https://creativecommons.org/licenses/by-nc/4.0/",
    License.BY_NC_SA: "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    License.BY_NC_ND: "https://creativecommons.org/licenses/by-nc-nd/4.0/",
}
_CC_URL = re.compile(
    r"creativecommons\.org/(?:licen[sc]es/(?P<terms>[a-z-]+)|publicdomain/(?P<zero>zero)|(?P<mark>publicdomain))",
    re.IGNORECASE,
)
_VERSIONS = re.compile(r"(?:V?\d(?:\.\d)?|INT|INTL|INTERNATIONAL|UNPORTED|IGO|US|UK|LICEN[SC]E)")
_WORDS = re.compile(r"[A-Z]+\d?|\d+(?:\.\d+)?")


def parse_license(code: str | None) -> License:
    """The licence that a code or a Creative Commons URL names; OTHER where it names none of the enum.

    Codes are read term by term, so `CC BY-NC` is never taken for `CC BY`.
    """
    if not code or not code.strip():
        return License.OTHER
    url = _CC_URL.search(code)
    if url:
        if url["zero"]:
            return License.CC0
        if url["mark"]:
            return License.OTHER
        return _BY_TERMS.get(frozenset(url["terms"].upper().split("-")), License.OTHER)
    words = _WORDS.findall(code.upper().replace("CREATIVECOMMONS", "CC ").replace("CREATIVE COMMONS", "CC"))
    if words == ["TDM"]:
        return License.TDM
    if words[:1] == ["CC0"] or words[:2] == ["CC", "0"] or words[:2] == ["CC", "ZERO"]:
        return License.CC0
    if words[:1] != ["CC"]:
        return License.OTHER
    terms = frozenset(w for w in words[1:] if not _VERSIONS.fullmatch(w))
    return _BY_TERMS.get(terms, License.OTHER) if terms else License.OTHER


def license_url(licence: License) -> str | None:
    """The deed of a licence, None for TDM and OTHER."""
    return _URLS.get(licence)


def group_of(licence: License) -> Group:
    """The licence group: commercial = CC0, BY, BY-SA, BY-ND; noncommercial = BY-NC and its kin."""
    terms = _TERMS.get(licence)
    if terms is None:
        return Group.OTHER
    return Group.NONCOMMERCIAL if "NC" in terms else Group.COMMERCIAL


def derivatives_ok(licence: License) -> bool:
    """Whether crops and other derivatives may be published under the licence."""
    terms = _TERMS.get(licence)
    return terms is not None and "ND" not in terms


def strictest(a: License, b: License) -> License:
    """The licence that holds the restrictions of both."""
    if a not in _TERMS or b not in _TERMS:
        return License.OTHER
    terms = _TERMS[a] | _TERMS[b]
    if {"SA", "ND"} <= terms:
        terms -= {"SA"}
    return _BY_TERMS[frozenset(terms)]


# Permission that a patient or participant gave concerns privacy, not the rights of a publisher.
_CONSENT = re.compile(
    r"patient|participant|parent|famil|subject|guardian|volunteer|relative|mother|father|ethic|committee",
    re.I,
)
# Permission counts where something was taken with it; these words stand within the 80 characters before.
_PERMISSION = re.compile(
    r"(?:with|by)\s+(?:the\s+)?(?:(?:kind|written|prior|express)\s+)*permissions?\b(?P<whose>\s+(?:from|of)\b)?"
    r"|permission\s+(?:was\s+)?(?:obtained|granted)\s+(?:from|by)\b",
    re.IGNORECASE,
)
_TAKEN = re.compile(
    r"\b(?:re(?:produced|printed|published|used)|used|adapted|modified|shown|figure|image|photo\w*|taken|from)\b[^.;]*$",
    re.IGNORECASE,
)
_THIRD_PARTY = re.compile(
    r"\bre(?:produced|printed|published)\s+from\b"
    r"|\bcourtesy\s+of\b"
    r"|\ball\s+rights\s+reserved\b"
    r"|\b(?:excluded\s+from|not\s+(?:covered|included)\s+(?:by|in|under))\s+(?:\w+\s+){0,4}licen[sc]e\b"
    r"|(?:©|\(c\)|\bcopyright\b)\s*(?:©|\(c\))?\s*(?:19|20)\d\d\b",
    re.IGNORECASE,
)
_EXCLUDED = re.compile(r"excluded|\bnot\s+(?:covered|included)|all\s+rights", re.I)
_ADAPTED = re.compile(
    r"\b(?:adapted|modified|redrawn|re-drawn)\s+(?:with\s+(?:\w+\s+)?permissions?\s+)?(?:from|after)\b", re.I
)
_CC_IN_PROSE = re.compile(
    r"creativecommons\.org/\S+|\bCC[\s-]?(?:0|BY(?:[\s-](?:NC|ND|SA))*)\b"
    r"|Creative\s+Commons\s+Attribution(?P<words>(?:[\s-]+(?:Non[\s-]?Commercial|No[\s-]?Deriv\w*|Share[\s-]?Alike))*)",
    re.IGNORECASE,
)
_PROSE_TERMS = ((re.compile(r"non[\s-]?comm", re.I), "NC"), (re.compile(r"no[\s-]?deriv", re.I), "ND"),
                (re.compile(r"share[\s-]?alike", re.I), "SA"))  # fmt: skip
# What a text must hold, in lower case, before the patterns above are worth their time.
_QUICK = ("permission", "reprinted", "reproduced", "republished", "courtesy", "rights reserved", "licen", "©",
          "copyright", "(c) 19", "(c) 20", "(c)19", "(c)20")  # fmt: skip
_QUICK_ADAPTED = ("adapted", "modified", "redrawn", "re-drawn")


def license_in_prose(text: str) -> License | None:
    """The Creative Commons licence that a text names outright, None where it names none."""
    match = _CC_IN_PROSE.search(text)
    if not match:
        return None
    if match["words"] is not None:
        terms = {"BY"} | {term for pattern, term in _PROSE_TERMS if pattern.search(match["words"])}
        return _BY_TERMS.get(frozenset(terms), License.OTHER)
    return parse_license(match[0].rstrip(".,;)"))


@dataclass(frozen=True, slots=True)
class FigureRights:
    """Rights of one figure."""

    license: License
    override: bool
    third_party: bool
    matches: tuple[str, ...]
    adapted: bool

    @property
    def group(self) -> Group:
        """Licence group of the figure."""
        return group_of(self.license)

    @property
    def derivatives_ok(self) -> bool:
        """Whether crops of the figure may be published."""
        return derivatives_ok(self.license)


def third_party_words(text: str) -> tuple[str, ...]:
    """The words in a caption or permissions text that say that others hold the rights, in order."""
    found = [(m.start(), m[0]) for m in _THIRD_PARTY.finditer(text)]
    for match in _PERMISSION.finditer(text):
        before = text[max(0, match.start() - 80) : match.start()]
        taken = _TAKEN.search(before)
        if taken is None and not match["whose"] and not match[0].lower().startswith("permission"):
            continue
        words = (taken[0] if taken else "") + match[0]
        if not _CONSENT.search(words) and not _CONSENT.search(text, match.end(), match.end() + 40):
            found.append((match.start(), words))
    return tuple(words for _, words in sorted(found))


# Dove Medical Press, among others, prints notes of a figure in `<attrib>`, where others name the source.
_NOTES = re.compile(r"\s*(?:notes?|abbreviations?|legend|key)\s*:", re.I)
_CREDIT = re.compile(
    r"©|copyright|licen[cs]|creative\s+commons|\bcc[\s-]by|courtesy|credit|permission|source|reprodu|reprint|adapted|modified",
    re.I,
)


def names_source(permissions: str) -> bool:
    """Whether a figure's own permissions and attribution text says more than notes and abbreviations."""
    return bool(permissions) and (_NOTES.match(permissions) is None or _CREDIT.search(permissions) is not None)


def figure_rights(article: License, caption: str, permissions: str, stated: License | None) -> FigureRights:
    """Decide a figure's rights from the article's licence and the figure's own words.

    Args:
        article: licence of the article.
        caption: the whole caption.
        permissions: text of the figure's own permissions and attribution.
        stated: licence that the figure's own `<permissions>` names by URL, if it does.
    """
    text = f"{caption}\n{permissions}" if permissions else caption
    folded = text.lower()
    adapted = any(word in folded for word in _QUICK_ADAPTED) and _ADAPTED.search(text) is not None
    if stated is None and not any(word in folded for word in _QUICK):
        return FigureRights(article, False, False, (), adapted)
    matches = third_party_words(text)
    named = stated if stated is not None else (license_in_prose(text) if matches or permissions else None)
    if any(_EXCLUDED.search(words) for words in matches):
        licence = License.OTHER  # the licence that the text names is the one it excludes the figure from
    elif named is not None:
        licence = strictest(article, named)
    elif matches:
        licence = License.OTHER
    else:
        licence = article
    return FigureRights(licence, licence != article, bool(matches), matches, adapted)
