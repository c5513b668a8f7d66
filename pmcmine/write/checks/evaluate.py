"""Measure the checks on rewrites of real captions: good ones that must pass, and spoiled ones that must be caught."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from pmcmine.errors import GoldError
from pmcmine.evaluation.gold_files import one_line, read_json_lines
from pmcmine.evaluation.intervals import RESAMPLES, interval
from pmcmine.jats.article import extract_article
from pmcmine.jats.dom import MAX_XML_BYTES
from pmcmine.jats.records import ArticleMeta
from pmcmine.rejects import Rejected
from pmcmine.text.clean import for_terminal
from pmcmine.write.checks import problems
from pmcmine.write.given import Given, Passage

GOOD: Final = "good"
_PMCID: Final = re.compile(r"PMC\d+")
_FIELDS: Final = {"id": str, "pmcid": str, "task": str, "kind": str, "text": str, "sources": list}


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A text written from an article, and how it was altered.

    Attributes:
        id: its id.
        pmcid: the article.
        task: the task that it answers.
        kind: `good`, or how it was spoiled.
        text: the text.
        sources: its sources: kind, row id, start and end in the row's text.
    """

    id: str
    pmcid: str
    task: str
    kind: str
    text: str
    sources: tuple[tuple[str, str, int, int], ...]


def read_rewrites(path: Path, part: str | None = None) -> list[Rewrite]:
    """Read rewrites from JSON lines (`rewrites*.jsonl` in a folder).

    Args:
        path: file or folder.
        part: the part to keep; all if None.

    Raises:
        GoldError: if a row lacks a field or repeats an id, or no row belongs to the part.
    """
    out = []
    ids: set[str] = set()
    for n, row in enumerate(read_json_lines(path, "rewrites"), 1):
        if any(not isinstance(row.get(name), kind) for name, kind in _FIELDS.items()):
            raise GoldError(f"{path}: row {n} is not a rewrite ({', '.join(_FIELDS)})")
        if row["id"] in ids:
            raise GoldError(f"{path}: row {n}: the id {for_terminal(row['id'], 60)!r} stands twice")
        ids.add(row["id"])
        if part is not None and row.get("part") != part:
            continue
        try:
            sources = tuple((str(s["kind"]), str(s["row_id"]), int(s["start"]), int(s["end"])) for s in row["sources"])
        except (TypeError, KeyError, ValueError):
            raise GoldError(f"{path}: row {n}: a source has kind, row_id, start and end") from None
        out.append(Rewrite(row["id"], row["pmcid"], row["task"], row["kind"], row["text"], sources))
    if not out:
        raise GoldError(f"{path}: no rewrite" + (f" of the part {part!r}" if part else ""))
    return out


def _xmls(paths: Iterable[Path], wanted: frozenset[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the XML of wanted articles from files, folders and archives; file names begin with the PMCID."""
    for path in paths:
        if path.is_dir():
            yield from _xmls(sorted((*path.rglob("PMC*.xml"), *path.rglob("*.tar.gz"))), wanted)
        elif path.name.endswith((".tar.gz", ".tgz")):
            with tarfile.open(path) as archive:
                for member in archive:
                    found = _PMCID.match(Path(member.name).name)
                    if not (found and found[0] in wanted and member.name.endswith(".xml")):
                        continue
                    if member.size <= MAX_XML_BYTES and (stream := archive.extractfile(member)) is not None:
                        yield found[0], stream.read()
        elif (found := _PMCID.match(path.name)) and found[0] in wanted and path.stat().st_size <= MAX_XML_BYTES:
            yield found[0], path.read_bytes()


def texts_of(paths: Sequence[Path], rewrites: Sequence[Rewrite]) -> dict[str, str]:
    """Read the captions and paragraphs that are the sources of rewrites.

    Args:
        paths: articles as JATS XML, folders of them, or `.tar.gz` with them.
        rewrites: the rewrites.

    Raises:
        GoldError: if a path or the text of a source is missing.
    """
    if missing := next((p for p in paths if not p.exists()), None):
        raise GoldError(f"{missing}: no such file or folder")
    wanted = frozenset(r.pmcid for r in rewrites)
    out: dict[str, str] = {}
    for pmcid, xml in _xmls(paths, wanted):
        try:
            found = extract_article(xml, ArticleMeta(pmcid=pmcid))
        except Rejected:
            continue
        out |= {f.figure_id: f.caption or "" for f in found.figures}
        out |= {p.paragraph_id: p.text or "" for p in found.paragraphs}
    for rewrite in rewrites:
        for _, row, _, end in rewrite.sources:
            if len(out.get(row, "")) < end:
                raise GoldError(f"{rewrite.id}: no text of {row} in the articles that were given")
    return out


def _interval(hits: Mapping[str, Sequence[bool]]) -> list[float]:
    """Compute the 95 % bootstrap interval of a share, resampling articles."""
    if not hits:
        return [0.0, 0.0]
    table = np.array([(sum(found), len(found)) for _, found in sorted(hits.items())])
    rng = np.random.default_rng(0)
    drawn = (table[rng.integers(0, len(table), len(table))].sum(axis=0) for _ in range(RESAMPLES))
    return interval([float(right / of) for right, of in drawn])


def given_of(rewrite: Rewrite, texts: Mapping[str, str]) -> Given:
    """Return the source passages of a rewrite."""
    return Given(tuple(Passage(kind, row, a, b, texts[row][a:b]) for kind, row, a, b in rewrite.sources))


def share(hits: Iterable[tuple[str, bool]]) -> dict[str, Any]:
    """Compute a share and its interval.

    Args:
        hits: article, and whether the text counts as a hit.
    """
    by_article: dict[str, list[bool]] = {}
    for pmcid, hit in hits:
        by_article.setdefault(pmcid, []).append(hit)
    found = [hit for row in by_article.values() for hit in row]
    return {"share": round(sum(found) / len(found), 4) if found else 0.0, "interval": _interval(by_article)}


def evaluate(rewrites: Sequence[Rewrite], texts: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Run the checks over rewrites.

    Returns:
        Measures (shares of the good that pass and of the spoiled that are caught, with intervals over articles, and
        counts by kind), and a line for each wrong decision.
    """
    right: dict[bool, dict[str, list[bool]]] = {True: {}, False: {}}
    kinds: dict[str, list[bool]] = {}
    lines = []
    for rewrite in rewrites:
        found = problems(rewrite.text, given_of(rewrite, texts), rewrite.task)
        good = rewrite.kind == GOOD
        ok = bool(found) != good
        right[good].setdefault(rewrite.pmcid, []).append(ok)
        kinds.setdefault(rewrite.kind, []).append(ok)
        if not ok:
            why = "; ".join(f"{p.code}: {p.detail}" for p in found) if good else "not caught"
            lines.append(f"{rewrite.id}  {rewrite.kind}  {why}  {one_line(rewrite.text)[:120]}")
    measures: dict[str, Any] = {"articles": len({r.pmcid for r in rewrites})}
    for good, name in ((True, "passed"), (False, "caught")):
        found_of = [ok for row in right[good].values() for ok in row]
        measures["good" if good else "spoiled"] = len(found_of)
        measures[name] = round(sum(found_of) / len(found_of), 4) if found_of else 0.0
        measures[f"{name}_interval"] = _interval(right[good])
    measures["by_kind"] = {
        kind: {"right": sum(found), "of": len(found)} for kind, found in sorted(kinds.items()) if kind != GOOD
    }
    return measures, lines
