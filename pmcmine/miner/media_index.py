"""Resolve the XML's `href` to a media file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pmcmine.images.names import IMAGE_SUFFIXES, VECTOR_SUFFIXES, is_image_name
from pmcmine.jats.figures import GraphicRef
from pmcmine.sources.base import Asset

# A gif beside another format is PMC's thumbnail.
_PREFERENCE = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp", ".jp2", ".gif")
_RANK = {suffix: rank for rank, suffix in enumerate(_PREFERENCE)}


@dataclass(frozen=True)
class Resolved:
    """A graphic and its file.

    Attributes:
        graphic: the graphic.
        asset: the media file, None if none matches.
        rule: exact, case, extension, stem or missing.
    """

    graphic: GraphicRef
    asset: Asset | None
    rule: str


@dataclass
class MediaIndex:
    """The media files of one article, by name, by lower-case name and by stem."""

    by_name: dict[str, Asset] = field(default_factory=dict)
    by_case: dict[str, list[Asset]] = field(default_factory=dict)
    by_stem: dict[str, list[Asset]] = field(default_factory=dict)

    @classmethod
    def of(cls, assets: Iterable[Asset]) -> MediaIndex:
        """Index files; names that are not image names are left out."""
        index = cls()
        for asset in assets:
            if is_image_name(asset.name):
                index.by_name.setdefault(asset.name, asset)
                index.by_case.setdefault(asset.name.lower(), []).append(asset)
                index.by_stem.setdefault(PurePosixPath(asset.name).stem.lower(), []).append(asset)
        return index

    def resolve(self, graphic: GraphicRef) -> Resolved:
        """Resolve one reference to a file.

        Tries the exact name, then another case, then a known extension (`.g001` is not one), then the only file with
        that stem. A drawing resolves to the pixel image with its stem, if there is one.
        """
        name = PurePosixPath(graphic.href).name
        if name:
            if PurePosixPath(name).suffix.lower() in VECTOR_SUFFIXES:
                pixels = [
                    a
                    for a in self.by_stem.get(PurePosixPath(name).stem.lower(), [])
                    if PurePosixPath(a.name).suffix.lower() in IMAGE_SUFFIXES
                ]
                if len(pixels) == 1:
                    return Resolved(graphic, pixels[0], "stem")
            if name in self.by_name:
                return Resolved(graphic, self.by_name[name], "exact")
            folded = self.by_case.get(name.lower(), [])
            if len(folded) == 1:
                return Resolved(graphic, folded[0], "case")
            added = [a for s in _PREFERENCE for a in self.by_case.get((name + s).lower(), [])]
            if added:
                return Resolved(graphic, added[0], "extension")
            if PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES:
                stem = self.by_stem.get(PurePosixPath(name).stem.lower(), [])
                best = sorted(stem, key=lambda a: _RANK.get(PurePosixPath(a.name).suffix.lower(), 99))
                if len({PurePosixPath(a.name).suffix.lower() for a in stem}) == len(stem) and best:
                    return Resolved(graphic, best[0], "stem")
        return Resolved(graphic, None, "missing")


def choose_graphic(resolved: Sequence[Resolved]) -> Resolved | None:
    """Choose the graphic with the file for the sample.

    It is the first rendition of the primary image that resolves. A panel or thumbnail never represents the figure.
    """
    renditions = [r for r in resolved if r.graphic.role in ("primary", "alternative")]
    found = [r for r in renditions if r.asset is not None]
    if found:
        # Among renditions of one image a gif is the poorest; otherwise the order of the XML decides.
        return min(found, key=lambda r: r.asset is not None and r.asset.name.lower().endswith(".gif"))
    return renditions[0] if renditions else (resolved[0] if resolved else None)
