"""What a corpus is made of: counts, effective numbers, and captions that lie in two batches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pmcmine.describe import balance as balance_module
from pmcmine.describe.balance import Balance, balance, effective_number
from pmcmine.io.folder import Folder


def _write(folder: Path, table: str, rows: list[dict[str, Any]], schema: pa.Schema) -> tuple[Folder, str]:
    name = f"tables/{table}/commercial/train-00000-of-00001.parquet"
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema), folder / name)
    return Folder(str(folder)), name


_FIGURES = pa.schema(
    [("shard", pa.string()), ("image_kinds", pa.list_(pa.string())), ("license", pa.string()),
     ("year", pa.int32()), ("journal", pa.string())]
)  # fmt: skip
_CONCEPTS = pa.schema(
    [(c, pa.string()) for c in ("context_id", "context_kind", "cui", "source_id", "name")] + [("negated", pa.bool_())]
)


def _figure(kinds: list[str] | None, license_: str, year: int | None, shard: str | None = "s") -> dict[str, Any]:
    return {"shard": shard, "image_kinds": kinds, "license": license_, "year": year, "journal": "J"}


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
    by_license, by_year = found.tables
    assert by_license.columns == ("CC-BY", "CC0")
    assert by_license.rows == (("ct", (2, 1)), ("(none)", (2, 0)), ("mri", (1, 0)))
    assert by_year.columns == ("until 1999", "2010–2014", "2020–2021", "(none)")
    assert dict(by_year.rows) == {"ct": (1, 1, 1, 0), "mri": (0, 0, 1, 0), "(none)": (0, 0, 0, 2)}


def test_rare_licences_share_a_column(tmp_path: Path) -> None:
    rows = [_figure(["ct"], f"L{n}", 2020) for n in range(9)]
    table = balance([_write(tmp_path, "figures", rows, _FIGURES)]).tables[0]
    assert table.columns == ("L0", "L1", "L2", "L3", "L4", "others") and table.rows == (("ct", (1, 1, 1, 1, 1, 4)),)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_a_caption_counts_once_for_a_concept_whatever_the_batches(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(balance_module, "_ROWS", size)

    def row(context: str, concept: str, negated: bool = False, kind: str = "figure_caption") -> dict[str, Any]:
        return {"context_id": context, "context_kind": kind, "cui": concept if concept == "C1" else None,
                "source_id": concept, "name": f"name of {concept}", "negated": negated}  # fmt: skip

    rows = [row("f1", "C1"), row("f1", "X:2"), row("f1", "C1"), row("f1", "C1"), row("f2", "C1"), row("f3", "X:2", True),
            row("p1", "X:2", kind="paragraph")]  # fmt: skip
    (axis,) = balance([_write(tmp_path, "concepts", rows, _CONCEPTS)]).axes
    assert axis.total == 2 and axis.top == (("name of C1 (C1)", 2), ("name of X:2 (X:2)", 1))


def test_nothing_has_no_balance(tmp_path: Path) -> None:
    assert balance([]) == Balance() == balance([_write(tmp_path, "figures", [], _FIGURES)])
