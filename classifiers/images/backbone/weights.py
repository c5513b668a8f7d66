"""The published weights of MobileNetV2, as convolutions with their normalisation folded in.

The weights' file is read without PyTorch and without trusting it: its pickles may name tensors and nothing else.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Weights = Mapping[str, NDArray[Any]]
Values = NDArray[np.float64]
IMAGE: Final = "image"
POOLED: Final = (5, 9, 12, 16)  # blocks, counted from 0, whose channels make the embedding
# Stride of each block; all but the first widen their input by a factor of six.
_STRIDES: Final = (1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1)
_KINDS: Final[Mapping[str, np.dtype[Any]]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
_EPS: Final = 1e-5  # of batch normalisation
_SPREAD: Final = (0.229, 0.224, 0.225)  # of red, green and blue, from 0 to 1, in what the network has learned from


class Layer(NamedTuple):
    """A convolution, or a sum of two layers.

    Attributes:
        name: of the layer and its output.
        inputs: names of the layers that it reads: one of a convolution, two of a sum.
        kernel: output channels × input channels × height × width; input channels are 1 where each channel is
            filtered by itself. None in a sum.
        bias: of each output channel; empty in a sum.
        stride: in pixels.
        clipped: whether the output is clipped to 0 and 6.
    """

    name: str
    inputs: tuple[str, ...]
    kernel: Values | None = None
    bias: Values = np.zeros(0)
    stride: int = 1
    clipped: bool = False

    @property
    def by_channel(self) -> bool:
        """Whether each channel is filtered by itself."""
        return self.kernel is not None and self.kernel.shape[1] == 1


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


def layers(weights: Weights) -> list[Layer]:
    """Return the layers up to the last block of `POOLED`, in order; `pooled` names those that are the embedding's.

    They read RGB from 0 to 1, less the mean of what the network has learned from.
    """
    found = [_folded(weights, "stem", IMAGE, "features.0.0", "features.0.1", 2)]
    found[0] = found[0]._replace(kernel=_kernel(found[0]) / np.array(_SPREAD)[:, None, None])
    for i in range(max(POOLED) + 1):
        name, before = f"features.{i + 1}.conv", found[-1].name
        if i:
            found.append(_folded(weights, f"{i} widen", before, f"{name}.0.0", f"{name}.0.1"))
        filtered, narrowed = (f"{name}.1", f"{name}.2") if i else (f"{name}.0", f"{name}.1")
        found.append(_folded(weights, f"{i} filter", found[-1].name, f"{filtered}.0", f"{filtered}.1", _STRIDES[i]))
        after = f"{name}.3" if i else f"{name}.2"
        found.append(_folded(weights, f"{i} narrow", found[-1].name, narrowed, after, clipped=False))
        widened = weights[f"{name}.0.0.weight"]
        if i and _STRIDES[i] == 1 and widened.shape[1] == len(_kernel(found[-1])):
            found.append(Layer(f"{i} sum", (found[-1].name, before)))
    return found


def pooled(net: Sequence[Layer]) -> list[str]:
    """Return the names of the last layers of the blocks of `POOLED`."""
    last = {layer.name.split()[0]: layer.name for layer in net}
    return [last[str(i)] for i in POOLED]


def _folded(
    weights: Weights, name: str, before: str, conv: str, norm: str, stride: int = 1, clipped: bool = True
) -> Layer:
    scale = weights[f"{norm}.weight"].astype(np.float64) / np.sqrt(
        weights[f"{norm}.running_var"].astype(np.float64) + _EPS
    )
    bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
    return Layer(name, (before,), weights[f"{conv}.weight"] * scale[:, None, None, None], bias, stride, clipped)


def _kernel(layer: Layer) -> Values:
    assert layer.kernel is not None
    return layer.kernel
