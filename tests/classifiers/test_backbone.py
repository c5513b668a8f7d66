"""The network of image kinds: its layers from published weights, its export, and what an embedding takes of it."""

from __future__ import annotations

import io
import pickle
import sys
from collections import OrderedDict
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from classifiers.images import embedding
from classifiers.images.backbone.weights import IMAGE, POOLED, layers, pooled, read_weights

_STRIDES = (1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1)
_CHANNELS = (16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320)  # of MobileNetV2's blocks
_SHORT = (2, 4, 5, 7, 8, 9, 11, 12, 14, 15)  # blocks whose input is added to what they make


def _norm(r: np.random.Generator, name: str, count: int) -> dict[str, NDArray[Any]]:
    values = {"weight": (1, 0.2), "bias": (0, 0.2), "running_mean": (0, 0.3)}
    made = {f"{name}.{k}": r.normal(*v, count).astype(np.float32) for k, v in values.items()}
    return made | {f"{name}.running_var": r.uniform(0.3, 2, count).astype(np.float32)}


@pytest.fixture(scope="module")
def published() -> dict[str, NDArray[Any]]:
    """Random weights of a MobileNetV2, with the names that torchvision gives them."""
    r = np.random.default_rng(0)

    def conv(*shape: int) -> NDArray[np.float32]:
        return r.normal(0, np.prod(shape[1:]) ** -0.5, shape).astype(np.float32)

    found = {"features.0.0.weight": conv(32, 3, 3, 3), **_norm(r, "features.0.1", 32)}
    before = 32
    for i, after in enumerate(_CHANNELS, 1):
        name, wide = f"features.{i}.conv", before * 6
        if i == 1:
            found |= {f"{name}.0.0.weight": conv(32, 1, 3, 3), **_norm(r, f"{name}.0.1", 32)}
            found |= {f"{name}.1.weight": conv(after, 32, 1, 1), **_norm(r, f"{name}.2", after)}
        else:
            found |= {f"{name}.0.0.weight": conv(wide, before, 1, 1), **_norm(r, f"{name}.0.1", wide)}
            found |= {f"{name}.1.0.weight": conv(wide, 1, 3, 3), **_norm(r, f"{name}.1.1", wide)}
            found |= {f"{name}.2.weight": conv(after, wide, 1, 1), **_norm(r, f"{name}.3", after)}
        before = after
    return found


def test_layers_are_those_of_the_network(published: dict[str, NDArray[Any]]) -> None:
    net = {layer.name: layer for layer in layers(published)}
    assert net["stem"].inputs == (IMAGE,) and net["stem"].stride == 2 and "0 widen" not in net
    assert [net[f"{i} filter"].stride for i in range(17)] == list(_STRIDES)
    assert [len(net[f"{i} narrow"].bias) for i in range(17)] == list(_CHANNELS)
    assert [i for i in range(17) if f"{i} sum" in net] == list(_SHORT)
    last = ["stem", *(f"{i} sum" if i in _SHORT else f"{i} narrow" for i in range(17))]
    for i in range(17):
        first = net[f"{i} widen" if i else "0 filter"]
        assert first.inputs == (last[i],) and net[f"{i} narrow"].inputs == (f"{i} filter",)
        assert net[f"{i} filter"].by_channel and net[f"{i} filter"].clipped and not net[f"{i} narrow"].clipped
        if i in _SHORT:
            assert net[f"{i} sum"].inputs == (f"{i} narrow", last[i])
    assert pooled(list(net.values())) == [last[i + 1] for i in POOLED]


def test_normalisation_is_folded_in(published: dict[str, NDArray[Any]]) -> None:
    """Convolution, then normalisation as published, gives what the folded layer gives, at every place of the kernel."""
    net = {layer.name: layer for layer in layers(published)}
    r = np.random.default_rng(1)
    for name, conv, norm in (
        ("stem", "features.0.0", "features.0.1"),
        ("0 filter", "features.1.conv.0.0", "features.1.conv.0.1"),
        ("0 narrow", "features.1.conv.1", "features.1.conv.2"),
        ("3 widen", "features.4.conv.0.0", "features.4.conv.0.1"),
        ("3 filter", "features.4.conv.1.0", "features.4.conv.1.1"),
        ("3 narrow", "features.4.conv.2", "features.4.conv.3"),
    ):
        layer, kernel = net[name], published[f"{conv}.weight"].astype(np.float64)
        read = r.normal(size=kernel.shape[1:])
        w, b, mean, var = (published[f"{norm}.{k}"] for k in ("weight", "bias", "running_mean", "running_var"))
        wanted = ((kernel * read).sum((1, 2, 3)) - mean) / np.sqrt(var.astype(np.float64) + 1e-5) * w + b
        given = read * np.array([0.229, 0.224, 0.225])[:, None, None] if name == "stem" else read
        assert layer.kernel is not None and np.allclose((layer.kernel * given).sum((1, 2, 3)) + layer.bias, wanted)


def _state_dict(tensors: dict[str, tuple[int, tuple[int, ...], tuple[int, ...]]], held: NDArray[np.float32]) -> bytes:
    """Pickle tensors that share a storage, as PyTorch's first file format has them."""

    class Storage:
        def __init__(self) -> None:
            self.pid = ("storage", sys.modules["torch"].FloatStorage, "0", "cpu", len(held), None)  # type: ignore[attr-defined]

    class Tensor:
        def __init__(self, *about: Any) -> None:
            self.about = about

        def __reduce__(self) -> Any:
            return sys.modules["torch._utils"]._rebuild_tensor_v2, (Storage(), *self.about, False, OrderedDict())  # type: ignore[attr-defined]

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj: Any) -> Any:
            return obj.pid if isinstance(obj, Storage) else None

    out = io.BytesIO()
    for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
        pickle.dump(part, out, 2)
    Pickler(out, 2).dump(OrderedDict((n, Tensor(*about)) for n, about in tensors.items()))
    pickle.dump(["0"], out, 2)
    return out.getvalue() + len(held).to_bytes(8, "little") + held.tobytes()


def test_a_file_of_weights_is_read_without_what_made_it(monkeypatch: pytest.MonkeyPatch) -> None:
    torch, utils = ModuleType("torch"), ModuleType("torch._utils")

    def rebuild(*_: Any) -> None: ...

    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = rebuild  # type: ignore[attr-defined]
    torch.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})  # type: ignore[attr-defined]
    held = np.arange(30, dtype=np.float32)
    with monkeypatch.context() as there:
        there.setitem(sys.modules, "torch", torch)
        there.setitem(sys.modules, "torch._utils", utils)
        rebuild.__name__ = "_rebuild_tensor_v2"
        data = _state_dict({"a": (0, (2, 3), (3, 1)), "b": (6, (4, 2, 3), (1, 12, 4)), "n": (5, (), ())}, held)
    found = read_weights(io.BytesIO(data))
    assert found["a"].tolist() == held[:6].reshape(2, 3).tolist() and found["n"] == 5
    assert found["b"].tolist() == held[6:].reshape(2, 3, 4).transpose(2, 0, 1).tolist()  # another order of axes
    with pytest.raises(pickle.UnpicklingError, match=r"posix\.system|nt\.system|os\.system"):
        read_weights(io.BytesIO(pickle.dumps(__import__("os").system, 2)))


def test_an_embedding_is_means_and_deviations_of_what_levels_stand_for(monkeypatch: pytest.MonkeyPatch) -> None:
    r = np.random.default_rng(2)
    counts = (3, 2, 4)
    levels = [r.integers(0, 256, (1, c, 5, 6)).astype(np.uint8) for c in counts[:2]]
    real = r.normal(2, 3, (1, counts[2], 2, 2)).astype(np.float32)
    step = r.uniform(0.01, 2, sum(counts)).astype(np.float32)
    base = np.concatenate([r.integers(0, 256, 5), np.zeros(4)]).astype(np.float32)
    monkeypatch.setattr(embedding, "network", lambda file: lambda image: [*levels, real, step, base])
    found = embedding.embed(np.zeros((4, 4, 3), np.uint8))
    at = np.cumsum((0, *counts))
    held = [
        (v[0].astype(np.float64) - base[a:b, None, None]) * step[a:b, None, None]
        for v, a, b in zip([*levels, real], at, at[1:], strict=False)
    ]
    wanted = [*(v.mean((1, 2)) for v in held), *(v.std((1, 2)) for v in held)]
    assert found.dtype == np.float32 and np.allclose(found, np.concatenate(wanted), rtol=1e-5, atol=1e-5)


@pytest.mark.slow
def test_an_exported_network_sees_nearly_what_the_published_one_sees(
    published: dict[str, NDArray[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    onnx = pytest.importorskip("onnx", reason="needs onnx: pip install 'pmcmine[encoder-train]'")
    from classifiers.images.backbone import export
    from pmcmine.images.networks import _by_onnx_runtime, _onnx_runtime

    r = np.random.default_rng(3)
    squares = [np.kron(r.integers(0, 256, (10, 10, 3)), np.ones((16, 16, 1))).astype(np.uint8) for _ in range(4)]
    data = export.export(published, squares)
    graph = onnx.load_from_string(data).graph
    read = {name for node in graph.node for name in node.input} | {value.name for value in graph.output}
    assert {value.name for value in graph.initializer} <= read
    monkeypatch.setattr(embedding, "network", lambda file: _by_onnx_runtime(_onnx_runtime(), data))
    net = layers(published)
    # The stem reads the image less 114, the network less the middle of each colour: the bias makes up for it.
    value = {v.name: onnx.numpy_helper.to_array(v).astype(np.float64) for v in graph.initializer}
    kernel = value["stem kernel"] * value["stem kernel step"][:, None, None, None]
    made_up = (kernel.sum((2, 3)) * (114 - np.array([123.675, 116.28, 103.53])) / 255).sum(1)
    bias = value["stem bias"] * value["stem kernel step"] * value["image step"]
    seen = export.observe(net, export._held(net, squares))
    scale = export.ranges(net, seen)["stem"].scale
    assert np.abs(bias - made_up - net[0].bias * scale).mean() < 0.2 * np.abs(made_up).mean()
    for square, held in zip(squares, export._held(net, squares), strict=True):
        flat = [held[n].astype(np.float64) for n in pooled(net)]
        wanted = np.concatenate([*(v.mean((1, 2)) for v in flat), *(v.std((1, 2)) for v in flat)])
        found = embedding.embed(square)
        assert np.corrcoef(found, wanted)[0, 1] > 0.98 and abs(found - wanted).mean() < 0.1 * wanted.std()
