"""EfficientNet-Lite as an ONNX network: from its weights to features, numbers that describe an image.

The features are the means of the channels of three layers: the last one (1,280), the last block (320), and a block in
the middle (112).

The shape of the network follows from the weights' names and shapes. Not told by them: the strides of the seven stages,
batch normalisation's epsilon, ReLU6, and TensorFlow's padding (more on the right and below). Batch normalisation is
folded into the convolution before it, in 64-bit arithmetic that gives the same bits everywhere. Source: Tan and Le,
"EfficientNet", 2019; TensorFlow's `efficientnet/lite`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from image_release.tag.local.onnx_graph import Graph
from image_release.tag.local.weights_file import Tensors, WeightsUnreadableError

STAGE_STRIDES = (1, 2, 2, 2, 1, 2, 1)
EPSILON = 1e-3
MIDDLE_BLOCK = 10
"""Block whose channels, 112 of Lite0, are features too: textures and colours, which the last layers have forgotten."""
INPUT, OUTPUT = "view", "features"


def efficientnet_lite(weights: Tensors) -> bytes:
    """The network as an ONNX file: float32 images (n, 3, side, side), (RGB − 127) / 128, to features (n, 1712).

    Raises WeightsUnreadableError if the weights are of another network.
    """
    try:
        return _Network(weights).to_bytes()
    except (KeyError, ValueError, IndexError) as error:
        raise WeightsUnreadableError(f"not the weights of an EfficientNet-Lite: {error!r}") from error


class _Network:
    def __init__(self, weights: Tensors) -> None:
        self._weights = weights
        self._graph = Graph()
        self._zero = self._graph.weight(np.array(0, np.float32))
        self._six = self._graph.weight(np.array(6, np.float32))

    def to_bytes(self) -> bytes:
        outs = [self._convolution(INPUT, "_conv_stem", "_bn0", stride=2)]
        for block, stride, adds in self._blocks():
            outs.append(self._block(outs[-1], block, stride, adds=adds))
        last = self._convolution(outs[-1], "_conv_head", "_bn1")
        described = (last, outs[MIDDLE_BLOCK + 1], outs[-1])
        means = [self._graph.add("GlobalAveragePool", [layer]) for layer in described]
        joined = self._graph.add("Concat", means, axis=1)
        self._graph.add("Flatten", [joined], output=OUTPUT, axis=1)
        return self._graph.to_bytes({INPUT: ("n", 3, "side", "side")}, {OUTPUT: ("n", "features")})

    def _blocks(self) -> Iterator[tuple[str, int, bool]]:
        """Name of each block, its stride, and whether its input is added to its output."""
        channels, stage, number = self._weights["_conv_stem.weight"].shape[0], -1, 0
        while (block := f"_blocks.{number}.") + "_project_conv.weight" in self._weights:
            made = self._weights[block + "_project_conv.weight"].shape[0]
            begins = made != channels
            stage += begins
            yield block, STAGE_STRIDES[stage] if begins else 1, not begins
            channels, number = made, number + 1

    def _block(self, out: str, block: str, stride: int, *, adds: bool) -> str:
        before = out
        if block + "_expand_conv.weight" in self._weights:
            out = self._convolution(out, block + "_expand_conv", block + "_bn0")
        out = self._convolution(out, block + "_depthwise_conv", block + "_bn1", stride=stride, by_channel=True)
        out = self._convolution(out, block + "_project_conv", block + "_bn2", clips=False)
        return self._graph.add("Add", [out, before]) if adds else out

    def _convolution(
        self, out: str, name: str, norm: str, *, stride: int = 1, by_channel: bool = False, clips: bool = True
    ) -> str:
        kernel, bias = self._folded(name, norm)
        groups = kernel.shape[0] if by_channel else 1
        made = self._graph.add(
            "Conv",
            [out, self._graph.weight(kernel), self._graph.weight(bias)],
            auto_pad="SAME_UPPER",
            group=groups,
            kernel_shape=kernel.shape[2:],
            strides=(stride, stride),
        )
        return self._graph.add("Clip", [made, self._zero, self._six]) if clips else made

    def _folded(self, name: str, norm: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Kernel and bias of a convolution and the batch normalisation after it."""
        kernel = self._weights[f"{name}.weight"].astype(np.float64)
        scale, shift, mean, variance = (
            self._weights[f"{norm}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = scale / np.sqrt(variance + EPSILON)
        return (kernel * scale[:, None, None, None]).astype(np.float32), (shift - mean * scale).astype(np.float32)
