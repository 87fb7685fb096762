"""Values: ids become parts of keys, whatever characters a partner puts into them."""

from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.values import key_part


@given(st.text())
def test_an_id_comes_back_from_its_key(identifier):
    """Encoding loses nothing: two ids never share a key."""
    assert unquote(key_part(identifier)) == identifier


@given(st.text())
def test_an_id_is_never_a_path(identifier):
    """It has no separator and no control character, and it is neither `.` nor `..`."""
    part = key_part(identifier)
    assert part not in (".", "..")
    assert "/" not in part
    assert "\\" not in part
    assert part.isascii()
    assert part.isprintable()


@given(st.text())
def test_an_id_is_percent_encoded_in_the_usual_way(identifier):
    """As `quote(id, safe="")` does it, except for the two names that mean folders."""
    if identifier not in (".", ".."):
        assert key_part(identifier) == quote(identifier, safe="")


@pytest.mark.parametrize(
    ("identifier", "part"), [(".", "%2E"), ("..", "%2E%2E"), ("a/b", "a%2Fb"), ("$x", "%24x"), ("a\n", "a%0A")]
)
def test_an_example_of_an_encoded_id(identifier, part):
    """The examples of the architecture page; a line break at the end is encoded too."""
    assert key_part(identifier) == part
