"""Estimate a run over a number of articles: requests, bytes, core-hours, shuffle, shards, commits, cost.

Every number states its origin: `extrapolated` from measurements of this program (on a release, or on the 72 real
articles in docs/scale.md), `published` by others, or `assumed`. The images of a sample may be smaller than PMC's: a
second value uses the sizes that BIOMEDICA published.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from pmcmine.release.layout import RELEASE
from pmcmine.release.metrics import Metrics
from pmcmine.release.record import ReleaseRecord

EXTRAPOLATED: Final = "extrapolated"
PUBLISHED: Final = "published"
ASSUMED: Final = "assumed"
PMC_ARTICLES: Final = 8_000_000  # of the open-access subset, NLM 2026
_COMMIT_FILES: Final = 500  # of `pmcmine publish`
_COMMIT_BYTES: Final = 50 << 30
_GB: Final = 1e9
# BIOMEDICA (Lozano et al. 2025): 24 million figures of 6 million articles in 27 TB, all kept unchanged.
_PUBLISHED_PAIRS: Final = 24e6 / 6e6
_PUBLISHED_MEDIA: Final = 27e12 / 6e6


@dataclass(frozen=True)
class Rates:
    """Resources per article. Defaults: 72 real articles with all stages on, one core (docs/scale.md).

    Attributes:
        requests: GETs to the source: metadata, XML, each image.
        xml_bytes: bytes of XML.
        media_bytes: bytes of images.
        samples: pairs.
        shard_bytes: bytes of shards.
        table_bytes: bytes of Parquet.
        state_bytes: bytes of `state/`.
        mine_seconds: core-seconds of the mine job.
        assemble_seconds: core-seconds of near duplicates and assembly.
        shuffle_bytes: shuffled bytes.
        articles: number of measured articles.
    """

    requests: float = 7.36
    xml_bytes: float = 89_700
    media_bytes: float = 604_000
    samples: float = 5.36
    shard_bytes: float = 629_000
    table_bytes: float = 35_000
    state_bytes: float = 80_000
    mine_seconds: float = 0.216
    assemble_seconds: float = 0.025
    shuffle_bytes: float = 11_500
    articles: int = 72


@dataclass(frozen=True)
class Machine:
    """Machines of a run and their prices. List prices change; give your own.

    Attributes:
        cores: vCPUs.
        requests_per_second: request budget of the source.
        bandwidth: bytes per second from the source, over all workers.
        upload: bytes per second to the Hub.
        core_hour: dollars per vCPU-hour, including memory.
        shuffle_gb: dollars per GB shuffled.
        storage_gb_month: dollars per GB and month.
        egress_gb: dollars per GB that leaves the region of the release.
        shard_bytes: target size of a shard.
        utilisation: share of the cores in use.
        spot_core_hour: dollars per vCPU-hour of a preemptible machine.
        node_cores: cores of a SLURM node.
    """

    cores: int = 128
    requests_per_second: float = 200.0
    bandwidth: float = 1e9
    upload: float = 2e8
    core_hour: float = 0.075
    shuffle_gb: float = 0.011
    storage_gb_month: float = 0.020
    egress_gb: float = 0.12
    shard_bytes: float = 1e9
    utilisation: float = 0.7
    spot_core_hour: float = 0.025
    node_cores: int = 64


@dataclass(frozen=True)
class Line:
    """One number of the plan.

    Attributes:
        name: its name.
        value: the number.
        unit: its unit.
        label: its origin.
        note: how it was calculated.
        at_pmc_sizes: the number for images of the published sizes; None if it is the same.
    """

    name: str
    value: float
    unit: str
    label: str
    note: str = ""
    at_pmc_sizes: float | None = None


def rates_of(release: ReleaseRecord, metrics: Metrics) -> Rates:
    """Compute the cost per article of a release from its measurements.

    Args:
        release: the release.
        metrics: the metrics of the run.
    """
    counts, steps = metrics.counts, metrics.seconds_by_step
    n = max(counts.get("pmcids", 0), 1)
    size = {top: sum(f.checked(RELEASE).bytes for f in release.files_of(top)) for top in ("shards", "tables")}
    found = Rates(
        requests=(counts.get("versions", 0) + counts.get("selected", 0) + counts.get("media_read", 0)) / n,
        xml_bytes=counts.get("xml_bytes", 0) / n,
        media_bytes=counts.get("media_bytes", 0) / n,
        samples=counts.get("samples", 0) / n,
        shard_bytes=size["shards"] / n,
        table_bytes=size["tables"] / n,
        articles=n,
    )
    cores = release.run.workers
    if release.run.runner == "direct" and "mine" in steps and not release.run.resumed_blocks:
        rest = sum(steps.get(step, 0.0) for step in ("plan", "near", "assemble", "release"))
        found = replace(found, mine_seconds=steps["mine"] * cores / n, assemble_seconds=rest * cores / n)
    return found


def at_pmc_sizes(rates: Rates) -> Rates:
    """Return the rates for the number and size of images published for all of PMC; seconds stay as measured."""
    shards = rates.shard_bytes - rates.media_bytes  # captions, metadata and tar overhead, per article
    return replace(
        rates,
        requests=rates.requests - rates.samples + _PUBLISHED_PAIRS,
        media_bytes=_PUBLISHED_MEDIA,
        samples=_PUBLISHED_PAIRS,
        shard_bytes=_PUBLISHED_MEDIA + max(shards, 0.0),
    )


def plan(articles: float, rates: Rates, machine: Machine) -> list[Line]:
    """Estimate the cost of a run, also with images of PMC's published sizes.

    Args:
        articles: articles of the snapshot.
        rates: resources per article.
        machine: machines and prices.
    """
    published = _lines(articles, at_pmc_sizes(rates), machine)
    return [
        replace(line, at_pmc_sizes=None if math.isclose(line.value, other.value) else other.value)
        for line, other in zip(_lines(articles, rates, machine), published, strict=True)
    ]


def _lines(articles: float, rates: Rates, machine: Machine) -> list[Line]:
    """Estimate the cost of a run.

    Args:
        articles: articles of the snapshot.
        rates: resources per article.
        machine: machines and prices.
    """
    requests = articles * rates.requests
    fetched = articles * (rates.xml_bytes + rates.media_bytes)
    shard_bytes, table_bytes = articles * rates.shard_bytes, articles * rates.table_bytes
    shards = math.ceil(shard_bytes / machine.shard_bytes)
    mine_hours, rest_hours = articles * rates.mine_seconds / 3600, articles * rates.assemble_seconds / 3600
    core_hours = (mine_hours + rest_hours) / machine.utilisation
    shuffled = articles * rates.shuffle_bytes
    commits = max(math.ceil(shards / _COMMIT_FILES), math.ceil(shard_bytes / _COMMIT_BYTES)) + 2
    walls = {
        "cores": core_hours / machine.cores,
        "requests": requests / machine.requests_per_second / 3600,
        "bandwidth": fetched / machine.bandwidth / 3600,
    }
    slowest = max(walls, key=lambda k: walls[k])
    measured = f"{rates.articles:,} articles"
    dollars = core_hours * machine.core_hour + shuffled / _GB * machine.shuffle_gb
    month = (shard_bytes + table_bytes + articles * rates.state_bytes) / _GB * machine.storage_gb_month
    egress = (shard_bytes + table_bytes) / _GB * machine.egress_gb
    of_articles = (PUBLISHED, "PMC's open-access subset") if articles == PMC_ARTICLES else (ASSUMED, "as given")
    return [
        Line("articles", articles, "", *of_articles),
        Line("requests", requests, "GET", EXTRAPOLATED, f"{rates.requests:.1f} per article, {measured}"),
        Line("fetched", fetched / _GB, "GB", EXTRAPOLATED, f"{(rates.xml_bytes + rates.media_bytes) / 1e3:.0f} kB per article"),
        Line("pairs", articles * rates.samples, "", EXTRAPOLATED, "BIOMEDICA publishes 24 million of 6 million articles"),
        Line("shards", shards, "files", EXTRAPOLATED, f"{_size(shard_bytes)}, {_size(machine.shard_bytes)} each"),
        Line("tables", table_bytes / _GB, "GB", EXTRAPOLATED, ""),
        Line("state", articles * rates.state_bytes / _GB, "GB", EXTRAPOLATED, "what the next update starts from"),
        Line("mine", mine_hours, "core-hours", EXTRAPOLATED, f"{rates.mine_seconds * 1e3:.0f} ms per article"),
        Line("duplicates, assembly", rest_hours, "core-hours", EXTRAPOLATED, f"{rates.assemble_seconds * 1e3:.0f} ms per article"),
        Line("paid core-hours", core_hours, "core-hours", ASSUMED, f"{machine.utilisation:.0%} of the cores at work"),
        Line("shuffled", shuffled / _GB, "GB", EXTRAPOLATED, "keys and locations; never bytes or texts"),
        *(
            Line(f"wall by {what}", hours, "h", ASSUMED, _wall_note(what, machine) + (", the slowest" if what == slowest else ""))
            for what, hours in walls.items()
        ),
        Line("Hub commits", commits, "", EXTRAPOLATED, "500 files or 50 GB each, and the card"),
        Line("Hub upload", shard_bytes / machine.upload / 3600, "h", ASSUMED, f"{machine.upload / 1e6:.0f} MB/s"),
        Line("compute", dollars, "$", ASSUMED, f"${machine.core_hour} per core-hour, ${machine.shuffle_gb} per GB shuffled"),
        Line("compute on spot machines", core_hours * machine.spot_core_hour, "$", ASSUMED, f"${machine.spot_core_hour} per core-hour; killed blocks are mined again"),
        Line("SLURM", core_hours / machine.node_cores, "node-hours", ASSUMED, f"nodes of {machine.node_cores} cores"),
        Line("storage", month, "$ per month", ASSUMED, f"${machine.storage_gb_month} per GB; less with --free-published"),
        Line("egress", egress, "$", ASSUMED, f"${machine.egress_gb} per GB that leaves the region of the release"),
    ]  # fmt: skip


def _wall_note(what: str, machine: Machine) -> str:
    return {
        "cores": f"{machine.cores} cores",
        "requests": f"--requests-per-second {machine.requests_per_second:g}",
        "bandwidth": f"{machine.bandwidth / _GB:g} GB/s from the source",
    }[what]


@dataclass(frozen=True)
class Limit:
    """A limit that a growing run hits, and the option that raises it."""

    what: str
    at: str
    knob: str


def _size(n: float) -> str:
    """Format bytes in the largest unit with a digit before the point."""
    for unit, value in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if n >= value:
            return f"{n / value:,.3g} {unit}" if n < 1000 * value else f"{n / value:,.0f} {unit}"
    return f"{n / 1e3:.0f} kB"


def _duration(hours: float) -> str:
    """Format a time in hours, or a short one in minutes or seconds."""
    if hours >= 1:
        return f"{hours:,.0f} h"
    return f"{hours * 60:.0f} min" if hours * 60 >= 1 else f"{hours * 3600:.0f} s"


def limits(articles: float, rates: Rates, machine: Machine) -> list[Limit]:
    """List the limits that are hit at ten times the size, first one first."""
    ten = articles * 10
    hours = ten * rates.requests / machine.requests_per_second / 3600
    shards = ten * rates.shard_bytes / machine.shard_bytes
    keys = ten * (rates.samples * 3 + 40)
    return [
        Limit("requests to the source", f"{_duration(hours)} at {machine.requests_per_second:g} per second", "--requests-per-second, agreed with NLM; or a copy of the bucket as --source"),
        Limit("storage of the release", _size(ten * rates.shard_bytes), "--publish-to with --free-published"),
        Limit("files of a Hub repo", f"{math.ceil(shards):,} shards; the Hub advises under 100,000 files", "--shard-bytes"),
        Limit("manifests read by the launcher", f"{math.ceil(ten / 200):,} blocks, one small GET each", "block_articles"),
        Limit("clusters on the launcher's disk", f"{_size(keys * 0.05 * 250)} if one member in twenty is in a cluster", "TMPDIR on a larger disk; near_duplicates=false"),
    ]  # fmt: skip
