"""The exclusion list of a release: what must not be in it, whatever its licence, because somebody asked for that."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final
from urllib.parse import unquote

from pmcmine.errors import PmcmineError
from pmcmine.ids import parse_pmcid
from pmcmine.text.bounds import IDENTIFIER
from schemas.article import Article

MAX_BYTES: Final = 64 << 20  # a million ids and their notes
_LIFT: Final = "!"
_DOI: Final = re.compile(
    r"(?:(https?://(?:dx\.|www\.)?doi\.org/|doi\.org/)|doi:\s*)?(10\.[0-9]{4,9}(?:/|%2F)\S+)", re.IGNORECASE
)
_ORCID: Final = re.compile(
    r"(?:https?://(?:www\.)?orcid\.org/|orcid:)?([0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X])/?", re.IGNORECASE
)
_FIGURE: Final = re.compile(
    r"PMC0*([1-9][0-9]{0,11})(?:\.(?:[0-9]{1,4}|\*)/|-(?:[0-9]{1,4}|\*)(-))(\S+)", re.IGNORECASE
)
_PAIRS: Final = {")": "(", "]": "[", ">": "<", "}": "{"}
_LONGEST: Final = 4 * IDENTIFIER  # characters of an id with what is before it; no article has a longer one
_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class ExclusionList:
    """Ids of what is excluded.

    Attributes:
        pmcids: articles, all versions.
        dois: articles, in lower case.
        orcids: articles with such an author.
        figures: figures and tables, by id or sample key, with `*` for the version.
    """

    pmcids: frozenset[str] = frozenset()
    dois: frozenset[str] = frozenset()
    orcids: frozenset[str] = frozenset()
    figures: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return any(self.ids())

    def __or__(self, other: ExclusionList) -> ExclusionList:
        return ExclusionList(*(getattr(self, f.name) | getattr(other, f.name) for f in fields(self)))

    def __sub__(self, other: ExclusionList) -> ExclusionList:
        return ExclusionList(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))

    def ids(self) -> list[str]:
        """List all ids in the order of the file."""
        return [i for f in fields(self) for i in sorted(getattr(self, f.name))]

    def to_bytes(self) -> bytes:
        """Return the list as a file that `parse_exclusions` reads, the same for equal lists."""
        return "".join(f"{i}\n" for i in self.ids()).encode()

    def names_article(self, article: Article) -> str | None:
        """Return which kind of id names the article, else None."""
        if article.pmcid in self.pmcids:
            return "PMCID"
        if self.dois and article.doi is not None and spelled_doi(article.doi) in self.dois:
            return "DOI"
        if self.orcids and any(a.orcid in self.orcids for a in article.authors):
            return "ORCID iD of an author"
        return None

    def names_figure(self, article: Article, figure_id: str, key: str | None = None) -> bool:
        """Tell whether a figure or table of an article is named, by its id or its sample key."""
        name = figure_id.replace(f"{article.pmcid}.{article.version}/", f"{article.pmcid}.*/", 1)
        if name in self.figures:
            return True
        return key is not None and (
            key.replace(f"{article.pmcid}-{article.version}-", f"{article.pmcid}-*-", 1) in self.figures
        )


@dataclass(frozen=True, slots=True)
class Request:
    """What a file of `--exclude` asks for.

    Attributes:
        added: ids to exclude from now on.
        lifted: ids to allow again.
    """

    added: ExclusionList = ExclusionList()
    lifted: ExclusionList = ExclusionList()

    def applied(self, held: ExclusionList) -> ExclusionList:
        """Return a list with what is asked for."""
        return (held | self.added) - self.lifted


def spelled_doi(text: str) -> str:
    """Return the one spelling of a DOI: in lower case, without a resolver before it and punctuation after it."""
    match = _DOI.fullmatch(text.strip())
    if match is None:
        return text.lower()
    # In an address what is after ? or # is not the DOI's, whose own signs are encoded there.
    doi = match[2]
    if match[1]:
        doi = re.split("[?#]", doi, maxsplit=1)[0]
        plain = unquote(doi)
        doi = plain if _DOI.fullmatch(plain) else doi  # a list has no room for line feeds and spaces
    doi = doi.rstrip(".,;:")
    while doi and (opens := _PAIRS.get(doi[-1])) and doi.count(opens) < doi.count(doi[-1]):
        doi = doi[:-1].rstrip(".,;:")
    return doi.lower()


def parse_exclusions(data: bytes, name: str) -> Request:
    """Parse a file of `--exclude`: an id a line; what follows it after a space is a note; `!` before it lifts it.

    Of two lines with the same id the later one holds.

    Args:
        data: the file.
        name: its name, for the message.

    Raises:
        PmcmineError: one line that names the first line that is no id.
    """
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise PmcmineError(f"{name}: not UTF-8") from None
    lifts_of: dict[tuple[str, str], bool] = {}
    for number, line in enumerate(lines, 1):
        words = line.lstrip("\ufeff").split(maxsplit=2)  # a file appended to another may begin with its mark
        if not words or words[0].startswith("#"):
            continue
        try:
            lifts_of[_read(words[0].removeprefix(_LIFT))] = words[0].startswith(_LIFT)
            if len(words) > 1 and _is_id(words[1]):
                raise PmcmineError("two ids; give one a line, for what follows the first one is a note")
        except PmcmineError as error:
            raise PmcmineError(f"{name} line {number}: {error}") from None
    added, lifted = (
        ExclusionList(
            **{
                f.name: frozenset(i for (k, i), is_ in lifts_of.items() if k == f.name and is_ == lifts)
                for f in fields(ExclusionList)
            }
        )
        for lifts in (False, True)
    )
    return Request(added, lifted)


def _is_id(word: str) -> bool:
    """Tell whether a word of a note is an id, which somebody may have meant to list."""
    try:
        _read(word.removeprefix(_LIFT))
    except PmcmineError:
        return False
    return True


def _read(written: str) -> tuple[str, str]:
    """Return the kind of an id and its one spelling."""
    token = _bare(written[: _LONGEST + 1])
    shown = repr(token if len(token) <= _SHOWN else f"{token[:_SHOWN]}…")
    if len(written) > _LONGEST:
        raise PmcmineError(f"{shown} has {len(written):,} characters, which no id has")
    if match := _ORCID.fullmatch(token):
        orcid = match[1].upper()
        if not _checks(orcid):
            raise PmcmineError(f"{orcid} is no ORCID iD (its last digit does not fit)")
        return "orcids", orcid
    if _DOI.fullmatch(token) and _DOI.fullmatch(doi := spelled_doi(token)):  # signs alone behind the slash are no DOI
        return "dois", doi
    if match := _FIGURE.fullmatch(token):
        if "#" in match[3]:
            raise PmcmineError(f"{shown} is a panel; give the id or the key of its figure")
        return "figures", f"PMC{match[1]}{'-*-' if match[2] else '.*/'}{match[3]}"
    try:
        return "pmcids", parse_pmcid(token)[0]
    except PmcmineError:
        raise PmcmineError(
            f"{shown} is no PMCID (PMC10358625), DOI, ORCID iD, figure id (PMC10358625.1/fig1) or sample key"
        ) from None


def _bare(token: str) -> str:
    """Return an id without the brackets around it and the commas after it."""
    token = token.rstrip(".,;:" if token[:1] in _PAIRS.values() else ",;")
    while len(token) > 1 and _PAIRS.get(token[-1]) == token[0]:
        token = token[1:-1]
    return token


def _checks(orcid: str) -> bool:
    """Check the last digit of an ORCID iD: ISO 7064, MOD 11-2."""
    total = 0
    for digit in orcid.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    return "0123456789X"[(12 - total % 11) % 11] == orcid[-1]


def parse_held(data: bytes, name: str) -> ExclusionList:
    """Parse a list that `to_bytes` wrote.

    Raises:
        PmcmineError: if it is none.
    """
    held = parse_exclusions(data, name)
    if held.lifted:
        raise PmcmineError(f"{name}: lifts ids, which no kept list does")
    return held.added


def pmcids_of_figures(figures: Iterable[str]) -> set[str]:
    """Return the articles of figures that a list names."""
    return {re.split(r"[.-]", figure, maxsplit=1)[0] for figure in figures}
