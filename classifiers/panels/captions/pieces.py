"""Examples of the model that assigns pieces of captions to panels, from captions whose panels have words or spans."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any, Final

from classifiers.panels.captions.choice import Choice
from pmcmine.panels.assignment import options, ruled_option
from pmcmine.panels.captions import rule_spans
from pmcmine.panels.marker_choice import SeriesWeights, choose_markers
from pmcmine.panels.piece_features import PanelWords, describe, measure
from pmcmine.panels.pieces import Layout, Piece, lay_out

_WORD: Final = re.compile(r"\w+")
PIECES_PENALTY: Final = 0.012  # chosen by folds among 0.003 to 0.05
PIECES_LEAST: Final = 3
_COVERED: Final = 0.5  # share of a piece's words from which it is about a panel


def piece_choices(rows: Iterable[Mapping[str, Any]], series: Mapping[str, float] | None = None) -> list[Choice]:
    """Build a choice among the options of each piece of captions whose labels are found.

    Args:
        rows: objects of `caption`, `bold` and `panels` (label, and text, or start and end).
        series: weights of the model of series; without them those that come with the package.
    """
    out: list[Choice] = []
    weights = SeriesWeights(series) if series else None
    for row in rows:
        text = str(row["caption"])
        markers = choose_markers(text, [(int(a), int(b)) for a, b in row.get("bold") or ()], weights)
        gold = places(text, row)
        found = {label for m in markers for label in m.labels}
        names = {x.upper() if any("text" in p for p in row["panels"]) else x: x for x in found}
        if not markers or len(names) < len(found) or not gold or len(gold.keys() & names.keys()) < 0.8 * len(gold):
            continue
        layout = lay_out(text, markers, rule_spans(text, markers))
        out += _choices(layout, frozenset(found), {names[k]: v for k, v in gold.items() if k in names}, row)
    return out


def _choices(
    layout: Layout, every: frozenset[str], gold: Mapping[str, frozenset[int]], row: Mapping[str, Any]
) -> Iterable[Choice]:
    spans = any("start" in p for p in row["panels"])
    read = [(int(a), int(b)) for a, b, _ in row.get("pieces") or ()]
    about, words, last = measure(layout), PanelWords(layout), ""
    for n, piece in enumerate(layout.pieces):
        ruled = ruled_option(layout, piece, every)
        if ruled is not None:
            last = ruled
            continue
        found = options(layout, piece, every)
        if read and not any(a <= piece.start + 2 and piece.end - 3 <= b for a, b in read):
            last = ""
            continue
        right = _right(found, _owners(layout.text, piece, gold), frozenset(gold), spans)
        named = describe(layout, piece, about, words, last, len(layout.pieces) - n - 1, found.get("R"))
        if right:
            names = list(found)
            yield Choice(tuple(tuple(f"{o} {f}" for f in named) for o in names), tuple(o in right for o in names))
            last = max(right)


def _right(found: Mapping[str, frozenset[str]], mine: frozenset[str], known: frozenset[str], spans: bool) -> set[str]:
    """Return the options that fit best; those of shared words are alike where gold has only the panels' own words."""
    if spans and not mine:
        return {o for o in found if o in "ASR"}
    if not mine:
        return set()
    scores = {}
    for o, labels in found.items():
        labels &= known
        if spans and o in "ASR" and len(labels) > 1:
            scores[o] = 0.3 if labels == mine else 0.0
        else:
            scores[o] = len(labels & mine) / max(len(labels | mine), 1)
    best = max(scores.values())
    return {o for o, s in scores.items() if s == best} if best > 0 else set()


def _owners(text: str, piece: Piece, gold: Mapping[str, frozenset[int]]) -> frozenset[str]:
    """Return the labels of the panels that a piece is about."""
    starts = [m.start() for m in _WORD.finditer(text, piece.start, piece.end)]
    return frozenset(k for k, at in gold.items() if sum(s in at for s in starts) > _COVERED * len(starts))


def places(text: str, row: Mapping[str, Any]) -> dict[str, frozenset[int]]:
    """Find where the words of each panel begin in the caption."""
    words = [(m.start(), m[0].lower()) for m in _WORD.finditer(text)]
    out: dict[str, frozenset[int]] = {}
    for p in row["panels"]:
        label = str(p["label"])
        if "start" in p:
            found = frozenset(s for s, _ in words if int(p["start"]) <= s < int(p["end"]))
        elif "text" in p:
            said = [w.lower() for w in _WORD.findall(str(p["text"]))]
            blocks = SequenceMatcher(None, [w for _, w in words], said, autojunk=False).get_matching_blocks()
            found = frozenset(words[i][0] for b in blocks for i in range(b.a, b.a + b.size))
            label = label.upper()
        else:
            mine = [
                (int(a), int(b)) for a, b, about in row.get("pieces") or () if label in about.split() or about == "*"
            ]
            found = frozenset(s for s, _ in words if any(a <= s < b for a, b in mine))
        out[label] = out.get(label, frozenset()) | found
    return out
