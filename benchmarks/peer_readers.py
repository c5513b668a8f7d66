"""One reader over one place, in a process of its own: `python -m benchmarks.peer_readers '{"reader": …}'` prints JSON.

A reader yields (key, image): bytes, or a picture of 224 × 224 if decoded.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

PASSES: Final = 2
BEFORE: Final = 100  # samples before a reader is resumed
_SIDE: Final = 224


def picture(data: bytes) -> Any:
    """Decode an image as for a training step."""
    from PIL import Image

    return small(Image.open(io.BytesIO(data)))


def small(image: Any) -> Any:
    """Reduce a picture."""
    return image.convert("RGB").resize((_SIDE, _SIDE))


def _loader(dataset: Any, workers: int) -> Any:
    from torch.utils.data import DataLoader

    return DataLoader(dataset, batch_size=None, num_workers=workers, persistent_workers=workers > 0)


def _pmcmine(case: dict[str, Any], state: Any) -> tuple[Iterable[Any], Callable[[int], Any]]:
    from pmcmine import stream

    options: dict[str, Any] = {"decode": "pil", "transform": small} if case["decode"] else {}
    samples = stream.open(case["place"]["pmcmine"], seed=0, cache=False, **options)
    if state is not None:
        samples.load_state_dict(state)
    source = _loader(stream.torch_dataset(samples), case["workers"]) if case["workers"] else samples
    return source, lambda n: samples.state_dict()


def _webdataset(case: dict[str, Any], state: Any) -> tuple[Iterable[Any], Callable[[int], Any] | None]:
    import webdataset as wds

    dataset = wds.WebDataset(case["place"]["tars"], shardshuffle=False, empty_check=False)
    if case["decode"]:
        dataset = dataset.map(_decoded)
    return _loader(dataset, case["workers"]) if case["workers"] else dataset, None


def _decoded(sample: dict[str, Any]) -> dict[str, Any]:
    return {**sample, "jpg": picture(sample["jpg"])}


def _datasets(case: dict[str, Any], state: Any) -> tuple[Iterable[Any], Callable[[int], Any]]:
    from datasets import Image, load_dataset

    files = {"train": case["place"]["tars"]}
    dataset: Any = load_dataset("webdataset", data_files=files, split="train", streaming=True)
    dataset = dataset.map(_reduced) if case["decode"] else dataset.cast_column("jpg", Image(decode=False))
    if state is not None:
        dataset.load_state_dict(state)
    return _loader(dataset, case["workers"]) if case["workers"] else dataset, lambda n: dataset.state_dict()


def _reduced(sample: dict[str, Any]) -> dict[str, Any]:
    return {**sample, "jpg": small(sample["jpg"])}


def _mosaicml(case: dict[str, Any], state: Any) -> tuple[Iterable[Any], Callable[[int], Any]]:
    from streaming import StreamingDataset

    place = case["place"]["mds"]
    where = {"local": place} if "://" not in place else {"remote": place, "local": tempfile.mkdtemp()}
    dataset = StreamingDataset(**where, batch_size=1, shuffle=True, shuffle_seed=0)
    if state is not None:
        dataset.load_state_dict(state)
    loader = _loader(dataset, case["workers"]) if case["workers"] else dataset
    source = map(_decoded, loader) if case["decode"] and not case["workers"] else loader
    if case["decode"] and case["workers"]:
        dataset.__class__ = type("Decoding", (StreamingDataset,), {"__getitem__": _decoding_item})
    return _Again(source, loader, bool(case["decode"] and not case["workers"])), lambda n: dataset.state_dict(n, True)


def _decoding_item(self: Any, at: Any) -> Any:
    from streaming import StreamingDataset

    return _decoded(StreamingDataset.__getitem__(self, at))


class _Again:
    """Iterates a source again and again, each sample decoded here if asked to."""

    def __init__(self, first: Iterable[Any], source: Iterable[Any], decode: bool) -> None:
        self._source, self._decode = source, decode

    def __iter__(self) -> Iterator[Any]:
        return map(_decoded, self._source) if self._decode else iter(self._source)


def _litdata(case: dict[str, Any], state: Any) -> tuple[Iterable[Any], Callable[[int], Any]]:
    from litdata import StreamingDataLoader, StreamingDataset

    dataset = StreamingDataset(
        case["place"]["litdata"], shuffle=True, seed=0, transform=_decoded if case["decode"] else None
    )
    loader = StreamingDataLoader(dataset, batch_size=1, num_workers=case["workers"], collate_fn=_only,
                                 persistent_workers=case["workers"] > 0)  # fmt: skip
    if state is not None:
        loader.load_state_dict(state)
    return loader, lambda n: loader.state_dict()


def _only(batch: list[Any]) -> Any:
    return batch[0]


READERS: Final[dict[str, Callable[[dict[str, Any], Any], tuple[Iterable[Any], Callable[[int], Any] | None]]]] = {
    "pmcmine": _pmcmine,
    "webdataset": _webdataset,
    "datasets": _datasets,
    "mosaicml": _mosaicml,
    "litdata": _litdata,
}
_IMPORTS: Final = {
    "pmcmine": "pmcmine.stream", "webdataset": "webdataset", "datasets": "datasets", "mosaicml": "streaming",
    "litdata": "litdata",
}  # fmt: skip


def _key(sample: Any) -> str:
    return str(sample["key"] if "key" in sample else sample["__key__"])


def measure(case: dict[str, Any]) -> dict[str, Any]:
    """Return seconds to the first sample, and samples per second, of the clock and of this process's processor time.

    Of several passes the fastest counts; over HTTP there is one, for the others would come from a cache.
    """
    __import__(_IMPORTS[case["reader"]])
    if case["workers"] or case["reader"] in ("mosaicml", "litdata"):
        import torch  # noqa: F401 - before the clock starts
    next(iter(READERS[case["reader"]]({**case, "workers": 0}, None)[0]))  # modules are imported when they are needed
    begun = time.perf_counter()
    source, _ = READERS[case["reader"]](case, None)
    first, n, rate, of_cpu = 0.0, 0, 0.0, 0.0
    for turn in range(1 if case["http"] else PASSES):
        start, used = begun if turn == 0 else time.perf_counter(), time.process_time()
        n = 0
        for sample in source:
            assert sample["jpg"] is not None
            n += 1
            if n == 1 and turn == 0:
                first = time.perf_counter() - begun
        rate = max(rate, n / (time.perf_counter() - start))
        of_cpu = max(of_cpu, n / (time.process_time() - used))
    return {"first": round(first, 3), "rate": round(rate, 1), "per_cpu_second": round(of_cpu, 1), "samples": n}


def resume(case: dict[str, Any]) -> dict[str, Any]:
    """Tell whether a reader that is opened anew with a state yields the rest of an epoch, in the same order."""
    open_reader = READERS[case["reader"]]
    whole = [_key(s) for s in open_reader(case, None)[0]]
    source, state_of = open_reader(case, None)
    if state_of is None:
        return {"resumes": False, "why": "has no state"}
    running = iter(source)
    had = [_key(s) for s in itertools.islice(running, BEFORE)]
    state = json.loads(json.dumps(state_of(BEFORE), default=str))
    del running
    begun = time.perf_counter()
    again = iter(open_reader(case, state)[0])
    rest = [_key(next(again))]
    first = time.perf_counter() - begun
    rest += [_key(s) for s in again]
    return {"resumes": had + rest == whole, "each_once": sorted(had + rest) == sorted(whole), "first": round(first, 3)}


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the readers print
    try:
        result = (resume if asked["resume"] else measure)(asked)
    except BaseException as error:  # noqa: BLE001 - a reader that can't is a result
        result = {"fails": f"{type(error).__name__}: {str(error).splitlines()[0][:160] if str(error) else ''}"}
    print(json.dumps(result), file=out, flush=True)
    os._exit(0)  # threads of some readers do not end
