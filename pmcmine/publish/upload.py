"""Upload a release: objects first, in few commits, the card last. A killed upload resumes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pmcmine.errors import DamagedError, PmcmineError
from pmcmine.io.contact import SECONDS, Busy, Refused, reach
from pmcmine.io.folder import Folder
from pmcmine.publish.history import forget_history
from pmcmine.publish.ownership import check_targets
from pmcmine.publish.repos import (
    CARD,
    COMMON,
    Repo,
    card_with_links,
    measured_section,
    read_release,
    repos_of,
    withdrawn_card,
)
from pmcmine.publish.retry import RETRIED, git_blob, patiently
from pmcmine.publish.session import guarded
from pmcmine.publish.target import CLAIM, Target, id_of, remote_files, set_tag
from pmcmine.publish.withdrawn import withdrawn_repos
from pmcmine.release.layout import RELEASE, is_written
from pmcmine.release.metrics import load_metrics
from pmcmine.release.record import parse_release

BATCH_FILES: Final = 500  # of one commit
BATCH_BYTES: Final = 50 << 30


@dataclass(frozen=True)
class Published:
    """Result of the upload to one repo.

    Attributes:
        repo: its id.
        sent: files that were not there.
        kept: files that were there already.
        removed: files of an earlier release.
        commits: commits that were made.
        tag: tag of the revision.
        private: whether only its owners see the repo.
        adopted: what it held that `--adopt` let us publish over; empty if nothing.
        forgotten: objects of earlier revisions that were removed; None if these were left alone.
    """

    repo: str
    sent: int
    kept: int
    removed: int
    commits: int
    tag: str
    private: bool = True
    adopted: str = ""
    forgotten: int | None = None


def reach_hub(
    endpoint: str | None, seconds: float, outcome: str, say: Callable[[str], None] = lambda line: None
) -> None:
    """Contact the Hub within a short budget; see `reach`.

    Args:
        endpoint: address of the Hub; HF_ENDPOINT or the public one if not given.
        seconds: budget of all tries.
        outcome: what did not happen if there is no answer.
        say: called with a line before the first try.

    Raises:
        PmcmineError: one line, if it does not answer.
    """
    from huggingface_hub import constants, get_session
    from huggingface_hub.errors import OfflineModeIsEnabled

    address = (endpoint or constants.ENDPOINT).rstrip("/")

    def ask(left: float) -> None:
        try:
            answer = get_session().get(f"{address}/api/datasets?limit=1", timeout=left)
        except OfflineModeIsEnabled:
            raise Refused("HF_HUB_OFFLINE is set") from None
        except ValueError as error:
            raise Refused(f"{type(error).__name__}: {error}") from None
        if answer.status_code in RETRIED:
            raise Busy(f"it answers HTTP {answer.status_code}")

    with guarded(address):
        reach(address, ask, seconds, outcome, say)


def _batches(paths: Sequence[str], repo: Repo) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for path in paths:
        batch.append(path)
        size += repo.files[path][0]
        if len(batch) >= BATCH_FILES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@contextmanager
def additions(folder: Folder, dataset: str, paths: Iterable[str]) -> Iterator[list[Any]]:
    """Return operations that add files of a dataset folder; those of an object store are copied here while it lasts."""
    from huggingface_hub import CommitOperationAdd

    with tempfile.TemporaryDirectory(prefix="pmcmine-publish-") as here:
        found = []
        for n, path in enumerate(paths):
            if not folder.exists(f"{dataset}/{path}"):
                raise PmcmineError(
                    f"{folder.url}: {dataset}/{path} is neither here nor on the Hub; if it was removed by "
                    "--free-published, mine it again into another folder"
                )
            file = folder.path(f"{dataset}/{path}")
            if not folder.is_local:
                file, there = f"{here}/{n}", file
                folder.fs.get_file(there, file)
            found.append(CommitOperationAdd(path_in_repo=path, path_or_fileobj=file))
        yield found


def send(api: Any, repo_id: str, adds: list[Any]) -> None:
    """Send the large ones of files to be added; what the Hub has is not sent again.

    Raises:
        PmcmineError: as `patiently`.
    """
    patiently(
        partial(api.preupload_lfs_files, repo_id, additions=adds, repo_type="dataset"), f"sending to {repo_id}", None
    )


def publish(
    folder: Path | str,
    name: str,
    *,
    endpoint: str | None = None,
    private: bool = True,
    adopt: bool = False,
    squash_history: bool = False,
    first_contact_seconds: float = SECONDS,
    say: Callable[[str], None] = lambda line: None,
) -> list[Published]:
    """Upload a release's dataset folders as dataset repos. Files that are already there are not uploaded again.

    All repos are checked before anything is sent: each must be empty, or hold this release or an earlier state of it.
    A repo that holds a whole release gets the next one in one commit, so that each of its revisions is whole. The token
    is that of the environment (`HF_TOKEN`) or of the client's store.

    Args:
        folder: a whole release, any fsspec URL.
        name: namespace and name.
        endpoint: address of the Hub; the client's own if not given.
        private: whether the repos are private; an existing one must be so already.
        adopt: publish into repos that hold another release or files of others, too. These files stay.
        squash_history: remove all earlier revisions, so that what was excluded since can't be had from them.
        first_contact_seconds: budget for the Hub's first answer.
        say: receives progress messages, a line at a time.

    Raises:
        PmcmineError: one line; the same call resumes.
    """
    out = Folder(str(folder))
    with guarded(endpoint):
        upload = prepared(out, name, endpoint, private, adopt, True, first_contact_seconds, say)
        pairs = zip(upload.repos, upload.targets, strict=True)
        done = [replace(upload.publish(repo, target), private=private) for repo, target in pairs]
        if squash_history:
            return [
                replace(published, forgotten=forget_history(upload.api, target, upload.tag, say))
                for published, target in zip(done, upload.targets, strict=True)
            ]
        if upload.excludes and any(target.whole for target in upload.targets):
            say("earlier revisions of the repos may still hold what was excluded since; --squash-history removes them")
        return done


def prepared(
    out: Folder,
    name: str,
    endpoint: str | None,
    private: bool,
    adopt: bool,
    create: bool,
    first_contact_seconds: float,
    say: Callable[[str], None],
) -> Upload:
    """Check a release and the repos that it goes to.

    Args:
        out: the release.
        name: as for `publish`, like what follows.
        endpoint: address of the Hub.
        private: whether the repos are private.
        adopt: whether they may hold something else.
        create: whether missing repos are created; if not, they have no target.
        first_contact_seconds: budget for the Hub's first answer.
        say: receives progress messages.

    Raises:
        PmcmineError: one line.
    """
    from huggingface_hub import HfApi

    release = read_release(out)
    repos = repos_of(release, name)
    reach_hub(endpoint, first_contact_seconds, "nothing was sent", say)
    api = HfApi(endpoint=endpoint, library_name="pmcmine")
    listed = out.read(RELEASE)
    if parse_release(listed, RELEASE) != release:
        raise _changed(out)
    try:
        measured = measured_section(release, load_metrics(out))
    except FileNotFoundError:
        measured = ""
    except (DamagedError, ArithmeticError) as error:
        say(f"metrics.json can't be used ({type(error).__name__}): the cards say nothing of how the release was made")
        measured = ""
    try:
        identity = id_of(release)
    except ValueError:
        raise PmcmineError(f"{out.url}: its {RELEASE} was not written by pmcmine") from None
    withdrawn = withdrawn_repos(api, name, repos, identity, adopt)
    folders = {repo.id: repo.folder for repo in repos}
    targets = check_targets(api, folders, identity, private, adopt, create, len(release.updates))
    repos += [repo for repo, _ in withdrawn]
    targets += [target for _, target in withdrawn]
    tag = "release-" + sha256(listed).hexdigest()[:12]
    say(f"the repos are {'private' if private else 'public'}")
    for target in targets:
        if target.adopted:
            say(f"{target.id}: adopted; it held {target.adopted}")
    excludes = release.config.get("exclude_sha256") is not None
    return Upload(api, out, repos, targets, identity, tag, measured, listed, excludes, say)


def _changed(out: Folder) -> PmcmineError:
    return PmcmineError(f"{out.url}: the release changed during the upload; run the same command again")


@dataclass(frozen=True)
class Upload:
    """Files to upload to the repos of a release.

    Attributes:
        api: the client.
        folder: the release folder.
        repos: all repos of the release.
        targets: the same, as they were when they were checked.
        identity: id of the release.
        tag: name of the revision.
        measured: section of the cards about how the release was made.
        release: its `release.json`.
        excludes: whether rows were excluded from it.
        say: receives progress messages.
    """

    api: Any
    folder: Folder
    repos: list[Repo]
    targets: list[Target]
    identity: str
    tag: str
    measured: str
    release: bytes
    excludes: bool
    say: Callable[[str], None]

    def publish(self, repo: Repo, target: Target) -> Published:
        """Upload one dataset folder.

        Raises:
            PmcmineError: one line; the same call resumes.
        """
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        there = target.there
        todo = self.missing(repo, target)
        kept = len(repo.files) - len(todo)
        if repo.files:
            self.say(f"{repo.id}: {kept} of {len(repo.files)} files are there")
        else:
            self.say(f"{repo.id}: the release has no {repo.folder} any more; what is there of it is removed")
        commits = done = 0
        if todo:
            commits += target.claim(self.api, self.identity, repo.files)
        waiting: list[str] = []
        for batch in _batches(todo, repo):
            # Objects are sent before the commit names them: an object that the Hub has is not sent again after a kill.
            with self._additions(repo, batch) as adds:
                send(self.api, repo.id, adds)
                done += len(batch)
                if target.whole:
                    waiting += batch
                else:
                    said = f"{repo.folder}: files {done - len(batch) + 1} to {done} of {len(todo)}"
                    target.commit(self.api, adds, said)
                    commits += 1
            self.say(f"{repo.id}: {done} of {len(todo)} files sent")
        card = self._card(repo).encode()
        last = {CARD: card} | {path: self.folder.read(path) for path in COMMON}
        if last[RELEASE] != self.release:
            raise _changed(self.folder)
        stale = stale_files(repo, target)
        changed = [path for path, data in last.items() if there.get(path, (0, "", ""))[2] != git_blob(data)]
        if changed or stale or waiting:
            # Of two uploads at once, the later one stops before the repos are of two releases.
            for other in self.targets[self.targets.index(target) + 1 :]:
                other.check_unchanged(self.api)
            with self._additions(repo, waiting) as adds:
                operations: list[Any] = [*adds]
                operations += [CommitOperationAdd(path_in_repo=path, path_or_fileobj=last[path]) for path in changed]
                operations += [CommitOperationDelete(path_in_repo=path) for path in stale]
                target.commit(self.api, operations, f"{repo.folder}: {self.tag}")
            commits += 1
            self._check_whole(repo, target)
        set_tag(self.api, target, self.tag)
        removed = len(set(stale) - {CLAIM})
        return Published(repo.id, len(todo), kept, removed, commits, self.tag, adopted=target.adopted)

    def _card(self, repo: Repo) -> str:
        """Return the card of a repo: that of its dataset folder, or why there is none any more."""
        if not repo.files:
            return card_with_links(withdrawn_card(repo), repo, self.repos, self.api.endpoint)
        text = self.folder.read(f"{repo.folder}/{CARD}").decode()
        return card_with_links(text, repo, self.repos, self.api.endpoint, self.measured)

    def missing(self, repo: Repo, target: Target) -> list[str]:
        """Return the files that a repo does not have yet, sorted."""
        return [p for p in sorted(repo.files) if not self._is_same(target.there.get(p), repo, p)]

    @contextmanager
    def _additions(self, repo: Repo, paths: Sequence[str]) -> Iterator[list[Any]]:
        """Return operations that add files, each compared with what `release.json` says of it."""
        with additions(self.folder, repo.folder, paths) as adds:
            for add in adds:
                if add.upload_info.sha256.hex() != repo.files[add.path_in_repo][1]:
                    raise PmcmineError(
                        f"{self.folder.url}: {repo.folder}/{add.path_in_repo} is damaged (another SHA-256 than "
                        f"{RELEASE} says) and was not sent; `pmcmine verify` lists all damage"
                    )
            yield adds

    def _is_same(self, there: tuple[int, str, str] | None, repo: Repo, path: str) -> bool:
        return _same(there, self.folder, f"{repo.folder}/{path}", repo.files[path][1])

    def _check_whole(self, repo: Repo, target: Target) -> None:
        """Check that a repo holds the files of this release, and none that readers would take for one of them."""
        head = target.head
        there = patiently(lambda: remote_files(self.api, repo.id, head), f"listing {repo.id}")
        if any(is_written(f"{repo.folder}/{path}") for path in there.keys() - repo.files.keys()) or not all(
            self._is_same(there.get(path), repo, path) for path in repo.files
        ):
            raise target.changed()


def stale_files(repo: Repo, target: Target) -> list[str]:
    """Return the files that an upload removes from a repo: those of an earlier state of the release, and its claim."""
    return sorted(target.ours - set(repo.files) - {CARD, *COMMON} | ({CLAIM} if target.claimed else set()))


def _same(there: tuple[int, str, str] | None, folder: Folder, name: str, digest: str) -> bool:
    """Check whether the Hub has a file: by its SHA-256, or by Git's id of a small one."""
    if there is None:
        return False
    return there[1] == digest if there[1] else there[2] == git_blob(folder.read(name))
