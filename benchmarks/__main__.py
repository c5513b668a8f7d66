"""Prints each budget's ratio: `python -m benchmarks NAME [--data FOLDER]`.

With PMCMINE_REAL_DATA (or `--data`) the real articles are used, otherwise generated ones. The last line on stdout is
one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.browsing import browse
from benchmarks.captions import captions
from benchmarks.chunks import chunks
from benchmarks.classify import classify
from benchmarks.duplicates import duplicates
from benchmarks.formats import formats
from benchmarks.hub import hub
from benchmarks.image_checks import image_checks
from benchmarks.images import images
from benchmarks.jobs import beam, memory, shards
from benchmarks.launcher import launcher
from benchmarks.link import link
from benchmarks.panels import panels
from benchmarks.parse import parse
from benchmarks.parts import parts
from benchmarks.peers import peers
from benchmarks.retrieval import judged, paragraphs
from benchmarks.scale import scale, shuffle
from benchmarks.scoring import curate, score
from benchmarks.search import search
from benchmarks.startup import startup
from benchmarks.stream_scale import many_workers, stream_scale
from benchmarks.streaming import streaming
from benchmarks.tables import tables
from benchmarks.updates import updates

# Memory comes first: a child's peak counts what its parent held when it was started.
BENCHMARKS = {
    "memory": memory,
    "parse": parse,
    "parts": parts,
    "beam": beam,
    "shards": shards,
    "link": link,
    "classify": classify,
    "images": images,
    "panels": panels,
    "tables": tables,
    "duplicates": duplicates,
    "image_checks": image_checks,
    "streaming": streaming,
    "formats": formats,
    "captions": captions,
    "shuffle": shuffle,
    "hub": hub,
    "search": search,
    "chunks": chunks,
    "browse": browse,
    "score": score,
    "curate": curate,
    "launcher": launcher,
    "startup": startup,
    "scale": scale,
    "updates": updates,
}
# What `--rows` runs.
AT_SIZE: dict[str, Callable[[Path | None, int], dict[str, Any]]] = {
    "streaming": lambda _, rows: stream_scale(rows),
    "launcher": launcher,
    "image_checks": image_checks,
    "search": paragraphs,
    "browse": browse,
    "curate": curate,
}


def main() -> None:
    """Run one benchmark or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=[*BENCHMARKS, "all"])
    parser.add_argument("--data", default=os.environ.get("PMCMINE_REAL_DATA"))
    parser.add_argument(
        "--rows", type=float, help="so many figures, such as 1e6; search: paragraphs, beside brute force"
    )
    parser.add_argument("--workers", type=int, help="streaming with --rows: what so many workers hold, such as 64")
    parser.add_argument("--peers", action="store_true", help="streaming: beside other readers, local and over HTTP")
    parser.add_argument("--judged", action="store_true", help="search: queries whose figures a reader judged")
    args = parser.parse_args()
    if args.rows is not None and (args.name not in AT_SIZE or not 1_000 <= args.rows <= 1e8):
        parser.error(f"--rows takes 1e3 to 1e8, and is of {', '.join(AT_SIZE)}")
    if args.peers and (args.name != "streaming" or args.rows is not None):
        parser.error("--peers is of streaming, without --rows")
    if args.workers is not None and (args.name != "streaming" or args.rows is None or not 1 <= args.workers <= 1000):
        parser.error("--workers takes 1 to 1000, and is of streaming with --rows")
    if args.judged and (args.name != "search" or args.rows is not None):
        parser.error("--judged is of search, without --rows")
    data = Path(args.data) if args.data else None
    long = ("scale", "updates")  # ten minutes and more
    names = [n for n in BENCHMARKS if n not in long] if args.name == "all" else [args.name]
    results: dict[str, Any] = {"data": "real" if data else "generated"}
    for name in names:
        if args.peers or args.judged:
            results[name] = (peers if args.peers else judged)(data)
        elif args.workers is not None:
            results[name] = many_workers(int(args.rows), args.workers)
        else:
            results[name] = BENCHMARKS[name](data) if args.rows is None else AT_SIZE[name](data, int(args.rows))
        print(f"{name}: {json.dumps(results[name])}", file=sys.stderr)
    results["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(results))


if __name__ == "__main__":
    main()
