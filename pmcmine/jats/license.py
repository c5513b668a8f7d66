"""Decide on the licence of an article, and build its attribution line."""

from __future__ import annotations

import re

from pmcmine.jats.dates import earliest, year_of
from pmcmine.jats.front import Front
from pmcmine.jats.records import ArticleMeta
from pmcmine.rights.licenses import License
from pmcmine.rights.statements import Stated, combine, read_code
from pmcmine.text import bounds
from pmcmine.text.clean import one_line


def attribution_line(front: Front, pmcid: str, licence: Stated, doi: str | None) -> str:
    """Build the attribution that Creative Commons licences require: author, title, source, licence."""
    names = [f"{a.surname} {_initials(a.given_names)}".strip() for a in front.authors[:3]]
    who = ", ".join(names) + (" et al" if len(front.authors) > 3 else "")
    year = year_of(earliest(front.dates))
    where = " ".join(p for p in (front.journal or front.journal_abbreviation, str(year) if year else None) if p)
    parts = [who, (front.title or "").rstrip("."), where]
    text = ". ".join(p for p in parts if p)
    text += f". {pmcid}" + (f", https://doi.org/{doi}" if doi else "")
    named = " ".join(p for p in (licence.license, licence.version) if p)
    terms = f". {named}" + (f" ({licence.url})" if licence.url else "")
    return one_line(bounds.shorten(text, bounds.ATTRIBUTION - len(terms)) + terms)


def _initials(given: str | None) -> str:
    """Return initials as PubMed writes them: JZ for Jing-zhao."""
    return "".join(p[0].upper() for p in re.split(r"[\s.‐‑-]+", given) if p) if given else ""


def decide_license(meta: ArticleMeta, front: Front) -> tuple[Stated, str]:
    """Return the decided licence, and the source that stated it.

    The stricter of metadata and XML counts, because neither can widen the other. If metadata states no licence, the
    article is closed; if the XML states none, the metadata decides.
    """
    stated = front.stated
    if meta.license_code is None:
        decided = Stated(License.OTHER) if stated.license is None else stated
        return decided, "xml" if stated.license is not None else "none"
    code = read_code(meta.license_code)
    if stated.license is None:
        return combine((code, stated)), "metadata" if meta.license_code else "none"
    if code.license in (License.OTHER, License.TDM, None):
        return code, "metadata" if meta.license_code else "none"
    both = combine((stated, code))
    return both, "metadata" if both.license == code.license else "metadata and xml"
