"""`pmcmine demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click

from pmcmine.commands.declare import Option
from pmcmine.commands.mine import run_mine
from pmcmine.commands.output import Json


def demo(
    out: Annotated[str, Option(help="Release folder; an earlier demo there is replaced.")] = "pmcmine-demo",
    articles: Annotated[
        int, Option(help="Number of plain articles, in addition to the hard cases.", min=1, max=2000)
    ] = 40,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Hide progress.")] = False,
    as_json: Json = False,
) -> None:
    """Mine a small generated PMC, served on loopback. Needs no network and no account."""
    import tempfile

    from pmcmine.config import load_config
    from pmcmine.demo import BucketServer, demo_articles, write_bucket
    from pmcmine.demo.remake import clear_demo
    from pmcmine.io.folder import Folder
    from pmcmine.vocabulary.open import get_open

    clear_demo(Folder(out))
    with tempfile.TemporaryDirectory(prefix="pmcmine-demo-") as folder:
        write_bucket(Path(folder), demo_articles(articles))
        vocab = Path(folder) / "open.vocab"
        get_open(vocab, offline=True)
        with BucketServer(Path(folder)) as server:
            # The demo holds broken articles on purpose, more of them than a real corpus.
            flags = {"source": server.url, "out": out, "vocab": str(vocab), "max_reject_share": 1.0, "demo": True,
                     "shard_bytes": 2_000_000, "retries": 2, "retry_seconds": 0.05}  # fmt: skip
            code = run_mine(load_config(flags), dry=False, quiet=quiet, as_json=as_json)
    raise click.exceptions.Exit(code)
