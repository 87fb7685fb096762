"""Reads the weights of a network from a file of PyTorch's first form, without PyTorch and without `pickle`.

The file is five pickles (a magic number, a version, the machine, the tensors by name, the keys of the storages), and
then each storage: its length, and its numbers. A pickle may run any code, so nothing is unpickled: an own reader knows
the few opcodes that such a file needs and refuses all others. A tensor is a view of a storage, with an offset and
*strides*.
Source of the form: `torch/serialization.py`, `_legacy_save`.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001
NUMBERS: dict[str, np.dtype[Any]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
"""Kinds of storages that are read, and their numbers."""
MOST_NUMBERS = 50_000_000
"""Maximum count of numbers in one storage."""

Tensors = dict[str, NDArray[Any]]


class WeightsUnreadableError(Exception):
    """The file is not a whole file of weights; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class _Storage:
    kind: str
    key: str
    length: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_weights(data: bytes) -> Tensors:
    """The tensors of a file by name, as arrays of their own. Raises WeightsUnreadableError."""
    stream = io.BytesIO(data)
    try:
        magic, version, machine, tensors, keys = (_Pickle(stream).value for _ in range(5))
        _require((magic, version) == (MAGIC, VERSION), "not a file of PyTorch's first form")
        _require(machine["little_endian"] is True, "not of a little-endian machine")
        storages = _read_storages(stream, tensors, keys)
        return {name: _array(tensor, storages[tensor.storage.key]) for name, tensor in tensors.items()}
    except WeightsUnreadableError:
        raise
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError) as error:
        raise WeightsUnreadableError(f"not a whole file of weights: {type(error).__name__}: {error}") from error


def _require(condition: bool, sentence: str) -> None:  # noqa: FBT001 - what must hold, as in an assertion
    if not condition:
        raise WeightsUnreadableError(sentence)


def _require_words(keys: list[Any]) -> None:
    """Keys must be words. Python computes the hash of tuples in tuples without a limit of depth, and would crash."""
    _require(all(isinstance(key, str) for key in keys), "a key is not a word")


def _read_storages(stream: io.BytesIO, tensors: dict[str, _Tensor], keys: list[str]) -> dict[str, NDArray[Any]]:
    """The numbers of each storage by its key. They follow in the order of `keys`."""
    _require_words(keys)
    known = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    storages = {}
    for key in keys:
        storage = known[key]
        length = int.from_bytes(stream.read(8), "little")
        _require(length == storage.length <= MOST_NUMBERS, f"storage {key} has {length} numbers, not {storage.length}")
        number = NUMBERS[storage.kind]
        numbers = stream.read(length * number.itemsize)
        _require(len(numbers) == length * number.itemsize, "the file is cut short")
        storages[key] = np.frombuffer(numbers, number)
    return storages


def _array(tensor: _Tensor, numbers: NDArray[Any]) -> NDArray[Any]:
    """A tensor as an array with the numbers in the usual order, whatever their strides are in the file."""
    shape, strides = tensor.shape, tensor.strides
    last = tensor.offset + sum((side - 1) * stride for side, stride in zip(shape, strides, strict=True))
    inside = min(tensor.offset, *shape, *strides, 0) >= 0 and last < len(numbers) and 0 < prod(shape) <= len(numbers)
    _require(inside, "a tensor reaches beyond its storage")
    index = np.full(shape, tensor.offset)
    for axis, (side, stride) in enumerate(zip(shape, strides, strict=True)):
        index += (np.arange(side) * stride).reshape([-1 if i == axis else 1 for i in range(len(shape))])
    array: NDArray[Any] = numbers[index]
    return array


class _Pickle:
    """One pickle of the file, read with the opcodes that it needs; `value` is what it holds."""

    def __init__(self, stream: io.BytesIO) -> None:
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        steps: dict[str, Callable[[Any], object]] = {
            "MARK": lambda _: self._marks.append(len(self._stack)),
            "GLOBAL": lambda name: self._stack.append(_Name(name)),
            "BINPERSID": lambda _: self._stack.append(_storage(*self._stack.pop())),
            "REDUCE": lambda _: self._call(),
            "BUILD": lambda _: self._stack.pop(),
            "SETITEM": lambda _: self._set([self._stack.pop(), self._stack.pop()][::-1]),
            "SETITEMS": lambda _: self._set(self._since_mark()),
            "APPENDS": lambda _: self._extend(self._since_mark()),
            "TUPLE": lambda _: self._stack.append(tuple(self._since_mark())),
            "BINGET": lambda slot: self._stack.append(self._memo[slot]),
            "LONG_BINGET": lambda slot: self._stack.append(self._memo[slot]),
            "BINPUT": self._put,
            "LONG_BINPUT": self._put,
        }
        for opcode, argument, _position in pickletools.genops(stream):
            if opcode.name in _ARGUMENTS:
                self._stack.append(argument)
            elif opcode.name in _EMPTY:
                self._stack.append(_EMPTY[opcode.name]())
            elif opcode.name in _TUPLES:
                start = len(self._stack) - _TUPLES[opcode.name]
                self._stack[start:] = [tuple(self._stack[start:])]
            elif opcode.name in steps:
                steps[opcode.name](argument)
            elif opcode.name not in _NOTHING:
                raise WeightsUnreadableError(f"the opcode {opcode.name} is not needed for weights and is refused")
        self.value = self._stack.pop()

    def _since_mark(self) -> list[Any]:
        start = self._marks.pop()
        items, self._stack[start:] = self._stack[start:], []
        return items

    def _put(self, slot: int) -> None:
        self._memo[slot] = self._stack[-1]

    def _set(self, items: list[Any]) -> None:
        _require_words(items[::2])
        self._stack[-1].update(zip(items[::2], items[1::2], strict=True))

    def _extend(self, items: list[Any]) -> None:
        self._stack[-1].extend(items)

    def _call(self) -> None:
        """`OrderedDict()` and `_rebuild_tensor_v2(storage, offset, shape, strides, …)`; all other calls are refused."""
        arguments, name = self._stack.pop(), self._stack.pop()
        if name == _Name("collections OrderedDict") and arguments == ():
            self._stack.append({})
        elif name == _Name("torch._utils _rebuild_tensor_v2"):
            self._stack.append(_Tensor(*arguments[:4]))
        else:
            raise WeightsUnreadableError("the file calls code that is not needed for weights")


@dataclass(frozen=True, slots=True)
class _Name:
    """A name of code. Nothing is imported for it: it stays a word."""

    text: str


def _storage(_word: str, kind: _Name, key: str, _device: str, length: int, _view: None) -> _Storage:
    _require_words([key])
    return _Storage(kind.text.removeprefix("torch "), key, length)


_ARGUMENTS = frozenset({"BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE"})
"""Opcodes that put their argument on the stack; `pickletools` has read it."""
_EMPTY: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_NOTHING = frozenset({"PROTO", "STOP"})
