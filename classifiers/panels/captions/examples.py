"""Labelled captions that the model of series is trained on; those of articles are read from their XML."""

from __future__ import annotations

import tarfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pmcmine.evaluation.gold_files import read_json_lines
from pmcmine.jats import ArticleMeta, extract_article
from pmcmine.panels.mentions import letters_named
from pmcmine.rejects import Rejected

LABELS = Path(__file__).parent / "labels"


def own_examples(articles: Path) -> list[dict[str, Any]]:
    """Read the project's own labels, with captions of articles, and the captions that were invented.

    Returns objects of `caption`, `bold` (pairs of offsets; empty for labels that are marked as plain), `panels`,
    `how` (as labelled; "invented"), `journal`, and `named` (letters of panels that the article names, None without any
    mention).

    Args:
        articles: folder of `*.tar.gz` with articles in XML.
    """
    out = [{**row, "how": "invented"} for row in read_json_lines(LABELS / "invented.jsonl", "invented")]
    for row, found, journal in _with_captions("captions", articles):
        panels = [{"label": label} for label in row["labels"]]
        emphasis = [] if row["how"] == "plain" else found.bold
        said = {"caption": found.text, "bold": emphasis, "named": found.named}
        out.append({**said, "panels": panels, "how": row["how"], "journal": journal})
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
            "caption": found.text,
            "bold": found.bold,
            "panels": [{"label": label} for label in row["labels"]],
            "pieces": row["pieces"],
            "half": row["half"],
            "journal": journal,
        }
        for row, found, journal in _with_captions("assignments", articles)
    ]


@dataclass(frozen=True, slots=True)
class _Caption:
    """A caption, what is emphasised in it, and the letters of its panels that its article names."""

    text: str
    bold: list[tuple[int, int]]
    named: list[str] | None


def _with_captions(name: str, articles: Path) -> Iterator[tuple[dict[str, Any], _Caption, str]]:
    """Yield the rows of a file of labels with their captions, and the journal."""
    wanted: dict[str, list[dict[str, Any]]] = {}
    for row in read_json_lines(LABELS / f"{name}.jsonl", name):
        wanted.setdefault(str(row["pmcid"]), []).append(row)
    for pmcid, xml in _articles(articles):
        rows = wanted.get(pmcid, ())
        captions, journal = _captions(pmcid, xml) if rows else ({}, "")
        for row in rows:
            caption = captions.get(str(row["fig"]))
            if caption is not None:
                yield row, caption, journal


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


def with_named(rows: Iterable[Mapping[str, Any]], articles: Path) -> list[dict[str, Any]]:
    """Add `named` to labelled captions of articles: the letters of panels that the article names."""
    out = [dict(row) for row in rows]
    wanted = {str(row["pmcid"]) for row in out if "pmcid" in row}
    known = {pmcid: _captions(pmcid, xml)[0] for pmcid, xml in _articles(articles) if pmcid in wanted}
    for row in out:
        found = known.get(str(row.get("pmcid")), {}).get(str(row.get("fig")))
        row["named"] = found.named if found is not None else None
    return out


def _captions(pmcid: str, xml: bytes) -> tuple[dict[str, _Caption], str]:
    """Return captions by the figure's id, and the journal."""
    try:
        found = extract_article(xml, ArticleMeta(pmcid=pmcid, license_code="CC BY"))
    except Rejected:
        return {}, ""
    written: dict[str, list[str | None]] = {}
    for m in found.mentions:
        written.setdefault(m.figure_id, []).append(m.panels)
    captions = {}
    for f in found.figures:
        if f.xml_id and f.caption:
            letters = letters_named(written.get(f.figure_id, ()))
            named = None if letters is None else sorted(letters)
            captions[f.xml_id] = _Caption(f.caption, list(f.caption_emphasis), named)
    return captions, found.article.journal or ""
