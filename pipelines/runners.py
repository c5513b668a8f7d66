"""Named runners, and the options that Beam takes."""

from __future__ import annotations

import argparse
import io
import logging
import os
import re
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.loopback import loopback_only
from pmcmine.config import MineConfig
from pmcmine.errors import PmcmineError, StorageError
from pmcmine.io.folder import Folder
from pmcmine.text.redact import hide

log = logging.getLogger(__name__)

_STAGE: Final = re.compile(r" \[while running '[^']*'\]")  # what Beam adds to an error of a worker

_GONE_SECONDS = 8  # more than workers take to start or to end
_CONNECT_SECONDS = 5.0
_OUTPUT_BYTES = 1 << 20
RUNNERS = ("direct", "prism", "spark", "dataflow")


def beam_options(config: MineConfig) -> PipelineOptions:
    """Return options for Beam: those of the runner, then those given by the user.

    Raises:
        PmcmineError: for a runner or an option that Beam does not know, with the nearest name.
    """
    if config.runner not in RUNNERS:
        near = get_close_matches(config.runner, RUNNERS, 1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise PmcmineError(f"--runner: choose from {', '.join(RUNNERS)}{hint}")
    flags = list(config.beam)
    _check_known(flags)
    defaults = ["--no_save_main_session"]
    if config.runner == "direct" and config.workers > 1:
        defaults += [f"--direct_num_workers={config.workers}", "--direct_running_mode=multi_processing"]
    if config.runner == "prism" and not any(f.startswith("--environment_type") for f in flags):
        defaults += ["--environment_type=LOOPBACK"]
    if config.runner == "spark":
        defaults += _spark(config, flags)
    return _parsed([*defaults, *flags])


def _parsed(flags: list[str]) -> PipelineOptions:
    """Let Beam read its options; its parser would print a bad value and end the process.

    Raises:
        PmcmineError: for a value that Beam does not take.
    """
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            options = PipelineOptions(flags)
            options.get_all_options()
    except SystemExit:
        named = re.search(r"argument (--[\w-]+)", said.getvalue())
        what = named[1] if named else "an option"
        raise PmcmineError(f"--beam: Beam rejects the value of {what}") from None
    return options


def _spark(config: MineConfig, flags: Sequence[str]) -> list[str]:
    """Return Beam's portable options for Spark, but for those that the user gives.

    Python runs in processes of a pool on each Spark worker's machine; LOOPBACK would make them threads of this one.
    """
    given = {re.split("=", f, maxsplit=1)[0] for f in flags}
    if "--job_endpoint" not in given:
        _listening(config.spark_job_server)
    found = [] if "--job_endpoint" in given else [f"--job_endpoint={config.spark_job_server}"]
    if "--environment_type" not in given:
        found += ["--environment_type=EXTERNAL", f"--environment_config={config.spark_worker_pool}"]
    return found


def _listening(address: str) -> None:
    """Return Beam's client waits permanently for a server that is not there; so that is found out first.

    Raises:
        PmcmineError: if nothing listens at an address.
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


def _check_known(flags: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for group in PipelineOptions.__subclasses__():
        group._add_argparse_args(parser)  # type: ignore[arg-type]  # Beam's own parser would refuse our --set
    names = sorted(s for a in parser._actions for s in a.option_strings)
    for flag in flags:
        name = re.split("=", flag, maxsplit=1)[0]
        if not name.startswith("--"):
            continue
        if name not in names:
            near = get_close_matches(name, names, 1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise PmcmineError(f"{name}: neither pmcmine nor Beam has this option{hint}")


def make_runner(config: MineConfig) -> Any:
    """Create the Beam runner that the configuration names."""
    # Worker processes are started as `python -m …` in the user's folder, which may hold modules of our names.
    os.environ["PYTHONSAFEPATH"] = "1"
    if config.runner == "direct":
        # By its own name: Beam's DirectRunner first tries to download a Prism binary.
        from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

        return FnApiRunner()
    if config.runner == "prism":
        from apache_beam.runners.portability.prism_runner import PrismRunner

        return PrismRunner()
    if config.runner == "spark":
        from apache_beam.runners.portability.portable_runner import PortableRunner

        return PortableRunner()
    from apache_beam.runners.dataflow.dataflow_runner import DataflowRunner

    return DataflowRunner()


class Workers:
    """The worker processes of a local run: what they said, and whether they died under it."""

    def __init__(self, expected: int) -> None:
        self.expected = expected
        self.died = False
        self.output = b""

    def watch(self, done: threading.Event) -> None:
        """Interrupt the main thread once workers are gone: Beam would wait for them permanently."""
        missing = 0
        while not done.wait(1.0):
            missing = missing + 1 if _children() < self.expected else 0
            if missing >= _GONE_SECONDS:
                self.died = True
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
                return


def _children() -> int:
    """Return living child processes of this one, by Linux's /proc(5)."""
    n = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue  # it has just ended
        n += parent == str(os.getpid()) and state != "Z"
    return n


@contextmanager
def local_workers(config: MineConfig) -> Iterator[Workers]:
    """Watch the worker processes of a local run.

    While it lasts, what they write to stderr goes to a file instead of the user's terminal (Beam's workers inherit the
    descriptor and tell of their own life on it), their deaths are noticed, and the servers that they talk to are on
    loopback.
    """
    with loopback_only():
        yield from _watched(config)


def _watched(config: MineConfig) -> Iterator[Workers]:
    direct = config.runner == "direct" and config.workers > 1
    workers = Workers(config.workers)
    if not direct and config.runner != "prism":
        yield workers
        return
    done = threading.Event()
    if direct and sys.platform == "linux" and threading.current_thread() is threading.main_thread():
        threading.Thread(target=workers.watch, args=(done,), daemon=True).start()
    with tempfile.TemporaryFile() as output:
        sys.stderr.flush()
        kept = os.dup(2)
        os.dup2(output.fileno(), 2)
        try:
            yield workers
        finally:
            done.set()
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            output.seek(0)
            workers.output = output.read()[-_OUTPUT_BYTES:]


def fetch_keys(config: MineConfig, remote: bool, n_blocks: int) -> int:
    """Compute the number of shares of the request budget; at most this many blocks are mined at once.

    A source without a remote host has one share per block.
    """
    if not remote:
        return n_blocks
    given = config.fetch_keys or {"direct": config.workers, "prism": 2}.get(config.runner, 64)
    return max(1, min(given, n_blocks))


def run_graph(config: MineConfig, options: Any, work: Folder, build: Callable[[beam.Pipeline], Any]) -> None:
    """Run one graph to its end; an error of a worker becomes one line, and its traceback a file."""
    pipeline = beam.Pipeline(runner=make_runner(config), options=options)
    build(pipeline)
    workers = None
    try:
        with local_workers(config) as workers:
            state = pipeline.run().wait_until_finish()
    except PmcmineError as error:
        error.args = (_STAGE.sub("", str(error)), *error.args[1:])
        raise
    except (Exception, KeyboardInterrupt) as error:
        if workers is not None and workers.died:
            raise PmcmineError("worker processes died during the run; the same command resumes") from None
        if isinstance(error, KeyboardInterrupt) or "KeyboardInterrupt" in f"{type(error).__name__} {error}":
            raise KeyboardInterrupt from None  # Beam wraps it as it wraps any error of a worker
        log.debug("the pipeline failed", exc_info=True)
        lines = [line for line in str(error).strip().splitlines() if line.strip()] or [type(error).__name__]
        name = f"error-{datetime.now(UTC).strftime('%Y%m%dT%H%M%S')}.log"
        text = f"{type(error).__name__}: {error}\n\n" + (workers.output.decode("utf-8", "replace") if workers else "")
        try:
            work.write(name, hide(text).encode("utf-8", "replace"), replace=True)
            kept = f" (whole text in {work.url}/{name})"
        except StorageError:
            kept = ""  # the disk is full or gone, which is what the error says, too
        raise PmcmineError(f"the pipeline failed: {lines[-1].strip()}{kept}; the same command resumes") from error
    if str(state) not in ("DONE", "None"):
        raise PmcmineError(f"the pipeline ended as {state}; the same command resumes")
