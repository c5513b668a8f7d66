"""Train CLIP on many GPUs, on one node or several, and go on in the middle of an epoch after a kill.

    torchrun --nproc-per-node 8 docs/recipes/train_ddp.py ORG/NAME --out run --model ViT-B-32 --batch 256 --workers 8
    torchrun --nnodes 4 --nproc-per-node 8 --rdzv-backend c10d --rdzv-endpoint HOST:29500 docs/recipes/train_ddp.py …

Each rank reads its share, and its loader's workers share that. `run/checkpoint.pt` holds model, optimiser and the
stream's state, a few kB; the same command goes on with the samples that are left of the epoch, also with another number
of GPUs, nodes or workers. On a machine without CUDA it runs on the processors, with gloo.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import open_clip
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

from pmcmine import stream

MODELS = Path(__file__).parent / "models"


class Collate:
    """Makes tensors of a batch, in the worker. A class, because workers get it pickled."""

    def __init__(self, model: str) -> None:
        self.tokenizer = open_clip.get_tokenizer(model)

    def __call__(self, batch: dict[str, list[Any]]) -> tuple[Any, Any, list[str]]:
        """Stack images, tokenize texts."""
        return torch.stack(batch["jpg"]), self.tokenizer(batch["txt"]), batch["key"]


def start() -> tuple[int, int, Any]:
    """Join the other processes; returns rank, number of ranks, and the device of this one."""
    cuda = torch.cuda.is_available()
    dist.init_process_group("nccl" if cuda else "gloo")
    local = int(os.environ["LOCAL_RANK"])
    if cuda:
        torch.cuda.set_device(local)
    return dist.get_rank(), dist.get_world_size(), torch.device("cuda", local) if cuda else torch.device("cpu")


def batches_left(samples: stream.Samples, world: int, workers: int, size: int) -> int:
    """Whole batches that every rank has of the rest of this epoch: all must take the same number of steps."""
    left = samples.left_in_epoch()
    shares = world * max(workers, 1)
    return left // shares // size * max(workers, 1)


def build(args: argparse.Namespace, device: Any) -> tuple[Any, Any, Any]:
    """Model on the device, its transform of images, optimiser; weights follow from the seed."""
    open_clip.add_model_config(MODELS)
    torch.manual_seed(args.seed)
    model, transform, _ = open_clip.create_model_and_transforms(args.model)
    model = model.to(device)
    fused = {"fused": True} if device.type == "cuda" else {}
    return model, transform, torch.optim.AdamW(model.parameters(), lr=args.rate, weight_decay=0.1, **fused)


def save(path: Path, model: Any, optimiser: Any, state: dict[str, Any], step: int) -> None:
    """Write a checkpoint, whole or not at all."""
    part = path.with_suffix(".part")
    torch.save(
        {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "stream": json.dumps(state), "step": step},
        part,
    )
    part.replace(path)


def load(path: Path, model: Any, optimiser: Any, samples: stream.Samples, device: Any) -> int:
    """Go on from a checkpoint, if there is one; returns the steps that were done."""
    if not path.exists():
        return 0
    state = torch.load(path, map_location=device, weights_only=True)
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    samples.load_state_dict(json.loads(state["stream"]))
    return int(state["step"])


def steps(samples: stream.Samples, batches: stream.Batches, loader: Any, world: int, workers: int) -> Iterator[Any]:
    """Yield batches for ever, each with the state of all ranks after it; an epoch ends for all ranks at once."""
    while True:
        n = batches_left(samples, world, workers, batches.size)
        epoch = samples.position.epoch
        if n == 0 and samples.position.before == () and samples.position.done == 0:
            raise SystemExit(f"an epoch of {world} ranks and {workers} workers has no whole batch of {batches.size}")
        iterator = iter(loader)
        for taken in range(1, n + 1):
            batch = next(iterator)
            yield batch, batches.state_after(taken, workers=workers)
        samples.set_epoch(epoch + 1)


def train(args: argparse.Namespace) -> None:
    """Train, or go on."""
    rank, world, device = start()
    model, transform, optimiser = build(args, device)
    samples = stream.open(
        args.release, where=args.where, caption=args.caption, columns=(), seed=args.seed, rank=rank, world_size=world,
        decode="pil", transform=transform,
    )  # fmt: skip
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "checkpoint.pt"
    done = load(path, model, optimiser, samples, device)
    batches = samples.batched(args.batch, drop_last=True)
    loader = DataLoader(
        stream.torch_dataset(batches), batch_size=None, collate_fn=Collate(args.model), num_workers=args.workers,
        persistent_workers=args.workers > 0, pin_memory=device.type == "cuda",
    )  # fmt: skip
    # Losses compare each pair with those of all ranks, whose features are gathered with their gradients.
    loss_of = open_clip.ClipLoss(local_loss=True, gather_with_grad=True, cache_labels=True, rank=rank, world_size=world)
    wrapped = DistributedDataParallel(model, device_ids=[device.index] if device.type == "cuda" else None)
    half = torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else contextlib.nullcontext()
    log = args.out / f"log-{rank}.jsonl"
    source = steps(samples, batches, loader, world, args.workers)
    for step in range(done + 1, args.steps + 1):
        (images, texts, keys), state = next(source)
        for group in optimiser.param_groups:
            group["lr"] = args.rate * min(1.0, step / args.warmup)
        with half:
            features = wrapped(images.to(device, non_blocking=True), texts.to(device, non_blocking=True))
            loss = loss_of(*features[:3])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, 4.6052)  # ln 100, as in the CLIP paper (Radford et al. 2021, section 2.5)
        if args.log_keys or (rank == 0 and step % args.log_every == 0):
            line = {"step": step, "epoch": state["epoch"], "loss": round(loss.item(), 4)}
            with log.open("a") as stream_of_log:
                stream_of_log.write(json.dumps(line | ({"keys": keys} if args.log_keys else {})) + "\n")
        if rank == 0 and (step % args.save_every == 0 or step == args.steps):
            save(path, model, optimiser, state, step)
    dist.barrier()
    dist.destroy_process_group()


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", help="release folder, or ORG/NAME on the Hub")
    parser.add_argument("--out", type=Path, required=True, help="folder that all nodes see")
    parser.add_argument("--model", default="ViT-B-32")
    parser.add_argument("--where", help="SQL condition over figures")
    parser.add_argument("--caption", default="full")
    parser.add_argument("--batch", type=int, default=256, help="pairs of a rank and step")
    parser.add_argument("--workers", type=int, default=4, help="of each rank's loader")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--warmup", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-every", type=int, default=500)
    parser.add_argument("--log-every", type=int, default=10)
    parser.add_argument("--log-keys", action="store_true", help="log every step of every rank, with keys")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
