"""Freeze a list of articles and download them."""

from __future__ import annotations

import tempfile
import time

from pmcmine.config import MineConfig
from pmcmine.errors import ReleaseError
from pmcmine.io.folder import Folder
from pmcmine.miner.download import Downloaded, check_source, download, progress_line
from pmcmine.release.layout import RELEASE, WORK
from pmcmine.run.progress import Progress
from pmcmine.sources import first_contact, open_source
from pmcmine.work import snapshot as snapshots


def download_to(config: MineConfig, to: str, progress: Progress) -> tuple[Downloaded, list[str]]:
    """Download the articles chosen by a configuration into a folder.

    Args:
        config: articles and files to download, as for a run.
        to: the folder.
        progress: shows the progress.

    Returns:
        the result, and the PMCIDs that the source does not have.

    Raises:
        PmcmineError: one line, if the source can't be listed or the folder can't be written.
    """
    folder = Folder(to)
    if folder.exists(RELEASE) or folder.exists(WORK):
        raise ReleaseError(f"--to {to}: is a release; give another folder for the articles")
    source = check_source(open_source(config), config)
    first_contact(source, config, "nothing was downloaded", progress.note)
    done = Downloaded()
    with tempfile.TemporaryDirectory(prefix="pmcmine-download-") as home:
        work = Folder(home)
        progress.step("listing the source")
        frozen = snapshots.freeze(
            source.entries(None), source.kind, config.limit, config.block_articles, work, asked=config.pmcid
        )
        groups = (group for block in range(frozen.n_blocks) for group in snapshots.read_block(work, block))
        started = time.monotonic()
        with progress.showing(lambda: progress_line(done, frozen.n_pmcids, started)):
            download(groups, source, config, folder, done, snapshots.read_day(work))
        return done, snapshots.absent(work, frozen)
