"""Ask in batches: collect requests without an answer, send them as files, and read the answers into the journal.

Each batch is written to a file beside the journal before the server is asked for it, so that a run resumed after a kill
finds it again and nothing is paid for twice.
"""

from __future__ import annotations

import json
import logging
import os
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, Final

from pmcmine.errors import PmcmineError, StorageError
from pmcmine.io.folder import describe
from pmcmine.io.safe_files import PRIVATE, create_new, private_folder, read_bounded, replacing
from pmcmine.write import batch_api
from pmcmine.write.asking import Asker, Waiting, answer_of
from pmcmine.write.budget import Budget
from pmcmine.write.client import LAST_FORMAT, Client, Reply, format_of
from pmcmine.write.journal import Answer, Journal
from pmcmine.write.requests import Request
from pmcmine.write.transport import NoAnswer, Refused, Rejected

log = logging.getLogger(__name__)
# OpenAI accepts 50,000 requests and 200 MB per file; smaller files are answered sooner and fit into memory.
_MOST_REQUESTS, _MOST_BYTES = 10_000, 64 << 20
_MOST_STATE: Final = 16 << 20  # bytes of the state file of a batch
_FIRST_PAUSE, _MOST_PAUSE = 1.0, 60.0  # seconds between two polls
_AT_ONCE, _MOST_AT_ONCE = 500, 16 << 20  # answers read into the journal together, and their characters
_FIRST: Final = 20  # requests of the first batch under a budget
_MOST_LOOKS: Final = 5  # polls of a batch that is completed but lacks answers
_REFUSED: Final = re.compile(r"status 4(?!08|25|29)")
_FORMAT_UNKNOWN: Final = re.compile(
    r"status (?:400|422|50[01])\b.*(?:response[_ ]format|json[_ ]?schema)", re.IGNORECASE
)
_KEY: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Batch:
    """The saved state of a batch.

    Attributes:
        key: hash of its requests.
        file: name of its file at the server.
        url: the server.
        model: the model.
        id: its name at the server; empty until the batch is known to exist.
        requests: for each request hash, the row, the estimated tokens of the request, and the maximum tokens of its
            answer.
        format: index of the requested answer format, as `format_of` takes it.
    """

    key: str
    file: str
    url: str
    model: str
    id: str = ""
    requests: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    format: int = 0


class BatchAsker(Asker):
    """Collect requests for batches; requests that have an answer are served from the journal.

    Args:
        client: the server.
        journal: keeps the answers.
        budget: limit on tokens and cost; requests in batches are held against it.
        folder: keeps the state of batches.

    Raises:
        PmcmineError: if the folder can't be used.
    """

    def __init__(self, client: Client, journal: Journal, budget: Budget, folder: Path) -> None:
        super().__init__(client, journal, budget)
        self._folder = private_folder(folder)
        self._open = list(_noted(folder))
        self._sent = {request for batch in self._open for request in batch.requests}
        self._without: dict[str, str] = {}  # requests that a batch of this run left unanswered, with the reason
        self._spool: BinaryIO | None = None
        self._spooled: dict[str, tuple[str, int, int]] = {}
        self._spool_lock = threading.Lock()
        self.collects = True  # whether requests may still be added
        self._format = max((batch.format for batch in self._open), default=0)
        self._held: dict[str, tuple[int, int]] = {}  # tokens held for each request
        for batch in self._open:
            if batch.url != client.endpoint.url:
                raise PmcmineError(
                    f"{self._place(batch)}: a batch is under way at {batch.url}; give that --endpoint, or remove the "
                    "file to ask for its rows again"
                )
            for key, (_, expected, most) in batch.requests.items():
                self._held[key] = (expected + 1, most)
                budget.held(expected + 1, most)

    def _ask(
        self, request: Request, schema: Mapping[str, Any], name: str, body: Callable[[], Mapping[str, Any]]
    ) -> Answer:
        said = self._without.get(request.hash)
        if said is not None:
            raise Refused(said) if _REFUSED.match(said) else Waiting(said)
        if not self.collects or request.hash in self._sent:
            raise Waiting("batch")
        sent = dict(body())
        most = int(sent.get("max_tokens", 0))
        line = batch_api.request_line(request.hash, {**sent, **format_of(self._format, schema, name)})
        with self._spool_lock:
            size = self._spool.tell() if self._spool is not None else 0
            if len(self._spooled) >= _MOST_REQUESTS or size + len(line) > _MOST_BYTES:
                self.submit()
            if self._budget.is_guessing and len(self._spooled) >= _FIRST:
                raise Waiting("batch")  # the first answers show the cost of the others
            self._held[request.hash] = (self._budget.hold(request.expected, most), most)
            self._write(line)
            self._spooled[request.hash] = (request.row, request.expected, most)
            self._sent.add(request.hash)
        raise Waiting("batch")

    def _write(self, line: bytes) -> None:
        try:
            if self._spool is None:
                self._path.unlink(missing_ok=True)  # left by a run that was killed while collecting
                self._spool = create_new(self._path, PRIVATE)
            self._spool.write(line)
        except OSError as error:
            raise StorageError(f"{self._path}: can't write ({describe(error)})") from None

    @property
    def is_waiting(self) -> bool:
        """Whether a batch is under way."""
        return bool(self._open)

    @property
    def _path(self) -> Path:
        return self._folder / "next.jsonl"

    def submit(self) -> bool:
        """Send the collected requests as a batch; return whether there were any.

        Raises:
            PmcmineError: if the server refuses the batch or does not answer.
        """
        if self._spool is None:
            return False
        self._spool.close()
        self._spool = None
        spooled, self._spooled = self._spooled, {}
        key = sha256("\n".join([*sorted(spooled), *["plainer"] * self._format]).encode()).hexdigest()
        endpoint = self.client.endpoint
        try:
            file = batch_api.upload(self.client.transport, self._path)
        except Rejected as error:
            hint = "; it has no batch API, so ask without --batch" if error.status == HTTPStatus.NOT_FOUND else ""
            raise PmcmineError(f"{error}{hint}") from None
        except (NoAnswer, Refused) as error:  # about the batch, not about the row whose request filled it
            raise PmcmineError(f"{error}; nothing was sent, and the same command goes on") from None
        batch = Batch(key, file, endpoint.url, endpoint.model, "", spooled, self._format)
        self._note(batch)
        self._path.unlink()
        self._open.append(self._made(batch, first=True))
        return True

    def _made(self, batch: Batch, first: bool) -> Batch:
        """Create the batch at the server unless it exists, and save its name."""
        try:
            found = replace(batch, id=batch_api.create(self.client.transport, batch.file, batch.key, first).id)
        except batch_api.NotMade:
            self._place(batch).unlink()
            raise
        except (NoAnswer, Refused) as error:
            raise PmcmineError(f"{error}; whether the batch was made, the same command finds out") from None
        self._note(found)
        return found

    def _note(self, batch: Batch) -> None:
        data = json.dumps(asdict(batch)).encode()
        with replacing(self._place(batch), PRIVATE) as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())  # paid batches must survive a power loss

    def _place(self, batch: Batch) -> Path:
        return self._folder / f"{batch.key}.json"

    def wait(self, told: Callable[[int, int], None] | None = None) -> None:
        """Wait for all batches, and read their answers into the journal.

        Args:
            told: called with the number of finished requests, and of all requests in batches.

        Raises:
            PmcmineError: if the server refuses a batch, does not answer, or the run is stopped.
        """
        transport = self.client.transport
        self._open = [batch if batch.id else self._made(batch, first=False) for batch in self._open]
        pause, looks = _FIRST_PAUSE, Counter[str]()
        while self._open:
            states = [self._look(batch) for batch in self._open]
            asked = sum(len(b.requests) for b in self._open)
            for batch, state in zip(tuple(self._open), states, strict=True):
                if state.is_over:
                    looks[batch.id] += 1
                    if self._read(batch, state, last=looks[batch.id] >= _MOST_LOOKS):
                        self._open.remove(batch)
            if told is not None:
                told(sum(s.done for s in states), asked)
            if self._open:
                transport.pause(pause)
                pause = min(1.5 * pause, _MOST_PAUSE)

    def _look(self, batch: Batch) -> batch_api.Progress:
        try:
            return batch_api.look(self.client.transport, batch.id)
        except Rejected as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            raise PmcmineError(
                f"{error}; to ask for the rows of batch {batch.id} again, remove {self._place(batch)}"
            ) from None

    def _read(self, batch: Batch, state: batch_api.Progress, last: bool) -> bool:
        """Read the answers of a finished batch and forget it; return whether that was done.

        A batch may be completed before its files are available: it is then polled again, and never forgotten.
        """
        left = set(batch.requests)
        for file in state.files:
            self._read_file(batch, file, left)
        if state.status == "completed" and left:
            if not last:
                return False
            raise PmcmineError(
                f"{self.client.endpoint.url}: batch {batch.id} is completed, but {len(left):,} of its answers are "
                f"missing; the same command looks again, or remove {self._place(batch)} to ask for them again"
            )
        for key in left:
            self._without.setdefault(key, f"batch {batch.id} is {state.status}")
            self._sent.discard(key)
        for key in batch.requests:
            self._budget.free(*self._held.pop(key, (0, 0)))
        self._place(batch).unlink()
        if state.said:
            raise PmcmineError(f"{self.client.endpoint.url}: batch {batch.id} failed ({state.said})")
        return True

    def _read_file(self, batch: Batch, file: str, left: set[str]) -> None:
        """Read the answers in a file into the journal, and remove their keys from `left`."""
        path = self._folder / "answers.jsonl"
        try:
            batch_api.download(self.client.transport, file, path)
        except Rejected as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            log.warning("%s: file %s of batch %s", error, file, batch.id)
            return
        waiting: list[Answer] = []
        size = 0
        for key, reply in batch_api.answers(path):
            if key not in left:
                continue
            left.discard(key)
            if isinstance(reply, str) and batch.format < LAST_FORMAT and _FORMAT_UNKNOWN.match(reply):
                self._sent.discard(key)  # the next round asks again, in a plainer format
                self._format = max(self._format, batch.format + 1)
            elif isinstance(reply, str):
                self._without[key] = reply
            elif self._journal.get(key) is None:  # a killed run may have read some already
                waiting.append(self._answer(batch, key, reply))
                size += len(reply.text)
            if len(waiting) >= _AT_ONCE or size >= _MOST_AT_ONCE:
                self._keep(waiting)
                size = 0
        self._keep(waiting)
        path.unlink()

    def _answer(self, batch: Batch, key: str, reply: Reply) -> Answer:
        row, expected, most = batch.requests[key]
        answer = answer_of(key, row, (expected, most), batch.model, reply)
        self._budget.learn(expected, answer.counted[0])
        return answer

    def _keep(self, waiting: list[Answer]) -> None:
        if waiting:
            self._journal.add(*waiting)
            self.asked += len(waiting)
            waiting.clear()


def ask_in_batches(
    asker: BatchAsker, passes: Callable[[], Iterator[object]], told: Callable[[int, int], None] | None = None
) -> None:
    """Ask for everything that a pass over the rows needs, in as many rounds as retries require.

    Args:
        asker: collects requests and asks.
        passes: starts a pass over the rows, which requests their answers.
        told: called with the number of finished requests, and of all requests in batches.

    Raises:
        PmcmineError: one line; the same call resumes.
    """
    asker.wait(told)
    while True:
        for _ in passes():
            pass
        if not asker.submit() and not asker.is_waiting:
            break
        asker.wait(told)
    asker.collects = False


def _noted(folder: Path) -> Iterator[Batch]:
    """Yield the batches saved by earlier runs.

    Raises:
        PmcmineError: if a state file can't be read.
    """
    for path in sorted(folder.glob("*.json")):
        try:
            raw = json.loads(read_bounded(path, _MOST_STATE, str(path)))
            requests = {k: (str(row), _tokens(a), _tokens(b)) for k, (row, a, b) in raw["requests"].items()}
            key, file, url, model, name = (str(raw[part]) for part in ("key", "file", "url", "model", "id"))
            if not _KEY.fullmatch(key) or key != path.stem:
                raise ValueError("another key")
            yield Batch(key, file, url, model, name, requests, min(_tokens(raw.get("format", 0)), LAST_FORMAT))
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
            raise PmcmineError(f"{path}: is no note of a batch; remove it to ask for its rows again") from None


def _tokens(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 40:
        raise ValueError("no number of tokens")
    return value
