"""PMC-15M's article records (BiomedCLIP data pipeline): one per line, with its figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pmcmine.exports.reader import FIGURES, Export, ReleaseReader, image_name


class Pmc15m:
    """PMC-15M's article records (BiomedCLIP)."""

    name = "pmc15m"
    meaning = "PMC-15M's article records (BiomedCLIP)"
    takes = frozenset({"where"})

    def export(self, release: ReleaseReader, out: Export) -> None:
        """Write `pmc15m.jsonl` and `images/`."""
        out.json_lines("pmc15m.jsonl", _articles(release, out))


def _articles(release: ReleaseReader, out: Export) -> Iterator[dict[str, Any]]:
    article: dict[str, Any] | None = None
    for f in release.rows(FIGURES.replace("ORDER BY f.figure_id", "ORDER BY f.article_id, f.ordinal")):
        pmc = f["pmcid"].removeprefix("PMC")
        if article is None or article["pmc"] != pmc:
            if article is not None:
                yield article
            article = {"pmid": f["pmid"] or "", "pmc": pmc, "location": f["article_id"], "figures": []}
        name = image_name(f)
        out.image(name, release.image(f))
        fig_id = f["figure_id"].split("/", 1)[1]
        article["figures"].append(
            {
                "fig_caption": f["caption"] or "",
                "fig_id": fig_id,
                "fig_label": f["label"] or "",
                "graphic_ref": f"images/{name}",
                "pair_id": f"{f['pmid'] or pmc}_{fig_id}",
            }
        )
    if article is not None:
        yield article
