"""How a key of the configuration is declared and read from a file, and the keys of `--runner slurm`."""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, Field, field_validator

from pmcmine.errors import PmcmineError

_MAX_BYTES: Final = 1 << 20  # of a configuration file
_WORD: Final = r"^\S+$"  # one word of a script
# What sbatch(1) takes as --time and --mem; a number alone means minutes, and megabytes.
_TIME: Final = re.compile(
    r"[0-9]{1,6}-[0-9]{1,4}(?::[0-9]{1,4}){0,2}|[0-9]{1,7}(?::[0-9]{1,4}){0,2}|UNLIMITED|INFINITE", re.ASCII
)
_MEMORY: Final = re.compile(r"[0-9]{1,9}[KMGT]?", re.IGNORECASE | re.ASCII)


def key(default: Any, section: str, meaning: str, example: str | None = None, **limits: Any) -> Any:
    """Declare a key: its default, section, meaning, and an example of its value as it is typed after the flag."""
    return Field(default, description=meaning, json_schema_extra={"section": section, "example": example}, **limits)


def read_toml(file: str) -> dict[str, Any]:
    """Read a configuration file.

    Raises:
        PmcmineError: one line, if it is missing, too large or no TOML.
    """
    try:
        with Path(file).open("rb") as stream:  # a pipe is welcome
            data = stream.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise PmcmineError(f"{file}: more than {_MAX_BYTES} bytes, which no configuration has")
        return tomllib.loads(data.decode("utf-8").replace("\r\n", "\n"))
    except FileNotFoundError:
        raise PmcmineError(f"{file}: no such configuration file") from None
    except (OSError, ValueError, RecursionError) as error:  # of syntax, UTF-8, endless numbers and lists
        raise PmcmineError(f"{file}: not readable as TOML ({error})") from None


def _slurm(default: Any, meaning: str, example: str | None = None, **limits: Any) -> Any:
    return key(default, "SLURM", meaning, example, **limits)


class SlurmConfig(BaseModel):
    """The keys that decide which jobs `--runner slurm` submits."""

    slurm_partition: str | None = _slurm(
        None, "partition of the jobs; the site's default if not given", "cpu", pattern=_WORD
    )
    slurm_account: str | None = _slurm(None, "account that the jobs are charged to", "my-project", pattern=_WORD)
    slurm_time: str | None = _slurm(
        "12:00:00", "time limit of a job, as sbatch takes it; near it, a job is requeued and resumes"
    )
    slurm_memory: str = _slurm("4G", "memory of a job, as sbatch takes it", "8G")
    slurm_cpus: int = _slurm(1, "CPUs of a job, and worker processes in it", "4", ge=1)
    slurm_tasks: int = _slurm(
        64, "maximum number of tasks of the array job; the site's MaxArraySize also limits it", "500", ge=1
    )
    slurm_at_once: int | None = _slurm(
        None, "maximum number of tasks that run at once and share the request budget; all if not given", "16", ge=1
    )
    slurm_setup: tuple[str, ...] = _slurm(
        (), "line of shell before the work, such as loading a module; may be repeated", '"module load python/3.12"'
    )
    slurm_python: str | None = _slurm(
        None,
        "command that runs Python on the nodes; this interpreter if not given",
        '"apptainer exec pmcmine.sif python"',
    )
    slurm_options: tuple[str, ...] = _slurm(
        (),
        "another option of sbatch for all jobs; may be repeated",
        "--qos=long",
    )
    slurm_finish_options: tuple[str, ...] = _slurm(
        (), "another option of sbatch for the last job, which assembles the release; may be repeated", "--mem=64G"
    )
    slurm_warning: int = _slurm(
        300, "seconds before the time limit at which a job stops and is requeued", ge=1, le=65535
    )
    slurm_requeues: int = _slurm(20, "how often a job is requeued near its time limit", ge=0)

    @field_validator("slurm_time")
    @classmethod
    def _is_time(cls, value: str | None) -> str | None:
        if value is not None and not _TIME.fullmatch(value):
            raise ValueError(
                f"{value!r} is no time limit; give minutes, or h:mm:ss as in 12:00:00, or days-hours as in 2-12"
            )
        return value

    @field_validator("slurm_memory")
    @classmethod
    def _is_memory(cls, value: str) -> str:
        if not _MEMORY.fullmatch(value):
            raise ValueError(f"{value!r} is no memory; give a whole number with K, M, G or T, as in 8G")
        return value


_SIZE: Final = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?) ?([kmgt]i?)?b?", re.IGNORECASE | re.ASCII)
_FACTORS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def parse_size(value: Any) -> Any:
    """Return the bytes of a size such as `1GB`, `1.5 GiB` or `64m`; what is no text is left for others to refuse.

    Raises:
        ValueError: for a text that is no size.
    """
    if not isinstance(value, str):
        return value
    match = _SIZE.fullmatch(value.strip())
    if match is None:
        raise ValueError("no size: give bytes, or a number with kB, MB, GB, TB, KiB, MiB, GiB or TiB")
    unit = (match[2] or "").lower()
    return round(float(match[1]) * (1024 if unit.endswith("i") else 1000) ** _FACTORS[unit[:1]])


def parse_day(value: Any) -> Any:
    """Return the day of an ISO date or time as YYYY-MM-DD; what is no text is left for others to refuse.

    Raises:
        ValueError: for a text that is no date.
    """
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value.strip()).date().isoformat()
    except ValueError:
        raise ValueError(f"{value!r} is no date; give YYYY-MM-DD, as in 2026-09-14") from None
