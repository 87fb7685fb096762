"""Writes a network as an ONNX file: the few messages of ONNX' protocol-buffer form that our networks need.

Source of the form: `onnx/onnx.proto`, IR version 8, operator set 13. The bytes depend on the nodes and weights alone.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

IR_VERSION = 8
OPERATOR_SET = 13
FLOAT = 1
"""ONNX' code of 32-bit floating-point numbers."""
_FLOAT_ATTRIBUTE, _INT_ATTRIBUTE, _STRING_ATTRIBUTE, _INTS_ATTRIBUTE = 1, 2, 3, 7
_LENGTH_DELIMITED = 2
_FIXED_32 = 5


class Graph:
    """Collects nodes and weights. Each `add` gives the name of its output, which later nodes take as input."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._weights: list[bytes] = []

    def weight(self, array: NDArray[np.float32]) -> str:
        """Add numbers that nodes take as an input."""
        name = f"w{len(self._weights)}"
        dims = b"".join(_number(1, side) for side in array.shape)
        raw = np.ascontiguousarray(array, "<f4").tobytes()
        self._weights.append(dims + _number(2, FLOAT) + _text(8, name) + _field(9, raw))
        return name

    def add(
        self, operator: str, inputs: Sequence[str], output: str = "", **attributes: float | str | Sequence[int]
    ) -> str:
        """Add a node with one output; a name is made up for it if none is given."""
        name = output or f"n{len(self._nodes)}"
        parts = [*(_text(1, one) for one in inputs), _text(2, name), _text(3, name), _text(4, operator)]
        parts += [_field(5, _attribute(key, value)) for key, value in sorted(attributes.items())]
        self._nodes.append(b"".join(parts))
        return name

    def to_bytes(self, inputs: dict[str, Sequence[int | str]], outputs: dict[str, Sequence[int | str]]) -> bytes:
        """The file. `inputs` and `outputs` have the shape of each; a side without a fixed length has a name."""
        graph = b"".join(_field(1, node) for node in self._nodes) + _text(2, "network")
        graph += b"".join(_field(5, weight) for weight in self._weights)
        graph += b"".join(_field(11, _value(name, shape)) for name, shape in inputs.items())
        graph += b"".join(_field(12, _value(name, shape)) for name, shape in outputs.items())
        return _number(1, IR_VERSION) + _field(7, graph) + _field(8, _text(1, "") + _number(2, OPERATOR_SET))


def _attribute(name: str, value: Any) -> bytes:
    if isinstance(value, str):
        return _text(1, name) + _text(4, value) + _number(20, _STRING_ATTRIBUTE)
    if isinstance(value, float):
        return _text(1, name) + _tag(2, _FIXED_32) + struct.pack("<f", value) + _number(20, _FLOAT_ATTRIBUTE)
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _INT_ATTRIBUTE)
    return _text(1, name) + b"".join(_number(8, item) for item in value) + _number(20, _INTS_ATTRIBUTE)


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    """Name, type and shape of an input or output."""
    dims = b"".join(_field(1, _text(2, side) if isinstance(side, str) else _number(1, side)) for side in shape)
    return _text(1, name) + _field(2, _field(1, _number(1, FLOAT) + _field(2, dims)))


def _field(number: int, data: bytes) -> bytes:
    return _tag(number, _LENGTH_DELIMITED) + _varint(len(data)) + data


def _text(number: int, text: str) -> bytes:
    return _field(number, text.encode())


def _number(number: int, value: int) -> bytes:
    return _tag(number, 0) + _varint(value)


def _tag(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
