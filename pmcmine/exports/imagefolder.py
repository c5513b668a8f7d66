"""Images and a `metadata.csv` for each split, as the imagefolder of `datasets` and a spreadsheet read them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final, TextIO

from pmcmine.errors import PmcmineError
from pmcmine.exports.reader import FIGURES, Export, ReleaseReader, image_name
from pmcmine.io.safe_files import create_new
from pmcmine.io.safe_names import inside
from pmcmine.text.clean import for_spreadsheet, one_line

METADATA: Final = "metadata.csv"
SPLITS: Final = ("train", "validation", "test")
# Readers guess the type of each column, in each split anew: an empty column, or one of digits only, would be numbers.
# So a missing text is a word, which pandas does not take for a missing value.
MISSING: Final = "none"
_IMAGES_A_FOLDER: Final = 10_000  # the Hub's limit for one folder
_PNG: Final = b"\x89PNG"
_PANELS: Final = (
    "SELECT p.*, f.caption, f.attribution, f.license_group AS _group, a.pmid, a.doi, a.title AS article_title, "
    "f.journal, f.year, a.source_url, "
    "CASE WHEN f.license = a.license AND f.permissions IS NULL THEN a.license_url END AS license_url "
    "FROM panels p JOIN figures f USING (figure_id) JOIN articles a ON f.article_id = a.article_id "
    "WHERE p.shard IS NOT NULL ORDER BY p.figure_id, p.ordinal, p.panel_id"
)


class ImageFolder:
    """Images with a `metadata.csv` for each split."""

    name = "imagefolder"
    meaning = "images and a metadata.csv for each split, for `datasets` and spreadsheets"
    takes = frozenset({"where", "panels"})

    def export(self, release: ReleaseReader, out: Export) -> None:
        """Write `<split>/metadata.csv` and `<split>/000/<key>.jpg`, … of figures, or of panels if these are chosen.

        Raises:
            PmcmineError: if panels are chosen and the release has no images of panels.
        """
        rows = _panels(release) if out.panels else _figures(release)
        with ExitStack() as stack:
            splits: dict[str, _Split] = {}
            for name, image, row in rows:
                split = _split(row["split"])
                if split not in splits:
                    splits[split] = _Split(split, out, stack, list(row["cells"]))
                splits[split].add(name, image if out.images else b"", row["cells"])


def _split(name: object) -> str:
    """Return a split's name.

    Raises:
        ValueError: if there is no such split.
    """
    if name not in SPLITS:
        raise ValueError(f"no split {name!r}")
    return str(name)


@dataclass
class _Split:
    """The folder of a split.

    Attributes:
        name: the split.
        out: the export.
        stack: closes its file.
        columns: names of the columns beside `file_name`.
    """

    name: str
    out: Export
    stack: ExitStack
    columns: list[str]
    n: int = 0
    _stream: TextIO = field(init=False)

    def __post_init__(self) -> None:
        path = self.out.folder / self.name / METADATA
        path.parent.mkdir()
        # Spreadsheets take a file for UTF-8 only if it begins with the byte order mark; other readers skip it.
        self._stream = self.stack.enter_context(path.open("w", encoding="utf-8-sig", newline=""))
        csv.writer(self._stream).writerow(["file_name", *self.columns])

    def add(self, name: str, image: bytes, cells: Mapping[str, Any]) -> None:
        """Write an image and its line."""
        file = f"{self.n // _IMAGES_A_FOLDER:03d}/{name}"
        if self.out.images:
            path = inside(self.out.folder, f"{self.name}/{file}", "image")
            path.parent.mkdir(exist_ok=True)
            with create_new(path) as stream:
                stream.write(image)
            self.out.counts["images"] += 1
        csv.writer(self._stream).writerow([file, *map(_cell, cells.values())])
        self.out.counts[f"{self.name}/{METADATA}"] += 1
        self.n += 1


def _cell(value: Any) -> str:
    """Return a value in one line that no spreadsheet runs."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list | tuple):
        value = "; ".join(map(str, value))
    return for_spreadsheet(one_line(str(value or ""))) or MISSING


def _figures(release: ReleaseReader) -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    """Yield file name, image and row of each figure."""
    for f in release.rows(FIGURES):
        cells = {
            "caption": f["caption"],
            "figure_id": f["figure_id"],
            "image_kinds": f["image_kinds"],
            "width": f["width"],
            "height": f["height"],
            **_source(f),
            "license_group": f["license_group"],
            "derivatives_ok": f["derivatives_ok"],
            "sha256": f["sha256"],
        }
        yield image_name(f), release.image(f), {"split": f["split"], "cells": cells}


def _panels(release: ReleaseReader) -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    """Yield file name, image and row of each panel that has an image of its own.

    Raises:
        PmcmineError: if none has.
    """
    if "panels" not in release.tables or not next(release.rows("SELECT count(shard) AS n FROM panels"))["n"]:
        raise PmcmineError("--panels: the release has no images of panels; mine it with --panel-shards")
    for p in release.rows(_PANELS):
        key, image = release.panel_crop(p)
        cells = {
            "text": p["text"],
            "caption": p["caption"],
            "panel_id": p["panel_id"],
            "figure_id": p["figure_id"],
            "image_kinds": p["kinds"],
            **_source(p),
            "license_group": p["_group"],
            "sha256": p["crop_sha256"],
        }
        yield f"{key}.{'png' if image.startswith(_PNG) else 'jpg'}", image, {"split": p["split"], "cells": cells}


def _source(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a figure and a panel say of their article and its rights."""
    return {
        "license": row["license"],
        "license_url": row["license_url"],
        "attribution": row["attribution"],
        "source_url": row["source_url"],
        "article_title": row["article_title"],
        "journal": row["journal"],
        "year": int(row["year"] or 0),
        "pmcid": row["pmcid"],
        "pubmed_url": f"https://pubmed.ncbi.nlm.nih.gov/{row['pmid']}/" if row["pmid"] else None,
        "doi_url": f"https://doi.org/{row['doi']}" if row["doi"] else None,
    }
