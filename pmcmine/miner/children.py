"""Mine parts in child processes, bisected until the article that kills them is found."""

from __future__ import annotations

import ctypes
import json
import logging
import signal
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence

from pmcmine.config import MineConfig, config_class
from pmcmine.ids import article_id
from pmcmine.io.folder import Folder
from pmcmine.miner import Mined
from pmcmine.miner.part import PartWriter, mine_part
from pmcmine.miner.retries import Outcome, outcomes_before
from pmcmine.rejects import Ledger, Reason, Stage, Unit
from pmcmine.sources import open_source
from pmcmine.sources.base import Entry
from pmcmine.work.manifest import Part
from pmcmine.work.snapshot import read_block

log = logging.getLogger(__name__)

_CHILD_SECONDS = (120.0, 20.0)  # a child's time limit in seconds: a constant, plus an amount per article


def _killed_part(groups: Sequence[Sequence[Entry]], work: Folder, folder: str, before: Mapping[str, Outcome]) -> Part:
    """Build the part of articles that kill their process: ledger rows only."""
    with work.create(f"{folder}/pack.bin") as (stream, _):
        part = PartWriter(work, folder, stream, f"{folder}/pack.bin")
        for group in groups:
            pmcid = group[0].pmcid
            ledger = Ledger(pmcid)
            for entry in group:
                ledger.add(
                    Stage.SELECT,
                    Unit.VERSION,
                    Reason.WORKER_KILLED,
                    article_id(pmcid, entry.version),
                    "the process that mined it alone was killed or ran out of time",
                )
            part.take(Mined(pmcid, rejects=ledger.rows, counts=Counter(versions=len(group))), group, before)
    return part.write()


def mine_in_halves(
    groups: Sequence[Sequence[Entry]], block: int, work: Folder, config: MineConfig, folder: str, share: float
) -> list[Part]:
    """Mine articles in a child process; if it is killed, mine each half, until the article that kills it is alone."""
    part = _in_child(groups, block, work, config, folder, share)
    if part is not None:
        return [part]
    if len(groups) == 1:
        return [_killed_part(groups, work, f"{folder}-killed-{uuid.uuid4().hex[:6]}", outcomes_before(work, block))]
    middle = len(groups) // 2
    return [
        p
        for half in (groups[:middle], groups[middle:])
        for p in mine_in_halves(half, block, work, config, folder, share)
    ]


def _in_child(
    groups: Sequence[Sequence[Entry]], block: int, work: Folder, config: MineConfig, folder: str, share: float
) -> Part | None:
    """Mine articles in a child process; None if it was killed or hung."""
    folder = f"{folder}-c{uuid.uuid4().hex[:6]}"
    task = {
        "work": work.url,
        "config": config.model_dump(mode="json"),
        "block": block,
        "pmcids": [g[0].pmcid for g in groups],
        "folder": folder,
        "share": share,
    }
    limit = max(_CHILD_SECONDS[0], 1.2 * config.max_article_seconds) + _CHILD_SECONDS[1] * len(groups)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "pmcmine.miner.children"],
            input=json.dumps(task).encode(),
            stdout=subprocess.PIPE,
            timeout=limit,
            check=False,
            preexec_fn=_die_with_parent,
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode < 0:
        log.warning("a child process ended by signal %d on %d article(s)", -done.returncode, len(groups))
        return None
    if done.returncode:
        raise RuntimeError(f"a child process of block {block} failed with exit code {done.returncode}")
    return Part.from_object(json.loads(done.stdout.splitlines()[-1]))


def _die_with_parent() -> None:
    """Ask Linux to end the child when its parent ends (prctl(2), PR_SET_PDEATHSIG = 1)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _child() -> None:
    task = json.load(sys.stdin)
    config = config_class()(**task["config"])
    work = Folder(task["work"])
    wanted = set(task["pmcids"])
    groups = [g for g in read_block(work, task["block"]) if g[0].pmcid in wanted]
    reader = open_source(config).open(task["share"])
    try:
        before = outcomes_before(work, task["block"])
        part = mine_part(groups, reader, config, work, task["folder"], threads=1, before=before)
    finally:
        reader.close()
    print(json.dumps(part.to_object()))


if __name__ == "__main__":
    _child()
