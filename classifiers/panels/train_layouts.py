"""Train the network that sees layouts and export it as ONNX; needs PyTorch.

    python -m classifiers.panels.train_layouts --samples layouts.npz --out layouts.onnx

For each position of a grid it says whether a panel is there, where that panel's edges are, and how well it knows them.
A quarter of an hour on two cores.
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifiers.panels.train import export_network
from pmcmine.panels.layout_view import GRID, VIEW, Fraction, network_input

_BATCH: Final = 24
_REAL: Final = 8  # labelled figures beside each batch
_CENTRES: Final = (np.arange(GRID) + 0.5) / GRID


def layout_network() -> Any:
    """Build the network: 5 × `VIEW` × `VIEW` to 6 × `GRID` × `GRID`."""
    import torch
    from torch import nn

    def step(a: int, b: int, stride: int = 1, size: int = 3) -> Any:
        return nn.Sequential(nn.Conv2d(a, b, size, stride, size // 2, bias=False), nn.BatchNorm2d(b), nn.ReLU())

    class _Layouts(nn.Module):  # type: ignore[misc]  # PyTorch need not be there
        def __init__(self) -> None:
            super().__init__()
            self.s4 = nn.Sequential(step(5, 24, 4, 5), step(24, 24))
            self.s8 = nn.Sequential(step(24, 40, 2), step(40, 40))
            self.s16 = nn.Sequential(step(40, 56, 2), step(56, 56))
            self.s32 = nn.Sequential(step(56, 72, 2), step(72, 72), step(72, 72))
            self.whole = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(72, 72, 1))
            self.up16 = nn.Sequential(step(128, 56, 1, 1), step(56, 56))
            self.up8 = nn.Sequential(step(96, 48, 1, 1), step(48, 48))
            self.out = nn.Conv2d(48, 6, 1)
            self.larger = nn.Upsample(scale_factor=2, mode="nearest")

        def forward(self, x: Any) -> Any:
            s8 = self.s8(self.s4(x))
            s16 = self.s16(s8)
            s32 = self.s32(s16)
            s32 = s32 + self.whole(s32)
            s16 = self.up16(torch.cat([self.larger(s32), s16], 1))
            found = self.out(self.up8(torch.cat([self.larger(s16), s8], 1)))
            return torch.cat([torch.nn.functional.softplus(found[:, :4] - 1), torch.sigmoid(found[:, 4:])], 1)

    return _Layouts()


def targets(boxes: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Say for each position which panel is there: its box, 4 × `GRID` × `GRID`, and how much it counts (0: none).

    Args:
        boxes: panels × left, top, right, bottom, as shares of the figure's sides.
    """
    box = np.zeros((4, GRID, GRID), np.float32)
    counts = np.zeros((GRID, GRID), np.float32)
    sizes = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    for i in np.argsort(-sizes):  # those inside of others last
        x0, y0, x1, y1 = boxes[i]
        inside = (abs(_CENTRES - (y0 + y1) / 2) * 2 < y1 - y0)[:, None] & (abs(_CENTRES - (x0 + x1) / 2) * 2 < x1 - x0)
        box[:, inside] = boxes[i][:, None]
        counts[inside] = 1 / max(float(inside.sum()), 1.0) ** 0.7
    return box, counts


def varied(rng: np.random.Generator, view: NDArray[np.uint8], letters: list[Fraction]) -> tuple[Any, list[Fraction]]:
    """Change contrast, add noise, and lose or invent letters as their reader does."""
    low, high = rng.uniform(0, 30), rng.uniform(215, 255)
    changed = low + view * ((high - low) / 255) + rng.normal(0, rng.uniform(0, 5), view.shape)
    changed = np.clip(changed if rng.random() < 0.7 else view, 0, 255).astype(np.uint8)
    lost = rng.choice([0.0, 0.1, 0.3, 1.0], p=[0.5, 0.2, 0.2, 0.1])
    kept = [x for x in letters if rng.random() >= lost]
    if rng.random() < 0.1:
        x, y = rng.uniform(0, 0.97, 2)
        kept.append((x, y, x + 0.02, y + 0.03))
    return changed, kept


def loss(torch: Any, found: Any, box: Any, counts: Any) -> Any:
    """Add up the losses of edges, of panels and ground, and of how well edges are known."""
    centres = torch.from_numpy(_CENTRES.astype(np.float32))
    x, y = centres[None, None, :], centres[None, :, None]
    edges = torch.stack([x - found[:, 0], y - found[:, 1], x + found[:, 2], y + found[:, 3]], 1)
    low, high = torch.maximum(edges, box), torch.minimum(edges, box)
    both = (high[:, 2] - low[:, 0]).clamp(min=0) * (high[:, 3] - low[:, 1]).clamp(min=0)
    area = (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
    own = (found[:, 0] + found[:, 2]) * (found[:, 1] + found[:, 3])
    iou = both / (own + area - both + 1e-6)
    size = torch.stack([box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]] * 2, 1).clamp(min=0.03)
    far = ((edges - box).abs() / size).clamp(max=2).mean(1)
    inside = (counts > 0).float()
    whole = counts.sum()
    value = (((1 - iou) + far) * counts).sum() / whole
    cross = torch.nn.functional.binary_cross_entropy
    value = value + 0.5 * cross(found[:, 4], inside)
    return value + 0.5 * (cross(found[:, 5], iou.detach().clamp(0, 1), reduction="none") * counts).sum() / whole, iou


class _Samples:
    """The drawn figures, and batches of them."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as table:
            self.views, rows = table["views"], table["boxes"]
        first = np.searchsorted(rows[:, 0], np.arange(len(self.views) + 1))
        self.rows = [rows[a:b] for a, b in pairwise(first)]

    def batch(self, which: NDArray[np.int64], rng: np.random.Generator | None) -> tuple[Any, Any, Any]:
        """Return inputs, boxes and counts; varied if there is a generator."""
        import torch

        inputs, boxes, counts = [], [], []
        for i in which:
            rows = self.rows[i]
            panels = rows[rows[:, 1] == 0, 2:]
            letters = [(float(a), float(b), float(c), float(d)) for a, b, c, d in rows[rows[:, 1] == 1, 2:]]
            view = self.views[i]
            if rng is not None:
                view, letters = varied(rng, view, letters)
            inputs.append(network_input(view, letters, len(panels)))
            box, count = targets(panels)
            boxes.append(box)
            counts.append(count)
        return tuple(torch.from_numpy(np.stack(x)) for x in (inputs, boxes, counts))


def _judge(torch: Any, network: Any, samples: _Samples, which: NDArray[np.int64]) -> float:
    """Return the mean overlap of the boxes that are said, panel by panel, on figures not learned from."""
    network.eval()
    total, weight = 0.0, 0.0
    with torch.no_grad():
        for start in range(0, len(which), 50):
            x, box, counts = samples.batch(which[start : start + 50], None)
            _, iou = loss(torch, network(x), box, counts)
            total += float((iou * counts).sum())
            weight += float(counts.sum())
    network.train()
    return total / weight


def train_layouts(samples: Path, out: Path, passes: float, seed: int, start: Path | None, real: Path | None) -> None:
    """Train the network; print the overlap of its boxes with those of the last twentieth of the figures.

    Args:
        samples: views, panels and letters.
        out: where the network is written.
        passes: over the samples.
        seed: of their order.
        start: weights to go on from, as they are written beside the network (`.pt`).
        real: samples of labelled figures, of which each batch has some.
    """
    import torch

    labelled = _Samples(real) if real is not None else None
    table = _Samples(samples)
    first = int(len(table.views) * 0.95)
    held = np.arange(first, len(table.views))[:400]
    network = layout_network().to(memory_format=torch.channels_last)  # three times as fast on a CPU
    if start is not None:
        network.load_state_dict(torch.load(start, weights_only=True))
    steps = int(passes * first) // _BATCH
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3 if start else 5e-3, total_steps=steps)
    rng = np.random.default_rng(seed)
    began = time.monotonic()
    for step in range(steps):
        x, box, counts = table.batch(rng.choice(first, _BATCH, replace=False), rng)
        if labelled is not None:
            more = labelled.batch(rng.choice(len(labelled.views), _REAL), rng)
            x, box, counts = (torch.cat(pair) for pair in zip((x, box, counts), more, strict=True))
        x = x.contiguous(memory_format=torch.channels_last)
        value, _ = loss(torch, network(x), box, counts)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        schedule.step()
        if step % 100 == 0 or step == steps - 1:
            overlap = _judge(torch, network, table, held) if step % 300 == 0 or step == steps - 1 else 0.0
            if overlap:  # what there is if the machine is needed for something else
                torch.save(network.state_dict(), out.with_suffix(".pt"))
                export_network(network, torch.zeros(1, 5, VIEW, VIEW), out)
                network.train()
            print(
                step, steps, round(value.item(), 3), round(overlap, 4), f"{time.monotonic() - began:.0f} s", flush=True
            )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, default=None)
    parser.add_argument("--real", type=Path, default=None)
    parser.add_argument("--passes", type=float, default=4)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    import torch

    torch.set_num_threads(2)
    torch.manual_seed(args.seed)
    train_layouts(args.samples, args.out, args.passes, args.seed, args.start, args.real)


if __name__ == "__main__":
    main()
