"""Rights of one figure, from its article's licence and its own words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pmcmine.rights.licenses import _BY_TERMS, Group, License, derivatives_ok, group_of, parse_license, strictest

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
