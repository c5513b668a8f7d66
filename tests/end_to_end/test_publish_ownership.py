"""Whose a repo on the Hub is: others' stay as they are, and two uploads at once end as one whole release."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pmcmine.config import load_config
from pmcmine.errors import PmcmineError
from pmcmine.io.folder import Folder
from pmcmine.publish import ownership
from pmcmine.publish import target as target_module
from pmcmine.publish.live import Published, check_hub
from pmcmine.publish.repos import repo_name
from pmcmine.publish.target import CLAIM, Target, id_of, look
from pmcmine.publish.upload import publish
from pmcmine.release.record import load_release, parse_release
from tests import hub_server
from tests.hub_server import File, HubServer
from tests.test_cli import call

REPOS = {"org/pairs": "shards", "org/pairs-tables": "tables"}


@pytest.fixture(autouse=True)
def _client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", "hf_secret_of_the_test")


@pytest.fixture(scope="module")
def one_hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


@pytest.fixture
def hub(one_hub: HubServer) -> HubServer:
    """An empty Hub."""
    for held in (one_hub.repos, one_hub.objects, one_hub.puts, one_hub.requests):
        held.clear()
    return one_hub


def _shard(i: int, n: int) -> str:
    return f"shards/commercial/train/000/train-{i:05}-of-{n:05}.tar"


def _release(folder: Path, seed: int = 0, shards: int = 3, text: str = "") -> Path:
    """Write a release by hand; releases of one seed are states of the same one."""
    files = {_shard(i, shards): f"{text}{seed} shard {i} of {shards}".encode() for i in range(shards)}
    files |= {
        f"tables/figures/commercial/train-00000-of-{shards:05}.parquet": f"{text}{seed} {shards}".encode(),
        "shards/schema.json": f'{{"n": {shards}}}'.encode(),
        "tables/schema.json": b"{}",
        "shards/README.md": b"# Pairs of PATH_OR_REPO\n",
        "tables/README.md": b"# Tables\n",
    }
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    listed = [{"name": n, "bytes": len(d), "sha256": sha256(d).hexdigest()} for n, d in sorted(files.items())]
    state = {"pmcmine": "1", "config": {"seed": seed}, "snapshot": {"sha256": "a" * 64}, "updates": [],
             "run": {}, "counts": {}, "files": listed, "said": text}  # fmt: skip
    (folder / "release.json").write_text(json.dumps(state))
    return folder


def _expected(release: Path, folder: str) -> dict[str, bytes]:
    found = {str(p.relative_to(release / folder)): p.read_bytes() for p in (release / folder).rglob("*") if p.is_file()}
    return found | {"release.json": (release / "release.json").read_bytes()} | {"README.md": b""}


def _remote(hub: HubServer, repo: str) -> dict[str, bytes]:
    return {p: d for p, d in hub.files(repo).items() if p != ".gitattributes"} | {"README.md": b""}


def _assert_holds(hub: HubServer, release: Path) -> None:
    for repo, folder in REPOS.items():
        assert _remote(hub, repo) == _expected(release, folder), repo


def _state(hub: HubServer) -> dict[str, Any]:
    return {name: (repo.private, list(repo.commits), dict(repo.tags)) for name, repo in hub.repos.items()}


def _put(hub: HubServer, repo: str, files: dict[str, bytes], private: bool = True) -> None:
    from huggingface_hub import CommitOperationAdd, HfApi

    api = HfApi(endpoint=hub.url)
    api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
    adds = [CommitOperationAdd(path_in_repo=path, path_or_fileobj=data) for path, data in files.items()]
    if adds:
        api.create_commit(repo, adds, commit_message="theirs", repo_type="dataset")


def _foreign(tmp_path: Path) -> dict[str, tuple[dict[str, bytes], str]]:
    """What others may have in a repo, and what is said of it."""
    other = _release(tmp_path / "other", seed=9)
    whole = {"release.json": (other / "release.json").read_bytes(), "README.md": b"# Other"}
    release = json.loads(whole["release.json"])
    nested = b'{"pmcmine": ' + b"[" * 200_000
    return {
        "a card": ({"README.md": b"# My data"}, "did not put there"),
        "data": ({"README.md": b"# My data", "data/train.csv": b"1"}, "did not put there"),
        "another release": (whole, "holds another release"),
        "half of another release": ({CLAIM: json.dumps({"release": "0" * 16, "files": ["a"]}).encode()},
                                    "the begun upload of another release"),
        "a release.json of another program": ({"release.json": b'{"version": 1}'}, "pmcmine did not write"),
        "no JSON": ({"release.json": b"\xff"}, "pmcmine did not write"),
        "nested JSON": ({"release.json": nested}, "pmcmine did not write"),
        "odd updates": ({"release.json": json.dumps(release | {"updates": [7]}).encode()}, "pmcmine did not write"),
        "a claim that is no JSON": ({CLAIM: b"["}, "is damaged"),
        "a claim of another form": ({CLAIM: b'{"release": 1, "files": 7}'}, "is damaged"),
    }  # fmt: skip


@pytest.mark.parametrize("n", range(10))
def test_repos_of_others_are_refused_and_stay(
    n: int, hub: HubServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, said = list(_foreign(tmp_path).values())[n]
    release, at = _release(tmp_path / "ours"), list(REPOS)[n % 2]
    _put(hub, at, files)
    before = _state(hub)
    code, _, err = call(capsys, "publish", str(release), "org/pairs", "--endpoint", hub.url, "-q")
    assert code == 2 and err.count("\n") == 1 and said in err and f"{at}:" in err, err
    assert _state(hub) == before  # the other repo is not even created


def test_adopted_when_asked_for_and_said(hub: HubServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = {"README.md": b"# My data", "data/precious.csv": b"1"}
    _put(hub, "org/pairs", theirs)
    old = _release(tmp_path / "old", seed=9, shards=5)
    _put(hub, "org/pairs-tables", {n.removeprefix("tables/"): (old / n).read_bytes() for n in (
        "tables/figures/commercial/train-00000-of-00005.parquet", "tables/schema.json", "release.json")})  # fmt: skip
    release = _release(tmp_path / "ours")
    code, out, err = call(capsys, "publish", str(release), "org/pairs", "--endpoint", hub.url, "-q", "--adopt")
    assert code == 0, err
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert "adopted: it held 2 files that pmcmine did not put there" in lines["org/pairs"]
    assert "adopted: it held another release (" in lines["org/pairs-tables"] and "private" in lines["org/pairs"]
    assert _remote(hub, "org/pairs") == _expected(release, "shards") | {"data/precious.csv": b"1"}
    assert _remote(hub, "org/pairs-tables") == _expected(release, "tables")
    code, out, err = call(capsys, "publish", str(release), "org/pairs", "--endpoint", hub.url, "-q")
    assert code == 0 and "adopted" not in out, err


@pytest.mark.parametrize("adopt", [False, True])
def test_files_that_readers_would_take_for_ours_are_not_adopted(adopt: bool, hub: HubServer, tmp_path: Path) -> None:
    _put(hub, "org/pairs", {"commercial/train/000/train-00007-of-00009.tar": b"theirs"})
    before = _state(hub)
    with pytest.raises(PmcmineError, match=r"did not put there|readers would mistake for this release"):
        publish(_release(tmp_path / "ours"), "org/pairs", endpoint=hub.url, adopt=adopt)
    assert _state(hub) == before


def test_a_listed_name_does_not_take_the_file_of_the_hub(hub: HubServer, tmp_path: Path) -> None:
    release = _release(tmp_path / "ours")
    publish(release, "org/pairs", endpoint=hub.url)
    state = json.loads((release / "release.json").read_text())
    names = ("shards/.gitattributes", "shards/../tables/schema.json", "/etc/passwd", "shards/")
    state["files"] += [{"name": name, "bytes": 0, "sha256": ""} for name in names]
    _put(hub, "org/pairs", {"release.json": json.dumps(state).encode()})
    publish(release, "org/pairs", endpoint=hub.url)
    _assert_holds(hub, release)
    assert ".gitattributes" in hub.files("org/pairs")


def test_empty_repos_are_taken_and_visibility_is_told(
    hub: HubServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = _release(tmp_path / "ours")
    _put(hub, "org/pairs", {}, private=False)
    before = _state(hub)
    args = ["publish", str(release), "org/pairs", "--endpoint", hub.url]
    code, _, err = call(capsys, *args, "-q")
    assert code == 2 and err.count("\n") == 1 and "is public, and this upload is private" in err
    assert _state(hub) == before
    code, out, err = call(capsys, *args, "--public")
    assert code == 0 and "the repos are public" in err and out.count(", public") == 2
    assert not hub.repos["org/pairs-tables"].private
    _assert_holds(hub, release)
    hub.repos["org/pairs-tables"].private = True
    code, _, err = call(capsys, *args, "--public", "-q")
    assert code == 2 and "org/pairs-tables: is private, and --public was given" in err
    hub.repos["org/pairs"].private = True
    code, out, _ = call(capsys, *args, "-q")
    assert code == 0 and out.count(", private") == 2


def test_a_hub_that_makes_it_public_gets_nothing(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import HfApi

    real = HfApi.create_repo
    monkeypatch.setattr(HfApi, "create_repo", lambda api, repo, **kw: real(api, repo, **(kw | {"private": False})))
    with pytest.raises(PmcmineError, match="made it public, which is not what you asked for"):
        publish(_release(tmp_path / "ours"), "org/pairs", endpoint=hub.url)
    assert not hub.puts and set(hub.files("org/pairs")) <= {".gitattributes"}


@pytest.mark.parametrize("name", ["pairs", "a/b/c", "/b", "a/", "a b/c", "a/b c", "a/../b", "..", "a/b--c", "a/b..c",
                                  "a/b.git", "a/b@main", "a/-b", "a/b\n", "a/" + "b" * 90, "é/b", "hf://a/b"])  # fmt: skip
def test_names_that_are_none(name: str, tmp_path: Path) -> None:
    with pytest.raises(PmcmineError, match="is not a repo name"):
        repo_name(name, "shards")


def _before_commit(hub: HubServer, monkeypatch: pytest.MonkeyPatch, n: int, action: Callable[[], None]) -> None:
    """Do something between the n-th look of an upload at a repo and its commit."""
    real, seen = Target.commit, [0]

    def commit(self: Target, api: Any, operations: list[Any], message: str) -> None:
        seen[0] += 1
        if seen[0] == n:
            action()
        real(self, api, operations, message)

    monkeypatch.setattr(Target, "commit", commit)


@pytest.mark.parametrize("n", range(1, 4))
def test_a_repo_that_changes_meanwhile_is_left(
    n: int, hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first commit, the one of the files, and the last one."""
    with monkeypatch.context() as patched:
        _before_commit(hub, patched, n, lambda: _put(hub, "org/pairs", {"data/precious.csv": b"1"}))
        release = _release(tmp_path / "ours")
        with pytest.raises(PmcmineError, match="it was changed by someone else during this upload") as refused:
            publish(release, "org/pairs", endpoint=hub.url)
    assert "\n" not in str(refused.value) and hub.repos["org/pairs"].commits[-1][2] == "theirs"
    assert "release.json" not in hub.files("org/pairs")
    publish(release, "org/pairs", endpoint=hub.url, adopt=n == 1)
    assert _remote(hub, "org/pairs") == _expected(release, "shards") | {"data/precious.csv": b"1"}


def test_an_answer_that_was_lost_is_no_change_of_others(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, lost = hub_server._Handler._add, set()

    def add(self: Any, repo: Any, repo_id: str, body: bytes) -> None:
        if body in lost:
            real(self, repo, repo_id, body)
            return
        lost.add(body)
        with monkeypatch.context() as patched:
            patched.setattr(self, "_json", lambda *args, **kwargs: None, raising=False)
            real(self, repo, repo_id, body)
        self._answer(503, b"", {"Retry-After": "0.01"})

    monkeypatch.setattr(hub_server._Handler, "_add", add)
    release = _release(tmp_path / "ours")
    publish(release, "org/pairs", endpoint=hub.url)
    _assert_holds(hub, release)
    assert len(lost) == 6 == sum(len(repo.commits) - 1 for repo in hub.repos.values())


def test_a_hub_that_is_at_another_commit_is_asked_again(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target_module.time, "sleep", lambda seconds: None)
    real, left = target_module.patiently, [2]

    def conflicts(action: Callable[[], Any], what: str) -> Any:
        if what.startswith("committing") and left[0]:
            left[0] -= 1
            raise target_module.Conflict(what)
        return real(action, what)

    monkeypatch.setattr(target_module, "patiently", conflicts)
    release = _release(tmp_path / "ours")
    publish(release, "org/pairs", endpoint=hub.url)
    _assert_holds(hub, release)
    left[0] = 99
    with pytest.raises(PmcmineError, match="changed by someone else"):
        publish(_release(tmp_path / "ours", text="later"), "org/pairs", endpoint=hub.url)


@pytest.mark.parametrize("begun", ["empty", "whole"])
@pytest.mark.parametrize(("seed", "text"), [(0, ""), (0, "x"), (1, "")])
def test_two_uploads_at_once_end_as_one_release(
    begun: str, seed: int, text: str, hub: HubServer, tmp_path: Path
) -> None:
    """The same files; other files of the same release; another release. Repeated, until one of them is whole."""
    if begun == "whole":
        publish(_release(tmp_path / "old", shards=2), "org/pairs", endpoint=hub.url)
    releases = [_release(tmp_path / "a", shards=4), _release(tmp_path / "b", seed, 4 + 3 * seed, text)]
    barrier = threading.Barrier(2)
    refused: list[PmcmineError | None] = [None, None]

    def upload(i: int) -> None:
        barrier.wait()
        try:
            publish(releases[i], "org/pairs", endpoint=hub.url)
        except PmcmineError as error:
            refused[i] = error

    threads = [threading.Thread(target=upload, args=(i,)) for i in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for error in filter(None, refused):
        assert "changed by someone else" in str(error) or "another release" in str(error)
    assert None in refused, refused
    assert id_of(parse_release(hub.files("org/pairs")["release.json"], "")) in {
        id_of(load_release(Folder(str(r)))) for r in releases
    }
    shards = {p for p in hub.files("org/pairs") if p.endswith(".tar")}
    assert len(shards) in {4, 4 + 3 * seed}
    for repo, folder in REPOS.items():
        assert _remote(hub, repo) in [_expected(r, folder) for r in releases]
        assert all("release.json" not in tree or _is_whole(tree) for _, tree, _ in hub.repos[repo].commits)
    if not any(refused):
        return
    publish(releases[refused.index(None)], "org/pairs", endpoint=hub.url)
    _assert_holds(hub, releases[refused.index(None)])


def _is_whole(tree: dict[str, File]) -> bool:
    """Tell whether a revision holds the shards of its release.json, those of no other."""
    files = {f["name"]: f["sha256"] for f in json.loads(tree["release.json"].data)["files"]}
    listed = {n.removeprefix("shards/"): h for n, h in files.items() if n.endswith(".tar")}
    there = {p: sha256(f.data).hexdigest() for p, f in tree.items() if p.endswith(".tar")}
    return not there or there == listed


def test_the_later_of_two_updates_stops_before_repos_are_of_two_releases(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(_release(tmp_path / "old", shards=2), "org/pairs", endpoint=hub.url)
    other, release = _release(tmp_path / "other", text="x"), _release(tmp_path / "ours")
    real, begun = look, [False]

    def looked(api: Any, repo_id: str) -> Any:
        if not begun[0] and threading.current_thread() is threading.main_thread():
            found = real(api, repo_id)
            begun[0] = repo_id == "org/pairs-tables"
            if begun[0]:  # between the check of all repos and the first commit
                with monkeypatch.context() as patched:
                    for module in (target_module, ownership):
                        patched.setattr(module, "look", real)
                    _put(hub, "org/pairs-tables", {"notes.txt": (other / "release.json").read_bytes()})
            return found
        return real(api, repo_id)

    for module in (target_module, ownership):
        monkeypatch.setattr(module, "look", looked)
    before = hub.files("org/pairs")
    with pytest.raises(PmcmineError, match="org/pairs-tables: it was changed by someone else"):
        publish(release, "org/pairs", endpoint=hub.url)
    assert hub.files("org/pairs") == before


def test_a_tag_is_at_the_newest_whole_revision(hub: HubServer, tmp_path: Path) -> None:
    release = _release(tmp_path / "ours")
    tag = publish(release, "org/pairs", endpoint=hub.url)[0].tag
    repo = hub.repos["org/pairs"]
    first = repo.tags[tag]
    assert first == repo.commits[-1][0]
    publish(release, "org/pairs", endpoint=hub.url)
    assert repo.tags == {tag: first}
    repo.tags[tag] = repo.commits[0][0]  # as a history that was squashed leaves it
    publish(release, "org/pairs", endpoint=hub.url)
    assert repo.tags == {tag: first}
    later = publish(_release(tmp_path / "ours", shards=3, text="later"), "org/pairs", endpoint=hub.url)[0].tag
    assert repo.tags == {tag: first, later: repo.commits[-1][0]}


@pytest.mark.parametrize("what", ["damaged", "link", "card link", "name", "freed"])
def test_only_files_of_the_release_are_sent(
    what: str, hub: HubServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = _release(tmp_path / "ours")
    shard, card = release / _shard(1, 3), release / "shards" / "README.md"
    secret = tmp_path / "id_rsa"
    secret.write_bytes(b"S3CR3T" + shard.read_bytes()[6:])
    state = json.loads((release / "release.json").read_text())
    if what == "damaged":
        shard.write_bytes(secret.read_bytes())
    elif what in ("link", "card link"):
        path = shard if what == "link" else card
        path.unlink()
        path.symlink_to(secret)
    elif what == "name":
        state["files"].append({"name": "shards/../../id_rsa", "bytes": secret.stat().st_size, "sha256": ""})
    else:
        state["run"]["free_published"] = True
        shard.unlink()
    (release / "release.json").write_text(json.dumps(state))
    code, _, err = call(capsys, "publish", str(release), "org/pairs", "--endpoint", hub.url, "-q")
    assert code == 2 and err.count("\n") == 1, err
    said = {"damaged": "is damaged", "freed": "neither here nor on the Hub"}
    assert said.get(what, "leads out of" if "link" in what else "'..'") in err
    assert all(b"S3CR3T" not in data for data in hub.objects.values())
    assert all(b"S3CR3T" not in f.data for r in hub.repos.values() for _, tree, _ in r.commits for f in tree.values())


def test_damaged_metrics_are_left_out_of_the_card(hub: HubServer, tmp_path: Path) -> None:
    release = _release(tmp_path / "ours")
    for text in ("{", "[]", "{}", "[" * 100_000, '{"seconds": "x"}'):
        (release / "metrics.json").write_text(text)
        said: list[str] = []
        publish(release, "org/pairs", endpoint=hub.url, say=said.append)
        assert any("metrics.json can't be used" in line for line in said)
    _assert_holds(hub, release)


def test_a_release_that_changes_while_it_is_sent(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = _release(tmp_path / "ours")
    with monkeypatch.context() as patched:
        _before_commit(hub, patched, 2, lambda: (release / "release.json").write_text("{}") and None)
        with pytest.raises(PmcmineError, match="the release changed during the upload"):
            publish(release, "org/pairs", endpoint=hub.url)
    assert "release.json" not in hub.files("org/pairs")


def _mining(hub: HubServer, tmp_path: Path, **more: Any) -> Any:
    return load_config({"source": str(tmp_path), "out": str(tmp_path / "out"), "publish_to": "org/pairs",
                        "endpoint": hub.url, **more})  # fmt: skip


def test_shards_of_a_run_are_not_mixed_with_those_of_a_whole_release(hub: HubServer, tmp_path: Path) -> None:
    """Objects go ahead; the commit waits for the whole release; shards that would leave the disk are refused."""
    old = _release(tmp_path / "old", shards=2)
    publish(old, "org/pairs", endpoint=hub.url)
    release = _release(tmp_path / "out")
    identity = id_of(load_release(Folder(str(release))))
    work = Folder(str(tmp_path / "work"))
    from pmcmine.io import sealed
    from pmcmine.work.records import ShardRecord

    for i in range(3):
        data = (release / _shard(i, 3)).read_bytes()
        record = ShardRecord(_shard(i, 3), sha256(data).hexdigest(), len(data), 1)
        work.write(f"assembled/{record.name}.json", sealed.to_bytes(record.to_object()))
    before = _state(hub)
    paths = [("shards", _shard(i, 3).removeprefix("shards/")) for i in range(3)]
    published = Published(_mining(hub, tmp_path), work, Folder(str(release)), identity, paths)
    published.finish()
    assert _state(hub) == before and len(hub.puts) == 6
    publish(release, "org/pairs", endpoint=hub.url)
    _assert_holds(hub, release)
    assert all(n == 1 for n in hub.puts.values())
    freed = _mining(hub, tmp_path, free_published=True)
    with pytest.raises(PmcmineError, match="holds a complete release, and --free-published would mix"):
        Published(freed, work, Folder(str(release)), identity, paths)
    check_hub(freed, lambda line: None)  # the release is whole: what is on the Hub is its own
    (release / "release.json").unlink()
    with pytest.raises(PmcmineError, match="--free-published would mix"):
        check_hub(freed, lambda line: None)


def test_a_run_asks_whose_the_repos_are_before_it_mines(hub: HubServer, tmp_path: Path) -> None:
    _put(hub, "org/pairs-tables", {"data.csv": b"1"})
    before = _state(hub)
    with pytest.raises(PmcmineError, match="org/pairs-tables: holds files that pmcmine did not put there"):
        check_hub(_mining(hub, tmp_path), lambda line: None)
    check_hub(_mining(hub, tmp_path, publish_adopt=True), lambda line: None)
    with pytest.raises(PmcmineError, match="is private, and --public"):
        check_hub(_mining(hub, tmp_path, publish_adopt=True, publish_public=True), lambda line: None)
    assert _state(hub) == before


def test_an_applied_commit_with_changes_of_others_is_none() -> None:
    """What else is there must be as it was."""
    entry = SimpleNamespace(path="a", size=1, lfs=None, blob_id="1")
    trees = {"old": [entry], "same": [entry], "more": [entry, SimpleNamespace(path="b", size=1, lfs=None, blob_id="2")]}
    api = SimpleNamespace(list_repo_tree=lambda repo, revision, **kw: trees[revision])
    assert target_module._is_applied(api, "r", "old", "same", [])
    assert not target_module._is_applied(api, "r", "old", "more", [])
