"""What an upload would do, without writing to the Hub."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pmcmine.io.contact import SECONDS
from pmcmine.io.folder import Folder
from pmcmine.publish.session import guarded
from pmcmine.publish.target import CLAIM, Target
from pmcmine.publish.upload import prepared, stale_files


@dataclass(frozen=True, slots=True)
class Preview:
    """What an upload would do to one repo.

    Attributes:
        repo: its id.
        exists: whether it is there.
        private: whether only its owners see it, or would.
        send: files that it does not have, without the card and `release.json`.
        bytes: their size.
        kept: files that it has already.
        remove: files that would be removed from its newest revision.
        adopted: what of others it holds; empty if nothing.
    """

    repo: str
    exists: bool
    private: bool
    send: int
    bytes: int
    kept: int
    remove: int
    adopted: str = ""


def preview(
    folder: Path | str,
    name: str,
    *,
    endpoint: str | None = None,
    private: bool = True,
    adopt: bool = False,
    first_contact_seconds: float = SECONDS,
    say: Callable[[str], None] = lambda line: None,
) -> list[Preview]:
    """Check a release and the repos that it would go to, as `publish` does before it sends anything.

    Args:
        folder: a whole release, any fsspec URL.
        name: namespace and name.
        endpoint: address of the Hub; the client's own if not given.
        private: whether the repos are to be private.
        adopt: whether they may hold another release or files of others.
        first_contact_seconds: budget for the Hub's first answer.
        say: receives progress messages, a line at a time.

    Raises:
        PmcmineError: one line, where `publish` would refuse before it sends anything.
    """
    with guarded(endpoint):
        upload = prepared(Folder(str(folder)), name, endpoint, private, adopt, False, first_contact_seconds, say)
        there = {target.id: target for target in upload.targets}
        found = []
        for repo in upload.repos:
            target = there.get(repo.id)
            todo = upload.missing(repo, target or Target(repo.id, repo.folder, ""))
            stale = [] if target is None else [path for path in stale_files(repo, target) if path != CLAIM]
            size = sum(repo.files[path][0] for path in todo)
            adopted = "" if target is None else target.adopted
            kept = len(repo.files) - len(todo)
            found.append(Preview(repo.id, target is not None, private, len(todo), size, kept, len(stale), adopted))
        return found
