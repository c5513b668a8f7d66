"""The estimate of a run: its second column, and what scales."""

from __future__ import annotations

import json

import pytest

from pmcmine.describe.costs import Machine, Rates, limits, plan
from tests.test_cli import call


def test_images_of_published_sizes_are_a_second_column() -> None:
    lines = {line.name: line for line in plan(6e6, Rates(), Machine())}
    fetched = lines["fetched"].at_pmc_sizes
    assert fetched is not None
    assert fetched == pytest.approx(27_000 + 6e6 * Rates().xml_bytes / 1e9)  # 27 TB of images, and the XML
    assert lines["pairs"].at_pmc_sizes == pytest.approx(24e6)
    assert lines["mine"].at_pmc_sizes is None and lines["tables"].at_pmc_sizes is None
    assert {line.label for line in lines.values()} == {"extrapolated", "assumed"}


@pytest.mark.parametrize("articles", ["1", "30", "8e6"])
def test_whole_numbers_have_no_decimals(capsys: pytest.CaptureFixture[str], articles: str) -> None:
    code, out, _ = call(capsys, "plan", "--articles", articles)
    assert code == 0
    for name in ("shards", "Hub commits"):
        line = next(row for row in out.splitlines() if row.startswith(name))
        assert line.removeprefix(name).split()[0].replace(",", "").isdigit()
    _, out, _ = call(capsys, "plan", "--articles", articles, "--json")
    found = json.loads(out.splitlines()[-1])
    shards = next(row for row in found["lines"] if row["name"] == "shards")
    assert isinstance(shards["value"], int) and (shards["at_pmc_sizes"] or 1) >= shards["value"]


def test_limits_of_a_small_run_have_small_units() -> None:
    said = {limit.what: limit.at for limit in limits(3, Rates(), Machine())}
    assert (
        said["requests to the source"].split()[1] in ("s", "min") and said["storage of the release"].split()[1] == "MB"
    )
    assert not any(at.startswith("0 ") for at in said.values())
    large = {limit.what: limit.at for limit in limits(8e6, Rates(), Machine())}
    assert large["storage of the release"].endswith(" TB") and large["requests to the source"].split()[1] == "h"
