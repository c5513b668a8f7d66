"""What a card counts: articles with impossible dates do not date the corpus."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pmcmine.describe.corpus_facts import CorpusFacts, corpus_facts
from pmcmine.io.folder import Folder


def _facts(
    folder: Path, years: list[int | None], released: list[str | None], published: list[str | None]
) -> CorpusFacts:
    name = "tables/articles/commercial/train-00000-of-00001.parquet"
    (folder / name).parent.mkdir(parents=True)
    texts = pa.array(["x"] * len(years))
    dates = pa.StructArray.from_arrays([pa.array(released, pa.string())], ["pmc_release"])
    table = {"journal": texts, "license": texts, "year": pa.array(years, pa.int32()), "dates": dates}
    pq.write_table(pa.table(table | {"publication_date": pa.array(published, pa.string())}), folder / name)
    return corpus_facts([(Folder(str(folder)), name)])


@pytest.mark.parametrize(
    "odd", ["9999", "9999-99-99", "20xx", "0000-01-01", "٢٠٢٥-01-01", "2025-13", "2024-02-03T00:00"]
)
def test_odd_dates_are_passed_over(tmp_path: Path, odd: str) -> None:
    found = _facts(tmp_path, [9999, 2020, 0, None], [odd, "2020-05-01", None, odd], [None, odd, "2019", "2020-05"])
    assert (found.newest, found.years) == ("2020-05-01", (2020, 2020))


def test_without_articles_nothing_is_dated(tmp_path: Path) -> None:
    assert _facts(tmp_path, [], [], []) == CorpusFacts()
    assert _facts(tmp_path / "2", [9999], ["9999"], [None]).newest is None
