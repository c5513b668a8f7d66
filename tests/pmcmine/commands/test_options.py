"""Options that are keys of the configuration: each is said once, and nothing is mined that was not asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pmcmine.commands.options import NO_FLAGS, ConfigCommand, UpdateCommand, help_text, keys
from pmcmine.commands.output import iso_day
from pmcmine.config import SECTIONS, MineConfig, ReleaseConfig, RunConfig, load_config
from pmcmine.errors import PmcmineError
from tests.test_cli import call


def test_every_key_is_declared_once_with_all_that_help_and_docs_say() -> None:
    assert {key.name for key in keys()} == set(MineConfig.model_fields)
    assert not set(ReleaseConfig.model_fields) & set(RunConfig.model_fields)
    for key in keys():
        assert key.section in SECTIONS and key.meaning and not key.meaning.endswith("."), key
        assert key.decides_release == (key.name in ReleaseConfig.model_fields)
        assert bool(key.flag) == (key.name not in NO_FLAGS)
        if not key.default:
            assert key.python_type is not bool or "if not given" in key.meaning, key
    assert [key.section for key in keys()] == sorted((key.section for key in keys()), key=SECTIONS.index)


def test_the_help_of_mine_shows_each_key_with_its_default_and_example(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    code, out, err = call(capsys, "mine", "--help")
    assert code == 0 and not err
    words = "".join(out.split())
    for key in keys():
        if key.flag:
            assert all(flag in out for flag in key.flag.split("/")) and "".join(help_text(key).split()) in words, key
    heads = [line[:-1] for line in out.splitlines() if re.match(r"[A-Z].*:$", line)]
    assert heads == ["Options", *SECTIONS]
    assert "Default:1000000000.Example:--shard-bytes500MB" in words


def test_update_takes_what_an_update_may_change(capsys: pytest.CaptureFixture[str]) -> None:
    changed = UpdateCommand.names_of_keys()
    assert {"source", "inventory", "vocab", "runner", "workers"} < changed < ConfigCommand.names_of_keys()
    assert changed - {"source", "inventory"} <= MineConfig.RUN_ONLY and not {"out", "all", "publish_to"} & changed
    _, out, _ = call(capsys, "update", "--help")
    assert "pmc-oa-opendata" not in out and "mined from if not given" in " ".join(out.split())
    assert "--retries" in out and "--publish-to" not in out and "--panels" not in out


@pytest.mark.parametrize("args", [[], ["mine"], ["vocab"], ["train"], ["eval"]])
def test_a_bare_command_shows_its_help(capsys: pytest.CaptureFixture[str], args: list[str]) -> None:
    code, out, err = call(capsys, *args)
    assert code == 0 and not err
    assert out == call(capsys, *args, "--help")[1]


def test_all_of_pmc_is_mined_only_if_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "c.toml"
    file.write_text('groups = ["commercial"]\n')
    for args in (["--out", str(tmp_path / "out")], ["--config", str(file)], ["--dry-run"], ["--no-all", "-q"]):
        code, out, err = call(capsys, "mine", *args)
        assert code == 2 and " mine [OPTIONS]" in out and "--concept-min-score" in out
        assert err.startswith("pmcmine: which articles?") and len(err.splitlines()) == 1
    assert not (tmp_path / "out").exists()
    assert not load_config({"inventory": "2026-09-14"}).chooses
    assert load_config({"all": True}).chooses and load_config({"limit": 5}).chooses
    assert load_config({"source": "https://pmc-oa-opendata.s3.amazonaws.com/"}).chooses
    file.write_text('pmcid = ["PMC1"]\n')
    assert load_config({}, str(file)).chooses
    monkeypatch.setenv("PMCMINE_MINE_ALL", "true")
    assert load_config({}).chooses


def test_flags_give_their_keys(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}
    monkeypatch.setattr(
        "pmcmine.commands.mine.run_mine", lambda config, dry, quiet, as_json: seen.update(config=config, dry=dry) or 0
    )
    code, _, err = call(
        capsys, "mine", "--source", ".", "--groups", "commercial, other", "--pmcid", "PMC1,PMC2", "--pmcid", "PMC3", "--vocab=none",
        "--no-privacy", "--keep-work", "--no-keep-state", "--concept-min-score", "0.5", "--max-reject-rate", "0.2", "--drop-benchmarks",
        "--beam=--a=1", "--beam=--b", "--shard-bytes", "5", "--set", "shard_bytes=6", "--dry-run",
    )  # fmt: skip
    assert code == 0, err
    config = seen["config"]
    assert config.groups == ("commercial", "other") and config.pmcid == ("PMC1", "PMC2", "PMC3")
    assert (config.privacy, config.keep_work, config.keep_state, config.panels) == (False, True, False, True)
    assert (config.concept_min_score, config.max_reject_share, config.shard_bytes) == (0.5, 0.2, 6)
    assert config.decontaminate_action == "drop" and config.beam == ("--a=1", "--b") and seen["dry"]


def test_commands_stand_in_the_order_of_the_work(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "--help")
    listed = [m[1] for line in out.splitlines() if (m := re.match(r"  ([a-z]+)  ", line))]
    assert listed == [
        "demo", "doctor", "plan", "download", "mine", "status", "update", "verify", "publish", "browse", "search", "stats",
            "subset", "export", "rehydrate", "score", "write", "index", "curate", "vocab",
        "link", "label", "train", "eval",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["1gb", "1GB", "1 GB", "1g", "1000MB", "1000000000"])
def test_a_size_takes_units_in_any_case(text: str) -> None:
    assert load_config({"source": "s", "shard_bytes": text}).shard_bytes == 1_000_000_000


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [("shard_bytes", "1x", "kB, MB, GB, TB, KiB, MiB, GiB or TiB"), ("inventory", "14.9.2026", "give YYYY-MM-DD")],
)
def test_a_size_or_date_that_is_none_says_what_is_taken(key: str, value: str, said: str) -> None:
    with pytest.raises(PmcmineError, match=f"{key}.*{said}"):
        load_config({"source": "s", key: value})


def test_dates_take_any_iso_form() -> None:
    for text in ("2026-09-14", "20260914", "2026-09-14T10:00:00Z"):
        assert load_config({"source": "s", "inventory": text}).inventory == iso_day(text, "--date") == "2026-09-14"
