"""Train the network that sees layouts of figures without letters and export it as ONNX; needs PyTorch and onnx.

    python -m classifiers.panels.train_unlettered --samples l.npz --real real.npz --backbone weights.pth --out OUT.onnx

`--samples` are drawn with `layout_samples --view 384`, `--real` come from `labelled_samples --view 384 --turned`, and
`classifiers/images/backbone/export.py` says where the backbone's weights come from. Both may be given several times:
drawn figures count alike, labelled sets by the root of their size. The first blocks of MobileNetV2 stay as they were
trained on ImageNet, and their outputs are computed once; only the layers behind them are trained. Their weights are
also written beside OUT.onnx (`.pt`), from time to time, and `--start` goes on from such. A step takes a third of a
second on one core.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifiers.images.backbone.weights import IMAGE, Layer, layers, read_weights
from classifiers.panels.train_layouts import loss, targets
from pmcmine.panels.layout_view import GRID, LARGE, MOST

_BLOCKS: Final = ("5 sum", "12 sum", "15 sum")  # last layers of what is read from, at strides of 8, 16 and 32 pixels
_CHANNELS: Final = (32, 96, 160)
_MIDDLE: Final = (123.675, 116.28, 103.53)  # of red, green and blue in what the backbone has learned from
_BATCH: Final = 26
_REAL: Final = 10  # labelled figures beside each batch
_NEGATIVE: Final = 0.2  # of figures: shown with black and white exchanged
_AT_ONCE: Final = 8  # figures that the backbone is shown
_HELD: Final = 200  # drawn figures that are not learned from
_STEP: Final = 8  # pixels of a position of the finest blocks


def backbone_network(net: list[Layer]) -> Any:
    """Build the first blocks of the backbone: grey levels, n × 1 × height × width, from 0 to 1, to three outputs."""
    import torch
    from torch import nn

    class _Backbone(nn.Module):  # type: ignore[misc]  # PyTorch need not be there
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("middle", torch.tensor(_MIDDLE).view(1, 3, 1, 1) / 255)
            names = [layer.name for layer in net]
            self.net = net[: names.index(_BLOCKS[-1]) + 1]
            self.convolutions = nn.ModuleDict()
            for layer in self.net:
                if layer.kernel is not None:
                    out, _, side, _ = layer.kernel.shape
                    groups = out if layer.by_channel else 1
                    conv = nn.Conv2d(layer.kernel.shape[1] * groups, out, side, layer.stride, side // 2, groups=groups)
                    conv.weight.data = torch.from_numpy(layer.kernel.astype(np.float32))
                    conv.bias.data = torch.from_numpy(layer.bias.astype(np.float32))
                    self.convolutions[layer.name] = conv

        def forward(self, grey: Any) -> Any:
            have = {IMAGE: grey.repeat(1, 3, 1, 1) - self.middle}
            for layer in self.net:
                if layer.kernel is None:
                    have[layer.name] = have[layer.inputs[0]] + have[layer.inputs[1]]
                else:
                    value = self.convolutions[layer.name](have[layer.inputs[0]])
                    have[layer.name] = value.clamp(0, 6) if layer.clipped else value
            return tuple(have[name] for name in _BLOCKS)

    return _Backbone().eval()


def head_network() -> Any:
    """Build what is trained: outputs of three blocks and the number of panels to 6 × `GRID` × `GRID`."""
    import torch
    from torch import nn

    def step(a: int, b: int, size: int = 3, stride: int = 1) -> Any:
        return nn.Sequential(nn.Conv2d(a, b, size, stride, size // 2, bias=False), nn.BatchNorm2d(b), nn.ReLU())

    class _Head(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            fine, middle, coarse = _CHANNELS
            self.in8, self.down16 = step(fine + 3, 48, 1), step(48, 48, 3, 2)
            self.in16, self.down32 = step(middle + 48, 80, 1), step(80, 80, 3, 2)
            self.in32, self.on32 = step(coarse + 80, 112, 1), nn.Sequential(*(step(112, 112) for _ in range(3)))
            self.whole = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(112, 112, 1))
            self.up16 = nn.Sequential(step(112 + 80, 72, 1), step(72, 72))
            self.up8, self.last = step(72 + 48, 48, 1), nn.Sequential(step(48, 48), step(48, 48))
            self.out = nn.Conv2d(48, 6, 1)
            self.larger = nn.Upsample(scale_factor=2, mode="nearest")
            line = torch.linspace(-1, 1, LARGE // _STEP)
            self.register_buffer("places", torch.stack(torch.meshgrid(line, line, indexing="xy"))[None])

        def forward(self, blocks: Any, number: Any) -> Any:
            s8, s16, s32 = blocks
            places = self.places.expand(number.shape[0], -1, -1, -1)
            s8 = self.in8(torch.cat([s8, number, places], 1))
            s16 = self.in16(torch.cat([s16, self.down16(s8)], 1))
            s32 = self.in32(torch.cat([s32, self.down32(s16)], 1))
            s32 = s32 + self.on32(s32)
            s32 = s32 + self.whole(s32)
            s16 = self.up16(torch.cat([self.larger(s32), s16], 1))
            s8 = self.up8(torch.cat([self.larger(s16), s8], 1))
            found = nn.functional.interpolate(s8, size=(GRID, GRID), mode="bilinear", align_corners=False)
            found = self.out(self.last(found)).float()
            return torch.cat([nn.functional.softplus(found[:, :4] - 1), torch.sigmoid(found[:, 4:])], 1)

    return _Head()


class _Samples:
    """What the backbone sees of figures, and the boxes of their panels."""

    def __init__(self, paths: Sequence[Path], backbone: Any, rng: np.random.Generator) -> None:
        """Show all figures to the backbone, most with changed contrast and noise, and some as negatives."""
        import torch

        parts: list[list[NDArray[np.float16]]] = [[] for _ in _BLOCKS]
        self.panels: list[NDArray[np.float32]] = []
        sizes = []
        for path in paths:
            with np.load(path) as table:
                views, rows = table["views"], table["boxes"]
            for start in range(0, len(views), _AT_ONCE):
                some = np.stack([_varied(rng, view.astype(np.float32)) for view in views[start : start + _AT_ONCE]])
                with torch.no_grad():
                    for part, seen in zip(parts, backbone(torch.from_numpy(some)[:, None] / 255), strict=True):
                        part.append(seen.numpy().astype(np.float16))
            first = np.searchsorted(rows[:, 0], np.arange(len(views) + 1))
            self.panels += [rows[a:b][rows[a:b, 1] == 0, 2:] for a, b in pairwise(first)]
            sizes.append(len(views))
        self.seen = [np.concatenate(part) for part in parts]
        by_root = np.repeat([size**-0.5 for size in sizes], sizes)
        self.chances = by_root / by_root.sum()

    def batch(self, which: NDArray[np.int64]) -> tuple[Any, ...]:
        """Return outputs of the three blocks, numbers of panels, boxes and counts."""
        import torch

        pairs = [targets(self.panels[i]) for i in which]
        side = LARGE // _STEP
        numbers = [math.log(min(len(self.panels[i]), MOST)) / math.log(MOST) for i in which]
        number = np.broadcast_to(np.array(numbers, np.float32)[:, None, None, None], (len(which), 1, side, side))
        boxes, counts = np.stack([box for box, _ in pairs]), np.stack([count for _, count in pairs])
        tables = [*(x[which].astype(np.float32) for x in self.seen), number.copy(), boxes, counts]
        return tuple(map(torch.from_numpy, tables))


def _varied(rng: np.random.Generator, view: NDArray[np.float32]) -> NDArray[np.float32]:
    """Change contrast and add noise, or not; exchange black and white in some."""
    if rng.random() < 0.7:
        low, high = rng.uniform(0, 30), rng.uniform(215, 255)
        changed = low + view * ((high - low) / 255) + rng.normal(0, rng.uniform(0, 5), view.shape)
        view = np.clip(changed, 0, 255).astype(np.float32)
    return 255 - view if rng.random() < _NEGATIVE else view


def train(
    head: Any, samples: _Samples, real: _Samples | None, steps: int, rate: float, seed: int, kept: Path | None = None
) -> None:
    """Train the head; print the mean overlap of its boxes with those of figures that are held.

    Args:
        head: what is trained.
        samples: drawn figures; the last ones are held.
        real: labelled figures.
        steps: batches.
        rate: of learning, at most.
        seed: of the batches.
        kept: where the weights are written from time to time.
    """
    import torch

    first = len(samples.panels) - _HELD
    optimiser = torch.optim.AdamW(head.parameters(), 1e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    rng = np.random.default_rng(seed)
    for step in range(steps):
        batch = samples.batch(rng.choice(first, _BATCH, replace=False))
        if real is not None:
            more = real.batch(rng.choice(len(real.panels), _REAL, p=real.chances))
            batch = tuple(torch.cat(pair) for pair in zip(batch, more, strict=True))
        *blocks, number, box, counts = (
            x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x for x in batch
        )
        with torch.autocast("cpu", torch.bfloat16):
            found = head(blocks, number)
        value, _ = loss(torch, found.float(), box, counts)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        schedule.step()
        if step % 100 == 0 or step == steps - 1:
            print(step, steps, round(value.item(), 3), round(overlap(head, samples, first), 4), flush=True)
            if kept is not None:
                torch.save(head.state_dict(), kept)


def overlap(head: Any, samples: _Samples, first: int) -> float:
    """Return the mean overlap of the boxes that are said, panel by panel, from this figure on."""
    import torch

    head.eval()
    total, weight = 0.0, 0.0
    with torch.no_grad():
        for start in range(first, len(samples.panels), 50):
            *blocks, number, box, counts = samples.batch(np.arange(start, min(start + 50, len(samples.panels))))
            _, iou = loss(torch, head(blocks, number), box, counts)
            total += float((iou * counts).sum())
            weight += float(counts.sum())
    head.train()
    return total / weight


def export(backbone: Any, head: Any, out: Path) -> None:
    """Write both as one network: `large_input` in, 6 × `GRID` × `GRID` out, its weights stored in 16 bits."""
    import onnx
    import torch
    from onnx import numpy_helper
    from torch import nn

    class _Whole(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.backbone, self.head = backbone, head

        def forward(self, x: Any) -> Any:
            return self.head(self.backbone(x[:, :1]), x[:, 1:, ::_STEP, ::_STEP])

    whole = _Whole().eval()
    torch.onnx.export(
        whole, (torch.zeros(1, 2, LARGE, LARGE),), str(out), input_names=["x"], output_names=["y"], opset_version=13,
        dynamo=False,
    )  # fmt: skip
    model = onnx.load(out)
    widened = []
    for held in model.graph.initializer:
        values = numpy_helper.to_array(held)
        if values.dtype == np.float32 and values.size > 1:
            name = held.name
            held.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name} stored"))
            widened.append(onnx.helper.make_node("Cast", [held.name], [name], to=onnx.TensorProto.FLOAT))
    for node in reversed(widened):
        model.graph.node.insert(0, node)
    onnx.checker.check_model(model)
    out.write_bytes(model.SerializeToString(deterministic=True))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=Path, action="append", required=True)
    parser.add_argument("--real", type=Path, action="append")
    for name in ("backbone", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--steps", type=int, default=2200)
    parser.add_argument("--rate", type=float, default=4e-3, help="of learning, at most; half of it with --start")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    import torch

    torch.set_num_threads(1)  # two are slower beside other work
    torch.manual_seed(args.seed)
    with args.backbone.open("rb") as stream:
        backbone = backbone_network(layers(read_weights(stream)))
    samples = _Samples(args.samples, backbone, np.random.default_rng(args.seed))
    real = _Samples(args.real, backbone, np.random.default_rng(args.seed + 1)) if args.real else None
    head = head_network().to(memory_format=torch.channels_last)
    rate = args.rate
    if args.start is not None:
        head.load_state_dict(torch.load(args.start, weights_only=True))
        rate /= 2
    train(head, samples, real, args.steps, rate, args.seed, args.out.with_suffix(".pt"))
    export(backbone, head, args.out)


if __name__ == "__main__":
    main()
