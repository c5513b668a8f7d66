"""Read a release sample by sample. Light: needs neither Beam nor any model library, and no schema but the release's.

for sample in open("release", where="kind = 'figure' AND year >= 2020"):
    sample["key"], sample["jpg"], sample["txt"], sample["json"]

The order is a pure function of seed and epoch. Samples that follow each other in a shard are read in chunks; chunks are
shuffled over all shards and dealt to the shares in turn, and a share mixes the samples of a window of its chunks. A
position is the number of samples that each share has had: it resumes in the same world with the same sequence, in
another world with the same set. An iteration that reaches the end of its epoch is followed by the next epoch.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
import warnings
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
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
from pmcmine.io.safe_names import check_names
from pmcmine.release.conditions import check_values, choose, explain, known_values, time_limit
from pmcmine.stream import state as stream_state
from pmcmine.stream.ranges import MOST_WAIT, HttpRanges, HubRanges, NoRanges, Ranges, ranges_of
from pmcmine.stream.state import Before, Position, even, image_holds

_CHUNK: Final = 32  # samples that are read and dealt together
_WINDOW: Final = 8  # chunks whose samples a share mixes
_BLOCK: Final = 512
_TRIES: Final = 7  # readings of a range
_WAIT: Final = 0.1  # seconds before the second one; doubles, with jitter
_MERGE: Final = 8 << 20  # neighbouring samples are read at once, up to so many bytes
_MOST_SAMPLE: Final = 1 << 30  # bytes of a sample
SPLITS: Final = ("train", "validation", "test")
# A condition sees the table of figures and nothing else; it can't change that either.
_SANDBOX: Final[dict[str, str | bool | int | float | list[str]]] = {
    "enable_external_access": "false", "lock_configuration": "true", "python_enable_replacements": "false",
}  # fmt: skip
_SUFFIXES: Final = ("jpg", "txt", "json")
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
    for mine in even([chunks[share::shares] for share in range(shares)], n):
        out: list[int] = []
        for at in range(0, len(mine), _WINDOW):
            window = [i for chunk in mine[at : at + _WINDOW] for i in chunk]
            if seed is not None:
                # By the chunk, not the share: which samples are mixed depends on the world, how does not.
                random.Random(f"{seed}/{epoch}/{mine[at][0]}").shuffle(window)
            out += window
        dealt.append(out)
    return dealt


def _rest(n: int, seed: int | None, epoch: int, starts: Sequence[int], before: Before) -> tuple[list[int], list[int]]:
    """Return what earlier worlds of an epoch have left, and where its runs start.

    Args:
        n: samples.
        seed: as of `order`.
        epoch: as of `order`.
        starts: as of `order`.
        before: number of shares of each earlier world, and how many samples each share had in it.
    """
    left, first = list(range(n)), list(starts)
    bounds = set(starts)
    for shares, done in before:
        dealt = order(len(left), shares, seed, epoch, first)
        had = done if isinstance(done, tuple) else (done,) * shares
        left = sorted(left[i] for sequence, n_had in zip(dealt, had, strict=True) for i in sequence[n_had:])
        first = [at for at, i in enumerate(left) if at == 0 or i in bounds or i != left[at - 1] + 1]
    return left, first


class Samples:
    """The samples of one share, in an order that follows from seed, epoch and world.

    Iterate again for the next epoch. An iteration that was left early is continued by the next one. For a torch
    DataLoader take `torch_dataset`, whose workers share the samples of a rank.
    """

    def __init__(
        self,
        ranges: Ranges | HttpRanges | HubRanges,
        places: Sequence[_Place],
        seed: int | None,
        rank: int,
        world_size: int,
        compose: _Composer,
        on_error: str,
        check: bool = False,
    ) -> None:
        self._check = check
        self._ranges = ranges
        self._places = places
        self._starts = [i for i, p in enumerate(places) if i == 0 or p.shard != places[i - 1].shard]
        self._seed = seed
        self._rank = rank
        self._world = world_size
        self._compose = compose
        self._on_error = on_error
        self._at = Position(0, world_size)
        self._done = 0  # of the running iteration; `_at.done` is where it started
        self._turn = 0  # number of the iteration that moves the position
        self._fingerprint: str | None = None
        self._loaded = False  # a position was loaded and nothing read since
        self._pid = os.getpid()
        self._workers: Any = None  # `pmcmine.stream.torch.Shared`, once there is a torch dataset

    def __len__(self) -> int:
        return len(self._sequence(self._rank, self.position.among(self._world)))

    def __getitem__(self, index: object) -> Any:
        raise PmcmineError("samples are read in order, not by index: give a DataLoader `stream.torch_dataset(samples)`")

    @property
    def position(self) -> Position:
        """Where the running iteration is."""
        return Position(self._at.epoch, self._at.shares, self._done, self._at.before)

    def go_to(self, position: Position) -> None:
        """Continue from a position; an iteration that is running no longer counts."""
        self._at, self._done, self._turn, self._loaded = position, position.done, self._turn + 1, False

    def set_epoch(self, epoch: int) -> None:
        """Begin another epoch: another order, from its start.

        A position that was just loaded is kept if it is of the same epoch, so that a loop over epochs can resume.
        """
        if self._loaded and epoch == self._at.epoch:
            return
        self.go_to(Position(epoch, self._world))
        if self._workers is not None:
            self._workers.start_over(self)

    def _sequence(self, share: int, position: Position) -> list[int]:
        """Numbers of all samples of a share, those before the position included."""
        left, starts = _rest(len(self._places), self._seed, position.epoch, self._starts, position.before)
        dealt = order(len(left), position.shares, self._seed, position.epoch, starts)[share]
        return [left[i] for i in dealt] if position.before else dealt

    def state_dict(self) -> dict[str, Any]:
        """Return where this share is, for `load_state_dict` of the same release, condition and split.

        Raises:
            PmcmineError: if workers of a DataLoader read the samples: they alone know.
        """
        if self._workers is not None:
            self._workers.check_known()
        at = self.position
        return {
            "format": stream_state.FORMAT,
            "seed": self._seed,
            "epoch": at.epoch,
            "shares": at.shares,
            "samples": len(self._places),
            "done": at.done,
            "before": [[shares, list(done) if isinstance(done, tuple) else done] for shares, done in at.before],
            "of": self._of,
        }

    def load_state_dict(self, state: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """Continue where a share was; in another world, with a part of what all shares of the old one had left.

        Args:
            state: of one share, if all shares of its world have had as many samples, as between two steps.
                Or a list of the states of all shares in the order of their ranks, whose shares may have had different
                numbers of samples; what is left is then dealt anew, in the same world, too.

        Raises:
            PmcmineError: if it is the state of something else.
        """
        if isinstance(state, Sequence):
            self._seed, position = stream_state.merge(state, len(self._places), self._of)
            self.go_to(position.among(self._world))
        else:
            self.go_to(self._parse(state))
        self._loaded = True
        if self._workers is not None:
            self._workers.start_over(self)

    def _parse(self, state: Mapping[str, Any]) -> Position:
        """Take the seed of a state and return its position."""
        self._seed, position = stream_state.parse(state, len(self._places), self._of)
        return position

    @property
    def _of(self) -> str:
        """What the samples are, for states."""
        if self._fingerprint is None:
            shards, offsets, sizes = ([getattr(p, k) for p in self._places] for k in ("shard", "offset", "size"))
            shown = f"{self._compose.text}/{self._compose.mentions}/{self._compose.columns}"
            self._fingerprint = stream_state.fingerprint(shards, offsets, sizes, shown)
        return self._fingerprint

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Samples as dicts of `key`, `jpg` (bytes), `txt` (str) and `json` (dict), from the position on.

        Raises:
            PmcmineError: in a worker of a DataLoader that did not open the samples itself: each would read them all.
        """
        torch_data = sys.modules.get("torch.utils.data")
        if os.getpid() != self._pid and torch_data is not None and torch_data.get_worker_info() is not None:
            raise PmcmineError(
                "each worker of this DataLoader would read all samples: give it `stream.torch_dataset(samples)`, "
                "or call `stream.open` in the worker with a rank and world_size of its own"
            )
        return self.read(self._rank, self.position.among(self._world), next_epoch=True)

    def read(self, share: int, position: Position, *, next_epoch: bool) -> Iterator[dict[str, Any]]:
        """Read a share from a position on and keep the position up to date.

        Args:
            share: which one of `position.shares`.
            position: where to start.
            next_epoch: go to the start of the next epoch at the end, instead of staying at the end of this one.
        """
        self.go_to(position)
        return self._read_on(self._sequence(share, position), position, self._turn, next_epoch)

    def _read_on(
        self, sequence: Sequence[int], position: Position, turn: int, next_epoch: bool
    ) -> Iterator[dict[str, Any]]:
        # Prefetch the next window while one is used.
        pool = ThreadPoolExecutor(1, thread_name_prefix="pmcmine-stream")
        waiting: deque[Future[list[dict[str, Any] | None]]] = deque()
        try:
            for window in _windows(sequence, position.done):
                waiting.append(pool.submit(self._read, [self._places[i] for i in window]))
                if len(waiting) > 1:
                    yield from self._used(waiting.popleft().result(), turn)
            while waiting:
                yield from self._used(waiting.popleft().result(), turn)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        if next_epoch and turn == self._turn:
            self.go_to(Position(position.epoch + 1, self._world))

    def _used(self, samples: Sequence[dict[str, Any] | None], turn: int) -> Iterator[dict[str, Any]]:
        for sample in samples:
            if turn == self._turn:
                self._done += 1
                self._loaded = False
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
            cut = {p: data[p.offset - start : p.offset - start + p.size] for p in run}
            return {p: _decode(data, p, self._check) for p, data in cut.items()}
        except NoRanges:
            raise
        except PmcmineError as error:
            return error

    def _range(self, shard: str, start: int, end: int) -> bytes:
        for attempt in range(_TRIES):
            asked = 0.0
            try:
                data = self._ranges.read(shard, start, end)
                if len(data) == end - start:
                    return data
                if len(data) > end - start:
                    raise NoRanges(shard)
                problem = f"{len(data)} of {end - start} bytes"
            except NoRanges:
                raise
            except FileNotFoundError:
                raise PmcmineError(f"{shard}: not there; is the copy whole?") from None
            except Exception as error:  # noqa: BLE001 - each file system has errors of its own
                problem = f"{type(error).__name__}: {error}"
                asked = getattr(error, "retry_after", 0.0)
            if attempt < _TRIES - 1:
                time.sleep(max(_WAIT * 2**attempt * random.uniform(0.7, 1.3), min(asked, MOST_WAIT)))
        raise PmcmineError(f"{shard} at {start}: can't be read ({problem})")


def _windows(sequence: Sequence[int], at: int) -> Iterator[Sequence[int]]:
    """What is read at once, from a position on; windows stay where they were, so that a resumed one is read again."""
    span = _CHUNK * _WINDOW
    while at < len(sequence):
        window = sequence[at : (at // span + 1) * span]
        yield window
        at += len(window)


def torch_dataset(samples: Samples) -> Any:
    """Make a torch `IterableDataset` of samples, whose workers share them.

    Epochs follow each other as with `Samples`, with workers or without, persistent or not. The state with workers is
    that of torchdata's `StatefulDataLoader`; `Samples.state_dict` is an error then.

    Raises:
        ModuleNotFoundError: without torch.
    """
    from pmcmine.stream.torch import TorchSamples

    return TorchSamples(samples)


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


def _decode(data: bytes, place: _Place, check: bool) -> dict[str, Any]:
    """One sample from its tar members: plain ustar headers, as a release's shards have them.

    Args:
        data: the members.
        place: where they are from.
        check: check the image too.
    """
    sample: dict[str, Any] = {}
    at = 0
    try:
        for suffix in _SUFFIXES:
            head = data[at : at + _BLOCK]
            if head[257:262] != b"ustar":
                raise ValueError("no ustar header")
            # POSIX.1-1988, ustar: the sum of the header's bytes, its own field as spaces.
            if sum(head) - sum(head[148:156]) + 8 * 0x20 != int(head[148:154], 8):
                raise ValueError("a damaged header")
            size = int(head[124:135], 8)
            content = data[at + _BLOCK : at + _BLOCK + size]
            if len(content) != size:
                raise ValueError("cut off")
            key, _, found = head[: head.index(0, 0, 100)].decode("ascii").partition(".")
            if found != suffix or sample.setdefault("key", key) != key:
                raise ValueError(f"a member {key}.{found} of another sample")
            sample[suffix] = json.loads(content) if suffix == "json" else content
            at += _BLOCK + -(-size // _BLOCK) * _BLOCK
        if at != len(data):
            raise ValueError("more than three members")
        sample["txt"] = sample["txt"].decode("utf-8")
        record = sample["json"]
        if record["caption"] != sample["txt"]:
            raise ValueError("a text that is not its caption")
        if check and not image_holds(sample["jpg"], record["sha256"]):
            raise ValueError("a damaged image")
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise PmcmineError(f"{place.shard} at {place.offset}: no sample there ({error}); is the copy whole?") from None
    return sample


@dataclass(frozen=True, slots=True)
class _Composer:
    """Composes the text of a sample and cuts its JSON to columns. A class, because workers get it pickled.

    Attributes:
        text: full, title or panels.
        mentions: append the sentences that name the figure.
        columns: keys to keep; all if None.
    """

    text: str
    mentions: bool
    columns: tuple[str, ...] | None

    def __call__(self, sample: dict[str, Any]) -> dict[str, Any]:
        record = sample["json"]
        text = sample["txt"]
        if self.text == "title":
            text = record.get("caption_title") or text.split(". ")[0]
        elif self.text == "panels" and record.get("panels"):
            said = record["caption"]
            text = "; ".join(f"{p['label']}: {said[p['start'] : p['end']]}" for p in record["panels"])
        if self.mentions:
            text = " ".join([text, *(m["sentence"] for m in record.get("mentions") or ())])
        sample["txt"] = text
        if self.columns is not None:
            sample["json"] = {k: record[k] for k in self.columns if k in record}
        return sample


def _composer(caption: str, columns: Sequence[str] | None) -> _Composer:
    base, plus, more = caption.partition("+")
    base = {"": "full", "panel": "panels"}.get(base, base)
    if caption == "" or base not in _CAPTIONS or (plus and more != "mentions"):
        choices = [*_CAPTIONS, *(f"{c}+mentions" for c in _CAPTIONS)]
        raise PmcmineError(f"caption={caption!r}: {choose(caption, choices)}")
    if isinstance(columns, str):
        raise PmcmineError(f"columns={columns!r}: give a list of names")
    return _Composer(base, bool(plus), None if columns is None else tuple(columns))


def _locate(release: str) -> tuple[Any, str, str, str]:
    """File system, roots of shards and tables, and path of `release.json`: of a folder, a URL, or a repo on the Hub.

    On the Hub the two folders are two repos, whose newest commits are pinned: if one changes, the reader goes on with
    what it was.

    Raises:
        PmcmineError: if the two repos are of two releases.
    """
    is_repo = release.startswith("hf://datasets/") or (
        release.count("/") == 1 and "://" not in release and not Path(release).exists()
    )
    url = f"hf://datasets/{release}" if is_repo and not release.startswith("hf://") else release
    fs, root = fsspec.core.url_to_fs(url)
    if is_repo:
        roots = [_pinned(fs, r, release) for r in _repos(root)]
        path, other = (f"{r}/release.json" for r in roots)
        with suppress(FileNotFoundError):  # of one of them; what is missing is said by who reads it
            try:
                same = fs.cat_file(other) == fs.cat_file(path)
            except FileNotFoundError:
                raise
            except Exception as error:  # noqa: BLE001
                raise _unreachable(release, error) from None
            if not same:
                raise PmcmineError(f"{release}: its repos are of two releases; is one being published now?")
        return fs, roots[0], roots[1], path
    return fs, f"{root}/shards", f"{root}/tables", f"{root}/release.json"


def _repos(root: str) -> tuple[str, str]:
    """Roots of shards and tables of `datasets/ORG/NAME`, perhaps with `@REVISION`."""
    name, at, revision = root.partition("@")
    return root, f"{name}-tables{at}{revision}"


def _pinned(fs: Any, root: str, release: str) -> str:
    """The root of a repo at the commit that its revision is now.

    Raises:
        PmcmineError: if there is no such repo.
    """
    try:
        place = fs.resolve_path(root)
        info = fs._api.repo_info(place.repo_id, repo_type="dataset", revision=place.revision)
    except (OSError, NotImplementedError) as error:
        said = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
        raise PmcmineError(f"{release}: can't be opened ({said})") from None
    return f"datasets/{place.repo_id}@{info.sha}" if info.sha else root


def _unreachable(release: str, error: Exception) -> PmcmineError:
    """Return one line about what a file system says; each has errors of its own."""
    said = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
    return PmcmineError(f"{release}: can't be read ({said})")


def _read_listing(path: str, fs: Any, release: str) -> dict[str, Any]:
    try:
        listing = json.loads(fs.cat_file(path))
    except FileNotFoundError:
        raise PmcmineError(f"{release}: no release.json; this is no release, or it is not whole yet") from None
    except (ValueError, RecursionError):
        listing = None
    except Exception as error:  # noqa: BLE001
        raise _unreachable(release, error) from None
    files = listing.get("files") if isinstance(listing, dict) else None
    if not isinstance(files, list) or not all(isinstance(f, dict) and isinstance(f.get("name"), str) for f in files):
        raise PmcmineError(f"{release}: release.json is damaged; is the copy whole?")
    return {"files": files}


def _figure_rows(
    tables: str, files: Sequence[str], fs: Any, split: str, where: str | None, seconds: float
) -> list[tuple[str, int, int]]:
    """Shard, offset and size of the chosen samples of a split, in the order of the shards."""
    of_split = [f for f in files if f.rsplit("/", 1)[-1].startswith(f"{split}-")]
    # A condition is checked even if the split is empty.
    paths = [f"{tables}/{f.removeprefix('tables/')}" for f in of_split or files[:1]]
    if not paths:
        return []
    figures = pads.dataset(paths, filesystem=pa.fs.PyFileSystem(pa.fs.FSSpecHandler(fs)), format="parquet")
    query = "SELECT shard, sample_offset, sample_size FROM figures WHERE shard IS NOT NULL"
    with duckdb.connect(config=_SANDBOX) as connection:
        if where:
            query += f" AND ({where}\n)"
            check_values(connection, where, known_values(figures.schema), f"where={where!r}")
        query += " ORDER BY shard, sample_offset"
        connection.register("figures", figures)
        said = f"where={where!r}" if where else f"{tables}: listing its figures"
        try:
            with time_limit(connection, seconds, said):
                rows: list[tuple[str, int, int]] = connection.execute(query).fetchall()
        except duckdb.Error as error:
            raise PmcmineError(f"{said}: {explain(error, where or '')}") from None
    if not of_split:
        return []
    for shard, offset, size in rows:
        # A negative offset would count from the end of the file.
        if type(offset) is not int or type(size) is not int or offset < 0 or not 0 < size <= _MOST_SAMPLE:
            raise PmcmineError(f"{tables}: names no range of {shard!r} ({offset!r}, {size!r}); is the copy whole?")
    return rows


def _check_columns(columns: Sequence[str], shards: str, fs: Any) -> None:
    """Raise PmcmineError for a key that the JSON of the release's samples does not have."""
    path = f"{shards}/schema.json"
    try:
        known = [str(field["name"]) for field in json.loads(fs.cat_file(path))["json"]]
    except FileNotFoundError:
        return  # shards that came without it
    except (ValueError, LookupError, TypeError, RecursionError):
        raise PmcmineError(f"{path}: is damaged; is the copy whole?") from None
    except Exception as error:  # noqa: BLE001
        raise _unreachable(path, error) from None
    for name in columns:
        if name not in known:
            raise PmcmineError(f"columns: no key {name!r} in the JSON of a sample; {choose(name, known)}")


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
    check: bool | None = None,
    where_seconds: float = 600.0,
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
        check: check the bytes of each image. On by default if the release is not on a local disk: that costs
            little beside the network. Headers, keys and captions are always checked.
        where_seconds: time limit of the condition.

    Raises:
        PmcmineError: without a release, or for a split, column, value of an enumeration or condition that it does not
            have; the message holds the nearest name.
    """
    if not 0 <= rank < world_size:
        raise PmcmineError(f"rank {rank} of {world_size}: ranks count from 0 to world_size - 1")
    if on_error not in ("raise", "warn"):
        raise PmcmineError(f"on_error={on_error!r}: {choose(on_error, ('raise', 'warn'))}")
    if split not in SPLITS:
        raise PmcmineError(f"split={split!r}: {choose(split, SPLITS)}")
    compose = _composer(caption, columns)
    fs, shards, tables, path = _locate(release)
    listing = _read_listing(path, fs, release)
    if compose.columns:
        _check_columns(compose.columns, shards, fs)
    files = [f["name"] for f in listing["files"] if f["name"].startswith("tables/figures/")]
    local = Path(shards).parent if "file" in fs.protocol else None
    check_names(files, local, "file")
    try:
        rows = _figure_rows(tables, files, fs, split, where, where_seconds)
    except FileNotFoundError as error:
        raise PmcmineError(f"{release}: a table of figures is missing ({error}); is the copy whole?") from None
    except (pa.ArrowException, OSError) as error:
        why = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise PmcmineError(f"{release}: a table of figures can't be read ({why}); is the copy whole?") from None
    if not rows:
        chosen = f"split={split!r}" + (f", where={where!r}" if where else "")
        warnings.warn(f"{release}: {chosen} choose no sample", stacklevel=2)
    check_names({f"shards/{row[0]}" for row in rows}, local, "shard")
    ranges = ranges_of(fs, shards)
    check = local is None if check is None else check
    return Samples(ranges, [_Place(*row) for row in rows], seed, rank, world_size, compose, on_error, check)
