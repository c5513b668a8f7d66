"""Updates: a release brought up to date equals one made at once from today's source, but for where things lie."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import webdataset

from pipelines import job
from pmcmine.config import load_config, update_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import DemoArticle, DemoFigure, many_articles
from pmcmine.errors import PmcmineError
from pmcmine.ids import natural_split
from pmcmine.io.folder import Folder
from pmcmine.publish.upload import publish
from pmcmine.publish.verify import verify_folder, verify_hub
from pmcmine.run.progress import Progress
from tests.end_to_end.test_engines import FAKE_GCS, gcs
from tests.helpers import NO_MODELS, contents, mine, places_hold, release_json, rows, samples, tree
from tests.hub_server import HubServer
from tests.test_cli import call

LIGHT = NO_MODELS | {
    "small_splits": False, "panel_shards": True, "parquet_images": True, "shard_bytes": 300_000, "max_reject_share": 1.0,
}  # fmt: skip
__all__ = ["gcs"]
Articles = dict[int, DemoArticle]


def _numbers(split: str, n: int, first: int) -> list[int]:
    """Numbers of PMCIDs that fall into a split."""
    found = []
    while len(found) < n:
        if natural_split(f"PMC{first}") == split:
            found.append(first)
        first += 1
    return found


def _start() -> Articles:
    """Train, validation and test; images and captions that train shares with the others, and within itself."""
    articles = {a.pmcid: a for a in many_articles(14, first=9_200_001) if natural_split(f"PMC{a.pmcid}") == "train"}
    plain = list(articles.values())
    for split in ("validation", "test"):
        for n, number in enumerate(_numbers(split, 3, 9_210_000)):
            articles[number] = replace(plain[n], pmcid=number)
    shared = DemoFigure(
        ("micrograph", "bars"), seed=77, caption="(A) Shared picture of the pons. (B) Its counts by day."
    )
    twin = DemoFigure(
        ("gel",),
        seed=78,
        caption="A boilerplate caption of forty words about a gel that was run twice on one day, dried, scanned at high resolution and quantified by two readers who did not know of the groups, with all bands of the ladder labelled in kilodaltons.",
    )
    for number in (
        *_numbers("train", 3, 9_220_000),
        *_numbers("test", 1, 9_220_000),
        *_numbers("validation", 1, 9_220_000),
    ):
        articles[number] = replace(plain[4], pmcid=number, figures=(shared, replace(twin, seed=number)))
    return articles


def _source(folder: Path, articles: Articles) -> str:
    shutil.rmtree(folder, ignore_errors=True)
    write_bucket(folder, list(articles.values()))
    return str(folder)


def _update(release: Path, source: str, day: str, compact: bool = False, **flags: Any) -> job.Outcome:
    config = update_config(str(release), {"source": source, "max_reject_share": 1.0, **flags})
    return job.update(config, day, compact, Progress(quiet=True))


def _full(folder: Path, source: str) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    mine(load_config({**LIGHT, "source": source, "out": str(folder)}))
    return folder


def _same(updated: Path, full: Path) -> None:
    """Equal in all but the places, and the tombstones of what a full run never saw."""
    ours, theirs = contents(updated), contents(full)
    assert set(theirs.pop("tombstones")) <= set(ours.pop("tombstones"))
    for counts in (ours["counts"], theirs["counts"]):
        counts["rows"] = {k: n for k, n in counts["rows"].items() if n and k != "tombstones"}  # files stay, emptied too
    for part in sorted({*ours, *theirs}):
        assert ours[part] == theirs[part], part
    places_hold(updated)
    assert not verify_folder(updated).problems


def _pick(articles: Articles, rng: random.Random, n: int) -> list[int]:
    return rng.sample(sorted(articles), n)


def _changes(day: int) -> list[Callable[[DemoArticle], DemoArticle]]:
    """What befalls articles on a day, one each."""
    return [
        lambda a: replace(a, license_code="TDM" if day % 2 else "CC BY-NC"),
        lambda a: replace(a, license_code="CC BY"),
        lambda a: replace(a, retracted=day != 7),
        lambda a: replace(a, version=a.version + 1),
        lambda a: replace(a, figures=(*a.figures[1:], DemoFigure(("lines",), seed=day))),
        lambda a: replace(a, damage="truncated" if day < 8 else ""),
    ]


def _days(articles: Articles) -> Iterator[tuple[str, Articles]]:
    """Ten days: additions, changes of text, images and licences, new versions, retractions, returns, and quiet."""
    rng = random.Random(5)
    gone: Articles = {}
    for day in range(1, 11):
        if day == 4:
            yield f"2026-11-{day:02d}", articles  # nothing happened
            continue
        added = many_articles(3, first=9_300_000 + 100 * day)
        articles = articles | {a.pmcid: a for a in added}
        if day in (1, 2, 5, 8):
            for number in _pick(articles, rng, 2):
                gone[number] = articles.pop(number)
        if day == 3:  # those that train's shared pictures leak into
            for number in [n for n in articles if 9_220_000 <= n < 9_300_000 and natural_split(f"PMC{n}") != "train"]:
                gone[number] = articles.pop(number)
        if day == 6:
            articles |= gone
            gone = {}
        for change in _changes(day):
            for number in _pick(articles, rng, 1):
                articles[number] = change(articles[number])
        yield f"2026-11-{day:02d}", articles


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_days_equal_full_runs(tmp_path: Path) -> None:
    articles = _start()
    release = _full(tmp_path / "release", _source(tmp_path / "source", articles))
    left_out = [r for r in rows(release, "figures") if r["leaks_into"]]
    assert {r["leaks_into"] for r in left_out} == {"test"} and len(left_out) >= 3
    for day, today in _days(articles):
        source = _source(tmp_path / "source", today)
        before = tree(release, "shards", "tables")
        outcome = _update(release, source, day)
        assert outcome.fresh == (day != "2026-11-04")
        if not outcome.fresh:
            assert tree(release, "shards", "tables") == before
            continue
        if day[-2:] in ("01", "03", "06", "08", "10"):  # what another day did wrong is still there on one of these
            _same(release, _full(tmp_path / "full", source))
        if day == "2026-11-03":  # what they leaked into is gone
            again = [r for r in rows(release, "figures") if r["figure_id"] in {x["figure_id"] for x in left_out}]
            assert any(r["shard"] for r in again)
        # No file was renamed: what is there now has an old name, or that of the day.
        now = tree(release, "shards", "tables")
        assert all(
            f"inc{day.replace('-', '')}" in name or "/README" in name
            for name in set(now) - set(before)
            if name.endswith(".tar")
        )
    reasons = {t["reason"] for t in rows(release, "tombstones")}
    assert {"retracted", "withdrawn", "relicensed"} <= reasons
    _update(release, source, "2026-11-11", compact=True)
    full = tmp_path / "full"
    _same(release, full)
    assert tree(release, "shards", "shards-panels").keys() - tree(full, "shards", "shards-panels").keys() == {
        str(p.relative_to(release)) for p in (release / "shards" / "removed").iterdir()
    }
    tars = list((full / "shards").rglob("*.tar"))
    assert tars and all((release / p.relative_to(full)).read_bytes() == p.read_bytes() for p in tars)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Articles]:
    """A release, the source of the day after, and what it holds."""
    folder = tmp_path_factory.mktemp("update")
    articles = _start()
    release = _full(folder / "release", _source(folder / "source", articles))
    numbers = sorted(articles)
    tomorrow = dict(articles)
    del tomorrow[numbers[0]]
    tomorrow[numbers[1]] = replace(articles[numbers[1]], retracted=True)
    tomorrow[numbers[2]] = replace(articles[numbers[2]], license_code="TDM")
    tomorrow[numbers[3]] = replace(articles[numbers[3]], license_code="CC BY-NC")
    tomorrow |= {a.pmcid: a for a in many_articles(4, first=9_400_001)}
    return release, Path(_source(folder / "tomorrow", tomorrow)), tomorrow


def _copy(begun: tuple[Path, Path, Articles], folder: Path) -> Path:
    shutil.copytree(begun[0], folder / "release")
    return folder / "release"


@pytest.fixture(scope="module")
def updated(begun: tuple[Path, Path, Articles], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, job.Outcome]:
    """The release brought to the day after, at once."""
    release = _copy(begun, tmp_path_factory.mktemp("updated"))
    return release, _update(release, str(begun[1]), "2026-11-25")


def test_a_delta_on_the_hub_holds_the_expected_ids(
    begun: tuple[Path, Path, Articles],
    updated: tuple[Path, job.Outcome],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", "hf_secret_of_the_test")
    release = begun[0]
    before = samples(release)
    with HubServer(token="hf_secret_of_the_test") as hub:
        publish(release, "org/pairs", endpoint=hub.url)
        puts, commits = dict(hub.puts), len(hub.repos["org/pairs"].commits)
        release = updated[0]
        full = _full(tmp_path / "full", str(begun[1]))
        done = publish(release, "org/pairs", endpoint=hub.url)
        assert len(hub.repos["org/pairs"].commits) == commits + 1, "one commit, so that no revision is half a release"
        assert all(hub.puts[sha] == n for sha, n in puts.items()), "an object was sent again"
        tars = [p for p in hub.files("org/pairs") if p.endswith(".tar")]
        assert any("-inc20261125-" in p for p in tars)
        shards = []
        for n, path in enumerate(sorted(tars)):
            shards.append(str(tmp_path / f"{n}.tar"))
            url = f"{hub.url}/datasets/org/pairs/resolve/main/{path}"
            got = requests.get(url, headers={"Authorization": "Bearer hf_secret_of_the_test"}, timeout=30)
            got.raise_for_status()
            Path(shards[-1]).write_bytes(got.content)
        seen = [s["__key__"] for s in webdataset.WebDataset(shards, shardshuffle=False)]
        expected = samples(full)
        assert sorted(seen) == sorted(expected)
        removed = hub.files("org/pairs")["shards/removed/inc20261125.txt".removeprefix("shards/")].decode().split()
        assert removed == sorted(set(before) - set(expected)) and removed
        assert done[0].kept > 0
        assert not verify_hub("org/pairs", endpoint=hub.url).problems


def test_only_what_changed_is_read_and_the_rest_stays(
    begun: tuple[Path, Path, Articles], updated: tuple[Path, job.Outcome]
) -> None:
    before = tree(begun[0], "shards", "tables")
    release, outcome = updated
    last = outcome.release.updates[-1]
    assert last.articles == {"new": 4, "changed": 3, "retried": 0, "gone": 1}
    now = tree(release, "shards", "tables")
    tars = [n for n in before if n.endswith(".tar")]
    kept = [n for n in tars if now.get(n) == before[n]]
    assert kept and set(last.rewritten) & set(kept) == set()
    metrics = json.loads((release / "metrics.json").read_text())
    assert metrics["counts"]["pmcids"] == len(begun[2])
    reasons = {t["pmcid"]: t["reason"] for t in rows(release, "tombstones")}
    assert sorted(reasons.values()) == ["relicensed", "retracted", "withdrawn"]
    again = _update(release, str(begun[1]), "2026-11-26")
    assert not again.fresh and not (release / "_work").exists()


@pytest.mark.slow
def test_an_update_that_is_killed_goes_on(
    begun: tuple[Path, Path, Articles], updated: tuple[Path, job.Outcome], tmp_path: Path
) -> None:
    expected = tree(updated[0], "shards", "tables", "state")
    release = _copy(begun, tmp_path)
    command = [
        sys.executable, "-m", "pmcmine", "update", str(release), "--source", str(begun[1]), "--date", "2026-11-25",
        "--set", "max_reject_share=1", "-q",
    ]  # fmt: skip
    rng = random.Random(3)
    kills = 0
    for _ in range(6):
        process = subprocess.Popen(command, env=os.environ | {"PMCMINE_VOCAB_DIR": os.devnull})
        try:
            process.wait(rng.uniform(1.0, 5.0))
            break
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
    if (release / "_work").exists() or "updates" not in release_json(release) or not release_json(release)["updates"]:
        assert subprocess.run(command, env=os.environ | {"PMCMINE_VOCAB_DIR": os.devnull}, check=False).returncode == 0
    assert kills
    assert tree(release, "shards", "tables", "state") == expected
    assert not (release / "_work").exists()


def test_killed_while_files_move_into_place(
    begun: tuple[Path, Path, Articles],
    updated: tuple[Path, job.Outcome],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = tree(updated[0], "shards", "tables", "state")
    release = _copy(begun, tmp_path)
    from pmcmine.io.folder import Folder

    take = Folder.take
    left = 7

    def killed(self: Folder, other: Folder, name: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        take(self, other, name)

    monkeypatch.setattr(Folder, "take", killed)
    with pytest.raises(KeyboardInterrupt):
        _update(release, str(begun[1]), "2026-11-25")
    monkeypatch.setattr(Folder, "take", take)
    with pytest.raises(PmcmineError, match="killed before it finished; run `pmcmine update` again"):
        publish(release, "org/pairs", endpoint="http://127.0.0.1:9")
    _update(release, str(begun[1]), "2026-11-25")
    assert tree(release, "shards", "tables", "state") == expected


def test_what_an_update_refuses(
    begun: tuple[Path, Path, Articles], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = _copy(begun, tmp_path)
    for arguments, message in (
        (["update", str(tmp_path / "nothing")], "no release.json"),
        (["update", str(release), "--date", "25.11.2026"], "give YYYY-MM-DD"),
        (["update", str(release), "--set", "seed=4"], "can't change the content of the release"),
    ):
        code, _, err = call(capsys, *arguments)
        assert code == 2 and message in err and err.count("\n") == 1, err
    shutil.rmtree(release / "state")
    code, _, err = call(capsys, "update", str(release), "--source", str(begun[1]))
    assert code == 2 and "keep_state=false" in err


@pytest.mark.slow
def test_a_fault_is_tried_again(tmp_path: Path) -> None:
    articles = _start()
    source = Path(_source(tmp_path / "source", articles))
    number = sorted(articles)[0]
    lost = source / f"PMC{number}.1" / f"PMC{number}.1.xml"
    data = lost.read_bytes()
    lost.unlink()
    release = _full(tmp_path / "release", str(source))
    assert [r["reason"] for r in rows(release, "rejects") if r["pmcid"] == f"PMC{number}"] == ["xml_missing"]
    lost.write_bytes(data)
    outcome = _update(release, str(source), "2026-11-25")
    assert outcome.release.updates[-1].articles["retried"] >= 1
    _same(release, _full(tmp_path / "full", str(source)))


@pytest.mark.slow
@pytest.mark.skipif(not FAKE_GCS, reason="PMCMINE_FAKE_GCS names no GCS emulator")
def test_on_an_object_store(begun: tuple[Path, Path, Articles], gcs: str, tmp_path: Path) -> None:
    local = _copy(begun, tmp_path)
    remote = Folder(gcs)
    for path in sorted(local.rglob("*")):
        if path.is_file():
            remote.write(str(path.relative_to(local)), path.read_bytes())
    _update(local, str(begun[1]), "2026-11-25")
    job.update(
        update_config(gcs, {"source": str(begun[1]), "max_reject_share": 1.0}),
        "2026-11-25",
        False,
        Progress(quiet=True),
    )
    theirs = {
        name: hashlib.sha256(remote.read(name)).hexdigest()
        for name in remote.walk()
        if name.split("/")[0] in ("shards", "shards-panels", "shards-parquet", "tables", "state")
    }
    assert theirs == tree(local, "shards", "shards-panels", "shards-parquet", "tables", "state")
    assert not [name for name in remote.walk() if name.startswith("_work/")]
