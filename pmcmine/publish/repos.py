"""Dataset repos of a release: one for each of its dataset folders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pmcmine.describe.costs import Machine, plan, rates_of
from pmcmine.errors import PmcmineError, ReleaseError
from pmcmine.io.folder import Folder
from pmcmine.io.safe_names import check_names
from pmcmine.release.layout import JOURNAL, RELEASE, WORK, is_shard
from pmcmine.release.metrics import Metrics
from pmcmine.release.record import ReleaseRecord, check_seal, load_release

CARD: Final = "README.md"
_SUFFIX: Final = {
    "shards": "", "tables": "-tables", "shards-panels": "-panels", "shards-parquet": "-parquet",
    "scores": "-scores", "written": "-written", "index": "-index",
}  # fmt: skip
FOLDERS: Final = tuple(_SUFFIX)  # dataset folders, each of which has a repo
_WHAT: Final = {
    "shards": "figures with their captions",
    "tables": "articles, figures, panels, mentions, paragraphs, and what was left out",
    "shards-panels": "single panels with their own words",
    "shards-parquet": "figures with their captions as Parquet, the image inside",
    "scores": "scores of models for figures, panels and paragraphs",
    "written": "texts that language models wrote about figures, panels, articles and cases",
    "index": "the index that `pmcmine search` reads",
}
_SPEEDS: Final = {"articles_per_second": "articles", "images_per_second": "images"}
# Letters, digits, `_`, `.`, `-` as the Hub takes them; the longest suffix makes 96 of them.
_PART: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,87}[A-Za-z0-9_])?")
# Uploaded beside the dataset's files: describes how the release was made.
COMMON: Final = (RELEASE,)


@dataclass(frozen=True)
class Repo:
    """One dataset repo.

    Attributes:
        id: namespace and name.
        folder: dataset folder of the release, one of `FOLDERS`.
        files: path in the repo → (size, SHA-256), the card left out; empty if the release no longer has the folder.
    """

    id: str
    folder: str
    files: Mapping[str, tuple[int, str]]


def read_release(folder: Folder) -> ReleaseRecord:
    """Read `release.json`, and check that all files exist, except shards that a run published and removed.

    Raises:
        ReleaseError: if there is none, or a file that it names is missing or of another size.
        UnsafeNameError: if a name or a link leads out of the folder.
    """
    if folder.exists(f"{WORK}/{JOURNAL}"):
        raise ReleaseError(f"{folder.url}: an update was killed before it finished; run `pmcmine update` again")
    release = check_seal(load_release(folder), f"{folder.url}/{RELEASE}")
    if not release.files or "run" not in release.stated:
        raise ReleaseError(f"{folder.url}: {RELEASE} names no files; this is not a release")
    root = Path(folder.path()) if folder.is_local else None
    cards = [f"{top}/{CARD}" for top in _SUFFIX if folder.exists(f"{top}/{CARD}")]
    check_names([*(file.name for file in release.files), *cards, RELEASE], root, "file")
    freed = release.run.free_published
    for file in release.files:
        name = file.name
        if freed and is_shard(name) and not folder.exists(name):
            continue
        if not folder.exists(name) or folder.size(name) != file.bytes:
            raise ReleaseError(f"{folder.url}: {name} is missing, or its size differs from {RELEASE}")
    return release


def repo_name(name: str, folder: str) -> str:
    """Name the repo of a dataset folder.

    Raises:
        PmcmineError: if the name is none of a repo.
    """
    parts = name.split("/")
    plain = all(map(_PART.fullmatch, parts)) and "--" not in name and ".." not in name
    if len(parts) != 2 or not plain or name.endswith(".git"):
        raise PmcmineError(f"'{name}' is not a repo name; give ORG/NAME")
    return f"{name}{_SUFFIX[folder]}"


def repos_of(release: ReleaseRecord, name: str) -> list[Repo]:
    """List the repos of a release by name.

    Args:
        release: the release.
        name: namespace and name of the repo of image-text pairs; the others get a suffix.
    """
    found = []
    for folder in _SUFFIX:
        files = {
            file.name.removeprefix(f"{folder}/"): (file.bytes, file.sha256)
            for file in release.files_of(folder)
            if file.name != f"{folder}/{CARD}"
        }
        if files:
            found.append(Repo(repo_name(name, folder), folder, files))
    return found


def card_with_links(card: str, repo: Repo, repos: list[Repo], endpoint: str, measured: str = "") -> str:
    """Add the dataset's own address, the cost of making it, and links to the other repos to a card."""
    lines = [
        f"- [{other.id}]({endpoint}/datasets/{other.id}): {_WHAT[other.folder]}"
        for other in repos
        if other.id != repo.id and other.files
    ]
    card = card.replace("PATH_OR_REPO", repo.id).replace("DATA_ROOT", f"hf://datasets/{repo.id}").rstrip()
    if measured:
        card += f"\n\n{measured}"
    return f"{card}\n\n## The rest of this release\n\n{chr(10).join(lines)}\n" if lines else f"{card}\n"


def withdrawn_card(repo: Repo) -> str:
    """Return the card of a repo whose dataset folder the release no longer has."""
    title = repo.id.partition("/")[2]
    return f"""---
pretty_name: {title}
---
# {title}

This repo held {_WHAT[repo.folder]}.
The release as it was published last has none, so the files of the earlier one are removed.
"""


def measured_section(release: ReleaseRecord, metrics: Metrics) -> str:
    """Describe how the release was made: funnel, rates, failures, costs.

    This varies from run to run, so only the published card has it.
    """
    counts, run = release.counts, release.run
    funnel = " → ".join(
        f"{n:,} {what}"
        for what, n in (
            ("article versions", counts.n_in("snapshot", "version")),
            ("articles", counts.rows_of("articles")),
            ("figures", counts.n_in("image", "figure")),
            ("pairs", sum(counts.samples.values())),
        )
    )
    rates = rates_of(release, metrics)
    lines = {line.name: line for line in plan(rates.articles, rates, Machine(cores=run.workers))}
    lost = ", ".join(f"{share:.2%} of {unit}s" for unit, share in counts.fault_share.items())
    speed = [f"{getattr(metrics, k):,} {what} a second" for k, what in _SPEEDS.items() if getattr(metrics, k)]
    made = f"runner `{run.runner}`, {run.workers} worker(s), pmcmine {release.pmcmine}, "
    made += f"Python {run.python}, Beam {run.apache_beam}"
    seconds = (rates.mine_seconds + rates.assemble_seconds) * 1e3
    cost = (
        f"{rates.requests:.1f} requests, {(rates.xml_bytes + rates.media_bytes) / 1e3:,.0f} kB, {seconds:,.0f} ms of a "
    )
    cost += f"core, {rates.shuffle_bytes / 1e3:.1f} kB shuffled"
    paid = f"{lines['paid core-hours'].value:,.2f} core-hours, ${lines['compute'].value:,.2f}"
    return f"""## How it was made

{funnel}. Lost to faults of the data or of its transfer: {lost}.

- measured: {", ".join(speed) or "no rates, for the run resumed"}; {made}
- cost model, an article: {cost} (measured); in all {paid} at ${Machine().core_hour} an hour (assumed);
  `pmcmine plan --release RELEASE --articles N` reckons it for another number"""
