"""PMC's former file lists: `oa_file_list.csv`, `oa_file_list.txt` and `*.filelist.csv`."""

from __future__ import annotations

import csv
import io
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TextIO

from pmcmine.io.folder import Folder
from pmcmine.text.bounds import CODE, LINE, PMCID, shorten

log = logging.getLogger(__name__)
_PMCID = re.compile(PMCID)
_PMID = re.compile(r"(?:PMID:)?([0-9]{1,12})")


def _pick(row: Mapping[str, str], *names: str) -> str:
    """Find the first column whose name begins with one of the given words; headers differ between lists."""
    for name in names:
        for column, value in row.items():
            if column and column.strip().lower().startswith(name):
                return (value or "").strip()
    return ""


def bounded_lines(stream: TextIO) -> Iterator[str]:
    """Yield the lines of a text; longer ones than `LINE` are left out, without being held in memory."""
    while line := stream.readline(LINE):
        if len(line) < LINE or line.endswith(("\n", "\r")):
            yield line
            continue
        log.warning("a line of more than %d characters is left out", LINE)
        while (rest := stream.readline(LINE)) and not rest.endswith(("\n", "\r")):
            pass


def csv_rows(lines: Iterable[str]) -> Iterator[list[str]]:
    """Yield the rows of a CSV text; one that can't be read, such as for a field of 200 kB, is left out."""
    reader = csv.reader(lines)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            log.warning("row %d of a CSV file is left out: %s", reader.line_num, error)


def open_filelist(folder: Folder, name: str) -> dict[str, dict[str, str]]:
    """Read a file list; the last row of a PMCID counts.

    Empty if it can't be opened, which is logged.
    """
    try:
        with folder.open(name) as raw:
            # A stream of fsspec lacks methods that a text wrapper needs.
            buffered = io.BufferedReader(raw)  # type: ignore[type-var]  # any stream that has readinto serves
            return dict(read_filelist(io.TextIOWrapper(buffered, "utf-8", "replace", newline="")))
    except OSError as error:
        log.warning("%s: the file list can't be read (%s)", name, error.strerror or error)
        return {}


def read_filelist(stream: TextIO) -> Iterator[tuple[str, dict[str, str]]]:
    """Read (PMCID, {file, license, pmid, retracted}) of each row that names a PMCID; other rows are passed over."""
    lines = bounded_lines(stream)
    first = next(lines, "")
    rows = _csv_list(chain([first], lines)) if "," in first else _text_list(lines)
    for pmcid, row in rows:
        yield pmcid, {k: shorten(v, CODE) for k, v in row.items()}  # a licence that is cut is none that is known


def _text_list(lines: Iterable[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the rows of the text list: a timestamp, then tab-separated rows without a header."""
    for line in lines:
        fields = [f.strip() for f in line.rstrip("\r\n").split("\t")]
        if len(fields) >= 4 and _PMCID.fullmatch(fields[2]):
            pmid = _PMID.fullmatch(fields[3]) if len(fields) > 4 else None
            yield (
                fields[2],
                {"file": fields[0], "license": fields[-1], "pmid": pmid[1] if pmid else "", "retracted": ""},
            )


def _csv_list(lines: Iterable[str]) -> Iterator[tuple[str, dict[str, str]]]:
    rows = csv_rows(lines)
    header = next(rows, [])
    for fields in rows:
        row = dict(zip(header, fields, strict=False))
        pmcid = _pick(row, "accession")
        if not _PMCID.fullmatch(pmcid):
            continue
        pmid = _PMID.fullmatch(_pick(row, "pmid"))
        yield (
            pmcid,
            {
                "file": _pick(row, "article file", "file", "key"),
                "license": _pick(row, "license"),
                "pmid": pmid[1] if pmid else "",
                "retracted": _pick(row, "retracted").lower(),
            },
        )
