"""Write the card of the texts written by models about a release."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pmcmine.describe.written_croissant import written_croissant
from pmcmine.io.folder import Folder
from pmcmine.release.written import REJECTS, TEXTS, WRITTEN, WrittenFacts
from pmcmine.text.clean import for_code, for_markdown

CARD: Final = f"{WRITTEN}/README.md"
CROISSANT: Final = f"{WRITTEN}/croissant.json"
_TEXT: Final = """---
configs:
{configs}
---
# Texts written by models

**A language model wrote these texts; no author of the articles did.** They are side tables of a release: each row names
the row that it is about, the passages that the model was given (ids and offsets in the texts of `tables`), the hash of
prompt and request, and the model. Texts were checked against what the model was given, and dropped if a check failed;
the configuration `{rejects}` holds what was dropped, with the reason. The checks find what rules can find of what
contradicts the passages or goes beyond them; they don't make a text true. Nothing was written about rows whose licence
forbids derivatives. A text has the strictest licence of what it was written from and needs the attribution in its row;
terms of the model may add to that. `release.json` states under `written` how each table was made.

{tables}
"""


def written_descriptions(tables: Iterable[WrittenFacts], release: Folder, date: str | None) -> dict[str, bytes]:
    """Return the files that describe the side tables, by name: card and Croissant; none without a side table.

    Args:
        tables: the side tables.
        release: folder with their files.
        date: publication date of the release, as the description of its tables states it; None if it states none.
    """
    held = list(tables)
    return {CARD: written_card(held), CROISSANT: written_croissant(held, release, date)} if held else {}


def written_card(tables: Iterable[WrittenFacts]) -> bytes:
    """Return the card: two configurations and a section for each side table."""
    held = sorted(tables, key=lambda w: w.name)
    configs = [
        f'- config_name: {w.name}{suffix}\n  data_files: "{w.name}/{folder}/**/*.parquet"'
        for w in held
        for folder, suffix in ((TEXTS, ""), (REJECTS, "-rejects"))
        if any(name.startswith(f"{WRITTEN}/{w.name}/{folder}/") for name in w.of)
    ]
    sections = "\n\n".join(map(_section, held))
    return _TEXT.format(configs="\n".join(configs) or "[]", rejects="NAME-rejects", tables=sections).encode()


def _section(facts: WrittenFacts) -> str:
    said = "\n".join(f"| {k} | `{for_code(v)}` |" for k, v in facts.settings.items())
    counts = "\n".join(f"| {k.replace('_', ' ')} | {n:,} |" for k, n in facts.counts.items())
    cost = f"\n\nCost: ${facts.cost:,.4f}." if facts.cost is not None else ""
    where = f", of rows where {for_markdown(facts.where)}" if facts.where else ""
    return (
        f"## {facts.name}\n\nTask `{facts.task}` ({for_markdown(facts.package)} {for_markdown(facts.version)}), about "
        f"`{facts.table}`{where}.\n\n| how | |\n|---|---|\n{said}\n\n| rows | number |\n|---|---:|\n{counts}{cost}"
    )
