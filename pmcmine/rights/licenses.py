"""Licences, licence groups, and the Creative Commons licences that URLs and codes name."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import Final
from urllib.parse import unquote


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
LICENSE_OF_TERMS = {terms: licence for licence, terms in _TERMS.items()}
VERSIONS: Final = ("1.0", "2.0", "2.1", "2.5", "3.0", "4.0")
# Ports of the licences 1.0 to 3.0 to the law of a country, as their URLs end; 4.0 has none.
_PORTS: Final = frozenset(
    "am ar at au az be bg br ca ch cl cn co cr cz de dk ec ee eg es fi fr ge gr gt hk hr hu ie igo il in it jp kr lu "
    "mk mt mx my nl no nz pe ph pl pr pt ro rs scotland se sg si th tw ug uk us ve vn za".split()
)
_NO_CHARACTER: Final = re.compile(r"&#[0-9]{100,};?")
# Characters that a URL or a code may hold unseen, and all that looks like a hyphen.
_CLEAN: Final = dict.fromkeys((0xAD, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F),
                               *range(0x2060, 0x2065)), None) | dict.fromkeys(
    (*range(0x2010, 0x2016), 0x2043, 0x2212, 0x2500, 0x30FC, 0xFE58, 0xFE63, 0xFF0D), "-")  # fmt: skip


def clean(text: str) -> str:
    """Lower-case a text, undo escapes, drop unseen characters, make every dash a hyphen and every gap one space."""
    if "&" in text:
        # Python makes no number of more than 4,300 digits, and there is no such character.
        text = html.unescape(_NO_CHARACTER.sub("\ufffd", text) if "&#" in text else text)
    if "%" in text:
        text = unquote(text, errors="ignore")
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_CLEAN)
    return " ".join(text.split()).lower()


@dataclass(frozen=True, slots=True)
class Statement:
    """A licence that a text names.

    Attributes:
        license: the licence; OTHER if the text names a Creative Commons licence that is none of the enum, or
            one that cannot be read.
        version: version number, such as 3.0; None if none is stated.
        port: jurisdiction of a ported licence as in its URL, such as uk or igo.
        start: where the name starts in the text that `clean` returns.
        end: where it ends.
    """

    license: License
    version: str | None = None
    port: str | None = None
    start: int = 0
    end: int = 0

    @property
    def url(self) -> str | None:
        """URL of the deed, of the version and jurisdiction that are stated; None without a version."""
        return deed_url(self.license, self.version, self.port)


def deed_url(licence: License, version: str | None, port: str | None = None) -> str | None:
    """Return the URL of a licence's deed; None for TDM and OTHER, and without a version."""
    if licence == License.CC0:
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    if licence not in _TERMS or version is None:
        return None
    code = licence.value.removeprefix("CC-").lower()
    if licence == License.BY_NC_ND and version == "1.0":
        code = "by-nd-nc"
    return f"https://creativecommons.org/licenses/{code}/{version}/" + (f"{port}/" if port else "")


def _spaced(word: str) -> str:
    """Return the pattern of a word that a line break or a hyphen may cut."""
    return "[ -]?".join(word)


_LETTER = r"[^\W\d_]"  # of any script: a Cyrillic letter in a code is no end of it
_TOKEN = rf"(?:{'|'.join(_spaced(w) for w in ('cc', 'by', 'nc', 'nd', 'sa'))})"
CODE: Final = rf"{_TOKEN}(?:[^a-z0-9]{{0,4}}{_TOKEN}){{0,15}}(?!{_LETTER})"
VERSION: Final = r"(?P<major>[1-4])(?:[.,] ?(?P<minor>\d))?(?!\d)"
_HOST = re.compile(_spaced("creativecommon") + r"(?:[ -]?s)?[ .-]{0,3}(?:org|com|net)\b(?::\d+)?")
_LICENSES = rf"{_spaced('licen')}[ -]?[sc][ -]?e(?:[ -]?s)?"
_PATH = re.compile(
    rf"[ /\\.]{{0,4}}(?:(?P<kind>{_LICENSES}|{_spaced('publicdomain')}|\b[lp](?=/))(?P<gap>[^a-z0-9]{{0,6}})"
    rf"|(?<=[/\\])(?={_TOKEN}))"
)
_URL_CODE = re.compile(rf"(?P<zero>zero|cc[ -]?0)\b|(?P<terms>{CODE})")
_URL_VERSION = re.compile(rf"[^a-z0-9]{{0,4}}v?{VERSION}(?:[/ ]{{1,2}}(?P<port>[a-z]+)(?![a-z]))?")
# Text directly after a code that may still belong to it.
_ODD_TAIL = re.compile(
    rf"[^\w ]{{0,4}}\d[\d.]{{0,4}}{_LETTER}|[^\w/\\ ).,;:>\]\"]{{1,3}}{_LETTER}|[/\\](?P<piece>[a-z]{{1,3}})(?![a-z])"
)
_TAIL_TERMS = (
    (re.compile(r"(?<![a-z.])nc(?![a-z])|non.?comm"), "NC"),
    (re.compile(r"(?<![a-z.])nd(?![a-z])|no.?deriv"), "ND"),
    (re.compile(r"(?<![a-z.])sa(?![a-z])|share.?alike"), "SA"),
)
_URL_WINDOW = 160


def license_of_terms(terms: frozenset[str] | set[str]) -> License:
    """Return the licence with these terms (of BY, NC, ND, SA); any of them implies BY."""
    return LICENSE_OF_TERMS.get(frozenset(terms) | {"BY"}, License.OTHER)


def code_terms(code: str) -> frozenset[str]:
    """Return the terms of a code such as `by-nc`, however its parts are joined."""
    letters = re.sub(r"[^a-z]", "", code)
    return frozenset(t.upper() for t in (letters[i : i + 2] for i in range(0, len(letters), 2)) if t != "cc")


def version_of(match: re.Match[str] | None) -> str | None:
    """Return the version that a match of `VERSION` states; None if there is no such version."""
    if match is None:
        return None
    version = f"{match['major']}.{match['minor'] or 0}"
    return version if version in VERSIONS else None


def license_urls(text: str) -> Iterator[Statement]:
    """Yield the licences that the Creative Commons URLs of a text name, damaged URLs included.

    A URL is read to the end of its path, so a licence is never cut at an odd character: `by_nc`, `by/nc` and
    `by -nc` are BY-NC, and a code that cannot be read is OTHER. A URL that names no licence at all yields nothing.

    Args:
        text: as `clean` returns it.
    """
    for host in _HOST.finditer(text):
        rest = text[host.end() : host.end() + _URL_WINDOW]
        path = _PATH.match(rest)
        if path is None:
            continue
        code = _URL_CODE.match(rest, path.end())
        start, end = host.start(), host.end() + path.end()
        if code is None:
            gap = path["gap"] or ""
            if rest[path.end() : path.end() + 1].isalnum() and ("/" in gap or "\\" in gap):
                yield Statement(License.OTHER, start=start, end=end)
            elif path["kind"].startswith("p") and len(path["kind"]) > 1:
                yield Statement(License.OTHER, start=start, end=end)  # the public domain mark is no licence
            continue
        end = host.end() + code.end()
        if code["zero"]:
            yield Statement(License.CC0, "1.0", start=start, end=end)
            continue
        tail = rest[code.end() :]
        stated = _URL_VERSION.match(tail)
        version = version_of(stated)
        port = stated["port"] if stated else None
        terms = set(code_terms(code["terms"]))
        adjacent = tail.split(" ", 1)[0]
        terms |= {term for pattern, term in _TAIL_TERMS if pattern.search(adjacent)}
        odd = _ODD_TAIL.match(adjacent)
        if odd and not terms - code_terms(code["terms"]) and odd["piece"] not in _PORTS:
            yield Statement(License.OTHER, start=start, end=end)
            continue
        port = port if port in _PORTS and version not in (None, "4.0") else None
        yield Statement(license_of_terms(terms), version, port, start, end + (stated.end() if stated else 0))


_VERSIONS = re.compile(r"(?:V?\d(?:\.\d)?|INT|INTL|INTERNATIONAL|UNPORTED|IGO|US|UK|LICEN[SC]E)")
_WORDS = re.compile(r"[A-Z]+\d?|\d+(?:\.\d+)?")


def parse_license(code: str | None) -> License:
    """Parse a licence code or a Creative Commons URL; OTHER if it is none of the enum.

    Codes are read term by term, so `CC BY-NC` is never taken for `CC BY`. Of several URLs the terms of all hold.
    """
    if not code or not code.strip():
        return License.OTHER
    text = clean(code)
    if _HOST.search(text):
        named = [s.license for s in license_urls(text)]
        return reduce(strictest, named) if named else License.OTHER
    words = _WORDS.findall(text.upper().replace("CREATIVECOMMONS", "CC ").replace("CREATIVE COMMONS", "CC"))
    if words == ["TDM"]:
        return License.TDM
    if words[:1] == ["CC0"] or words[:2] == ["CC", "0"] or words[:2] == ["CC", "ZERO"]:
        return License.CC0
    if words[:1] != ["CC"]:
        return License.OTHER
    terms = frozenset(w for w in words[1:] if not _VERSIONS.fullmatch(w))
    return LICENSE_OF_TERMS.get(terms, License.OTHER) if terms else License.OTHER


def group_of(licence: License) -> Group:
    """Return the group: commercial = CC0, BY, BY-SA, BY-ND; noncommercial = BY-NC, BY-NC-SA, BY-NC-ND."""
    terms = _TERMS.get(licence)
    if terms is None:
        return Group.OTHER
    return Group.NONCOMMERCIAL if "NC" in terms else Group.COMMERCIAL


def derivatives_ok(licence: License) -> bool:
    """Check whether crops and other derivatives may be published under the licence."""
    terms = _TERMS.get(licence)
    return terms is not None and "ND" not in terms


def restricted(licence: License, terms: frozenset[str]) -> License:
    """Add terms (NC, ND, SA) to a licence."""
    if not terms or licence not in _TERMS:
        return licence
    return strictest(licence, license_of_terms(terms - {"SA"} if {"SA", "ND"} <= terms else terms))


def strictest(a: License, b: License) -> License:
    """Return the licence with the restrictions of both."""
    if a not in _TERMS or b not in _TERMS:
        return License.OTHER
    terms = _TERMS[a] | _TERMS[b]
    if {"SA", "ND"} <= terms:
        terms -= {"SA"}
    return LICENSE_OF_TERMS[frozenset(terms)]
