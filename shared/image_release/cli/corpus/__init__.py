"""`image-release corpus`: is it the same picture? One module a command, imported when the command is used."""

from __future__ import annotations

import click

from image_release.cli.lazy import LazyGroup

COMMANDS = {
    "evaluate": "Group a labelled corpus as the product would, and measure the result.",
    "sweep": "Try every threshold of several methods, and recommend one.",
    "pair": "Any two images side by side, and why they are one picture or two.",
    "make": "Make a labelled corpus of partner-like copies.",
    "label": "Label a corpus by hand, on a page of this machine.",
}

__all__ = ["corpus"]


@click.command(cls=LazyGroup, package=__name__, summaries=COMMANDS)
def corpus() -> None:
    """Measure grouping on a labelled corpus.

    Example: image-release corpus evaluate my-corpus
    """
