"""Train the network that looks at shapes first, and tells those that the network of letters need not read.

    python -m classifiers.panels.train_first draw --layouts layouts.tsv.gz --images FOLDER --fonts FOLDER --out a.npz
    python -m classifiers.panels.train_first train --samples a.npz --out shapes.onnx

It learns from the network of letters: which shapes of drawn figures that one takes for some letter. Training needs
PyTorch; half a minute on one core.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifiers.panels.samples import Drawn, drawer
from classifiers.panels.train import export_network
from pmcmine.panels.letters import CLASSES, PATCH, find_shapes
from pmcmine.panels.networks import read_letters

_SIDES: Final = (512, 640, 768, 768, 1200, 1400)  # of drawn figures: bases, and pictures as they are
_LETTER: Final = 0.3  # probability of a letter from which a shape is to be read; below what counts as found
_THUMB: Final = 8  # pixels of the side of what the network is shown, averages of a patch's
_HIDDEN: Final = (64, 16)
_RATE: Final = 6e-3
_MISSED: Final = 4.0  # cost of a letter that is passed over, to that of a shape that is read for nothing
_NOISE: Final = 0.02


def thumbnails(patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Reduce patches, patches × 2 × side × side, to what the first layer of the network sees: patches × numbers."""
    step = PATCH // _THUMB
    small = patches.reshape(-1, 2, _THUMB, step, _THUMB, step).mean((3, 5))
    return np.asarray(small.reshape(len(patches), 2 * _THUMB * _THUMB), np.float32)


def shape_table(drawn: Drawn, figures: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Draw figures: thumbnails of their shapes, and which of them the network of letters takes for one."""
    r = random.Random(seed)
    seen, letters = [], []
    for _ in range(figures):
        shapes = find_shapes(np.asarray(drawn(r, r.choice(_SIDES)).image.convert("L")))
        seen.append(thumbnails(shapes.patches))
        letters.append(read_letters(shapes.patches)[:, : len(CLASSES)].max(1, initial=0) > _LETTER)
    return np.concatenate(seen), np.concatenate(letters)


def train_first(x: NDArray[np.float32], y: NDArray[np.bool_], out: Path, steps: int, seed: int) -> None:
    """Train the network and export it; print how many of the last tenth's shapes it leaves to be read.

    Args:
        x: thumbnails of shapes.
        y: whether they are to be read.
        out: where the network is written.
        steps: of 256 shapes.
        seed: of the order of samples.
    """
    import torch
    from torch import nn

    first = int(len(x) * 0.9)  # figure by figure, so that the last tenth are other figures
    wide, narrow = _HIDDEN
    network = nn.Sequential(
        nn.Linear(x.shape[1], wide), nn.ReLU(), nn.Linear(wide, narrow), nn.ReLU(), nn.Linear(narrow, 1)
    )
    whole = nn.Sequential(nn.AvgPool2d(PATCH // _THUMB), nn.Flatten(), network)
    optimiser = torch.optim.AdamW(network.parameters(), _RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
    cost = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(_MISSED))
    letters, others = np.flatnonzero(y[:first]), np.flatnonzero(~y[:first])
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        take = np.concatenate([rng.choice(letters, 64), rng.choice(others, 192)])
        batch = torch.from_numpy(x[take] + rng.normal(0, _NOISE, (len(take), x.shape[1])).astype(np.float32))
        loss = cost(network(batch)[:, 0], torch.from_numpy(y[take].astype(np.float32)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        odds = network(torch.from_numpy(x[first:]))[:, 0].numpy()
    for least in (-6, -5, -4, -3, -2):
        told = odds > least
        print(f"log odds above {least}: read {told.mean():.3f}, of letters {told[y[first:]].mean():.4f}")
    export_network(whole, torch.zeros(1, 2, PATCH, PATCH), out)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["draw", "train"])
    for name in ("layouts", "images", "fonts", "out"):
        parser.add_argument(f"--{name}", type=Path, required=name == "out")
    parser.add_argument("--samples", type=Path, nargs="*", default=[])
    parser.add_argument("--figures", type=int, default=700)
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if args.what == "draw":
        drawn = drawer(args.layouts, args.images, args.fonts, 0.1, args.seed)
        x, y = shape_table(drawn, args.figures, args.seed)
        np.savez_compressed(args.out, x=x, y=y)
        return
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    tables = [np.load(path) for path in args.samples]
    x, y = (np.concatenate([table[name] for table in tables]) for name in ("x", "y"))
    train_first(x, y, args.out, args.steps, args.seed)


if __name__ == "__main__":
    main()
