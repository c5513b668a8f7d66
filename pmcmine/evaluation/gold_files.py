"""Readers of gold files that evaluations share."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from pmcmine.errors import GoldError

_MAX_BYTES: Final = 1 << 30


def read_json_lines(path: Path, name: str) -> list[dict[str, Any]]:
    """Read JSON objects of a file, or of `<name>*.jsonl` in a folder.

    Raises:
        GoldError: if there is none, or a line is no object.
    """
    files = sorted(path.glob(f"{name}*.jsonl")) if path.is_dir() else [path]
    rows = []
    for file in files:
        if not file.is_file() or file.stat().st_size > _MAX_BYTES:
            raise GoldError(f"{file}: no such file, or more than {_MAX_BYTES >> 30} GB")
        for number, line in enumerate(file.read_text("utf-8", "replace").splitlines(), 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError:
                raise GoldError(f"{file}, line {number}: not a JSON object") from None
            if not isinstance(row, dict):
                raise GoldError(f"{file}, line {number}: not a JSON object")
            rows.append(row)
    if not rows:
        raise GoldError(f"{path}: nothing in it ({name}.jsonl)")
    return rows


_SPACES: Final = re.compile(r"\s+")


def one_line(text: str) -> str:
    """Replace each run of white space with one blank."""
    return _SPACES.sub(" ", text).strip()
