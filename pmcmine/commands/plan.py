"""`pmcmine plan`: estimate the cost of a run before you start it."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, astuple
from typing import TYPE_CHECKING, Annotated

import click

from pmcmine.commands.declare import Option
from pmcmine.commands.tables import TerminalTable, show
from pmcmine.errors import PmcmineError

if TYPE_CHECKING:
    from pmcmine.describe.costs import Rates
    from pmcmine.io.folder import Folder

_MOST = 1e15  # an article


def plan(
    articles: Annotated[float, Option(help="Number of articles; for example 8e6.", min=1)] = 8e6,
    release: Annotated[
        str | None, Option(help="Release whose measurements to use; default: those of docs/scale.md.")
    ] = None,
    cores: Annotated[int, Option(help="Number of vCPUs.", min=1)] = 128,
    requests_per_second: Annotated[
        float, Option(help="Requests per second to the source, over all workers.", min=0.1)
    ] = 200.0,
    bandwidth: Annotated[float, Option(help="Bytes per second from the source.", min=1)] = 1e9,
    core_hour: Annotated[float, Option(help="US dollars per core-hour.", min=0)] = 0.075,
    egress_gb: Annotated[float, Option(help="US dollars per GB that leaves the region.", min=0)] = 0.12,
    shard_bytes: Annotated[float, Option(help="Target size of a shard, in bytes.", min=1)] = 1e9,
    as_json: Annotated[bool, Option("--json", help="Print the result as one JSON object on the last line.")] = False,
) -> None:
    """Estimate requests, bytes, core-hours, shuffle, shards, commits and cost, and the limits at ten times the size."""
    from pmcmine.describe.costs import Machine, Rates, limits
    from pmcmine.describe.costs import plan as make
    from pmcmine.io.folder import Folder

    rates = Rates()
    if release is not None:
        rates = _measured(Folder(release))
        if rates.articles < Rates().articles:
            click.echo(
                f"pmcmine: {release} has {rates.articles:,} articles, fewer than the {Rates().articles} of the default "
                "rates; so few say little: start-up and chance weigh much",
                err=True,
            )
    machine = Machine(
        cores=cores,
        requests_per_second=requests_per_second,
        bandwidth=bandwidth,
        core_hour=core_hour,
        egress_gb=egress_gb,
        shard_bytes=shard_bytes,
    )
    lines = make(articles, rates, machine)
    if as_json:
        found = {
            "lines": [asdict(line) for line in lines],
            "limits": [asdict(x) for x in limits(articles, rates, machine)],
        }
        click.echo(json.dumps(found))
        return
    rows = [
        (n.name, _value(n.value), _value(n.at_pmc_sizes) if n.at_pmc_sizes is not None else "", n.unit, n.label, n.note)
        for n in lines
    ]
    title = f"at ten times the size, {articles * 10:,.0f} articles, these limits are hit first:"
    hit = [f"  {limit.what}: {limit.at}; {limit.knob}" for limit in limits(articles, rates, machine)]
    heads = ("quantity", "value", "at PMC's sizes", "unit", "origin", "note")
    plain = [
        f"{name:24} {value:>12}  {other:>14}  {unit:11}  {label:12}  {note}".rstrip()
        for name, value, other, unit, label, note in (heads, *rows)
    ]
    table = TerminalTable(heads, rows, numbers=(1, 2))
    show([*plain, "", title, *hit], table, "", title, *hit)


def _value(value: float) -> str:
    if 0 < abs(value) < 0.01:  # a small run
        return f"{value:.1g}"
    return f"{value:,.0f}" if abs(value) >= 100 or isinstance(value, int) else f"{value:,.2f}"


def _measured(folder: Folder) -> Rates:
    """Return what an article of a release took.

    Raises:
        PmcmineError: if it is no release, or its `metrics.json` is damaged.
    """
    from pmcmine.describe.costs import rates_of
    from pmcmine.release.metrics import METRICS, load_metrics
    from pmcmine.release.record import load_release

    release, metrics = load_release(folder), load_metrics(folder)
    try:
        rates = rates_of(release, metrics)
        if not all(math.isfinite(v) and 0 <= v <= _MOST for v in astuple(rates)):
            raise ValueError("a rate that can't be")
    except (ValueError, ArithmeticError) as error:
        raise PmcmineError(f"{folder.url}/{METRICS}: is damaged ({type(error).__name__}: {error})") from None
    return rates
