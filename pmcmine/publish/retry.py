"""Call the Hub; retry if it is busy."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable
from hashlib import sha1
from typing import Any, Final, TypeVar

from pmcmine.errors import PmcmineError
from pmcmine.io.hub_refusal import refusal
from pmcmine.io.retry import retry_after
from pmcmine.publish.session import last_answer, within

log = logging.getLogger(__name__)
T = TypeVar("T")
RETRIED: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_CONFLICTS: Final = frozenset({409, 412})  # a commit that does not follow the newest one
_TRIES: Final = 8
_READINGS: Final = 3  # of an answer that is not JSON, though its status says that the Hub is well
_MOST_SAID: Final = 500  # characters of an answer that are shown
_MALFORMED: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
SECONDS: Final = 600.0  # in which the requests of one question begin
_MOST_WAIT: Final = 300.0  # seconds; a longer Retry-After is cut to this


class _NotJson(PmcmineError):
    """An answer is not JSON."""


class Conflict(PmcmineError):
    """The Hub did not do it because something else was done meanwhile."""


def hub_errors() -> tuple[type[Exception], ...]:
    """List the exceptions that the client raises for the Hub and the network, whichever HTTP library it uses."""
    from huggingface_hub.errors import HfHubHTTPError

    base = HfHubHTTPError.__mro__[1]  # HTTPError of that library, whose family are all errors of a request
    return (HfHubHTTPError, base, ConnectionError, TimeoutError)


def patiently(action: Callable[[], T], what: str, seconds: float | None = SECONDS) -> T:
    """Run an action on the Hub; if it is busy, retry after `Retry-After`, or with growing delays.

    Args:
        action: what to do.
        what: begins the message.
        seconds: time in which the requests of one try begin, so that a listing has an end; None for uploads.

    Raises:
        PmcmineError: one line, where it refuses, or stays busy.
    """
    for attempt in range(_TRIES):
        try:
            with within(seconds, what):
                return _understood(action, what)
        except _NotJson:  # the client reads the answer of a busy gateway before its status
            answer = last_answer()
            status = getattr(answer, "status_code", None)
            if status not in RETRIED and attempt >= _READINGS - 1:
                raise
            if attempt == _TRIES - 1:
                raise PmcmineError(f"{what}: the Hub is busy (status {status})") from None
            time.sleep(_wait(answer, attempt))
        except hub_errors() as error:
            answer = getattr(error, "response", None)
            status = getattr(answer, "status_code", None)
            if (status is not None and status not in RETRIED) or attempt == _TRIES - 1:
                if status in _CONFLICTS:
                    raise Conflict(f"{what}: it was changed meanwhile") from None
                raise PmcmineError(f"{what}: {_reason(error)}") from None
            time.sleep(_wait(answer, attempt))
    raise AssertionError("not reached")


def _reason(error: Exception) -> str:
    """Say in one line why the Hub refuses."""
    said = str(error).strip().splitlines()
    return refusal(error) or (said[0][:_MOST_SAID] if said else type(error).__name__)


def _wait(answer: Any, attempt: int) -> float:
    """Return the seconds before the next try: what the answer asks for, if it does."""
    asked = retry_after(answer.headers.get("Retry-After"), _MOST_WAIT) if answer is not None else None
    return asked if asked is not None else _delay(attempt)


def _delay(attempt: int) -> float:
    """Return the seconds before the next try; they double, with jitter."""
    return min(0.5 * 2.0**attempt * random.uniform(0.7, 1.3), _MOST_WAIT)


def _understood(action: Callable[[], T], what: str) -> T:
    """Do something; an answer that is none of the Hub's ends with one line.

    Raises:
        PmcmineError: one line, for such an answer.
    """
    try:
        return action()
    except PmcmineError:
        raise
    except hub_errors():
        raise
    except (*_MALFORMED, RuntimeError) as error:
        cause = error.__cause__
        if cause is not None and isinstance(cause, hub_errors()):  # the client wraps those of its uploading threads
            raise cause from None
        log.debug("%s: an answer that can't be used", what, exc_info=error)
        kind = _NotJson if isinstance(error, json.JSONDecodeError) else PmcmineError
        raise kind(f"{what}: the answer is not that of a Hub ({type(error).__name__})") from None


def git_blob(data: bytes) -> str:
    """Return Git's id of a file's content, which the Hub tells for small files."""
    return sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
