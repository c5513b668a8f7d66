"""The repo that is published to: whose it is, who can see it, and that nobody changes it meanwhile.

A repo may be written to if it holds nothing, or what was published from the same release before. `release.json` says
which one; until it is there, the file `CLAIM` does, which the first commit adds and the last one removes.
Every commit names the commit that it follows, so that the Hub refuses it if somebody else was quicker.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any, Final

from pydantic import TypeAdapter

from pmcmine.errors import DamagedError, PmcmineError
from pmcmine.io.sealed import parse_object
from pmcmine.publish.repos import CARD
from pmcmine.publish.retry import Conflict, git_blob, hub_errors, patiently
from pmcmine.release.layout import RELEASE, is_written
from pmcmine.release.record import ReleaseRecord, parse_release

CLAIM: Final = ".pmcmine-upload.json"
_HUBS_OWN: Final = frozenset({".gitattributes"})
_SHOWN: Final = 3
_TRIES: Final = 4  # of a commit that the Hub refuses although nobody made another one
_MOST_JSON: Final = 256 << 20  # bytes of a release.json in a repo
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


_CLAIM: Final = TypeAdapter(Claim)


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


def check_targets(
    api: Any, repos: Mapping[str, str], identity: str | None, private: bool, adopt: bool, create: bool = True
) -> list[Target]:
    """Check that repos may be written to, before anything is sent to any of them, and create those that are missing.

    Args:
        api: the client.
        repos: name of each repo and the dataset folder of the release that goes there.
        identity: id of the release; None before it is known, then that of any release will do.
        private: whether the repos are to be private.
        adopt: whether they may hold something else, as the user says.
        create: whether repos are created; if not, the missing ones are left out of what is returned.

    Raises:
        PmcmineError: one line that says whose a repo is, or that others see it.
    """
    found = {repo: look(api, repo) for repo in repos}
    targets = [_check(api, Target(repo, repos[repo], seen[0]), identity, adopt) for repo, seen in found.items() if seen]
    for repo, seen in found.items():
        if seen is not None and seen[1] != private:
            said = "private, and --public was given; leave it out" if seen[1] else "public, and this upload is private"
            way = "" if seen[1] else "; --public says that others may see it"
            raise PmcmineError(f"{repo}: is {said}{way}, or change it in the repo's settings")
    if identity is None or not create:
        return targets
    for repo in (repo for repo, seen in found.items() if seen is None):
        make = partial(api.create_repo, repo, repo_type="dataset", private=private, exist_ok=True)
        patiently(make, f"creating {repo}")
        seen = look(api, repo)
        if seen is None:
            raise PmcmineError(f"{repo}: can't be created, or is not visible with this token")
        if seen[1] != private:
            raise PmcmineError(
                f"{repo}: the Hub made it {'private' if seen[1] else 'public'}, which is not what you asked for"
            )
        targets.append(_check(api, Target(repo, repos[repo], seen[0]), identity, adopt))
    return sorted(targets, key=lambda t: list(repos).index(t.id))


class _ForeignError(PmcmineError):
    """A repo holds a `release.json` or a `CLAIM` that pmcmine did not write."""


def owned_target(api: Any, repo: str, folder: str, identity: str, adopt: bool) -> Target | None:
    """Return a repo that holds a release or the begin of its upload; None if it is missing, empty or another one's.

    Args:
        api: the client.
        repo: its id.
        folder: dataset folder of the release that goes there.
        identity: id of the release.
        adopt: whether files that readers would mistake for those of the release are removed.

    Raises:
        PmcmineError: if there are such files and `adopt` is not set, or as `patiently`.
    """
    seen = look(api, repo)
    if seen is None:
        return None
    target = Target(repo, folder, seen[0])
    try:
        said = _identify(api, target, identity)
    except _ForeignError:
        return None
    if said is None or said[0] != identity:
        return None
    return _own_files(target, identity, identity, adopt)


def _identify(api: Any, target: Target, identity: str | None) -> tuple[str, str] | None:
    """List a repo's files, and read whose it is and which of them were published.

    Returns:
        The id of the release and words for it; None if pmcmine has published nothing there.

    Raises:
        _ForeignError: if what should say so was not written by pmcmine.
    """
    repo = target.id
    target.there = there = patiently(lambda: remote_files(api, repo, target.head), f"listing {repo}")
    if RELEASE in there:
        try:
            old = parse_release(_read(api, target, RELEASE), f"{repo}/{RELEASE}")
            owner = id_of(old)
        except (ValueError, DamagedError):
            raise _ForeignError(f"{repo}: holds a {RELEASE} that pmcmine did not write; give another name") from None
        target.whole = CARD in there
        target.ours = {f.name.removeprefix(f"{target.folder}/") for f in old.files_of(target.folder)}
        return owner, "another release"
    if CLAIM not in there:
        return None
    try:
        claim = _CLAIM.validate_python(parse_object(_read(api, target, CLAIM), f"{repo}/{CLAIM}", "remove it"))
    except (ValueError, DamagedError):
        raise _ForeignError(f"{repo}: its {CLAIM} is damaged; remove it, or give another name") from None
    target.ours = set(claim.files)
    target.announced = frozenset(claim.files) if claim.release == identity else frozenset()
    return claim.release, "the begun upload of another release"


def _check(api: Any, target: Target, identity: str | None, adopt: bool) -> Target:
    """Find out whose a repo is, and which of its files are ours."""
    repo = target.id
    read = _identify(api, target, identity)
    way = "give another name, or --adopt to publish there all the same"
    if read is None:
        others = sorted(set(target.there) - _HUBS_OWN)
        taken = [path for path in others if is_written(f"{target.folder}/{path}")]
        if others and not adopt:
            shown = ", ".join(others[:_SHOWN])
            raise PmcmineError(f"{repo}: holds files that pmcmine did not put there ({shown}); {way}")
        if taken:
            shown = ", ".join(taken[:_SHOWN])
            raise PmcmineError(
                f"{repo}: holds files that readers would mistake for this release ({shown}); remove them first"
            )
        if others:
            target.adopted = f"{len(others)} files that pmcmine did not put there"
        return target
    owner, said = read
    if identity is not None and owner != identity:
        if not adopt:
            raise PmcmineError(f"{repo}: holds {said} ({owner}, this is {identity}); {way}")
        target.adopted = f"{said} ({owner})"
    return _own_files(target, owner, identity, adopt)


def _own_files(target: Target, owner: str, identity: str | None, adopt: bool) -> Target:
    """Note which files of a repo are ours: those of an earlier state, and what would be mistaken for them."""
    repo, there = target.id, target.there
    # What has the name of a shard or a table would be read as a part of the release.
    mistaken = {path for path in there if is_written(f"{target.folder}/{path}")} - target.ours
    if mistaken and not adopt:
        shown = ", ".join(sorted(mistaken)[:_SHOWN])
        raise PmcmineError(
            f"{repo}: holds files that pmcmine did not put there and readers would mistake for this release ({shown}); "
            "move them, or --adopt to remove them"
        )
    if mistaken and not target.adopted:
        target.adopted = f"{len(mistaken)} files that readers would mistake for this release, which are removed"
    target.ours |= mistaken
    target.ours = ((target.ours | {CLAIM, RELEASE, CARD}) & set(there)) - _HUBS_OWN
    target.claimed = CLAIM in there and owner == identity
    return target


def _read(api: Any, target: Target, path: str) -> bytes:
    from huggingface_hub import HfFileSystem

    if target.there[path][0] > _MOST_JSON:
        raise ValueError("too large")
    fs = HfFileSystem(endpoint=api.endpoint, skip_instance_cache=True)

    def read() -> bytes:
        with fs.open(f"datasets/{target.id}@{target.head}/{path}", "rb") as stream:
            data: bytes = stream.read()
            return data

    try:
        return patiently(read, f"reading {target.id}/{path}")
    except FileNotFoundError:
        raise PmcmineError(f"{target.id}/{path}: the Hub lists it but can't deliver it") from None


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
