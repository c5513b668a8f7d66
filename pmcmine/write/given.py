"""Describe the input of a model: passages of the release with their positions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage given to a model, with its position.

    Attributes:
        kind: `caption`, `panel`, `mention`, `section`, `title`, `table` or `concept`.
        row_id: id of the row whose text it is from (figure, panel, paragraph, table or article).
        start: first character in that row's text, in Unicode code points.
        end: the character after its last one.
        text: the passage itself.
    """

    kind: str
    row_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Given:
    """The whole input of a model for one answer.

    Attributes:
        passages: passages, the most important first.
        panels: labels of the figure's panels.
        concepts: names of the concepts linked in the passages, with their synonyms.
        image: whether the image is given, too.
    """

    passages: tuple[Passage, ...]
    panels: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    image: bool = False

    @property
    def text(self) -> str:
        """Join the passages, one per line."""
        return "\n".join(passage.text for passage in self.passages)
