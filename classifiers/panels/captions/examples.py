"""Labelled captions that the model of series is trained on; those of articles are read from their XML."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pmcmine.evaluation.gold_files import read_json_lines
from pmcmine.jats import ArticleMeta, extract_article
from pmcmine.rejects import Rejected

LABELS = Path(__file__).parent / "labels"


def own_examples(articles: Path) -> list[dict[str, Any]]:
    """Read the project's own labels, with captions of articles, and the captions that were invented.

    Returns objects of `caption`, `bold` (pairs of offsets; empty for labels that are marked as plain) and `panels`.

    Args:
        articles: folder of `*.tar.gz` with articles in XML.
    """
    wanted: dict[str, list[dict[str, Any]]] = {}
    for row in read_json_lines(LABELS / "captions.jsonl", "captions"):
        wanted.setdefault(str(row["pmcid"]), []).append(row)
    out = read_json_lines(LABELS / "invented.jsonl", "invented")
    for pmcid, xml in _articles(articles):
        rows = wanted.get(pmcid, ())
        captions = _captions(pmcid, xml) if rows else {}
        for row in rows:
            caption = captions.get(str(row["fig"]))
            if caption is not None:
                bold: list[tuple[int, int]] = [] if row["how"] == "plain" else caption[1]
                panels = [{"label": label} for label in row["labels"]]
                out.append({"caption": caption[0], "bold": bold, "panels": panels})
    return out


def _articles(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.glob("*.tar.gz")):
        with tarfile.open(path) as archive:
            for member in archive:
                stream = archive.extractfile(member)
                if stream is not None and member.name.endswith(".xml"):
                    yield Path(member.name).stem, stream.read()


def _captions(pmcid: str, xml: bytes) -> dict[str, tuple[str, list[tuple[int, int]]]]:
    """Return caption and emphasised spans by the figure's id."""
    try:
        found = extract_article(xml, ArticleMeta(pmcid=pmcid, license_code="CC BY"))
    except Rejected:
        return {}
    return {f.xml_id: (f.caption, list(f.caption_emphasis)) for f in found.figures if f.xml_id and f.caption}
