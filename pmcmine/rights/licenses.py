"""Licences and licence groups."""

from __future__ import annotations

import re
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
