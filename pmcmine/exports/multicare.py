"""MultiCaRe's files: cases, their images, metadata and abstracts in Parquet, a row an article; captions in CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.exports.reader import FIGURES, Export, ReleaseReader, image_name, no_cases
from pmcmine.text.clean import for_spreadsheet, without_controls

_CASE: Final = pa.struct(
    [("age", pa.float64()), ("case_id", pa.string()), ("case_text", pa.string()), ("gender", pa.string())]
)
_IMAGE: Final = pa.struct(
    [
        ("caption", pa.string()),
        ("file", pa.string()),
        ("image_id", pa.string()),
        ("tag", pa.string()),
        ("text_references", pa.list_(pa.string())),
    ]
)
_IMAGES: Final = pa.struct([("case_id", pa.string()), ("case_image_list", pa.list_(_IMAGE))])
_METADATA: Final = pa.struct(
    [
        ("title", pa.string()),
        ("authors", pa.list_(pa.string())),
        ("journal", pa.string()),
        ("year", pa.string()),
        ("doi", pa.string()),
        ("pmid", pa.string()),
        ("pmcid", pa.string()),
        ("mesh_terms", pa.list_(pa.string())),
        ("keywords", pa.list_(pa.string())),
        ("link", pa.string()),
        ("license", pa.string()),
        ("case_amount", pa.int64()),
    ]
)
SCHEMAS: Final = {
    "cases": pa.schema([("article_id", pa.string()), ("cases", pa.list_(_CASE))]),
    "case_images": pa.schema([("article_id", pa.string()), ("case_images", pa.list_(_IMAGES))]),
    "metadata": pa.schema([("article_id", pa.string()), ("article_metadata", _METADATA)]),
    "abstracts": pa.schema([("article_id", pa.string()), ("abstract", pa.string())]),
}
CAPTIONS: Final = (
    "file_id", "file", "file_path", "main_image", "image_component", "patient_id", "license", "file_size", "caption",
    "case_substring",
)  # fmt: skip
_QUERY: Final = (
    "SELECT c.*, a.title, a.authors, a.journal, a.year, a.doi, a.pmid, a.mesh_terms, a.keywords, a.source_url, "
    "a.abstract FROM cases c JOIN articles a USING (article_id) WHERE c.withheld IS NULL "
    "ORDER BY c.article_id, c.ordinal"
)
_MENTIONS: Final = (
    "SELECT figure_id, context_id, start, text, sentence FROM mentions WHERE context_id IN "
    "(SELECT p.paragraph_id FROM (SELECT unnest(passages) AS p FROM cases)) ORDER BY figure_id, mention_id"
)
_BATCH: Final = 2_000
_Row = dict[str, Any]


class MultiCaRe:
    """MultiCaRe's cases, images and captions."""

    name = "multicare"
    meaning = "MultiCaRe's cases, images and captions"

    def export(self, release: ReleaseReader, out: Export) -> None:
        """Write `cases`, `case_images`, `metadata` and `abstracts` as Parquet, `captions_and_labels.csv` and images."""
        figures = _figures(release, out)
        mentions: dict[str, list[_Row]] = {}
        if "mentions" in release.tables and figures:
            for m in release.rows(_MENTIONS):
                mentions.setdefault(m["figure_id"], []).append(m)
        writers = {
            name: pq.ParquetWriter(out.folder / f"{name}.parquet", schema, compression="zstd")
            for name, schema in SCHEMAS.items()
        }
        try:
            with (out.folder / "captions_and_labels.csv").open("w", encoding="utf-8", newline="") as stream:
                captions = csv.DictWriter(stream, CAPTIONS)
                captions.writeheader()
                for batch in _batches(_articles(release)):
                    rows: dict[str, list[_Row]] = {name: [] for name in SCHEMAS}
                    for article, cases in batch:
                        pictures = [_pictures(n, c, figures, mentions) for n, c in enumerate(cases, 1)]
                        _add(rows, article, cases, pictures)
                        out.counts["cases"] += len(cases)
                        for row in _captions(cases, pictures, figures, out.counts["captions"]):
                            captions.writerow({k: _cell(v) for k, v in row.items()})
                            out.counts["captions"] += 1
                    for name, writer in writers.items():
                        writer.write_table(pa.Table.from_pylist(rows[name], SCHEMAS[name]))
        finally:
            for writer in writers.values():
                writer.close()
        if not out.counts["cases"]:
            out.notes.append(no_cases(release))


def _cell(value: Any) -> Any:
    """Return a value that no spreadsheet runs."""
    return for_spreadsheet(without_controls(value)) if isinstance(value, str) else value


def _figures(release: ReleaseReader, out: Export) -> dict[str, _Row]:
    """Return the figures with an image that belong to a case, by id; write their images."""
    if "cases" not in release.tables:
        return {}
    wanted = {
        f for row in release.rows("SELECT figure_ids FROM cases WHERE withheld IS NULL") for f in row["figure_ids"]
    }
    found = {}
    for figure in release.rows(FIGURES):
        if figure["figure_id"] in wanted:
            out.image(image_name(figure), release.image(figure))
            kept = ("key", "format", "label", "caption", "license", "image_bytes")
            found[figure["figure_id"]] = {k: figure[k] for k in kept} | {"name": image_name(figure)}
    return found


def _articles(release: ReleaseReader) -> Iterator[tuple[str, list[_Row]]]:
    if "cases" in release.tables:
        for article, cases in groupby(release.rows(_QUERY), key=lambda c: str(c["pmcid"])):
            yield article, list(cases)


def _batches(articles: Iterable[tuple[str, list[_Row]]]) -> Iterator[list[tuple[str, list[_Row]]]]:
    held: list[tuple[str, list[_Row]]] = []
    for article in articles:
        held.append(article)
        if len(held) == _BATCH:
            yield held
            held = []
    if held:
        yield held


def _case_id(pmcid: str, n: int) -> str:
    return f"{pmcid}_{n:02d}"


def _pictures(
    n: int, case: _Row, figures: Mapping[str, _Row], mentions: Mapping[str, list[_Row]]
) -> list[tuple[str, _Row, list[_Row]]]:
    """Return figure id, image record and mentions of each figure of a case."""
    out = []
    for figure_id in case["figure_ids"]:
        figure = figures.get(figure_id)
        if figure is None:
            continue
        places = {(p["paragraph_id"]): (p["start"], p["end"]) for p in case["passages"]}
        own = [
            m
            for m in mentions.get(figure_id, ())
            if m["context_id"] in places and places[m["context_id"]][0] <= m["start"] < places[m["context_id"]][1]
        ]
        record = {
            "caption": figure["caption"],
            "file": figure["name"],
            "image_id": f"{_case_id(case['pmcid'], n)}_{figure['name']}",
            "tag": figure["label"],
            "text_references": list(dict.fromkeys(m["sentence"] for m in own)),
        }
        out.append((figure_id, record, own))
    return out


def _add(
    rows: dict[str, list[_Row]], pmcid: str, cases: list[_Row], pictures: list[list[tuple[str, _Row, list[_Row]]]]
) -> None:
    told = [
        {
            "age": c["age"],
            "case_id": _case_id(pmcid, n),
            "case_text": c["text"],
            "gender": c["sex"].capitalize() if c["sex"] else "Unknown",
        }
        for n, c in enumerate(cases, 1)
    ]
    images = [
        {"case_id": _case_id(pmcid, n), "case_image_list": [record for _, record, _ in found]}
        for n, found in enumerate(pictures, 1)
    ]
    first = cases[0]
    metadata = {
        "title": first["title"],
        "authors": [" ".join(filter(None, (a["given_names"], a["surname"]))) for a in first["authors"]],
        "journal": first["journal"],
        "year": str(first["year"]) if first["year"] is not None else None,
        "doi": first["doi"],
        "pmid": first["pmid"],
        "pmcid": pmcid,
        "mesh_terms": list(first["mesh_terms"]),
        "keywords": list(first["keywords"]),
        "link": first["source_url"],
        "license": first["license"],
        "case_amount": len(cases),
    }
    rows["cases"].append({"article_id": pmcid, "cases": told})
    rows["case_images"].append({"article_id": pmcid, "case_images": images})
    rows["metadata"].append({"article_id": pmcid, "article_metadata": metadata})
    rows["abstracts"].append({"article_id": pmcid, "abstract": first["abstract"]})


def _captions(
    cases: list[_Row],
    pictures: list[list[tuple[str, _Row, list[_Row]]]],
    figures: Mapping[str, _Row],
    count: int,
) -> Iterator[_Row]:
    for n, (case, found) in enumerate(zip(cases, pictures, strict=True), 1):
        for figure_id, record, own in found:
            yield {
                "file_id": f"file_{count:07d}",
                "file": record["file"],
                "file_path": f"images/{record['file']}",
                "main_image": record["image_id"],
                "image_component": "undivided",
                "patient_id": _case_id(case["pmcid"], n),
                "license": figures[figure_id]["license"],
                "file_size": figures[figure_id]["image_bytes"],
                "caption": record["caption"] or "",
                "case_substring": list(dict.fromkeys(m["text"] for m in own)),
            }
            count += 1
