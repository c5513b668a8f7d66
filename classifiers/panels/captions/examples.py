"""Labelled captions that the model of series is trained on; those of articles are read from their XML."""

from __future__ import annotations

import tarfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from pmcmine.evaluation.gold_files import read_json_lines
from pmcmine.jats import ArticleMeta, extract_article
from pmcmine.rejects import Rejected

LABELS = Path(__file__).parent / "labels"


def own_examples(articles: Path) -> list[dict[str, Any]]:
    """Read the project's own labels, with captions of articles, and the captions that were invented.

    Returns objects of `caption`, `bold` (pairs of offsets; empty for labels that are marked as plain), `panels`,
    `how` (as labelled; "invented") and `journal`.

    Args:
        articles: folder of `*.tar.gz` with articles in XML.
    """
    out = [{**row, "how": "invented"} for row in read_json_lines(LABELS / "invented.jsonl", "invented")]
    for row, caption, bold, journal in _with_captions("captions", articles):
        panels = [{"label": label} for label in row["labels"]]
        emphasis = [] if row["how"] == "plain" else bold
        out.append({"caption": caption, "bold": emphasis, "panels": panels, "how": row["how"], "journal": journal})
    return out


def assigned_examples(articles: Path) -> list[dict[str, Any]]:
    """Read the captions whose pieces are labelled.

    Returns objects of `caption`, `bold`, `panels` (labels alone), `pieces` (start, end, and the labels that they are
    about or "*"), `journal`, and `half`: "train", or "held" for those that no model learns from.

    Args:
        articles: folder of `*.tar.gz` with articles in XML.
    """
    return [
        {
            "caption": caption,
            "bold": bold,
            "panels": [{"label": label} for label in row["labels"]],
            "pieces": row["pieces"],
            "half": row["half"],
            "journal": journal,
        }
        for row, caption, bold, journal in _with_captions("assignments", articles)
    ]


def _with_captions(name: str, articles: Path) -> Iterator[tuple[dict[str, Any], str, list[tuple[int, int]], str]]:
    """Yield the rows of a file of labels with their captions, what is emphasised in these, and the journal."""
    wanted: dict[str, list[dict[str, Any]]] = {}
    for row in read_json_lines(LABELS / f"{name}.jsonl", name):
        wanted.setdefault(str(row["pmcid"]), []).append(row)
    for pmcid, xml in _articles(articles):
        rows = wanted.get(pmcid, ())
        captions, journal = _captions(pmcid, xml) if rows else ({}, "")
        for row in rows:
            caption = captions.get(str(row["fig"]))
            if caption is not None:
                yield row, *caption, journal


def _articles(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.glob("*.tar.gz")):
        with tarfile.open(path) as archive:
            for member in archive:
                stream = archive.extractfile(member)
                if stream is not None and member.name.endswith(".xml"):
                    yield Path(member.name).stem, stream.read()


def journals(articles: Path, wanted: Collection[str]) -> dict[str, str]:
    """Return the journals of articles by `pmcid`."""
    return {pmcid: _captions(pmcid, xml)[1] for pmcid, xml in _articles(articles) if pmcid in wanted}


def _captions(pmcid: str, xml: bytes) -> tuple[dict[str, tuple[str, list[tuple[int, int]]]], str]:
    """Return caption and emphasised spans by the figure's id, and the journal."""
    try:
        found = extract_article(xml, ArticleMeta(pmcid=pmcid, license_code="CC BY"))
    except Rejected:
        return {}, ""
    captions = {f.xml_id: (f.caption, list(f.caption_emphasis)) for f in found.figures if f.xml_id and f.caption}
    return captions, found.article.journal or ""
