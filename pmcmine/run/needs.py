"""Check the requirements of a run's options: extras, file systems, a token for the Hub."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pmcmine.config import MineConfig
from pmcmine.errors import PmcmineError
from pmcmine.io.extras import MODULES, need, need_file_system
from pmcmine.publish.repos import repo_name
from pmcmine.run.metrics import check_ours
from pmcmine.run.slurm_scripts import check_lines
from pmcmine.sources import is_others


def check(config: MineConfig) -> None:
    """Check that the requirements of all options are met, and that no option is ignored.

    Raises:
        PmcmineError: one line that names the missing requirement and a remedy.
    """
    if config.pdf_figures:
        need("pdf", "--pdf-figures")
    if config.source_kind == "pdf":
        need("pdf", "--source-kind pdf")
    if config.runner == "dataflow":
        need("dataflow", "--runner dataflow")
    if config.runner == "slurm":
        check_lines(config, config.out, str(Path.cwd()))
    if config.privacy or config.panels or config.image_kinds or config.image_embeddings:
        need("mine", "looking at images (privacy, panels, image_kinds)", ("cv2", "onnxruntime", "PIL", "scipy"))
    for option, address in (("--source", config.source), ("--out", config.out), ("--vocab", config.vocab or "")):
        if option == "--source" and is_others(config):
            continue
        if not address.startswith(("http://", "https://")):
            need_file_system(address, option)
    for address in config.decontaminate:
        need_file_system(address, "--decontaminate")
    if config.metrics is not None:
        _check_metrics(config.metrics)
    if config.publish_to is not None:
        _check_hub(config)
    _check_ignored(config)


def _check_metrics(where: str) -> None:
    if where.startswith(("http://", "https://")):
        need("metrics", "--metrics", MODULES["metrics"][1:])
        return
    need("metrics", "--metrics", MODULES["metrics"][:1])
    path = Path(where)
    folder = next(p for p in (path.absolute().parent, *path.absolute().parents) if p.exists())
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise PmcmineError(f"--metrics {where}: no file can be written there")
    check_ours(path)


def _check_hub(config: MineConfig) -> None:
    need("hub", "--publish-to")
    from huggingface_hub import get_token

    repo_name(config.publish_to or "", "shards")
    if get_token() is None:
        raise PmcmineError("--publish-to: no token for the Hub; set HF_TOKEN, or run `hf auth login`")


def _check_ignored(config: MineConfig) -> None:
    """Reject options that only affect a part that is turned off."""
    rules: tuple[tuple[Any, str, Any, str], ...] = (
        (config.drop_privacy_flagged, "--drop-privacy-flagged", config.privacy, "privacy flags, which are turned off"
         " (privacy=false)"),
        (config.panel_shards, "--panel-shards", config.panels, "panels, which are turned off (panels=false)"),
        (config.text_model, "--text-model", config.classify, "classifiers, which are turned off (classify=false)"),
        (config.link_paragraphs, "link_paragraphs", config.vocab, "a vocabulary: `pmcmine vocab get open` makes the "
         "open one, --vocab names another"),
        (config.concept_names, "concept_names", config.vocab, "a vocabulary: `pmcmine vocab get open` makes the open "
         "one, --vocab names another"),
        (config.decontaminate_action == "drop", "--drop-benchmarks", config.decontaminate, "benchmark sets: name them "
         "with --decontaminate"),
        (config.free_published, "--free-published", config.publish_to, "--publish-to ORG/NAME"),
    )  # fmt: skip
    for asked, option, part, what in rules:
        if asked and not part:
            raise PmcmineError(f"{option} needs {what}")
