"""`image-release everywhere`: one picture, in every hotel. Each command has a module, imported when it is used."""

from __future__ import annotations

import click

from image_release.cli.lazy_group import LazyGroup

COMMANDS = {
    "find": "List the hotels that show an image, or a copy of it.",
    "hide": "Hide an image in every hotel, also where it comes later.",
    "keep": "Say that an image may be in every hotel: it is not proposed again.",
    "label": "Say what an image shows, in every hotel.",
    "list": "List the decisions for every hotel, and how far each is.",
    "resume": "Go on with a decision where that was interrupted.",
    "revoke": "Undo a decision in every hotel.",
}

__all__ = ["everywhere"]


@click.command(cls=LazyGroup, package=__name__, summaries=COMMANDS)
def everywhere() -> None:
    """Find a picture in every hotel, and decide about it once for all: a partner's logo, "photo coming soon".

    Example: image-release everywhere find 123456 3fa9c1d2
    """
