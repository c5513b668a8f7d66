"""How users of torch, torchdata, Lightning and accelerate write their loops over a stream: every sample is there, once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.releases import write_release
from pmcmine import stream
from pmcmine.errors import PmcmineError

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
torch = pytest.importorskip("torch", reason="torch is needed: pip install '.[recipes]'")
DataLoader = torch.utils.data.DataLoader
N = 101


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_release(tmp_path_factory.mktemp("idioms") / "release", N, N))


def _keys(seed: int, release: str, epoch: int = 0) -> list[str]:
    samples = stream.open(release, seed=seed)
    samples.set_epoch(epoch)
    return [s["key"] for s in samples]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_loader_collates_tensors_texts_and_numbers(release: str, workers: int) -> None:
    samples = stream.open(release, seed=1, decode="torch", transform=lambda image: image / 255, columns=["number"])
    loader = DataLoader(stream.torch_dataset(samples), batch_size=8, num_workers=workers)
    assert len(loader) == 13
    batches = list(loader)
    assert tuple(batches[0]["jpg"].shape) == (8, 3, 24, 24) and batches[0]["jpg"].max() <= 1
    assert sorted(k for b in batches for k in b["key"]) == sorted(_keys(1, release))
    assert sorted(n for b in batches for n in b["json"]["number"].tolist()) == list(range(N))


@pytest.mark.parametrize(("workers", "persistent"), [(0, False), (2, False), (2, True)])
def test_a_loop_that_counts_batches_sees_epoch_after_epoch(release: str, workers: int, persistent: bool) -> None:
    """As trainers do that ask for the length: they take so many batches, and never ask for one more."""
    samples = stream.open(release, seed=2)
    batches = samples.batched(10, drop_last=True)
    loader = DataLoader(
        stream.torch_dataset(batches), batch_size=None, num_workers=workers, persistent_workers=persistent
    )
    assert len(loader) == 10
    epochs = []
    for _ in range(3):
        begun = iter(loader)
        epochs.append([key for _ in range(len(loader)) for key in next(begun)["key"]])
        del begun
    assert [len(set(e)) for e in epochs] == [100] * 3
    assert epochs[0] != epochs[1] != epochs[2]


@pytest.mark.parametrize("workers", [1, 3])
def test_the_state_of_all_ranks_while_workers_read(release: str, workers: int) -> None:
    had, state = [], None
    for rank in range(2):
        batches = stream.open(release, seed=3, rank=rank, world_size=2).batched(4, drop_last=True)
        loader = DataLoader(stream.torch_dataset(batches), batch_size=None, num_workers=workers)
        had += [key for _, batch in zip(range(7), loader, strict=False) for key in batch["key"]]
        state = batches.state_after(7, workers=workers)
    assert state == json.loads(json.dumps(state)) and len(json.dumps(state)) < 300
    assert len(had) == 56
    for world, more in ((3, 0), (1, 2)):
        rest = []
        for rank in range(world):
            samples = stream.open(release, seed=3, rank=rank, world_size=world)
            samples.load_state_dict(state)
            assert samples.left_in_epoch() == N - 56
            loader = DataLoader(stream.torch_dataset(samples.batched(4)), batch_size=None, num_workers=more)
            rest += [key for batch in loader for key in batch["key"]]
        assert sorted(had + rest) == sorted(_keys(3, release))
    with pytest.raises(PmcmineError, match="fewer batches"):
        batches.state_after(50, workers=workers)


def test_a_stateful_loader_of_batches(release: str) -> None:
    kind = pytest.importorskip("torchdata.stateful_dataloader").StatefulDataLoader

    def loader() -> Any:
        return kind(stream.torch_dataset(stream.open(release, seed=4).batched(8)), batch_size=None, num_workers=2)

    first = loader()
    had, begun = [], iter(first)
    for _ in range(5):
        had += next(begun)["key"]
    again = loader()
    again.load_state_dict(first.state_dict())
    assert sorted(had + [key for batch in again for key in batch["key"]]) == sorted(_keys(4, release))


def test_what_is_no_stream_is_one_line() -> None:
    with pytest.raises(PmcmineError, match="torch_dataset takes"):
        stream.torch_dataset([1, 2])  # type: ignore[arg-type]


def _tensors(batch: list[dict[str, Any]]) -> dict[str, Any]:
    return {"pixels": torch.stack([s["jpg"] for s in batch]), "n": torch.tensor([s["json"]["number"] for s in batch])}


@pytest.mark.parametrize("workers", [0, 2])
def test_accelerate(release: str, workers: int) -> None:
    accelerate = pytest.importorskip("accelerate", reason="pip install accelerate")
    dataset = stream.torch_dataset(stream.open(release, seed=5, decode="torch", columns=["number"]))
    plain = DataLoader(dataset, batch_size=8, num_workers=workers, collate_fn=_tensors)
    loader = accelerate.Accelerator(cpu=True).prepare(plain)
    for epoch in range(2):
        loader.set_epoch(epoch)
        numbers = [n for batch in loader for n in batch["n"].tolist()]
        assert sorted(numbers) == list(range(N))
        if workers == 0:
            assert [f"PMC{n}-1-f1" for n in numbers] == _keys(5, release, epoch)


@pytest.mark.parametrize("workers", [0, 2])
def test_lightning(release: str, workers: int, tmp_path: Path) -> None:
    lightning = pytest.importorskip("lightning", reason="pip install lightning")
    seen: list[list[str]] = []

    class Model(lightning.LightningModule):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(3, 1)

        def on_train_epoch_start(self) -> None:
            seen.append([])

        def training_step(self, batch: Any, n: int) -> Any:
            seen[-1].extend(batch["key"])
            return self.layer(batch["jpg"].float().mean((2, 3))).mean()

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.01)

    samples = stream.open(release, seed=6, decode="torch", columns=())
    loader = DataLoader(stream.torch_dataset(samples), batch_size=8, num_workers=workers)
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    trainer = lightning.Trainer(max_epochs=3, accelerator="cpu", default_root_dir=tmp_path, **quiet)
    trainer.fit(Model(), loader)
    assert len(seen) == 3 and all(len(epoch) == len(set(epoch)) for epoch in seen)
    # Lightning takes `len(loader)` batches: of two workers, whose last batches are smaller, it may leave out one.
    assert all(len(epoch) >= N - 8 * (workers > 0) for epoch in seen)
    assert seen[0] != seen[1] != seen[2]
    if workers == 0:
        assert seen == [_keys(6, release, epoch) for epoch in range(3)]
