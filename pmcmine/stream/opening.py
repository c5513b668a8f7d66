"""Open a release as a stream of samples."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, Final, cast

from pmcmine.errors import PmcmineError
from pmcmine.io.safe_names import check_names
from pmcmine.release.condition_text import quoted
from pmcmine.release.lists import ChosenList, count_missing, read_list
from pmcmine.release.nearest import choose
from pmcmine.release.scores import named_in
from pmcmine.release.unlabelled import unlabelled
from pmcmine.stream.batches import Batches
from pmcmine.stream.captions import composer_for
from pmcmine.stream.document_rows import concept_files, concept_names
from pmcmine.stream.figures import figure_ids, figure_index
from pmcmine.stream.index import Index
from pmcmine.stream.index_file import default_folder, kept, key_of
from pmcmine.stream.locate import (
    Listing,
    address,
    check_options,
    listing_of,
    locate,
    read_whole,
    reading_tables,
    unreachable,
)
from pmcmine.stream.pictures import decoder_for
from pmcmine.stream.ranges import ranges_of
from pmcmine.stream.samples import Samples
from pmcmine.stream.score_rows import sample_scores, score_rows
from pmcmine.stream.written import PREFIX, check_missing, read_texts

_MANY: Final = 100_000  # figures above which the index is kept in a file: making it takes longer than a second
# A condition with one of these has a different result each time.
_CHANGES: Final = re.compile(
    r"\b(random|\w*uuid\w*|now|today|age|(get_)?current_\w+|localtime\w*|transaction_timestamp)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A release being opened; `local` is its folder on a local disk."""

    release: str
    fs: Any
    tables: str
    local: Path | None
    listing: Listing


def torch_dataset(samples: Samples | Batches) -> Any:
    """Make a torch `IterableDataset` of samples, or of `samples.batched(…)`; workers split the samples among them.

    Epochs follow each other as with `Samples`, with workers or without, persistent or not. With workers, the state is
    that of torchdata's `StatefulDataLoader`; `Samples.state_dict` then raises an error.

    Raises:
        ModuleNotFoundError: without torch.
    """
    from pmcmine.stream.torch import TorchSamples

    return TorchSamples(samples)


def _index(
    opened: _Opened,
    split: str,
    where: str | None,
    seconds: float,
    cache: str | PathLike[str] | bool | None,
    chosen: ChosenList | None,
) -> Index:
    """Return the locations of the chosen samples: cached in a file if there are many, or if a folder was given."""
    files = [name for name in opened.listing.rows if name.startswith("tables/figures/")]
    scored = sorted(n for s in named_in(where, opened.listing.scores, "figures") for n in s.of)
    used = [*files, *scored, *concept_names(opened.listing.rows, where)]
    check_names(used, opened.local, "file")

    def make() -> Index:
        with reading_tables(opened.release, "a table of figures"):
            concepts = concept_files(opened.tables, opened.listing.rows, opened.fs, where)
            shards = opened.listing.shards
            rows_of = partial(score_rows, opened.fs, opened.tables, opened.release, opened.listing.digest)
            scores = (opened.listing.scores, rows_of)
            ids = chosen.ids if chosen is not None else None
            return figure_index(opened.tables, files, opened.fs, split, where, seconds, concepts, shards, scores, ids)

    rows = sum(opened.listing.rows[name] or 0 for name in files)
    if cache is False or (where and _CHANGES.search(where)) or (cache in (None, True) and rows < _MANY):
        return make()
    folder = default_folder() if cache in (None, True) else Path(cast("str", cache))
    stats = []
    if opened.local is not None:  # local tables may change while the listing stays the same
        with suppress(OSError):
            stats = [(s.st_size, s.st_mtime_ns) for s in ((opened.local / name).stat() for name in used)]
    root = opened.tables if opened.local is None else str(Path(opened.tables).resolve())
    asked: list[Any] = [root, opened.listing.digest, split, where, stats]
    asked += [chosen.digest] if chosen is not None else []
    return kept(folder, key_of(asked), seconds, make)


def _warn_of_missing(opened: _Opened, path: str | PathLike[str], chosen: ChosenList) -> None:
    """Warn if a list names figures that are in no split of the release."""
    files = [name for name in opened.listing.rows if name.startswith("tables/figures/")]

    def held() -> Iterator[Any]:
        with reading_tables(opened.release, "a table of figures"):
            yield from figure_ids(opened.tables, files, opened.fs)

    n = count_missing(chosen, opened.listing.digest, held)
    if n:
        said = f"{n:,} of the {len(chosen.ids):,} figures of list {path} are not in {opened.release}"
        warnings.warn(f"{said}: it was made of another release, or before an update", stacklevel=3)


def _check_columns(columns: Sequence[str], shards: str, fs: Any) -> None:
    """Raise PmcmineError for a key missing from the JSON of the release's samples."""
    path = f"{shards}/schema.json"
    try:
        known = [str(field["name"]) for field in json.loads(read_whole(fs, path))["json"]]
    except FileNotFoundError:
        return  # shards copied without it
    except (ValueError, LookupError, TypeError, RecursionError):
        raise PmcmineError(f"{path}: is damaged; is the copy complete?") from None
    except Exception as error:  # noqa: BLE001
        raise unreachable(path, error) from None
    for name in columns:
        if name not in known:
            raise PmcmineError(f"columns: no key {name!r} in the JSON of a sample; {choose(name, known)}")


def open(
    release: str | PathLike[str],
    *,
    split: str = "train",
    where: str | None = None,
    columns: Sequence[str] | None = None,
    caption: str = "full",
    tokens: int | None = None,
    tokenizer: Any = None,
    seed: int | None = None,
    rank: int = 0,
    world_size: int = 1,
    on_error: str = "raise",
    check: bool | None = None,
    where_seconds: float = 600.0,
    cache: str | PathLike[str] | bool | None = None,
    decode: str | None = None,
    transform: Callable[[Any], Any] | None = None,
    list: str | PathLike[str] | None = None,
    missing: str = "keep",
    scores: Sequence[str] = (),
) -> Samples:
    """Open a release: a folder, any fsspec URL of one, or ORG/NAME on the Hub. Its listing is read once.

    Args:
        release: location of the release.
        split: train, validation or test.
        where: SQL condition over the columns of `figures`; only matching samples are read.
        columns: keys of the JSON to keep; all if not given.
        caption: the content of `txt`: full, title or panels, each with `+mentions` for the sentences that mention the
            figure (`+mentions` alone is full+mentions); or enriched: the caption with its abbreviations spelled out,
                then
            the sentences that mention the figure and the title of its section, without repetition; or written:NAME for
            the texts of `pmcmine write` of that name. No other choice gives text written by a model.
        tokens: maximum tokens of an enriched caption, such as 77, 256 or 512, including those at start and end; it is
            cut
            at the end of a sentence. No limit if not given.
        tokenizer: counts tokens: a tokenizer of transformers, tokenizers, tiktoken or open_clip, or a function from a
            text to its ids. If not given, they are estimated: two, plus one for each digit, sign, and five letters of
            a word or fewer.
        seed: shuffles the order of samples; None keeps the order of the shards, which is random already and
            reads whole shards in long runs.
        rank: the share to read, from 0.
        world_size: number of shares. Shares are disjoint and together hold each sample once.
        on_error: raise, or warn: a range that can't be read, after retries, is skipped with a warning that names it.
        check: check the bytes of each image. On by default if the release is not on a local disk: this costs
            little compared with the network. Headers, keys and captions are always checked.
        where_seconds: time limit in seconds of the condition, and of waiting for another process that makes the index.
        cache: folder for the index, which the processes of a machine then share. If not given, a folder of the user
            (`PMCMINE_CACHE`) is used for releases of 100,000 figures or more; False keeps no file.
        decode: pil or torch: `jpg` is then an RGB image of Pillow, or a tensor of 8-bit numbers (channels, rows,
            columns), instead of the bytes of a JPEG or PNG.
        transform: function applied to the decoded image, such as a transform of torchvision or open_clip.
        list: file of `pmcmine curate`; only its figures are read, filtered by `where` if that is given.
        missing: with caption="written:NAME", keep or skip: samples without a text keep their own caption, or are
            skipped.
        scores: score columns of `pmcmine score`, such as clip_score; they are added to the JSON of a sample, None if a
            figure has none. They are read when the stream is opened and held in memory: some 40 bytes per number.

    Raises:
        PmcmineError: if the release is missing, or lacks the split, column, score or enumeration value, or for an
            invalid
            condition; the message suggests the nearest name.
    """
    check_options(split, where, seed, rank, world_size, on_error, where_seconds)
    compose = composer_for(caption, columns, tokens, tokenizer)
    check_missing(caption, missing)
    decoder = decoder_for(decode, transform)
    release = address(release)
    fs, shards, tables, path = locate(release)
    local = Path(shards).parent if "file" in fs.protocol else None
    listing = listing_of(path, fs, release)
    if compose.columns:
        _check_columns(compose.columns, shards, fs)
    chosen = listed = read_list(list) if list is not None else None
    if caption.startswith(PREFIX):
        texts = read_texts(caption, listing, release, fs, tables, split)
        compose = replace(compose, written=texts)
        chosen = texts.among(chosen) if missing == "skip" else chosen
    compose = replace(compose, scores=sample_scores(scores, listing, release, fs, tables, split))
    opened = _Opened(release, fs, tables, local, listing)
    index = _index(opened, split, where, where_seconds, cache, chosen)
    if list is not None and listed is not None:
        _warn_of_missing(opened, list, listed)
    if not len(index):
        asked = (
            f"split={split!r}" + (f", where={quoted(where)}" if where else "") + (f", list={list!r}" if list else "")
        )
        why = unlabelled(listing.config, "figures", where or "")
        warnings.warn(f"{release}: {asked} match no sample{f'; {why}' if why else ''}", stacklevel=2)
    check_names({f"shards/{name}" for name in index.names}, local, "shard")
    check = local is None if check is None else check
    return Samples(
        ranges_of(fs, shards), index, index.starts, seed, rank, world_size, compose, on_error, check, decoder
    )
