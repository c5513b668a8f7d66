"""Labels of paragraphs from one teacher, or from two whose disagreement is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from classifiers.text.heads import CLASSES, QUALITY
from pmcmine.errors import PmcmineError
from pmcmine.io.background import in_order
from pmcmine.io.safe_files import open_regular
from pmcmine.text.tokens import estimate
from pmcmine.write.answers import parse_object
from pmcmine.write.asking import Asker
from pmcmine.write.requests import Request, digest_of
from pmcmine.write.transport import Refused

RUBRIC: Final = Path(__file__).parent / "labels" / "rubric.md"
RUBRIC_VERSION: Final = 2
_MOST: Final = 6000  # characters of a paragraph
_MOST_TOKENS: Final = 200  # of an answer
# Weights measured with simulated teachers (`docs/classifiers.md`): of a class that the second one does not name; of a
# quality, which falls to the least where both are this far apart.
_UNSURE: Final = 0.25
_FAR: Final = 2.0
_LEAST: Final = 0.1
_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        **{task: {"type": "string", "enum": list(classes)} for task, classes in CLASSES.items()},
        QUALITY: {"type": "number", "minimum": 1, "maximum": 5},
    },
    "required": [*CLASSES, QUALITY],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """What came of a paragraph.

    Attributes:
        paragraph_id: the paragraph.
        row: the line to write; None without labels.
        problem: why there are none.
        counted: tokens read and written.
    """

    paragraph_id: str
    row: Mapping[str, Any] | None
    problem: str
    counted: tuple[int, int]


def ask(asker: Asker, paragraph_id: str, text: str) -> tuple[dict[str, Any], tuple[int, int]]:
    """Return the labels of a paragraph, and the tokens read and written.

    Raises:
        ValueError: if the answer holds no labels.
        PmcmineError: as `Asker.answer`.
    """
    rubric = RUBRIC.read_text("utf-8")
    body = {
        "model": asker.client.endpoint.model,
        "temperature": 0,
        "max_tokens": _MOST_TOKENS,
        "messages": [{"role": "system", "content": rubric}, {"role": "user", "content": text[:_MOST]}],
    }
    request = Request(paragraph_id, body, digest_of([body, _SCHEMA, None]), estimate(rubric) + estimate(text[:_MOST]))
    answer = asker.answer(request, _SCHEMA, "labels", lambda: body)
    return read_labels(answer.text), answer.counted


def read_labels(text: str) -> dict[str, Any]:
    """Return the labels of an answer.

    Raises:
        ValueError: if it holds none, or one that is none.
    """
    found = parse_object(text)
    clean: dict[str, Any] = {}
    for task, classes in CLASSES.items():
        if found.get(task) not in classes:
            raise ValueError(f"no {task} in the answer")
        clean[task] = found[task]
    quality = found.get(QUALITY)
    if isinstance(quality, bool) or not isinstance(quality, int | float) or not 1 <= quality <= 5:
        raise ValueError("no quality in the answer")
    return {**clean, QUALITY: quality}


def weights_of(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, float]:
    """Return how much each label of a teacher counts in training, by what a second one says."""
    weights = {task: 1.0 if first[task] == second[task] else _UNSURE for task in CLASSES}
    apart = abs(first[QUALITY] - second[QUALITY])
    return {**weights, QUALITY: round(max(1 - apart / _FAR, _LEAST), 4)}


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
    teacher: Asker, paragraphs: Iterator[Mapping[str, Any]], out: Path, *, second: Asker | None = None, threads: int = 1
) -> Iterator[Labelled]:
    """Label paragraphs into a file, one JSON line per paragraph, in their order; yields what came of each.

    Paragraphs that are already in the file are skipped.

    Args:
        teacher: gives the labels.
        paragraphs: the paragraphs.
        out: the file.
        second: gives its own; where they differ, the label counts less in training. None for no second teacher.
        threads: paragraphs at once.

    Raises:
        PmcmineError: if a server refuses all requests, or does not answer.
    """
    done = done_ids(out)

    def one(p: Mapping[str, Any]) -> Labelled:
        key = str(p["paragraph_id"])
        try:
            labels, counted = ask(teacher, key, p["text"])
            row = {**p, **labels, "teacher": teacher.client.endpoint.model, "rubric": RUBRIC_VERSION}
            if second is not None:
                others, more = ask(second, key, p["text"])
                counted = (counted[0] + more[0], counted[1] + more[1])
                row["second"] = {"teacher": second.client.endpoint.model, **others}
                row["weights"] = weights_of(labels, others)
        except (ValueError, Refused) as error:
            return Labelled(key, None, str(error), (0, 0))
        return Labelled(key, row, "", counted)

    with out.open("a", encoding="utf-8") as stream:
        for found in in_order(one, (p for p in paragraphs if p["paragraph_id"] not in done), threads):
            if found.row is not None:
                stream.write(json.dumps(found.row, ensure_ascii=False) + "\n")
                stream.flush()
            yield found
