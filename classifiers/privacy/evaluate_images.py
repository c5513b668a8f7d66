"""Scores of the flags of images against real images that were looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifiers.privacy import images
from pmcmine.errors import GoldError
from pmcmine.evaluation.gold_files import read_sources, read_table
from pmcmine.images.pyramid import BASE, Pyramid

LABELS: Final = Path(__file__).parent / "labels" / "images.tsv"
_WRITTEN: Final = ("overlay", "watermark", "authors")
_UNWRITTEN: Final = ("none", "mark")


class Label(NamedTuple):
    """What was seen on an image: a row of labels/images.tsv."""

    repository: str
    path: str
    sha1: str
    kind: str
    part: str
    writing: str
    face: str


def read_labels(path: Path) -> list[Label]:
    """Read labels of images.

    Raises:
        GoldError: if the file is missing or no such table.
    """
    rows = read_table(path, LABELS.name, Label._fields)
    if any(len(row) != len(Label._fields) for row in rows):
        raise GoldError(f"{path}: a row has not {len(Label._fields)} columns")
    return [Label(*row) for row in rows]


class Pictures(NamedTuple):
    """Images that were looked at.

    Attributes:
        labels: of each image.
        faces: how many faces were flagged on each.
        writing: how many rows of writing were flagged on each.
    """

    labels: list[Label]
    faces: list[int]
    writing: list[int]


def look(labels: Sequence[Label], folder: Path, part: str | None) -> Pictures:
    """Flag the labelled images of a folder.

    Args:
        labels: what was seen on them.
        folder: holds them and SOURCES.tsv (file, repository, path, sha1).
        part: tune or held; None takes both.

    Raises:
        GoldError: if SOURCES.tsv or an image is missing or damaged, or if none of the labelled images is there.
    """
    out = Pictures([], [], [])
    files = _files(folder)
    for label in labels:
        file = files.get((label.repository, label.path, label.sha1))
        if file is None or (part is not None and label.part != part):
            continue
        rgb, grey = _read(folder / file)
        out.labels.append(label)
        out.faces.append(len(images.faces(rgb)))
        out.writing.append(len(images.burned_in(grey)))
    if not out.labels:
        raise GoldError(f"{folder}: none of the labelled images is there")
    return out


def _files(folder: Path) -> dict[tuple[str, str, str], str]:
    rows = read_sources(folder, "file", "repository", "path", "sha1")
    return {(r["repository"], r["path"], r["sha1"]): r["file"] for r in rows}


def _read(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read an image as it is looked at in a run: RGB and grey levels."""
    try:
        with Image.open(path) as opened:
            pyramid = Pyramid.of(opened.convert("RGB"))
    except OSError as exc:
        raise GoldError(f"{path}: {exc}") from None
    return pyramid.rgb(BASE), pyramid.grey(BASE)


def measures(seen: Pictures) -> tuple[dict[str, Any], list[str]]:
    """Compute precision and recall of writing and the share of false faces, an image as a unit; list the wrong images.

    Images whose writing is unclear or not labelled count for faces only, and those with a part of a face for writing
    only.
    """
    wrong: list[str] = []
    judged: list[tuple[bool, bool]] = []
    false: dict[str, list[float]] = {"ct_mri": [], "all": []}
    for label, n_faces, n_lines in zip(seen.labels, seen.faces, seen.writing, strict=True):
        name = f"{label.repository} {label.path}"
        if label.writing in (*_WRITTEN, *_UNWRITTEN):
            judged.append((label.writing in _WRITTEN, n_lines > 0))
            if judged[-1][0] != judged[-1][1]:
                wrong.append(f"{name}  gold {label.writing}  found {n_lines} rows of writing")
        if label.face == "none":
            false["all"].append(float(n_faces > 0))
            if label.kind in ("ct", "mri"):
                false["ct_mri"].append(float(n_faces > 0))
            if n_faces:
                wrong.append(f"{name}  gold no face  found {n_faces}")
    out: dict[str, Any] = {"images": len(seen.labels), "writing_judged": len(judged)}
    out["with_writing"], out["flagged"] = sum(t for t, _ in judged), sum(f for _, f in judged)
    for key, values in (
        ("writing_precision", [float(t) for t, f in judged if f]),
        ("writing_recall", [float(f) for t, f in judged if t]),
        ("false_faces_ct_mri", false["ct_mri"]),
        ("false_faces", false["all"]),
    ):
        out[key] = round(sum(values) / max(len(values), 1), 4)
        out[key + "_interval"] = wilson(sum(values), len(values))
    return out, wrong


def wilson(hits: float, n: int) -> list[float]:
    """Compute the 95 % interval of a share (Wilson 1927), rounded to 4 places; `[0, 1]` without cases."""
    if n == 0:
        return [0.0, 1.0]
    z2 = 1.96**2
    middle, half = hits + z2 / 2, 1.96 * (hits * (1 - hits / n) + z2 / 4) ** 0.5
    return [round(max((middle - half) / (n + z2), 0.0), 4), round(min((middle + half) / (n + z2), 1.0), 4)]
