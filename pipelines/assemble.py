"""The *assemble* job: committed blocks to shards and tables.

    block indexes ─▶ by SHA-256: duplicates ─▶ by shard: tar ─▶ places ─┐
                                       └─ leaks ─▶ places ──────────────┴▶ by table file: Parquet

What is shuffled is a key, a place in a pack and small flags; bytes and texts are read in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import apache_beam as beam
import pyarrow as pa

from pipelines.counters import BeamCounters
from pmcmine.assemble.files import shard_places, table_file
from pmcmine.assemble.reach import read_reach
from pmcmine.assemble.routing import GROUPED, ROUTED, FileKey, by_shard, old_files, read_index, read_old
from pmcmine.assemble.tables import all_files
from pmcmine.io.folder import Folder
from pmcmine.release.plan import Plan
from pmcmine.work.state import write_part
from schemas import TABLES, Table


def _tagged(key: FileKey, plan: Plan, work: Folder) -> Iterator[beam.pvalue.TaggedOutput[str, Any]]:
    """Send samples of the old release that may change one way, and those that lie beside them the other."""
    for tag, value in read_old(key, plan, work):
        yield beam.pvalue.TaggedOutput(tag, value)


def build(
    pipeline: beam.Pipeline,
    plan: Plan,
    work: Folder,
    out: Folder,
    keep_state: bool = True,
    tables: Mapping[str, Table] = TABLES,
    samples_schema: pa.Schema | None = None,
) -> Any:
    """Build the graph of the assemble job.

    Args:
        pipeline: the pipeline to extend.
        plan: the plan.
        work: the run's work folder.
        out: the folder for files of the release: the release folder, or the folder in which an update gathers them.
        keep_state: whether `state/` is written.
        tables: the tables by name, with the columns of enrichers.
        samples_schema: schema of the samples' JSON, with the columns of enrichers, if `shards-parquet` is written.
    """
    blocks = pipeline | "Blocks" >> beam.Create(list(range(plan.n_blocks)), reshuffle=False)
    staged = blocks | "ReadIndex" >> beam.FlatMap(read_index, plan, work)
    reach = read_reach(work)
    shards = [(tuple(key), None) for key in reach.shard_paths(plan)]
    to_shards = [pipeline | "AllShards" >> beam.Create(shards, reshuffle=False)]
    if plan.base is not None and (reach.shards is None or reach.shards):
        old = (
            pipeline
            | "OldFiles" >> beam.Create([tuple(key) for key in old_files(plan)], reshuffle=False)
            | "ReadOld" >> beam.FlatMap(_tagged, plan, work).with_outputs(GROUPED, ROUTED)
        )
        staged = (staged, old[GROUPED]) | "OldAndNew" >> beam.Flatten()
        to_shards.append(old[ROUTED])
    samples = staged | "SameBytes" >> beam.GroupByKey() | "MarkDuplicates" >> beam.FlatMap(by_shard, plan, reach)
    places = (
        (samples, *to_shards)
        | "Samples" >> beam.Flatten()
        | "ByShard" >> beam.GroupByKey()
        | "WriteShards" >> beam.FlatMap(shard_places, plan, work, out, keep_state, BeamCounters(), samples_schema)
    )
    if keep_state:
        _ = blocks | "WriteState" >> beam.Map(write_part, work, out)
    files = pipeline | "AllFiles" >> beam.Create([(tuple(key), None) for key in all_files(plan)], reshuffle=False)
    return (
        (places, files)
        | "Places" >> beam.Flatten()
        | "ByFile" >> beam.GroupByKey()
        | "WriteTables" >> beam.Map(table_file, plan, work, out, tables, BeamCounters())
    )
