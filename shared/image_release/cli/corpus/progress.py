"""Progress of a corpus command, on stderr, when that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from image_release.problems import printable


@contextmanager
def counting_images(*, quiet: bool) -> Iterator[Callable[[str, int], None]]:
    """Tell of each hotel that is done, and of the images so far; the line goes when all is done."""
    if quiet or not sys.stderr.isatty():
        yield lambda _hotel, _images: None
        return
    done = 0

    def tell(hotel: str, images: int) -> None:
        nonlocal done
        done += images
        click.echo(f"\r{done} images, {printable(hotel, 30):30}", err=True, nl=False)

    try:
        yield tell
    finally:
        click.echo("\r\033[K", err=True, nl=False)
