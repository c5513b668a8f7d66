"""Define named runners and their options, which are checked and set before Beam is called."""

from __future__ import annotations

import re
import socket
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Final

from pmcmine.config import MineConfig
from pmcmine.errors import PmcmineError

RUNNERS: Final = ("direct", "prism", "spark", "dataflow", "slurm")
_CONNECT_SECONDS: Final = 5.0


def check_runner(config: MineConfig) -> None:
    """Check the name of the runner.

    Raises:
        PmcmineError: for an unknown name, with the nearest one.
    """
    if config.runner not in RUNNERS:
        raise PmcmineError(f"--runner: choose from {', '.join(RUNNERS)}{_nearest(config.runner, RUNNERS)}")


def in_node(config: MineConfig) -> MineConfig:
    """Return the configuration for the graphs of a SLURM job: on its own node, with a process per CPU."""
    if config.runner != "slurm":
        return config
    return config.model_copy(update={"runner": "direct", "workers": config.slurm_cpus})


def check_known(flags: Sequence[str], names: Collection[str]) -> None:
    """Check that each option is known.

    Args:
        flags: options as given, such as `--region=europe-west1`; values that follow an option are skipped.
        names: names of the existing options.

    Raises:
        PmcmineError: for an unknown option, with the nearest one.
    """
    for flag in flags:
        name = option_name(flag)
        if name.startswith("--") and name not in names:
            raise PmcmineError(f"{name}: neither pmcmine nor Beam has this option{_nearest(name, sorted(names))}")


def option_name(flag: str) -> str:
    """Return the name of an option without its value."""
    return flag.partition("=")[0]


def _nearest(name: str, names: Sequence[str]) -> str:
    nearest = get_close_matches(name, names, 1)
    return f"; did you mean '{nearest[0]}'?" if nearest else ""


def runner_flags(config: MineConfig) -> list[str]:
    """Return Beam's options for the runner of a configuration, except those given by the user.

    Raises:
        PmcmineError: if no job server listens at the address for Spark.
    """
    given = {option_name(f) for f in config.beam}
    flags = ["--no_save_main_session"]
    if config.runner == "direct" and config.workers > 1:
        flags += [f"--direct_num_workers={config.workers}", "--direct_running_mode=multi_processing"]
    if config.runner == "prism" and not any(name.startswith("--environment_type") for name in given):
        flags += ["--environment_type=LOOPBACK"]
    if config.runner == "spark":
        flags += _spark(config, given)
    return flags


def _spark(config: MineConfig, given: Collection[str]) -> list[str]:
    """Return Beam's portable options for Spark.

    Python runs in processes of a pool on each Spark worker's machine; LOOPBACK would make them threads of this process.
    """
    flags = []
    if "--job_endpoint" not in given:
        _check_listening(config.spark_job_server)
        flags.append(f"--job_endpoint={config.spark_job_server}")
    if "--environment_type" not in given:
        flags += ["--environment_type=EXTERNAL", f"--environment_config={config.spark_worker_pool}"]
    return flags


def _check_listening(address: str) -> None:
    """Check that a server listens at an address: Beam's client would wait for it forever.

    Raises:
        PmcmineError: if nothing listens there.
    """
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS):
            return
    except (OSError, ValueError) as error:
        raise PmcmineError(
            f"--runner spark: no Beam job server at {address} ({error}); start one (infra/spark/cluster.py), or give "
            f"--set spark_job_server=HOST:PORT or --beam=--job_endpoint=HOST:PORT"
        ) from None


def argument_named_in(message: str) -> str:
    """Return the option that a message of argparse names."""
    named = re.search(r"argument (--[\w-]+)", message)
    return named[1] if named else "an option"
