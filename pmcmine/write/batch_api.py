"""Call OpenAI's batch API: upload a file of requests, which is answered within a day, and download the answers.

Uses only the part that compatible services also have: files, and batches of chat completions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import requests

from pmcmine.errors import PmcmineError
from pmcmine.io.safe_files import PRIVATE, replacing
from pmcmine.text.clean import for_terminal
from pmcmine.write.client import MOST_ANSWER, TOO_LONG, Reply, completion
from pmcmine.write.transport import NoAnswer, Refused, Transport, bounded

_COMPLETIONS: Final = "/v1/chat/completions"
_MOST: Final = 1 << 20  # bytes of a description
_MOST_FILE: Final = 4 << 30  # bytes of a file of answers
_MOST_LINE: Final = 8 << 20  # bytes of one answer in it
_CHUNK: Final = 1 << 20
_TRANSFER: Final = 3600.0  # seconds for a file
_LISTED, _PAGES = 100, 50  # batches per page (the maximum), and pages searched
_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
_BOUNDARY: Final = "pmcmine-batch-4c1f9a0e7d"  # the file is JSON, in which no line begins with it
T = TypeVar("T")
_OVER: Final = frozenset({"completed", "expired", "cancelled", "failed"})


class NotMade(PmcmineError):
    """The server refused to make a batch, and did not make it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a batch, as the server reports it.

    Attributes:
        id: its name at the server.
        status: such as `in_progress`.
        done: requests that were answered or failed.
        files: files with answers and with errors.
        said: why it failed; empty if it did not.
    """

    id: str
    status: str
    done: int
    files: tuple[str, ...]
    said: str

    @property
    def is_over(self) -> bool:
        """Whether the batch has ended: no more answers will come."""
        return self.status in _OVER


def request_line(key: str, body: dict[str, Any]) -> bytes:
    """Return the line of a request; `key` identifies its answer."""
    line = {"custom_id": key, "method": "POST", "url": _COMPLETIONS, "body": body}
    return json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def upload(transport: Transport, path: Path) -> str:
    """Upload a file of requests; return its name at the server.

    Raises:
        PmcmineError: as `Transport.call`.
    """
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="requests.jsonl"\r\n'
        "Content-Type: application/jsonl\r\n\r\n"
    )
    data = head.encode() + path.read_bytes() + f"\r\n--{_BOUNDARY}--\r\n".encode()
    kind = f"multipart/form-data; boundary={_BOUNDARY}"
    return _described(transport, "POST", "files", lambda raw: _name(raw["id"]), data, kind, seconds=_TRANSFER)


def create(transport: Transport, file: str, key: str, first: bool) -> Progress:
    """Create the batch for a file of requests, unless it already exists.

    Args:
        transport: the server.
        file: name of the file at the server.
        key: stored in the metadata of the batch, to recognise it later.
        first: whether this is certainly the first attempt to create it.

    Raises:
        NotMade: if the server refuses it.
        PmcmineError: as `Transport.call`; the batch may or may not have been created then.
    """
    body = {"input_file_id": file, "endpoint": _COMPLETIONS, "completion_window": "24h", "metadata": {"pmcmine": key}}
    data = json.dumps(body).encode()
    for attempt in range(transport.endpoint.retries + 1):
        if attempt or not first:  # the lost answer may have been a yes
            there = _find(transport, file, key)
            if there is not None:
                return there
        try:
            return _described(transport, "POST", "batches", _progress, data, retries=0)
        except Refused as error:
            raise NotMade(str(error)) from None
        except NoAnswer:
            if attempt == transport.endpoint.retries:
                raise
            transport.pause(min(2.0**attempt, 60.0))
    raise AssertionError("the last attempt returns or raises")  # pragma: no cover


def _find(transport: Transport, file: str, key: str) -> Progress | None:
    """Return the batch made from a file, or None if the newest few thousand batches do not include it."""
    after = ""
    for _ in range(_PAGES):
        found, after = _described(transport, "GET", f"batches?limit={_LISTED}{after}", partial(_page, file, key))
        if found is not None or not after:
            return found
    return None


def _page(file: str, key: str, raw: dict[str, Any]) -> tuple[Progress | None, str]:
    """Return the batch of a file if it is on this page, and the query for the next page; empty if this is the last."""
    for one in raw["data"]:
        if (one.get("metadata") or {}).get("pmcmine") == key or one.get("input_file_id") == file:
            return _progress(one), ""
    return None, f"&after={_name(raw['data'][-1]['id'])}" if raw.get("has_more") is True and raw["data"] else ""


def look(transport: Transport, batch: str) -> Progress:
    """Return the progress of a batch.

    Raises:
        PmcmineError: as `Transport.call`.
    """
    return _described(transport, "GET", f"batches/{_name(batch)}", _progress)


def download(transport: Transport, file: str, to: Path) -> None:
    """Download a file of answers.

    Raises:
        PmcmineError: as `Transport.call`, or if it has more than 4 GiB.
    """

    def save(answer: requests.Response) -> None:
        size = 0
        with replacing(to, PRIVATE) as out:
            while chunk := answer.raw.read(_CHUNK, decode_content=True):
                size += len(chunk)
                if size > _MOST_FILE:
                    raise PmcmineError(f"{transport.endpoint.url}: a file of answers has more than 4 GiB")
                out.write(chunk)
            stated = answer.headers.get("Content-Length", "")
            if stated.isdecimal() and not answer.headers.get("Content-Encoding") and size != int(stated):
                raise ValueError("a file that was cut")

    transport.call("GET", f"files/{_name(file)}/content", save, seconds=_TRANSFER)


def answers(path: Path) -> Iterator[tuple[str, Reply | str]]:
    """Yield request keys in a file of answers, each with its reply or the reason for none; skip other lines."""
    with path.open("rb") as stream:
        while line := stream.readline(_MOST_LINE):
            try:
                found = json.loads(line)
                key = found["custom_id"]
                if isinstance(key, str):
                    yield key, _answer(found)
            except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
                continue


def _answer(line: dict[str, Any]) -> Reply | str:
    response = line.get("response") or {}
    if response.get("status_code") == 200:
        reply = completion(response["body"])
        too_long = len(reply.text.encode("utf-8", "surrogatepass")) > MOST_ANSWER  # same limit as for a single request
        return replace(reply, text="", finish=TOO_LONG) if too_long else reply
    error = line.get("error") or (response.get("body") or {}).get("error") or {}
    said = error.get("message") if isinstance(error, dict) else error
    return for_terminal(f"status {response.get('status_code')} ({said})", 200)


def _described(
    transport: Transport, method: str, path: str, parse: Callable[[dict[str, Any]], T], data: bytes | None = None,
    kind: str = "application/json", **more: Any,
) -> T:  # fmt: skip
    """Make a request whose answer is one JSON object, and parse it with `parse`."""

    def read(answer: requests.Response) -> T:
        found = json.loads(bounded(answer, _MOST, transport.endpoint.url))
        if not isinstance(found, dict):
            raise ValueError("no object")
        return parse(found)

    return transport.call(method, path, read, data, kind, **more)


def _progress(raw: dict[str, Any]) -> Progress:
    counts = raw.get("request_counts") or {}
    done = sum(n for n in (counts.get("completed"), counts.get("failed")) if type(n) is int)
    files = tuple(_name(raw[k]) for k in ("output_file_id", "error_file_id") if raw.get(k))
    errors = (raw.get("errors") or {}).get("data") or [{}]
    said = str((errors[0] or {}).get("message") or "") if raw.get("status") == "failed" else ""
    return Progress(_name(raw["id"]), str(raw.get("status")), done, files, for_terminal(said, 200))


def _name(value: object) -> str:
    """Check a name given by the server, which becomes part of an address.

    Raises:
        PmcmineError: if it is not a valid name.
    """
    if not isinstance(value, str) or not _ID.fullmatch(value) or value.strip(".") == "":
        raise PmcmineError(f"the server names a file or batch {for_terminal(repr(value), 80)}, which is no name")
    return value
