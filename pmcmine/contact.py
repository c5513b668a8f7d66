"""The first contact with a host: whether anything answers there, found out within a few seconds.

Later requests of a run are tried again for minutes, for hosts are at times busy. A host that never answered is more
likely the wrong address, or no network at all, and whoever waits should be told soon.
"""

from __future__ import annotations

import queue
import ssl
import threading
import time
from http.client import HTTPException, InvalidURL
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import Request, urlopen

from pmcmine.errors import SourceError

FIRST_CONTACT_SECONDS: Final = 15.0
_PAUSE: Final = 1.0
_MOST_TRIES: Final = 4  # a refusal or an unknown name comes at once, and rarely passes


def _ask(url: str, seconds: float, agent: str) -> str | None:
    """Ask once; None if anything answered, else what went wrong."""
    try:
        with urlopen(Request(url, method="HEAD", headers={"User-Agent": agent}), timeout=seconds):
            return None
    except HTTPError:
        return None  # it answers, if only to refuse
    except InvalidURL as error:
        return str(error)
    except HTTPException:
        return None  # an answer, though not one of HTTP
    except ssl.SSLError:
        return None  # somebody is there; whom to trust is for the real client to decide
    except URLError as error:
        if isinstance(error.reason, ssl.SSLError):
            return None
        return str(getattr(error.reason, "strerror", None) or error.reason)
    except (OSError, ValueError) as error:
        return str(error) or type(error).__name__


def reach(url: str, seconds: float, advice: str, agent: str = "pmcmine") -> None:
    """Return once something answers HTTP at a URL, whatever it says.

    Args:
        url: an http or https URL; others are not asked.
        seconds: the whole budget, looking up the name included.
        advice: what to do about it, for the end of the error.
        agent: the User-Agent.

    Raises:
        SourceError: if nothing answered in time; one line.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return
    host = parts.netloc.rpartition("@")[2]  # without a password: neither asked with nor shown
    bare = urlunsplit(parts._replace(netloc=host))
    answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    until = time.monotonic() + seconds

    def ask() -> None:
        for n in range(_MOST_TRIES):
            left = until - time.monotonic()
            if n and left <= _PAUSE:
                break
            if n:
                time.sleep(_PAUSE)
            problem = _ask(bare, max(left, 0.1), agent)
            if problem is None:
                answers.put(None)
                return
        answers.put(problem)

    # In a thread, for neither a name's lookup nor a proxy's handshake can be given a limit; it ends with the process.
    threading.Thread(target=ask, daemon=True, name="first contact").start()
    try:
        problem = answers.get(timeout=seconds)
    except queue.Empty:
        problem = "no answer"
    if problem is not None:
        raise SourceError(f"{host} can't be reached ({problem}; tried for up to {seconds:g} s). {advice}")
