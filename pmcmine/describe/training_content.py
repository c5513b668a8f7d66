"""Write the public summary of training content of the EU's AI Act, Article 53(1)(d), for a dataset.

Follows the sections of the template of the AI Office (July 2025; C(2025) 8311). Facts that only the provider of a model
knows are left to the provider. Identical for every run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pmcmine._version import __version__
from pmcmine.describe.provenance import About
from pmcmine.describe.texts import render
from pmcmine.rejects import MEANINGS, Reason

TRAINING_CONTENT: Final = "TRAINING_CONTENT.md"
# Reasons for exclusions that rights holders, or persons shown, may ask about.
_RIGHTS: Final = (
    Reason.NOT_OPEN_ACCESS, Reason.LICENSE_NOT_SELECTED, Reason.LICENSE_TDM, Reason.THIRD_PARTY,
    Reason.FIGURE_LICENSE_NOT_SELECTED, Reason.WITHHELD, Reason.EXCLUDED,
)  # fmt: skip
_LAWFUL: Final = (Reason.RETRACTED, Reason.PRIVACY_FLAGGED)
_OTHER: Final = (Reason.IN_BENCHMARK, Reason.LEAKS_INTO_EVALUATION, Reason.IMAGE_REPEATED)
_TABLES: Final = ("paragraphs", "documents", "grids", "cases")


def training_content(
    rows: Mapping[str, int], rejects: Mapping[tuple[str, str, str], int], config: Mapping[str, Any], about: About
) -> bytes:
    """Write the summary as Markdown.

    Args:
        rows: rows by table, licence group and split, joined by slashes.
        rejects: number of rejects by stage, unit and reason.
        config: the configuration keys that affect the result.
        about: how it was made.
    """
    facts = about.facts
    texts = {t: sum(n for name, n in rows.items() if name.split("/")[0] == t) for t in _TABLES}
    return render(
        "training_content.md.j2",
        version=__version__,
        facts=facts,
        snapshot=about.snapshot,
        texts=[(name, n) for name, n in texts.items() if n],
        models=[m.name for m in about.models],
        groups=config.get("groups") or [],
        flags=bool(config.get("privacy", True)),
        near=bool(config.get("near_duplicates", True)),
        drops_flagged=bool(config.get("drop_privacy_flagged")),
        decontaminated=config.get("decontaminate_sha256") is not None,
        rights=_counted(rejects, _RIGHTS),
        lawful=_counted(rejects, _LAWFUL),
        other=_counted(rejects, _OTHER),
    ).encode()


def _counted(
    rejects: Mapping[tuple[str, str, str], int], reasons: tuple[Reason, ...]
) -> list[tuple[str, str, int, str]]:
    """Return unit, reason, number and meaning of rejects for some reasons, in the order of these."""
    found: dict[tuple[Reason, str], int] = {}
    for (_, unit, reason), n in rejects.items():
        if reason in reasons:
            key = (Reason(reason), unit)
            found[key] = found.get(key, 0) + n
    order = {reason: i for i, reason in enumerate(reasons)}
    return [
        (unit, str(reason), n, MEANINGS[reason])
        for (reason, unit), n in sorted(found.items(), key=lambda item: (order[item[0][0]], item[0][1]))
    ]
