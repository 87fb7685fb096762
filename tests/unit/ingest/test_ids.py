"""Ids become parts of keys: they are text, not empty, and at most 200 bytes long once percent-encoded."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.ingest.ids import BadValueError, checked_id
from image_release.values import key_part


@pytest.mark.parametrize("character", ["a", "/", "é", "旅", "🏨"])
def test_the_longest_id_has_200_bytes_in_its_key(character):
    longest = character * (200 // len(key_part(character)))
    assert checked_id(longest, "hotel_id") == longest
    with pytest.raises(BadValueError, match="hotel_id must be at most 200 bytes"):
        checked_id(longest + character, "hotel_id")


@given(st.text())
def test_an_id_is_accepted_if_it_is_a_part_of_a_key(value):
    is_text = all(unicodedata.category(character) not in ("Cc", "Cs") for character in value)
    if value and is_text and value[0] != "\ufeff" and len(key_part(value)) <= 200:
        assert checked_id(value, "id") is value
    else:
        with pytest.raises(BadValueError) as refused:
            checked_id(value, "id")
        assert refused.value.value == value
