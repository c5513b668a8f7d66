"""Commands from annotations: what click is told, and that the list of commands says what the commands say."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import click
import pytest
from click.testing import CliRunner

from pmcmine.cli import app
from pmcmine.commands.declare import Argument, Option, command
from pmcmine.commands.index import COMMANDS, SECTIONS
from tests.test_cli import call


def called(args: list[str]) -> tuple[int, Any]:
    seen: list[Any] = []

    def sample(
        ctx: click.Context,
        names: Annotated[list[Path] | None, Argument(help="Files.")] = None,
        share: Annotated[float, Option(help="A share.", min=0, max=1)] = 0.5,
        only: Annotated[list[str] | None, Option("--only", "-o", help="Some.")] = None,
        deep: Annotated[bool, Option(help="Look below.")] = True,
        loud: Annotated[bool, Option("--loud", help="Say more.")] = False,
        n_: Annotated[int | None, Option(help="How many.")] = None,
    ) -> None:
        """Do it."""
        seen.append((ctx.info_name, names, share, only, deep, loud, n_))

    done = CliRunner().invoke(command(sample, "sample"), args)
    return done.exit_code, seen[0] if seen else done.output


def test_what_a_function_gets() -> None:
    assert called([]) == (0, ("sample", None, 0.5, None, True, False, None))
    given = ["a", "b", "--share", "1", "-o", "x", "--only", "y", "--no-deep", "--loud", "--n", "3"]
    assert called(given) == (0, ("sample", [Path("a"), Path("b")], 1.0, ["x", "y"], False, True, 3))


@pytest.mark.parametrize("args", [["--share", "2"], ["--share", "much"], ["--n", "1.5"], ["--deeper"]])
def test_what_it_does_not_take(args: list[str]) -> None:
    code, said = called(args)
    assert code == 2 and args[0] in said


def test_the_help_shows_ranges_that_there_are_and_no_others() -> None:
    for name in app.list_commands(None):
        found = app.get_command(None, name)
        assert found is not None
        for one in [found, *(found.commands.values() if isinstance(found, click.Group) else ())]:
            said = one.get_help(click.Context(one, info_name=name))
            assert "=None" not in said and "None<" not in said, (name, one.name)
    asked = app.get_command(None, "browse")
    assert asked is not None and "0<=x<=65535" in asked.get_help(click.Context(asked, info_name="browse"))


def test_the_list_of_commands_is_right() -> None:
    assert {name for names in SECTIONS.values() for name in names} == set(COMMANDS) - {"slurm-job"}
    for name in app.list_commands(None):
        found = app.get_command(None, name)
        assert found is not None and found.name == name
        said = " ".join(inspect.cleandoc(found.help or "").split("\n\n")[0].split())
        assert COMMANDS[name].summary == said, name


def test_the_help_imports_no_command() -> None:
    heavy = (
        "('typer', 'rich', 'fsspec', 'pyarrow', 'duckdb', 'pydantic', 'importlib.metadata', 'pmcmine.commands.mine')"
    )
    code = (
        "import sys\nfrom pmcmine.cli import main\n"
        f"try: main(['--help'])\nexcept SystemExit: print([m for m in {heavy} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}"],
        capture_output=True,
        text=True,
    )
    assert done.stderr.strip() == "[]" and "rehydrate" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(capsys: pytest.CaptureFixture[str], shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = call(capsys, "--completion", shell)
    assert code == 0 and "_PMCMINE_COMPLETE" in out
    for name, value in (("_PMCMINE_COMPLETE", "zsh_complete"), ("COMP_WORDS", "pmcmine st"), ("COMP_CWORD", "1")):
        monkeypatch.setenv(name, value)
    _, out, _ = call(capsys)
    assert "stats" in out.split() and "status" in out.split() and "mine" not in out.split()


def test_completion_of_another_shell(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "--completion", "tcsh")
    assert code == 2 and not out and "choose from bash, zsh, fish" in err
