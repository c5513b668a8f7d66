"""List the package's extras, which an installation may lack, and the options that need them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final

from pmcmine.errors import PmcmineError

# Modules of each extra, including lazily imported ones.
MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "mine": ("apache_beam", "lxml", "requests", "tenacity", "PIL", "numpy", "pydantic",
             "pydantic_settings", "jinja2", "scipy", "cv2", "onnxruntime"),
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
    """Check whether a module can be imported; it is not loaded."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False  # its parent is missing


def extra_of(module: str) -> str:
    """Return the extra that installs a module; `mine` if no other one does."""
    top = module.split(".")[0]
    return next((e for e, names in MODULES.items() if top in {n.split(".")[0] for n in names}), "mine")


def need(extra: str, option: str, modules: tuple[str, ...] | None = None) -> None:
    """Check that an extra is installed.

    Args:
        extra: the extra.
        option: the option that needs it, as the user wrote it.
        modules: required modules; all of the extra's if None.

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
