"""`image-release report`: what partners bring, and which hotels have few good pictures."""

from __future__ import annotations

import click

from image_release.cli.lazy_group import LazyGroup

COMMANDS = {
    "partners": "What each partner sends, what becomes of it, which hotels depend on it.",
    "hotels": "Hotels with few good pictures, by country and city.",
}

__all__ = ["report"]


@click.command(cls=LazyGroup, package=__name__, summaries=COMMANDS)
def report() -> None:
    """Report to people what partners bring, and what hotels lack.

    Reports read an index of all hotels, which the first report or the desk builds and every later one brings up to
    date. It lies in desk/ of the workspace's folder, or in the user's cache folder where the workspace is on S3.

    Example: image-release report partners
    """
