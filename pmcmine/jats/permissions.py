"""Read licence statements from the XML: their place, their subject, and their start date."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pmcmine.jats.dom import HREF, Element, local
from pmcmine.jats.text import plain_text
from pmcmine.rights.licenses import License
from pmcmine.rights.statements import Stated, combine, read_notice, read_statement, this_work
from pmcmine.rights.words import CLOSED_TYPE, NAMES_QUICK, TERM_IN_CODE

_PARAGRAPHS: Final = ("license-p", "p", "title")
_MINING = re.compile(r"(?:text|data)[\s_-]?(?:and[\s_-]?data[\s_-]?)?mining|\btdm\b", re.I)
# PMC marks the Creative Commons licences that it recognised in the prose as `ccbylicense` and the like.
_PMC_MARK = re.compile(r"cc.*license", re.I)
_LICENSE_SUFFIX = re.compile(r"[-_ ]?licen[sc]e$", re.I)
_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")


def today() -> str:
    """Return the current day, UTC, as an ISO date."""
    return datetime.now(UTC).date().isoformat()


@dataclass(frozen=True, slots=True)
class Permissions:
    """The content of `<permissions>` and similar elements of an article.

    Attributes:
        stated: all licence statements combined.
        text: prose of the first licence statement that has any.
        copyright: the copyright statement.
    """

    stated: Stated
    text: str | None
    copyright: str | None


def linked_text(element: Element) -> str:
    """Return the text of an element, with the URL of each link in angle brackets behind its text."""
    parts: list[str] = []
    _collect(element, parts)
    return " ".join("".join(parts).split())


def _collect(element: Element, parts: list[str]) -> None:
    if isinstance(element.tag, str) and local(element) != "license_ref":
        parts.append(element.text or "")
        for child in element:
            _collect(child, parts)
        href = element.get(HREF)
        if href and local(element) != "license":
            parts.append(f" <{href}> ")
    parts.append(element.tail or "")


def _future(ref: Element, as_of: str) -> bool:
    """Check whether a dated licence comes into force after `as_of`; an unreadable date counts as future."""
    start = (ref.get("start_date") or "").strip()
    if not start:
        return False
    match = _DATE.match(start)
    return match is None or match[0] > as_of[: len(match[0])]


def _reference(ref: Element) -> Stated:
    """Read a `license_ref` that is in force."""
    scope = f"{ref.get('specific-use') or ''} {ref.get('content-type') or ''}"
    stated = read_statement((), (ref.text, ref.get(HREF)))
    if _MINING.search(scope) and not (_PMC_MARK.search(scope) and stated.license is not None):
        return Stated(License.OTHER, partial=True)
    if stated.license is None and ((ref.text or "").strip() or ref.get(HREF)):
        return Stated(License.OTHER)
    return stated


def _references(refs: Iterable[Element], as_of: str) -> Iterator[Stated]:
    for ref in refs:
        yield Stated(License.OTHER, partial=True) if _future(ref, as_of) else _reference(ref)


def _license(element: Element, as_of: str) -> Stated:
    """Read one `<license>` with all its parts."""
    refs = [e for e in element.iter() if local(e) == "license_ref"]
    paragraphs = [p for p in element if local(p) in _PARAGRAPHS]
    prose = [linked_text(p) for p in paragraphs] or [linked_text(element)]
    kinds = [k for name in ("license-type", "specific-use", "content-type") if (k := element.get(name))]
    href = element.get(HREF)
    in_force = [r for r in refs if not _future(r, as_of)]
    heads = [href, *(_LICENSE_SUFFIX.sub("", k) for k in kinds)]
    heads += [r.text or r.get(HREF) for r in in_force if not _reference(r).partial]
    stated = read_statement(prose, heads)
    if any(_MINING.search(k) for k in kinds) or (refs and not in_force):
        return Stated(License.OTHER, terms=stated.terms, partial=True)
    named = href is not None and read_statement((), (href,)).license is not None
    # A licence with only an address, or a restrictive type.
    if (href and not named and stated.license is None) or CLOSED_TYPE.search(element.get("license-type") or ""):
        stated = Stated(License.OTHER, terms=stated.terms)
    coded = frozenset(t.upper() for k in kinds for t in TERM_IN_CODE.findall(k.lower()))
    return combine((stated, Stated(terms=coded), *_references(refs, as_of)))


def read_permissions(holders: Iterable[Element], as_of: str) -> Permissions:
    """Read `<permissions>` elements, or other elements with licences and copyright statements.

    Args:
        holders: the elements.
        as_of: day of the snapshot; a licence that starts later is not in force.
    """
    stated: list[Stated] = []
    text = notice = None
    for child in (c for holder in holders for c in holder):
        name = local(child)
        if name == "license":
            stated.append(_license(child, as_of))
            prose = [t for p in child.iterchildren(*_PARAGRAPHS) if (t := plain_text(p))]
            text = text or " ".join(prose) or plain_text(child)
        elif name == "license_ref":
            stated += _references([child], as_of)
        elif name in ("copyright-statement", "copyright-holder"):
            if name == "copyright-statement":
                notice = notice or plain_text(child)
            stated.append(read_notice(linked_text(child)))
    return Permissions(combine(stated), text, notice)


def footnoted(elements: Iterable[Element]) -> Stated:
    """Read the licences that notes and footnotes name for the work as a whole."""
    named = [e for e in elements if NAMES_QUICK.search("".join(e.itertext()).lower())]
    return combine([s for e in named if (s := this_work(linked_text(e))) is not None])


def custom_statement(custom: Element) -> Stated | None:
    """Read a `custom-meta` about the licence; None if it is about something else."""
    name = (custom.findtext("meta-name") or "").strip().lower()
    value = custom.findtext("meta-value") or ""
    if name == "pmc-prop-legally-suppressed" and value.strip().lower() == "yes":
        return Stated(License.OTHER)
    if "license" not in name and "licence" not in name:
        return None
    stated = read_statement((), (value,))
    if stated.license is None or stated.partial:
        return Stated(License.OTHER, terms=stated.terms) if value.strip() else None
    return stated


def license_of(permissions: Iterable[Element]) -> tuple[License | None, str | None, str | None, str | None]:
    """Return (licence, URL of its deed, text, copyright) of the `<permissions>` elements of a part."""
    read = read_permissions(permissions, today())
    return read.stated.license, read.stated.url, read.text, read.copyright
