"""The repo that is published to: commits, tags, and that nobody changes it meanwhile.

`release.json` says which release it holds (`ownership`); until it is there, the file `CLAIM` does, which the first
commit adds and the last one removes. Every commit names the one that it follows, so that the Hub refuses it if somebody
else was quicker.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any, Final

from pmcmine.errors import PmcmineError
from pmcmine.publish.retry import Conflict, git_blob, hub_errors, patiently
from pmcmine.release.layout import is_written
from pmcmine.release.record import ReleaseRecord

CLAIM: Final = ".pmcmine-upload.json"
_TRIES: Final = 4  # of a commit that the Hub refuses although nobody made another one
_MOST_ENTRIES: Final = 1_000_000  # files and folders of a repo
_MOVES: Final = frozenset({"source", "inventory", "exclude_sha256"})  # an update may change these


def kept_keys(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a release's configuration that no update may change."""
    return {k: v for k, v in config.items() if k not in _MOVES}


def release_id(config: Mapping[str, Any], first_snapshot: str) -> str:
    """Return what a release and its updates have in common: how it is made, and the snapshot that it began with.

    Args:
        config: what decides what is made, as `release.json` has it under `config`.
        first_snapshot: hash of the snapshot of the release before its first update.
    """
    return sha256(json.dumps([kept_keys(config), first_snapshot], sort_keys=True).encode()).hexdigest()[:16]


def id_of(release: ReleaseRecord) -> str:
    """Return the id of a release.

    Raises:
        ValueError: if it is none that pmcmine wrote.
    """
    first = release.updates[0].from_snapshot if release.updates else release.snapshot.sha256
    if not {"pmcmine", "config", "files"} <= release.stated or not first:
        raise ValueError("no release")
    return release_id(release.config, first)


@dataclass(frozen=True, slots=True)
class Claim:
    """Content of `CLAIM`.

    Attributes:
        release: id of the release.
        files: paths of the files that are going to be uploaded.
    """

    release: str
    files: tuple[str, ...]


@dataclass
class Target:
    """A repo that may be written to, as it was when it was looked at.

    Attributes:
        id: namespace and name.
        folder: dataset folder of the release.
        head: its newest commit.
        there: its files: size, SHA-256 of large ones, Git's id.
        ours: files of it that pmcmine put there, which alone may be removed.
        whole: whether it holds a whole release.
        claimed: whether an upload of this release was begun in it.
        adopted: what it held that only `--adopt` lets us publish over; empty if nothing.
        announced: files that its `CLAIM` names.
        n_updates: how often the release was updated that it holds.
    """

    id: str
    folder: str
    head: str
    there: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    ours: set[str] = field(default_factory=set)
    whole: bool = False
    claimed: bool = False
    adopted: str = ""
    announced: frozenset[str] = frozenset()
    n_updates: int = 0

    def commit(self, api: Any, operations: list[Any], message: str) -> None:
        """Make a commit that follows the one that was seen last.

        Raises:
            PmcmineError: one line, if somebody else changed the repo meanwhile, or as `patiently`.
        """
        make = partial(
            api.create_commit,
            self.id,
            operations=operations,
            commit_message=message,
            repo_type="dataset",
            parent_commit=self.head,
        )
        for attempt in range(_TRIES):
            try:
                self.head = str(patiently(make, f"committing to {self.id}").oid)
                return
            except Conflict:
                head, _ = look(api, self.id) or (self.head, True)
                if head == self.head:  # another commit is being made, or was refused: ask again
                    time.sleep(0.2 * 2**attempt)
                # The answer to an earlier try may have been lost: then all of it is there, and nothing else.
                elif _is_applied(api, self.id, self.head, head, operations):
                    self.head = head
                    return
                else:
                    break
        raise self.changed()

    def changed(self) -> PmcmineError:
        """Return the error for a repo that somebody else changed meanwhile."""
        return PmcmineError(
            f"{self.id}: it was changed by someone else during this upload, which stops here; if that was another "
            "upload of yours, wait for it to finish, then run the same command again"
        )

    def check_unchanged(self, api: Any) -> None:
        """Check that nobody made a commit since this repo was looked at.

        Raises:
            PmcmineError: one line, if somebody did.
        """
        head, _ = look(api, self.id) or ("", True)
        if head != self.head:
            raise self.changed()

    def claim(self, api: Any, identity: str, paths: Collection[str]) -> bool:
        """Mark an empty repo as that of a release, before any of its files is there, and name those that will be.

        Returns:
            Whether that took a commit.

        Raises:
            PmcmineError: as `commit`: of two that begin at once, one is refused.
        """
        written = (path for path in paths if is_written(f"{self.folder}/{path}"))
        if self.whole or (self.claimed and self.announced.issuperset(written)):
            return False
        from huggingface_hub import CommitOperationAdd

        said = json.dumps(asdict(Claim(identity, tuple(sorted(self.announced.union(paths)))))).encode()
        self.commit(api, [CommitOperationAdd(path_in_repo=CLAIM, path_or_fileobj=said)], f"{self.folder}: begin")
        self.claimed = True
        return True


def look(api: Any, repo_id: str) -> tuple[str, bool] | None:
    """Return the newest commit of a repo and whether it is private; None if there is no such repo."""
    from huggingface_hub.errors import RepositoryNotFoundError

    def ask() -> Any:
        try:
            return api.repo_info(repo_id, repo_type="dataset")
        except RepositoryNotFoundError:
            return None

    info = patiently(ask, f"looking at {repo_id}")
    return None if info is None else (str(info.sha), bool(info.private))


def remote_files(api: Any, repo_id: str, revision: str | None = None) -> dict[str, tuple[int, str, str]]:
    """Files of a repo: path → size, SHA-256 (of large files, else empty), Git's id.

    Raises:
        ValueError: if the listing is none, or has no end.
    """
    tree = api.list_repo_tree(repo_id, repo_type="dataset", recursive=True, revision=revision)
    found: dict[str, tuple[int, str, str]] = {}
    for n, entry in enumerate(tree):
        if n >= _MOST_ENTRIES:
            raise ValueError(f"more than {_MOST_ENTRIES} files")
        if hasattr(entry, "blob_id"):
            row = (entry.size, entry.lfs.sha256 if entry.lfs else "", entry.blob_id)
            if not isinstance(entry.path, str) or tuple(map(type, row)) != (int, str, str):
                raise ValueError("an entry of another form")
            found[entry.path] = row
    return found


def _is_applied(api: Any, repo_id: str, before: str, head: str, operations: Iterable[Any]) -> bool:
    """Tell whether a repo differs from an earlier commit by some operations, and by nothing else."""
    old, there = (
        patiently(partial(remote_files, api, repo_id, commit), f"listing {repo_id}") for commit in (before, head)
    )
    touched = {operation.path_in_repo for operation in operations}
    if any(old.get(path) != there.get(path) for path in (old.keys() | there.keys()) - touched):
        return False
    for operation in operations:
        found = there.get(operation.path_in_repo)
        if not hasattr(operation, "path_or_fileobj"):
            if found is not None:
                return False
        elif found is None:
            return False
        elif found[1]:
            if found[1] != operation.upload_info.sha256.hex():
                return False
        else:
            with operation.as_file() as stream:
                if found[2] != git_blob(stream.read()):
                    return False
    return True


def set_tag(api: Any, target: Target, tag: str) -> None:
    """Tag the newest commit; a tag of this name at another commit, which may have lost its files, is moved.

    Raises:
        PmcmineError: as `patiently`.
    """
    kind = {"repo_type": "dataset"}
    refs = patiently(partial(api.list_repo_refs, target.id, **kind), f"listing tags of {target.id}")
    at = next((ref.target_commit for ref in refs.tags if ref.name == tag), None)
    if at == target.head:
        return
    if at is not None:
        patiently(partial(delete_tag, api, target.id, tag), f"moving a tag of {target.id}")
    make = partial(api.create_tag, target.id, tag=tag, revision=target.head, exist_ok=True, **kind)
    patiently(make, f"tagging {target.id}")


def delete_tag(api: Any, repo_id: str, tag: str) -> None:
    """Remove a tag; one that is gone, because the answer to an earlier try was lost, will do."""
    try:
        api.delete_tag(repo_id, tag=tag, repo_type="dataset")
    except hub_errors() as error:
        if getattr(getattr(error, "response", None), "status_code", None) != 404:
            raise
