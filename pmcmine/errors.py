"""Errors for users: one line that says what is wrong, where, and what to do."""

from __future__ import annotations

from pmcmine.text.redact import hide

EXIT_DONE, EXIT_ABOVE_THRESHOLD, EXIT_FAILED, EXIT_INTERRUPTED = 0, 1, 2, 130


class PmcmineError(Exception):
    """A bad option, file or answer; the message is one complete line for the user, without credentials."""

    def __init__(self, message: str) -> None:
        super().__init__(hide(message))


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its kind if it says nothing."""
    return next(iter(str(error).strip().splitlines()), "") or type(error).__name__


class SourceError(PmcmineError):
    """The source can't be read at all: no inventory, unknown layout, wrong schema."""


class ReleaseError(PmcmineError):
    """The output folder can't be used: another run uses it, or it was made with another configuration."""


class StorageError(PmcmineError):
    """The output or work folder can't be written or read."""


class DamagedError(StorageError):
    """A file differs from what was written: truncated, emptied or changed by a disk or a copy."""


class SumsError(PmcmineError):
    """The counts of a run do not add up; the message names the equation."""


class VocabularyError(PmcmineError):
    """A vocabulary, or an input for building one, can't be read."""


class PluginError(PmcmineError):
    """An extension can't be loaded, or declares or returns what can't be honoured; the message names its package."""


class GoldError(PmcmineError):
    """Annotations for evaluation or training can't be read."""


class UnsafeNameError(PmcmineError):
    """A name from outside leads out of its folder, or is not valid for its kind."""
