"""Uploading: objects first, in few commits, the card last; a run that was killed goes on where it was."""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha1, sha256
from pathlib import Path
from typing import Any, Final, TypeVar

from pmcmine.contact import SECONDS, Busy, Refused, reach
from pmcmine.errors import PmcmineError
from pmcmine.publish.repos import CARD, COMMON, Repo, card_with_links, measured_section, read_release, repos_of
from pmcmine.release import RELEASE, is_written
from pmcmine.storage import Folder
from pmcmine.waiting import retry_after

T = TypeVar("T")
_RETRIED: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_TRIES: Final = 8
_MOST_WAIT: Final = 300.0  # seconds; a longer Retry-After is cut to this
BATCH_FILES: Final = 500  # of one commit
BATCH_BYTES: Final = 50 << 30
_KEPT: Final = frozenset({".gitattributes"})  # the Hub's own


@dataclass(frozen=True)
class Published:
    """What came of one repo.

    Attributes:
        repo: its id.
        sent: files that were not there.
        kept: files that were there already.
        removed: files of an earlier release.
        commits: commits that were made.
        tag: tag of the revision.
    """

    repo: str
    sent: int
    kept: int
    removed: int
    commits: int
    tag: str


def hub_errors() -> tuple[type[Exception], ...]:
    """What the client raises for answers of the Hub and for the network, whichever HTTP library it is built on."""
    from huggingface_hub.errors import HfHubHTTPError

    base = HfHubHTTPError.__mro__[1]  # HTTPError of that library, whose family are all errors of a request
    return (HfHubHTTPError, base, ConnectionError, TimeoutError)


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
        if answer.status_code in _RETRIED:
            raise Busy(f"it answers HTTP {answer.status_code}")

    reach(address, ask, seconds, outcome, say)


def patiently(action: Callable[[], T], what: str) -> T:
    """Do something on the Hub; wait as long as it asks for, or longer and longer, where it is busy.

    Raises:
        PmcmineError: one line, where it refuses, or stays busy.
    """
    for attempt in range(_TRIES):
        try:
            return action()
        except hub_errors() as error:
            answer = getattr(error, "response", None)
            status = getattr(answer, "status_code", None)
            if (status is not None and status not in _RETRIED) or attempt == _TRIES - 1:
                reason = str(error).strip().splitlines()
                raise PmcmineError(f"{what}: {reason[0] if reason else type(error).__name__}") from None
            asked = retry_after(answer.headers.get("Retry-After"), _MOST_WAIT) if answer is not None else None
            time.sleep(asked if asked is not None else min(0.5 * 2**attempt * random.uniform(0.7, 1.3), _MOST_WAIT))
    raise AssertionError("not reached")


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


def git_blob(data: bytes) -> str:
    """Git's id of a file's content, which the Hub tells for small files."""
    return sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def remote_files(api: Any, repo_id: str, revision: str | None = None) -> dict[str, tuple[int, str, str]]:
    """Files of a repo: path → size, SHA-256 (of large files, else empty), Git's id."""
    tree = api.list_repo_tree(repo_id, repo_type="dataset", recursive=True, revision=revision)
    return {
        entry.path: (entry.size, entry.lfs.sha256 if entry.lfs else "", entry.blob_id)
        for entry in tree
        if hasattr(entry, "blob_id")
    }


@contextmanager
def additions(folder: Folder, dataset: str, paths: Iterable[str]) -> Iterator[list[Any]]:
    """Operations that add files of a dataset folder; those of an object store are copied here while it lasts."""
    from huggingface_hub import CommitOperationAdd

    with tempfile.TemporaryDirectory(prefix="pmcmine-publish-") as here:
        found = []
        for n, path in enumerate(paths):
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
    patiently(partial(api.preupload_lfs_files, repo_id, additions=adds, repo_type="dataset"), f"sending to {repo_id}")


def commit(api: Any, repo_id: str, operations: list[Any], message: str) -> None:
    """Make a commit.

    Raises:
        PmcmineError: as `patiently`.
    """
    make = partial(api.create_commit, repo_id, operations=operations, commit_message=message, repo_type="dataset")
    patiently(make, f"committing to {repo_id}")


def publish(
    folder: Path | str,
    name: str,
    *,
    endpoint: str | None = None,
    private: bool = True,
    first_contact_seconds: float = SECONDS,
    say: Callable[[str], None] = lambda line: None,
) -> list[Published]:
    """Upload a release's dataset folders as dataset repos. What is there already is not sent again.

    A repo that holds a whole release gets the next one in one commit, so that each of its revisions is whole. The token
    is that of the environment (`HF_TOKEN`) or of the client's store.

    Args:
        folder: a whole release, any fsspec URL.
        name: namespace and name.
        endpoint: address of the Hub; the client's own if not given.
        private: whether new repos are private.
        first_contact_seconds: budget for the Hub's first answer.
        say: told what happens, a line at a time.

    Raises:
        PmcmineError: one line; the same call goes on.
    """
    from huggingface_hub import HfApi

    out = Folder(str(folder))
    release = read_release(out)
    repos = repos_of(release, name)
    reach_hub(endpoint, first_contact_seconds, "nothing was sent", say)
    api = HfApi(endpoint=endpoint, library_name="pmcmine")
    try:
        measured = measured_section(release, json.loads(out.read("metrics.json")))
    except FileNotFoundError:
        measured = ""
    tag = "release-" + sha256(out.read(RELEASE)).hexdigest()[:12]
    return [_publish(api, out, repo, repos, tag, private, measured, say) for repo in repos]


def _publish(
    api: Any,
    folder: Folder,
    repo: Repo,
    repos: list[Repo],
    tag: str,
    private: bool,
    measured: str,
    say: Callable[[str], None],
) -> Published:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    patiently(
        lambda: api.create_repo(repo.id, repo_type="dataset", private=private, exist_ok=True), f"creating {repo.id}"
    )
    there = patiently(lambda: remote_files(api, repo.id), f"listing {repo.id}")
    todo = [p for p in sorted(repo.files) if not _same(there.get(p), folder, f"{repo.folder}/{p}", repo.files[p][1])]
    kept = len(repo.files) - len(todo)
    say(f"{repo.id}: {kept} of {len(repo.files)} files are there")
    ours = _ours(api, there, repo)
    whole = CARD in there
    commits = done = 0
    waiting: list[str] = []
    for batch in _batches(todo, repo):
        # Objects are sent before the commit names them: an object that the Hub has is not sent again after a kill.
        with additions(folder, repo.folder, batch) as adds:
            send(api, repo.id, adds)
            done += len(batch)
            if whole:
                waiting += batch
            else:
                commit(api, repo.id, adds, f"{repo.folder}: files {done - len(batch) + 1} to {done} of {len(todo)}")
                commits += 1
        say(f"{repo.id}: {done} of {len(todo)} files sent")
    text = folder.read(f"{repo.folder}/{CARD}").decode()
    card = card_with_links(text, repo, repos, api.endpoint, measured).encode()
    last = {CARD: card} | {path: folder.read(path) for path in COMMON}
    stale = sorted(ours - set(repo.files) - set(last))
    changed = [path for path, data in last.items() if there.get(path, (0, "", ""))[2] != git_blob(data)]
    if changed or stale or waiting:
        with additions(folder, repo.folder, waiting) as adds:
            operations: list[Any] = [*adds]
            operations += [CommitOperationAdd(path_in_repo=path, path_or_fileobj=last[path]) for path in changed]
            operations += [CommitOperationDelete(path_in_repo=path) for path in stale]
            commit(api, repo.id, operations, f"{repo.folder}: {tag}")
        commits += 1
    patiently(lambda: api.create_tag(repo.id, tag=tag, repo_type="dataset", exist_ok=True), f"tagging {repo.id}")
    return Published(repo.id, len(todo), kept, len(stale), commits, tag)


def _ours(api: Any, there: Mapping[str, Any], repo: Repo) -> set[str]:
    """Files of a repo that pmcmine put there, which alone may be deleted.

    Raises:
        PmcmineError: if the repo holds files and no release, so that it is somebody else's.
    """
    ours = {path for path in there if is_written(f"{repo.folder}/{path}")}
    if RELEASE in there:
        from huggingface_hub import HfFileSystem

        fs = HfFileSystem(endpoint=api.endpoint, skip_instance_cache=True)

        def read() -> Any:
            with fs.open(f"datasets/{repo.id}/{RELEASE}", "rb") as stream:
                return json.load(stream)

        try:
            old = patiently(read, f"reading {repo.id}/{RELEASE}")
            names = [str(f["name"]) for f in old["files"]]
        except (ValueError, KeyError, TypeError):
            raise PmcmineError(f"{repo.id}: holds a {RELEASE} that pmcmine did not write; give another name") from None
        return ours | {n.removeprefix(f"{repo.folder}/") for n in names if n.startswith(f"{repo.folder}/")}
    others = sorted(set(there) - ours - set(repo.files) - _KEPT - {CARD})
    if others:
        raise PmcmineError(
            f"{repo.id}: holds files that pmcmine did not put there ({', '.join(others[:3])}); give another name"
        )
    return ours


def _same(there: tuple[int, str, str] | None, folder: Folder, name: str, digest: str) -> bool:
    """Whether the Hub has a file: by its SHA-256, or by Git's id of a small one."""
    if there is None:
        return False
    return there[1] == digest if there[1] else there[2] == git_blob(folder.read(name))
