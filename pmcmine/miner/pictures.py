"""Read the images of an article's figures: each file once, checked, or taken from its PDF."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pmcmine.config import MineConfig
from pmcmine.images.check import CheckedImage, check_image
from pmcmine.images.fingerprint import NEAR, similarity
from pmcmine.miner.enrichers import wants_views
from pmcmine.miner.graphics import Choice
from pmcmine.pdf.convert import PdfPicture, read_pdf
from pmcmine.pdf.limits import pdf_limits
from pmcmine.rejects import Reason, Rejected
from pmcmine.sources.base import ArticleBundle, Asset
from schemas.figure import PdfPlace

_MORE_PIXELS: Final = 1.1  # minimum ratio of pixels, PDF image to media file, for using the PDF image
_Place = tuple[int, tuple[float, float, float, float]]  # page and box of a PDF


@dataclass(frozen=True)
class Media:
    """Media files that were read.

    Attributes:
        images: by file name.
        pieces: by figure, name and image of each of its images, if it has several and all are intact.
        places: by file name, the location in the PDF that the image was taken from.
    """

    images: Mapping[str, CheckedImage | Rejected]
    pieces: Mapping[str, Sequence[tuple[str, CheckedImage]]]
    places: Mapping[str, _Place]

    def shown(self, choice: Choice) -> tuple[CheckedImage | None, tuple[Reason, str] | None]:
        """Return a figure's image, or the reason for having none."""
        if choice.asset is None:
            return None, choice.reason
        found = self.images[choice.asset.name]
        if isinstance(found, Rejected):
            return None, (found.reason, found.detail or choice.asset.name)
        return found, None

    def place(self, choice: Choice) -> PdfPlace | None:
        """Return the location in the PDF that a figure's image was taken from."""
        if choice.asset is None or choice.asset.name not in self.places:
            return None
        page, (x0, y0, x1, y1) = self.places[choice.asset.name]
        return PdfPlace(page=page, x=x0, y=y0, width=round(x1 - x0, 1), height=round(y1 - y0, 1))

    def used(self, choices: Sequence[Choice]) -> frozenset[str]:
        """Return the names of the files that represent a figure or a panel."""
        names = {c.asset.name for c in choices if c.asset is not None}
        return frozenset(names | {name for parts in self.pieces.values() for name, _ in parts})


def read_media(choices: Sequence[Choice], bundle: ArticleBundle, config: MineConfig, counts: Counter[str]) -> Media:
    """Read the chosen files, each once."""
    wanted = {c.asset.name: c.asset for c in choices if c.asset is not None}
    parts = {asset.name: asset for c in choices for asset in c.pieces}
    images = _images(bundle, list((wanted | parts).values()), config, counts)
    whole = {c.draft.figure_id: [a.name for a in c.pieces] for c in choices if c.pieces}
    whole = {f: names for f, names in whole.items() if not any(isinstance(images[n], Rejected) for n in names)}
    places = {name: asset.place for name, asset in wanted.items() if asset.place is not None}
    if config.pdf_figures and images:
        places |= _from_pdf(images, bundle, config, counts)
    pieces = {f: [(n, i) for n in names if isinstance(i := images[n], CheckedImage)] for f, names in whole.items()}
    return Media(images, pieces, places)


def _images(
    bundle: ArticleBundle, assets: Sequence[Asset], config: MineConfig, counts: Counter[str]
) -> dict[str, CheckedImage | Rejected]:
    """Read and check each media file once; return the image or the reason for rejecting it."""
    images: dict[str, CheckedImage | Rejected] = {}
    if not assets:
        return images
    for asset, data in bundle.read_assets(assets, config.max_image_bytes):
        if isinstance(data, Rejected):
            images[asset.name] = data
            continue
        counts["media_bytes"] += len(data)
        try:
            images[asset.name] = _check(data, config)
        except Rejected as error:
            images[asset.name] = Rejected(error.reason, ": ".join(part for part in (asset.name, error.detail) if part))
    return images


def _check(data: bytes, config: MineConfig) -> CheckedImage:
    return check_image(
        data,
        max_pixels=config.max_image_pixels,
        min_side=config.min_image_side,
        pyramid=wants_views(config),
        fingerprints=config.near_duplicates or config.pdf_figures or config.decontaminate_sha256 is not None,
    )


def _from_pdf(
    images: dict[str, CheckedImage | Rejected], bundle: ArticleBundle, config: MineConfig, counts: Counter[str]
) -> dict[str, _Place]:
    """Replace a media file's image by the PDF's if both show the same and the PDF's has more pixels.

    A PDF that can't be read changes only a count.
    """
    places: dict[str, _Place] = {}
    try:
        data = bundle.read_pdf(config.max_pdf_bytes)
        if data is None:
            counts["pdf_missing"] += 1
            return places
        _, pictures = read_pdf(data, pdf_limits(config))
    except Rejected as error:
        counts[f"pdf_unusable_{error.reason}"] += 1
        return places
    counts["pdf_read"] += 1
    checked: list[tuple[PdfPicture, CheckedImage]] = []
    for picture in pictures:
        try:
            checked.append((picture, _check(picture.data, config)))
        except Rejected:
            counts["pdf_pictures_unusable"] += 1
    for name, image in images.items():
        if isinstance(image, Rejected) or not image.fingerprint:
            continue
        found = [(similarity(image.fingerprint, c.fingerprint), -n) for n, (_, c) in enumerate(checked)]
        best, n = max(found, default=(0.0, 0))
        if best < NEAR:
            continue
        picture, larger = checked[-n]
        if larger.width * larger.height > _MORE_PIXELS * image.width * image.height:
            images[name] = larger
            places[name] = (picture.page, picture.box)
            counts["pdf_figures"] += 1
    return places
