"""Read a release sample by sample. Light: needs neither Beam nor any model library, and no schema but the release's.

for sample in open("release", where="kind = 'figure' AND year >= 2020"):
    sample["key"], sample["jpg"], sample["txt"], sample["json"]

The order is a pure function of seed and epoch. Samples that follow each other in a shard are read in chunks; chunks are
shuffled over all shards and dealt to the shares in turn, and a share mixes the samples of a window of its chunks. A
position is the number of samples that each share has had: it resumes in the same world with the same sequence, in
another world with the same set.
"""

from __future__ import annotations

import json
import random
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import duckdb
import fsspec
import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.fs

from pmcmine.errors import PmcmineError
from pmcmine.waiting import retry_after

_CHUNK: Final = 32  # samples that are read and dealt together
_WINDOW: Final = 8  # chunks whose samples a share mixes
_BLOCK: Final = 512
_TRIES: Final = 7  # readings of a range
_WAIT: Final = 0.1  # seconds before the second one; doubles, with jitter
_MOST_WAIT: Final = 300.0  # seconds; a longer Retry-After is cut to this
_TIMEOUT: Final = 30.0  # seconds without an answer
_FORMAT: Final = 1  # of `state_dict`
_MERGE: Final = 8 << 20  # neighbouring samples are read at once, up to so many bytes
_CAPTIONS: Final = ("full", "title", "panels")


@dataclass(frozen=True, slots=True)
class _Place:
    shard: str
    offset: int
    size: int


def order(n: int, shares: int, seed: int | None, epoch: int, starts: Sequence[int]) -> list[list[int]]:
    """The sequence of each share: numbers of samples, in the order of their shards.

    Args:
        n: samples.
        shares: ranks times workers.
        seed: None keeps the order of the shards.
        epoch: another one gives another order.
        starts: numbers of the first samples of shards, from 0; no chunk reaches over one.
    """
    bounds = [*starts, n]
    chunks = [
        list(range(at, min(at + _CHUNK, end))) for start, end in pairwise(bounds) for at in range(start, end, _CHUNK)
    ]
    if seed is not None:
        random.Random(f"{seed}/{epoch}/chunks").shuffle(chunks)
    dealt: list[list[int]] = []
    for share in range(shares):
        mine = chunks[share::shares]
        out: list[int] = []
        for at in range(0, len(mine), _WINDOW):
            window = [i for chunk in mine[at : at + _WINDOW] for i in chunk]
            if seed is not None:
                # By the chunk, not the share: which samples are mixed depends on the world, how does not.
                random.Random(f"{seed}/{epoch}/{mine[at][0]}").shuffle(window)
            out += window
        dealt.append(out)
    return dealt


class Samples:
    """The samples of one share, in an order that follows from seed, epoch and world. Can be iterated again.

    In a torch DataLoader (`torch_dataset`) the workers of a rank share its samples among themselves.
    """

    def __init__(
        self,
        ranges: _Ranges | _HubRanges,
        places: Sequence[_Place],
        seed: int | None,
        rank: int,
        world_size: int,
        compose: Callable[[dict[str, Any]], dict[str, Any]],
        on_error: str,
    ) -> None:
        self._ranges = ranges
        self._places = places
        self._starts = [i for i, p in enumerate(places) if i == 0 or p.shard != places[i - 1].shard]
        self._seed = seed
        self._rank = rank
        self._world = world_size
        self._compose = compose
        self._on_error = on_error
        self._epoch = 0
        self._done = 0
        self._left: list[list[int]] | None = None  # sequences of a resumed epoch, where the world has changed

    def __len__(self) -> int:
        return len(self._sequence(self._rank, self._world))

    def set_epoch(self, epoch: int) -> None:
        """Begin another epoch: another order, from its start."""
        self._epoch, self._done, self._left = epoch, 0, None

    def _sequence(self, share: int, shares: int) -> list[int]:
        if self._left is not None and len(self._left) == shares:
            return self._left[share]
        return order(len(self._places), shares, self._seed, self._epoch, self._starts)[share]

    def state_dict(self) -> dict[str, Any]:
        """Where this share is: to be given to `load_state_dict` of the same release, condition and split."""
        return {
            "format": _FORMAT,
            "seed": self._seed,
            "epoch": self._epoch,
            "shares": self._world,
            "samples": len(self._places),
            "done": self._done,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where a share was; in another world, with its part of what all shares of the old one had left.

        All shares of a world are taken to have had as many samples as this one, as they have between two steps of a
        training.

        Raises:
            PmcmineError: where it is the state of something else.
        """
        if state.get("format") != _FORMAT or state.get("samples") != len(self._places):
            raise PmcmineError("this state is of another release, condition or split")
        self._seed, self._epoch = state["seed"], state["epoch"]
        self._left, self._done = None, int(state["done"])
        if state["shares"] != self._world:
            old = order(len(self._places), state["shares"], self._seed, self._epoch, self._starts)
            left = sorted({i for sequence in old for i in sequence[self._done :]})
            starts = [n for n, i in enumerate(left) if n == 0 or i in set(self._starts) or i != left[n - 1] + 1]
            new = order(len(left), self._world, self._seed, self._epoch, starts)
            self._left, self._done = [[left[n] for n in sequence] for sequence in new], 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Samples as dicts of `key`, `jpg` (bytes), `txt` (str) and `json` (dict); from the position on, then anew."""
        yield from self._share(self._rank, self._world)
        self.set_epoch(self._epoch)

    def _share(self, share: int, shares: int) -> Iterator[dict[str, Any]]:
        sequence = self._sequence(share, shares)
        # While one window is used the next one is read, so that a slow answer is not waited for.
        pool = ThreadPoolExecutor(1, thread_name_prefix="pmcmine-stream")
        waiting: deque[Future[list[dict[str, Any] | None]]] = deque()
        try:
            for window in _windows(sequence, self._done):
                waiting.append(pool.submit(self._read, [self._places[i] for i in window]))
                if len(waiting) > 1:
                    yield from self._used(waiting.popleft().result())
            while waiting:
                yield from self._used(waiting.popleft().result())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _used(self, samples: Sequence[dict[str, Any] | None]) -> Iterator[dict[str, Any]]:
        for sample in samples:
            self._done += 1
            if sample is not None:
                yield self._compose(sample)

    def _read(self, places: Sequence[_Place]) -> list[dict[str, Any] | None]:
        """Samples in the given order; each range of neighbours is read once. None for what can't be read."""
        found: dict[_Place, dict[str, Any] | None] = {}
        runs = list(_runs(sorted(places, key=lambda p: (p.shard, p.offset))))
        with ThreadPoolExecutor(self._ranges.at_once) as pool:
            for run, answer in zip(runs, pool.map(self._samples, runs), strict=True):
                if isinstance(answer, PmcmineError):
                    if self._on_error == "raise":
                        pool.shutdown(wait=False, cancel_futures=True)
                        raise answer
                    warnings.warn(f"left out: {answer}", stacklevel=2)
                    answer = dict.fromkeys(run)
                found |= answer
        return [found[place] for place in places]

    def _samples(self, run: Sequence[_Place]) -> dict[_Place, dict[str, Any] | None] | PmcmineError:
        """Samples of a range, or why they can't be had."""
        start, end = run[0].offset, run[-1].offset + run[-1].size
        try:
            data = self._range(run[0].shard, start, end)
            return {p: _decode(data[p.offset - start : p.offset - start + p.size], p) for p in run}
        except PmcmineError as error:
            return error

    def _range(self, shard: str, start: int, end: int) -> bytes:
        for attempt in range(_TRIES):
            asked = 0.0
            try:
                data = self._ranges.read(shard, start, end)
                if len(data) == end - start:
                    return data
                problem = f"{len(data)} of {end - start} bytes"
            except FileNotFoundError:
                raise PmcmineError(f"{shard}: not there; is the copy whole?") from None
            except Exception as error:  # noqa: BLE001 - each file system has errors of its own
                problem = f"{type(error).__name__}: {error}"
                asked = getattr(error, "retry_after", 0.0)
            if attempt < _TRIES - 1:
                time.sleep(max(_WAIT * 2**attempt * random.uniform(0.7, 1.3), min(asked, _MOST_WAIT)))
        raise PmcmineError(f"{shard} at {start}: can't be read ({problem})")


class _Ranges:
    """Reads ranges of shards through a file system."""

    def __init__(self, fs: Any, root: str) -> None:
        self._fs, self._root = fs, root
        self.at_once = 1 if "file" in fs.protocol else 8

    def read(self, shard: str, start: int, end: int) -> bytes:
        data: bytes = self._fs.cat_file(f"{self._root}/{shard}", start=start, end=end)
        return data


class _Busy(Exception):
    """The Hub asks to come again after so many seconds."""

    def __init__(self, status: int, retry_after: float) -> None:
        super().__init__(f"HTTP {status}")
        self.retry_after = retry_after


class _HubRanges:
    """Reads ranges of a repo's shards by its client's session: one request each, without the look ahead and the long
    waits of its file system."""

    def __init__(self, fs: Any, root: str) -> None:
        place = fs.resolve_path(root)
        self._repo, self._revision, self._prefix = place.repo_id, place.revision, place.path_in_repo
        self._endpoint, self._token = fs.endpoint, fs.token
        self.at_once = 8

    def read(self, shard: str, start: int, end: int) -> bytes:
        from huggingface_hub import hf_hub_url
        from huggingface_hub.utils import build_hf_headers, get_session  # type: ignore[attr-defined]

        path = f"{self._prefix}/{shard}" if self._prefix else shard
        url = hf_hub_url(self._repo, path, repo_type="dataset", revision=self._revision, endpoint=self._endpoint)
        headers = {**build_hf_headers(token=self._token), "Range": f"bytes={start}-{end - 1}"}
        answer = get_session().get(url, headers=headers, timeout=_TIMEOUT)
        if answer.status_code == 404:
            raise FileNotFoundError(path)
        if answer.status_code not in (200, 206):
            raise _Busy(answer.status_code, retry_after(answer.headers.get("Retry-After"), _MOST_WAIT) or 0.0)
        data: bytes = answer.content
        return data[start:end] if answer.status_code == 200 else data


def _windows(sequence: Sequence[int], at: int) -> Iterator[Sequence[int]]:
    """What is read at once, from a position on; windows stay where they were, so that a resumed one is read again."""
    span = _CHUNK * _WINDOW
    while at < len(sequence):
        window = sequence[at : (at // span + 1) * span]
        yield window
        at += len(window)


def torch_dataset(samples: Samples) -> Any:
    """A torch `IterableDataset` of samples, whose workers share them; state as of `Samples`.

    Raises:
        ModuleNotFoundError: where there is no torch.
    """
    from torch.utils.data import IterableDataset, get_worker_info

    class _Torch(IterableDataset):  # type: ignore[misc]
        def __iter__(self) -> Iterator[dict[str, Any]]:
            worker = get_worker_info()
            n, at = (worker.num_workers, worker.id) if worker is not None else (1, 0)
            yield from samples._share(samples._rank * n + at, samples._world * n)

        def state_dict(self) -> dict[str, Any]:
            return samples.state_dict()

        def load_state_dict(self, state: Mapping[str, Any]) -> None:
            samples.load_state_dict(state)

    return _Torch()


def _runs(places: Sequence[_Place]) -> Iterator[list[_Place]]:
    """Places that follow each other in one shard, together."""
    run: list[_Place] = []
    for place in places:
        if run and (
            place.shard != run[-1].shard
            or place.offset != run[-1].offset + run[-1].size
            or place.offset + place.size - run[0].offset > _MERGE
        ):
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def _decode(data: bytes, place: _Place) -> dict[str, Any]:
    """One sample from its tar members: plain ustar headers, as a release's shards have them."""
    sample: dict[str, Any] = {}
    at = 0
    try:
        while at < len(data):
            if data[at + 257 : at + 262] != b"ustar":
                raise ValueError("no ustar header")
            size = int(data[at + 124 : at + 135], 8)
            content = data[at + _BLOCK : at + _BLOCK + size]
            if len(content) != size:
                raise ValueError("cut off")
            sample["key"], _, suffix = data[at : data.index(0, at, at + 100)].decode("ascii").partition(".")
            sample[suffix] = json.loads(content) if suffix == "json" else content
            at += _BLOCK + -(-size // _BLOCK) * _BLOCK
        sample["txt"] = sample["txt"].decode("utf-8")
    except (ValueError, KeyError) as error:
        raise PmcmineError(f"{place.shard} at {place.offset}: no sample there ({error}); is the copy whole?") from None
    return sample


def _composer(caption: str, columns: Sequence[str] | None) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What is done to a sample: its text composed, its JSON cut to columns."""
    parts = caption.split("+")
    parts[0] = {"": "full", "panel": "panels"}.get(parts[0], parts[0])
    if caption == "" or parts[0] not in _CAPTIONS or parts[1:] not in ([], ["mentions"]):
        raise PmcmineError(f"caption={caption!r}: choose from {', '.join(_CAPTIONS)}, each with +mentions or without")

    def compose(sample: dict[str, Any]) -> dict[str, Any]:
        record = sample["json"]
        text = sample["txt"]
        if parts[0] == "title":
            text = record.get("caption_title") or text.split(". ")[0]
        elif parts[0] == "panels" and record.get("panels"):
            said = record["caption"]
            text = "; ".join(f"{p['label']}: {said[p['start'] : p['end']]}" for p in record["panels"])
        if parts[1:]:
            text = " ".join([text, *(m["sentence"] for m in record.get("mentions") or ())])
        sample["txt"] = text
        if columns is not None:
            sample["json"] = {k: record[k] for k in columns if k in record}
        return sample

    return compose


def _locate(release: str) -> tuple[Any, str, str, str]:
    """File system, roots of shards and tables, and path of `release.json`: of a folder, a URL, or a repo on the Hub.

    On the Hub the two folders are two repos.
    """
    is_repo = release.startswith("hf://datasets/") or (
        release.count("/") == 1 and "://" not in release and not Path(release).exists()
    )
    url = f"hf://datasets/{release}" if is_repo and not release.startswith("hf://") else release
    fs, root = fsspec.core.url_to_fs(url)
    if is_repo:
        return fs, root, f"{root}-tables", f"{root}/release.json"
    return fs, f"{root}/shards", f"{root}/tables", f"{root}/release.json"


def _figure_rows(tables: str, listing: str, fs: Any, split: str, where: str | None) -> list[tuple[str, int, int]]:
    release = json.loads(fs.cat_file(listing))
    files = [
        f"{tables}/{f['name'].removeprefix('tables/')}"
        for f in release["files"]
        if f["name"].startswith("tables/figures/") and f["name"].rsplit("/", 1)[-1].startswith(f"{split}-")
    ]
    if not files:
        return []
    figures = pads.dataset(files, filesystem=pa.fs.PyFileSystem(pa.fs.FSSpecHandler(fs)), format="parquet")
    query = "SELECT shard, sample_offset, sample_size FROM figures WHERE shard IS NOT NULL"
    if where:
        query += f" AND ({where})"
    query += " ORDER BY shard, sample_offset"
    with duckdb.connect(config={"enable_external_access": "false"}) as connection:
        connection.register("figures", figures)
        try:
            rows: list[tuple[str, int, int]] = connection.execute(query).fetchall()
        except duckdb.Error as error:
            raise PmcmineError(f"where={where!r}: {str(error).splitlines()[0]}") from None
    return rows


def open(
    release: str,
    *,
    split: str = "train",
    where: str | None = None,
    columns: Sequence[str] | None = None,
    caption: str = "full",
    seed: int | None = None,
    rank: int = 0,
    world_size: int = 1,
    on_error: str = "raise",
) -> Samples:
    """Open a release: a folder, any fsspec URL of one, or ORG/NAME on the Hub. Its listing is read once.

    Args:
        release: where it is.
        split: train, validation or test.
        where: SQL condition over the columns of `figures`; only the samples that it chooses are read.
        columns: keys of the JSON to keep; all if not given.
        caption: what `txt` is: full, title or panels, each with `+mentions` for the sentences that name the figure
            (`+mentions` alone is full+mentions).
        seed: shuffles the order of samples; None keeps the order of the shards, which is random already and
            reads whole shards in long runs.
        rank: which share to read, from 0.
        world_size: number of shares. Shares are disjoint and together hold each sample once.
        on_error: raise, or warn: a range that can't be read, after retries, is left out with a warning that names it.

    Raises:
        PmcmineError: where there is no release, or the condition is no SQL over `figures`.
    """
    if not 0 <= rank < world_size:
        raise PmcmineError(f"rank {rank} of {world_size}: ranks count from 0 to world_size - 1")
    if on_error not in ("raise", "warn"):
        raise PmcmineError(f"on_error={on_error!r}: choose raise or warn")
    compose = _composer(caption, columns)
    fs, shards, tables, listing = _locate(release)
    try:
        rows = _figure_rows(tables, listing, fs, split, where)
    except FileNotFoundError:
        raise PmcmineError(f"{release}: no release.json; this is no release, or it is not whole yet") from None
    ranges = _HubRanges(fs, shards) if "hf" in fs.protocol else _Ranges(fs, shards)
    return Samples(ranges, [_Place(*row) for row in rows], seed, rank, world_size, compose, on_error)
