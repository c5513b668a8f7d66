"""`ATTRIBUTION.tsv.gz`: whom to credit for each article, and for each published figure with rights of its own."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Final

import pyarrow.compute as pc
import pyarrow.parquet as pq

from pmcmine.io.folder import Folder
from pmcmine.text.clean import for_spreadsheet, one_line

ATTRIBUTION: Final = "ATTRIBUTION.tsv.gz"
COLUMNS: Final = ("id", "license_group", "license", "attribution", "url")
_ROWS: Final = 20_000  # read at once


def tsv_line(values: Iterable[Any]) -> str:
    """Return a line whose values hold no tab, line break or other control character.

    A value that a spreadsheet would run as a formula has an apostrophe before it.
    """
    return "\t".join(for_spreadsheet(one_line(str(v or ""))) for v in values) + "\n"


def write_attribution(out: BinaryIO, files: Iterable[tuple[Folder, str]]) -> None:
    """Write the file, which contains no timestamp, with memory for some thousands of its lines.

    Args:
        out: what is written to.
        files: Parquet files of `articles` and `figures`, in the order of their lines.
    """
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0, filename="") as zipped:
        zipped.write(tsv_line(COLUMNS).encode())
        for folder, name in files:
            with folder.open(name) as stream:
                for line in _lines(stream, name.split("/")[1]):
                    zipped.write(line.encode())


def deeds(files: Iterable[tuple[Folder, str]]) -> dict[str, list[str]]:
    """Return the URLs of the licences in each licence group, in the versions that the articles state.

    Args:
        files: Parquet files of `articles`; others are passed over.
    """
    urls: dict[str, set[str]] = {}
    for folder, name in files:
        if name.split("/")[1] == "articles":
            with folder.open(name) as stream:
                rows = pq.ParquetFile(stream).read(columns=["license_group", "license_url"])
            for row in rows.group_by(rows.column_names).aggregate([]).to_pylist():
                if row["license_url"]:
                    urls.setdefault(row["license_group"], set()).add(row["license_url"])
    return {group: sorted(found) for group, found in sorted(urls.items())}


def _lines(stream: BinaryIO, table: str) -> Iterator[str]:
    if table == "articles":
        columns = ["article_id", "license_group", "license", "attribution", "source_url"]
        for batch in pq.ParquetFile(stream).iter_batches(_ROWS, columns=columns):
            for row in batch.to_pylist():
                yield tsv_line(row[c] for c in columns)
        return
    columns = ["figure_id", "license_group", "license", "attribution", "license_override", "shard", "pmcid"]
    for batch in pq.ParquetFile(stream).iter_batches(_ROWS, columns=columns):
        own = pc.and_(batch["license_override"], pc.not_equal(batch["shard"], ""))
        for row in batch.filter(own).to_pylist():  # of most figures the article's licence holds
            url = f"https://pmc.ncbi.nlm.nih.gov/articles/{row['pmcid']}/"
            yield tsv_line((*(row[c] for c in columns[:4]), url))
