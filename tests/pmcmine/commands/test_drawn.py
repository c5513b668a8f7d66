"""What `verify`, `vocab info` and `rehydrate` print on a terminal and into a pipe."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

import pytest

from pmcmine.commands import publish, rehydrate, vocab
from pmcmine.pointers.rehydrate import Rehydrated
from pmcmine.publish.verify import Verified

FACTS: dict[str, Any] = {
    "path": "lab.vocab", "name": "lab", "version": "HPO 1", "license_class": "open", "bytes": 2_000, "sha256": "ab",
    "origins": [{"name": "HPO\x1b", "version": "1", "license": "own", "sha256": "cd"}], "counts": {"concepts": 1_234},
}  # fmt: skip


def _on_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")  # 80 columns, no colours
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)


def _lines(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_rehydrate_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    rehydrate._show(Rehydrated(filled=Counter(figures=1_000), left=Counter(figures=2, grids=3), images=7), "filled")
    assert capsys.readouterr().out.splitlines() == [
        "figures          1,000 rows filled in, 2 are still pointers",
        "grids                0 rows filled in, 3 are still pointers",
        "samples              7",
        "filled",
    ]


def test_rehydrate_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _on_terminal(monkeypatch)
    rehydrate._show(Rehydrated(filled=Counter(figures=1_000), left=Counter(figures=2, grids=3), images=7), "filled")
    assert _lines(capsys) == [
        ["filled", "in", "still", "pointers"], ["figures", "1,000", "2"], ["grids", "0", "3"], ["samples", "7"],
        ["filled"],
    ]  # fmt: skip


def test_verify_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _on_terminal(monkeypatch)
    publish._show("mine", Verified(2, 1_000, 3, ["a.tar: is missing", "no file\x1b"]))
    assert _lines(capsys) == [
        ["file", "problem"], ["a.tar", "is", "missing"], ["no", "file\\x1b"], [],
        ["release", "files", "bytes", "rows", "problems"], ["mine", "2", "1,000", "3", "2"],
    ]  # fmt: skip


def test_verify_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    publish._show("mine", Verified(2, 1_000, 3, [f"{n}: is missing" for n in range(51)]))
    lines = capsys.readouterr().out.splitlines()
    assert lines[:1] + lines[50:] == [
        "0: is missing", "… and 1 more", "mine: 2 files, 1,000 bytes, 3 rows as release.json says", "51 problems",
    ]  # fmt: skip


def test_vocab_info_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _on_terminal(monkeypatch)
    vocab._show(FACTS)
    lines = _lines(capsys)
    assert ["licence", "open"] in lines and ["HPO\\x1b", "1", "own"] in lines and ["HPO\\x1b", "cd"] in lines
    assert ["concepts", "1,234"] in lines and ["bytes", "2,000"] in lines


def test_vocab_info_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    vocab._show(FACTS)
    assert capsys.readouterr().out.splitlines() == [
        "lab.vocab", "name      lab", "version   HPO 1", "licence   open", "  HPO\\x1b     1: own; SHA-256 cd",
        "concepts                1,234", "bytes                   2,000", "sha256    ab (checked)",
    ]  # fmt: skip
