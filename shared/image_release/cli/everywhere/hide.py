"""`image-release everywhere hide`: hides an image in every hotel."""

from __future__ import annotations

import click

from image_release.cli.everywhere.deciding import decide
from image_release.cli.invocation import Invocation, common_options, work_options


@click.command()
@click.argument("hotel_id", metavar="HOTEL")
@click.argument("image", metavar="IMAGE")
@click.option("--why", default="", help="The reason; stored with the decision and shown at hidden images.")
@click.option("--dry-run", is_flag=True, help="List the hotels, and decide nothing.")
@work_options
@common_options
def hide(invocation: Invocation, hotel_id: str, image: str, why: str, dry_run: bool) -> None:
    """Hide an image of HOTEL, and every copy of it, in every hotel; also in those that get it later.

    In each hotel it is an ordinary decision, which a person may undo there. In a folder the hotels are processed now.
    Beside a suite on AWS a request is handed to it.

    Example: image-release everywhere hide 123456 3fa9c1d2 --why "logo of the partner"
    """
    decide(invocation, hotel_id, image, "hide", (), why, dry_run=dry_run)
