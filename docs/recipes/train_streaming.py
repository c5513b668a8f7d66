"""Train CLIP on samples that `pmcmine.stream` chooses, and go on in the middle of an epoch after a kill.

    python docs/recipes/train_streaming.py release --out run --steps 20000 --where "license = 'CC-BY'" --caption full

The model is one of open_clip. `run/log.jsonl` has a line a step; `run/checkpoint.pt` holds model, optimiser and the
stream's position, so that the same command goes on with the very next sample.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import open_clip
import torch
from PIL import Image

from pmcmine import stream

MODELS = Path(__file__).parent / "models"
Show = Callable[[dict[str, Any], int], tuple[Image.Image, str]]


@dataclass(frozen=True)
class Recipe:
    """What a training is; all that its result depends on, but for the data."""

    model: str = "pmcmine-tiny"
    caption: str = "full"
    tokens: int = 0  # of the text encoder's context, and of an enriched caption; 0 for the model's own
    where: str | None = None
    chosen: str | None = None  # list of `pmcmine curate`
    steps: int = 100
    batch: int = 32
    rate: float = 1e-3
    weight_decay: float = 0.1
    warmup: int = 10
    seed: int = 0


def build(recipe: Recipe) -> tuple[Any, Any, Any, Any]:
    """Model, its transforms for training and for looking, and its tokenizer; weights follow from the seed."""
    open_clip.add_model_config(MODELS)
    torch.manual_seed(recipe.seed)
    context = {"force_context_length": recipe.tokens} if recipe.tokens else {}
    model, training, looking = open_clip.create_model_and_transforms(recipe.model, **context)
    return model, training, looking, open_clip.get_tokenizer(recipe.model, context_length=recipe.tokens or None)


def image_of(sample: dict[str, Any]) -> Image.Image:
    """Decode the image of a sample."""
    return Image.open(io.BytesIO(sample["jpg"]), formats=["JPEG", "PNG"]).convert("RGB")


def batches(samples: stream.Samples, size: int) -> Iterator[list[dict[str, Any]]]:
    """Batches for ever, one epoch after another; what is left of an epoch below a batch is let go."""
    while True:
        batch = []
        for sample in samples:
            batch.append(sample)
            if len(batch) == size:
                yield batch
                batch = []


def resume(saved: Path, recipe: Recipe, device: Any, model: Any, optimiser: Any, samples: stream.Samples) -> int:
    """Load a checkpoint of the same recipe; return the steps that are done."""
    state = torch.load(saved, map_location=device, weights_only=True)
    before, now = json.loads(state["recipe"]), asdict(recipe)
    changed = [f"{name} {before.get(name)!r}, now {now[name]!r}" for name in now if before.get(name) != now[name]]
    if changed:
        raise SystemExit(f"{saved}: is of another recipe ({'; '.join(changed)}); give another --out")
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    samples.load_state_dict(json.loads(state["stream"]))
    return int(state["step"])


def train(
    release: str, recipe: Recipe, out: Path, save_every: int = 50, say: bool = True, show: Show | None = None
) -> Any:
    """Train, or go on; the trained model.

    Args:
        release: release folder, or ORG/NAME on the Hub.
        recipe: what is trained how.
        out: folder of the log and the checkpoint.
        save_every: steps between checkpoints.
        say: whether to print each step.
        show: returns picture and text of a sample, whose caption is the whole one, at a step; `recipe.caption` is then
            only a name.
    """
    out.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model, transform, _, tokenizer = build(recipe)
    model = model.to(device)
    optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay)
    loss_of = open_clip.ClipLoss()
    budget: dict[str, Any] = {}
    if show is None:
        budget = {"caption": recipe.caption, "columns": ()}
        if recipe.caption == "enriched":
            budget |= {"tokens": recipe.tokens or tokenizer.context_length, "tokenizer": tokenizer}
    samples = stream.open(release, where=recipe.where, list=recipe.chosen, seed=recipe.seed, **budget)
    if len(samples) < recipe.batch:
        raise SystemExit(f"{release}: {len(samples)} samples are chosen, a batch has {recipe.batch}")
    saved = out / "checkpoint.pt"
    done = resume(saved, recipe, device, model, optimiser, samples) if saved.exists() else 0
    log = out / "log.jsonl"
    kept = log.read_text().splitlines()[:done] if log.exists() else []
    log.write_text("".join(f"{line}\n" for line in kept))
    model.train()
    source = batches(samples, recipe.batch)
    for step in range(done, recipe.steps):
        batch = next(source)
        # Random crops follow from the step, so that a training that goes on is the training that never stopped.
        torch.manual_seed(recipe.seed * 1_000_003 + step)
        pairs = [(image_of(s), s["txt"]) if show is None else show(s, step) for s in batch]
        images = torch.stack([transform(image) for image, _ in pairs])
        texts = tokenizer([text for _, text in pairs])
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * min(1.0, (step + 1) / recipe.warmup)
        features = model(images.to(device), texts.to(device))
        loss = loss_of(*features[:3])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, 4.6052)  # ln 100, as in the CLIP paper (Radford et al. 2021, section 2.5)
        keys = hashlib.sha256(" ".join(s["key"] for s in batch).encode()).hexdigest()[:12]
        line = json.dumps({"step": step + 1, "loss": round(loss.item(), 5), "keys": keys})
        with log.open("a") as stream_of_log:
            stream_of_log.write(f"{line}\n")
        if say:
            print(line, flush=True)
        if (step + 1) % save_every == 0 or step + 1 == recipe.steps:
            part = saved.with_suffix(".part")
            torch.save(
                {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "step": step + 1,
                 "stream": json.dumps(samples.state_dict()), "recipe": json.dumps(asdict(recipe))},
                part,
            )  # fmt: skip
            part.replace(saved)
    return model.cpu()


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of a recipe."""
    parser.add_argument("release", help="release folder, or ORG/NAME on the Hub")
    parser.add_argument("--out", type=Path, required=True)
    for name, value in asdict(Recipe()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=str if value is None else type(value), default=value)


def recipe_of(args: argparse.Namespace) -> Recipe:
    """Read the recipe from the options."""
    return Recipe(**{name: getattr(args, name) for name in asdict(Recipe())})


def main() -> None:
    """Train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments(parser)
    parser.add_argument("--save-every", type=int, default=50)
    args = parser.parse_args()
    train(args.release, recipe_of(args), args.out, args.save_every)


if __name__ == "__main__":
    main()
