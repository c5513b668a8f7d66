"""Clients of servers with OpenAI's chat completions, as commands name them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmcmine.errors import PmcmineError

if TYPE_CHECKING:
    from pmcmine.write.client import Client

RETRIES, TIMEOUT = 5, 120.0  # tries after the first; seconds without a byte
JUDGE_KEY = "PMCMINE_JUDGE_KEY"


def client_of(
    option: str, url: str | None, named: str, model: str | None, key: str, retries: int = RETRIES,
    timeout: float = TIMEOUT,
) -> Client | None:  # fmt: skip
    """Return the client of a server; None if none was given.

    Args:
        option: option that names the server.
        url: its base URL.
        named: option that names the model.
        model: the model.
        key: environment variable of the server's key.
        retries: tries after the first.
        timeout: seconds without a byte of an answer.

    Raises:
        PmcmineError: if only one of URL and model was given, or the URL can't be used.
    """
    from pmcmine.text.redact import learn
    from pmcmine.write.client import Client
    from pmcmine.write.transport import Endpoint, check_endpoint

    if url is None and model is None:
        return None
    if not url or not model:
        raise PmcmineError(f"{option} and {named} go together; give both")
    secret = os.environ.get(key, "").strip()
    learn([secret])
    return Client(Endpoint(check_endpoint(url, secret, option), model, secret, retries, timeout))
