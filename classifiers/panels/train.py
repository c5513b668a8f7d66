"""Train the network that reads letters and export it as ONNX; needs PyTorch, which nothing else here does.

    python -m classifiers.panels.train --samples letters.npz --out letters.onnx

Minutes on one core.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmcmine.panels.letters import CLASSES


def letters_network() -> Any:
    """Build the network of letters: 2 × 32 × 32 to classes."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(2, 16, 3, 2, 1), nn.ReLU(),
        nn.Conv2d(16, 32, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(64 * 16, 96), nn.ReLU(), nn.Linear(96, len(CLASSES) + 1),
    )  # fmt: skip


def export_network(network: Any, example: Any, out: Path) -> None:
    """Write a network as ONNX, for batches of any size."""
    import torch

    network.eval()
    axes = {"x": {0: "n"}, "y": {0: "n"}}
    torch.onnx.export(
        network, (example,), str(out), input_names=["x"], output_names=["y"], opset_version=13, dynamo=False,
        dynamic_axes=axes,
    )  # fmt: skip


def load_weights(network: Any, path: Path) -> None:
    """Take the weights of an exported network."""
    import onnx
    import torch
    from onnx import numpy_helper

    weights = {w.name: torch.from_numpy(numpy_helper.to_array(w).copy()) for w in onnx.load(path).graph.initializer}
    network.load_state_dict({name: weights[name] for name in network.state_dict()})


def _varied(rng: np.random.Generator, x: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Shift patches, change the contrast of the surroundings, and add noise."""
    down, aside = rng.integers(-2, 3, 2)
    out = np.roll(x, (int(down), int(aside)), (2, 3)).astype(np.float32) / 255
    low, high = rng.uniform(0, 0.25, (len(x), 1, 1)), rng.uniform(0.75, 1, (len(x), 1, 1))
    out[:, 1] = low + out[:, 1] * (high - low) + rng.normal(0, 0.03, out[:, 1].shape)
    return np.asarray(out, np.float32)


def train_letters(samples: Path, out: Path, passes: int, seed: int, start: Path | None) -> None:
    """Train the network of letters; print how many of the last tenth it reads right.

    Args:
        samples: patches and classes.
        out: where the network is written.
        passes: over the samples.
        seed: of the order of samples.
        start: network to go on from.
    """
    import torch

    with np.load(samples) as table:
        x, y = table["x"], table["y"]
    first = int(len(x) * 0.9)  # figure by figure, so that the last tenth are other figures
    network = letters_network()
    if start is not None:
        load_weights(network, start)
    steps = passes * first // 128
    optimiser = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3 if start else 4e-3, total_steps=steps)
    rng = np.random.default_rng(seed)
    letter = np.flatnonzero(y[:first] < len(CLASSES))
    for step in range(steps):
        take = np.concatenate([rng.choice(first, 96), rng.choice(letter, 32)])
        batch = torch.from_numpy(_varied(rng, x[take]))
        loss = torch.nn.functional.cross_entropy(network(batch), torch.from_numpy(y[take]), label_smoothing=0.02)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 100 == 0:
            print(step, steps, round(loss.item(), 3), flush=True)
    network.eval()
    with torch.no_grad():
        found = network(torch.from_numpy(x[first:]).float() / 255).argmax(1).numpy()
    told = y[first:]
    is_letter = told < len(CLASSES)
    fold = np.array([CLASSES.lower().index(c) for c in CLASSES.lower()] + [99])
    print("letters right", float((fold[found[is_letter]] == fold[told[is_letter]]).mean()))
    print("others right", float((found[~is_letter] == len(CLASSES)).mean()))
    export_network(network, torch.zeros(1, *x.shape[1:]), out)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, default=None)
    parser.add_argument("--passes", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    train_letters(args.samples, args.out, args.passes, args.seed, args.start)


if __name__ == "__main__":
    main()
