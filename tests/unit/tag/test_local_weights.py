"""Weights are read without running any code, and nothing but a whole file of weights is read."""

from __future__ import annotations

import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.tag.local.weights_file import MAGIC, VERSION, WeightsUnreadableError, read_weights

NUMBERS = np.arange(12, dtype="<f4")


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def sides(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def tensor(offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *, kind: str = "FloatStorage") -> bytes:
    """The opcodes of one tensor in the storage `7`, as PyTorch writes them."""
    storage = (
        b"(" + text("storage") + b"ctorch\n" + kind.encode() + b"\n" + text("7") + text("cpu") + number(12) + b"NtQ"
    )
    rest = number(offset) + sides(shape) + sides(strides) + b"\x89" + b"ccollections\nOrderedDict\n)R"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + rest + b"tR"


def weights(one: bytes, *, before: bytes = b"") -> bytes:
    """A file of weights with one tensor, `a`."""
    tensors = b"\x80\x02" + before + b"ccollections\nOrderedDict\n)R(" + text("a") + one + b"u."
    heads = [pickle.dumps(value, 2) for value in (MAGIC, VERSION, {"little_endian": True})]
    return b"".join([*heads, tensors, b"\x80\x02](" + text("7") + b"e.", struct.pack("<q", 12), NUMBERS.tobytes()])


class TestATensor:
    def test_is_read_by_its_strides_not_by_the_order_in_the_file(self) -> None:
        read = read_weights(weights(tensor(0, (3, 4), (1, 3))))
        assert read["a"].tolist() == NUMBERS.reshape(4, 3).T.tolist()

    def test_begins_at_its_offset(self) -> None:
        assert read_weights(weights(tensor(4, (2, 2), (2, 1))))["a"].tolist() == [[4, 5], [6, 7]]

    def test_may_be_a_single_number(self) -> None:
        assert read_weights(weights(tensor(5, (), ())))["a"].tolist() == 5

    @pytest.mark.parametrize(
        ("offset", "shape", "strides"),
        [
            (9, (2, 2), (2, 1)),
            (-1, (2,), (1,)),
            (11, (2,), (-1,)),
            (0, (1 << 30, 1 << 30), (0, 0)),
            (0, (1 << 30, 0), (0, 0)),
        ],
        ids=[
            "beyond the end",
            "before the begin",
            "backwards",
            "more numbers than the storage",
            "none of endless many",
        ],
    )
    def test_outside_its_storage_is_refused(
        self, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
    ) -> None:
        with pytest.raises(WeightsUnreadableError, match="beyond its storage"):
            read_weights(weights(tensor(offset, shape, strides)))


class TestHostileFiles:
    def test_code_in_a_pickle_is_refused_and_not_run(self, tmp_path: Path) -> None:
        victim = tmp_path / "made"
        call = b"cos\nmkdir\n(" + text(str(victim)) + b"tR0"
        with pytest.raises(WeightsUnreadableError, match="calls code"):
            read_weights(weights(tensor(0, (1,), (1,)), before=call))
        assert not victim.exists()

    def test_an_opcode_that_weights_do_not_need_is_refused_by_name(self) -> None:
        with pytest.raises(WeightsUnreadableError, match="opcode BINFLOAT"):
            read_weights(weights(tensor(0, (1,), (1,)), before=b"G" + struct.pack(">d", 1.0) + b"0"))

    def test_a_file_that_is_cut_short_anywhere_is_refused(self) -> None:
        whole = weights(tensor(0, (3, 4), (4, 1)))
        for length in range(len(whole)):
            with pytest.raises(WeightsUnreadableError):
                read_weights(whole[:length])

    def test_another_kind_of_numbers_is_refused(self) -> None:
        with pytest.raises(WeightsUnreadableError):
            read_weights(weights(tensor(0, (1,), (1,), kind="HalfStorage")))

    @given(st.data())
    def test_damage_is_refused_or_gives_arrays_and_raises_nothing_else(self, data: st.DataObject) -> None:
        damaged = bytearray(weights(tensor(0, (3, 4), (4, 1))))
        for at in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=4)):
            damaged[at] = data.draw(st.integers(0, 255))
        try:
            read = read_weights(bytes(damaged))
        except WeightsUnreadableError:
            return
        assert all(isinstance(array, np.ndarray) for array in read.values())


def test_tuples_in_tuples_as_keys_are_refused() -> None:
    """Python computes their hash without a limit of depth: a file of a megabyte would end the process."""
    deep = b")" + b"\x85" * 1_000
    heads = b"".join(pickle.dumps(value, 2) for value in (MAGIC, VERSION, {"little_endian": True}))
    for entries in (b"(" + deep + b"Nu", deep + b"Ns"):
        with pytest.raises(WeightsUnreadableError, match="a key is not a word"):
            read_weights(heads + b"\x80\x02}" + entries + b".")
    with pytest.raises(WeightsUnreadableError, match="a key is not a word"):
        read_weights(weights(tensor(0, (2,), (1,)).replace(text("7"), deep)))
