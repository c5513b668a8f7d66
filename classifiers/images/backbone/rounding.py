"""Weights and outputs of most layers as whole numbers of eight bits, so that what the network sees changes least.

Three steps, all chosen by what the layers hold for some pictures. Channels are brought nearer to one scale, so that
the 256 steps of a layer's output serve all of them (Nagel et al., 2019, arXiv:1906.04721): what a layer writes larger,
the next one reads smaller. Weights are rounded one after the other, and those that are not rounded yet make up for the
error (Frantar et al., 2022, arXiv:2210.17323). What is left of it in the mean goes into the bias.

Weights have seven bits and a sign less: where a processor has no instruction for products of bytes, it adds two of them
in 16 bits, and with eight bits that would overflow. So these integer sums are the same on every processor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.images.backbone.weights import IMAGE, Layer, Values

MOST: Final = 63  # the largest weight
_SHRINK: Final = (1.0, 0.93, 0.86, 0.8)  # steps that are tried, to the one that holds the largest weight
_DAMPING: Final = 0.01  # of the mean of the variances
_FULL: Final = 6.0  # of clipped outputs
_MOST_SCALE: Final = 30.0
_HELD: Final = 0.99  # of the positions of a picture, whose values are not cut
_REAL: Final = ("13", "14", "15", "16")  # blocks that are not rounded
_LEVEL: Final = (0.7, 1.0)  # how far channels are brought to one scale: clipped ones, the others


@dataclass(frozen=True)
class Seen:
    """What layers hold for some pictures.

    Attributes:
        low: least value by layer, the most extreme percent left out: pictures × channels.
        high: largest value, likewise.
        mean: of what a convolution reads, by layer: inputs, or channels × places of the kernel.
        covariance: of the same: inputs × inputs, or channels × places × places.
    """

    low: Mapping[str, Values]
    high: Mapping[str, Values]
    mean: Mapping[str, Values]
    covariance: Mapping[str, Values]


class Rounded(NamedTuple):
    """A convolution in whole numbers.

    Attributes:
        kernel: as in `Layer`, from −`MOST` to `MOST`.
        step: what 1 stands for, of each output channel.
        bias: of each output channel, as it is.
    """

    kernel: NDArray[np.int8]
    step: NDArray[np.float32]
    bias: Values


class Range(NamedTuple):
    """What the outputs of a layer may be; `scale` is what its channels were multiplied by."""

    low: float
    high: float
    scale: Values


def observe(net: Sequence[Layer], held: Iterable[Mapping[str, NDArray[np.float32]]]) -> Seen:
    """Sum up what layers hold for pictures.

    Args:
        net: the layers.
        held: for each picture what each layer holds, and `IMAGE`: channels × height × width.
    """
    total: dict[str, list[Values]] = {}
    low: dict[str, list[Values]] = {layer.name: [] for layer in net}
    high: dict[str, list[Values]] = {layer.name: [] for layer in net}
    for outputs in held:
        for layer in net:
            flat = outputs[layer.name].reshape(len(outputs[layer.name]), -1)
            least, most = round((1 - _HELD) * (flat.shape[1] - 1)), round(_HELD * (flat.shape[1] - 1))
            ordered = np.partition(flat, (least, most), axis=1)
            low[layer.name].append(ordered[:, least].astype(np.float64))
            high[layer.name].append(ordered[:, most].astype(np.float64))
            if layer.kernel is None:
                continue
            read = _read(outputs[layer.inputs[0]], layer)
            sums = [np.array(float(read.shape[-1])), read.sum(-1), read @ read.swapaxes(-1, -2)]
            before = total.get(layer.name, [np.zeros(())] * 3)
            total[layer.name] = [a + b.astype(np.float64) for a, b in zip(before, sums, strict=True)]
    mean = {name: sums / count for name, (count, sums, _) in total.items()}
    covariance = {
        name: squares / count - mean[name][..., :, None] * mean[name][..., None, :]
        for name, (count, _, squares) in total.items()
    }
    return Seen({n: np.array(v) for n, v in low.items()}, {n: np.array(v) for n, v in high.items()}, mean, covariance)


def _read(values: NDArray[np.float32], layer: Layer) -> NDArray[np.float32]:
    """Return what a convolution reads at each position: inputs × positions, by channel if it filters each by itself."""
    assert layer.kernel is not None
    side, step = layer.kernel.shape[-1], layer.stride
    height, width = values.shape[1:]
    edged = np.pad(values, ((0, 0), (side // 2, side // 2), (side // 2, side // 2)))
    places = [
        edged[:, y : y + height : step, x : x + width : step].reshape(len(values), -1)
        for y in range(side)
        for x in range(side)
    ]
    read = np.stack(places, 1)
    return read if layer.by_channel else read.reshape(-1, read.shape[-1])


def ranges(net: Sequence[Layer], seen: Seen) -> dict[str, Range]:
    """Return the range of each layer's outputs, with what their channels are multiplied by first."""
    high = {name: v.max(0) for name, v in seen.high.items()}
    low = {name: v.min(0) for name, v in seen.low.items()}
    scale: dict[str, Values] = {}
    for layer in net:
        if layer.clipped and is_real(layer):
            scale[layer.name] = np.ones_like(high[layer.name])
        elif layer.clipped:
            most = np.clip(high[layer.name], 1e-3, _FULL)
            scale[layer.name] = np.minimum((_FULL / most) ** _LEVEL[0], _MOST_SCALE)
    for names in _summed(net):  # layers that are added up share a scale
        reach = np.array([np.maximum(high[n], -low[n]) for n in names])
        most = (reach / reach.mean(1, keepdims=True)).max(0)
        shared = np.minimum((most.max() / np.maximum(most, 1e-6)) ** _LEVEL[1], _MOST_SCALE)
        scale |= dict.fromkeys(names, shared)
    found = {}
    for layer in net:
        by = scale[layer.name]
        bottom, top = float((low[layer.name] * by).min()), float((high[layer.name] * by).max())
        found[layer.name] = Range(0.0, min(top, _FULL), by) if layer.clipped else Range(min(bottom, 0.0), top, by)
    return found


def _summed(net: Sequence[Layer]) -> list[list[str]]:
    """Return the names of layers that are not clipped, those that are added up together."""
    group: dict[str, list[str]] = {}
    for layer in net:
        if layer.kernel is None:
            both = group[layer.inputs[1]]
            both += [*group[layer.inputs[0]], layer.name]
            group[layer.inputs[0]] = group[layer.name] = both
        elif not layer.clipped:
            group[layer.name] = [layer.name]
    return list({id(names): names for names in group.values()}.values())


def is_real(layer: Layer) -> bool:
    """Whether a layer is not rounded: errors of the last blocks are felt most."""
    return layer.name.split()[0] in _REAL


def scaled(layer: Layer, allowed: Mapping[str, Range]) -> tuple[Values, Values]:
    """Return kernel and bias of a convolution between layers whose channels are brought to these scales."""
    assert layer.kernel is not None
    by = allowed[layer.name].scale
    kernel = layer.kernel * by[:, None, None, None]
    if layer.inputs[0] != IMAGE:
        before = allowed[layer.inputs[0]].scale
        kernel = kernel / (before[:, None, None, None] if layer.by_channel else before[None, :, None, None])
    return kernel, layer.bias * by


def rounded(layer: Layer, seen: Seen, allowed: Mapping[str, Range]) -> Rounded:
    """Round a convolution between layers with these ranges; its bias makes up for the mean of the error."""
    kernel, bias = scaled(layer, allowed)
    count = len(kernel)
    by = allowed[layer.inputs[0]].scale if layer.inputs[0] != IMAGE else np.ones(1)
    if layer.by_channel:
        mean = seen.mean[layer.name] * by[:, None]
        covariance = seen.covariance[layer.name] * (by**2)[:, None, None]
    else:
        mean, covariance = seen.mean[layer.name] * by, seen.covariance[layer.name] * by[:, None] * by
    flat = kernel.reshape(count, -1)
    if layer.by_channel:
        parts = [_rounded(flat[i : i + 1], covariance[i]) for i in range(count)]
        whole, step = (np.concatenate(p) for p in zip(*parts, strict=True))
    else:
        whole, step = _rounded(flat, covariance)
    step = step.astype(np.float32)
    error = flat - whole * step.astype(np.float64)[:, None]
    return Rounded(whole.astype(np.int8).reshape(kernel.shape), step, bias + (error * mean).sum(1))


def _rounded(weights: Values, covariance: Values) -> tuple[Values, Values]:
    """Round weights (outputs × inputs) to multiples of a step of each output, the inputs that vary most first."""
    variance = np.diag(covariance)
    order = np.argsort(-variance, kind="stable")
    spread = covariance + np.eye(len(covariance)) * (_DAMPING * variance.mean() + 1e-12)
    spread = spread[np.ix_(order, order)]
    passed_on = np.linalg.cholesky(np.linalg.inv(spread)).T
    wanted = weights[:, order]
    least = np.full(len(weights), np.inf)
    best, steps = np.zeros_like(wanted), np.ones(len(weights))
    for shrink in _SHRINK:
        step = np.maximum(np.abs(weights).max(1) * shrink / MOST, 1e-12).astype(np.float32).astype(np.float64)
        left, whole = wanted.copy(), np.zeros_like(wanted)
        for i in range(wanted.shape[1]):
            whole[:, i] = np.clip(np.rint(left[:, i] / step), -MOST, MOST)
            error = (left[:, i] - whole[:, i] * step) / passed_on[i, i]
            left[:, i:] -= error[:, None] * passed_on[i, i:]
        gap = whole * step[:, None] - wanted
        loss = ((gap @ spread) * gap).sum(1)
        better = loss < least
        least[better], best[better], steps[better] = loss[better], whole[better], step[better]
    found = np.zeros_like(best)
    found[:, order] = best
    return found, steps
