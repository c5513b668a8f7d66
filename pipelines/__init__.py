"""Beam jobs: each module reads as the graph that it builds. No logic that needs a test without Beam."""

import pyarrow as pa

# Arrow's own allocators keep what they freed; over the many short-lived tables of a run that was a third of
# the peak (`python -m benchmarks memory`). Every process that runs a pipeline imports this package.
pa.set_memory_pool(pa.system_memory_pool())
