"""Parse dates of front matter."""

from __future__ import annotations

import re
from calendar import monthrange

from pmcmine.jats.dom import Element
from schemas.article import Dates

_MONTHS = {m: i for i, m in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}  # fmt: skip
_YEAR = re.compile(r"\d{4}")
_TWO_DIGITS = re.compile(r"\d{1,2}(?!\d)")
_ISO_DATE = re.compile(r"(?P<year>\d{4})(?:-?(?P<month>\d\d)(?:-?(?P<day>\d\d))?)?(?!\d)(?=$|[T\s])")
_WORDED_DATE = re.compile(
    r"(?:(?P<before>\d{1,2})(?:st|nd|rd|th)?\.?\s{1,2})?(?P<month>[A-Z][a-z]{2,8})\.?"
    r"(?:\s{1,2}(?P<after>\d{1,2})(?:st|nd|rd|th)?)?,?\s{1,2}(?P<year>\d{4})(?!\d)"
)
_PUBLISHED = frozenset({"pub", "publication", "published", "publish", "version-of-record", "vor"})
_DATE_KINDS = {
    "epub": "epub",
    "epub-ppub": "epub",
    "ppub-epub": "epub",
    "epreprint": "epub",
    "e-pub": "epub",
    "epub-ahead-of-print": "epub",
    "ahead-of-print": "epub",
    "pub-online": "epub",
    "pub-electronic": "epub",
    "online": "epub",
    "published-online": "epub",
    "first-online": "epub",
    "online-first": "epub",
    "onlinefirst": "epub",
    "early-online": "epub",
    "electronic": "epub",
    "web": "epub",
    "ppub": "ppub",
    "print": "ppub",
    "p-pub": "ppub",
    "pub-print": "ppub",
    "published-print": "ppub",
    "collection": "collection",
    "issue": "collection",
    "issue-pub": "collection",
    "cover": "collection",
    "cover-date": "collection",
    "pmc-release": "pmc_release",
    "received": "received",
    "accepted": "accepted",
}
_DIGITS = re.compile(r"\d+")


def _iso(text: str) -> str | None:
    """Parse the date at the start of an ISO 8601 value; None if there is none."""
    match = _ISO_DATE.match(text.strip())
    return _checked(match["year"], int(match["month"] or 0), int(match["day"] or 0)) if match else None


def _checked(year: str, month: int, day: int) -> str:
    """Return an ISO date, as precise as its valid parts allow."""
    if not 1 <= month <= 12:
        return year
    if not (1 <= day <= 28 or 1 <= day <= monthrange(int(year) or 4, month)[1]):
        return f"{year}-{month:02d}"
    return f"{year}-{month:02d}-{day:02d}"


def _month(text: str) -> int:
    """Parse a month given as a number or name (the first of a range); 0 for a season or nothing."""
    match = _TWO_DIGITS.match(text)
    return int(match[0]) if match else _MONTHS.get(text[:3].lower(), 0)


def iso_date(element: Element) -> str | None:
    """Return an ISO date at the precision given, None without a year."""
    iso = element.get("iso-8601-date")
    if iso and (value := _iso(iso)):
        return value
    parts = {c.tag: (c.text or "").strip() for c in element}
    if "year" not in parts:  # nested in a `string-date`, or in words
        parts = {c.tag: (c.text or "").strip() for c in element.iter("year", "month", "season", "day")}
    whole = "" if "year" in parts else " ".join("".join(element.itertext()).split())
    year = _YEAR.search(parts.get("year") or whole)
    if not year:
        return None
    if whole:
        return _worded(whole) or year[0]
    day = _TWO_DIGITS.match(parts.get("day", ""))
    return _checked(year[0], _month(parts.get("month") or parts.get("season", "")), int(day[0]) if day else 0)


def _worded(text: str) -> str | None:
    """Parse a text such as "12 July 2019", "July 12, 2019" or "2019-07-12"; None if it has another form."""
    if (value := _iso(text)) and len(value) > 4:
        return value
    match = _WORDED_DATE.search(text)
    if match is None:
        return None
    return _checked(match["year"], _month(match["month"]), int(match["before"] or match["after"] or 0))


def date_kind(element: Element) -> str | None:
    """Return the field of `Dates` for a date, None for dates of other events."""
    kind = (element.get("date-type") or "").strip().lower()
    if not kind or kind in ("pub", "publication", "published"):
        kind = (element.get("pub-type") or kind).strip().lower()
    printed = "print" in (element.get("publication-format") or "").lower()
    if kind in _PUBLISHED or (not kind and element.tag == "pub-date"):
        return "ppub" if printed else "epub"
    return _DATE_KINDS.get(kind)


def earliest(dates: Dates) -> str | None:
    """Return the publication date.

    Of the electronic, print and collection dates, this is the most precise of the earliest year, and the earliest of
    these; without any of them, the release in PMC.
    """
    stated = [d for d in (dates.epub, dates.ppub, dates.collection) if d]
    return min(stated, key=lambda d: (d[:4], -len(d), d)) if stated else dates.pmc_release


def year_of(date: str | None) -> int | None:
    """Return the year of an ISO date."""
    match = _DIGITS.match(date or "")
    return int(match[0]) if match else None
