"""Find the articles of a release that a change of its exclusion list reaches."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from pmcmine.rejects import Reason
from pmcmine.release.layout import read_old_table
from pmcmine.rights.exclusion_list import ExclusionList, pmcids_of_figures, spelled_doi
from pmcmine.update.old_release import OldRelease
from pmcmine.work.exclusions import kept_exclusions, open_exclusions
from pmcmine.work.state import reject_reasons

_ARTICLES: Final = "tables/articles/"


@dataclass(frozen=True, slots=True)
class Excluded:
    """What a change of the exclusion list reaches.

    Attributes:
        pmcids: articles that it names, by whichever id: they leave the release whole.
        of_figures: other articles, of which it names a figure or table: they are mined again if they are published.
        lifted: whether it allows anything again: then everything that was excluded is tried again.
        listed: articles that the whole list names by PMCID.
    """

    pmcids: frozenset[str] = frozenset()
    of_figures: frozenset[str] = frozenset()
    lifted: bool = False
    listed: frozenset[str] = frozenset()

    def leaves(self, pmcid: str) -> bool:
        """Tell whether an article is left out whole, by what the list says of it."""
        return pmcid in self.pmcids or pmcid in self.listed

    def touches(self, pmcid: str, rejects: str, rows: str) -> bool:
        """Tell whether an article is to be mined again; `rejects` and `rows` are those of its ledger row."""
        if pmcid in self.pmcids or (pmcid in self.of_figures and "articles" in json.loads(rows)):
            return True
        return self.lifted and Reason.EXCLUDED in reject_reasons(rejects)


def newly_excluded(old: OldRelease, exclude_sha256: str | None) -> Excluded:
    """Compare the release's exclusion list with the one that the update began with.

    Args:
        old: the release that the update starts from.
        exclude_sha256: hash of today's list; None if it is empty.
    """
    before = old.record.config.get("exclude_sha256")
    now = ExclusionList() if exclude_sha256 is None else open_exclusions(old.folder.url, exclude_sha256)
    if before == exclude_sha256:
        return Excluded(listed=now.pmcids)
    held = kept_exclusions(old.folder, before)
    return reached_by(old, held, now)


def reached_by(old: OldRelease, held: ExclusionList, now: ExclusionList) -> Excluded:
    """Compare two exclusion lists.

    Args:
        old: the release that an update starts from.
        held: its list.
        now: the list of the update.
    """
    added = now - held
    pmcids = added.pmcids | (_named_by(old, added) if added.dois or added.orcids else set())
    return Excluded(
        frozenset(pmcids),
        frozenset(pmcids_of_figures(added.figures) - pmcids - now.pmcids),
        bool(held - now),
        now.pmcids,
    )


def _named_by(old: OldRelease, added: ExclusionList) -> set[str]:
    """Return the published articles with one of the DOIs or an author with one of the ORCID iDs."""
    found: set[str] = set()
    orcids = pa.array(sorted(added.orcids), pa.string())
    for name, entry in old.files.items():
        if not name.startswith(_ARTICLES):
            continue
        table = read_old_table(old.folder, entry, ["pmcid", "doi", "authors"])
        pairs = zip(table["pmcid"].to_pylist(), table["doi"].to_pylist(), strict=True)
        found.update(p for p, doi in pairs if doi is not None and spelled_doi(doi) in added.dois)
        authors = table["authors"].combine_chunks()
        by = pc.is_in(pc.struct_field(pc.list_flatten(authors), "orcid"), value_set=orcids)
        rows = pc.list_parent_indices(authors).filter(by)
        found.update(table["pmcid"].take(rows).to_pylist())
    return found
