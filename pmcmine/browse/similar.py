"""Find similar figures by the fingerprints that every release has."""

from __future__ import annotations

from typing import Final

from pmcmine.browse.tables import Tables

MOST: Final = 200
_BITS: Final = 22  # maximum differing bits of 64; unrelated images differ in 32 on average


def by_fingerprint(tables: Tables, figure_id: str) -> list[str]:
    """Return the figures with fingerprints nearest to that of a figure, excluding itself."""
    if "phash" not in tables.columns["figures"]:
        return []
    rows = tables.rows(
        "WITH printed AS (SELECT figure_id, TRY_CAST('0x' || phash AS UBIGINT) AS print FROM figures "
        "WHERE phash IS NOT NULL AND shard IS NOT NULL), own AS (SELECT print FROM printed WHERE figure_id = $id) "
        "SELECT figure_id FROM (SELECT figure_id, bit_count(xor(printed.print, own.print)) AS bits FROM printed, own) "
        "WHERE bits <= $bits AND figure_id <> $id ORDER BY bits, figure_id LIMIT $most",
        {"id": figure_id, "bits": _BITS, "most": MOST},
    )
    return [row["figure_id"] for row in rows]
