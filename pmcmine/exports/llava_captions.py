"""Figures with their authors' captions as LLaVA's first stage of training reads them; no model writes anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from pmcmine.exports.reader import FIGURES, Export, ReleaseReader, image_name
from schemas.values import SPLITS

_IMAGE: Final = "<image>"  # LLaVA puts the image in its place
# The first stage asks for a description in one of a few wordings; captions of articles are no short answers.
_ASKED: Final = (
    "Describe this figure.",
    "What does this figure show?",
    "Write a caption for this figure.",
    "Explain what can be seen in this image.",
    "Give a description of this image.",
    "How would the authors of an article describe this figure?",
    "State what this scientific image presents.",
    "Caption this image.",
)
_KEPT: Final = (
    "figure_id", "pmcid", "license", "license_group", "license_url", "derivatives_ok", "attribution", "source_url",
)  # fmt: skip
_CARD: Final = """# Figures with the captions of their authors

A list a split, as LLaVA's first stage is trained with: one instruction, chosen by the hash of the figure's key, and the
caption as it stands in the article. No model wrote anything. Each row names its licence, and the attribution that
its use needs.
"""


def instruction(key: str) -> str:
    """Return what is asked of a figure: the same in each export, whatever else is exported.

    Args:
        key: the figure's key.
    """
    return _ASKED[int.from_bytes(sha256(key.encode()).digest()[:8]) % len(_ASKED)]


class LlavaCaptions:
    """A JSON list a split: `id`, `image` and one turn, whose answer is the caption of the authors."""

    name = "llava-captions"
    meaning = "figures with their authors' captions, as LLaVA's first stage reads them"
    takes = frozenset({"where"})

    def export(self, release: ReleaseReader, out: Export) -> None:
        """Write `train.json` and so on, and the images. Paths of images are relative to `images/`."""
        for split in SPLITS:
            out.json_list(f"{split}.json", _rows(release, out, split))
            out.drop_empty(f"{split}.json")
        out.text("README.md", _CARD)
        if not out.counts["images"] and out.images:
            out.notes.append("0 figures: none that was chosen has both an image and a caption")


def _rows(release: ReleaseReader, out: Export, split: str) -> Iterator[dict[str, Any]]:
    wanted = f"WHERE f.split = '{split}' AND f.caption IS NOT NULL AND"
    for figure in release.rows(FIGURES.replace("WHERE", wanted)):
        name = image_name(figure)
        out.image(name, release.image(figure))
        yield _row(figure, name)


def _row(figure: Mapping[str, Any], image: str) -> dict[str, Any]:
    # A token of the image that stands in a caption would stand for a second image.
    caption = figure["caption"].replace(_IMAGE, "image")
    said = [
        {"from": "human", "value": f"{_IMAGE}\n{instruction(figure['key'])}"},
        {"from": "gpt", "value": caption},
    ]
    return {"id": figure["key"], "image": image, "conversations": said, **{name: figure[name] for name in _KEPT}}
