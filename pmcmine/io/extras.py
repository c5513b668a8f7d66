"""Parts that an installation may lack: the extras of the package, and what options need them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pmcmine.errors import PmcmineError

if TYPE_CHECKING:
    from pmcmine.config import MineConfig

# Modules of each extra, those that are imported late included.
MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "mine": ("apache_beam", "lxml", "requests", "tenacity", "PIL", "imagehash", "numpy", "pydantic",
             "pydantic_settings", "jinja2", "scipy", "cv2"),
    "pdf": ("pymupdf",),
    "metrics": ("prometheus_client", "opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"),
    "hub": ("huggingface_hub",),
    "gcs": ("gcsfs",),
    "dataflow": ("gcsfs", "google.cloud.dataflow_v1beta3"),
    "train": ("sklearn",),
    "encoder": ("transformers", "onnxruntime"),
    "encoder-train": ("torch", "transformers", "onnxruntime", "onnx", "onnxscript", "sklearn"),
    "fuzzy": ("scispacy", "nmslib", "sklearn", "spacy"),
}  # fmt: skip
_FUZZY_BEFORE: Final = (3, 13)
_NOTES: Final[Mapping[str, str]] = {"pdf": "PyMuPDF, which is under the GNU AGPL"}
_FILE_SYSTEMS: Final[Mapping[str, str]] = {"gs": "'pmcmine[gcs]'", "gcs": "'pmcmine[gcs]'", "hf": "'pmcmine[hub]'"}


def has(module: str) -> bool:
    """Whether a module can be imported; it is not loaded."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False  # its parent is missing


def extra_of(module: str) -> str:
    """Return the extra that brings a module; `mine` if no other one does."""
    top = module.split(".")[0]
    return next((e for e, names in MODULES.items() if top in {n.split(".")[0] for n in names}), "mine")


def need(extra: str, option: str, modules: tuple[str, ...] | None = None) -> None:
    """Check that an extra is installed.

    Args:
        extra: the extra.
        option: what needs it, as the user wrote it.
        modules: the modules that are needed, if not all of the extra's.

    Raises:
        PmcmineError: one line that names the extra to install.
    """
    missing = [m for m in modules or MODULES[extra] if not has(m)]
    if not missing:
        return
    if extra == "fuzzy" and sys.version_info >= _FUZZY_BEFORE:
        here = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise PmcmineError(
            f"{option} needs Python 3.11 or 3.12, this is {here}: scispaCy has no packages for it; "
            "there, pip install 'pmcmine[fuzzy]'"
        )
    raise PmcmineError(f"{option} needs {_NOTES.get(extra, ', '.join(missing))}: pip install 'pmcmine[{extra}]'")


def need_file_system(address: str, option: str) -> None:
    """Check that the file system of a URL is installed.

    Raises:
        PmcmineError: one line that says what to install.
    """
    if "://" not in address:
        return
    from fsspec import get_filesystem_class
    from fsspec.registry import known_implementations

    scheme = address.split("://")[0]
    try:
        get_filesystem_class(scheme)
    except (ImportError, ValueError) as error:
        package = _FILE_SYSTEMS.get(scheme) or str(known_implementations.get(scheme, {}).get("class", "")).split(".")[0]
        hint = f"pip install {package}" if package else str(error)
        raise PmcmineError(f"{option} {address}: no file system for {scheme}:// is installed ({hint})") from None


def check(config: MineConfig) -> None:
    """Check that a run has the parts that its options need, and that no option is ignored.

    Raises:
        PmcmineError: one line that says what is missing, and what to do.
    """
    if config.pdf_figures:
        need("pdf", "--pdf-figures")
    if config.source_kind == "pdf":
        need("pdf", "--source-kind pdf")
    if config.runner == "dataflow":
        need("dataflow", "--runner dataflow")
    if config.privacy or config.panels or config.image_kinds:
        need("mine", "looking at images (privacy, panels, image_kinds)", ("cv2", "PIL", "scipy"))
    for option, address in (("--source", config.source), ("--out", config.out), ("--vocab", config.vocab or "")):
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
    from pmcmine.run.metrics import check_ours

    check_ours(path)


def _check_hub(config: MineConfig) -> None:
    need("hub", "--publish-to")
    from huggingface_hub import get_token

    from pmcmine.publish.repos import repo_name

    repo_name(config.publish_to or "", "shards")
    if get_token() is None:
        raise PmcmineError("--publish-to: no token for the Hub; set HF_TOKEN, or run `hf auth login`")


def _check_ignored(config: MineConfig) -> None:
    """Refuse options whose effect is that of a part that is turned off."""
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
