"""Beam jobs: each module reads as the graph that it builds. No logic that needs a test without Beam."""

import pyarrow as pa

# Arrow's own allocators keep what they freed (`python -m benchmarks memory`). Every process that runs a pipeline
# imports this package; the command line and the container also set ARROW_DEFAULT_MEMORY_POOL, which reaches further.
pa.set_memory_pool(pa.system_memory_pool())
