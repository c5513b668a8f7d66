"""What an update sends to the Hub: Xet's own client and a local store, for a release and the same less one article."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.corpus import bucket_for


def _send(paths: list[Path], store: Path) -> dict[str, tuple[int, int]]:
    """Send files; returns the bytes of each and those of them that the store lacked."""
    import hf_xet

    session = hf_xet.XetSession()
    with session.new_upload_commit(endpoint=f"local://{store}") as commit:
        handles = [(path, commit.start_upload_file(str(path))) for path in paths]
    found = {}
    for path, handle in handles:
        metrics = handle.result().dedup_metrics
        found[str(path)] = (metrics.total_bytes, metrics.new_bytes)
    return found


def _plain(old: Path, new: Path) -> None:
    """Write a Parquet file anew, with pages of a fixed size instead of those that content divides."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(old)
    new.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(new, file.schema_arrow, compression="zstd", write_page_index=True) as writer:
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group)
            writer.write_table(rows, row_group_size=max(len(rows), 1))


def _files(release: Path) -> dict[str, Path]:
    return {
        str(p.relative_to(release)): p
        for top in ("tables", "shards")
        for p in sorted((release / top).rglob("*"))
        if p.suffix in (".parquet", ".tar")
    }


def chunks(data: Path | None) -> dict[str, Any]:
    """Share of the bytes of an update's rewritten files that a Hub with the release has already."""
    from pmcmine.cli import main as pmcmine

    def run(*args: str) -> None:
        with contextlib.redirect_stdout(sys.stderr):
            try:
                pmcmine([*args, "-q"])
            except SystemExit as end:
                if end.code not in (0, None):
                    raise RuntimeError(f"pmcmine {args[0]} failed ({end.code})") from None

    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        source = bucket_for(data, folder)
        off = ("classify", "image_kinds", "languages", "privacy", "panels")
        sets = [a for key in off for a in ("--set", f"{key}=false")]
        sets += ["--set", "max_reject_share=1.0"]
        run("mine", "--source", source, "--out", f"{folder}/old", "--vocab", "none", *sets)
        shutil.copytree(here / "old", here / "new")
        import pyarrow.parquet as pq

        articles = sorted((here / "old" / "tables" / "articles" / "commercial").glob("train-*.parquet"))
        pmcids = pq.read_table(articles[0], columns=["pmcid"])["pmcid"].to_pylist()
        (here / "list.txt").write_text(pmcids[len(pmcids) // 2] + "\n")
        run("update", f"{folder}/new", "--source", source, "--exclude", f"{folder}/list.txt")
        old, new = _files(here / "old"), _files(here / "new")
        rewritten = {n: p for n, p in new.items() if n not in old or p.read_bytes() != old[n].read_bytes()}
        _send(list(old.values()), here / "store")
        ours = _send(list(rewritten.values()), here / "store")
        tables = {n: p for n, p in rewritten.items() if n.endswith(".parquet")}
        for files, top in ((old, "old"), (tables, "new")):
            for name, path in files.items():
                if name.endswith(".parquet"):
                    _plain(path, here / "plain" / top / name)
        _send(sorted((here / "plain" / "old").rglob("*.parquet")), here / "plain-store")
        plain = _send(sorted((here / "plain" / "new").rglob("*.parquet")), here / "plain-store")
        by_table: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for name, path in rewritten.items():
            place = name.split("/")[1] if name.startswith("tables/") else "shards"
            for i in (0, 1):
                by_table[place][i] += ours[str(path)][i]
    whole = [sum(by_table[t][i] for t in by_table if t != "shards") for i in (0, 1)]
    without = [sum(sizes[i] for sizes in plain.values()) for i in (0, 1)]
    return {
        "articles": len(pmcids),
        "tables_mb_rewritten": round(whole[0] / 1e6, 2),
        "tables_kept": round(1 - whole[1] / whole[0], 3),
        "tables_kept_without_content_defined_chunks": round(1 - without[1] / without[0], 3),
        "by_table": {t: [n, round(1 - new / n, 3)] for t, (n, new) in sorted(by_table.items()) if n},
    }
