"""`image-release everywhere resume`: goes on with a decision for every hotel."""

from __future__ import annotations

import click

from image_release.cli.everywhere.deciding import decision_named, finish, refusals, search
from image_release.cli.invocation import Invocation, common_options, work_options
from image_release.everywhere import fingerprint_of


@click.command()
@click.argument("image", metavar="IMAGE")
@work_options
@common_options
def resume(invocation: Invocation, image: str) -> None:
    """Go on with the decision about IMAGE, or with its revocation, where that was interrupted.

    A decision in force to hide or label is looked for again, so hotels that were missed get it too. IMAGE is named as
    `list` shows it.

    Example: image-release everywhere resume 3fa9c1d2
    """
    with invocation.open() as workspace, refusals():
        decision = decision_named(workspace, image)
        fingerprint = fingerprint_of(decision) if decision.writes_lines else None
        found = search(invocation, workspace, decision.image, fingerprint) if fingerprint else ()
        failed = finish(invocation, workspace, decision, [hotel.hotel_id for hotel in found])
    if failed:
        raise click.exceptions.Exit(1)
