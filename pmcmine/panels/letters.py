"""Find and read the letters of panels: connected shapes that stand alone, told apart by a small network.

A shape is shown to the network twice, by itself and with its surroundings, so that a letter of a word or a piece of a
curve is none. Weights and their training: `classifiers/panels`.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.images.opencv import opencv
from pmcmine.panels.brackets import bracketed
from pmcmine.panels.missing_letters import PROBABILITY, at_crossings, strokes
from pmcmine.panels.networks import may_be_letters, read_letters

CLASSES: Final = string.ascii_uppercase + string.ascii_lowercase  # after them: no letter
PATCH: Final = 32  # pixels of a patch's side; the shape fills its middle half
_THRESHOLDS: Final = ((False, 110), (True, 255 - 145), (True, 255 - 215))  # of dark shapes, or of light ones
_DARK, _LIGHT = _THRESHOLDS[:1], _THRESHOLDS[1:]
_FAINT: Final = 190  # grey level up to which a stroke of small letters in brackets is ink
_MOST: Final = 400  # shapes that are read
_MOST_COMPARED: Final = 80  # neighbours of a shape
_WORD: Final = 0.4  # of a shape's height: a gap to its neighbour that is one of a word
_TURNED: Final = 0.25  # the same in a word that runs upwards, such as an axis has
_LEAST: Final = 0.65  # probability from which a letter counts as found
_LEAST_ALIGNED: Final = 0.45  # the same in line with others
_ALIGNED: Final = 0.2  # worth of a letter that is in line with others
_DISORDER: Final = 0.5  # cost of one that is before all that it should be behind
_MOST_SIZES: Final = 3  # heights of letters that are looked at closely
_LEAST_ENCLOSED: Final = 0.4  # the same between brackets
_ENCLOSED: Final = 0.6  # share of the labels that must be read between brackets, where any is
_PLAIN: Final = 0.9  # probability of all letters from which none is sought in brackets
_HEIGHT, _HEIGHT_CAPITALS = 1.45, 1.35  # ratio of the heights of small letters of one figure, to a pixel; of capitals
_ALIKE: Final = "cjkopsuvwxyz"  # letters whose capitals look the same

Fine = Callable[[], NDArray[np.uint8] | None]  # returns a finer picture, if there is one


@dataclass(frozen=True, slots=True)
class Shapes:
    """Shapes that may be letters: boxes (x, y, width, height) and patches, shapes × 2 × `PATCH` × `PATCH`."""

    boxes: NDArray[np.int32]
    patches: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that was read: place of its label, its box, and the probability."""

    label: int
    x: float
    y: float
    width: float
    height: float
    probability: float


def find_shapes(grey: NDArray[np.uint8], thresholds: Sequence[tuple[bool, int]] = _THRESHOLDS) -> Shapes:
    """Find the shapes of an image that stand alone and have a letter's size.

    Args:
        grey: height × width.
        thresholds: which shapes are sought: whether light ones, and grey levels.
    """
    cv2 = opencv()
    found: list[Shapes] = []
    for light, threshold in thresholds:
        picture = 255 - grey if light else grey
        _, mask = cv2.threshold(picture, threshold, 255, cv2.THRESH_BINARY_INV)
        marked, x, y, w, h, area = _components(mask)
        written = (h >= 4) & (h <= 60) & (w >= 2) & (w <= 60) & (area >= 0.13 * w * h)
        around = np.flatnonzero(written)
        alone = _alone(x[around], y[around], w[around], h[around])
        chosen = around[alone & _alone(y[around], x[around], h[around], w[around], _TURNED)]
        chosen = chosen[(h[chosen] >= 6) & (h[chosen] <= 48) & (w[chosen] <= np.minimum(1.7 * h[chosen], 52))]
        chosen = chosen[w[chosen] >= 0.15 * h[chosen]][:_MOST]
        if len(chosen):
            own = np.stack([x[chosen], y[chosen], w[chosen], h[chosen]], 1).astype(np.int32)
            found.append(Shapes(own, _patches(picture, marked, chosen.tolist(), own.tolist())))
    if len(found) < 2:
        return found[0] if found else _NO_SHAPES
    return Shapes(np.concatenate([f.boxes for f in found]), np.concatenate([f.patches for f in found]))


def find_bracketed(grey: NDArray[np.uint8]) -> Shapes:
    """Find the dark shapes between two brackets; they may be small, and of faint strokes.

    Args:
        grey: height × width.
    """
    cv2 = opencv()
    _, mask = cv2.threshold(grey, _FAINT, 255, cv2.THRESH_BINARY_INV)
    marked, x, y, w, h, _ = _components(mask)
    found = bracketed(marked, x, y, w, h)[:_MOST]
    if not found:
        return _NO_SHAPES
    picture = grey.copy()
    for name in {name for _, *pair in found for name in pair}:  # letters are read as those that stand alone
        picture[max(y[name] - 1, 0) : y[name] + h[name] + 1, max(x[name] - 1, 0) : x[name] + w[name] + 1] = 255
    names = np.array(sorted({name for name, *_ in found}), np.int64)
    boxes = np.stack([x[names], y[names], w[names], h[names]], 1).astype(np.int32)
    return Shapes(boxes, _patches(picture, marked, names.tolist(), boxes.tolist()))


_NO_SHAPES: Final = Shapes(np.zeros((0, 4), np.int32), np.zeros((0, 2, PATCH, PATCH), np.float32))
_Numbers = NDArray[np.int64]
_Read = tuple[NDArray[np.float32], NDArray[np.float32]]  # boxes, and probabilities, shapes × classes
_NONE_READ: Final = (np.zeros((0, 4), np.float32), np.zeros((0, len(CLASSES) + 1), np.float32))


def _components(mask: NDArray[np.uint8]) -> tuple[NDArray[np.int32], _Numbers, _Numbers, _Numbers, _Numbers, _Numbers]:
    """Find connected shapes; numpy adds up their places and sizes in half of the time that OpenCV needs.

    Args:
        mask: height × width; what is not 0 belongs to a shape.

    Returns:
        The name of each pixel's shape, of the size of `mask`, and left, top, width, height and area by name; that of
        the ground is 0, and its area, too.
    """
    cv2 = opencv()
    height, width = mask.shape
    wide = np.zeros((height, width + 1), np.uint8)  # so that no run goes on in the next row
    wide[:, :width] = mask
    count, marked = cv2.connectedComponents(wide, connectivity=8)
    flat = wide.ravel() > 0
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    if flat[0]:
        changes = np.concatenate([[0], changes])
    first, last = changes[0::2], changes[1::2]  # runs of pixels in rows
    name, row = marked.ravel()[first], first // (width + 1)
    start, length = first - row * (width + 1), last - first
    left, top = np.full(count, width), np.full(count, height)
    right, bottom = np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.minimum.at(left, name, start)
    np.maximum.at(right, name, start + length)
    np.minimum.at(top, name, row)
    np.maximum.at(bottom, name, row + 1)
    area = np.bincount(name, length, count).astype(np.int64)
    return marked[:, :width], left, top, right - left, bottom - top, area


def _alone(x: _Numbers, y: _Numbers, w: _Numbers, h: _Numbers, gap_of_words: float = _WORD) -> NDArray[np.bool_]:
    """Select the shapes without a neighbour of their size close to the left or right: letters of words have one."""
    out = np.ones(len(x), np.bool_)
    order = np.argsort(x, kind="stable")
    x, y, w, h = x[order], y[order], w[order], h[order]
    # Pairs of a shape and those that begin near its right edge.
    low = np.maximum(np.searchsorted(x, x + w - 0.7 * h), np.arange(len(x)) + 1)
    count = np.minimum(np.maximum(np.searchsorted(x, x + w + 0.9 * h) - low, 0), _MOST_COMPARED)
    i = np.repeat(np.arange(len(x)), count)
    j = np.arange(len(i)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
    gap = x[j] - x[i] - w[i]
    over = np.minimum(y[i] + h[i], y[j] + h[j]) - np.maximum(y[i], y[j])
    large, small = np.maximum(h[i], h[j]), np.minimum(h[i], h[j])
    wide = w >= 0.35 * h  # brackets and stops are not
    beside = (gap >= -0.3 * large) & (gap < gap_of_words * large) & (over > 0.6 * small) & (small > 0.45 * large)
    beside &= wide[i] & wide[j]
    out[order[i[beside]]] = False
    out[order[j[beside]]] = False
    return out


def _patches(
    picture: NDArray[np.uint8], marked: NDArray[np.int32], names: Sequence[int], boxes: Sequence[Sequence[int]]
) -> NDArray[np.float32]:
    """Cut out shapes by themselves, as 1, and with their surroundings, dark as 1; 2 × as large as the shapes.

    Args:
        picture: dark shapes on light ground.
        marked: the name of the shape of each pixel.
        names: of the shapes.
        boxes: x, y, width and height of each.
    """
    cv2 = opencv()
    height, width = picture.shape
    out = np.empty((len(names), 2, PATCH, PATCH), np.float32)
    grey = np.empty((len(names), PATCH, PATCH), np.uint8)
    size, how = (PATCH, PATCH), cv2.INTER_AREA
    for i, (name, (x, y, w, h)) in enumerate(zip(names, boxes, strict=True)):
        side = max(w, h)
        left, top = x + w // 2 - side, y + h // 2 - side
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + 2 * side, width), min(top + 2 * side, height)
        own, around = (marked[y0:y1, x0:x1] == name).astype(np.float32), picture[y0:y1, x0:x1]
        if around.shape != (2 * side, 2 * side):
            edges = (y0 - top, top + 2 * side - y1, x0 - left, left + 2 * side - x1, cv2.BORDER_CONSTANT)
            own, around = cv2.copyMakeBorder(own, *edges, value=0), cv2.copyMakeBorder(around, *edges, value=255)
        cv2.resize(own, size, out[i, 0], interpolation=how)
        cv2.resize(around, size, grey[i], interpolation=how)
    out[:, 1] = 1 - grey.astype(np.float32) / 255
    return out


def find_letters(grey: NDArray[np.uint8], labels: Sequence[str]) -> list[Letter]:
    """Find the letters of labels in an image, of one size, one each; either case will do.

    Args:
        grey: height × width.
        labels: single letters; none is found for others.
    """
    return find_in_two(grey, None, labels)[0]


def find_in_two(
    grey: NDArray[np.uint8], fine: Fine | None, labels: Sequence[str]
) -> tuple[list[Letter], NDArray[np.uint8] | None]:
    """Find the letters of labels in an image, and, if not all are there, in the same image with more pixels.

    Light ones are sought in the finer image only if a light shape of the other one may be a letter.

    Args:
        grey: height × width.
        fine: returns the finer image, or None if there is none.
        labels: single letters; none is found for others.

    Returns:
        Letters, and the finer image if they were found there, in its pixels.
    """
    if not readable(labels):
        return [], None
    found, light = _find(grey, labels, light=True)
    finer = fine() if fine is not None and len(found) < len(labels) else None
    if finer is None:
        return found, None
    more, _ = _find(finer, labels, light=light)
    return (more, finer) if len(more) > len(found) else (found, None)


def _find(grey: NDArray[np.uint8], labels: Sequence[str], *, light: bool) -> tuple[list[Letter], bool]:
    """Find letters in one image; light ones if asked to. Also tell whether any light shape may be a letter."""
    dark = _read(_chosen(find_shapes(grey, _DARK), labels))
    plain = _letters(dark, labels, _LEAST)
    if _sure(plain, labels):
        return plain, False
    enclosed = _letters(_read(find_bracketed(grey)), labels, _LEAST_ENCLOSED)
    if len(enclosed) == len(labels):
        return enclosed, False
    boxes, table = _read(_chosen(find_shapes(grey, _LIGHT), labels)) if light else _NONE_READ  # last: they take long
    if len(boxes):
        plain = _letters((np.concatenate([dark[0], boxes]), np.concatenate([dark[1], table])), labels, _LEAST)
        if _sure(plain, labels):
            return plain, True
    named = [CLASSES.index(c) for x in labels if _is_letter(x) for c in (x.upper(), x.lower())]
    may_be = bool(len(boxes)) and float(table[:, named].max()) > _LEAST_ALIGNED
    return (enclosed if len(enclosed) >= max(len(plain), 2, _ENCLOSED * len(labels)) else plain), may_be


def _sure(letters: Sequence[Letter], labels: Sequence[str]) -> bool:
    """Check whether all letters were read, each for sure, and are in line, so that no others need be sought."""
    return len(letters) == len(labels) and min(x.probability for x in letters) > _PLAIN and _all_in_line(letters)


def _chosen(shapes: Shapes, labels: Sequence[str]) -> Shapes:
    """Drop shapes that are no letters at a glance, but for strokes if they may be the I that is sought."""
    chosen = may_be_letters(shapes.patches) | strokes(shapes.boxes, labels)
    return Shapes(shapes.boxes[chosen], shapes.patches[chosen])


def _read(shapes: Shapes) -> _Read:
    """Read shapes: their boxes, and the probabilities of classes."""
    return shapes.boxes.astype(np.float32), read_letters(shapes.patches)


def _letters(read: _Read, labels: Sequence[str], least: float) -> list[Letter]:
    """Choose the letters of labels among shapes, all capitals or none, whichever are more probable.

    Args:
        read: shapes that were read.
        labels: single letters, and others that are not sought.
        least: probability that a letter has at least.
    """
    boxes, table = read
    if not len(boxes):
        return []
    best: list[Letter] = []
    sought = [i for i, x in enumerate(labels) if _is_letter(x)]
    alike = [i for i in sought if labels[i].lower() in _ALIKE]
    for change, height in ((str.upper, _HEIGHT_CAPITALS), (str.lower, _HEIGHT)):
        scores = np.zeros((len(table), len(labels)), np.float32)
        scores[:, sought] = table[:, [CLASSES.index(change(labels[i])) for i in sought]]
        scores[:, alike] += table[:, [CLASSES.index(change(labels[i]).swapcase()) for i in alike]]
        chosen = _of_one_size(boxes, scores, least, height)
        places = [(x.label, (x.x, x.y, x.width, x.height)) for x in chosen]
        for label, k in at_crossings(boxes, scores, labels, places):
            x, y, w, h = boxes[k].tolist()
            chosen.append(Letter(label, x, y, w, h, PROBABILITY))
        if sum(x.probability for x in chosen) > sum(x.probability for x in best):
            best = chosen
    return best


def readable(labels: Sequence[str]) -> bool:
    """Tell whether letters are looked for: at least two labels are single ones, not "left" or "A1"."""
    return sum(map(_is_letter, labels)) >= 2


def _is_letter(label: str) -> bool:
    return len(label) == 1 and label.isascii() and label.isalpha()


def _of_one_size(boxes: NDArray[np.float32], scores: NDArray[np.float32], least: float, height: float) -> list[Letter]:
    """Choose a shape for each label, all of about one height, so that their probabilities are highest together.

    Args:
        boxes: of shapes.
        scores: shapes × labels.
        least: probability that a letter has at least.
        height: ratio of the heights of two letters at most, to a pixel.
    """
    likeliest = scores.max(1)
    found: list[tuple[float, list[int], list[tuple[int, int]]]] = []
    for size in sorted(set(boxes[likeliest > least, 3].tolist())):
        near = (boxes[:, 3] >= size) & (boxes[:, 3] <= size * height + 1) & (likeliest > _LEAST_ALIGNED)
        alike = np.flatnonzero(near)
        chosen = _choose(boxes[alike], scores[alike], scores[alike], least)
        found.append((sum(float(scores[alike[k], label]) for label, k in chosen), alike.tolist(), chosen))
    best: tuple[float, list[Letter]] = (0.0, [])
    for _, names, chosen in sorted(found, key=lambda x: -x[0])[:_MOST_SIZES]:
        places, part = boxes[names], scores[names]
        for _ in range(2):
            placed = part + _in_line(places, chosen, part.shape[1])
            chosen = _choose(places, part, placed, least)
        total = sum(float(placed[k, label]) for label, k in chosen)
        if total > best[0] + 1e-6:
            letters = []
            for label, k in chosen:
                x, y, w, h = places[k].tolist()
                letters.append(Letter(label, x, y, w, h, float(part[k, label])))
            best = (total, letters)
    return best[1]


def _choose(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], placed: NDArray[np.float32], least: float
) -> list[tuple[int, int]]:
    """Choose the best shape for each label that has one: labels and places of shapes.

    Args:
        boxes: of shapes.
        scores: probabilities, shapes × labels.
        placed: the same, and how well each shape is in line with the other letters.
        least: probability that a letter has at least; one that is in line needs less.
    """
    chosen: list[tuple[int, int]] = []
    sure = (np.maximum(scores, placed) > least) & (scores > _LEAST_ALIGNED)
    seen = np.flatnonzero(sure.any(1))
    names, may_be = seen.tolist(), sure[seen].T.tolist()
    places = [(x + w / 2, y + h / 2, w / 2, h / 2) for x, y, w, h in boxes[seen].tolist()]
    taken: list[tuple[float, float, float, float]] = []  # places of those that were chosen
    for label, order in enumerate(np.argsort(-placed[seen], 0, kind="stable").T.tolist()):
        for k in order:
            x, y, *_ = places[k]
            if may_be[label][k] and not any(abs(x - u) < wide and abs(y - v) < high for u, v, wide, high in taken):
                chosen.append((label, names[k]))
                taken.append(places[k])
                break
    return chosen


def _all_in_line(letters: Sequence[Letter]) -> bool:
    """Check whether each letter begins at the left edge of another one, or lies on its line."""
    x, bottom = np.array([a.x for a in letters]), np.array([a.y + a.height for a in letters])
    slack = 0.5 * max(a.height for a in letters) + 0.5
    near = (np.abs(x[:, None] - x) < slack) | (np.abs(bottom[:, None] - bottom) < slack)
    return bool((near.sum(1) > 1).all())


def _in_line(boxes: NDArray[np.float32], chosen: Sequence[tuple[int, int]], labels: int) -> NDArray[np.float32]:
    """Judge how each shape is placed as each label, given the letters that were chosen for the others.

    Letters of a figure begin at the left edge of others or lie on their line, and none is above or to the left of one
    that comes before it, both in rows and in columns.

    Args:
        boxes: of shapes.
        chosen: labels and places of shapes.
        labels: how many there are.
    """
    if len(chosen) < 2:
        return np.zeros((len(boxes), labels), np.float32)
    names, at = np.array([x for x, _ in chosen]), np.array([k for _, k in chosen])
    slack = np.maximum(boxes[:, 3], 4)[:, None] * 0.5 + 0.5
    aside = boxes[:, None, 0] - boxes[None, at, 0]
    below = (boxes[:, 1] + boxes[:, 3])[:, None] - (boxes[at, 1] + boxes[at, 3])[None]
    aligned = (np.abs(aside) < slack) | (np.abs(below) < slack)
    before = ((aside < slack) & (below < -slack)) | ((aside < -slack) & (below < slack))  # of the other letter
    after = ((aside > -slack) & (below > slack)) | ((aside > slack) & (below > -slack))
    label = np.arange(labels)
    others = (names[:, None] != label).astype(np.float64)
    # As numbers, which are multiplied: sums over the other letters.
    wrong = after.astype(np.float64) @ (names[:, None] > label) + before.astype(np.float64) @ (names[:, None] < label)
    in_line = aligned.astype(np.float64) @ others > 0
    return np.asarray(_ALIGNED * in_line - _DISORDER * (wrong / others.sum(0)), np.float32)
