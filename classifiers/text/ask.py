"""Get teacher labels from any server with OpenAI's chat completions: one request per paragraph, resumable, priced."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import requests
from urllib3.exceptions import HTTPError

from classifiers.text.heads import CLASSES, QUALITY
from pmcmine.errors import PmcmineError
from pmcmine.io.safe_files import open_regular

RUBRIC: Final = Path(__file__).parent / "labels" / "rubric.md"
RUBRIC_VERSION: Final = 2
_MOST: Final = 6000  # characters of a paragraph
_OBJECT: Final = re.compile(r"\{[^{}]{0,500}\}")
_ANSWER_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Teacher:
    """A server.

    Attributes:
        endpoint: base URL, such as https://host/v1.
        model: name of the model there.
        key: bearer token, never shown; empty for none.
        retries: tries after the first one, on 429, 5xx and dropped connections.
        timeout: seconds without an answer.
    """

    endpoint: str
    model: str
    key: str = ""
    retries: int = 5
    timeout: float = 120.0

    def __repr__(self) -> str:
        return f"Teacher({self.endpoint}, {self.model})"


def ask(teacher: Teacher, text: str, wait: Callable[[float], None] = time.sleep) -> tuple[dict[str, Any], int, int]:
    """Ask for the labels of one paragraph, and the tokens read and written.

    Raises:
        PmcmineError: if the server refuses, or does not answer after all tries.
        ValueError: if its answer holds no labels.
    """
    body = {
        "model": teacher.model,
        "temperature": 0,
        "messages": [
            {"role": "system", "content": RUBRIC.read_text("utf-8")},
            {"role": "user", "content": text[:_MOST]},
        ],
    }
    headers = {"Authorization": f"Bearer {teacher.key}"} if teacher.key else {}
    url = f"{teacher.endpoint.rstrip('/')}/chat/completions"
    problem = ""
    for attempt in range(teacher.retries + 1):
        if attempt:
            wait(min(0.5 * 2**attempt, 60.0))
        try:
            with requests.post(url, json=body, headers=headers, timeout=teacher.timeout, stream=True) as answer:
                if answer.status_code == 429 or answer.status_code >= 500:
                    problem = f"status {answer.status_code}"
                    pause = answer.headers.get("Retry-After", "")
                    if pause.isdigit():
                        wait(min(float(pause), 300.0))
                    continue
                if answer.status_code != 200:
                    raise PmcmineError(f"{teacher.endpoint}: answered with status {answer.status_code}")
                data = answer.raw.read(_ANSWER_BYTES, decode_content=True)
        except (requests.RequestException, HTTPError) as error:  # reading the body raises those of urllib3
            problem = type(error).__name__
            continue
        return _parse(data)
    raise PmcmineError(f"{teacher.endpoint}: no answer after {teacher.retries + 1} tries ({problem})")


def _parse(data: bytes) -> tuple[dict[str, Any], int, int]:
    try:
        reply = json.loads(data)
        content = str(reply["choices"][0]["message"]["content"])
        found = _OBJECT.search(content)
        labels = json.loads(found[0]) if found else {}
        usage: Mapping[str, Any] = reply.get("usage") or {}
        read, written = int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0)
    except (KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"no completion in the answer ({type(error).__name__})") from None
    clean: dict[str, Any] = {}
    for task, classes in CLASSES.items():
        if labels.get(task) not in classes:
            raise ValueError(f"no {task} in the answer")
        clean[task] = labels[task]
    quality = labels.get(QUALITY)
    if isinstance(quality, bool) or not isinstance(quality, int | float) or not 1 <= quality <= 5:
        raise ValueError("no quality in the answer")
    return {**clean, QUALITY: quality}, read, written


def done_ids(out: Path) -> set[str]:
    """Read which paragraphs a file of labels holds already; a last line that was cut short by a kill is removed.

    Raises:
        PmcmineError: if it is not a file of labels; nothing of it is changed then.
    """
    if not out.exists():
        return set()
    ids, whole = set(), 0
    with open_regular(out) as stream:
        for line in stream:
            if not line.endswith(b"\n"):
                if whole and line.startswith(b"{"):
                    break
                raise PmcmineError(f"--out {out}: is not a file of labels; give another name")
            try:
                ids.add(str(json.loads(line)["paragraph_id"]))
            except (ValueError, KeyError, TypeError):
                raise PmcmineError(f"--out {out}: is not a file of labels; give another name") from None
            whole += len(line)
    if whole != out.stat().st_size:
        with out.open("r+b") as stream:
            stream.truncate(whole)
    return ids


def label(
    teacher: Teacher, paragraphs: Iterator[Mapping[str, Any]], out: Path, wait: Callable[[float], None] = time.sleep
) -> Iterator[tuple[str, int, int]]:
    """Label paragraphs into a file, one JSON line per paragraph; yields (id or problem, tokens read, tokens written).

    Paragraphs that are already in the file are skipped.
    """
    done = done_ids(out)
    with out.open("a", encoding="utf-8") as stream:
        for p in paragraphs:
            if p["paragraph_id"] in done:
                continue
            try:
                labels, read, written = ask(teacher, p["text"], wait)
            except ValueError as error:
                yield f"{p['paragraph_id']}: {error}", 0, 0
                continue
            row = {**p, **labels, "teacher": teacher.model, "rubric": RUBRIC_VERSION}
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            stream.flush()
            yield str(p["paragraph_id"]), read, written
