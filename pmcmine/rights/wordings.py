"""Find the words of a caption or a permissions text that say who holds the rights of a picture."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

from pmcmine.rights import patterns
from pmcmine.rights.named import NAMED_STEMS


class Kind(IntEnum):
    """How far a Creative Commons licence named beside the words reaches."""

    EXCLUDED = 0  # no licence that the text names can open the figure
    PERMISSION = 1  # one in the same statement does
    COPYRIGHT = 2  # so does one that the figure's own permissions state
    SOURCE = 3  # a credit, courtesy or source


@dataclass(frozen=True, slots=True)
class Words:
    """Words that point to another rights holder."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds the rights of the article itself: what names them is no third party.

    Attributes:
        copyright: copyright statement of the article.
        names: surnames of the authors, casefolded.
        years: years of the article's publication and copyright.
    """

    copyright: str = ""
    names: frozenset[str] = frozenset()
    years: frozenset[str] = frozenset()


NOBODY: Final = Owner()
_MAX_MATCHES: Final = 200
ADAPTED_STEMS: Final = (
    "adapted",
    "modified",
    "redrawn",
    "re-drawn",
    "modifiziert",
    "verändert",
    "adapté",
    "modifié",
    "adaptad",
    "modificad",
    "adattat",
)


@dataclass(frozen=True, slots=True)
class _Family:
    """Patterns of one kind, and lower-case stems one of which is in every text that they match.

    A text in another script than Latin is always read.
    """

    kind: Kind
    pattern: re.Pattern[str]
    stems: tuple[str, ...]


_FAMILIES: Final = (
    _Family(Kind.EXCLUDED, patterns.EXCLUDED, (
        "reserved", "vorbehalten", "droits", "derechos", "direitos", "diritti", "prawa", "rechten", "hakları", "licen", "lizenz", "creative", "open access", "open-access", "openaccess", "reus", "re-us", "terms", "cc by", "cc-by",
        "not be", "notbe", "prohibited", "forbidden", "not permitted", "not allowed", "not for", "no re", "no commercial", "no derivative", "permission",
    )),
    _Family(Kind.EXCLUDED, patterns.NON_CC, ("gnu", "gfdl", "odbl", "open d", "open government", "odc", "free art", "crown", "licen", "use only", "free for")),
    _Family(Kind.PERMISSION, patterns.SERVICE, (
        "getty", "stock", "alamy", "photo library", "dreamstime", "depositphoto", "123rf", "corbis", "fotolia", "science source", "bridgeman",
        "associated press", "ap photo", "ap image", "reuters", "/afp", "/ap", "/epa", "/spl", "/dpa", "/ afp", "/ ap", "/ epa", "/ spl", "/ dpa", "visuals unlimited", "photo researchers",
        "picture library", "minden pic", "picture alliance", "freepik", "flaticon", "vecteezy", "unsplash", "pixabay", "pexels", "flickr", "panthermedia", "imago", "visual china",
        "ordnance", "streetmap", "street map", "google", "bing map", "bing aerial", "baidu", "apple maps", "here maps", "yandex",
        "digitalglobe", "digital globe", "maxar", "geoeye", "earthstar", "mapbox", "world imagery", "wikimedia", "wikipedia", "fair use", "biorender",
    )),
    _Family(Kind.COPYRIGHT, patterns.COPYRIGHT, (
        "©", "ⓒ", "&copy;", "copyright", "copy-right", "urheberrecht", "auteur", "derecho", "direito", "diritti", "prawa",
        "telif", "rights", "right holder", "right-holder", "rightholder",
    )),
    _Family(Kind.COPYRIGHT, patterns.SIGN, tuple(f"{sign}{gap}{what}" for sign in ("(c)", "( c )") for gap in ("", " ") for what in (
        "19", "20", "(19", "(20", "the ame", "the roy", "the nat", "the els", "the lan", "els", "spr", "wil", "acs", "rsc", "iee", "iop", "aaa", "asm", "bmj", "tay", "sag", "kar", "thi", "oxf", "cam", "nat", "ame", "roy",
        "lip", "wol", "bla", "mcg", "mac", "aca", "pna", "cel", "jam", "roc", "all", "cop"))),
    _Family(Kind.SOURCE, patterns.SOURCE, (
        "courtesy", "republish", "reprint", "reproduction", "previously published", "originally published", "first published", "already published", "reproduced", "re-produced", "licensed from", "license", "licence", "rightslink", "property of", "ownership of", "owned by",
    )),
    _Family(Kind.SOURCE, patterns.FROM, (
        *(f"{verb}{how} from" for verb in ("taken", "copied", "used", "obtained", "downloaded", "borrowed", "extracted", "sourced", "scanned", "excerpted", "retrieved",
          "acquired", "kept", "come", "comes", "cropped", "licensed") for how in ("", " directly")),
        *(f"{noun}{verb} from" for noun in ("image", "photo", "photograph", "picture", "figure", "drawing", "illustration", "map") for verb in ("", "s", " is", "s are", " was", "s were")),
        "(from", "( from", ". from", ";from", "; from",
    )),
    _Family(Kind.SOURCE, patterns.SOURCE_ABROAD, (
        "(aus ", "( aus ", ". aus ", ".aus", "; aus ", "(aus:", ";aus", ". aus:", "courtoisie", "cortes", "nachdruck", "gedruckt", "entnommen", "übernommen", "bildn", "bildq", "bildr", "verfügung", "wiedergegeben", "reprodui", "reproducid",
        "reproduzid", "riprodott", "reimpres", "réimprim", "reimprim", "ristamp", "tomad", "extraíd", "extraid", "retirad", "tratt", "tire de", "tires de", "tirée", "tirés", "tiré ",
        "fourni", "concess", "gentil", "gentilez", "gracieus", "aimablement", "cedid", "freundlicherweise", "przedruk", "overgenomen", "uprzejm",
    )),
    _Family(Kind.SOURCE, patterns.CREDIT, (
        "credit", "crédit", "©", "foto", "bild:", "bild :", "bild ©", "abbildung", "grafik", "imagen", "imagem", "immagine", "zdjęcie", "fot.",
        *(f"{noun}{sep}" for noun in ("photo", "photos", "photograph", "photographs", "illustration", "illustrations", "drawing", "drawings", "artwork", "artworks",
          "painting", "paintings", "sketch", "sketches", "cartoon", "cartoons", "picture", "pictures", "image", "images") for sep in (" by", ":", " :", " (c)")),
        *(f"photo{s} {letter}." for letter in "abcdefghijklmnopqrstuvwxyz" for s in ("", "s")), "ph. ", "phot. ", "cliché", "photographed by", "taken by", "drawn by", "illustrated by", "painted by", "courtesy", "thank",
    )),
    _Family(Kind.SOURCE, patterns.GIVEN, ("provided by", "supplied by", "donated by", "contributed by", "shared by", "lent by", "loaned by", "furnished by", "given by", "offered by", "available by",
        "provided from", "supplied from", "donated from", "lent from", "loaned from", "available from", "kindly by")),
    _Family(Kind.PERMISSION, patterns.PERMISSION, (
        "permi", "with perm", "w/ perm", "w/perm", "by perm", "consent", "agreement", "approval", "authori", "acknowl", "genehm", "erlaubnis", "zustimmung", "autori", "avec ", "concessione", "permesso",
        "zgod", "pozwol", "zezwol", "toestemming", "izniyle", "tillst", "licencia",
    )),
)  # fmt: skip


def _trie(stems: Iterable[str]) -> str:
    """Build one expression for all stems; it searches five times as fast as one expression per stem."""
    branches: dict[str, list[str]] = {}
    for stem in sorted(stems):
        if not stem:
            return ""  # a stem ends here: what is longer needs no look
        branches.setdefault(stem[0], []).append(stem[1:])
    alternatives = [re.escape(first) + _trie(rest) for first, rest in branches.items()]
    return alternatives[0] if len(alternatives) == 1 else f"(?:{'|'.join(alternatives)})"


_QUICK: Final = re.compile(
    _trie({stem for f in _FAMILIES for stem in f.stems} | {*NAMED_STEMS, *ADAPTED_STEMS, "commercial"})
)


def may_speak_of_rights(text: str) -> bool:
    """Check whether a normalised text holds a stem of any pattern; without one it says nothing of rights.

    One search, which most captions are done with.
    """
    return _QUICK.search(_folded(text)) is not None or _is_abroad(text)


def _folded(text: str) -> str:
    """Lower-case text with a full stop in front, so that stems see where a sentence begins."""
    return f". {text.lower()}"


def _holds(text: str, stems: Iterable[str]) -> bool:
    for stem in stems:  # noqa: SIM110 (at half the cost of `any`)
        if stem in text:
            return True
    return False


def _is_abroad(text: str) -> bool:
    return not text.isascii() and patterns.OTHER_SCRIPTS.search(text) is not None


def normal(text: str) -> str:
    """Fold white space (of every kind) and drop characters without width, so that patterns see plain words."""
    folded = " ".join(text.split())
    return folded if folded.isascii() else patterns.UNSEEN.sub("", folded)


def find_words(text: str, owner: Owner = NOBODY) -> list[Words]:
    """Find the words of a normalised text that say that somebody else holds the rights, in order."""
    folded = _folded(text)
    abroad = _is_abroad(text)
    found = []
    for family in _FAMILIES:
        if abroad or _holds(folded, family.stems):
            check = _CHECKS.get(family.pattern, _always)
            for n, match in enumerate(family.pattern.finditer(text)):
                if n == _MAX_MATCHES:  # no caption: closed unread
                    found.append(Words(match.start(), match.end(), Kind.EXCLUDED))
                    break
                if check(text, match, owner):
                    start = match.start()
                    if family.pattern is patterns.FROM:  # with what was taken
                        start = max(start - 60, 0, *(text.rfind(c, max(0, start - 60), start) + 1 for c in ".;:("))
                    found.append(Words(start, match.end(), family.kind))
    return sorted(found, key=lambda w: (w.start, w.kind))


def _always(text: str, match: re.Match[str], owner: Owner) -> bool:
    return True


def _is_permission(text: str, match: re.Match[str], owner: Owner) -> bool:
    """Tell a rights holder's permission from a patient's, and from the permission to collect samples."""
    after = text[match.end() : match.end() + 100]
    before = text[max(0, match.start() - 80) : match.start()]
    if patterns.NOT_NEEDED.match(after) or before.lower().endswith("no "):
        return False
    person = (
        patterns.CONSENT_AFTER.match(after)
        or patterns.CONSENT_BEFORE.search(before)
        or patterns.CONSENT_ELSEWHERE.match(after)
        or patterns.PATIENTS.search(match[0])
    )
    if person is not None:
        return patterns.HOLDER.search(after) is not None
    sentence = before.rpartition(". ")[2]
    return (
        patterns.COLLECTED.search(sentence) is None
        or patterns.REPRODUCE.search(sentence + after.partition(". ")[0]) is not None
    )


def _is_copyright(text: str, match: re.Match[str], owner: Owner) -> bool:
    """Tell another's copyright from the article's own, and from words about there being none."""
    before = text[max(0, match.start() - 30) : match.start()]
    if patterns.NO_COPYRIGHT.search(before) or patterns.NO_COPYRIGHT_AFTER.match(text, match.end()):
        return False
    return not _is_own(text, match, owner)


def _is_sign(text: str, match: re.Match[str], owner: Owner) -> bool:
    """Tell a copyright sign from the letter of a panel."""
    holder = match["holder"] or ""
    if not holder or _is_own(text, match, owner):
        return False
    lettered = patterns.PANEL_LETTERS.search(text, max(0, match.start() - 1500), match.end() + 1500) is not None
    publisher = patterns.PUBLISHER.match(holder)
    if publisher:
        return bool(match["year"]) or (bool(publisher["plain"]) and not lettered)
    name = holder.removeprefix("the ").removeprefix("The ")
    return bool(match["year"]) and not lettered and name[:1].isupper()


@lru_cache(maxsize=16)  # the same notice is compared with each figure
def _words_of(text: str) -> str:
    return " ".join(patterns.WORD.findall(text.lower()))


def _is_own(text: str, match: re.Match[str], owner: Owner) -> bool:
    """Check whether a copyright statement is the article's own: its words, or its authors with its year."""
    statement = patterns.END.split(text[match.start() : match.start() + 200], maxsplit=1)[0]
    own = _words_of(owner.copyright)
    said = _words_of(statement)
    if own and patterns.YEAR.search(said) and (said in own or own in said):
        return True
    years = set(patterns.YEAR.findall(statement))
    return (
        bool(years)
        and years <= owner.years
        and not patterns.PUBLISHING.search(statement)
        and _names_author(statement, owner)
    )


def _names_author(text: str, owner: Owner) -> bool:
    if not owner.names:
        return False
    folded = text.casefold()
    return any(name in folded and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", folded) for name in owner.names)


def _is_credit(text: str, match: re.Match[str], owner: Owner) -> bool:
    """Check whether a credit names somebody who is no author of the article, and no technique."""
    if patterns.TECHNIQUE.match(text, match.end()):
        return False
    name = patterns.END.split(text[match.end() : match.end() + 60], maxsplit=1)[0]
    return not _names_author(name, owner)


def _is_taken(text: str, match: re.Match[str], owner: Owner) -> bool:
    """Check whether a picture, not a sample or a number, comes from the work that follows."""
    before = text[max(0, match.start() - 120) : match.start()]
    if patterns.STARTS.search(before):
        return match[0][0] == "F" and patterns.NAMED_WORK.match(text, match.end()) is not None
    if patterns.PICTURED_HERE.search(before):
        return True
    verb = patterns.TAKEN.search(before)
    if verb is None:
        return False
    start = before[: verb.start("verb")]
    return patterns.PICTURED.search(start) is not None or (
        patterns.STARTS.search(start) is not None and verb["verb"].lower() not in ("used", "derived", "obtained")
    )


def _is_courtesy(text: str, match: re.Match[str], owner: Owner) -> bool:
    """Check whether it is another's courtesy, not that of the article's own authors."""
    return patterns.BY_AUTHORS.match(text, match.end()) is None


def _is_given(text: str, match: re.Match[str], owner: Owner) -> bool:
    """Check whether it is a picture that somebody else provided."""
    before = text[max(0, match.start() - 80) : match.start()]
    return patterns.PICTURED_GIVEN.search(before) is not None and _is_credit(text, match, owner)


_CHECKS = {
    patterns.PERMISSION: _is_permission,
    patterns.COPYRIGHT: _is_copyright,
    patterns.SIGN: _is_sign,
    patterns.CREDIT: _is_credit,
    patterns.SOURCE: _is_courtesy,
    patterns.FROM: _is_taken,
    patterns.GIVEN: _is_given,
}
