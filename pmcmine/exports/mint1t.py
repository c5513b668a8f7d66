"""MINT-1T's WebDataset of PDF documents: a JSON with parallel lists, and a TIFF with a page for each image."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path
from typing import Any, Final

from pmcmine.errors import PmcmineError, first_line
from pmcmine.exports.interleaved import Interleaved, as_json, document_facts, interleaved
from pmcmine.exports.reader import Export, ReleaseReader
from pmcmine.io.extras import need

_SHARD_BYTES: Final = 512 << 20
_LOSSLESS: Final = ("1", "L", "RGB", "I;16")  # modes of pages that every reader of TIFF knows


class Mint1T:
    """MINT-1T's WebDataset samples."""

    name = "mint1t"
    meaning = "MINT-1T's interleaved documents, tars of JSON and multi-page TIFF"

    def export(self, release: ReleaseReader, out: Export) -> None:
        """Write `<group>/<split>-00000.tar`, …; the key of a document is the MD5 of its id."""
        if out.images:
            need("mine", f"--format {self.name}", ("PIL",))
        shards: dict[tuple[str, str], _Shards] = {}
        try:
            for document in interleaved(release):
                place = (document.group, document.split)
                if place not in shards:
                    shards[place] = _Shards(out.folder / document.group, document.split)
                members = {"json": as_json(_record(document)).encode()}
                if out.images and document.figures:
                    members["tiff"] = _tiff(document, release)
                key = md5(document.row["article_id"].encode(), usedforsecurity=False).hexdigest()
                shards[place].add(key, members)
                out.counts[document.group] += 1
        finally:
            for held in shards.values():
                held.close()


def _record(document: Interleaved) -> dict[str, Any]:
    """Return a document under MINT-1T's names; `image_metadata` and the pages of the TIFF follow `images`."""
    figures = iter(range(len(document.figures)))
    images = [None if isinstance(part, str) else f"page_0_image_{next(figures)}" for part, _ in document.parts]
    words = sum(len(t.split()) for t in document.texts if t)
    return {
        **document_facts(document),
        "texts": document.texts,
        "images": images,
        "image_metadata": [
            {
                "page": 0,
                "xref": n,
                "width": f["width"],
                "height": f["height"],
                "sha256": f["sha256"],
                "figure_id": f["figure_id"],
                "license": f["license"],
                "attribution": f["attribution"],
            }
            for n, f in enumerate(document.figures)
        ],
        "previous_word_count": words,
    }


def _tiff(document: Interleaved, release: ReleaseReader) -> bytes:
    """Return the images of a document as pages of a TIFF, their pixels as they are."""
    from PIL import Image

    def pages() -> Iterator[Any]:
        for figure in document.figures:
            try:
                image = Image.open(io.BytesIO(release.image(figure)))
                image.load()
            except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
                raise PmcmineError(f"{figure['figure_id']}: the image can't be decoded ({first_line(error)})") from None
            yield image if image.mode in _LOSSLESS else image.convert("RGB")

    out = io.BytesIO()
    found = pages()
    next(found).save(out, "TIFF", save_all=True, append_images=found, compression="tiff_adobe_deflate")
    return out.getvalue()


class _Shards:
    """Writes the tars of a licence group and split."""

    def __init__(self, folder: Path, split: str) -> None:
        self._folder, self._split, self._n, self._size = folder, split, 0, 0
        self._archive: tarfile.TarFile | None = None

    def add(self, key: str, members: dict[str, bytes]) -> None:
        if self._archive is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"{self._split}-{self._n:05d}.tar"
            self._archive = tarfile.open(path, "w")  # noqa: SIM115 - `close` closes it, and the next one is opened
        for suffix, data in members.items():
            info = tarfile.TarInfo(f"{key}.{suffix}")
            info.size = len(data)
            self._archive.addfile(info, io.BytesIO(data))
            self._size += len(data)
        if self._size >= _SHARD_BYTES:
            self.close()

    def close(self) -> None:
        if self._archive is not None:
            self._archive.close()
            self._n += 1
        self._archive, self._size = None, 0
