"""PMC's former file lists: `oa_file_list.csv`, `oa_file_list.txt` and `*.filelist.csv`."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from typing import TextIO

_PMCID = re.compile(r"PMC[1-9]\d*")
_PMID = re.compile(r"(?:PMID:)?(\d+)")


def _pick(row: Mapping[str, str], *names: str) -> str:
    """The first column whose name begins with one of the given words; headers differ between lists."""
    for name in names:
        for column, value in row.items():
            if column and column.strip().lower().startswith(name):
                return (value or "").strip()
    return ""


def read_filelist(stream: TextIO) -> Iterator[tuple[str, dict[str, str]]]:
    """(PMCID, {file, license, pmid, retracted}) of each row that names a PMCID; other rows are passed over."""
    start = stream.tell()
    first = stream.readline()
    if "," not in first:  # the text list: a timestamp, then tab-separated rows without a header
        for line in stream:
            fields = [f.strip() for f in line.rstrip("\n").split("\t")]
            if len(fields) >= 4 and _PMCID.fullmatch(fields[2]):
                pmid = _PMID.fullmatch(fields[3]) if len(fields) > 4 else None
                yield (
                    fields[2],
                    {
                        "file": fields[0],
                        "license": fields[-1],
                        "pmid": pmid[1] if pmid else "",
                        "retracted": "",
                    },
                )
        return
    stream.seek(start)
    for row in csv.DictReader(stream):
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
