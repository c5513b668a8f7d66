"""Lengths of captions and paragraphs in tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from pmcmine.errors import PmcmineError
from pmcmine.io.safe_files import read_bounded
from pmcmine.plugins.scorer import Item, Model, ScoreColumn
from pmcmine.stream.tokens import counter

_MOST: Final = 64 << 20  # bytes of a tokenizer.json


@dataclass(frozen=True)
class _Counting:
    """A counter of tokens, opened."""

    count: Callable[[str], int]
    model: Model
    preprocessing: str = "the text as it is, not cut; tokens at start and end included"
    columns: tuple[ScoreColumn, ...] = (ScoreColumn("", pa.int32(), "Length of the text.", "tokens"),)

    def score(self, items: Sequence[Item]) -> list[tuple[int | None]]:
        """Count the tokens of each text."""
        return [(None if item.text is None else int(self.count(item.text)),) for item in items]


class CaptionTokens:
    """Counts tokens with a given tokenizer, or estimates their number as `stream.open(tokens=…)` does."""

    name = "caption-tokens"
    meaning = "length of caption or paragraph in tokens"
    tables = ("figures", "panels", "paragraphs")
    images = False
    options: Mapping[str, str] = {"tokenizer": "a tokenizer.json, or its folder; tokens are estimated if not given"}

    def open(self, options: Mapping[str, str]) -> _Counting:
        """Load the tokenizer.

        Raises:
            PmcmineError: if it is none.
        """
        given = options.get("tokenizer")
        if given is None:
            return _Counting(counter(), Model("estimate", "rules, no training", version="1", license="Apache-2.0"))
        path = Path(given)
        path_of_file = path / "tokenizer.json" if path.is_dir() else path
        data = read_bounded(path_of_file, _MOST, f"--option tokenizer={path_of_file}", ", which no tokenizer has")
        model = Model(path.name, "", sha256=sha256(data).hexdigest())
        return _Counting(counter(_tokenizer(data, path)), model)


def _tokenizer(data: bytes, path: Path) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise PmcmineError("--option tokenizer needs tokenizers: pip install 'pmcmine[encoder]'") from None
    try:
        found = Tokenizer.from_str(data.decode("utf-8"))
    except Exception as error:  # noqa: BLE001 - tokenizers raises Exception itself
        said = next(iter(str(error).splitlines()), "")[:200]
        raise PmcmineError(f"--option tokenizer={path}: not a tokenizer.json ({said})") from None
    found.no_padding()
    found.no_truncation()
    return found
