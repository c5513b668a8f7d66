"""How well image and caption fit, by the cosine of a two-tower model: CLIP, SigLIP, BiomedCLIP and the like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from classifiers.scorers.pictures import decoded
from classifiers.scorers.two_towers import OPTIONS, TwoTowers, open_two_towers
from pmcmine.plugins.scorer import Item, Model, ScoreColumn


@dataclass(frozen=True)
class _Cosines:
    """Compares images and texts by a model."""

    towers: TwoTowers
    columns: tuple[ScoreColumn, ...] = (
        ScoreColumn("", pa.float32(), "Cosine of the vectors of image and caption.", "-1 to 1"),
    )

    @property
    def model(self) -> Model:
        """Return the model."""
        return self.towers.model

    @property
    def preprocessing(self) -> str:
        """Return what is done before it."""
        return self.towers.preprocessing

    def score(self, items: Sequence[Item]) -> list[tuple[float | None]]:
        """Compare image and text of each item that has both."""
        found: list[tuple[float | None]] = [(None,)] * len(items)
        places: list[int] = []
        images: list[Any] = []
        texts: list[Any] = []
        for at, item in enumerate(items):
            image = decoded(item.image) if item.text is not None else None
            if image is not None and item.text is not None:
                places.append(at)
                images.append(self.towers.image(image))
                texts.append(self.towers.text(item.text))
        if places:
            a = self.towers.vectors(images, self.towers.of_images)
            b = self.towers.vectors(texts, self.towers.of_texts)
            for at, cosine in zip(places, (a * b).sum(-1).tolist(), strict=True):
                found[at] = (round(float(cosine), 4),)
        return found


class ClipScore:
    """Scores pairs with any two-tower model of `open_clip` or `transformers`, by path or name on the Hub."""

    name = "clip-score"
    meaning = "cosine of image and caption by a two-tower model, such as CLIP, SigLIP or BiomedCLIP"
    tables = ("figures", "panels")
    images = True
    options: Mapping[str, str] = OPTIONS

    def open(self, options: Mapping[str, str]) -> _Cosines:
        """Load the model.

        Raises:
            PmcmineError: if it is missing, or packages are.
        """
        return _Cosines(open_two_towers(options, self.name))
