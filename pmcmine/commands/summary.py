"""Summary of a run: counts, the most frequent reasons for rejects, and why there are no samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from pmcmine.commands.tables import TerminalTable
from pmcmine.errors import PmcmineError
from pmcmine.io.folder import Folder
from pmcmine.rejects import MEANINGS, Reason
from pmcmine.release.facts import Counts
from pmcmine.release.record import ReleaseRecord
from pmcmine.text.clean import for_terminal
from pmcmine.work.exclusions import kept_exclusions

_MOST_REASONS: Final = 5
_MOST_IDS: Final = 10
_MOST_ERRORS: Final = 5
_TEXT_ONLY: Final = frozenset({Reason.MEDIA_NOT_IN_SOURCE, Reason.MEDIA_MISSING})


def _reasons(counts: Counts, *units: str) -> Counter[str]:
    """Count rejects by reason, for the given units or all."""
    found: Counter[str] = Counter()
    for reject in counts.rejects:
        if not units or reject.unit in units:
            found[reject.reason] += reject.n
    return found


def _most(reasons: Counter[str]) -> list[tuple[str, int]]:
    """Select the most frequent reasons, ties by name so that the order is stable."""
    return sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:_MOST_REASONS]


def totals(counts: Counts, listed: int = 0) -> list[str]:
    """List articles, samples and rejects, the samples by place, and the most frequent reasons for rejects.

    Args:
        counts: counts of the release.
        listed: articles that the source lists, or that were asked for.
    """
    reasons = _reasons(counts)
    lines = [_headline(counts, listed)]
    lines += [f"  {place:28} {n:>9,}" for place, n in counts.samples.items()]
    if reasons:
        lines.append(f"{_reasons_title(reasons)}:")
        lines += [f"  {reason:28} {n:>9,}  {_meaning(reason)}" for reason, n in _most(reasons)]
    return lines


def numbers(out: str, outcome: Any) -> dict[str, Any]:
    """Return what a run made, for programs: samples by place, rows by table, rejects by reason."""
    counts = outcome.release.counts
    return {
        "release": out,
        "report": str(outcome.report),
        "new": outcome.fresh,
        "samples": dict(counts.samples),
        "rows": dict(counts.rows),
        "rejects": dict(sorted(_reasons(counts).items())),
        "fault_share": dict(counts.fault_share),
        "above_threshold": outcome.above_threshold,
    }


def what_next(out: str, counts: Counts) -> list[str]:
    """Say where to look next; of a release elsewhere, only what works there."""
    if "://" in out or not counts.samples:
        return [f"next     pmcmine status {out}"] if "://" in out else []
    return [f"next     pmcmine browse {out}, pmcmine stats {out} --by image_kinds, pmcmine verify {out}"]


def no_concepts(release: ReleaseRecord) -> str | None:
    """Say that a run had no vocabulary, and how to have one; None if it had."""
    if release.vocabulary is not None or not release.counts.samples:
        return None
    return "concepts none: there was no vocabulary; `pmcmine vocab get open` installs one, --vocab names another"


def totals_drawn(counts: Counts, listed: int = 0) -> list[TerminalTable | str]:
    """Return the same as `totals`, as tables for a terminal."""
    reasons = _reasons(counts)
    drawn: list[TerminalTable | str] = [_headline(counts, listed)]
    if counts.samples:
        places = [(place, f"{n:,}") for place, n in counts.samples.items()]
        drawn += ["", TerminalTable(("samples", "number"), places, numbers=(1,))]
    if reasons:
        rows = [(reason, f"{n:,}", _meaning(reason)) for reason, n in _most(reasons)]
        drawn += ["", TerminalTable(("reason", "number", "meaning"), rows, numbers=(1,), title=_reasons_title(reasons))]
    return [*drawn, ""]


def _headline(counts: Counts, listed: int) -> str:
    kept = counts.rows_of("articles")
    of = f" of {listed:,} ({listed - kept:,} rejected)" if listed > kept else ""
    return f"articles {kept:,}{of}  samples {sum(counts.samples.values()):,}  rejects {_reasons(counts).total():,}"


def _reasons_title(reasons: Counter[str]) -> str:
    which = f"the {_MOST_REASONS} most frequent of {len(reasons)}" if len(reasons) > _MOST_REASONS else "all"
    return f"reasons for rejects ({which})"


def _meaning(reason: str) -> str:
    return MEANINGS.get(Reason(reason), "") if reason in set(Reason) else ""


def _with_meanings(reasons: Counter[str]) -> str:
    return "; ".join(f"{reason} {n:,} ({_meaning(reason)})" for reason, n in _most(reasons)[:2])


def why_no_samples(release: ReleaseRecord) -> str | None:
    """Say why a release has no samples; None if it has some."""
    counts = release.counts
    if sum(counts.samples.values()):
        return None
    articles, figures = counts.rows_of("articles"), counts.rows_of("figures")
    if not articles:
        lost = _reasons(counts, "version", "article")
        return "no samples: no article was selected" + (f": {_with_meanings(lost)}" if lost else "")
    reasons = _reasons(counts, "figure")
    if not figures and not reasons:
        return f"no samples: none of the {articles:,} articles has a figure"
    kind = release.snapshot.kind
    hint = ""
    if reasons and _most(reasons)[0][0] in _TEXT_ONLY:
        hint = "bulk packages contain only text" if kind == "bulk" else f"the images are not in this source ({kind})"
        hint = f"; {hint}: for samples, mine PMC's bucket, article packages or a folder with the images beside the XML"
    elif reasons and _most(reasons)[0][0] == Reason.NO_CAPTION:
        hint = "; use --set require_caption=false for samples without captions"
    n = max(figures, reasons.total())
    return f"no samples: none of the {n:,} figures has an image to show: {_with_meanings(reasons)}{hint}"


def excluded_line(release: ReleaseRecord, out: Folder) -> str | None:
    """Say what an exclusion list left out, so that an id with a typing error shows; None without a list."""
    digest = release.config.get("exclude_sha256")
    if digest is None:
        return None
    units: dict[str, int] = {}
    for reject in release.counts.rejects:
        if reject.reason == Reason.EXCLUDED:
            units[reject.unit] = units.get(reject.unit, 0) + reject.n
    said = ", ".join(f"{n:,} {unit}{'s' if n != 1 else ''}" for unit, n in sorted(units.items())) or "nothing"
    try:
        held = f" of {len(kept_exclusions(out, digest).ids()):,} ids"
    except PmcmineError:
        held = ""  # it keeps no state
    return f"the exclusion list{held} left out {said}"


def absent_line(absent: Sequence[str], n: int, asked: int) -> str:
    """Say which PMCIDs were not found.

    Args:
        absent: the first of them.
        n: number of all of them.
        asked: number of PMCIDs that were requested.
    """
    more = f" and {n - len(absent):,} more" if n > len(absent) else ""
    if n == asked:
        which = f"none of the {asked:,} requested PMCIDs is" if asked > 1 else "the requested PMCID is not"
        return f"{which} in the source: {', '.join(absent)}{more}"
    is_not = "is not" if n == 1 else "are not"
    return f"{n:,} of the {asked:,} requested PMCIDs {is_not} in the source: {', '.join(absent)}{more}"


def absent_pmcids(release: ReleaseRecord, out: Folder) -> list[str]:
    """List the first PMCIDs that were requested and not found."""
    return [row["pmcid"] for row in _first_rejects(release, out, Reason.NOT_IN_SOURCE, _MOST_IDS)]


def internal_errors(release: ReleaseRecord, out: Folder) -> list[str]:
    """Say what failed because of a bug, so that it can be reported: the article and the detail of each reject."""
    n = _reasons(release.counts)[Reason.INTERNAL_ERROR]
    if not n:
        return []
    rows = _first_rejects(release, out, Reason.INTERNAL_ERROR, _MOST_ERRORS)
    more = f", the first {len(rows)} of them" if n > len(rows) else ""
    return [
        f"{n:,} rejected as {Reason.INTERNAL_ERROR.value}, {_meaning(Reason.INTERNAL_ERROR)}{more}:",
        *(for_terminal(f"  {row['figure_id'] or row['article_id'] or row['pmcid']}  {row['detail']}") for row in rows),
    ]


def _first_rejects(release: ReleaseRecord, out: Folder, reason: Reason, most: int) -> list[dict[str, Any]]:
    """Read the first rejects of one reason from the table."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    found: list[dict[str, Any]] = []
    for name in sorted(f.name for f in release.files_of("tables/rejects")):
        with out.open(name) as stream:
            rows = pq.ParquetFile(stream).read(["pmcid", "article_id", "figure_id", "reason", "detail"])
        found += rows.filter(pc.equal(rows["reason"], reason.value)).slice(0, most - len(found)).to_pylist()
        if len(found) >= most:
            break
    return found
