"""Readers of gold files that evaluations share."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pmcmine.errors import GoldError

_MAX_BYTES: Final = 1 << 30


def read_json_lines(path: Path, name: str) -> list[dict[str, Any]]:
    """Read JSON objects of a file, or of `<name>*.jsonl` in a folder; without these, of its `*.jsonl.gz`.

    Raises:
        GoldError: if there is none, or a line is no object.
    """
    files = [path]
    if path.is_dir():
        files = sorted(path.glob(f"{name}*.jsonl")) or sorted(path.glob("*.jsonl.gz"))
    rows = []
    for file in files:
        if not file.is_file() or file.stat().st_size > _MAX_BYTES:
            raise GoldError(f"{file}: no such file, or more than {_MAX_BYTES >> 30} GB")
        for number, line in enumerate(_read(file).splitlines(), 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                raise GoldError(f"{file}, line {number}: not a JSON object") from None
            if not isinstance(row, dict):
                raise GoldError(f"{file}, line {number}: not a JSON object")
            rows.append(row)
    if not rows:
        raise GoldError(f"{path}: nothing in it ({name}.jsonl)")
    return rows


def _read(file: Path) -> str:
    """Read the text of a file of at most `_MAX_BYTES`, unpacked if its name ends with `.gz`.

    Raises:
        GoldError: if it can't be unpacked, or is larger.
    """
    data = file.read_bytes()
    if file.suffix == ".gz":
        try:
            with gzip.open(io.BytesIO(data)) as stream:
                data = stream.read(_MAX_BYTES + 1)
        except (OSError, EOFError, zlib.error):
            raise GoldError(f"{file}: not a whole gzip file") from None
        if len(data) > _MAX_BYTES:
            raise GoldError(f"{file}: more than {_MAX_BYTES >> 30} GB")
    return data.decode("utf-8", "replace")


def read_table(path: Path, name: str, columns: Sequence[str]) -> list[list[str]]:
    """Read the rows of a tab-separated table of labels: a file, or `<name>` in a folder; `#` begins a comment.

    Raises:
        GoldError: if the file is missing, or its first line is not `columns`.
    """
    file = path / name if path.is_dir() else path
    if not file.is_file():
        raise GoldError(f"{file}: no such file")
    lines = [s for s in _read(file).splitlines() if s.strip() and not s.startswith("#")]
    if not lines or lines[0].split("\t") != list(columns):
        raise GoldError(f"{file}: its first line is not {', '.join(columns)}, tab-separated")
    return list(csv.reader(lines[1:], delimiter="\t"))


def read_sources(folder: Path, *columns: str) -> list[dict[str, str]]:
    """Read `SOURCES.tsv` of a folder of images: a line for each, tab-separated, with these columns and any others.

    Raises:
        GoldError: if the file or a column is missing.
    """
    file = folder / "SOURCES.tsv"
    if not file.is_file():
        raise GoldError(f"{file}: no such file")
    with file.open(encoding="utf-8", newline="") as stream:
        try:
            rows = list(csv.DictReader(stream, delimiter="\t"))
        except (csv.Error, UnicodeDecodeError) as error:
            raise GoldError(f"{file}: no table ({error})") from None
    if any(row.get(column) is None for row in rows for column in columns):
        raise GoldError(f"{file}: no table of {', '.join(columns)}")
    return rows


_SPACES: Final = re.compile(r"\s+")


def one_line(text: str) -> str:
    """Replace each run of white space with one blank."""
    return _SPACES.sub(" ", text).strip()
