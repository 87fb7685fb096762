"""Totals of a run: as a JSON document, as text, and whether they mean that the command failed."""

from __future__ import annotations

from typing import Any

import click

from image_release.cli.common import MOST_PROBLEMS_SHOWN
from image_release.one_machine.endings import FAILED_IMAGES
from image_release.one_machine.workers import Totals
from image_release.problems import printable


def totals_document(totals: Totals) -> dict[str, Any]:
    """The totals as `run --json` prints them (architecture, Command line)."""
    return {
        "hotels": totals.hotels,
        "images": {"total": totals.total_images, **dict(sorted(totals.images.items()))},
        "work": {**totals.work, "cpu_seconds": round(totals.cpu_seconds, 3)},
        "tagged_by": dict(sorted(totals.tagged_by.items())),
        "kept": totals.kept,
        "partners_down": list(totals.partners_down),
        "hotels_without_pictures": totals.without_pictures,
        "untagged": [{"reason": reason, "hotels": count} for reason, count in sorted(totals.untagged.items())],
        "failures": [{"hotel_id": hotel_id, "error": error} for hotel_id, error in totals.failures],
    }


def tell_totals(totals: Totals) -> None:
    """Print the totals for a person: results on stdout, warnings and failed hotels on stderr."""
    hotels = ", ".join(f"{count} {name}" for name, count in totals.hotels.items())
    click.echo(f"hotels   {hotels}")
    click.echo(f"images   {totals.total_images}")
    for outcome, count in sorted(totals.images.items(), key=lambda item: (-item[1], item[0])):
        click.echo(f"  {printable(outcome):18} {count}")
    work = totals.work
    click.echo(
        f"work     {work['downloads']} downloads, {work['decodes']} decodes, {work['tagged']} tagged, "
        f"{work['renditions_written']} renditions written, {totals.cpu_seconds:.1f} s CPU"
    )
    if totals.tagged_by:
        by = ", ".join(f"{count} by {printable(identity)}" for identity, count in sorted(totals.tagged_by.items()))
        click.echo(f"tagged   {by}")
    failed = totals.kept + sum(totals.images.get(outcome, 0) for outcome in FAILED_IMAGES)
    if failed:
        kept = f"; of {totals.kept} the last good copy is shown" if totals.kept else ""
        click.echo(f"error: {failed} images could not be fetched or decoded{kept}", err=True)
    for partner_id, images in totals.partners_down.items():
        click.echo(f"error: partner {printable(partner_id)} is down: none of its {images} images came", err=True)
    if totals.without_pictures:
        click.echo(f"warning: {totals.without_pictures} hotels have no pictures", err=True)
    for reason, count in sorted(totals.untagged.items()):
        click.echo(f"warning: {count} hotels are published without labels for now: {printable(reason, 300)}", err=True)
    for hotel_id, error in totals.failures[:MOST_PROBLEMS_SHOWN]:
        click.echo(f"error: hotel {printable(hotel_id)}: {error}", err=True)


def has_failures(totals: Totals) -> bool:
    """Whether a hotel failed, something could not be read, or an image could not be fetched or decoded."""
    images = totals.kept or any(totals.images.get(outcome) for outcome in FAILED_IMAGES)
    return bool(totals.hotels["failed"] or totals.problems or images)
