"""The Hub as it is: users and rights, renamed repos, files that come from and go to another host, Xet."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from pmcmine import stream
from pmcmine.errors import PmcmineError
from pmcmine.publish.upload import publish
from pmcmine.publish.verify import verify_hub
from tests.end_to_end.test_publish_ownership import _assert_holds, _release
from tests.hub_server import HubServer
from tests.pmcmine.stream.test_ranges import _push
from tests.test_cli import call
from tests.tiny_release import SHARD, write_release

MINE = "hf_secret_of_the_test"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A Hub of two users; the client of this process is the one that may write to `org`."""
    from huggingface_hub import HfFileSystem, constants

    with HubServer(users={MINE: ("me", "org"), "hf_of_another": ("they",)}) as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setenv("HF_TOKEN", MINE)
        HfFileSystem.clear_instance_cache()
        yield server
        assert not server.leaked, "the storage was sent the token of the Hub"
    HfFileSystem.clear_instance_cache()


def test_a_private_release_is_streamed_without_the_token_for_its_storage(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import HfFileSystem

    rows = write_release(tmp_path / "release", 30)
    _push(hub, tmp_path / "release")
    for repo in hub.repos.values():
        repo.private = True
    assert sorted(s["key"] for s in stream.open("org/pairs", seed=1)) == sorted(r["key"] for r in rows)
    oid = sha256((tmp_path / "release" / "shards" / SHARD).read_bytes()).hexdigest()
    assert f"GET /lfs/{oid}" in hub.requests  # the shard came from the other host
    hub.requests.clear()
    # Ranges that do not touch: the Hub is asked once where the shard lies, and again when that address has ended.
    ranges = stream.open("org/pairs", where="year % 3 = 0")._ranges
    sizes = [len(ranges.read(SHARD, at, at + 700)) for at in (0, 9_000, 50)]
    asked = [r for r in hub.requests if "/resolve/" in r and r.endswith(SHARD)]
    assert sizes == [700] * 3 and len(asked) == 1 and hub.requests.count(f"GET /lfs/{oid}") == 3
    monkeypatch.setattr("tests.hub_server._signature", lambda oid: "of the next hour")
    assert ranges.read(SHARD, 50, 60) == (tmp_path / "release" / "shards" / SHARD).read_bytes()[50:60]
    hub.renamed = {"old/pairs": "org/pairs", "old/pairs-tables": "org/pairs-tables"}
    assert len(list(stream.open("old/pairs"))) == 30
    for token in ("hf_of_another", "hf_unknown", ""):
        monkeypatch.setenv("HF_TOKEN", token)
        HfFileSystem.clear_instance_cache()
        with pytest.raises(PmcmineError) as refused:
            stream.open("org/pairs")
        assert str(refused.value).count("\n") == 0


def test_published_by_signed_addresses_to_namespaces_that_are_ours(
    hub: HubServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = _release(tmp_path / "ours")
    publish(release, "org/pairs", endpoint=hub.url)
    _assert_holds(hub, release)
    assert sum(hub.puts.values()) == 4 and {f"PUT /lfs/{oid}" for oid in hub.puts} <= set(hub.requests)
    assert not any("release.json" in problem for problem in verify_hub("org/pairs", endpoint=hub.url).problems)
    capsys.readouterr()
    code, out, err = call(capsys, "publish", str(release), "they/pairs", "--endpoint", hub.url, "-q")
    assert code == 2 and err.count("\n") == 1 and "rights" in err and MINE not in out + err, err
    assert "they/pairs" not in hub.repos
    hub.renamed = {"old/pairs": "org/pairs", "old/pairs-tables": "org/pairs-tables"}
    later = _release(tmp_path / "later", shards=4)
    publish(later, "old/pairs", endpoint=hub.url)
    _assert_holds(hub, later)


@pytest.mark.parametrize("token", ["hf_of_another", ""])
@pytest.mark.parametrize("kind", ["private", "gated"])
def test_a_reader_who_is_not_let_in_is_told_what_to_do(
    kind: str, token: str, hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import HfFileSystem

    write_release(tmp_path / "release", 3)
    _push(hub, tmp_path / "release")
    for repo in hub.repos.values():
        repo.private, repo.gated = kind == "private", kind == "gated"
    monkeypatch.setenv("HF_TOKEN", token)
    HfFileSystem.clear_instance_cache()
    said = "it is private" if kind == "private" else "readers have to be let in"
    for read in (lambda: verify_hub("org/pairs", endpoint=hub.url), lambda: stream.open("org/pairs")):
        with pytest.raises(PmcmineError) as refused:
            read()
        assert said in str(refused.value) and "HF_TOKEN" in str(refused.value), refused.value
        assert str(refused.value).count("\n") == 0


def test_xet_sends_only_what_its_storage_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Xet's own client, and the local storage that it has for tests: what a release shares with the next is kept."""
    import hf_xet

    monkeypatch.setenv("HF_TOKEN", MINE)
    (tmp_path / "store").mkdir()
    store = f"local://{tmp_path}/store"
    with HubServer(token=MINE, xet=str(tmp_path / "store")) as hub:
        for name, text in (("old", ""), ("new", "later")):
            release = _release(tmp_path / name, shards=2, text=text)
            publish(release, "org/pairs", endpoint=hub.url)
            tree = hub.repos["org/pairs"].commits[-1][1]
            tars = {p: f.lfs for p, f in tree.items() if p.endswith(".tar")}
            here = {p: release / "shards" / p for p in tars}
            assert len(tars) == 2 and tars == {p: sha256(f.read_bytes()).hexdigest() for p, f in here.items()}
            hashed = hf_xet.hash_files(list(map(str, here.values())))
            for n, (path, held) in enumerate(zip(here.values(), hashed, strict=True)):
                copy = tmp_path / f"{name}-{n}"
                wanted = hf_xet.PyXetDownloadInfo(str(copy), held.hash, held.file_size)
                hf_xet.download_files(
                    [wanted], endpoint=store, token_info=None, token_refresher=None, progress_updater=None
                )
                assert copy.read_bytes() == path.read_bytes()
        assert not hub.puts and not hub.leaked
        session = hf_xet.XetSession()
        with session.new_upload_commit(endpoint=store) as commit:
            sent = [commit.start_upload_file(str(path)) for path in here.values()]
        assert sum(s.result().dedup_metrics.new_bytes for s in sent) == 0
