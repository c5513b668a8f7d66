"""Where vocabularies lie: the user's own folder, and copies of remote ones."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import fsspec

from pmcmine.concepts.vocabulary import Vocabulary
from pmcmine.errors import VocabularyError

OPEN = "open.vocab"
NONE = "none"


def vocabulary_folder() -> Path:
    """Folder of the user's vocabularies: `$PMCMINE_VOCAB_DIR`, or `pmcmine` in the user's data folder (XDG)."""
    own = os.environ.get("PMCMINE_VOCAB_DIR")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "pmcmine"


def find_vocabulary(given: str | None) -> str | None:
    """The vocabulary of a run: the one given, else the open one where there is one; None without."""
    if given is not None:
        return None if given.lower() == NONE else given
    default = vocabulary_folder() / OPEN
    return str(default) if default.is_file() else None


def local_copy(address: str, sha256: str | None = None) -> str:
    """Path of a vocabulary on this machine; a remote one is copied once.

    Raises:
        VocabularyError: where it can't be read, or is another one than stated.
    """
    path = address
    if "://" in address and not address.startswith("file://"):
        copies = Path(tempfile.gettempdir()) / f"pmcmine-vocabularies-{os.getuid()}"
        copies.mkdir(mode=0o700, exist_ok=True)
        if copies.stat().st_uid != os.getuid():
            raise VocabularyError(f"{copies}: belongs to another user")
        copy = copies / f"{sha256 or 'unknown'}.vocab"
        if sha256 is None or not copy.is_file():
            part = copy.with_name(f"{copy.name}.{os.getpid()}")
            try:
                with fsspec.open(address, "rb") as source, part.open("wb") as target:
                    while block := source.read(1 << 24):
                        target.write(block)
            except (OSError, ImportError, ValueError) as error:
                raise VocabularyError(f"{address}: can't be read ({error})") from None
            part.replace(copy)
        path = str(copy)
    path = path.removeprefix("file://")
    if sha256 is not None and Vocabulary(path).sha256 != sha256:
        raise VocabularyError(f"{address}: is not the vocabulary that the run began with ({sha256[:12]}…)")
    return path
