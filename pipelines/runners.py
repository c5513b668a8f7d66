"""Beam's runners and options, and running one graph to its end."""

from __future__ import annotations

import argparse
import io
import os
from collections.abc import Callable
from contextlib import redirect_stderr
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from pmcmine.config import MineConfig
from pmcmine.errors import PmcmineError
from pmcmine.io.folder import Folder
from pmcmine.run.failures import run_guarded
from pmcmine.run.runner_options import argument_named_in, check_known, check_runner, runner_flags


def beam_options(config: MineConfig) -> PipelineOptions:
    """Return options for Beam: those of the runner, then those given by the user.

    Raises:
        PmcmineError: for a runner or an option that Beam does not know, with the nearest name.
    """
    check_runner(config)
    check_known(config.beam, option_names())
    return _parsed([*runner_flags(config), *config.beam])


def option_names() -> set[str]:
    """Return the names of all options that Beam has."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for group in PipelineOptions.__subclasses__():
        group._add_argparse_args(parser)  # type: ignore[arg-type]  # Beam's own parser would refuse our --set
    return {name for action in parser._actions for name in action.option_strings}


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
        option = argument_named_in(said.getvalue())
        raise PmcmineError(f"--beam: Beam rejects the value of {option}") from None
    return options


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


def run_graph(config: MineConfig, options: Any, work: Folder, build: Callable[[beam.Pipeline], Any]) -> None:
    """Run one graph to its end; an error of a worker becomes one line, and its traceback a file."""
    pipeline = beam.Pipeline(runner=make_runner(config), options=options)
    build(pipeline)
    run_guarded(config, work, lambda: pipeline.run().wait_until_finish())
