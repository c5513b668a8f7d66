"""Write the batch scripts of `--runner slurm`, and compute the size of its array of tasks."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence
from typing import Final, TypeVar

from pmcmine._version import __version__
from pmcmine.config import MineConfig
from pmcmine.errors import PmcmineError

FOLDER: Final = "slurm"  # in the work folder
CONFIG: Final = f"{FOLDER}/config.json"
MINE_SCRIPT: Final = f"{FOLDER}/mine.sh"
FINISH_SCRIPT: Final = f"{FOLDER}/finish.sh"
_Block = TypeVar("_Block")

# The script itself receives the warning. Python handles SIGTERM like Ctrl-C: committed work stays.
_WORK: Final = """\
stop() {
  kill -TERM "$child" 2>/dev/null
  wait "$child"
  code=$?
}
near_the_limit() {
  stop
  [ "$code" -ne 0 ] || exit 0
  if [ "${SLURM_RESTART_COUNT:-0}" -ge @REQUEUES@ ]; then
    echo "pmcmine: the time limit is near after @REQUEUES@ requeues; the same command submits what is missing"
    exit 1
  fi
  echo "pmcmine: the time limit is near: this job is requeued and resumes"
  scontrol requeue "$SLURM_JOB_ID"
  exit 1
}
trap near_the_limit USR1
trap 'stop; exit 143' TERM

@COMMAND@ &
child=$!
wait "$child"
exit $?
"""


def array_size(n_blocks: int, most: int, max_array_size: int) -> int:
    """Compute the number of tasks of the array: one per block, within both limits.

    Args:
        n_blocks: number of blocks to mine, at least one.
        most: maximum number of tasks set by the user.
        max_array_size: the site's MaxArraySize; the largest index is one less.

    Raises:
        PmcmineError: if the site allows no arrays.
    """
    if max_array_size < 2:
        raise PmcmineError("--runner slurm: this site allows no array jobs (MaxArraySize 0 in `scontrol show config`)")
    return max(1, min(n_blocks, most, max_array_size))


def share_of(task: int, tasks: int, blocks: Sequence[_Block]) -> Sequence[_Block]:
    """Return the blocks of one task: consecutive ones, since consecutive blocks have different fetch keys."""
    return blocks[len(blocks) * task // tasks : len(blocks) * (task + 1) // tasks]


def at_once(config: MineConfig, tasks: int) -> int:
    """Return the maximum number of array tasks that run in parallel."""
    return min(tasks, config.slurm_at_once or tasks)


def shares(config: MineConfig, tasks: int) -> int:
    """Return the number of shares of the request budget: one for each process that may run in parallel."""
    return at_once(config, tasks) * config.slurm_cpus


def max_array_size(shown: str) -> int:
    """Parse MaxArraySize from the output of `scontrol show config`.

    Raises:
        PmcmineError: if it is missing.
    """
    found = re.search(r"^MaxArraySize\s*=\s*(\d+)\s*$", shown, re.MULTILINE)
    if found is None:
        raise PmcmineError("--runner slurm: `scontrol show config` states no MaxArraySize")
    return int(found[1])


def mine_script(config: MineConfig, work: str, cwd: str, tasks: int) -> str:
    """Return the script of the array job.

    Args:
        config: the configuration.
        work: absolute path of the work folder.
        cwd: base folder of the configuration's relative paths.
        tasks: number of tasks.
    """
    limit = at_once(config, tasks)
    array = f"--array=0-{tasks - 1}" + (f"%{limit}" if limit < tasks else "")
    log = f"--output={_pattern(work)}/{FOLDER}/mine-%a.log"
    return _script(config, "mine", work, cwd, (array, log, *config.slurm_options), ' "$SLURM_ARRAY_TASK_ID"')


def finish_script(config: MineConfig, work: str, cwd: str, log: str) -> str:
    """Return the script of the job after the array; its log is outside the work folder, which it removes."""
    options = (f"--output={_pattern(log)}", *config.slurm_options, *config.slurm_finish_options)
    return _script(config, "finish", work, cwd, options, "")


def _script(config: MineConfig, step: str, work: str, cwd: str, options: Sequence[str], argument: str) -> str:
    """Return a script; a later option of sbatch replaces an earlier one."""
    check_lines(config, work, cwd)
    release = re.sub(r"[^\w.-]", "_", work.rsplit("/", 2)[-2])[:40]
    standard = [
        f"--job-name=pmcmine-{step}-{release}",
        f"--chdir={cwd}",
        "--ntasks=1",
        f"--cpus-per-task={config.slurm_cpus}",
        f"--mem={config.slurm_memory}",
        f"--time={config.slurm_time}" if config.slurm_time else None,
        f"--partition={config.slurm_partition}" if config.slurm_partition else None,
        f"--account={config.slurm_account}" if config.slurm_account else None,
        "--requeue",
        "--open-mode=append",
        f"--signal=B:USR1@{config.slurm_warning}",
    ]
    python = config.slurm_python or shlex.quote(sys.executable)
    command = f"{python} -P -m pmcmine slurm-job {step} {shlex.quote(f'{work}/{CONFIG}')}{argument}"
    return "\n".join(
        [
            "#!/bin/bash",
            *(f"#SBATCH {_quoted(option)}" for option in (*filter(None, standard), *options)),
            f"# Written by pmcmine {__version__}; the same command writes it anew. Passwords and tokens are not in it:",
            "# sbatch hands the environment of whoever submits it to the job.",
            "",
            *config.slurm_setup,
            _WORK.replace("@REQUEUES@", str(config.slurm_requeues)).replace("@COMMAND@", command),
        ]
    )


def check_lines(config: MineConfig, *more: str) -> None:
    """Check that all parts of a batch script are single lines.

    Args:
        config: the configuration.
        more: other values.

    Raises:
        PmcmineError: if a value is not.
    """
    values = (*config.slurm_setup, *config.slurm_options, *config.slurm_finish_options, config.slurm_python or "")
    if any("\n" in line or "\r" in line for line in (*values, *more)):
        raise PmcmineError("--runner slurm: a value with a line break can't be written into a batch script")


def _pattern(path: str) -> str:
    """Escape a path for sbatch's file name patterns."""
    return path.replace("%", "%%")


def _quoted(option: str) -> str:
    """Quote the value of an option for sbatch, which parses it like a shell."""
    name, equals, value = option.partition("=")
    return f"{name}{equals}{shlex.quote(value)}" if equals else option
