"""Signatures of near duplicates: a row for each image, caption and paragraph, and the bytes to compare.

Rows lie in Arrow files of a block's work folder, the bytes in its pack: fingerprints of an image, the sorted 5-grams of
a text. What is shuffled is a node, a place, and the numbers that candidates share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import numpy as np

from pmcmine.duplicates import shingles
from pmcmine.ids import keyed_hash
from pmcmine.images import fingerprint as pictures
from schemas.article import Article
from schemas.figure import Figure
from schemas.paragraph import Paragraph

IMAGE, CAPTION, PARAGRAPH = KINDS = ("image", "caption", "paragraph")
ROLES: Final = ("", "graphical_abstract", "correction", "preprint")
_CORRECTIONS: Final = frozenset({"correction", "corrected-article", "addendum", "expression-of-concern", "reprint"})
_PREPRINT_JOURNALS: Final = ("biorxiv", "medrxiv", "arxiv", "research square", "ssrn", "preprints.org", "preprint")
_READ: Final = 1 << 20  # code points of one text that are looked at
_BATCH: Final = 1 << 17  # code points hashed at once, at some 50 bytes each


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One image or text.

    Attributes:
        kind: place in `KINDS`.
        id: figure or paragraph.
        group: licence group.
        digest: 64 bits that are equal where the image's bytes, or the text's 5-grams, are.
        keys: what candidates share one of.
        size_rank: pixels, or code points.
        date: YYYYMMDD, 99999999 where none is stated.
        role: place in `ROLES`.
        data: what decides.
    """

    kind: int
    id: str
    group: str
    digest: int
    keys: list[int]
    size_rank: int
    date: int
    role: int
    data: bytes

    @property
    def node(self) -> int:
        """64-bit hash of kind and id, which stands for the member where ids would be too long."""
        return node_of(self.kind, self.id)


def node_of(kind: int, member: str) -> int:
    """Compute the node of a member."""
    return keyed_hash(f"pmcmine/near/{KINDS[kind]}", member)


def _date(article: Article) -> int:
    parts = [int(p) for p in (article.publication_date or "").split("-") if p.isdigit()][:3]
    if not parts:
        return 99_999_999
    year, month, day = [*parts, 0, 0][:3]
    return year * 10_000 + month * 100 + day


def _role(article: Article) -> int:
    if (article.article_type or "") in _CORRECTIONS:
        return ROLES.index("correction")
    journal = (article.journal or "").lower()
    if (article.article_type or "") == "preprint" or any(p in journal for p in _PREPRINT_JOURNALS):
        return ROLES.index("preprint")
    return 0


def sign(
    article: Article,
    figures: Sequence[Figure],
    fingerprints: Mapping[str, tuple[Any, ...]],
    paragraphs: Sequence[Paragraph],
) -> list[Signature]:
    """Compute the signatures of an article's images, captions and paragraphs.

    Args:
        article: the article.
        figures: its figures.
        fingerprints: views of each figure that has a sample.
        paragraphs: its paragraphs.
    """
    date, role = _date(article), _role(article)
    roles = {
        f.figure_id: ROLES.index("graphical_abstract") if f.kind == "graphical_abstract" else role for f in figures
    }
    out = []
    for figure in figures:
        seen = fingerprints.get(figure.figure_id)
        if seen and figure.sha256 is not None:
            out.append(
                Signature(
                    kind=0,
                    id=figure.figure_id,
                    group=figure.license_group,
                    digest=int(figure.sha256[:16], 16),
                    keys=pictures.tables(seen),
                    size_rank=(figure.width or 0) * (figure.height or 0),
                    date=date,
                    role=roles[figure.figure_id],
                    data=pictures.pack(seen),
                )
            )
    texts = [(1, f.figure_id, f.license_group, roles[f.figure_id], f.caption) for f in figures if f.caption]
    texts += [(2, p.paragraph_id, article.license_group, role, p.text) for p in paragraphs]
    for batch in _batches(texts):
        sets = shingles.shingles([t[4][:_READ] for t in batch])
        chosen = [n for n, s in enumerate(sets) if len(s)]
        keys = shingles.bands([sets[n] for n in chosen]).tolist() if chosen else []
        for n, found in zip(chosen, keys, strict=True):
            kind, member, group, its_role, text = batch[n]
            data = sets[n].tobytes()
            out.append(
                Signature(
                    kind=kind,
                    id=member,
                    group=group,
                    digest=int.from_bytes(blake2b(data, digest_size=8).digest(), "big"),
                    # The place of the band is mixed in, so that only equal bands of equal place meet.
                    keys=[(k ^ (b + 1) * 0x9E3779B97F4A7C15) & (1 << 64) - 1 for b, k in enumerate(found)],
                    size_rank=len(text),
                    date=date,
                    role=its_role,
                    data=data,
                )
            )
    return out


def _batches(texts: Sequence[tuple[int, str, str, int, str]]) -> Iterator[list[tuple[int, str, str, int, str]]]:
    batch: list[tuple[int, str, str, int, str]] = []
    held = 0
    for text in texts:
        batch.append(text)
        held += min(len(text[4]), _READ)
        if held >= _BATCH:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def decode(kind: int, data: bytes) -> Any:
    """Decode the input of `compare`: views of an image, or the 5-grams of a text."""
    return pictures.unpack(data) if kind == 0 else np.frombuffer(data, np.uint32)


NEAR_TEXT: Final = 0.8  # Jaccard index of 5-grams from which two texts are near duplicates


def compare(kind: int, a: Any, b: Any) -> float:
    """Compute the similarity of two members of one kind if they are near duplicates, else 0."""
    if kind == 0:
        found = pictures.similarity(a, b)
        return found if found >= pictures.NEAR else 0.0
    if min(len(a), len(b)) < NEAR_TEXT * max(len(a), len(b)):
        return 0.0
    found = round(shingles.jaccard(a, b), 4)
    return found if found >= NEAR_TEXT else 0.0
