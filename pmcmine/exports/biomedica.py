"""BIOMEDICA's WebDataset samples: jpg, txt and a JSON that repeats the article beside each image."""

from __future__ import annotations

import io
import json
import re
import tarfile
from calendar import timegm
from datetime import datetime
from typing import Any, Final

from pmcmine.exports.reader import FIGURES, Beside, Export, ReleaseReader, image_name
from pmcmine.io.safe_names import sample_key

_SHARD: Final = 1_000  # samples
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_]+")


class Biomedica:
    """BIOMEDICA's WebDataset samples."""

    name = "biomedica"
    meaning = "BIOMEDICA's WebDataset samples"
    takes = frozenset({"where"})

    def export(self, release: ReleaseReader, out: Export) -> None:
        """Write `<group>/00000.tar`, …; keys are `<batch>-<PMCID>-<position>-<image id>`."""
        for group in ("commercial", "noncommercial"):
            _group(release, out, group)


def _group(release: ReleaseReader, out: Export, group: str) -> None:
    mentions = Beside(release.grouped("mentions", "figure_id", "context_id, sentence", "mention_id"))
    texts = Beside(release.grouped("paragraphs", "article_id", "text", "ordinal"))
    query = FIGURES.replace("ORDER BY", f"AND f.license_group = '{group}' ORDER BY")
    archive: tarfile.TarFile | None = None
    for n, f in enumerate(release.rows(query)):
        if n % _SHARD == 0:
            if archive is not None:
                archive.close()
            path = out.folder / group / f"{n // _SHARD:05d}.tar"
            path.parent.mkdir(parents=True, exist_ok=True)
            archive = tarfile.open(path, "w")  # noqa: SIM115 - closed when the next one begins
        assert archive is not None
        image_id = _UNSAFE.sub("_", f["figure_id"].split("/", 1)[1])
        key = f"{n // _SHARD}-{sample_key(f['pmcid'])}-{int(f['ordinal'])}-{image_id}"
        sentences = [m["sentence"] for m in mentions.of(f["figure_id"])]
        record = _record(f, image_id, sentences, "\n".join(p["text"] for p in texts.of(f["article_id"])))
        members = {"jpg": release.image(f), "txt": (f["caption"] or "").encode(), "json": json.dumps(record).encode()}
        for suffix, data in members.items():
            info = tarfile.TarInfo(f"{key}.{suffix}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        out.counts[group] += 1
    if archive is not None:
        archive.close()


def _unix(date: str | None) -> str:
    """Convert YYYY[-MM[-DD]] to seconds since 1970 as text, like the original."""
    if not date:
        return ""
    year, month, day = ([int(p) for p in date.split("-")] + [1, 1])[:3]
    return str(timegm(datetime(year, month, day).timetuple()))


def _record(f: dict[str, Any], image_id: str, sentences: list[str], text: str) -> dict[str, Any]:
    references = [r.get("pmid") or r.get("pmcid") or r.get("doi") or r["ref_id"] for r in f["references"]]
    name = image_name(f)
    return {
        "image_file_name": name,
        "image_cluster_id": name.rsplit(".", 1)[0],
        "image_hash": f["sha256"],
        "image_label_id": f["label"] or "",
        "image_panel_type": f["image_kinds"][0] if f["image_kinds"] else "",
        "image_panel_subtype": "",
        "image_primary_label": list(f["image_kinds"][:1]),
        "image_secondary_label": list(f["image_kinds"]),
        "image_size": [f["width"], f["height"]],
        "image_set": [
            {
                "image_id": image_id,
                "image_file_name": name,
                "image_path": name,
                "caption": f["caption"],
                "hash": f["sha256"],
            }
        ],
        "image_context": {image_id: sentences},
        "article_accession_id": f["pmcid"],
        "article_title": f["article_title"] or "",
        "article_journal": f["journal"] or "",
        "article_date": _unix(f["publication_date"]),
        "article_abstract": f["abstract"] or "",
        "article_mesh_terms": list(f["mesh_terms"]),
        "article_keywords": list(f["keywords"]),
        "article_reference_ids": references,
        "article_reference_count": len(references),
        "article_reference_list": references,
        "article_subject": list(f["subjects"]),
        "article_citation": f["attribution"],
        "article_license": f["license"],
        "article_text": text,
    }
