"""What a corpus is made of: counts, effective numbers, and captions that lie in two batches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pmcmine.describe import balance as balance_module
from pmcmine.describe.balance import Balance, balance, effective_number
from pmcmine.describe.crossed import CrossRow, CrossTable
from pmcmine.io.folder import Folder


def _write(folder: Path, table: str, rows: list[dict[str, Any]], schema: pa.Schema) -> tuple[Folder, str]:
    name = f"tables/{table}/commercial/train-00000-of-00001.parquet"
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema), folder / name)
    return Folder(str(folder)), name


_FIGURES = pa.schema(
    [("figure_id", pa.string()), ("shard", pa.string()), ("image_kinds", pa.list_(pa.string())), ("license", pa.string()),
     ("year", pa.int32()), ("journal", pa.string())]
)  # fmt: skip
_CONCEPTS = pa.schema(
    [(c, pa.string()) for c in ("context_id", "context_kind", "cui", "source_id", "name")] + [("negated", pa.bool_())]
)


def _figure(
    kinds: list[str] | None,
    license_: str,
    year: int | None,
    shard: str | None = "s",
    journal: str = "J",
    key: str = "f",
) -> dict[str, Any]:
    return {"figure_id": key, "shard": shard, "image_kinds": kinds, "license": license_, "year": year,
            "journal": journal}  # fmt: skip


def _linked(context: str, concept: str, negated: bool = False, kind: str = "figure_caption") -> dict[str, Any]:
    return {"context_id": context, "context_kind": kind, "cui": concept if concept == "C1" else None,
            "source_id": concept, "name": f"name of {concept}", "negated": negated}  # fmt: skip


def _numbers(table: CrossTable) -> dict[str, tuple[int, ...]]:
    return {row.name: (row.total, *row.numbers) for row in table.rows}


@pytest.mark.parametrize(
    ("numbers", "found"), [([5, 5, 5, 5], 4.0), ([7], 1.0), ([], 0.0), ([0], 0.0), ([1000, 1], 1.0), ([2, 1], 1.9)]
)
def test_the_effective_number_is_that_of_equal_values(numbers: list[int], found: float) -> None:
    assert effective_number(numbers) == found


def test_pairs_are_counted_by_kind_licence_and_year(tmp_path: Path) -> None:
    rows = [
        _figure(["ct", "mri"], "CC-BY", 2021), _figure(["ct"], "CC0", 2014), _figure([], "CC-BY", None),
        _figure(None, "CC-BY", 9999), _figure(["ct"], "CC-BY", 1980), _figure(["ct"], "CC-BY", 2021, shard=None),
    ]  # fmt: skip
    found = balance([_write(tmp_path, "figures", rows, _FIGURES)])
    axes = {a.name: a for a in found.axes}
    assert axes["kind of image"].top == (("ct", 3), ("mri", 1)) and axes["kind of image"].total == 5
    assert axes["licence"].top == (("CC-BY", 4), ("CC0", 1)) and axes["licence"].effective == 1.6
    assert axes["year"].values == 3 and "concept" not in axes
    by_license, by_year, by_journal = found.tables
    assert by_license.columns == ("CC-BY", "CC0")
    assert [r.name for r in by_license.rows] == ["ct", "(none)", "mri"]
    assert _numbers(by_license) == {"ct": (3, 2, 1), "(none)": (2, 2, 0), "mri": (1, 1, 0)}
    assert by_year.columns == ("until 1999", "2010–2014", "2020–2021", "(none)")
    assert _numbers(by_year) == {"ct": (3, 1, 1, 1, 0), "mri": (1, 0, 0, 1, 0), "(none)": (2, 0, 0, 0, 2)}
    assert by_journal.columns == ("ct", "(none)", "mri") and _numbers(by_journal) == {"J": (5, 3, 2, 1)}


def test_rare_licences_share_a_column(tmp_path: Path) -> None:
    rows = [_figure(["ct"], f"L{n}", 2020) for n in range(9)]
    table = balance([_write(tmp_path, "figures", rows, _FIGURES)]).tables[0]
    assert table.columns == ("L0", "L1", "L2", "L3", "L4", "others")
    assert table.rows == (CrossRow("ct", 9, (1, 1, 1, 1, 1, 4)),)


def test_rare_journals_share_the_last_row(tmp_path: Path) -> None:
    rows = [_figure(["ct", "mri"], "CC0", 2020, journal=f"J{n:02}") for n in range(20)] + [_figure(["ct"], "CC0", 2020)]
    table = balance([_write(tmp_path, "figures", rows, _FIGURES)]).tables[-1]
    assert len(table.rows) == 15 and table.rows[-1] == CrossRow("7 others", 7, (7, 7))
    assert sum(r.total for r in table.rows) == 21


def test_a_value_that_is_called_others_is_not_the_rest(tmp_path: Path) -> None:
    names = ["others", "others", *(f"J{n:02}" for n in range(20))]
    rows = [_figure(["others"], "CC0", 2020, journal=name) for name in names]
    rows += [_figure([f"k{n}"], "CC0", 2020, journal="others") for n in range(9)]
    table = balance([_write(tmp_path, "figures", rows, _FIGURES)]).tables[-1]
    assert table.columns == ("others", "k0", "k1", "k2", "k3", "all others")
    assert _numbers(table)["others"] == (11, 2, 1, 1, 1, 1, 5)
    assert _numbers(table)["7 others"] == (7, 7, 0, 0, 0, 0, 0)


def test_concepts_are_counted_by_the_kinds_of_their_figures(tmp_path: Path) -> None:
    kinds: list[list[str] | None] = [["ct"], ["ct", "mri"], None, ["gel"]]
    figures = [_figure(k, "CC0", 2020, key=f"f{n}") for n, k in enumerate(kinds)]
    figures.append(_figure(["ct"], "CC0", 2020, shard=None, key="no sample"))
    linked = [_linked("f0", "C1"), _linked("f0", "C1"), _linked("f0", "X:2", negated=True), _linked("f1", "C1"),
              _linked("f1", "X:2"), _linked("f2", "C1"), _linked("no sample", "C1"), _linked("f3", "X:2", kind="paragraph"),
              *(_linked(f"f{n % 2}", f"Y:{n:02}") for n in range(16))]  # fmt: skip
    # The concepts' file may come first, and its rows need not be in the order of the figures.
    files = [_write(tmp_path, "concepts", linked, _CONCEPTS), _write(tmp_path, "figures", figures, _FIGURES)]
    table = next(t for t in balance(files).tables if t.title.startswith("concept"))
    assert table.columns == ("ct", "(none)", "gel", "mri")
    found = _numbers(table)
    assert found["name of C1 (C1)"] == (3, 2, 1, 0, 1) and found["name of X:2 (X:2)"] == (1, 1, 0, 0, 1)
    assert found["4 others"] == (4, 4, 0, 0, 2) and len(found) == 15


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_a_caption_counts_once_for_a_concept_whatever_the_batches(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(balance_module, "_ROWS", size)

    rows = [_linked("f1", "C1"), _linked("f1", "X:2"), _linked("f1", "C1"), _linked("f1", "C1"), _linked("f2", "C1"), _linked("f3", "X:2", True),
            _linked("p1", "X:2", kind="paragraph")]  # fmt: skip
    (axis,) = balance([_write(tmp_path, "concepts", rows, _CONCEPTS)]).axes
    assert axis.total == 2 and axis.top == (("name of C1 (C1)", 2), ("name of X:2 (X:2)", 1))


def test_nothing_has_no_balance(tmp_path: Path) -> None:
    assert balance([]) == Balance() == balance([_write(tmp_path, "figures", [], _FIGURES)])
