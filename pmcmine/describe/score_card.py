"""Write the card of a release's scores."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pmcmine.release.scores import SCORES, ScoreFacts

CARD: Final = f"{SCORES}/README.md"
_TEXT: Final = """---
configs:
{configs}
---
# pmcmine scores

Scores of models for the rows of a release, in side tables: the key of each row, and a column for each value. Conditions
of `pmcmine stats`, `subset` and `stream.open` name the columns as if they were columns of the table. Rows that an
update has changed since have no score until `pmcmine score` runs again. `release.json` states under `scores` how each
was made. What a model says of a figure is no fact about it; terms are those of the models and of the articles.

{scores}
"""


def scores_card(scores: Iterable[ScoreFacts]) -> bytes:
    """Return the card: a configuration and a section for each score."""
    held = sorted(scores, key=lambda s: s.name)
    configs = [f'- config_name: {s.name}\n  data_files: "{s.name}/**/*.parquet"' for s in held]
    return _TEXT.format(configs="\n".join(configs), scores="\n\n".join(map(_section, held))).encode()


def _section(score: ScoreFacts) -> str:
    model = ", ".join(f"{k} {v}" for k, v in score.model.items())
    rows = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in score.columns.items())
    return (
        f"## {score.name}\n\nOf `{score.table}`, by `{score.key}`. Scorer {score.scorer} ({score.package} "
        f"{score.version}). Model: {model}. Preprocessing: {score.preprocessing}.\n\n| column | meaning |\n|---|---|\n"
        f"{rows}"
    )
