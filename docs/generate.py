"""Write docs/tables.md, docs/rejects.md and docs/configuration.md from the code.

Run it after a change of schemas, reasons or keys of the configuration.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pyarrow as pa

from pmcmine.commands.options import Key, UpdateCommand, keys
from pmcmine.config import config_class
from pmcmine.miner import enrichers
from pmcmine.rejects import FAULTS, MEANINGS
from schemas import describe

HERE = Path(__file__).parent


def fields(schema: pa.Schema) -> str:
    """Markdown table of a schema's fields."""
    lines = ["| field | type | meaning | unit | empty when |", "|---|---|---|---|---|"]
    for name, kind, meaning, unit, null in describe(schema):
        short = kind if len(kind) < 40 else kind.split("<")[0] + "<…>"
        said = f"{meaning} | {unit} | {null}".replace("<", "&lt;")  # Markdown would take `<digits>` for a tag
        lines.append(f"| `{name}` | `{short}` | {said} |")
    return "\n".join(lines)


def tables() -> str:
    """Write docs/tables.md."""
    config = config_class()(image_embeddings=True)
    parts = ["# Tables\n\nGenerated from `schemas/` and the enrichers by `python docs/generate.py`.\n"]
    parts += [
        f"## {t.name}\n\n{t.meaning} Key: `{t.key}`.\n\n{fields(t.schema)}\n" for t in enrichers.tables(config).values()
    ]
    sample = enrichers.sample_schemas(config)["figures"]
    parts.append(f"## The JSON member of a sample\n\n{fields(sample)}\n")
    return "\n".join(parts)


def rejects() -> str:
    """Write docs/rejects.md."""
    lines = [
        "# Reasons for rejects",
        "",
        "Generated from `pmcmine/rejects.py` by `python docs/generate.py`. Faults count towards `--max-reject-share`.",
        "",
        "| reason | meaning | fault |",
        "|---|---|---|",
    ]
    lines += [f"| `{r.value}` | {m} | {'yes' if r in FAULTS else ''} |" for r, m in MEANINGS.items()]
    return "\n".join(lines) + "\n"


CONFIGURATION = """# Configuration

Generated from `pmcmine/config.py` by `python docs/generate.py`.

Every option of `pmcmine mine` is a key of one configuration. `pmcmine mine --help` shows the same keys. A key can be
given in four ways; the first that gives it decides:

| way | example |
|---|---|
| `--set NAME=VALUE` | `pmcmine mine --limit 1000 --set shard_bytes=500000000` |
| flag | `pmcmine mine --limit 1000 --shard-bytes 500000000` |
| TOML file, `--config FILE` | `shard_bytes = 500_000_000` and `groups = ["commercial"]` |
| environment, `PMCMINE_MINE_<KEY>`; lists are JSON | `PMCMINE_MINE_SHARD_BYTES=500000000` |

On/off keys have two flags, such as `--privacy` and `--no-privacy`. `--drop-benchmarks` is short for
`--decontaminate-action drop`, and `--max-reject-rate` is another name of `--max-reject-share`.

**Which articles** has to be said: `source`, `pmcid` or `limit`, or `all` for all of PMC. `pmcmine mine` without any
argument, like `pmcmine` itself, shows the help and ends with exit code 0. With other options but none of these, it
shows the help, says why in one line, and ends with exit code 2.

**What a key decides.** Keys marked *release* decide what is in a release: a run resumes, and an update starts, only
with the same values. Keys marked *run* decide how it is made and may change from one start to the next. `vocab` and
`decontaminate` say where files are, which may change; the hashes of these files may not.
"""


def _row(key: Key) -> str:
    example = f"`{key.example_flag}`" if key.example else ""
    default = f"`{key.default}`" if key.default else ""
    decides = "release" if key.decides_release else "run"
    return f"| `{key.name}` | {key.kind} | {default} | {decides} | {key.meaning} | {example} |"


def configuration() -> str:
    """Return docs/configuration.md."""
    parts = [CONFIGURATION]
    for section, group in groupby(keys(), lambda key: key.section):
        lines = [
            "| key | type | default | decides | meaning | example |",
            "|---|---|---|---|---|---|",
            *map(_row, group),
        ]
        parts.append(f"## {section}\n\n{chr(10).join(lines)}\n")
    updates = [key for key in keys() if key.name in UpdateCommand.names_of_keys()]
    parts.append(
        "## Update\n\n`pmcmine update` keeps the configuration of the release. It takes these keys as flags, and all "
        f"other keys marked *run* by `--set`: {', '.join(f'`{key.name}`' for key in updates)}.\n"
    )
    return "\n".join(parts)


if __name__ == "__main__":
    (HERE / "configuration.md").write_text(configuration(), "utf-8")
    (HERE / "tables.md").write_text(tables(), "utf-8")
    (HERE / "rejects.md").write_text(rejects(), "utf-8")
