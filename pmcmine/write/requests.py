"""Build requests to a model: instructions, input, and the hash under which the answer is kept."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pmcmine.images.encode import as_jpeg
from pmcmine.plugins.task import Task
from pmcmine.stream.pictures import picture
from pmcmine.text.tokens import estimate
from pmcmine.write.given import Given
from pmcmine.write.rows import Row

_QUALITY: Final = 85  # of JPEG
_TILE, _TILE_TOKENS, _IMAGE_TOKENS = (
    512,
    170,
    85,
)  # estimate of an image's tokens: OpenAI's rule for its first models
_AGAIN: Final = "Answer with one JSON object of the form given above, and with nothing else."
_HEADS: Final = {
    "caption": "Caption of the figure", "panel": "Parts of the caption about panels", "title": "Title of the article",
    "mention": "Sentences of the article that mention the figure", "section": "From the article",
    "table": "Tables of the article", "concept": "Concepts",
}  # fmt: skip
_SECTION_OF_FIGURE: Final = "Title of the section"


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the requests to a model.

    Attributes:
        model: its name.
        prompt: instructions.
        prompt_version: their version.
        temperature: randomness of the answer.
        seed: seed of the first request for a row; retries count up from it.
        image_size: longest side of the image in pixels; 0 for no image.
        tries: maximum requests for a row if answers do not have the form of the task.
    """

    model: str
    prompt: str
    prompt_version: str
    temperature: float = 0.0
    seed: int = 0
    image_size: int = 768
    tries: int = 2

    @property
    def prompt_sha256(self) -> str:
        """SHA-256 of the instructions."""
        return sha256(self.prompt.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Request:
    """A request without the pixels of its image.

    Attributes:
        row: id of the row.
        body: request body with an empty URL in place of the image.
        hash: hash of body, schema and image.
        expected: its estimated tokens.
    """

    row: str
    body: dict[str, Any]
    hash: str
    expected: int


def given_to(row: Row, settings: Settings) -> Given:
    """Return the model's input for a row, including whether the image is given."""
    return replace(row.given, image=row.image is not None and settings.image_size > 0)


def told(given: Given, table: str) -> str:
    """Format the input as text: passages by kind, then panel labels and concept names."""
    parts: list[str] = []
    for kind in dict.fromkeys(p.kind for p in given.passages):
        passages = [p.text for p in given.passages if p.kind == kind]
        of_figure = kind == "section" and table in ("figures", "panels")
        head = _SECTION_OF_FIGURE if of_figure else _HEADS.get(kind, kind)
        parts.append(f"{head}:\n" + "\n".join(f"- {t}" if len(passages) > 1 else t for t in passages))
    if given.panels:
        parts.append(f"Panels: {', '.join(given.panels)}")
    if given.concepts:
        parts.append(f"Concepts in the texts: {'; '.join(given.concepts)}")
    return "\n\n".join(parts)


def request_for(row: Row, task: Task, settings: Settings, attempt: int = 0) -> Request:
    """Return the request for a row.

    Args:
        row: the row.
        task: the writing task.
        settings: how to ask.
        attempt: number of the request for this row; retries (1 and up) add a reminder of the form.
    """
    text = told(row.given, task.table)
    if attempt:
        text = f"{text}\n\n{_AGAIN}"
    image = row.image if settings.image_size else None
    content: Any = text
    if image is not None:
        content = [{"type": "image_url", "image_url": {"url": ""}}, {"type": "text", "text": text}]
    body = {
        "model": settings.model,
        "messages": [{"role": "system", "content": settings.prompt}, {"role": "user", "content": content}],
        "temperature": settings.temperature,
        "seed": settings.seed + attempt,
        "max_tokens": task.most_tokens,
    }
    named = [body, task.schema, [image.sha256, settings.image_size] if image is not None else None]
    return Request(row.id, body, digest_of(named), _expected(settings, text, image is not None))


def digest_of(value: Any) -> str:
    """Return the SHA-256 of a JSON value."""
    return sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def _expected(settings: Settings, text: str, image: bool) -> int:
    tiles = math.ceil(settings.image_size / _TILE) ** 2 if image else 0
    return estimate(settings.prompt) + estimate(text) + (_IMAGE_TOKENS + _TILE_TOKENS * tiles if image else 0)


def with_image(request: Request, row: Row, settings: Settings, release: Path) -> dict[str, Any]:
    """Return the request body to send; an image is included as a JPEG of the configured size.

    Raises:
        OSError: and others of decoders, if the image can't be decoded.
        UnsafeNameError: if its place is not a valid range of a shard.
    """
    if row.image is None or not settings.image_size:
        return request.body
    image = picture(row.image.read(release))
    image.thumbnail((settings.image_size, settings.image_size))
    url = f"data:image/jpeg;base64,{base64.b64encode(as_jpeg(image, _QUALITY)).decode()}"
    system, user = request.body["messages"]
    content = [{"type": "image_url", "image_url": {"url": url}}, user["content"][1]]
    return {**request.body, "messages": [system, {**user, "content": content}]}
