"""Progress of a corpus command, on stderr, when that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from image_release.problems import printable


def counting_images(*, quiet: bool) -> Callable[[str, int], None]:
    """Tell of each hotel that is done, and of the images so far."""
    done = 0

    def tell(hotel: str, images: int) -> None:
        nonlocal done
        done += images
        if not quiet and sys.stderr.isatty():
            click.echo(f"\r{done} images, {printable(hotel, 30):30}", err=True, nl=False)

    return tell
