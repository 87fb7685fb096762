"""The filters that let images of every size through."""

from image_release.lab.size_filter import any_size_filter
from image_release.settings import Settings


def test_keep_the_maximum_number_of_pixels_of_the_settings():
    """Sizes do not matter, but the memory of the machine does."""
    settings = Settings.model_validate({"filter": {"max_pixels": 1_000_000}})
    found = any_size_filter(settings)
    assert (found.min_short_side_px, found.min_long_side_px, found.max_pixels) == (1, 1, 1_000_000)
