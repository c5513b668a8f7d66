"""Keep a journal of answers: each is on disk before it is used, so that nothing is paid for twice.

One line of JSON per answer, append-only. A last line cut off by a kill is removed. The journal is also the cache: equal
requests share an answer, and a change of the checks makes no new requests. Answers that were lost in transit, and may
have to be paid for, have a line with their tokens.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from typing import Any, Final

from pmcmine.errors import StorageError
from pmcmine.io.folder import describe
from pmcmine.io.safe_files import PRIVATE, check_no_links

log = logging.getLogger(__name__)
_MOST_LINE: Final = 8 << 20  # bytes; an answer of 1 MiB may be six times as long as JSON


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as received.

    Attributes:
        request: hash of the request.
        row: row that it was first requested for.
        model: model that was asked.
        text: the answer.
        finish: why it ended.
        read: tokens of the request, as the server states; None if it does not.
        written: tokens of the answer; None likewise.
        counted: tokens read and written that count towards budgets; estimated if the server states none.
    """

    request: str
    row: str
    model: str
    text: str
    finish: str
    read: int | None
    written: int | None
    counted: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Lost:
    """An answer that could not be read.

    Attributes:
        lost: hash of the request.
        counted: tokens read and written that count towards budgets: the possible maximum.
    """

    lost: str
    counted: tuple[int, int]


class Journal:
    """Answers by request hash. Open it under a lock: two writers would mix their lines.

    Args:
        path: its file; created with the first answer.
        root: folder below which no part of the path may be a link.

    Raises:
        StorageError: if it can't be read.
    """

    def __init__(self, path: Path, root: Path | None = None) -> None:
        self.path = path
        if root is not None:
            check_no_links(root, path.relative_to(root).as_posix())
        self._places: dict[str, tuple[int, int]] = {}  # hash → offset and length of its line
        self.read = self.written = 0  # tokens that count towards budgets
        self._lock = threading.Lock()
        self._end = 0
        self._stream: FileIO | None = None
        self._broken = False
        try:
            if path.is_symlink():
                raise StorageError(f"{path}: is a link, no journal of ours; remove it")
            if path.exists():
                if not path.is_file():  # a FIFO would be waited for
                    raise StorageError(f"{path}: is no regular file, no journal of ours; remove it")
                self._load()
        except OSError as error:
            raise StorageError(f"{path}: can't be read ({describe(error)})") from None

    def __len__(self) -> int:
        return len(self._places)

    def _load(self) -> None:
        damaged = 0
        with self.path.open("rb") as stream:
            while line := stream.readline(_MOST_LINE):
                start, self._end = self._end, self._end + len(line)
                if len(line) == _MOST_LINE and not line.endswith(b"\n"):  # longer than any line of ours
                    while not line.endswith(b"\n") and (line := stream.readline(_MOST_LINE)):
                        self._end += len(line)
                if not line.endswith(b"\n"):
                    self._end = start
                    break
                answer = _parse(line)
                if answer is None:
                    damaged += 1
                    continue
                self._note(answer, start, len(line))
        if self._end != self.path.stat().st_size:
            with self.path.open("r+b") as stream:
                stream.truncate(self._end)
        if damaged:
            log.warning("%s: %d damaged lines are left out; their rows are asked for again", self.path, damaged)

    def _note(self, answer: Answer | Lost, start: int, size: int) -> None:
        if isinstance(answer, Answer):
            self._places[answer.request] = (start, size)
        self.read += answer.counted[0]
        self.written += answer.counted[1]

    def get(self, request: str) -> Answer | None:
        """Return the answer to a request, None if there is none."""
        place = self._places.get(request)
        if place is None:
            return None
        with self.path.open("rb") as stream:
            stream.seek(place[0])
            found = _parse(stream.read(place[1]))
        return found if isinstance(found, Answer) else None

    def add(self, *answers: Answer) -> None:
        """Append answers; they are on disk when this returns.

        Raises:
            StorageError: if the file can't be written.
        """
        self._append(answers)

    def lose(self, request: str, counted: tuple[int, int]) -> None:
        """Record a lost answer, which counts towards budgets; it is on disk when this returns.

        Raises:
            StorageError: if the file can't be written.
        """
        self._append([Lost(request, counted)])

    def _append(self, answers: Sequence[Answer | Lost]) -> None:
        lines = [json.dumps(asdict(answer)).encode() + b"\n" for answer in answers]
        with self._lock:
            try:
                if self._stream is None:
                    self.path.parent.mkdir(parents=True, exist_ok=True)
                    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
                    self._stream = FileIO(os.open(self.path, flags, PRIVATE), "ab")
                if self._broken:
                    raise OSError("an answer before could not be written")
                left = memoryview(b"".join(lines))
                while left:
                    left = left[self._stream.write(left) :]
                os.fsync(self._stream.fileno())
            except OSError as error:
                self._broken = True  # anything appended to half a line would be lost with it
                raise StorageError(f"{self.path}: can't write ({describe(error)})") from None
            for answer, line in zip(answers, lines, strict=True):
                self._note(answer, self._end, len(line))
                self._end += len(line)

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def _parse(line: bytes) -> Answer | Lost | None:
    """Parse a line into an answer or a lost answer; None if it is neither."""
    try:
        raw: dict[str, Any] = json.loads(line)
        read, written = raw["counted"]
        if "lost" in raw:
            lost = Lost(str(raw["lost"]), (int(read), int(written)))
            return lost if min(lost.counted) >= 0 else None
        answer = Answer(**{**raw, "counted": (int(read), int(written))})
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    texts = (answer.request, answer.row, answer.model, answer.text, answer.finish)
    numbers = (answer.read, answer.written)
    fits = all(isinstance(t, str) for t in texts) and all(n is None or type(n) is int for n in numbers)
    return answer if fits and min(answer.counted) >= 0 else None
