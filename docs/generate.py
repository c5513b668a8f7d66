"""Writes docs/tables.md and docs/rejects.md from the code. Run after a change of schemas or reasons."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from pmcmine.config import config_class
from pmcmine.miner import enrichers
from pmcmine.rejects import FAULTS, MEANINGS
from schemas import describe

HERE = Path(__file__).parent


def fields(schema: pa.Schema) -> str:
    """Markdown table of a schema's fields."""
    lines = ["| field | type | meaning | unit | null |", "|---|---|---|---|---|"]
    for name, kind, meaning, unit, null in describe(schema):
        short = kind if len(kind) < 40 else kind.split("<")[0] + "<…>"
        lines.append(f"| `{name}` | `{short}` | {meaning} | {unit} | {null} |")
    return "\n".join(lines)


def tables() -> str:
    """docs/tables.md."""
    config = config_class()()
    parts = ["# Tables\n\nGenerated from `schemas/` and the enrichers by `python docs/generate.py`.\n"]
    parts += [
        f"## {t.name}\n\n{t.meaning} Key: `{t.key}`.\n\n{fields(t.schema)}\n" for t in enrichers.tables(config).values()
    ]
    sample = enrichers.sample_schemas(config)["figures"]
    parts.append(f"## The JSON member of a sample\n\n{fields(sample)}\n")
    return "\n".join(parts)


def rejects() -> str:
    """docs/rejects.md."""
    lines = [
        "# Reasons of rejects",
        "",
        "Generated from `pmcmine/rejects.py` by `python docs/generate.py`. Faults count towards `--max-reject-share`.",
        "",
        "| reason | meaning | fault |",
        "|---|---|---|",
    ]
    lines += [f"| `{r.value}` | {m} | {'yes' if r in FAULTS else ''} |" for r, m in MEANINGS.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (HERE / "tables.md").write_text(tables(), "utf-8")
    (HERE / "rejects.md").write_text(rejects(), "utf-8")
