"""Define the Dataflow Flex Template: its parameters, its files, and its configuration from arguments.

A template is one graph, so it holds the one that outgrows a machine: blocks of the snapshot to committed packs. The
following steps (near duplicates, assembly, the release) are separate graphs, which `pmcmine mine … --runner dataflow`
on the same folder submits one after the other; it resumes from the committed blocks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from pmcmine.config import MineConfig, load_config
from pmcmine.errors import PmcmineError

NAME: Final = "pmcmine-mine"
_RUN_KEYS: Final = (
    "out", "all", "vocab", "concurrency", "requests_per_second", "fetch_keys", "retries", "retry_seconds", "timeout",
)  # fmt: skip
_NOT_HERE: Final = frozenset({"vocab_sha256", "decontaminate_sha256"})  # set when the run starts
_LISTS: Final = frozenset({"pmcid", "groups", "decontaminate"})


def parameters() -> list[str]:
    """List the configuration keys that a template accepts: those that affect the result, and how the source is read."""
    made = [k for k in MineConfig.model_fields if k not in MineConfig.RUN_ONLY and k not in _NOT_HERE]
    return [*made, *_RUN_KEYS]


def metadata() -> dict[str, Any]:
    """Build the template's metadata, in the form that Dataflow's console and API check."""
    described = []
    for key in parameters():
        field = MineConfig.model_fields[key]
        default = "" if field.default in (None, ()) else f" (default {field.default})"
        text = f"{field.description}{default}"
        described.append(
            {
                "name": key,
                "label": key.replace("_", " ").capitalize(),
                "helpText": text[0].upper() + text[1:],
                "isOptional": key != "out",
                "regexes": [r"^gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]/.+$"] if key == "out" else [r"^.*$"],
                "paramType": "TEXT",
            }
        )
    return {
        "name": NAME,
        "description": "Mines PubMed Central articles into blocks of a pmcmine release; `pmcmine mine` assembles them.",
        "parameters": described,
    }


def spec(image: str) -> dict[str, Any]:
    """Build the container specification for the template's file in Cloud Storage.

    Args:
        image: address of the image, with its digest.
    """
    return {
        "image": image,
        "sdkInfo": {"language": "PYTHON"},
        "metadata": metadata(),
        "defaultEnvironment": {"additionalExperiments": ["use_runner_v2"]},
    }


def split_arguments(argv: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Split arguments into configuration keys and the rest for Beam.

    The launcher passes both the template's parameters and environment options as `--name=value`.
    """
    known = set(parameters())
    keys: dict[str, Any] = {}
    rest: list[str] = []
    for argument in argv:
        found = re.fullmatch(r"--([a-z0-9_]+)=(.*)", argument, re.DOTALL)
        if found and found[1] in known:
            value = found[2]
            listed = tuple(v for v in re.split(r"[,\s]+", value) if v)
            keys[found[1]] = listed if found[1] in _LISTS else value
        elif not re.match(r"--runner\b", argument):
            rest.append(argument)
    return keys, rest


def configuration(argv: Sequence[str]) -> MineConfig:
    """Read the configuration from a template's arguments.

    Raises:
        PmcmineError: one line.
    """
    keys, rest = split_arguments(argv)
    if "out" not in keys:
        raise PmcmineError("out: give the release folder, such as gs://BUCKET/release")
    config = load_config(keys | {"runner": "dataflow", "beam": tuple(rest)})
    if not config.chooses:
        raise PmcmineError(
            "which articles? give source, pmcid or limit, or mine all of PMC, some 8 million, with all=true"
        )
    return config
