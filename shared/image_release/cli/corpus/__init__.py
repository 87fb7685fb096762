"""`image-release corpus`: measures grouping. Each command has a module, which is imported when the command is used."""

from __future__ import annotations

import click

from image_release.cli.lazy_group import LazyGroup

COMMANDS = {
    "evaluate": "Group a labelled corpus as the product does, and measure the result.",
    "sweep": "Try every threshold of several methods, and recommend one.",
    "pair": "Compare any two images, and say why they are one picture or two.",
    "make": "Make a labelled corpus of copies like those of partners.",
    "label": "Label a corpus by hand, on a local web page.",
}

__all__ = ["corpus"]


@click.command(cls=LazyGroup, package=__name__, summaries=COMMANDS)
def corpus() -> None:
    """Measure grouping on a labelled corpus.

    Example: image-release corpus evaluate my-corpus
    """
