"""Texts that models wrote as conversations: a JSON list as LLaVA reads it, or JSON Lines as trl and others do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from pmcmine.errors import PmcmineError
from pmcmine.exports.reader import Export, ReleaseReader, image_name
from pmcmine.release.written import WrittenFacts
from pmcmine.text.clean import for_code, for_markdown
from schemas.values import SPLITS

_IMAGE: Final = "<image>"  # LLaVA puts the image in its place
# What is asked for a text that answers no question.
_ASKED: Final = {"figures": "Describe this figure.", "panels": "Describe this image."}
_PNG: Final = b"\x89PNG"
_FIGURE: Final = "f.key, f.format, f.shard, f.image_offset, f.image_bytes"
_PANEL: Final = "p.shard, p.sample_offset, p.sample_size, p.panel_id"
_QUERIES: Final = {
    "figures": f"SELECT w.*, {_FIGURE} FROM {{view}} w JOIN figures f ON w.row_id = f.figure_id",
    "panels": f"SELECT w.*, {_PANEL} FROM {{view}} w JOIN panels p ON w.row_id = p.panel_id "
    "WHERE p.figure_id IN (SELECT figure_id FROM figures)",
    "cases": "SELECT w.* FROM {view} w",
}


def _tables(release: ReleaseReader, out: Export) -> list[WrittenFacts]:
    """Return the side tables to export.

    Raises:
        PmcmineError: for a name that is none, texts that are no conversations, and a release that has no others.
    """
    chosen = release.written(out.written)
    for facts in chosen:
        if out.written and facts.table not in _QUERIES:
            raise PmcmineError(f"--written {facts.name}: its texts are about {facts.table}, and are no conversations")
    found = [facts for facts in chosen if facts.table in _QUERIES]
    if not found:
        raise PmcmineError(
            "the release has no conversations that a model wrote; `pmcmine write` makes them, and "
            "--format llava-captions has the authors' captions"
        )
    return found


def _turns(row: Mapping[str, Any], table: str) -> list[tuple[str, str]]:
    text = [(_ASKED[table], row["text"])] if row["text"] and table in _ASKED else []
    return [*text, *((turn["question"], turn["answer"]) for turn in row["turns"])]


def _conversations(
    release: ReleaseReader, out: Export, facts: WrittenFacts, split: str
) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Yield a row of a side table with its turns, and the path of its image; writes the image."""
    view = release.written_view(facts)
    if facts.table != "cases" and facts.table not in release.tables:
        return
    query = _QUERIES[facts.table].format(view=f"(SELECT * FROM {view} WHERE split = '{split}')")
    for row in release.rows(f"{query} ORDER BY w.row_id"):
        row["pairs"] = _turns(row, facts.table)
        if not row["pairs"]:
            continue
        image = None
        if facts.table == "figures" and row["shard"] is not None:
            image = image_name(row)
            out.image(image, release.image(row))
        elif facts.table == "panels" and row["shard"] is not None:
            key, data = release.panel_crop(row)
            image = f"{key}.{'png' if data.startswith(_PNG) else 'jpg'}"
            out.image(image, data)
        yield row, image


def _about(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return where a conversation is from; readers of both formats pass over such keys."""
    return {name: row[name] for name in ("row_id", "task", "model", "prompt_sha256", "license", "attribution")}


def _written(
    release: ReleaseReader, out: Export, split: str, tables: list[WrittenFacts]
) -> Iterator[tuple[dict[str, Any], str | None]]:
    for facts in tables:
        yield from _conversations(release, out, facts, split)


def _with_token(row: Mapping[str, Any], image: str | None) -> list[dict[str, str]]:
    """Return turns from `human` and `gpt`, with a token where the image belongs, and no token where none does."""
    said = []
    for n, pair in enumerate(row["pairs"]):
        # A token of the image that stands in a text would stand for a second image.
        asked, answered = (text.replace(_IMAGE, "image") for text in pair)
        asked = f"{_IMAGE}\n{asked}" if image and not n else asked
        said += [{"from": "human", "value": asked}, {"from": "gpt", "value": answered}]
    return said


class Llava:
    """A JSON list a split: `id`, `image` and `conversations` of `human` and `gpt`, as LLaVA is trained with."""

    name = "llava"
    meaning = "conversations about figures that a model wrote, as LLaVA reads them"
    takes = frozenset({"where", "written"})

    def export(self, release: ReleaseReader, out: Export) -> None:
        """Write `train.json` and so on, and the images. Paths of images are relative to `images/`."""
        tables = _tables(release, out)
        for split in SPLITS:
            out.json_list(f"{split}.json", map(self._row, _written(release, out, split, tables)))
            out.drop_empty(f"{split}.json")
        _card(release, out, tables)

    @staticmethod
    def _row(found: tuple[dict[str, Any], str | None]) -> dict[str, Any]:
        row, image = found
        shown = {"image": image} if image else {}
        return {"id": row["written_id"], **shown, "conversations": _with_token(row, image), **_about(row)}


class ShareGpt:
    """JSON Lines: `conversations` of `from` and `value`, with a token where the image belongs, and `images`.

    `dataset_info.json` says where LLaMA-Factory finds what: `dataset_dir` and `media_dir` are the folder.
    """

    name = "sharegpt"
    meaning = "conversations about figures that a model wrote, as LLaMA-Factory reads them"
    takes = frozenset({"where", "written"})

    def export(self, release: ReleaseReader, out: Export) -> None:
        """Write `train.jsonl` and so on, and the images. Paths of images are relative to the folder."""
        _json_lines(release, out, self._row)
        columns = {"messages": "conversations", "images": "images"}
        known = {
            split: {"file_name": f"{split}.jsonl", "formatting": "sharegpt", "columns": columns}
            for split in SPLITS
            if (out.folder / f"{split}.jsonl").exists()
        }
        out.text("dataset_info.json", json.dumps(known, indent=2) + "\n")

    @staticmethod
    def _row(found: tuple[dict[str, Any], str | None]) -> dict[str, Any]:
        row, image = found
        said = _with_token(row, image)
        return {"id": row["written_id"], "conversations": said, "images": _paths(image), **_about(row)}


class Messages:
    """JSON Lines: `messages` of `role` and `content`, and `images`; trl puts the images before the first question."""

    name = "messages"
    meaning = "conversations about figures that a model wrote, as trl and Axolotl read them"
    takes = frozenset({"where", "written"})

    def export(self, release: ReleaseReader, out: Export) -> None:
        """Write `train.jsonl` and so on, and the images. Paths of images are relative to the folder."""
        _json_lines(release, out, self._row)

    @staticmethod
    def _row(found: tuple[dict[str, Any], str | None]) -> dict[str, Any]:
        row, image = found
        said = [
            {"role": who, "content": text}
            for pair in row["pairs"]
            for who, text in zip(("user", "assistant"), pair, strict=True)
        ]
        return {"id": row["written_id"], "messages": said, "images": _paths(image), **_about(row)}


def _paths(image: str | None) -> list[str]:
    return [f"images/{image}"] if image else []


def _json_lines(
    release: ReleaseReader, out: Export, row: Callable[[tuple[dict[str, Any], str | None]], dict[str, Any]]
) -> None:
    tables = _tables(release, out)
    for split in SPLITS:
        out.json_lines(f"{split}.jsonl", map(row, _written(release, out, split, tables)))
        out.drop_empty(f"{split}.jsonl")
    _card(release, out, tables)


_CARD: Final = """# Conversations written by models

**A language model wrote these texts; no author of the articles did.** Each row names the row of the release that it is
about, the model, the hash of its prompt, the licence, and the attribution that its use needs.

{tables}
"""


def _card(release: ReleaseReader, out: Export, tables: list[WrittenFacts]) -> None:
    if not tables:
        out.notes.append("0 conversations: the release has no written texts; `pmcmine write` makes them")
    lines = [
        f"- `{facts.name}`: task `{for_code(facts.task)}`, "
        + ", ".join(f"{for_markdown(k.replace('_', ' '))} `{for_code(v)}`" for k, v in facts.settings.items())
        for facts in tables
    ]
    out.text("README.md", _CARD.format(tables="\n".join(lines)))
