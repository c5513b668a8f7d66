"""Beam jobs: each module reads as the graph that it builds. No logic that needs a test without Beam."""

import pyarrow as pa

from pipelines.lean import without

# Beam imports MongoDB's client if it is there, which its own requirements see to, and does without it otherwise: an
# eighth of the time of its import. Who reads MongoDB in a pipeline imports Beam before this package.
with without("bson"):
    import apache_beam as apache_beam

# Arrow's own allocators keep what they freed (`python -m benchmarks memory`). Every process that runs a pipeline
# imports this package; the command line and the container also set ARROW_DEFAULT_MEMORY_POOL, which reaches further.
pa.set_memory_pool(pa.system_memory_pool())
