"""Hold the tasks, one file each, with the prompt in a text file beside it."""

from __future__ import annotations

from pathlib import Path


def prompt_of(file: str) -> str:
    """Return the prompt in the text file beside a task's module.

    Args:
        file: `__file__` of the task.
    """
    return Path(file).with_suffix(".txt").read_text("utf-8")
