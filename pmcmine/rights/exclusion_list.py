"""The exclusion list of a release: what must not be in it, whatever its licence, because somebody asked for that."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final

from pmcmine.errors import PmcmineError
from pmcmine.ids import parse_pmcid
from schemas.article import Article
from schemas.figure import Figure

MAX_BYTES: Final = 64 << 20  # a million ids and their notes
_LIFT: Final = "!"
_DOI: Final = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.[0-9]{4,9}/\S+)", re.IGNORECASE)
_ORCID: Final = re.compile(
    r"(?:https?://orcid\.org/|orcid:)?([0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X])", re.IGNORECASE
)
_FIGURE: Final = re.compile(r"(PMC[1-9][0-9]{0,11})(?:\.(?:[0-9]{1,4}|\*)/|-(?:[0-9]{1,4}|\*)(-))(\S+)", re.IGNORECASE)
_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class ExclusionList:
    """Ids of what is excluded.

    Attributes:
        pmcids: articles, all versions.
        dois: articles, in lower case.
        orcids: articles with such an author.
        figures: figures, by id or sample key, with `*` for the version.
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
        if self.dois and article.doi is not None and article.doi.lower() in self.dois:
            return "DOI"
        if self.orcids and any(a.orcid in self.orcids for a in article.authors):
            return "ORCID iD of an author"
        return None

    def names_figure(self, figure: Figure) -> bool:
        """Tell whether the figure, or the one that it is a part of, is named."""
        if not self.figures:
            return False
        article, name = f"{figure.pmcid}.{figure.version}/", f"{figure.pmcid}.*/"
        ids = [i.replace(article, name, 1) for i in (figure.figure_id, figure.parent_figure_id) if i is not None]
        key = figure.key.replace(f"{figure.pmcid}-{figure.version}-", f"{figure.pmcid}-*-", 1)
        return not self.figures.isdisjoint([*ids, key])


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


def parse_exclusions(data: bytes, name: str) -> Request:
    """Parse a file of `--exclude`: an id a line; what follows it after a space is a note; `!` before it lifts it.

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
    found: dict[bool, dict[str, set[str]]] = {
        lifts: {f.name: set() for f in fields(ExclusionList)} for lifts in (False, True)
    }
    for number, line in enumerate(lines, 1):
        token = line.strip().partition(" ")[0].partition("\t")[0].rstrip(",;")
        if not token or token.startswith("#"):
            continue
        lifts = token.startswith(_LIFT)
        try:
            kind, value = _read(token.removeprefix(_LIFT))
        except PmcmineError as error:
            raise PmcmineError(f"{name} line {number}: {error}") from None
        found[lifts][kind].add(value)
    added, lifted = (ExclusionList(**{k: frozenset(v) for k, v in found[lifts].items()}) for lifts in (False, True))
    return Request(added, lifted)


def _read(token: str) -> tuple[str, str]:
    """Return the kind of an id and its one spelling."""
    if match := _ORCID.fullmatch(token):
        orcid = match[1].upper()
        if not _checks(orcid):
            raise PmcmineError(f"{orcid} is no ORCID iD (its last digit does not fit)")
        return "orcids", orcid
    if match := _DOI.fullmatch(token):
        return "dois", match[1].lower()
    if match := _FIGURE.fullmatch(token):
        return "figures", f"{match[1].upper()}{'-*-' if match[2] else '.*/'}{match[3]}"
    try:
        return "pmcids", parse_pmcid(token)[0]
    except PmcmineError:
        shown = token if len(token) <= _SHOWN else f"{token[:_SHOWN]}…"
        raise PmcmineError(
            f"'{shown}' is no PMCID (PMC10358625), DOI, ORCID iD, figure id (PMC10358625.1/fig1) or sample key"
        ) from None


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
