"""The network of image kinds in whole numbers: rounding of weights, and layers that share a scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from classifiers.images.backbone.rounding import MOST, _read, _rounded, observe, ranges, rounded, scaled
from classifiers.images.backbone.weights import IMAGE, Layer

_SEEDS = st.integers(0, 10_000)
_ROUNDED = ("1 narrow", "2 widen", "2 filter", "2 narrow")


def _net(seed: int) -> tuple[Layer, ...]:
    """Layers with random kernels, channels of very different sizes, and one that filters every second pixel."""
    r = np.random.default_rng(seed)

    def layer(name: str, before: str, shape: tuple[int, ...], **how: Any) -> Layer:
        sizes = np.exp(r.normal(0, 1, (shape[0], 1, 1, 1)))
        return Layer(name, (before,), r.normal(size=shape) * sizes, r.normal(0, 0.1, shape[0]), **how)

    return (
        layer("1 narrow", IMAGE, (3, 3, 3, 3), stride=2),
        layer("2 widen", "1 narrow", (4, 3, 1, 1), clipped=True),
        layer("2 filter", "2 widen", (4, 1, 3, 3), clipped=True),
        layer("2 narrow", "2 filter", (3, 4, 1, 1)),
        Layer("2 sum", ("2 narrow", "1 narrow")),
        layer("13 widen", "2 sum", (5, 3, 1, 1), clipped=True),
    )


def _convolved(x: NDArray[Any], kernel: NDArray[Any], bias: NDArray[Any], stride: int) -> NDArray[np.float64]:
    """Convolve as the definition says, number by number."""
    out, per, side, _ = kernel.shape
    reach = side // 2
    places = [range(0, n, stride) for n in x.shape[1:]]
    found = np.zeros((out, *(len(p) for p in places)))
    for o in range(out):
        for (i, y), (j, z) in ((a, b) for a in enumerate(places[0]) for b in enumerate(places[1])):
            total = bias[o]
            for c in range(per):
                read = x[c if per == len(x) else o]
                for dy in range(-reach, reach + 1):
                    for dz in range(-reach, reach + 1):
                        if 0 <= y + dy < x.shape[1] and 0 <= z + dz < x.shape[2]:
                            total += read[y + dy, z + dz] * kernel[o, c, dy + reach, dz + reach]
            found[o, i, j] = total
    return found


def _run(
    net: Sequence[Layer], image: NDArray[Any], weights: Mapping[str, tuple[Any, Any]], most: float = 6.0
) -> dict[str, Any]:
    held: dict[str, Any] = {IMAGE: image}
    for layer in net:
        if layer.kernel is None:
            held[layer.name] = held[layer.inputs[0]] + held[layer.inputs[1]]
            continue
        out = _convolved(held[layer.inputs[0]], *weights[layer.name], layer.stride)
        held[layer.name] = np.clip(out, 0, most) if layer.clipped else out
    return held


def _own(net: Sequence[Layer]) -> dict[str, tuple[Any, Any]]:
    return {layer.name: (layer.kernel, layer.bias) for layer in net if layer.kernel is not None}


def _held(net: Sequence[Layer], seed: int, pictures: int = 4) -> list[dict[str, Any]]:
    """What the layers hold for pictures whose colours and neighbours are alike, as those of real ones are."""
    r = np.random.default_rng(seed)
    images = r.normal(0, 0.3, (pictures, 3, 7, 6)) + r.normal(0.3, 0.5, (pictures, 1, 1, 1))
    return [{n: v.astype(np.float32) for n, v in _run(net, i, _own(net)).items()} for i in images]


@settings(max_examples=25, deadline=None)
@given(_SEEDS, st.sampled_from([1, 3]), st.sampled_from([1, 2]), st.booleans(), st.integers(1, 8), st.integers(1, 8))
def test_what_is_read_is_what_a_convolution_multiplies(
    seed: int, side: int, stride: int, by_channel: bool, height: int, width: int
) -> None:
    r = np.random.default_rng(seed)
    x = r.normal(size=(3, height, width)).astype(np.float32)
    kernel = r.normal(size=(3, 1, side, side) if by_channel else (2, 3, side, side))
    read = _read(x, Layer("a", (IMAGE,), kernel, stride=stride))
    flat = kernel.reshape(len(kernel), -1)
    ours = np.einsum("ck,ckp->cp", flat, read) if by_channel else flat @ read
    wanted = _convolved(x, kernel, np.zeros(len(kernel)), stride)
    assert np.allclose(ours, wanted.reshape(len(kernel), -1), atol=1e-5)


@settings(max_examples=10, deadline=None)
@given(_SEEDS)
def test_what_layers_hold_is_summed_up(seed: int) -> None:
    net = _net(seed)
    held = _held(net, seed)
    seen = observe(net, held)
    for layer in net:
        flat = [np.sort(h[layer.name].reshape(len(h[layer.name]), -1), 1) for h in held]
        last = flat[0].shape[1] - 1
        assert np.allclose(seen.low[layer.name], [f[:, round(0.01 * last)] for f in flat])
        assert np.allclose(seen.high[layer.name], [f[:, round(0.99 * last)] for f in flat])
        if layer.kernel is None:
            continue
        read = np.concatenate([_read(h[layer.inputs[0]], layer) for h in held], -1).astype(np.float64)
        assert np.allclose(seen.mean[layer.name], read.mean(-1), atol=1e-4)
        each = read if layer.by_channel else read[None]
        covariance = np.array([np.cov(e, bias=True) for e in each]).reshape(seen.covariance[layer.name].shape)
        assert np.allclose(seen.covariance[layer.name], covariance, atol=1e-3, rtol=1e-3)


@settings(max_examples=10, deadline=None)
@given(_SEEDS)
def test_scales_of_channels_change_nothing_but_the_scale(seed: int) -> None:
    """Where nothing is clipped above, a layer holds what it held, times its scale: each layer undoes the one before."""
    net = _net(seed)
    held = _held(net, seed)
    allowed = ranges(net, observe(net, held))
    weights = {layer.name: scaled(layer, allowed) for layer in net if layer.kernel is not None}
    image = np.random.default_rng(seed).normal(0.3, 0.5, (3, 7, 6))
    plain, brought = (_run(net, image, w, np.inf) for w in (_own(net), weights))
    for layer in net:
        wanted = plain[layer.name] * allowed[layer.name].scale[:, None, None]
        assert np.allclose(brought[layer.name], wanted, rtol=1e-6, atol=1e-6 * np.abs(wanted).max()), layer.name


@settings(max_examples=15, deadline=None)
@given(_SEEDS)
def test_products_of_weights_and_levels_fit_in_sixteen_bits(seed: int) -> None:
    net = _net(seed)
    seen = observe(net, _held(net, seed))
    for layer in net:
        if layer.name in _ROUNDED:
            found = rounded(layer, seen, ranges(net, seen))
            assert np.abs(found.kernel).max() <= MOST and 2 * 255 * MOST < 2**15 and (found.step > 0).all()
            assert np.abs(found.kernel.reshape(len(found.kernel), -1)).max(1).min() >= 0.7 * MOST  # the bits are used


def test_rounding_loses_less_than_the_nearest_numbers() -> None:
    """Where inputs vary together: an error in the weight of one is made up for in the weights of others."""
    loss = np.zeros(2)
    for seed in range(12):
        r = np.random.default_rng(seed)
        mixed = r.normal(size=(24, 24)) * np.exp(r.normal(0, 1.5, 24))
        covariance, weights = mixed @ mixed.T, r.normal(size=(5, 24))
        whole, step = _rounded(weights, covariance)
        assert np.array_equal(whole, np.rint(whole))
        nearest = np.abs(weights).max(1) / MOST
        for i, (found, by) in enumerate(((whole, step), (np.rint(weights / nearest[:, None]), nearest))):
            error = found * by[:, None] - weights
            loss[i] += np.einsum("oi,ij,oj->", error, covariance, error)
    assert loss[0] < 0.4 * loss[1], loss


def test_the_order_of_inputs_changes_nothing() -> None:
    """The inputs that vary most are rounded first, wherever they stand: later ones make up for their errors."""
    r = np.random.default_rng(5)
    mixed = r.normal(size=(12, 12)) * np.exp(r.normal(0, 1, 12))
    covariance, weights, order = mixed @ mixed.T, r.normal(size=(4, 12)), r.permutation(12)
    whole, step = _rounded(weights, covariance)
    turned, same = _rounded(weights[:, order], covariance[np.ix_(order, order)])
    assert np.array_equal(turned, whole[:, order]) and np.array_equal(same, step)


def test_weights_are_rounded_by_how_what_they_read_varies_together() -> None:
    """As it is read between the layers whose channels were brought to one scale, each filter by itself."""
    same: dict[str, list[float]] = {name: [] for name in _ROUNDED}
    for seed in range(20):
        net = _net(seed)
        held = _held(net, seed)
        seen = observe(net, held)
        allowed = ranges(net, seen)
        for layer in (x for x in net if x.name in _ROUNDED):
            before = allowed[layer.inputs[0]].scale[:, None, None] if layer.inputs[0] != IMAGE else 1
            read = np.concatenate([_read(h[layer.inputs[0]] * before, layer) for h in held], -1).astype(np.float64)
            flat = scaled(layer, allowed)[0].reshape(len(layer.bias), -1)
            if layer.by_channel:
                parts = [_rounded(flat[i : i + 1], np.cov(e, bias=True)) for i, e in enumerate(read)]
            else:
                parts = [_rounded(flat, np.cov(read, bias=True))]
            wanted = np.concatenate([whole * step[:, None] for whole, step in parts])
            found = rounded(layer, seen, allowed)
            ours = found.kernel.reshape(flat.shape) * found.step[:, None]
            same[layer.name].append(float(np.isclose(ours, wanted, rtol=1e-5).mean()))
    # Sums in another order round a few weights to the other side.
    assert all(np.mean(shares) > 0.95 for shares in same.values()), {n: np.mean(s) for n, s in same.items()}


@settings(max_examples=10, deadline=None)
@given(_SEEDS)
def test_the_bias_makes_up_for_the_mean_of_the_error(seed: int) -> None:
    """The mean of what a rounded layer puts out is that of the layer, for the pictures that were looked at."""
    net = _net(seed)
    held = _held(net, seed)
    seen = observe(net, held)
    allowed = ranges(net, seen)
    for layer in net:
        if layer.name not in _ROUNDED:
            continue
        found = rounded(layer, seen, allowed)
        before = allowed[layer.inputs[0]].scale[:, None, None] if layer.inputs[0] != IMAGE else 1
        kernel = found.kernel * found.step[:, None, None, None].astype(np.float64)
        given_ = [_convolved(h[layer.inputs[0]] * before, kernel, found.bias, layer.stride) for h in held]
        exact = [_convolved(h[layer.inputs[0]], layer.kernel, layer.bias, layer.stride) for h in held]  # type: ignore[arg-type]
        scale = allowed[layer.name].scale
        wanted = np.mean(exact, (0, 2, 3)) * scale
        assert np.allclose(np.mean(given_, (0, 2, 3)), wanted, atol=1e-4 * np.abs(exact).max() * scale.max())


@settings(max_examples=15, deadline=None)
@given(_SEEDS)
def test_layers_that_are_added_up_share_a_scale(seed: int) -> None:
    net = _net(seed)
    held = _held(net, seed)
    allowed = ranges(net, observe(net, held))
    scales = [allowed[n].scale for n in ("1 narrow", "2 narrow", "2 sum")]
    assert all(np.array_equal(scales[0], s) for s in scales[1:]) and not np.array_equal(scales[0], np.ones(3))
    assert all(r.low == 0 < r.high <= 6 for n, r in allowed.items() if n in ("2 widen", "2 filter"))
    assert np.array_equal(allowed["13 widen"].scale, np.ones(5))  # is not rounded
    for name in ("1 narrow", "2 narrow", "2 sum"):
        values = np.array([h[name] for h in held]) * allowed[name].scale[:, None, None]
        inside = (values >= allowed[name].low - 1e-4) & (values <= allowed[name].high + 1e-4)
        assert inside.mean() > 0.9 and allowed[name].low <= 0


def test_values_below_zero_reach_as_far_as_those_above() -> None:
    net = _net(3)
    seen = observe(net, _held(net, 3))
    turned = replace(seen, low={n: -v for n, v in seen.high.items()}, high={n: -v for n, v in seen.low.items()})
    for name in ("1 narrow", "2 narrow", "2 sum"):
        ranged, other = ranges(net, seen)[name], ranges(net, turned)[name]
        assert np.allclose(ranged.scale, other.scale)


def test_channels_are_brought_nearer_to_one_scale() -> None:
    """The largest values of channels that differ tenfold differ less afterwards, and no channel is made smaller."""
    before, after = [], []
    for seed in range(10):
        net = _net(seed)
        seen = observe(net, _held(net, seed))
        allowed = ranges(net, seen)
        for name in ("2 widen", "2 filter"):
            high = np.clip(seen.high[name].max(0), 1e-3, 6)
            assert (allowed[name].scale >= 1).all()
            before.append(high.max() / high.min())
            scaled_ = np.minimum(high * allowed[name].scale, 6)
            after.append(scaled_.max() / scaled_.min())
    assert np.median(after) < 0.6 * np.median(before)
