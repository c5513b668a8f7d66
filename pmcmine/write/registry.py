"""Find tasks by name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pmcmine.errors import PmcmineError
from pmcmine.io.safe_files import read_bounded
from pmcmine.plugins.load import TASKS, Plugin, plugins
from pmcmine.plugins.task import KEYS
from pmcmine.release.nearest import choose
from pmcmine.release.scores import NAME

_MOST_PROMPT: Final = 1 << 20  # bytes
OWN: Final = "own"  # version of a user's own prompt


def task_of(name: str | None) -> Plugin:
    """Return a registered task.

    Raises:
        PmcmineError: for an unknown name, with the nearest known one; PluginError if the task can't be loaded.
    """
    known = {p.name: p for p in plugins(TASKS)}
    if name is None:
        raise PmcmineError(f"write: give --task; choose from {', '.join(known)}")
    if name not in known:
        raise PmcmineError(f"--task {name}: {choose(name, list(known))}")
    found = known[name]
    if found.target.table not in KEYS:
        raise found.error(f"writes about {found.target.table}; choose from {', '.join(KEYS)}")
    return found


def prompt_for(task: Plugin, file: Path | None) -> tuple[str, str]:
    """Return the prompt of a task, or of a user's file, with its version.

    Raises:
        PmcmineError: if the file can't be read as text, or is empty.
    """
    if file is None:
        return task.target.prompt, str(task.target.version)
    data = read_bounded(file, _MOST_PROMPT, f"--prompt {file}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise PmcmineError(f"--prompt {file}: is not UTF-8") from None
    if not text.strip():
        raise PmcmineError(f"--prompt {file}: is empty")
    return text, OWN


def name_of(task: Plugin, name: str | None) -> str:
    """Return the name of a side table.

    Raises:
        PmcmineError: if it is not a valid folder name.
    """
    called = name or task.name
    if not NAME.fullmatch(called):
        raise PmcmineError(f"--name {called!r}: give small letters, digits and hyphens, as in caption-7b")
    return called
