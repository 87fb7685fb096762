"""The generated pages are up to date."""

import pytest

from docs.generate import DOCS, pages


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_generated_page_is_current(name):
    """`make docs` would change nothing."""
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name], "out of date: run `make docs`"
