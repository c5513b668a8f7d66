"""Find vocabularies: in the user's folder, or as cached copies of remote ones."""

from __future__ import annotations

import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Final

import fsspec

from pmcmine.errors import StorageError, VocabularyError
from pmcmine.io.safe_files import PRIVATE, create_new, private_folder, temporary_name
from pmcmine.io.safe_names import content_hash
from pmcmine.vocabulary.vocabulary import Vocabulary

OPEN = "open.vocab"
NONE = "none"
_MAX_COPY: Final = 16 << 30  # bytes of a remote vocabulary; all of UMLS takes about one tenth


def vocabulary_folder() -> Path:
    """Return the folder of the user's vocabularies.

    `$PMCMINE_VOCAB_DIR`, or `pmcmine` in the user's data folder (XDG).
    """
    own = os.environ.get("PMCMINE_VOCAB_DIR")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "pmcmine"


def find_vocabulary(given: str | None) -> str | None:
    """Find the vocabulary of a run: the given one, else the open one if present, else None."""
    if given is not None:
        return None if given.lower() == NONE else given
    default = vocabulary_folder() / OPEN
    return str(default) if default.is_file() else None


def is_remote(address: str) -> bool:
    """Tell whether a vocabulary is reached through a file system other than the local one."""
    return ("://" in address and not address.startswith("file://")) or "::" in address


def local_copy(address: str, sha256: str | None = None) -> str:
    """Return the path of a vocabulary on this machine, whose hash was computed; a remote one is copied once.

    Args:
        address: its path or URL.
        sha256: hash that its content must have; any if None.

    Raises:
        VocabularyError: if it can't be read, is damaged, or is another one than stated.
    """
    if sha256 is not None:
        content_hash(sha256, "vocab_sha256")
    path = _copied(address, sha256) if is_remote(address) else address.removeprefix("file://")
    found = _checked(path)
    if sha256 is not None and found != sha256:
        raise VocabularyError(f"{address}: is not the vocabulary that the run began with ({sha256[:12]}…)")
    return path


def _checked(path: str) -> str:
    """Return the hash of a vocabulary's content, computed once for each state of the file."""
    try:
        status = Path(path).stat()
    except OSError:
        return Vocabulary(path, any_rules=True).sha256  # raises, and says what is wrong
    return _computed(path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=16)
def _computed(path: str, *state: int) -> str:
    vocabulary = Vocabulary(path, any_rules=True)
    vocabulary.check()
    return vocabulary.sha256


def cache_folder() -> Path:
    """Return a folder for copies that only this user can write to: in the user's cache (XDG), else in /tmp.

    Raises:
        VocabularyError: if it belongs to somebody else, is a link, or others can write to it.
    """
    try:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        private_folder(Path(base) / "pmcmine")
        return private_folder(Path(base) / "pmcmine" / "vocabularies")
    except StorageError as error:
        raise VocabularyError(str(error)) from None
    except (OSError, RuntimeError):  # no home, or one that can't be written, as in many containers
        pass
    user = os.getuid() if hasattr(os, "getuid") else "user"
    try:
        return private_folder(Path(tempfile.gettempdir()) / f"pmcmine-vocabularies-{user}")
    except StorageError as error:
        raise VocabularyError(f"{error}; or set XDG_CACHE_HOME to a folder of your own") from None


def _copied(address: str, sha256: str | None) -> str:
    """Return the copy of a remote vocabulary, which has the hash of its content for a name."""
    folder = cache_folder()
    if sha256 is not None and (folder / f"{sha256}.vocab").is_file():
        return str(folder / f"{sha256}.vocab")
    part = temporary_name(folder / "vocab")
    size = 0
    try:
        try:
            with fsspec.open(address, "rb") as source, create_new(part, PRIVATE) as target:
                while block := source.read(1 << 22):
                    size += len(block)
                    if size > _MAX_COPY:
                        raise VocabularyError(f"{address}: more than {_MAX_COPY >> 30} GB")
                    target.write(block)
        except VocabularyError:
            raise
        except Exception as error:  # noqa: BLE001 - each file system has errors of its own
            said = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise VocabularyError(f"{address}: can't be read ({said})") from None
        try:
            vocabulary = Vocabulary(part, any_rules=True)
            vocabulary.check()
        except VocabularyError as error:
            raise VocabularyError(str(error).replace(str(part), address)) from None
        copy = folder / f"{vocabulary.sha256}.vocab"
        part.replace(copy)
        return str(copy)
    finally:
        part.unlink(missing_ok=True)
