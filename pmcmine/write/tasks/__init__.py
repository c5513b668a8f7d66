"""The tasks: a file each, with its prompt beside it as text."""

from __future__ import annotations

from pathlib import Path


def prompt_of(file: str) -> str:
    """Return the prompt that lies beside the file of a task.

    Args:
        file: `__file__` of the task.
    """
    return Path(file).with_suffix(".txt").read_text("utf-8")
