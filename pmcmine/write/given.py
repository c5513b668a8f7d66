"""What a model is given to write from: passages of the release with their places."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of text that a model is given, and where it stands.

    Attributes:
        kind: `caption`, `panel`, `mention`, `section`, `title`, `table` or `concept`.
        row_id: id of the row whose text it is (figure, panel, paragraph, table or article).
        start: first character in that row's text, in Unicode code points.
        end: the character after its last one.
        text: the piece itself.
    """

    kind: str
    row_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Given:
    """All that a model is given for one answer.

    Attributes:
        passages: pieces of text, the most important first.
        panels: labels of the figure's panels.
        concepts: names of the concepts that are linked in the passages, with their synonyms.
        image: whether the image is given, too.
    """

    passages: tuple[Passage, ...]
    panels: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    image: bool = False

    @property
    def text(self) -> str:
        """Join the passages, one a line."""
        return "\n".join(passage.text for passage in self.passages)
