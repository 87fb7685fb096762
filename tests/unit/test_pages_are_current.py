"""The pages that are made from the program say what the program says today."""

import pytest

from docs.generate import DOCS, pages


@pytest.mark.parametrize("name", sorted(pages()))
def test_is_what_the_program_says(name):
    """`make docs` would change nothing."""
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name], "stale: `make docs` writes it anew"
