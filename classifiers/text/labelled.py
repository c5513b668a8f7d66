"""Labelled paragraphs, and the corpus that the space of words is made from."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from classifiers.text.heads import CLASSES, QUALITY
from pmcmine.errors import GoldError, PmcmineError

_COLUMNS = ["paragraph_id", "pmcid", "path", "section_kind", "article_type", "text"]
_MAX_BYTES = 1 << 30
OWN_LABELS = Path(__file__).parent / "labels"  # the files paragraphs*.tsv in it
_MIN_CHARACTERS = 80  # of a paragraph of the corpus; shorter ones are headings and lists


def read_labels(path: Path) -> list[dict[str, Any]]:
    """Read labelled paragraphs: one JSON object per line with `text` and one or more of type, domain, quality.

    Raises:
        GoldError: if the file is missing, no JSON lines, or holds a label that is none.
    """
    files = sorted(path.glob("paragraphs*.jsonl")) if path.is_dir() else [path]
    rows = []
    for file in files:
        if not file.is_file() or file.stat().st_size > _MAX_BYTES:
            raise GoldError(f"{file}: no such file, or more than {_MAX_BYTES >> 30} GB")
        for number, line in enumerate(file.read_text("utf-8", "replace").splitlines(), 1):
            if line.strip():
                rows.append(_row(file, number, line))
    if not rows:
        raise GoldError(f"{path}: no labelled paragraph in it (paragraphs.jsonl)")
    return rows


def _row(file: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        raise GoldError(f"{file}, line {number}: not a JSON object") from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise GoldError(f"{file}, line {number}: no `text`")
    try:
        return _checked(row)
    except ValueError as error:
        raise GoldError(f"{file}, line {number}: {error}") from None


def _checked(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose labels are labels.

    Raises:
        ValueError: if one is none.
    """
    for task, classes in CLASSES.items():
        if row.get(task) is not None and row[task] not in classes:
            raise ValueError(f"{task} {row[task]!r}; known are {', '.join(classes)}")
    quality = row.get(QUALITY)
    is_number = isinstance(quality, int | float) and not isinstance(quality, bool)
    if quality is not None and not (is_number and 1 <= quality <= 5):
        raise ValueError(f"quality {quality!r} is no number from 1 to 5")
    weights = row.get("weights", {})
    if not isinstance(weights, dict) or not all(type(w) in (int, float) and 0 < w <= 1 for w in weights.values()):
        raise ValueError("weights are no numbers above 0, up to 1")
    return row


def weights_of(rows: Iterable[Mapping[str, Any]], task: str) -> list[float] | None:
    """Return how much the label of each row counts; None if all count the same.

    A label counts less if a second teacher gave another one.
    """
    weights = [float(row.get("weights", {}).get(task, 1.0)) for row in rows]
    return weights if any(w != 1.0 for w in weights) else None


def own_labels(paragraphs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Join the labels of the package with the paragraphs that a corpus contains.

    `reader` says in which file a label stands, `quality_read` what its reader said where `quality` is left out.
    """
    found = {
        row["paragraph_id"]: row | {"reader": path.stem}
        for path in sorted(OWN_LABELS.glob("paragraphs*.tsv"))
        for row in _own_rows(path)
    }
    out = []
    for p in paragraphs:
        row = found.get(p["paragraph_id"])
        if row is not None:
            labels: dict[str, Any] = {t: row[t] if row[t] != "-" else None for t in CLASSES}
            for name in (QUALITY, "quality_read"):
                labels[name] = float(row[name]) if row.get(name, "-") != "-" else None
            out.append({**p, **labels, "reader": row["reader"]})
    return out


def _own_rows(path: Path) -> Iterator[dict[str, str]]:
    """Read a table of labels; lines that begin with # are notes, the first other line names the columns."""
    lines = [s.split("\t") for s in path.read_text("utf-8").splitlines() if s and not s.startswith("#")]
    return (dict(zip(lines[0], row, strict=True)) for row in lines[1:])


def read_label_table(path: Path) -> list[dict[str, Any]]:
    """Read labels by `paragraph_id`, without texts, from a table as in the package's `labels`.

    Raises:
        GoldError: if the file is missing or no such table, or holds a label that is none.
    """
    if not path.is_file() or path.stat().st_size > _MAX_BYTES:
        raise GoldError(f"{path}: no such file, or more than {_MAX_BYTES >> 30} GB")
    lines = [s.split("\t") for s in path.read_text("utf-8", "replace").splitlines() if s and not s.startswith("#")]
    if not lines or "paragraph_id" not in lines[0]:
        raise GoldError(f"{path}: its first line does not name the column paragraph_id, tab-separated")
    rows = []
    for number, line in enumerate(lines[1:], 2):
        said = dict(zip(lines[0], line, strict=False))
        row: dict[str, Any] = {"paragraph_id": said.get("paragraph_id", ""), "text": ""}
        row["pmcid"] = row["paragraph_id"].partition(".")[0]
        row |= {t: said[t] for t in CLASSES if said.get(t, "-") != "-"}
        try:
            quality = said.get(QUALITY, "-")
            rows.append(_checked(row if quality == "-" else row | {QUALITY: float(quality)}))
        except ValueError as error:
            raise GoldError(f"{path}, row {number}: {error}") from None
    return rows


def articles_of(release: Path, pmcids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Read all paragraphs of some articles of a release, of any licence, by PMCID.

    Raises:
        PmcmineError: if the release has no paragraphs.
    """
    files = sorted((release / "tables" / "paragraphs").glob("*/*.parquet"))
    if not files:
        raise PmcmineError(f"{release}: no paragraphs in it; is it a release of `pmcmine mine`?")
    out: dict[str, list[dict[str, Any]]] = {}
    for file in files:
        for batch in pq.ParquetFile(file).iter_batches(columns=_COLUMNS):
            for row in batch.filter(pc.is_in(batch["pmcid"], pa.array(sorted(pmcids), pa.string()))).to_pylist():
                out.setdefault(str(row["pmcid"]), []).append(row)
    return out


def labelled_with(rows: Sequence[dict[str, Any]], task: str) -> list[dict[str, Any]]:
    """Select the rows that have a label for a task."""
    return [r for r in rows if r.get(task) is not None]


def corpus(release: Path) -> Iterator[Mapping[str, Any]]:
    """Read the commercially licensed paragraphs of a release, in file order.

    Raises:
        PmcmineError: if the release has none.
    """
    files = sorted((release / "tables" / "paragraphs" / "commercial").glob("*.parquet"))
    if not files:
        raise PmcmineError(f"{release}: no paragraphs of the commercial group; is it a release of `pmcmine mine`?")
    for file in files:
        for batch in pq.ParquetFile(file).iter_batches(columns=_COLUMNS):
            yield from (row for row in batch.to_pylist() if len(row["text"]) >= _MIN_CHARACTERS)


def read_languages(path: Path) -> list[tuple[str, str]]:
    """Read (language, text) from a table with these columns, tab-separated; lines that begin with # are notes.

    Raises:
        GoldError: if the file is missing or no such table.
    """
    files = sorted(path.glob("languages*.tsv")) if path.is_dir() else [path]
    rows: list[tuple[str, str]] = []
    for file in files:
        if not file.is_file():
            raise GoldError(f"{file}: no such file")
        lines = [s for s in file.read_text("utf-8", "replace").splitlines() if s.strip() and not s.startswith("#")]
        if not lines or lines[0].split("\t") != ["language", "text"]:
            raise GoldError(f"{file}: its first line is not language and text, tab-separated")
        for number, line in enumerate(lines[1:], 2):
            code, tab, text = line.partition("\t")
            if not tab or not text.strip():
                raise GoldError(f"{file}, row {number}: no text")
            rows.append((code, text))
    if not rows:
        raise GoldError(f"{path}: no text in it (languages.tsv)")
    return rows
