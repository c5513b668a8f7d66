"""Pointers: rows of articles whose text may not be redistributed.

Their texts stay away; ids, places, offsets and scores are published, and whoever has a copy of PMC fills the texts in
(`pmcmine rehydrate`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from schemas import TABLES
from schemas.record import plain, text_columns

_COLUMNS = {table.record: text_columns(table.record) for table in TABLES.values()}


def digest(texts: Mapping[str, Any]) -> str:
    """Return SHA-256 over the texts of a row, as JSON with sorted keys and nothing between its parts."""
    canonical = json.dumps(dict(texts), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def withhold(row: Any, extra_texts: Collection[str] = ()) -> Any:
    """Return the row as a pointer: its texts empty, their hash in `withheld`.

    Args:
        row: the row.
        extra_texts: columns of enrichers that repeat text of the article.
    """
    names = _COLUMNS[type(row)]
    texts = {name: getattr(row, name) for name in names}
    changed: dict[str, Any] = {name: None if value is None else type(value)() for name, value in texts.items()}
    if "context" in texts:  # its places stay, so that whoever has the article can fill it in
        changed["context"] = tuple(p if p.start is None else replace(p, text=None, short=None) for p in row.context)
        texts["context"] = plain(row.context)
    if hasattr(row, "patients"):
        changed["patients"] = tuple(replace(p, diagnosis=None) for p in row.patients)
    if hasattr(row, "graphics"):
        changed["graphics"] = tuple(replace(g, caption=None, alt_text=None) for g in row.graphics)
    if getattr(row, "extra", None):
        changed["extra"] = {k: None if k in extra_texts else v for k, v in row.extra.items()}
    return replace(row, **changed, withheld=digest({name: plain(value) for name, value in texts.items()}))
