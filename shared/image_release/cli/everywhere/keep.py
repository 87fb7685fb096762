"""`image-release everywhere keep`: says that an image may be in every hotel."""

from __future__ import annotations

import click

from image_release.cli.everywhere.deciding import keep_everywhere
from image_release.cli.invocation import Invocation, common_options, work_options


@click.command()
@click.argument("hotel_id", metavar="HOTEL")
@click.argument("image", metavar="IMAGE")
@click.option("--why", default="", help="The reason; stored with the decision.")
@work_options
@common_options
def keep(invocation: Invocation, hotel_id: str, image: str, why: str) -> None:
    """Say that an image of HOTEL may be in every hotel, such as the lobby of a chain.

    No hotel is changed, and `shared` no longer proposes to hide the picture. `revoke` undoes it.

    Example: image-release everywhere keep 123456 3fa9c1d2 --why "the lobby of all of them"
    """
    keep_everywhere(invocation, hotel_id, image, why)
