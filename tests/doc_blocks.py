"""Code blocks of pages and notebooks: read, run in their order, and checked against the program.

A block that can't be run here has a comment before it that says why:

    <!-- not run: needs Slurm -->
    <!-- run if: torch -->

A block ```text after one that was run is what it prints; `…` stands for anything.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib.util
import inspect
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pmcmine
from pmcmine import stream
from pmcmine.cli import app, main

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>not run|run if): (?P<why>[^>]+?) -->\n+)?^(?P<indent> *)```(?P<lang>\w*)[^\n]*\n(?P<text>.*?)^(?P=indent)```[ ]*$",
    re.M | re.S,
)
_PUBLIC: dict[str, Any] = {"stream": stream, "pmcmine": pmcmine, "Release": pmcmine.Release}


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, or a cell of a notebook."""

    page: str
    line: int
    lang: str
    text: str
    why_not: str = ""  # why it is not run
    needs: str = ""  # a module that it needs

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def runs(self) -> bool:
        """Whether it can be run here."""
        return not self.why_not and (not self.needs or importlib.util.find_spec(self.needs) is not None)


def blocks_of(path: Path) -> list[Block]:
    """Return the blocks of a page, or the code of a notebook."""
    name = path.relative_to(ROOT).as_posix()
    if path.suffix == ".ipynb":
        cells = json.loads(path.read_text("utf-8"))["cells"]
        return [Block(name, i, "python", "".join(c["source"])) for i, c in enumerate(cells) if c["cell_type"] == "code"]
    text = path.read_text("utf-8")
    found = []
    for m in _BLOCK.finditer(text):
        why = {"not run": "", "run if": ""} | ({m["mark"]: m["why"]} if m["mark"] else {})
        body = re.sub(f"^{m['indent']}", "", m["text"], flags=re.M) if m["indent"] else m["text"]
        found.append(
            Block(name, text.count("\n", 0, m.start("lang")) + 1, m["lang"], body, why["not run"], why["run if"])
        )
    return found


def unexplained(code: str) -> set[str]:
    """Return names that a block uses and neither makes nor explains: in a comment, or as what "continues from above"."""
    found: set[str] = set()
    made = {*dir(builtins)}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            made |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
        elif isinstance(node, ast.arg):
            made.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            made.add(node.name)
        elif isinstance(node, ast.Name):
            (made if isinstance(node.ctx, ast.Store) else found).add(node.id)
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    said = " ".join(token.string for token in tokens if token.type == tokenize.COMMENT)
    return set() if "continues from above" in said else found - made - {*re.findall(r"\w+", said)}


def commands_of(text: str) -> Iterator[str]:
    """Yield the commands of a shell block: lines joined at backslashes, without comments, split at `&&`, `;` and pipes."""
    text = re.sub(r"<<-?\s*'?(\w+)'?.*?^\1$", "", text, flags=re.M | re.S)
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;")
        lexer.whitespace_split, lexer.commenters = True, "#"
        words: list[str] = []
        for word in [*lexer, ";"]:
            if set(word) <= set("&|;"):
                if words:
                    yield shlex.join(words)
                words = []
            else:
                words.append(word)


def check_command(command: str) -> None:
    """Check that a call of pmcmine names a command and options that it has; fails with what it does not know."""
    words = shlex.split(command)
    while words and re.match(r"\w+=", words[0]):  # variables for one command
        del words[0]
    if not words or words[0].rpartition("/")[2] != "pmcmine":
        return
    words = [word.strip("[]") for word in words[1:] if word != "…"]  # [--option]: may be left out
    group: Any = app
    context = group.make_context("pmcmine", list(words), resilient_parsing=True)
    while hasattr(group, "commands"):
        while words and words[0].startswith("-"):
            word = words.pop(0)
            known = {o for p in group.get_params(context) for o in p.opts}
            assert word in known, f"no option {word}"
        if not words:
            return
        name = words.pop(0)
        inner = group.get_command(context, name)
        assert inner is not None, f"no command {name}"
        group = inner
        context = type(context)(group, parent=context, info_name=name, resilient_parsing=True)
    options = {o: p for p in group.get_params(context) for o in (*p.opts, *p.secondary_opts) if o.startswith("-")}
    for word in words:
        flag = word.partition("=")[0]
        if re.match(r"--?[a-zA-Z]", flag) and not flag[1:2].isdigit():
            assert flag in options, f"{name} has no option {flag}"


def check_python(text: str) -> None:
    """Check that a block compiles, and that what it calls of pmcmine exists and takes these arguments."""
    tree = ast.parse(text)
    names = dict(_PUBLIC)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "pmcmine":
            module = importlib.import_module(node.module or "")
            for alias in node.names:
                found = getattr(module, alias.name, None) or importlib.import_module(f"{node.module}.{alias.name}")
                names[alias.asname or alias.name] = found
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = _named(node.func, names)
        if called is None:
            continue
        given = {k.arg: None for k in node.keywords if k.arg}
        inspect.signature(called).bind_partial(*[None] * len(node.args), **given)


def _named(node: ast.expr, names: dict[str, Any]) -> Any:
    """Return the object of ours that an expression names, None if it is another's."""
    if isinstance(node, ast.Name):
        return names.get(node.id) if not isinstance(names.get(node.id), SimpleNamespace) else None
    if isinstance(node, ast.Attribute):
        owner = _named(node.value, names)
        if inspect.ismodule(owner) and owner.__name__.startswith("pmcmine"):
            return getattr(owner, node.attr)  # AttributeError: no such name
    return None


@dataclass
class Session:
    """One reader at work: a folder, the variables of Python, and commands that are done already."""

    folder: Path
    given: dict[str, Callable[[Path], None]] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})

    def run(self, blocks: list[Block]) -> None:
        """Run blocks in their order; a failure names the page and the line."""
        printed: str | None = None
        for block in blocks:
            if block.lang == "text":
                if printed is not None:
                    assert shown_matches(block.text, printed), f"{block}: prints\n{printed}"
                printed = None
                continue
            printed = None
            if block.lang in ("sh", "bash", "python") and block.runs:
                run = self._python if block.lang == "python" else self._shell
                try:
                    printed = run(block)
                except BaseException as error:
                    raise AssertionError(f"{block}: {error!r}\n{block.text}") from error

    def _python(self, block: Block) -> str:
        """Run Python as a notebook does: the value of a last expression is shown."""
        tree = ast.parse(block.text)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        out = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(out):
            exec(compile(tree, str(block), "exec"), self.variables)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), str(block), "eval"), self.variables)  # type: ignore[attr-defined]
                if value is not None:
                    html = getattr(value, "_repr_html_", None)
                    if html is not None:
                        html()
                    print(repr(value))
        return out.getvalue()

    def _shell(self, block: Block) -> str:
        """Run a shell block: calls of pmcmine in this process, which saves their start; all else by bash."""
        lines = [
            line for line in block.text.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")
        ]
        plain = all(re.fullmatch(r"pmcmine [^|&;<>$`]*?(?:#.*)?", re.sub(r'"[^"]*"', "x", line)) for line in lines)
        if not plain:
            env = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block.text], cwd=self.folder, env=env, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
            return done.stdout
        return "".join(self._command(shlex.split(line, comments=True)) for line in lines)

    def _command(self, words: list[str]) -> str:
        """Run one call of pmcmine; what is given is not made again."""
        made = self.given.get(shlex.join(words))
        if made is not None:
            made(self.folder)
            return ""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main(words[1:])
            except SystemExit as done:
                assert not done.code, f"exit code {done.code}: {err.getvalue()}"
        return out.getvalue()


def shown_matches(shown: str, printed: str) -> bool:
    """Whether a page shows what was printed; `…` stands for anything, spaces at ends of lines do not count."""
    lines = "\n".join(line.rstrip() for line in shown.strip().splitlines())
    pattern = ".*?".join(re.escape(part) for part in lines.split("…"))
    return re.fullmatch(pattern, "\n".join(line.rstrip() for line in printed.strip().splitlines()), re.S) is not None
