"""`image-release ranking`: judges the order of pictures. Each command has a module, imported when it is used."""

from __future__ import annotations

import click

from image_release.cli.lazy_group import LazyGroup

COMMANDS = {
    "evaluate": "Order a graded corpus as the product does, and measure the order.",
    "unknown-labels": "List the labels that pictures have and the table of labels lacks.",
    "compare": "Compare the orders that two settings files give every published hotel.",
    "fit": "Propose weights of the score from grades, choices or pins; nothing is applied.",
}

__all__ = ["ranking"]


@click.command(cls=LazyGroup, package=__name__, summaries=COMMANDS)
def ranking() -> None:
    """Judge the order of pictures.

    Example: image-release ranking evaluate my-corpus
    """
