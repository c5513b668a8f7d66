"""Query the site of `--runner slurm`: SLURM's programs, its limits, and the location of the release folder."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pmcmine.config import MineConfig
from pmcmine.errors import PmcmineError
from pmcmine.io.folder import Folder
from pmcmine.run.slurm_scripts import max_array_size

_ANSWER_SECONDS: Final = 120  # timeout for a busy controller
_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})


def check_site(config: MineConfig) -> int:
    """Check that jobs can be submitted here, for this release folder; return the site's MaxArraySize.

    Raises:
        PmcmineError: one line.
    """
    for program in ("sbatch", "scontrol"):
        if shutil.which(program) is None:
            raise PmcmineError(
                f"--runner slurm: no {program} on PATH; run this where jobs are submitted, such as a login node"
            )
    out = Folder(config.out)
    if not out.is_local:
        raise PmcmineError(f"--out {config.out}: --runner slurm needs a folder that all nodes share, not an address")
    size = max_array_size(ask("scontrol", "show", "config"))
    others = other_hosts(ask("scontrol", "--oneliner", "show", "nodes"), socket.gethostname())
    kind = file_system(Path(out.path()), Path("/proc/self/mounts").read_text("utf-8", "replace"))
    if others and kind in _IN_MEMORY:
        raise PmcmineError(
            f"--out {config.out}: is in the memory of this machine ({kind}), which nodes such as {others[0]} don't "
            "see; use a folder that all nodes share"
        )
    return size


def other_hosts(shown: str, here: str) -> list[str]:
    """Return the host names in the output of `scontrol show nodes`, except this one."""
    words = (word.partition("=") for word in shown.split())
    names = {value.partition(".")[0] for name, _, value in words if name == "NodeHostName"}
    return sorted(names - {here.partition(".")[0]})


def file_system(path: Path, mounts: str) -> str:
    """Return the type of the file system that a path is on, from the text of /proc/self/mounts; empty if unknown."""
    best, found = "", ""
    real = f"{path.resolve()}/"
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) > 2:
            top = fields[1].replace("\\040", " ").rstrip("/") + "/"
            if real.startswith(top) and len(top) >= len(best):
                best, found = top, fields[2]
    return found


def queue(ids: Sequence[str]) -> dict[str, str] | None:
    """Return the states of jobs in the queue, tasks of arrays as `12_3`; None if SLURM can't be queried."""
    try:
        shown = ask("squeue", "--noheader", "--array", f"--jobs={','.join(ids)}", "--format=%i|%T|%r")
    except PmcmineError as error:
        return {} if "Invalid job id" in str(error) else None
    return parse_queue(shown)


def parse_queue(shown: str) -> dict[str, str]:
    """Parse the lines of squeue: id, state, reason."""
    states = {}
    for line in shown.splitlines():
        name, state, reason = (*line.strip().split("|"), "", "")[:3]
        if name:
            states[name] = state.lower() + (f" ({reason})" if state == "PENDING" and reason != "None" else "")
    return states


def sbatch(script: str, options: Sequence[str], secret: Mapping[str, str]) -> str:
    """Submit a script with our environment; return the job's id."""
    # A flag takes precedence over the site's SBATCH_EXPORT.
    return ask("sbatch", "--parsable", "--export=ALL", *options, script, env=secret).strip().partition(";")[0]


# sbatch's messages for values that it never accepts; for a node or partition that is down, it prints others.
_WRONG: Final = re.compile(
    r"\binvalid\b|unrecognized|unable to parse|unknown|node configuration is not available|"
    r"permission denied|not permitted|more processors requested|memory required by task",
    re.IGNORECASE,
)


def check_script(script: str) -> None:
    """Let sbatch check a script before it is submitted (`--test-only`); nothing is submitted.

    Raises:
        PmcmineError: one line, if it has a value that this site does not know, such as a partition.
    """
    try:
        ask("sbatch", "--test-only", "--export=ALL", text=script)
    except PmcmineError as error:
        if _WRONG.search(str(error)):
            raise


def ask(program: str, *arguments: str, env: Mapping[str, str] | None = None, text: str = "") -> str:
    """Run a SLURM program with a text on its standard input; return its output.

    Raises:
        PmcmineError: one line, if it is missing, fails or does not end.
    """
    try:
        done = subprocess.run(
            [program, *arguments], capture_output=True, text=True, check=False, timeout=_ANSWER_SECONDS, input=text,
            env={**os.environ, **(env or {})},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise PmcmineError(f"{program}: no answer within {_ANSWER_SECONDS} s; is SLURM's controller up?") from None
    except OSError as error:
        raise PmcmineError(f"{program}: can't be run ({error.strerror or error})") from None
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        why = "; ".join(line.removeprefix(f"{program}: ").removeprefix("error: ") for line in said[-2:])
        raise PmcmineError(f"{program} failed: {why or f'exit code {done.returncode}'}")
    return done.stdout
