"""`image-release everywhere label`: says what an image shows, in every hotel."""

from __future__ import annotations

import click

from image_release.cli.everywhere.deciding import decide
from image_release.cli.invocation import Invocation, common_options, work_options


@click.command()
@click.argument("hotel_id", metavar="HOTEL")
@click.argument("image", metavar="IMAGE")
@click.option("--label", "labels", multiple=True, required=True, metavar="TEXT", help="What the photograph shows.")
@click.option("--why", default="", help="The reason; stored with the decision.")
@click.option("--dry-run", is_flag=True, help="List the hotels, and decide nothing.")
@work_options
@common_options
def label(invocation: Invocation, hotel_id: str, image: str, labels: tuple[str, ...], why: str, dry_run: bool) -> None:
    """Say what an image of HOTEL, and every copy of it, shows in every hotel; also in those that get it later.

    Example: image-release everywhere label 123456 3fa9c1d2 --label Pool --dry-run
    """
    decide(invocation, hotel_id, image, "label", labels, why, dry_run=dry_run)
