"""The progress bar of the corpus commands, which report the number of images of each hotel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from image_release.cli.progress import progress_bar


@contextmanager
def corpus_progress(
    total: int | None = None, *, quiet: bool, unit: str = "hotels"
) -> Iterator[Callable[[str, int], None]]:
    """Show progress. Yields a function that is called after each unit with its hotel and its number of images."""
    with progress_bar(total, quiet=quiet, unit=unit) as advance:
        yield lambda _hotel, images: advance(images)
