"""Which keys are allowed: the rules that all stores share."""

import os

from hypothesis import given
from hypothesis import strategies as st

from image_release.storage.naming import MAX_KEY_BYTES, MAX_PART_BYTES, etag_of, key_fault
from image_release.values import key_part


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=5))
def test_percent_encoded_ids_always_make_a_key(identifiers):
    """For any names of partners, if they are short enough."""
    assert key_fault("x/" + "/".join(map(key_part, identifiers))) is None


@given(st.text(alphabet="ab./\0", max_size=12))
def test_a_good_key_stays_below_the_root(key):
    """Normalising it as a path does not change it: it has no `..` and does not start at `/`."""
    if key_fault(key) is None:
        assert os.path.normpath(f"/store/{key}") == f"/store/{key}"


def test_the_longest_key_and_part_are_just_good():
    """A byte more is too much."""
    part = "a" * MAX_PART_BYTES
    longest = "/".join([part] * 4)[:MAX_KEY_BYTES]
    assert key_fault(part) is None
    assert key_fault(part + "a") == "has a part of 256 bytes, more than 255"
    assert key_fault(longest) is None
    assert key_fault(longest + "/b") == "has 1025 bytes, more than 1024"


def test_the_same_bytes_have_the_same_etag():
    """In every process, because processes compare each other's ETags."""
    assert etag_of(b"") == '"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"'
