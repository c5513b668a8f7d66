"""Resolve mentions to panels: "Fig. 2B, D–F" to the labels of the figure's caption."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pmcmine.panels.labels import SUBPANELS, expand

_SPLIT: Final = re.compile(r"[()\[\]]")
_BRACKETED_RANGE: Final = re.compile(r"\)\s?([-–—])\s?\(")  # "(a)–(c)"


def _primes(text: str) -> str:
    """Return a text with one way to write primes."""
    return text.replace("″", "''").replace("′", "'").replace("’", "'")


def _expanded(written: str, subpanels: bool) -> list[str]:
    """List the labels that a mention names, as it writes them."""
    out: list[str] = []
    for part in _SPLIT.split(_BRACKETED_RANGE.sub(r"\1", _primes(written))):
        # "2A–2D" repeats the figure's number.
        out += expand(re.sub(r"(?<![A-Za-z\d])\d{1,3}(?=[A-Za-z])", "", part.strip(" .,;:")), subpanels)
    return out


def letters_named(mentions: Sequence[str | None]) -> frozenset[str] | None:
    """Return the letters of panels that the mentions of a figure name, in upper case; None without any mention.

    Args:
        mentions: panel letters as each mention writes them; None if it names the whole figure.
    """
    if not mentions:
        return None
    return frozenset(x[0].upper() for m in mentions if m for x in _expanded(m, subpanels=False) if x[0].isalpha())


def resolve(written: str | None, labels: Sequence[str]) -> tuple[str, ...]:
    """Resolve the labels of a figure's panels that a mention names.

    Args:
        written: panel letters as the mention writes them; None if it names the whole figure.
        labels: labels of the figure's panels, in order.

    Returns:
        Labels as the caption writes them; letters match in any case where that is unambiguous; none if none match.
    """
    if not written or not labels:
        return ()
    wanted = _expanded(written, any(SUBPANELS.search(label) for label in labels))
    exact = {_primes(label): label for label in labels}
    folded: dict[str, list[str]] = {}
    for label in labels:
        folded.setdefault(_primes(label).lower(), []).append(label)
    out: list[str] = []
    for label in wanted:
        bare = label.rstrip("'")
        if label in exact:
            out.append(exact[label])
        elif bare in exact:
            out.append(exact[bare])
        elif len(folded.get(bare.lower(), ())) == 1:
            out += folded[bare.lower()]
        else:  # "B" names B1 and B2 if there is no B
            out += [x for x in labels if x[0].lower() == bare.lower() and x[1:].isdigit()]
    order = {label: i for i, label in enumerate(labels)}
    return tuple(sorted(dict.fromkeys(out), key=order.__getitem__))
