"""Examine an installation: Python, extras, models, vocabulary, network, token, disk, engines; suggest remedies."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from pmcmine._version import __version__
from pmcmine.errors import PmcmineError
from pmcmine.io.extras import MODULES, has

OLDEST: Final = (3, 11)
NEWEST: Final = (3, 14)  # newest tested version of Python
_NEEDED_FOR: Final = {
    "mine": "mining",
    "pdf": "--pdf-figures and sources of PDFs",
    "metrics": "--metrics",
    "hub": "publish, and streams from the Hub",
    "gcs": "gs:// addresses",
    "dataflow": "--runner dataflow",
    "train": "train",
    "encoder": "encoders: --text-model FOLDER",
    "encoder-train": "train encoder",
    "fuzzy": "misspelled names of concepts, through scispaCy",
}
_LITTLE_DISK: Final = 5_000_000_000  # bytes; a release of a thousand articles takes about 1 GB with its work folder
_ENGINES: Final = {"sbatch": "--runner slurm", "java": "--runner spark"}


class State(StrEnum):
    """Outcome of a check."""

    OK = "ok"
    NOTE = "note"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check.

    Attributes:
        what: the checked part.
        state: whether it is in order, missing without harm, or broken.
        said: the observation.
        todo: remedy; empty if none is needed.
    """

    what: str
    state: State
    said: str
    todo: str = ""


def examine(folder: str, seconds: float | None) -> Iterator[Finding]:
    """Examine an installation, one part after the other.

    Args:
        folder: intended folder of a release.
        seconds: timeout of the source's host; None to make no request.
    """
    yield _python()
    yield from map(_extra, MODULES)
    if has("pydantic"):
        yield from _models_and_vocabulary()
    yield _token()
    yield _disk(folder)
    yield _machine()
    yield from (_engine(program, option) for program, option in _ENGINES.items())
    if seconds is not None and has("requests"):
        yield _network(seconds)


def _python() -> Finding:
    here = sys.version_info[:2]
    said = f"{sys.version.split()[0]}, pmcmine {__version__}{', captions compiled' if captions_are_compiled() else ''}"
    if here < OLDEST:
        return Finding("Python", State.BROKEN, said, "install Python 3.11 or later")
    if here > NEWEST:
        return Finding("Python", State.NOTE, said, f"tests run on Python 3.11 to {NEWEST[0]}.{NEWEST[1]}")
    return Finding("Python", State.OK, said)


def captions_are_compiled() -> bool:
    """Check whether this installation splits captions with compiled modules (`PMCMINE_COMPILE=1 pip install .`)."""
    found = find_spec("pmcmine.panels.captions")
    return found is not None and found.origin is not None and found.origin.endswith(tuple(EXTENSION_SUFFIXES))


def _extra(extra: str) -> Finding:
    missing = [m for m in MODULES[extra] if not has(m)]
    what, purpose = f"extra {extra}", _NEEDED_FOR[extra]
    if not missing:
        return Finding(what, State.OK, purpose)
    install = f"pip install 'pmcmine[{extra}]'"
    if extra == "fuzzy" and sys.version_info >= (3, 13):
        install = "needs Python 3.11 or 3.12"
    state = State.BROKEN if extra == "mine" else State.NOTE
    return Finding(what, state, f"{purpose}: lacks {', '.join(missing)}", install)


def _models_and_vocabulary() -> Iterator[Finding]:
    from pmcmine.config import load_config
    from pmcmine.miner import enrichers

    try:
        config = load_config({})
        models = enrichers.info(config)
    except PmcmineError as error:
        yield Finding("models", State.BROKEN, str(error))
        return
    yield Finding("models", State.OK, f"{len(models)}: {', '.join(m.name for m in models)}")
    if config.vocab is None:
        yield Finding("vocabulary", State.NOTE, "none: captions are not linked to concepts", "pmcmine vocab get open")
    else:
        yield Finding("vocabulary", State.OK, str(config.vocab))


def _token() -> Finding:
    if not has("huggingface_hub"):
        return Finding("Hub token", State.NOTE, "the client is not installed", "pip install 'pmcmine[hub]'")
    from huggingface_hub import get_token

    if get_token() is None:
        return Finding("Hub token", State.NOTE, "none: needed to publish", "set HF_TOKEN, or run `hf auth login`")
    return Finding("Hub token", State.OK, "there is one")


def _disk(folder: str) -> Finding:
    if "://" in folder:
        return Finding("disk", State.NOTE, f"{folder}: not on a local disk")
    path = Path(folder).absolute()
    there = next(p for p in (path, *path.parents) if p.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding("disk", State.BROKEN, f"{there}: not writable", "give another --out")
    free = shutil.disk_usage(there).free
    said = f"{free / 1e9:,.0f} GB free at {there}"
    if free < _LITTLE_DISK:
        return Finding("disk", State.NOTE, said, "a release takes about 0.7 MB per article, twice while it is made")
    return Finding("disk", State.OK, said)


def _machine() -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    hint = f"--workers {cores} uses them all" if cores > 1 else ""
    return Finding("machine", State.OK, f"{cores} cores", hint)


def _engine(program: str, option: str) -> Finding:
    where = shutil.which(program)
    if where is None:
        return Finding(program, State.NOTE, f"not on PATH; only {option} needs it")
    return Finding(program, State.OK, f"{where}, for {option}")


def _network(seconds: float) -> Finding:
    import requests

    from pmcmine.config import PMC_BUCKET
    from pmcmine.io.contact import reach

    def ask(left: float) -> None:
        requests.head(PMC_BUCKET, timeout=left, allow_redirects=False)

    try:
        reach(PMC_BUCKET, ask, seconds, "articles can't be downloaded from there")
    except PmcmineError as error:
        return Finding("network", State.NOTE, str(error), "`pmcmine demo` and --source FOLDER need no network")
    return Finding("network", State.OK, f"{PMC_BUCKET} answers")
