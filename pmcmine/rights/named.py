"""Creative Commons licences that a text names, by URL, by code or in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import unquote

from pmcmine.rights.licenses import LICENSE_OF_TERMS, License, parse_license


class Named(NamedTuple):
    """A licence and where a text names it."""

    start: int
    end: int
    license: License


_NAMED = re.compile(
    r"(?P<url>creativecommons\.org/[^\s<>\"')\]]*(?:\s?[-–—_]\s?(?:nc|nd|sa)\S{0,20})?)"
    r"|\bCC0\b|(?P<zero>\bCC[\s-]Zero\b|\bpublic\s+domain\b|\bno\s+(?:known\s+)?(?:copyright|rights\s+reserved)\b)"
    r"|(?<![\w/])(?P<code>CC(?:\)?[\s-]|[:_–—]|: |\s-\s)?(?:BY|NC|ND|SA)(?:[\s/_+,&.‐‑‒–—−-]{0,3}(?:and\s)?(?:NC|ND|SA|BY|non-?commercial|no-?deriv\w{0,8}|share-?alike)(?![a-z]))*)(?![a-z])"
    r"|(?P<bare>\b(?-i:BY-(?:NC|ND|SA)(?:-(?:NC|ND|SA))?|by-(?:nc|nd|sa)(?:-(?:nc|nd|sa))?)\b|\bCC\s\(BY[^)]{0,10}\)|\b(?:CC\s)?Attribution[\s-]{1,3}(?:Non[\s-]?commercial|No[\s-]?deriv\w{0,8}|Share[\s-]?alike)(?:[\s-]{1,3}(?:Non[\s-]?commercial|No[\s-]?deriv\w{0,8}|Share[\s-]?alike))*)"
    r"|(?P<words>Creative[\s-]?Commons?\b[^;\n]{0,120})",
    re.IGNORECASE,
)  # fmt: skip
NAMED_STEMS: Final = (
    "creative",
    "ccby",
    "cc by",
    "cc-by",
    "cc:by",
    "cc: by",
    "cc_by",
    "cc–by",
    "cc—by",
    "cc nc",
    "cc-nc",
    "cc sa",
    "cc-sa",
    "cc nd",
    "cc-nd",
    "ccnc",
    "cc0",
    "cc zero",
    "cc-zero",
    "cc) by",
    "cc)-by",
    "cc) nc",
    "cc  by",
    "cc - by",
    "public domain",
    "no known",
    "by-nc",
    "by-nd",
    "by-sa",
    "cc (by",
    "attribution-",
    "attribution ",
    "no rights",
    "no copyright",
)
_MAX_NAMED: Final = 200
_PATH: Final = re.compile(
    r"licen[sc]es/([a-z-]+)(?:/\d(?:\.\d)?)?(?:/(?:[a-z]{2,4}|igo|deed\S*|legalcode\S*))*/?[.,;:]*", re.I
)
_NOT_OPEN = re.compile(r"\b(?:not|n['’]t)\s+(?:in|under|of)?\s?(?:the\s+)?$", re.I)
_TERMS: Final = (
    (re.compile(r"\bnon[\s‐‑‒–—-]?comm|\bNC\b|nicht[\s-]?kommerziell|pas\s+d['’]utilisation\s+commerciale|no\s?comercial|n[ãa]o\s?comercial|некоммерч|非商业|非営利", re.I), "NC"),
    (re.compile(r"\bno[nt]?[\s‐‑‒–—-]?deriv|\bND\b|keine[\s-]bearbeitung|pas\s+de\s+modif|sin\s?(?:obra)?\s?deriv|sem\s?deriva|禁止演绎|改変禁止", re.I), "ND"),
    (re.compile(r"\bshare[\s‐‑‒–—-]?alike|\bSA\b|weitergabe\s+unter|partage\s+dans|compartir\s?igual|compartilha", re.I), "SA"),
)  # fmt: skip
_BY = re.compile(r"\battribution|\bBY\b|namensnennung|atribui[çc]|atribuci|attribuzione|署名|表示|\d\.\d\b", re.I)
_UNFIT: Final = re.compile(r"\bpublic\s+domain|\bCC0\b|\bzero\b", re.I)


def named_licenses(text: str, read: Callable[[str | None], License] = parse_license) -> list[Named]:
    """Find every Creative Commons licence that a text names, in order.

    Args:
        text: normalised text of a caption or a statement.
        read: reads a well-formed URL. A damaged one is read as OTHER.
    """
    folded = text.lower()
    if not any(stem in folded for stem in NAMED_STEMS):
        return []
    found: list[Named] = []
    for match in _NAMED.finditer(text):
        if len(found) == _MAX_NAMED:  # no caption: closed unread
            return [*found, Named(match.start(), match.end(), License.OTHER)]
        licence = _license_of(text, match, read)
        if licence is not None:
            found.append(Named(match.start(), match.end(), licence))
    return found


def _license_of(text: str, match: re.Match[str], read: Callable[[str | None], License]) -> License | None:
    if match["url"]:
        return _of_url(match["url"], read)
    if match["code"]:
        return _of_terms(match["code"])
    if match["bare"]:
        return _of_terms(match["bare"])
    if match["words"]:
        return _of_words(match["words"])
    before = text[max(0, match.start() - 20) : match.start()]
    return None if _NOT_OPEN.search(before) else License.CC0


def _of_url(url: str, read: Callable[[str | None], License]) -> License | None:
    path = unquote(url).partition("/")[2].strip()
    if not path.lower().startswith(("lice", "publ")):
        return None  # the organisation's front page names no licence
    if path.lower().startswith("publ"):
        return License.CC0 if "zero" in path.lower() or "mark" in path.lower() else License.OTHER
    return read(unquote(url)) if _PATH.fullmatch(path) else License.OTHER


def _of_terms(code: str) -> License:
    terms = {term for pattern, term in _TERMS if pattern.search(re.sub(r"[_/+,&.]", " ", code))} | {"BY"}
    return _by(terms)


def _by(terms: set[str]) -> License:
    if {"SA", "ND"} <= terms:
        terms -= {"SA"}  # no such licence exists: the stricter of the two holds
    return LICENSE_OF_TERMS.get(frozenset(terms), License.OTHER)


def _of_words(words: str) -> License | None:
    """Read the terms in the sentence after "Creative Commons"; None without any."""
    sentence = re.split(r"(?<!\d)\.\s|\.\s(?=[A-Z(])|\)\s?[.,]", words, maxsplit=1)[0]
    if _UNFIT.search(sentence[:40]):
        return License.CC0
    terms = {term for pattern, term in _TERMS if pattern.search(sentence)}
    if not terms and not _BY.search(sentence[:80]):
        return None
    return _by(terms | {"BY"})
