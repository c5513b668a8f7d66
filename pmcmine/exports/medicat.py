"""MedICaT's records: a figure a line, with the sentences that refer to it."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha1
from typing import Any, Final

from pmcmine.exports.reader import FIGURES, Beside, Export, ReleaseReader, image_name

_RADIOLOGY: Final = frozenset({"xray", "ct", "mri", "ultrasound", "nuclear"})


class Medicat:
    """MedICaT's figures with the sentences that refer to them."""

    name = "medicat"
    meaning = "MedICaT's figures with the sentences that refer to them"
    takes = frozenset({"where"})

    def export(self, release: ReleaseReader, out: Export) -> None:
        """Write `medicat.jsonl` and `images/`. `pdf_hash`, an id of Semantic Scholar's, is made from the PMCID here."""
        out.json_lines("medicat.jsonl", _figures(release, out))


def _figures(release: ReleaseReader, out: Export) -> Iterator[dict[str, Any]]:
    mentions = Beside(release.grouped("mentions", "figure_id", "sentence", "mention_id"))
    for f in release.rows(FIGURES):
        name = image_name(f)
        out.image(name, release.image(f))
        yield {
            "pdf_hash": sha1(f["article_id"].encode(), usedforsecurity=False).hexdigest(),
            "fig_key": f["key"],
            "fig_uri": f"images/{name}",
            "s2_caption": f["caption"] or "",
            "s2orc_caption": f["caption"] or "",
            "s2orc_references": [m["sentence"] for m in mentions.of(f["figure_id"])],
            "radiology": bool(_RADIOLOGY & set(f["image_kinds"])),
            "scope": bool({"clinical_photo"} & set(f["image_kinds"])),
            "predicted_type": f["image_kinds"][0] if f["image_kinds"] else None,
            "oa_info": {
                "doi": f["doi"],
                "doi_url": f"https://doi.org/{f['doi']}" if f["doi"] else None,
                "oa": {
                    "is_oa": True,
                    "oa_status": None,
                    "journal_is_oa": None,
                    "journal_is_in_doaj": None,
                    "license": f["license_url"] or f["license"],
                    "provenance": f["attribution"],
                },
            },
        }
