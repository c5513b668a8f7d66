"""Open-PMC's records: the foundation's pairs, panels as subfigures, and captions with their parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pmcmine.exports.reader import FIGURES, Beside, Export, ReleaseReader, image_name

_MEDICAL: Final = frozenset({"xray", "ct", "mri", "ultrasound", "nuclear", "microscopy", "clinical_photo"})


class OpenPmc:
    """Open-PMC's pairs, subfigures and subcaptions."""

    name = "open-pmc"
    meaning = "Open-PMC's pairs, subfigures and subcaptions"
    takes = frozenset({"where"})

    def export(self, release: ReleaseReader, out: Export) -> None:
        """Write `open-pmc.jsonl`, `subfigures.jsonl`, `subcaptions.jsonl` and `images/`."""
        out.json_lines("open-pmc.jsonl", _pairs(release, out))
        out.json_lines("subfigures.jsonl", _subfigures(release))
        out.json_lines("subcaptions.jsonl", _subcaptions(release))


def _pairs(release: ReleaseReader, out: Export) -> Iterator[dict[str, Any]]:
    for f in release.rows(FIGURES):
        name = image_name(f)
        out.image(name, release.image(f))
        yield {
            "id": f["key"],
            "PMC_ID": f["pmcid"],
            "media_id": f["figure_id"].split("/", 1)[1],
            "caption": f["caption"] or "",
            "image_path": f"images/{name}",
            "width": f["width"],
            "height": f["height"],
            "media_url": f["source_url"],
            "media_name": f["media"],
            "keywords": list(f["keywords"]),
            "is_medical": bool(_MEDICAL & set(f["image_kinds"])),
            "caption_name": f["caption_title"] or "",
        }


def _subfigures(release: ReleaseReader) -> Iterator[dict[str, Any]]:
    if "panels" not in release.tables:
        return
    query = (
        "SELECT p.*, f.key, f.media AS figure_media FROM panels p JOIN figures f USING (figure_id) "
        "WHERE f.shard IS NOT NULL AND p.x IS NOT NULL AND p.media IS NULL ORDER BY p.figure_id, p.ordinal"
    )
    for p in release.rows(query):
        kinds = list(p["kinds"])
        yield {
            "id": f"{p['key']}-{p['label']}",
            "source_fig_id": p["key"],
            "PMC_ID": p["pmcid"],
            "media_name": p["figure_media"],
            "position": [[p["x"], p["y"]], [p["x"] + p["width"], p["y"] + p["height"]]],
            "score": p["box_confidence"],
            "subfig_path": None,
            "medical_class_rank": kinds,
            "is_medical_subfigure": bool(_MEDICAL & set(kinds[:1])),
            "label": p["label"],
            "label_position": None,
        }


def _subcaptions(release: ReleaseReader) -> Iterator[dict[str, Any]]:
    panels = Beside(release.grouped("panels", "figure_id", "label, text", "ordinal"))
    for f in release.rows(FIGURES):
        parts = {p["label"]: p["text"] for p in panels.of(f["figure_id"]) if p["text"]}
        if parts:
            yield {
                "id": f["key"],
                "caption": f["caption"],
                "num_subcaptions": len(parts),
                "subcaptions": parts,
                "llm_output": None,
            }
