"""The streaming reader: each sample once over all shares, resumption, conditions, faults, a Hub."""

from __future__ import annotations

import json
import os
import pickle
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmcmine import stream
from pmcmine.config import load_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import many_articles
from pmcmine.errors import PmcmineError
from pmcmine.publish.upload import publish
from pmcmine.stream import samples as stream_samples
from tests.helpers import NO_MODELS, mine, rows
from tests.hub_server import Faults, HubServer


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stream")
    write_bucket(folder / "bucket", many_articles(40))
    out = folder / "release"
    mine(load_config({"source": str(folder / "bucket"), "out": str(out), "shard_bytes": 1_000_000, **NO_MODELS}))
    return out


def _keys(samples: stream.Samples) -> list[str]:
    return [s["key"] for s in samples]


@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=5),
    st.integers(1, 9),
    st.none() | st.integers(0, 9),
    st.integers(0, 3),
)
@settings(max_examples=60, deadline=None)
def test_shares_are_disjoint_and_whole(shards: list[int], shares: int, seed: int | None, epoch: int) -> None:
    starts = [sum(shards[:i]) for i in range(len(shards))]
    dealt = stream.order(sum(shards), shares, seed, epoch, starts)
    assert sorted(i for share in dealt for i in share) == list(range(sum(shards)))
    assert dealt == stream.order(sum(shards), shares, seed, epoch, starts)
    if seed is None and shares == 1:
        assert dealt[0] == list(range(sum(shards)))


def test_four_ranks_see_each_sample_once_in_an_order_of_seed_and_epoch(release: Path) -> None:
    everything = _keys(stream.open(str(release)))
    train = [f["key"] for f in rows(release, "figures") if f["shard"] and f["split"] == "train"]
    assert sorted(everything) == sorted(train)
    shares = [_keys(stream.open(str(release), seed=1, rank=r, world_size=4)) for r in range(4)]
    assert sorted(k for share in shares for k in share) == sorted(train)
    samples = stream.open(str(release), seed=1)
    first = _keys(samples)
    assert first == _keys(stream.open(str(release), seed=1)) != everything and sorted(first) == sorted(train)
    samples.set_epoch(1)
    second = _keys(samples)
    assert second != first and sorted(second) == sorted(train)
    assert _keys(stream.open(str(release), seed=2)) != first


def test_it_goes_on_where_it_was(release: Path) -> None:
    """20 random points, in the same world with the same sequence, through JSON as a checkpoint would have it."""
    whole = _keys(stream.open(str(release), seed=5, rank=1, world_size=2))
    r = random.Random(0)
    for stop in [0, len(whole), *(r.randrange(len(whole)) for _ in range(18))]:
        samples = stream.open(str(release), seed=5, rank=1, world_size=2)
        begun = iter(samples)
        had = [next(begun)["key"] for _ in range(stop)]
        state = json.loads(json.dumps(samples.state_dict()))
        again = stream.open(str(release), seed=5, rank=1, world_size=2)
        again.load_state_dict(state)
        assert had + _keys(again) == whole


@pytest.mark.parametrize(("old", "new"), [(2, 3), (4, 1), (1, 4), (3, 2)])
def test_another_world_gets_the_same_rest(release: Path, old: int, new: int) -> None:
    had, states = [], []
    for rank in range(old):
        samples = stream.open(str(release), seed=7, rank=rank, world_size=old)
        begun = iter(samples)
        had += [next(begun)["key"] for _ in range(11)]
        states.append(samples.state_dict())
    rest = []
    for rank in range(new):
        samples = stream.open(str(release), seed=7, rank=rank, world_size=new)
        samples.load_state_dict(states[0])
        rest += _keys(samples)
    assert len(rest) == len(set(rest)) and sorted(had + rest) == sorted(_keys(stream.open(str(release))))


def test_a_state_of_something_else(release: Path) -> None:
    samples = stream.open(str(release), where="license = 'CC-BY'")
    with pytest.raises(PmcmineError, match="another release"):
        samples.load_state_dict(stream.open(str(release)).state_dict())


def test_text_is_composed(release: Path) -> None:
    def first(**options: Any) -> dict[str, Any]:
        return next(
            s for s in stream.open(str(release), **options) if len(s["json"]["panels"]) > 1 and s["json"]["mentions"]
        )

    sample = first()
    assert sample["txt"] == sample["json"]["caption"]
    assert first(caption="full+mentions")["txt"].startswith(sample["txt"] + " ")
    assert first(caption="panels")["txt"].startswith("A: ") and len(first(caption="title")["txt"]) < len(sample["txt"])
    some = next(iter(stream.open(str(release), columns=("license", "figure_id"))))
    assert set(some["json"]) == {"license", "figure_id"}
    for bad in ({"caption": "best"}, {"on_error": "ignore"}, {"where": "no such thing"}, {"rank": 2, "world_size": 2}):
        with pytest.raises(PmcmineError):
            stream.open(str(release), **bad)


def test_a_broken_shard_is_an_error_or_a_warning(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_samples, "_WAIT", 0.0)
    copy = tmp_path / "copy"
    shutil.copytree(release, copy)
    shard = sorted((copy / "shards").rglob("train-*.tar"))[0]
    n = sum(1 for f in rows(copy, "figures") if f["shard"] and shard.match(f"*{f['shard']}"))
    shard.write_bytes(shard.read_bytes()[:5000])
    name = shard.name
    with pytest.raises(PmcmineError, match=name):
        list(stream.open(str(copy)))
    with pytest.warns(UserWarning, match=name):
        left = list(stream.open(str(copy), on_error="warn"))
    assert 0 < n == len(list(stream.open(str(release)))) - len(left)


_ON_HUB = """
import json, sys
from pmcmine import stream
where = sys.argv[1] or None
print(json.dumps([s["key"] for s in stream.open("org/pairs", where=where, seed=3)]))
"""


def _on_hub(hub: HubServer, cache: Path, where: str = "") -> list[str]:
    env = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(cache), "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": "x"}
    done = subprocess.run([sys.executable, "-c", _ON_HUB, where], env=env, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-1500:]
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_from_a_hub_that_is_busy(release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", "x")
    with HubServer() as hub:
        publish(release, "org/pairs", endpoint=hub.url)
        hub._faults = Faults(0.1, seed=2)
        whole = _on_hub(hub, tmp_path)
        assert whole == _keys(stream.open(str(release), seed=3))
        hub._faults = None
        total = sum(f["sample_size"] for f in rows(release, "figures") if f["shard"] and f["split"] == "train")
        one = next(f for f in rows(release, "figures") if f["shard"] and f["split"] == "train")
        before = hub.read_bytes
        assert _on_hub(hub, tmp_path, f"figure_id = '{one['figure_id']}'") == [one["key"]]
        tables = sum(p.stat().st_size for p in (release / "tables" / "figures").rglob("*.parquet"))
        listing = (release / "release.json").stat().st_size
        assert hub.read_bytes - before <= one["sample_size"] + 0.02 * total + 2 * tables + listing


def test_iterations_are_epochs(release: Path) -> None:
    samples = stream.open(str(release), seed=1)
    epochs = [_keys(samples) for _ in range(3)]
    assert len({tuple(e) for e in epochs}) == 3 and len({tuple(sorted(e)) for e in epochs}) == 1
    assert samples.state_dict()["epoch"] == 3
    for epoch in (2, 0, 1):
        samples.set_epoch(epoch)
        assert _keys(samples) == epochs[epoch]
    # What was left early goes on; then comes the next epoch.
    samples.set_epoch(0)
    begun = iter(samples)
    had = [next(begun)["key"] for _ in range(9)]
    del begun
    assert had + _keys(samples) == epochs[0] and _keys(samples) == epochs[1]


def test_a_loop_over_epochs_resumes_in_the_middle_of_one(release: Path) -> None:
    samples = stream.open(str(release), seed=1)
    samples.set_epoch(2)
    begun = iter(samples)
    had = [next(begun)["key"] for _ in range(9)]
    again = stream.open(str(release), seed=1)
    again.load_state_dict(samples.state_dict())
    again.set_epoch(2)  # as its loop does for each epoch
    rest = _keys(again)
    again.set_epoch(2)
    assert had + rest == _keys(again)


def test_a_position_holds_over_several_changes_of_the_world(release: Path) -> None:
    had: list[str] = []
    state: dict[str, Any] | None = None
    for world, steps in ((2, 5), (3, 7), (1, 11), (4, 3), (2, 4)):
        states = []
        for rank in range(world):
            samples = stream.open(str(release), seed=7, rank=rank, world_size=world)
            if state is not None:
                samples.load_state_dict(state)
            begun = iter(samples)
            had += [next(begun)["key"] for _ in range(steps)]
            states.append(json.loads(json.dumps(samples.state_dict())))
        assert all(s == states[0] for s in states)
        state = states[0]
    assert state is not None
    for rank in range(3):
        samples = stream.open(str(release), seed=7, rank=rank, world_size=3)
        samples.load_state_dict(state)
        had += _keys(samples)
        length = len(samples)
        assert len(_keys(samples)) == length > 30  # the next epoch is whole
    assert sorted(had) == sorted(_keys(stream.open(str(release))))


def test_a_state_of_the_first_format_is_read(release: Path) -> None:
    samples = stream.open(str(release), seed=7)
    begun = iter(samples)
    had = [next(begun)["key"] for _ in range(5)]
    old = {**samples.state_dict(), "format": 1}
    del old["before"]
    again = stream.open(str(release), seed=7)
    again.load_state_dict(old)
    assert sorted(had + _keys(again)) == sorted(_keys(stream.open(str(release))))


def test_samples_travel_to_other_processes(release: Path) -> None:
    samples = stream.open(str(release), seed=3, where="license = 'CC-BY'", caption="full+mentions", columns=["doi"])
    assert list(pickle.loads(pickle.dumps(samples))) == list(samples)


@pytest.mark.parametrize(("options", "said"), [
    ({"split": "dev"}, "did you mean 'validation'"),
    ({"split": "trian"}, "did you mean 'train'"),
    ({"split": "everything"}, "choose from train, validation, test"),
    ({"caption": "panel+mention"}, "did you mean 'panels+mentions'"),
    ({"on_error": "wran"}, "did you mean 'warn'"),
    ({"columns": ["doi", "licence"]}, "did you mean 'license'"),
    ({"columns": "doi"}, "give a list"),
    ({"where": "licence = 'CC-BY'"}, "did you mean 'license'"),
    ({"where": "lst_contains(image_kinds, 'ct')"}, 'Did you mean "list_contains"'),
    ({"where": "image_kind_scores.xrays > 0.5"}, 'Candidate Entries: "xray"'),
    ({"where": 'license = "CC-BY"'}, "single quotes"),
    ({"where": "year >"}, "syntax error"),
    ({"where": "true) OR (true"}, "syntax error"),
    ({"where": "kind = 'CT'"}, "image_kinds has 'ct'"),
    ({"where": "license = 'CC BY'"}, "Did you mean 'CC-BY'"),
    ({"where": "figures.license <> 'cc0'"}, "Did you mean 'CC0'"),
    ({"where": "license IN ('CC0', 'CC-BY-4.0')"}, "license is never 'CC-BY-4.0'"),
    ({"where": "year > 2000 AND NOT (license_group IS NOT DISTINCT FROM 'comercial')"}, "'commercial'"),
    ({"where": "list_contains(image_kinds, 'CT')"}, "Did you mean 'ct'"),
    ({"where": "'x-ray' IN image_kinds"}, "Did you mean 'xray'"),
    ({"where": "'charts' = ANY(image_kinds)"}, "Did you mean 'chart'"),
    ({"where": "image_kinds[1] = 'gels'"}, "Did you mean 'gel'"),
    ({"where": "list_has_any(image_kinds, ['ct', 'mr'])"}, "image_kinds is never 'mr'"),
    ({"where": "image_kinds && ['Chart']"}, "Did you mean 'chart'"),
    ({"where": "len(list_filter(image_kinds, lambda k: k = 'maps')) > 0"}, "Did you mean 'map'"),
    ({"where": "CASE kind WHEN 'schema' THEN true ELSE false END"}, "Did you mean 'scheme'"),
    ({"where": "graphics[1].role = 'panels'"}, "Did you mean 'panel'"),
    ({"where": "split = 'val'"}, "Did you mean 'validation'"),
    ({"split": "test", "where": "format = 'jpg'"}, "Did you mean 'JPEG'"),
])  # fmt: skip
def test_what_a_release_does_not_have_is_an_error_with_the_nearest_name(
    release: Path, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(PmcmineError) as found:
        stream.open(str(release), **options)
    assert said in str(found.value) and "\n" not in str(found.value)


@pytest.mark.parametrize("where", [
    "license LIKE 'CC-BY%'", "lower(license) = 'cc-by'", "coalesce(leaks_into, 'none') = 'none'",
    "kind || '' = 'figure'", "license IN ('CC-BY', 'CC0') AND kind = 'figure'", "article_type = 'research-article'",
    "kind <> 'table_image' AND NOT list_contains(image_kinds, 'ct')", "regexp_matches(license, 'BY')",
])  # fmt: skip
def test_conditions_that_are_right(release: Path, where: str) -> None:
    assert len(stream.open(str(release), where=where)) > 0


def test_a_condition_that_chooses_nothing_says_so(release: Path) -> None:
    with pytest.warns(UserWarning, match="year > 3000.*match no sample"):
        assert len(stream.open(str(release), where="year > 3000")) == 0


def test_a_release_without_values_is_read(release: Path, tmp_path: Path) -> None:
    """An older release does not say which values its columns can have."""
    copy = tmp_path / "old"
    shutil.copytree(release, copy)
    for path in (copy / "tables" / "figures").rglob("*.parquet"):
        table = pq.ParquetFile(path).read()
        bare = pa.schema([pa.field(f.name, f.type, f.nullable) for f in table.schema])
        pq.write_table(table.cast(bare), path)
    (copy / "shards" / "schema.json").unlink()
    assert len(stream.open(str(copy), where="license = 'CC-BY'", columns=["doi"])) > 0
