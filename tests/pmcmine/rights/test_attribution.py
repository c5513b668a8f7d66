"""The attribution file: every line as `tsv_line` writes it, whatever the values hold."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.io.folder import Folder
from pmcmine.rights.attribution import COLUMNS, tsv_line, write_attribution

ODD = ["plain text", "", None, " led", "trail ", "two  spaces", "tab\there", "=1+1", "+1", "-1", "@x", '"=1"', "naïve Müller", "a\nb",
       "plain text", "\u202egnp", "a-b=c@d", "\ufeff=1", '"quoted"', "＝1", "\x7f", "'x", "a\u00a0b", "\u3000x",
       "x\u2009", "\u2028", "\u200bz", "é", "\x85", "日本 語", "\u00ad="]  # fmt: skip


def test_lines_are_those_of_each_value_alone(tmp_path: Path) -> None:
    n = len(ODD)
    ids = [f"PMC{i}.1" for i in range(n)]
    articles = {"article_id": ids, "license_group": ["commercial"] * n, "license": ODD, "attribution": ODD[::-1],
                "source_url": ODD}  # fmt: skip
    own = {"figure_id": ODD, "license_group": ["commercial"] * n, "license": ODD, "attribution": ODD,
           "license_override": [i % 2 == 0 for i in range(n)], "shard": ["s" if i % 3 else None for i in range(n)],
           "pmcid": [f"PMC{i}" for i in range(n)]}  # fmt: skip
    files = []
    for table, columns in (("articles", articles), ("figures", own)):
        name = f"tables/{table}/commercial/train-00000-of-00001.parquet"
        (tmp_path / name).parent.mkdir(parents=True)
        pq.write_table(pa.table(columns), tmp_path / name)
        files.append((Folder(str(tmp_path)), name))
    out = io.BytesIO()
    write_attribution(out, files)
    lines = [tsv_line(COLUMNS)]
    lines += [tsv_line(values) for values in zip(*articles.values(), strict=True)]
    lines += [
        tsv_line((ODD[i], "commercial", ODD[i], ODD[i], f"https://pmc.ncbi.nlm.nih.gov/articles/PMC{i}/"))
        for i in range(n)
        if i % 2 == 0 and i % 3
    ]
    assert gzip.decompress(out.getvalue()).decode() == "".join(lines)
