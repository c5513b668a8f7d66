"""`--json`: every command that prints a result prints one JSON object on stdout, and nothing else there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pmcmine.cli import app
from pmcmine.commands.mine import print_summary
from pmcmine.commands.output import print_json
from pmcmine.io.folder import Folder
from pmcmine.release.record import load_release
from pmcmine.text import redact
from tests.test_cli import call

SERVES = {"browse"}


def _names(group: Any, prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if hasattr(command, "commands"):
            found |= _names(command, f"{prefix}{name} ")
        elif not command.hidden:
            found[f"{prefix}{name}"] = command
    return found


def test_every_command_with_a_result_has_it() -> None:
    commands = _names(app)
    assert {n for n, c in commands.items() if not any("--json" in p.opts for p in c.params)} == SERVES


def test_what_commands_print_for_programs(
    demo_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = str(demo_release)
    n = len(list((demo_release / "tables").rglob("*.parquet")))
    for args, expected in (
        (["verify", release], {"ok": True, "problems": []}),
        (["status", release], {"step": "complete", "failed": {}}),
        (["subset", release, "--table", "cases", "--out", str(tmp_path / "c.parquet")], {"table": "cases"}),
        (["export", release, "--format", "attribution", "--out", str(tmp_path / "a")], {"format": "attribution"}),
    ):
        code, out, _ = call(capsys, *args, "--json")
        said = json.loads(out)
        assert code == 0 and n and {k: said[k] for k in expected} == expected, args


def test_verify_says_in_json_what_is_wrong(
    demo_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(demo_release, copy)
    next((copy / "tables").rglob("*.parquet")).unlink()
    code, out, _ = call(capsys, "verify", str(copy), "--json")
    said = json.loads(out)
    assert code == 1 and not said["ok"] and said["problems"]


def test_the_end_of_a_run_in_both_forms(demo_release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = load_release(Folder(str(demo_release)))
    outcome: Any = SimpleNamespace(release=record, report="report.html", fresh=True, above_threshold=False)
    config: Any = SimpleNamespace(out=str(demo_release), pmcid=())
    assert print_summary(config, outcome, as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["samples"] == dict(record.counts.samples) and said["rejects"]["retracted"] == 4
    print_summary(config, outcome)
    assert f"next     pmcmine browse {demo_release}, " in capsys.readouterr().out


@pytest.mark.parametrize("condition", ["image_kinds = 'chart'", "year > 1 AND image_kinds IN ('chart')"])
def test_a_list_that_is_compared_with_a_text(
    demo_release: Path, capsys: pytest.CaptureFixture[str], condition: str
) -> None:
    code, _, err = call(capsys, "stats", str(demo_release), "--where", condition)
    assert code == 2 and "image_kinds is a list; ask list_contains(image_kinds, 'chart')" in err


def test_a_condition_holds_for_the_list_that_is_counted_by(
    demo_release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by = ["--by", "image_kinds", "--json"]
    _, out, _ = call(capsys, "stats", str(demo_release), "--where", "list_contains(image_kinds, 'ct')", *by)
    counted = {row["image_kinds"]: row["figures"] for row in map(json.loads, out.splitlines())}
    _, out, _ = call(capsys, "stats", str(demo_release), *by)
    assert counted["ct"] == {r["image_kinds"]: r["figures"] for r in map(json.loads, out.splitlines())}["ct"] > 0


def test_a_release_beside_is_suggested(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "release.json").touch()
    code, _, err = call(capsys, "stats", str(tmp_path / "relaese"))
    assert code == 2 and f"did you mean '{tmp_path}/release'?" in err and len(err.splitlines()) == 1


def test_a_licence_group_that_is_none_is_said(
    demo_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = [
        "export",
        str(demo_release),
        "--format",
        "attribution",
        "--groups",
        "comercial",
        "--out",
        str(tmp_path / "a"),
    ]
    code, _, err = call(capsys, *args)
    assert code == 2 and "--groups comercial: did you mean 'commercial'? choose from" in err


def test_a_password_is_hidden_and_leaves_json_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(redact, "_learnt", set())
    monkeypatch.setattr(redact, "_pattern", None)
    redact.remember(["1234", "true", "pässwörd", 'quo"ted'])
    print_json({"n": 1234, "ok": True, "said": ["the server got pässwörd", 'and quo"ted'], "mean": float("nan")})
    shown = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert shown == {"n": 1234, "ok": True, "said": ["the server got ***", "and ***"], "mean": None}


def test_values_of_queries_that_json_lacks(demo_release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    query = "SELECT 'nan'::DOUBLE AS a, MAP {[1, 2]: DATE '2026-01-01'} AS b, [1, NULL] AS c"
    code, out, _ = call(capsys, "stats", str(demo_release), "--json", "--sql", query)
    assert code == 0
    assert json.loads(out, parse_constant=pytest.fail)["a"] is None and '"2026-01-01"' in out and "[1, null]" in out
