"""HTTP session of the Hub's client: it sends the token to the Hub only, and requests time out.

The client sends its token wherever the Hub's answers point: to the next page of a listing and to the check after an
upload. Both may name another host. It also follows a redirect from HTTPS to plain HTTP, where others could change what
is read; that ends in an error. And it prints its warnings itself, with addresses of uploads, which are signed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from pmcmine.errors import PmcmineError
from pmcmine.text.clean import CleanFormatter

_origins: Final[Counter[tuple[str, str | None, int | None]]] = Counter()  # each as often as it is guarded
_lock: Final = threading.Lock()
_limit = threading.local()


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


@contextmanager
def within(seconds: float | None, what: str) -> Iterator[None]:
    """Refuse requests of this thread that begin later than so many seconds from now.

    Args:
        seconds: the time; None for no limit.
        what: begins the message.

    Raises:
        PmcmineError: one line, from the request that is too late.
    """
    before = getattr(_limit, "at", None)
    _limit.at = None if seconds is None else (time.monotonic() + seconds, what)
    _limit.answer = None
    try:
        yield
    finally:
        _limit.at = before


def last_answer() -> Any | None:
    """Return the last response that this thread had within `within`; None if it had none."""
    return getattr(_limit, "answer", None)


@contextmanager
def _clean_log() -> Iterator[None]:
    """Let each warning of the client be shown once, without credentials."""
    logger = logging.getLogger("huggingface_hub")
    own = [(handler, handler.formatter) for handler in logger.handlers]
    for handler, _ in own:
        handler.setFormatter(CleanFormatter())
        if logging.getLogger().handlers:
            logger.removeHandler(handler)
    try:
        yield
    finally:
        for handler, formatter in own:
            handler.setFormatter(formatter)
            logger.addHandler(handler)


@contextmanager
def guarded(endpoint: str | None) -> Iterator[None]:
    """Let the client's session send its token to this Hub alone, and keep the limits of `within`, for a while.

    The session is that of the whole process. Afterwards it is as it was, for who uses the client beside pmcmine.

    Args:
        endpoint: address of the Hub; HF_ENDPOINT or the public one if not given.
    """
    from huggingface_hub import constants, get_session

    origins = {_origin(endpoint or constants.ENDPOINT), _origin(constants.ENDPOINT)}
    # Clients before 1.0 have sessions of requests, which know no such hooks.
    hooks = getattr(get_session(), "event_hooks", None)
    requests, answers = (hooks["request"], hooks["response"]) if isinstance(hooks, dict) else ([], [])
    with _lock:
        _origins.update(origins)
        if _check not in requests:
            requests.append(_check)
            answers.append(_note)
    try:
        with _clean_log():
            yield
    finally:
        with _lock:
            _origins.subtract(origins)
            if not +_origins and _check in requests:
                requests.remove(_check)
                answers.remove(_note)


def _note(answer: Any) -> None:
    _limit.answer = answer


def _check(request: Any) -> None:
    limit = getattr(_limit, "at", None)
    if limit is not None and time.monotonic() > limit[0]:
        raise PmcmineError(f"{limit[1]}: the answer does not end")
    url = str(request.url)
    if urlsplit(url).scheme == "http" and not any(scheme == "http" for scheme, *_ in +_origins):
        raise PmcmineError(f"the Hub leads to {urlsplit(url).hostname} over plain HTTP, which is not followed")
    if not _origins[_origin(url)]:
        request.headers.pop("Authorization", None)
