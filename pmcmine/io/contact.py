"""Contact a host with a short total budget, so that a missing network gives one line instead of a long silence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from pmcmine.errors import PmcmineError
from pmcmine.text.redact import hide

SECONDS: Final = 15.0  # budget if none is given
_WAITS: Final = (0.25, 0.5, 1.0, 2.0)  # before each retry
# Error texts of HTTP libraries and the system, with their meanings.
_MEANINGS: Final = (
    (("NameResolutionError", "gaierror", "getaddrinfo", "name resolution", "Name or service", "nodename"),
     "the name of the host can't be resolved"),
    (("refused",), "it refuses the connection"),
    (("unreachable", "No route"), "there is no route to it"),
    (("ProxyError", "proxy"), "the proxy refuses, or can't be reached"),
    (("imeout", "timed out"), "it does not answer"),
    (("SSL", "CERTIFICATE"), "no secure connection (TLS) comes about"),
    (("reset", "aborted", "Disconnected", "RemoteProtocolError"), "it closes the connection"),
)  # fmt: skip


class Busy(Exception):
    """An answer that asks to retry later; the message is the answer."""


class Refused(Exception):
    """An answer that a retry would not change; the message gives the reason."""


def reach(
    where: str,
    ask: Callable[[float], object],
    seconds: float,
    outcome: str,
    say: Callable[[str], None] = lambda line: None,
) -> None:
    """Make a request to a host; any answer counts, except one that asks to retry later.

    The request runs in a thread, because a DNS lookup, or a host that sends a byte now and then, may exceed the time
    limits of HTTP libraries.

    Args:
        where: address of the host.
        ask: makes one request that may take the given number of seconds; returns the host's answer, and raises an error
            if there is none, or `Busy` to retry.
        seconds: total budget of all tries.
        outcome: consequence of a missing answer, such as "nothing was mined".
        say: called with a line before the first try.

    Raises:
        PmcmineError: one line, if there is no answer within the budget.
    """
    say(f"contacting {hide(where)} (for at most {seconds:g} s)")
    deadline = time.monotonic() + seconds
    done = threading.Event()
    problems: list[BaseException] = []
    answered: list[bool] = []

    def run() -> None:
        failures = 0
        while (left := deadline - time.monotonic()) > 0:
            try:
                ask(left)
                answered.append(True)
                break
            except Busy as error:
                problems.append(error)
                wait = _WAITS[-1]
            except Exception as error:  # noqa: BLE001 - each HTTP library has its own errors; reported in one line
                problems.append(error)
                if isinstance(error, Refused) or failures == len(_WAITS):
                    break
                wait = _WAITS[failures]
                failures += 1
            if done.wait(max(min(wait, deadline - time.monotonic()), 0.0)):
                break
        done.set()

    threading.Thread(target=run, name="first contact", daemon=True).start()
    done.wait(seconds)
    done.set()
    if answered:
        return
    why = meaning(problems[-1]) if problems else f"no answer within {seconds:g} s"
    raise PmcmineError(
        f"{where}: can't be reached ({why}); {outcome}. Check the address, the network and HTTPS_PROXY; "
        "first_contact_seconds sets how long to wait"
    )


def meaning(error: BaseException) -> str:
    """Explain in plain words why a connection failed."""
    if isinstance(error, Busy | Refused):
        return str(error)
    said = f"{type(error).__name__}: {error} {error.__cause__!r} {error.__context__!r}"
    for signs, plain in _MEANINGS:
        if any(sign in said for sign in signs):
            return plain
    return type(error).__name__
