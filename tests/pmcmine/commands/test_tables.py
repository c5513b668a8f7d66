"""Tables of the command line: drawn on a terminal, plain lines into a pipe."""

from __future__ import annotations

import sys

import pytest

from pmcmine.commands.tables import TerminalTable, show

TABLE = TerminalTable(("name", "number"), [("[bold]a", "1"), ("b", "1,000")], numbers=(1,), title="all [of them]")


def test_a_pipe_gets_the_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    show(["a 1", "b 1,000"], TABLE, "end")
    assert capsys.readouterr().out == "a 1\nb 1,000\n"


def test_a_terminal_gets_tables_with_the_words_as_they_are(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")  # 80 columns, no colours
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    show(["a 1"], TABLE, "end")
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == ["all [of them]", "name     number", "[bold]a       1", "b         1,000", "end"]
