"""`image-release everywhere find`: the hotels that show an image; nothing is changed."""

from __future__ import annotations

import click

from image_release.cli.everywhere.deciding import found_in, refusals, tell_found
from image_release.cli.invocation import Invocation, common_options


@click.command()
@click.argument("hotel_id", metavar="HOTEL")
@click.argument("image", metavar="IMAGE")
@common_options
def find(invocation: Invocation, hotel_id: str, image: str) -> None:
    """List the hotels that show an image of HOTEL, or a copy of it: recompressed, smaller or cropped a little.

    IMAGE is a SHA-256 from the manifest, its first digits, or the image's URL. The first search reads the fingerprints
    of all hotels; later ones read what changed since.

    Example: image-release everywhere find 123456 3fa9c1d2
    """
    with invocation.open() as workspace, refusals():
        tell_found(invocation, hotel_id, *found_in(invocation, workspace, hotel_id, image))
