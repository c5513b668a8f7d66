"""Define the columns of a block's files: index, ledger, signatures."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

INDEX_SCHEMA = pa.schema(
    [
        ("figure_id", pa.string()),
        ("key", pa.string()),
        ("pmcid", pa.string()),
        ("group", pa.string()),
        ("sha256", pa.string()),
        ("pack", pa.string()),
        ("image_offset", pa.int64()),
        ("image_size", pa.int64()),
        ("text_offset", pa.int64()),
        ("text_size", pa.int64()),
        ("json_size", pa.int64()),
        ("crc32", pa.int64()),  # of text and JSON
        (
            "panels",
            pa.list_(
                pa.struct(
                    [
                        ("panel_id", pa.string()),
                        ("key", pa.string()),
                        ("image_offset", pa.int64()),
                        ("image_size", pa.int64()),
                        ("text_size", pa.int64()),
                        ("json_size", pa.int64()),
                    ]
                )
            ),
        ),
    ]
)
LEDGER_SCHEMA = pa.schema(
    [
        ("pmcid", pa.string()),
        ("entries", pa.string()),  # JSON: version, ref, etag and note of each version of the snapshot
        ("counts", pa.string()),  # JSON: terms of the balance
        ("rejects", pa.string()),  # JSON: stage/unit/reason → number
        ("rows", pa.string()),  # JSON: table → rows staged
    ]
)
SCHEMA: Final = pa.schema(
    [
        ("kind", pa.uint8()),
        ("id", pa.string()),
        ("pmcid", pa.string()),
        ("group", pa.string()),
        ("node", pa.uint64()),
        ("digest", pa.uint64()),
        ("keys", pa.list_(pa.uint64())),
        ("size_rank", pa.int64()),
        ("date", pa.int32()),
        ("role", pa.uint8()),
        ("pack", pa.string()),
        ("offset", pa.int64()),
        ("size", pa.int32()),
    ]
)
