"""What an arm of `compare_captions.py` shows of a sample: its picture, and caption and context as its name says.

| arm | text |
|---|---|
| `full`, `title`, `panels`, `full+mentions` | as `pmcmine.stream.open(caption=...)` composes them |
| `abbreviation@256` | the caption with its abbreviations spelled out, in 256 tokens |
| `abbreviation+sentence@256`, `section@77`, ... | the same with these kinds of parts of the context |
| `enriched@256` | all parts |
| `panel@256` | a panel drawn by lot: introduction, abbreviations, words of the panel; the picture is cut to its box |
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from PIL import Image
from train_streaming import image_of

from pmcmine import stream

COMPOSED = ("full", "title", "panels", "full+mentions")
KINDS = ("abbreviation", "sentence", "section")  # parts of a context, in order of use
_OF_PANELS = ("introduction", "abbreviation")
_PICTURES = 5_000  # pictures that are kept, about 60 kB each at 64 pixels and 0.7 MB at 224
Box = tuple[int, int, int, int] | None


@dataclass(frozen=True)
class Arm:
    """A composition.

    Attributes:
        name: name.
        base: a composition of `pmcmine.stream`, `panel`, or the kinds of parts joined by "+".
        tokens: its budget; 0 for none, so that the tokenizer cuts.
    """

    name: str
    base: str
    tokens: int

    @classmethod
    def of(cls, name: str) -> Arm:
        """Read the name of an arm.

        Raises:
            SystemExit: for a name that is none.
        """
        base, _, tokens = name.partition("@")
        base = "+".join(KINDS) if base == "enriched" else base
        if base in COMPOSED and not tokens:
            return cls(name, base, 0)
        if (base == "panel" or all(k in KINDS for k in base.split("+"))) and tokens.isdecimal() and int(tokens):
            return cls(name, base, int(tokens))
        raise SystemExit(f"--arms {name}: give {', '.join(COMPOSED)}, or enriched@N, panel@N, {'+'.join(KINDS)}@N")


def panels_of(release: str) -> dict[str, list[dict[str, Any]]]:
    """Read the panels of a release folder, by figure."""
    found: dict[str, list[dict[str, Any]]] = {}
    columns = ["figure_id", "panel_id", "text", "context", "x", "y", "width", "height"]
    for row in pq.read_table(Path(release) / "tables" / "panels", columns=columns).to_pylist():
        found.setdefault(row["figure_id"], []).append(row)
    return found


@dataclass
class View:
    """Shows the samples of an arm, each time that they are seen; counts the tokens that it shows.

    Attributes:
        arm: the arm.
        count: counts tokens.
        most: tokens that the model reads.
        panels: of the release, by figure; empty if the arm needs none.
        side: pixels of the shorter side of pictures; twice what the model sees leaves room for crops.
        pictures: small ones that were seen before, by key and box.
    """

    arm: Arm
    count: Any
    most: int
    panels: Mapping[str, Sequence[Mapping[str, Any]]]
    side: int
    pictures: dict[tuple[str, Box], Image.Image]
    tokens: list[int] = field(default_factory=list)

    def __call__(self, sample: dict[str, Any], step: int) -> tuple[Image.Image, str]:
        """Return picture and text of a sample."""
        panel = None
        if self.arm.base == "panel" and (rows := self.panels.get(sample["json"]["figure_id"])):
            panel = rows[zlib.crc32(f"{step}/{sample['key']}".encode()) % len(rows)]
        text = self._text(sample, panel)
        self.tokens.append(min(self.count(text), self.most))
        return self._picture(sample, panel), text

    def _text(self, sample: dict[str, Any], panel: Mapping[str, Any] | None) -> str:
        if self.arm.base in COMPOSED:
            return str(sample["txt"])
        record = sample["json"] if panel is None else panel
        kinds = self.arm.base.split("+") if panel is not None or self.arm.base != "panel" else ["abbreviation"]
        chosen = [p for p in record["context"] or () if p["kind"] in (_OF_PANELS if panel is not None else kinds)]
        return stream.enriched_caption({**record, "context": chosen}, self.arm.tokens, self.count)

    def _picture(self, sample: dict[str, Any], panel: Mapping[str, Any] | None) -> Image.Image:
        box = None
        if panel is not None and panel["width"]:
            box = (panel["x"], panel["y"], panel["x"] + panel["width"], panel["y"] + panel["height"])
        return small(sample, box, self.side, self.pictures)


def small(sample: dict[str, Any], box: Box, side: int, pictures: dict[tuple[str, Box], Image.Image]) -> Image.Image:
    """Return the picture of a sample, or a box of it, with a shorter side of `side` pixels at most; decoded once."""
    at = (sample["key"], box)
    if at not in pictures:
        if len(pictures) >= _PICTURES:
            pictures.clear()
        image = image_of(sample) if box is None else image_of(sample).crop(box)
        ratio = side / min(image.size)
        pictures[at] = image.resize([max(1, round(n * ratio)) for n in image.size]) if ratio < 1 else image
    return pictures[at]
