"""What `image-release run --dry-run` answers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, get_args

import click

from image_release.cli.estimate import estimate_text
from image_release.hotel import Foreseen
from image_release.one_machine.dry_run import WouldChange
from image_release.one_machine.intake import Intake
from image_release.problems import Problem, printable

MOST_SHOWN = 10
"""Maximum number of hotels of each kind that are named to a person."""
KINDS: tuple[Foreseen, ...] = get_args(Foreseen)


def dry_document(found: WouldChange, intake: Intake, problems: list[Problem]) -> dict[str, Any]:
    """The answer with `--json`."""
    return {
        "dry_run": True,
        "hotels": {kind: found.hotels[kind] for kind in KINDS},
        "hotel_ids": {kind: ids for kind, ids in found.named.items() if ids},
        "urls": {partner_id: asdict(counts) for partner_id, counts in sorted(intake.urls.items())},
        "would_apply": intake.applied,
        "held": [{"what": held.what, "id": held.identifier, "share": held.share} for held in intake.held],
        "estimate": asdict(found.estimate) if found.estimate else None,
        "problems": [str(problem) for problem in problems],
        "warnings": intake.warnings,
    }


def tell_dry(found: WouldChange, intake: Intake) -> None:
    """Print the answer for a person."""
    click.echo("dry run: nothing was written")
    click.echo("hotels   " + ", ".join(f"{found.hotels[kind]} {kind}" for kind in KINDS))
    for kind, ids in found.named.items():
        if ids:
            more = ", …" if found.hotels[kind] > MOST_SHOWN else ""
            click.echo(f"  {kind:9}{', '.join(map(printable, ids[:MOST_SHOWN]))}{more}")
    for partner_id, urls in sorted(intake.urls.items()):
        counts = f"{urls.new} URLs new, {urls.updated} updated, {urls.deleted} deleted"
        click.echo(f"partner  {printable(partner_id, 40)}: {counts}")
    for held in intake.held:
        what = "images" if held.what == "catalogue" else "hotels"
        share = f"{held.leaving} of {held.of} {what} would go ({held.share:.0%}, the brake is at {held.limit:.0%})"
        click.echo(f"held     {held.what} {printable(held.identifier)}: {share}")
    if found.estimate:
        click.echo(f"at most, as if they were new:\n{estimate_text(asdict(found.estimate))}")
