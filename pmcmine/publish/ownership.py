"""Whose a repo is: that of this release, of another one, or of somebody else.

A repo may be written to if it holds nothing, or what was published from the same release before.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from pydantic import TypeAdapter

from pmcmine.errors import DamagedError, PmcmineError
from pmcmine.io.sealed import parse_object
from pmcmine.publish.repos import CARD
from pmcmine.publish.retry import patiently
from pmcmine.publish.target import CLAIM, Claim, Target, id_of, look, remote_files
from pmcmine.release.layout import RELEASE, is_written
from pmcmine.release.record import parse_release

_CLAIM: Final = TypeAdapter(Claim)
_HUBS_OWN: Final = frozenset({".gitattributes"})
_SHOWN: Final = 3
_MOST_JSON: Final = 256 << 20  # bytes of a release.json in a repo


def check_targets(
    api: Any,
    repos: Mapping[str, str],
    identity: str | None,
    private: bool,
    adopt: bool,
    create: bool = True,
    n_updates: int | None = None,
) -> list[Target]:
    """Check that repos may be written to, before anything is sent to any of them, and create those that are missing.

    Args:
        api: the client.
        repos: name of each repo and the dataset folder of the release that goes there.
        identity: id of the release; None before it is known, then that of any release will do.
        private: whether the repos are to be private.
        adopt: whether they may hold something else, as the user says.
        create: whether repos are created; if not, the missing ones are left out of what is returned.
        n_updates: how often the release was updated; None if it may be an earlier state than what a repo holds.

    Raises:
        PmcmineError: one line that says whose a repo is, or that others see it.
    """
    found = {repo: look(api, repo) for repo in repos}
    targets = [_check(api, Target(repo, repos[repo], seen[0]), identity, adopt) for repo, seen in found.items() if seen]
    for target in targets:
        _check_later(target, n_updates, adopt)
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
        target.n_updates = len(old.updates)
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


def _check_later(target: Target, n_updates: int | None, adopt: bool) -> None:
    """Check that a repo does not hold a later state of the release, which may lack what was taken out since."""
    if n_updates is None or target.n_updates <= n_updates or target.adopted:
        return
    said = f"a later state of this release (updated {target.n_updates} times, this one {n_updates} times)"
    if not adopt:
        raise PmcmineError(
            f"{target.id}: holds {said}; publishing this one puts back what was taken out since. Publish the newest "
            "state, or --adopt to publish this one all the same"
        )
    target.adopted = said


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
