"""One reader over one place after another: `python -m benchmarks.peer_readers READER` takes commands as lines of JSON.

A reader yields samples with `jpg` (bytes, or a picture of 224 × 224 if decoded), `txt` (text) and `json` (a dict). The
process loads the modules of its reader once and forks for each case, whose passes are read when they are asked for, so
that readers can take turns.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import itertools
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

PASS_SECONDS: Final = 6.0  # a pass that takes longer is cut off; its rate is that of the samples so far
BEFORE: Final = 100  # samples before a reader is resumed
_SIDE: Final = 224


def picture(data: bytes) -> Any:
    """Decode an image as for a training step."""
    from PIL import Image

    return small(Image.open(io.BytesIO(data)))


def small(image: Any) -> Any:
    """Reduce a picture."""
    return image.convert("RGB").resize((_SIDE, _SIDE))


def _parsed(sample: dict[str, Any]) -> dict[str, Any]:
    """Return a sample with its record as a dict and its caption as text, which `pmcmine.stream` always does."""
    text = sample["txt"]
    return {**sample, "json": json.loads(sample["json"]), "txt": text if isinstance(text, str) else text.decode()}


def _decoded(sample: dict[str, Any]) -> dict[str, Any]:
    sample = _parsed(sample)
    return {**sample, "jpg": picture(sample["jpg"])}


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
    dataset = dataset.map(_decoded if case["decode"] else _parsed)
    return _loader(dataset, case["workers"]) if case["workers"] else dataset, None


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
    from streaming.base.util import clean_stale_shared_memory

    clean_stale_shared_memory()  # of a process that was ended: its states of shards would be taken for these
    make = _decoded if case["decode"] else _parsed

    class Made(StreamingDataset):  # type: ignore[misc]  # it is not looked at by the type checker
        def __getitem__(self, at: Any) -> Any:
            return make(super().__getitem__(at))

    place = case["place"]["mds"]
    where = {"local": place} if "://" not in place else {"remote": place, "local": tempfile.mkdtemp()}
    dataset = Made(**where, batch_size=1, shuffle=True, shuffle_seed=0)
    if state is not None:
        dataset.load_state_dict(state)
    return _loader(dataset, case["workers"]) if case["workers"] else dataset, lambda n: dataset.state_dict(n, True)


def _litdata(case: dict[str, Any], state: Any) -> tuple[Iterable[Any], Callable[[int], Any]]:
    from litdata import StreamingDataLoader, StreamingDataset

    place = case["place"]["litdata"]
    remote: dict[str, Any] = {}
    if "://" in place:
        from litdata.streaming import downloader

        downloader._OBSTORE_CLIENT_OPTIONS["allow_http"] = True  # it has no option for a server without TLS
        remote = {"cache_dir": case.get("copies") or tempfile.mkdtemp()}
    dataset = StreamingDataset(
        place, shuffle=True, seed=0, transform=_decoded if case["decode"] else _parsed, **remote
    )  # fmt: skip
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
    "pmcmine": ("pmcmine.stream", "aiohttp", "torch.utils.data"),
    "webdataset": ("webdataset", "torch.utils.data"),
    "datasets": ("datasets", "aiohttp", "torch.utils.data"),
    "mosaicml": ("streaming", "boto3", "torch.utils.data"),
    "litdata": ("litdata", "boto3", "torch.utils.data"),
}


def _key(sample: Any) -> str:
    return str(sample["key"] if "key" in sample else sample["__key__"])


class Passes:
    """Passes over one case. On a disk the reader is opened once; over HTTP anew for each pass, without a copy."""

    def __init__(self, case: dict[str, Any]) -> None:
        self._case = case
        self._source: Iterable[Any] | None = None
        local = {**case, "place": case["local"], "workers": 0}
        next(iter(READERS[case["reader"]](local, None)[0]))  # modules are imported when they are needed

    def one(self) -> dict[str, Any]:
        """Return samples per second, of the clock and of this process's processor time; seconds to the first sample."""
        begun, used = time.perf_counter(), time.process_time()
        opened = self._source is None or self._case["http"]
        if self._source is None or self._case["http"]:
            self._source, _ = READERS[self._case["reader"]](self._case, None)
        first, n = 0.0, 0
        for sample in self._source:
            if sample["jpg"] is None or not sample["txt"] or not isinstance(sample["json"], dict):
                raise ValueError("not the sample that was asked for")
            n += 1
            if n == 1:
                first = time.perf_counter() - begun
            if time.perf_counter() - begun > PASS_SECONDS:
                self._source = None
                break
        seconds, of_cpu = time.perf_counter() - begun, time.process_time() - used
        return {"rate": n / seconds, "per_cpu_second": n / of_cpu, "samples": n, **({"first": first} if opened else {})}

    def resumed(self) -> dict[str, Any]:
        """Tell whether a reader that is opened anew with a state yields the rest of an epoch, in the same order."""
        open_reader = READERS[self._case["reader"]]
        case = {**self._case, "copies": tempfile.mkdtemp()}  # a state of litdata's names this folder
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
        found = {"resumes": had + rest == whole, "each_once": sorted(had + rest) == sorted(whole)}
        return {**found, "state_bytes": len(json.dumps(state)), "first": round(first, 3)}


def _lines() -> Iterator[str]:
    """Yield lines of the standard input without reading further, for a child reads it too."""
    line = bytearray()
    while byte := os.read(0, 1):
        if byte == b"\n":
            yield line.decode()
            line.clear()
        else:
            line += byte


def _serve_case(case: dict[str, Any], answer: Callable[[Any], None]) -> None:
    """Answer the commands of one case until its end."""
    os.setsid()  # so that all of its workers can be ended
    answer({"pid": os.getpid()})
    passes: Passes | None = None
    for command in _lines():
        if command == "end":
            return
        try:
            passes = passes or Passes(case)
            answer(passes.one() if command == "pass" else passes.resumed())
        except BaseException as error:  # noqa: BLE001 - a reader that can't is a result
            said = (str(error).splitlines() or [""])[0][:160]
            answer({"fails": f"{type(error).__name__}: {said}"})


def serve(reader: str) -> None:
    """Load the modules of a reader, and fork for each case."""
    out = os.dup(1)
    os.dup2(2, 1)  # what the readers print

    def answer(found: Any) -> None:
        os.write(out, json.dumps(found).encode() + b"\n")

    for module in _IMPORTS[reader]:
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(module)
    answer({"ready": reader})
    for line in _lines():
        child = os.fork()
        if child == 0:
            try:
                _serve_case(json.loads(line), answer)
            finally:
                with contextlib.suppress(OSError):
                    os.killpg(0, signal.SIGKILL)  # threads and workers of some readers do not end
        os.waitpid(child, 0)
        answer({"ended": child})


if __name__ == "__main__":
    serve(sys.argv[1])
