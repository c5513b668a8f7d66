"""Forget earlier revisions of a repo, so that what was taken out of a release can't be had from there any longer."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from pmcmine.publish.retry import patiently
from pmcmine.publish.target import Target, delete_tag, look, remote_files, set_tag

_TAG: Final = re.compile(r"release-[0-9a-f]{12}")
_KIND: Final = {"repo_type": "dataset"}


def forget_history(api: Any, target: Target, tag: str, say: Callable[[str], None]) -> int:
    """Squash the history of a published repo into one commit; remove tags of earlier releases and their objects.

    Branches and tags of others, and the objects that they hold, stay, and are named. May be repeated after a kill.

    Args:
        api: the client.
        target: the repo, published whole.
        tag: tag of the release that stays.
        say: receives a line for what still holds earlier files.

    Returns:
        The number of objects that were removed.

    Raises:
        PmcmineError: as `patiently`.
    """
    repo = target.id
    list_refs = partial(api.list_repo_refs, repo, **_KIND)
    for ref in patiently(list_refs, f"listing tags of {repo}").tags:
        if _TAG.fullmatch(ref.name) and ref.name != tag:
            patiently(partial(delete_tag, api, repo, ref.name), f"removing a tag of {repo}")
    message = f"{target.folder}: {tag}, earlier revisions removed"
    squash = partial(api.super_squash_history, repo, branch="main", commit_message=message, **_KIND)
    patiently(squash, f"squashing the history of {repo}")
    target.head, _ = look(api, repo) or (target.head, True)
    set_tag(api, target, tag)
    refs = patiently(list_refs, f"listing tags of {repo}")
    others = [ref for ref in (*refs.branches, *refs.tags) if ref.name not in ("main", tag)]
    if others:
        names = ", ".join(sorted(ref.name for ref in others)[:3])
        say(f"{repo}: branches and tags that pmcmine did not make ({names}) stay, with the files that they hold")
    kept: set[str] = set()
    for commit in {target.head, *(ref.target_commit for ref in others)}:
        tree = patiently(partial(remote_files, api, repo, commit), f"listing {repo}")
        kept |= {sha256 for _, sha256, _ in tree.values() if sha256}
    objects = patiently(lambda: list(api.list_lfs_files(repo, **_KIND)), f"listing objects of {repo}")
    stale = [found for found in objects if found.file_oid not in kept]
    remove = partial(api.permanently_delete_lfs_files, repo, stale, rewrite_history=False, **_KIND)
    if stale:
        patiently(remove, f"removing objects of {repo}")
    return len(stale)
