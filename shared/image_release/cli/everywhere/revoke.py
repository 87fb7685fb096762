"""`image-release everywhere revoke`: undoes a decision for every hotel."""

from __future__ import annotations

import click

from image_release.cli.common import person, present_moment
from image_release.cli.everywhere.deciding import decision_named, finish, refusals
from image_release.cli.invocation import Invocation, common_options, work_options
from image_release.everywhere import job_of, undo_everywhere


@click.command()
@click.argument("image", metavar="IMAGE")
@click.option("--why", default="", help="The reason; stored with the revocation.")
@click.option("--dry-run", is_flag=True, help="Tell in how many hotels it would be undone, and write nothing.")
@work_options
@common_options
def revoke(invocation: Invocation, image: str, why: str, dry_run: bool) -> None:
    """Undo the decision about IMAGE in every hotel. IMAGE is named as `list` shows it.

    Example: image-release everywhere revoke 3fa9c1d2 --why "our own sign"
    """
    with invocation.open() as workspace, refusals():
        decision = decision_named(workspace, image)
        if dry_run:
            hotels = job_of(workspace.state, decision, ()).hotel_ids
            text = f"{decision.image[:12]}: {decision.action} would be undone in {len(hotels)} hotels"
            invocation.show({"image": decision.image, "hotels": len(hotels), "hotel_ids": list(hotels)}, text)
            return
        revoked = undo_everywhere(workspace.stores, decision.image, by=person(), at=present_moment(), why=why)
        failed = finish(invocation, workspace, revoked, ())
    if failed:
        raise click.exceptions.Exit(1)
