"""Filters that let images of every size through: the lab judges images that a published hotel would leave out."""

from __future__ import annotations

from image_release.settings import FilterSettings, Settings

ANY_SIZE = FilterSettings(min_short_side_px=1, min_long_side_px=1)
"""Accepts every size up to the shipped maximum number of pixels."""


def any_size_filter(settings: Settings) -> FilterSettings:
    """A filter that accepts every size up to the maximum number of pixels in `settings`."""
    return ANY_SIZE.model_copy(update={"max_pixels": settings.filter.max_pixels})
