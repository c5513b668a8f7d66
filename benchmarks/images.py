"""Processor time of the image path by stage, beside the least that any path needs."""

from __future__ import annotations

import io
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

MEGAPIXELS = (0.7, 2.0, 8.0)
REAL = (0.85e6, 1.25e6)  # pixels of the real images that are measured
MOST_REAL = 32
ROUNDS = 3
# Of single pictures, and the panels of compound ones: about as often as in articles.
_KINDS = ("ct", "ultrasound", "microscopy", "clinical_photo", "chart", "chart", "diagram", "table")
_PANELS = (("ct", "microscopy", "chart", "other"), ("chart",) * 4, ("microscopy", "microscopy", "chart", "chart"))
_BOUNDS: dict[str, Any] = {"max_pixels": 100_000_000, "min_side": 16}
_OFF = {"classify": False, "languages": False, "image_kinds": False, "privacy": False}


@dataclass(frozen=True, slots=True)
class Picture:
    """Bytes of an image file, and the caption of its figure."""

    data: bytes
    caption: str


def images(data: Path | None, megapixels: Sequence[float] = MEGAPIXELS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Milliseconds of the processor that an image takes, by stage and size, and their sum to the limit.

    The limit is one Pillow decode, one bilinear reduction of all pixels to 512, and one SHA-256. Stages are the means
    of all images, also of those that a stage passes by, with all that is on by default.

    Args:
        data: folder with `pmc-bucket`; its images of about one megapixel are measured besides generated ones.
        megapixels: sizes of generated images.
        rounds: times that everything is measured in turn; the shortest counts.
    """
    result = {f"{size:g} megapixels": _measured(_generated(size), rounds) for size in megapixels}
    if data is not None and (data / "pmc-bucket").is_dir():
        result["1 megapixel, real"] = _measured(_real(data / "pmc-bucket"), rounds)
    return result


def _measured(pictures: Sequence[Picture], rounds: int) -> dict[str, Any]:
    """Return the milliseconds of each stage, the limit, and the ratio."""
    prepared = [_stages(p, n) for n, p in enumerate(pictures)]
    least: list[dict[str, float]] = [{} for _ in pictures]
    for _ in range(rounds):  # in turns, because other programs may slow down some of them
        for times, actions in zip(least, prepared, strict=True):
            for name, action in actions.items():
                begun = time.process_time()
                action()
                times[name] = min(times.get(name, 1e9), time.process_time() - begun)
    mean = {name: 1000 * sum(t[name] for t in least) / len(least) for name in least[0]}
    limit = mean.pop("limit")
    # Each of the three checks does what the one before it does, and more.
    hashed, viewed, whole = mean.pop("check"), mean.pop("check, views"), mean.pop("check, views, fingerprints")
    stages = {
        "decode": mean["decode"],
        "blank, description, hashes": hashed - mean.pop("decode"),
        "views": viewed - hashed,
        "fingerprints": whole - viewed,
        **mean,
    }
    for part, more in (("privacy", "kinds, privacy"), ("small letters", "panels, small letters")):
        of = "kinds" if part == "privacy" else "panels"
        mean[part] = stages[part] = stages.pop(more) - stages[of]
        del mean[more]
    total = whole + sum(mean.values())
    return {
        "images": len(pictures),
        "ms": {name: round(took, 2) for name, took in stages.items()},
        "sum": round(total, 1),
        "limit": round(limit, 1),
        "check_to_limit": round(whole / limit, 2),
        "ratio_without_small_letters": round((total - mean["small letters"]) / limit, 2),
        "check_and_kinds_to_limit": round((whole + mean["kinds"]) / limit, 2),
        "ratio": round(total / limit, 2),
    }


def _limit(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        scale = min(512 / max(image.size), 1)
        image.convert("RGB").resize((int(image.width * scale), int(image.height * scale)), Image.Resampling.BILINEAR)
    sha256(data).hexdigest()


def _decode(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as image:
        image.load()


def _stages(picture: Picture, n: int) -> dict[str, Callable[[], object]]:
    """Return what is measured of one image, by name; what a stage needs of those before it is computed here."""
    from pmcmine.config import load_config
    from pmcmine.images.check import check_image
    from pmcmine.miner.enrichers import enrich_figures, enrich_panels

    kinds = load_config({"source": ".", "out": "unused", **_OFF, "image_kinds": True})
    both = load_config({"source": ".", "out": "unused", **_OFF, "image_kinds": True, "privacy": True})
    data = picture.data
    checked = check_image(data, **_BOUNDS, pyramid=True)
    seen = [checked.pyramid]
    bare = [_figure(picture.caption, n, checked)]
    named = enrich_figures(bare, seen, kinds)
    panels = _panels(named[0], checked.pyramid, small_letters=True)
    name = named[0].figure_id
    by_id, pyramids = {name: named[0]}, {name: checked.pyramid} if checked.pyramid is not None else {}
    return {
        "limit": partial(_limit, data),
        "decode": partial(_decode, data),
        "check": partial(check_image, data, **_BOUNDS),
        "check, views": partial(check_image, data, **_BOUNDS, pyramid=True),
        "check, views, fingerprints": partial(check_image, data, **_BOUNDS, pyramid=True, fingerprints=True),
        "kinds": lambda: enrich_figures(bare, [p and p.anew() for p in seen], kinds),
        "kinds, privacy": lambda: enrich_figures(bare, [p and p.anew() for p in seen], both),
        "panels": partial(_panels, named[0], checked.pyramid, small_letters=False),
        "panels, small letters": partial(_panels, named[0], checked.pyramid, small_letters=True),
        "kinds of panels": partial(enrich_panels, panels, by_id, pyramids, kinds),
    }


def _panels(figure: Any, pyramid: Any, *, small_letters: bool) -> Any:
    """Return the panels of a figure, from views that are made anew."""
    from pmcmine.images.pyramid import BASE
    from pmcmine.panels.rows import panels_of

    fresh = pyramid.anew()
    return panels_of(figure, partial(fresh.grey, BASE), fine=fresh.fine if small_letters else None)


def _figure(caption: str, n: int, image: Any) -> Any:
    from schemas.figure import Figure

    empty: dict[str, Any] = {f.name: None for f in fields(Figure) if f.init}
    given = {
        "figure_id": f"PMC1.1#f{n}",
        "article_id": "PMC1.1",
        "pmcid": "PMC1",
        "caption": caption,
        "width": image.width,
        "height": image.height,
        "extra": {},
    }
    return Figure(**{k: v for k, v in (empty | given).items() if k in empty})


def _generated(megapixels: float) -> list[Picture]:
    """Draw pictures of several kinds and a compound figure, photographs as JPEG, the others as PNG."""
    from classifiers.images.generate import PAINTERS

    r = random.Random(0)
    width = int((megapixels * 1e6 * 4 / 3) ** 0.5)
    size = (width, width * 3 // 4)
    found = []
    for kind in _KINDS:
        form = "PNG" if kind in ("chart", "table") else "JPEG"
        found.append(Picture(_encoded(PAINTERS[kind](r, size), form), f"A {kind.replace('_', ' ')} of a patient."))
    return [*found, *(_compound(r, kinds, size) for kinds in _PANELS)]


def _compound(r: random.Random, kinds: Sequence[str], size: tuple[int, int]) -> Picture:
    """Draw four lettered panels on white."""
    from classifiers.images.generate import PAINTERS

    width, height = size
    image = Image.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(width // 40)
    for i, kind in enumerate(kinds):
        x, y = i % 2 * (width // 2), i // 2 * (height // 2)
        image.paste(PAINTERS[kind](r, (width // 2 - 8, height // 2 - 8)), (x, y))
        pen.rectangle((x, y, x + width // 28, y + width // 28), fill="white")
        pen.text((x + 4, y), "ABCD"[i], fill="black", font=font)
    return Picture(_encoded(image, "JPEG"), "Findings. (A) CT scan. (B) Histology. (C) Values. (D) The device.")


def _encoded(image: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **({"quality": 90} if form == "JPEG" else {}))
    return out.getvalue()


def _real(bucket: Path) -> list[Picture]:
    """Return figures of real articles whose images have about one megapixel, from all over the bucket."""
    found = []
    for caption, data in _figures(bucket):
        with Image.open(io.BytesIO(data)) as image:
            if REAL[0] <= image.width * image.height <= REAL[1]:
                found.append(Picture(data, caption))
    step = max(len(found) // MOST_REAL, 1)
    return found[::step][:MOST_REAL]


def _figures(bucket: Path) -> Iterator[tuple[str, bytes]]:
    from pmcmine.config import load_config
    from pmcmine.jats import ArticleMeta, extract_article
    from pmcmine.miner.graphics import choose
    from pmcmine.miner.media_index import MediaIndex
    from pmcmine.rejects import Ledger, Rejected
    from pmcmine.sources import open_source

    config = load_config({"source": str(bucket), "out": "unused"})
    source = open_source(config)
    reader = source.open(1.0)
    for entry in source.entries(None):
        meta = reader.metadata(entry)
        bundle = reader.bundle(meta)
        own = ArticleMeta(pmcid=meta.pmcid, version=meta.version, license_code=meta.license_code)
        try:
            drafts = extract_article(bundle.read_xml(config.max_xml_bytes), own).figures
        except Rejected:
            continue
        index = MediaIndex.of(meta.assets)
        choices, _ = choose(drafts, index, own.article_id, True, config, Ledger(meta.pmcid))
        captions = {c.asset.name: c.draft.caption or "" for c in choices if c.asset is not None}
        chosen = [c.asset for c in choices if c.asset is not None]
        for asset, data in bundle.read_assets(chosen, config.max_image_bytes):
            if not isinstance(data, Rejected):
                yield captions[asset.name], data
    reader.close()
