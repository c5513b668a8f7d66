"""Read labels and captions of supplementary files that are not images, such as data and videos."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pmcmine.jats.captions import read_caption
from pmcmine.jats.dom import Element
from pmcmine.jats.figures import BOILERPLATE
from pmcmine.jats.text import Text, flatten

_ADDRESS: Final = re.compile(r"\b(?:https?://|doi:|10\.\d{4,9}/)\S*", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W\d_]+")
# Words that only say that there is a file.
_GENERIC: Final = frozenset(
    "supplement supplements supplementary supplemental supporting additional electronic online extended data dataset "
    "information material materials file files document component multimedia media content appendix esm si available "
    "at for in of the and to this article paper is are can be found as video videos movie movies audio table tables "
    "figure figures fig figs text note notes pdf doc docx xls xlsx zip rar tif tiff csv txt mov avi mpg mpeg ppt pptx "
    "eps png jpg jpeg kb mb bytes s a b c d peer review reviewer reviewers comments transparent author authors "
    "manuscript".split()
)
_JOINT: Final = (".", ":", "|", "?", "!")


def supplement_text(element: Element) -> Text | None:
    """Return label and caption of a supplementary file with their links; None if they only say that there is one.

    Args:
        element: a `<supplementary-material>` or `<media>`.
    """
    # The file often repeats the caption of the enclosing element.
    found = {p.text: p for e in (element, *element.iterchildren("media")) for p in _parts(e)}
    parts = [p for text, p in found.items() if text and not BOILERPLATE.fullmatch(text)]
    words = _WORD.findall(_ADDRESS.sub(" ", " ".join(p.text for p in parts)))
    return _joined(parts) if any(w.lower() not in _GENERIC for w in words) else None


def _parts(element: Element) -> Iterator[Text]:
    """Yield label and parts of the caption of an element."""
    label = element.find("label")
    if label is not None:
        flat = flatten(label)
        closed = not flat.text or flat.text.endswith(_JOINT)
        yield flat if closed or element.find("caption") is None else flat._replace(text=f"{flat.text}.")
    for _, flat in read_caption(element).flat:
        yield flat


def _joined(parts: list[Text]) -> Text:
    refs = []
    at = 0
    for part in parts:
        refs += [r._replace(start=r.start + at, end=r.end + at) for r in part.refs]
        at += len(part.text) + 1
    return Text(" ".join(p.text for p in parts), tuple(refs))
