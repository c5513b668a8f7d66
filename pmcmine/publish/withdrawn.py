"""Repos of dataset folders that a release no longer has, such as the index after an update dropped it.

Their files may hold what was taken out of the release since. So the next upload removes them; the repo stays, with a
card that says so and today's `release.json`, and is filled again as soon as the release has the folder again.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pmcmine.publish.ownership import owned_target
from pmcmine.publish.repos import CARD, COMMON, FOLDERS, Repo, repo_name
from pmcmine.publish.target import Target


def withdrawn_repos(
    api: Any, name: str, repos: Collection[Repo], identity: str, adopt: bool
) -> list[tuple[Repo, Target]]:
    """Find the repos of dataset folders that a release was once published with and no longer has.

    Repos of other releases are left alone.

    Args:
        api: the client of the Hub.
        name: namespace and name of the repo of pairs.
        repos: the repos that the release has files for.
        identity: id of the release.
        adopt: as for `owned_target`.

    Returns:
        Each repo, without files, and what it holds today.

    Raises:
        PmcmineError: as `owned_target`.
    """
    present = {repo.folder for repo in repos}
    missing = [Repo(repo_name(name, folder), folder, {}) for folder in FOLDERS if folder not in present]
    targets = [owned_target(api, repo.id, repo.folder, identity, adopt) for repo in missing]
    return [(repo, target) for repo, target in zip(missing, targets, strict=True) if target is not None]


def outdated_repos(api: Any, name: str, repos: Collection[Repo], identity: str) -> list[str]:
    """List repos that still hold files of dataset folders that a published release no longer has.

    Args:
        api: the client of the Hub.
        name: namespace and name of the repo of pairs.
        repos: the repos that the release has files for.
        identity: id of the release.

    Raises:
        PmcmineError: as `owned_target`.
    """
    found = withdrawn_repos(api, name, repos, identity, adopt=True)
    return [repo.id for repo, target in found if target.ours - {CARD, *COMMON}]
