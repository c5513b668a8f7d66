"""`ATTRIBUTION.tsv.gz`: whom to credit for each article, and for each published figure with rights of its own."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pmcmine.io.folder import Folder
from pmcmine.text.clean import for_spreadsheet, one_line

ATTRIBUTION: Final = "ATTRIBUTION.tsv.gz"
COLUMNS: Final = ("id", "license_group", "license", "attribution", "url")
_ROWS: Final = 20_000  # read at once
# Texts that `_cell` may change: controls, formats, spaces but single ones inside, and what formulas begin with.
_ODD: Final = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|[^ \P{Zs}]|  |^ | $|^[\"=+\-@＝＋－＠]"


def tsv_line(values: Iterable[Any]) -> str:
    """Return a line whose values hold no tab, line break or other control character.

    A value that a spreadsheet would run as a formula has an apostrophe before it.
    """
    return "\t".join(map(_cell, values)) + "\n"


def _cell(value: Any) -> str:
    return for_spreadsheet(one_line(str(value or "")))


class Attribution:
    """Writes the file, which contains no timestamp, with memory for some thousands of its lines.

    Its lines stand in the order of the rows that it is given. As a context manager it ends the file.

    Args:
        out: what is written to.
    """

    COLUMNS: Final = {
        "articles": ("article_id", "license_group", "license", "attribution", "source_url"),
        "figures": ("figure_id", "license_group", "license", "attribution", "license_override", "shard", "pmcid"),
    }

    def __init__(self, out: BinaryIO) -> None:
        self._zipped = gzip.GzipFile(fileobj=out, mode="wb", mtime=0, filename="")
        self._zipped.write(tsv_line(COLUMNS).encode())

    def __enter__(self) -> Attribution:
        return self

    def __exit__(self, *_: object) -> None:
        self._zipped.close()

    def take(self, name: str, rows: pa.RecordBatch) -> None:
        """Write the lines of rows of a file of articles or figures, with the columns that `COLUMNS` names."""
        table = name.split("/")[1]
        if table == "figures":  # of most the article's licence holds
            rows = rows.filter(pc.and_(rows["license_override"], pc.not_equal(rows["shard"], "")))
        columns = [_cells(rows[column]) for column in self.COLUMNS[table][:4]]
        if table == "figures":
            columns.append([f"https://pmc.ncbi.nlm.nih.gov/articles/{pmcid}/" for pmcid in rows["pmcid"].to_pylist()])
        else:
            columns.append(_cells(rows["source_url"]))
        self._zipped.write("".join(["\t".join(cells) + "\n" for cells in zip(*columns, strict=True)]).encode())


def _cells(column: pa.Array) -> list[str]:
    """Return values as cells of a line; each value is looked at once."""
    encoded = column.dictionary_encode()
    known = encoded.dictionary.to_pylist()
    for n in pc.indices_nonzero(pc.match_substring_regex(encoded.dictionary, _ODD)).to_pylist():
        known[n] = _cell(known[n])
    return [known[n] if n is not None else "" for n in encoded.indices.to_pylist()]


def write_attribution(out: BinaryIO, files: Iterable[tuple[Folder, str]]) -> None:
    """Write the file as `Attribution` does.

    Args:
        out: what is written to.
        files: Parquet files of `articles` and `figures`, in the order of their lines.
    """
    with Attribution(out) as attribution:
        _read(files, attribution.COLUMNS, attribution.take)


class Deeds:
    """Collects the URLs of the licences in each licence group, in the versions that the articles state."""

    COLUMNS: Final = {"articles": ("license_group", "license_url")}

    def __init__(self) -> None:
        self._urls: dict[str, set[str]] = {}

    def take(self, name: str, rows: pa.RecordBatch) -> None:
        """Collect the URLs of rows of a file of articles."""
        found = pa.Table.from_batches([rows]).group_by(rows.schema.names).aggregate([])
        for row in found.to_pylist():
            if row["license_url"]:
                self._urls.setdefault(row["license_group"], set()).add(row["license_url"])

    def urls(self) -> dict[str, list[str]]:
        """Return the URLs by group, sorted."""
        return {group: sorted(found) for group, found in sorted(self._urls.items())}


def deeds(files: Iterable[tuple[Folder, str]]) -> dict[str, list[str]]:
    """Return the URLs of licences as `Deeds` does.

    Args:
        files: Parquet files of `articles`; others are passed over.
    """
    found = Deeds()
    _read(files, found.COLUMNS, found.take)
    return found.urls()


def _read(
    files: Iterable[tuple[Folder, str]],
    columns: Mapping[str, Sequence[str]],
    take: Callable[[str, pa.RecordBatch], None],
) -> None:
    for folder, name in files:
        wanted = columns.get(name.split("/")[1])
        if wanted is not None:
            with folder.open(name) as stream:
                for batch in pq.ParquetFile(stream).iter_batches(_ROWS, columns=[*wanted]):
                    take(name, batch)
