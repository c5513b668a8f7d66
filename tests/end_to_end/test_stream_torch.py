"""The streaming reader in torch's DataLoader and torchdata's StatefulDataLoader: epochs, states, ways to start workers."""

from __future__ import annotations

from typing import Any

import pytest

from pmcmine import stream
from pmcmine.config import load_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import many_articles
from pmcmine.errors import PmcmineError
from tests.helpers import NO_MODELS, mine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
torch = pytest.importorskip("torch", reason="torch is needed: pip install '.[recipes]'")
data = torch.utils.data

WORKERS = [(0, False, None), (2, False, None), (3, True, None), (2, True, "spawn")]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("torch")
    write_bucket(folder / "bucket", many_articles(40))
    mine(
        load_config({"source": str(folder / "bucket"), "out": str(folder / "r"), "shard_bytes": 1_000_000, **NO_MODELS})
    )
    return str(folder / "r")


def _keys_of(batch: list[dict[str, Any]]) -> list[str]:
    return [s["key"] for s in batch]


def _loader(kind: Any, samples: stream.Samples, workers: int, persistent: bool, context: str | None) -> Any:
    return kind(
        stream.torch_dataset(samples),
        batch_size=8,
        collate_fn=_keys_of,
        num_workers=workers,
        persistent_workers=persistent,
        multiprocessing_context=context,
    )


def _epoch(loader: Any) -> list[str]:
    return [key for batch in loader for key in batch]


def _expected(release: str, seed: int, epoch: int) -> list[str]:
    samples = stream.open(release, seed=seed)
    samples.set_epoch(epoch)
    return [s["key"] for s in samples]


def _kinds() -> list[Any]:
    stateful = pytest.importorskip("torchdata.stateful_dataloader", reason="pip install '.[recipes]'")
    return [data.DataLoader, stateful.StatefulDataLoader]


@pytest.mark.parametrize(("workers", "persistent", "context"), WORKERS)
@pytest.mark.parametrize("which", [0, 1])
def test_epochs_follow_each_other(
    release: str, which: int, workers: int, persistent: bool, context: str | None
) -> None:
    samples = stream.open(release, seed=1)
    loader = _loader(_kinds()[which], samples, workers, persistent, context)
    epochs = [_epoch(loader) for _ in range(3)]
    everything = sorted(_expected(release, 1, 0))
    assert [sorted(e) for e in epochs] == [everything] * 3
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]
    if workers == 0:
        assert epochs == [_expected(release, 1, e) for e in range(3)]
    samples.set_epoch(0)
    assert _epoch(loader) == epochs[0] and _epoch(loader) == epochs[1]


@pytest.mark.parametrize("workers", [2, 3])
def test_an_epoch_that_was_left_early_begins_anew_for_all_workers(release: str, workers: int) -> None:
    samples = stream.open(release, seed=4)
    loader = _loader(data.DataLoader, samples, workers, True, None)
    for _ in zip(loader, range(2), strict=False):
        pass
    assert sorted(_epoch(loader)) == sorted(_expected(release, 4, 0))
    assert sorted(_epoch(loader)) == sorted(_expected(release, 4, 0))


def test_a_position_of_the_main_process_is_shared_among_workers(release: str) -> None:
    samples = stream.open(release, seed=2)
    begun = iter(samples)
    had = [next(begun)["key"] for _ in range(21)]
    again = stream.open(release, seed=2)
    loader = _loader(data.DataLoader, again, 2, True, None)
    _epoch(loader)  # the workers live already, and are at another place
    again.load_state_dict(samples.state_dict())
    assert sorted(had + _epoch(loader)) == sorted(_expected(release, 2, 0))
    assert sorted(_epoch(loader)) == sorted(_expected(release, 2, 0))


def test_a_state_that_only_workers_know_is_an_error(release: str) -> None:
    samples = stream.open(release, seed=2)
    loader = _loader(data.DataLoader, samples, 2, False, None)
    assert samples.state_dict()["done"] == 0  # true: nothing was read
    next(iter(loader))
    for asked in (samples, loader.dataset):
        with pytest.raises(PmcmineError, match="StatefulDataLoader"):
            asked.state_dict()
    samples.set_epoch(3)
    assert (samples.state_dict()["epoch"], samples.state_dict()["done"]) == (3, 0)


def test_without_workers_the_state_is_that_of_the_samples(release: str) -> None:
    samples = stream.open(release, seed=3)
    loader = _loader(data.DataLoader, samples, 0, False, None)
    _epoch(loader)
    had = [key for _, batch in zip(range(4), loader, strict=False) for key in batch]
    again = stream.open(release, seed=3)
    again.load_state_dict(samples.state_dict())
    assert had + _epoch(_loader(data.DataLoader, again, 0, False, None)) == _expected(release, 3, 1)


@pytest.mark.parametrize(("workers", "persistent", "context"), WORKERS)
def test_a_stateful_loader_goes_on_where_it_was(
    release: str, workers: int, persistent: bool, context: str | None
) -> None:
    """In the second epoch: at its start, in the middle, where some workers have ended, and after the end."""
    kind = _kinds()[1]
    everything = sorted(_expected(release, 6, 0))
    batches = len(everything) // 8
    for stop in (1, batches // 2, batches, None) if context is None else (batches // 2,):
        loader = _loader(kind, stream.open(release, seed=6), workers, persistent, context)
        _epoch(loader)
        had = []
        for n, batch in enumerate(loader, 1):
            had += batch
            if n == stop:
                break
        state = loader.state_dict()
        again = _loader(kind, stream.open(release, seed=6), workers, persistent, context)
        again.load_state_dict(state)
        rest = _epoch(again)
        if stop is None:
            assert sorted(rest) == everything and rest == _epoch(_at(kind, release, workers, 2))
        else:
            assert sorted(had + rest) == everything
            assert _epoch(again) == _epoch(_at(kind, release, workers, 2))


def _at(kind: Any, release: str, workers: int, epoch: int) -> Any:
    samples = stream.open(release, seed=6)
    samples.set_epoch(epoch)
    return _loader(kind, samples, workers, False, None)


class _Own(data.IterableDataset):  # type: ignore[misc,name-defined]
    def __init__(self, samples: stream.Samples) -> None:
        self.samples = samples

    def __iter__(self) -> Any:
        return iter(self.samples)


def test_samples_that_each_worker_would_read_are_an_error(release: str) -> None:
    samples = stream.open(release)
    assert len(list(data.DataLoader(_Own(samples), batch_size=None))) == len(samples)
    with pytest.raises(PmcmineError, match="torch_dataset"):
        list(data.DataLoader(_Own(samples), batch_size=None, num_workers=2))
    with pytest.raises(PmcmineError, match="torch_dataset"):
        list(data.DataLoader(samples))
    for workers in (0, 2):
        with pytest.raises(PmcmineError, match=r"torch_dataset\(batches\)` and batch_size=None"):
            list(data.DataLoader(samples.batched(2), batch_size=None, num_workers=workers))


def test_a_state_of_a_loader_is_no_state_of_samples(release: str) -> None:
    loader = _loader(_kinds()[1], stream.open(release), 0, False, None)
    next(iter(loader))
    with pytest.raises(PmcmineError, match="load_state_dict"):
        stream.open(release).load_state_dict(loader.state_dict())
