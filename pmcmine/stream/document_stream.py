"""Iterate over documents of a release, with a resumable state: texts and images in reading order."""

from __future__ import annotations

import warnings
from array import array
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any, Final, cast

from pmcmine.errors import PmcmineError
from pmcmine.io.safe_names import check_names
from pmcmine.release.condition_text import quoted
from pmcmine.stream.budget import Budget, budget_of
from pmcmine.stream.captions import composer_for
from pmcmine.stream.document_rows import OLDER, ImagePlace, Images, Row, Texts, concept_names, document_rows
from pmcmine.stream.locate import address, check_options, listing_of, locate, reading_tables
from pmcmine.stream.ordering import prefetch_windows
from pmcmine.stream.ranges import AnyRanges, NoRanges, SamplePlace, adjacent_runs, ranges_of
from pmcmine.stream.samples import Samples
from pmcmine.stream.state import image_holds

_TOGETHER: Final = 16  # documents whose images are read together
_GAP: Final = 64 << 10  # maximum bytes between two images read together
UNREADABLE: Final = "unreadable"  # reason of an image that can't be read, with on_error="warn"

_BEGINS: Final = {"JPEG": b"\xff\xd8", "PNG": b"\x89PNG\r\n\x1a\n"}

_Read = dict[str, Any]


class Documents(Samples):
    """The documents of one share, in an order that follows from seed, epoch and number of shares; see `Samples`."""

    def __init__(
        self,
        ranges: AnyRanges,
        rows: Sequence[Row],
        texts: Texts,
        images: Images,
        budget: Budget,
        seed: int | None,
        rank: int,
        world_size: int,
        on_error: str,
        check: bool,
    ) -> None:
        places = cast("Sequence[SamplePlace]", rows)  # used as sample places: they have a file and an offset
        starts = _group_starts(rows, texts)
        super().__init__(ranges, places, starts, seed, rank, world_size, composer_for("full", None), on_error, check)
        self._texts, self._images, self._budget = texts, images, budget

    def forget(self) -> None:
        """Close files, and drop cached texts."""
        self._texts.forget()

    @property
    def _of(self) -> str:
        if self._fingerprint is None:
            files, rows = [p.shard for p in self._places], [p.offset for p in self._places]
            shown = f"documents/{self._budget.shown}"
            self._fingerprint = _fingerprint(files, rows, shown)
        return self._fingerprint

    def _earlier(self) -> str:
        return self._of

    def _windows(self, sequence: Sequence[int], at: int) -> Iterator[Sequence[int]]:
        return prefetch_windows(sequence, at, _TOGETHER)

    def _shown(self, sample: dict[str, Any]) -> dict[str, Any]:
        return sample

    def _readers(self) -> int:
        return 1  # windows are read one after another, the images of each in parallel

    def _begin(self, pool: ThreadPoolExecutor, places: Sequence[SamplePlace]) -> Iterator[_Read | None]:
        return _waited(pool.submit(self._read, places))

    def _read(self, places: Sequence[SamplePlace]) -> list[_Read | None]:
        """Read documents in the given order, with all of their images; None for unreadable documents."""
        found: list[_Read | None] = []
        wanted: dict[SamplePlace, ImagePlace] = {}
        for place in places:
            try:
                document, images = self._document(cast("Row", place))
            except PmcmineError as error:
                self._failed(error)
                found.append(None)
                continue
            found.append(document)
            wanted |= {SamplePlace(i.shard, i.offset, i.size): i for i in images}
        data = self._read_images(wanted)
        for read in found:
            for n, image in enumerate(read["images"] if read is not None else ()):
                if read is not None and isinstance(image, ImagePlace):
                    held = data.get(SamplePlace(image.shard, image.offset, image.size))
                    read["images"][n] = held
                    if held is None:
                        read["places"][n]["reason"] = UNREADABLE
        return found

    def _document(self, row: Row) -> tuple[_Read, list[ImagePlace]]:
        """Read a document, cut to the budget, and return it with the places of its images."""
        read = self._texts.row(row)
        if read["withheld"] is not None:
            raise PmcmineError(f"{row.article_id}: is a pointer without text; `pmcmine rehydrate` fills it in")
        located = self._images.of(read["pmcid"]) if any(i is not None for i in read["images"]) else {}
        images: list[str | None] = []
        for figure_id, place in zip(read["images"], read["places"], strict=True):
            at = located.get(figure_id) if figure_id is not None else None
            if figure_id is not None and at is None:
                raise PmcmineError(f"{figure_id}: there is no image of it; is the copy complete?")
            if at is not None and at.reason:
                place["reason"] = at.reason  # decided after the document was made: it leaks
            images.append(None if at is None or at.reason else figure_id)
        texts, images, places = self._budget.keep(read["texts"], images, read["places"])
        found = [None if i is None else located[i] for i in images]
        document = {
            "article_id": read["article_id"],
            "pmcid": read["pmcid"],
            "texts": texts,
            "images": found,
            "places": places,
            "license": read["license"],
            "attribution": read["attribution"],
        }
        return document, [i for i in found if i is not None]

    def _read_images(self, wanted: dict[SamplePlace, ImagePlace]) -> dict[SamplePlace, bytes]:
        """Read images, neighbours together."""
        found: dict[SamplePlace, bytes] = {}
        runs = list(adjacent_runs(sorted(wanted, key=lambda p: (p.shard, p.offset)), _GAP))
        if self._ranges.at_once == 1:
            for run in runs:
                self._take(self._run(run, wanted), found)
            return found
        with ThreadPoolExecutor(4 * self._ranges.at_once) as pool:
            for answer in pool.map(lambda run: self._run(run, wanted), runs):
                self._take(answer, found)
        return found

    def _take(
        self, answer: dict[SamplePlace, bytes | PmcmineError] | PmcmineError, found: dict[SamplePlace, bytes]
    ) -> None:
        if isinstance(answer, PmcmineError):
            self._failed(answer)
            return
        for place, data in answer.items():
            if isinstance(data, PmcmineError):
                self._failed(data)
            else:
                found[place] = data

    def _failed(self, error: PmcmineError) -> None:
        if self._on_error == "raise":
            raise error
        warnings.warn(f"left out: {error}", stacklevel=2)

    def _run(
        self, run: Sequence[SamplePlace], wanted: dict[SamplePlace, ImagePlace]
    ) -> dict[SamplePlace, bytes | PmcmineError] | PmcmineError:
        """Read the images of a range; return an error if they can't be read."""
        start, end = run[0].offset, max(p.offset + p.size for p in run)
        try:
            data = self._range(run[0].shard, start, end)
        except NoRanges:
            raise
        except PmcmineError as error:
            return error
        if len(run) == 1:
            return {run[0]: _checked(data, wanted[run[0]], self._check)}
        view = memoryview(data)
        cut = ((p, bytes(view[p.offset - start : p.offset - start + p.size])) for p in run)
        return {p: _checked(image, wanted[p], self._check) for p, image in cut}


def _waited(reading: Future[list[_Read | None]]) -> Iterator[_Read | None]:
    yield from reading.result()


def _fingerprint(files: Sequence[str], rows: Sequence[int], shown: str) -> str:
    """Return a fingerprint of a reader's documents and their form, to reject states of others."""
    digest = sha256()
    for name in dict.fromkeys(files):
        digest.update(f"{name}\n".encode())
    for values in (rows, [1] * len(rows)):
        digest.update(array("q", values).tobytes())
    digest.update(shown.encode())
    return digest.hexdigest()[:32]


def _group_starts(rows: Sequence[Row], texts: Texts) -> list[int]:
    """Return the index of the first document of each row group: a row group is decoded as a whole."""
    starts: list[int] = []
    file, bounds, group = "", [0], 0
    for n, row in enumerate(rows):
        if row.shard != file:
            file, bounds, group = row.shard, texts.starts(row.shard), 0
            starts.append(n)
            if row.offset >= bounds[-1]:
                raise PmcmineError(f"{file}: lacks the document of {row.article_id}; {OLDER}")
        if row.offset >= bounds[group + 1] if group + 1 < len(bounds) else True:
            while group + 1 < len(bounds) and row.offset >= bounds[group + 1]:
                group += 1
            if starts[-1] != n:
                starts.append(n)
    return starts


def _checked(image: bytes, place: ImagePlace, check: bool) -> bytes | PmcmineError:
    """Return an image, or an error if its format is wrong, or (if checked) its bytes."""
    begins = _BEGINS.get(place.format)
    if begins is not None and not image.startswith(begins):
        why = f"no {place.format}"
    elif check and not image_holds(image, place.sha256):
        why = "a damaged image"
    else:
        return image
    return PmcmineError(f"{place.shard} at {place.offset}: no image there ({why}); is the copy complete?")


def documents(
    release: str | PathLike[str],
    *,
    split: str = "train",
    where: str | None = None,
    min_quality: float | None = None,
    section_kinds: Sequence[str] | None = None,
    max_tokens: int | None = None,
    tokenizer: Any = None,
    max_images: int | None = None,
    image_tokens: int = 0,
    seed: int | None = None,
    rank: int = 0,
    world_size: int = 1,
    on_error: str = "raise",
    check: bool | None = None,
    where_seconds: float = 600.0,
) -> Documents:
    """Open the documents of a release: whole articles, their texts and images in reading order.

    Each is a dict of `article_id`, `pmcid`, `license`, `attribution` and three parallel lists: `texts`, `images`
    (bytes, JPEG or PNG) and `places`, which describe each position. A position has a text, an image, or neither; then
    `reason` in `places` says why.

    Args:
        release: location of the release, as for `open`.
        split: train, validation or test.
        where: SQL condition over the columns of `articles`.
        min_quality: minimum quality of paragraphs, 1 to 5. Paragraphs without a quality are dropped.
        section_kinds: kinds of sections to keep, such as results; all if not given.
        max_tokens: maximum tokens of a document; it ends before the text or image that exceeds them.
        tokenizer: counts tokens, as for `open`: a tokenizer of transformers, tokenizers, tiktoken or open_clip, or a
            function from a text to its ids; tokens are estimated without one.
        max_images: maximum images of a document; further images are dropped, their captions stay.
        image_tokens: tokens that an image counts towards `max_tokens`.
        seed: shuffles the order of documents; None keeps the order of the files.
        rank: the share to read, from 0.
        world_size: number of shares. Shares are disjoint and together hold each document once.
        on_error: raise, or warn: documents and images that can't be read, after retries, are skipped with a warning.
        check: check the bytes of each image. On by default if the release is not on a local disk.
        where_seconds: time limit of the condition in seconds.

    Raises:
        PmcmineError: if the release or its documents are missing, or for an invalid option.
    """
    check_options(split, where, seed, rank, world_size, on_error, where_seconds)
    budget = budget_of(min_quality, section_kinds, max_tokens, tokenizer, max_images, image_tokens)
    release = address(release)
    fs, shards, tables, path = locate(release)
    names = list(listing_of(path, fs, release).rows)
    if not any(n.startswith("tables/documents/") for n in names):
        raise PmcmineError(f"{release}: has no documents; it was made by an earlier version, or they were not copied")
    used = [n for n in names if n.startswith(("tables/articles/", "tables/figures/", "tables/documents/"))]
    used += concept_names(names, where)
    local = Path(shards).parent if "file" in fs.protocol else None
    check_names(used, local, "file")
    with reading_tables(release, "a table"):
        rows = document_rows(tables, used, fs, split, where, where_seconds)
        images = Images(tables, used, fs, split, where_seconds)
    if not rows:
        chosen = f"split={split!r}" + (f", where={quoted(where)}" if where else "")
        warnings.warn(f"{release}: {chosen} choose no document", stacklevel=2)
    check_names({f"shards/{shard}" for shard in images.shards}, local, "shard")
    check = local is None if check is None else check
    texts = Texts(tables, fs)
    return Documents(ranges_of(fs, shards), rows, texts, images, budget, seed, rank, world_size, on_error, check)
