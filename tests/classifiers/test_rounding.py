"""The network of image kinds in whole numbers: rounding of weights, and layers that share a scale."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.images.backbone.rounding import MOST, observe, ranges, rounded, scaled
from classifiers.images.backbone.weights import IMAGE, Layer

_NET = (
    Layer("1 narrow", (IMAGE,), np.ones((3, 3, 1, 1)), np.zeros(3)),
    Layer("2 widen", ("1 narrow",), np.ones((4, 3, 1, 1)), np.zeros(4), clipped=True),
    Layer("2 filter", ("2 widen",), np.ones((4, 1, 3, 3)), np.zeros(4), clipped=True),
    Layer("2 narrow", ("2 filter",), np.ones((3, 4, 1, 1)), np.zeros(3)),
    Layer("2 sum", ("2 narrow", "1 narrow")),
)


def _held(seed: int) -> list[dict[str, np.ndarray]]:
    r = np.random.default_rng(seed)
    mixed = {n: r.normal(size=(c, c)) for n, c in ((IMAGE, 3), *((x.name, 4 if x.clipped else 3) for x in _NET))}
    return [
        {
            n: np.abs(np.einsum("ij,jyx->iyx", m, r.normal(1, 1, (len(m), 6, 5)))).astype(np.float32)
            for n, m in mixed.items()
        }
        for _ in range(8)
    ]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_products_of_weights_and_levels_fit_in_sixteen_bits(seed: int) -> None:
    seen = observe(_NET, _held(seed))
    for layer in _NET[1:4]:
        found = rounded(layer, seen, ranges(_NET, seen))
        assert np.abs(found.kernel).max() <= MOST and 2 * 255 * MOST < 2**15 and (found.step > 0).all()


def test_rounding_loses_less_than_the_nearest_numbers() -> None:
    loss = np.zeros(2)
    for seed in range(12):
        seen = observe(_NET, _held(seed))
        allowed = ranges(_NET, seen)
        layer = _NET[3]._replace(kernel=np.random.default_rng(seed).normal(size=(3, 4, 1, 1)))
        found = rounded(layer, seen, allowed)
        flat = scaled(layer, allowed)[0].reshape(3, -1)
        step = np.abs(flat).max(1, keepdims=True) / MOST
        by = allowed[layer.inputs[0]].scale
        covariance = seen.covariance[layer.name] * by[:, None] * by
        ours = found.kernel.reshape(flat.shape) * found.step[:, None].astype(np.float64) - flat
        for i, error in enumerate((ours, np.rint(flat / step) * step - flat)):
            loss[i] += np.einsum("oi,ij,oj->", error, covariance, error)
    assert loss[0] < 0.8 * loss[1]


def test_the_bias_makes_up_for_the_mean_of_the_error() -> None:
    seen = observe(_NET, _held(1))
    allowed = ranges(_NET, seen)
    layer = _NET[3]._replace(kernel=np.random.default_rng(0).normal(size=(3, 4, 1, 1)))
    found = rounded(layer, seen, allowed)
    read = seen.mean[layer.name] * allowed["2 filter"].scale
    wanted = (layer.kernel[:, :, 0, 0] @ seen.mean[layer.name]) * allowed[layer.name].scale
    given = (found.kernel[:, :, 0, 0] * found.step[:, None].astype(np.float64)) @ read + found.bias
    assert np.allclose(given, wanted)


def test_layers_that_are_added_up_share_a_scale() -> None:
    allowed = ranges(_NET, observe(_NET, _held(2)))
    scales = [allowed[n].scale for n in ("1 narrow", "2 narrow", "2 sum")]
    assert all(np.array_equal(scales[0], s) for s in scales[1:]) and not np.array_equal(scales[0], np.ones(3))
    assert all(r.low <= 0 < r.high <= 6 for n, r in allowed.items() if n in ("2 widen", "2 filter"))
