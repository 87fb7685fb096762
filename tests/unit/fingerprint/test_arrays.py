"""Packed arrays are read as numpy reads them, without numpy's reader; damaged ones raise what is known."""

import ast
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from image_release.fingerprint.arrays import UNREADABLE, all_arrays, read_array

KINDS = st.sampled_from(["u1", "i1", "<u2", ">i4", "<u8", "<f2", "<f4", ">f8", "?", "<U3", "S5"])
ARRAYS = KINDS.flatmap(lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0)))


def npy(array):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, allow_pickle=False)
    return out.getvalue()


def same(one, other):
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


@given(ARRAYS, st.booleans())
def test_an_array_is_read_as_numpy_reads_it(array, is_fortran):
    data = npy(np.asfortranarray(array) if is_fortran else array)
    assert same(read_array(data), np.load(io.BytesIO(data)))


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_each_version_of_the_format_is_read(version):
    out = io.BytesIO()
    np.lib.format.write_array(out, np.arange(6).reshape(2, 3), version=version)
    assert same(read_array(out.getvalue()), np.arange(6).reshape(2, 3))


@given(st.dictionaries(st.sampled_from("abc"), ARRAYS))
def test_all_arrays_are_read(named):
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, **named)
    found = all_arrays(out.getvalue())
    assert found.keys() == named.keys()
    assert all(same(found[name], np.load(io.BytesIO(npy(array)))) for name, array in named.items())


def test_no_source_is_read(monkeypatch):
    """Syntax trees that several threads build at once can fail."""

    def refuse(*arguments, **words):
        raise AssertionError("a syntax tree is built")

    data = npy(np.zeros((4, 32), np.uint8))
    monkeypatch.setattr(ast, "parse", refuse)
    with pytest.raises(AssertionError):
        np.load(io.BytesIO(data))
    assert read_array(data).shape == (4, 32)


@given(ARRAYS, st.data())
def test_a_damaged_array_raises_what_is_known(array, draw):
    data = bytearray(npy(array))
    for place in draw.draw(st.lists(st.integers(0, min(len(data), 128) - 1), min_size=1, max_size=4)):
        data[place] = draw.draw(st.integers(0, 255))
    cut = bytes(data[: draw.draw(st.integers(0, len(data)))])
    try:
        read_array(cut)
    except UNREADABLE:
        return
    assert len(cut) >= 64  # what can still be read has a header


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",  # objects, which numpy would unpickle
        "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<U0', 'fortran_order': False, 'shape': (9999999999999,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999999, 9999999999999), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }",  # more than there is
    ],
)
def test_other_headers_are_refused(header):
    text = header.encode() + b"\n"
    with pytest.raises(ValueError, match=r"header of another kind|ends too early"):
        read_array(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(8))


def test_compressed_arrays_are_refused():
    """A few bytes could unpack to any number."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.npy", npy(np.zeros(1000)))
    with pytest.raises(ValueError, match="compressed"):
        all_arrays(out.getvalue())
