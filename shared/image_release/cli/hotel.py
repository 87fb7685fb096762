"""`image-release hotel`: these hotels now, and what became of every image."""

from __future__ import annotations

from pathlib import Path

import click

from image_release.cli.common import (
    common_options,
    emit,
    end,
    existing,
    failed,
    opened,
    tell_totals,
    totals_document,
    work_options,
)
from image_release.cli.reprocess import FORCES, begin_request
from image_release.gallery import write_index
from image_release.ingest import find_row, mark_failed, read_current
from image_release.one_machine.workers import HotelResult, Totals, run_nudges
from image_release.one_machine.workspace import Workspace
from image_release.problems import printable
from image_release.publish import manifest_key
from image_release.values import Nudge


@click.command()
@click.argument("hotel_ids", metavar="ID...", nargs=-1, required=True)
@click.option("--force", type=click.Choice(FORCES), default="none", help="Do again what was done already.")
@work_options
@common_options
def hotel(
    hotel_ids: tuple[str, ...],
    force: str,
    workers: int,
    tagger: str,
    address: str,
    settings_file: Path | None,
    as_json: bool,
) -> None:
    """Do these hotels now and say what became of every image.

    Example: image-release hotel 123456 --force redownload
    """
    wanted = list(dict.fromkeys(hotel_ids))
    totals = Totals()
    looked_at: list[HotelResult] = []
    with opened(address, settings_file, tagger) as workspace:
        _refuse_unknown(existing(workspace), wanted)
        request_id = begin_request(workspace, {"hotel_ids": wanted, "force": force}, len(wanted))

        def observe(done: HotelResult) -> None:
            totals.add(done)
            if done.status == "failed":
                mark_failed(workspace.state, request_id, done.nudge.hotel_id, done.error)
            looked_at.append(done)

        nudges = [Nudge(hotel_id, "asked for", request_id) for hotel_id in wanted]
        run_nudges(workspace, nudges, workers, observe, with_images=True)
        if totals.hotels["processed"]:
            write_index(workspace.published)
        looked_at.sort(key=lambda done: done.nudge.hotel_id)
        if as_json:
            emit({**totals_document(totals), "reports": [_document(done) for done in looked_at]})
        else:
            for done in looked_at:
                _tell(done)
            tell_totals(totals)
    end(failed=failed(totals))


def _refuse_unknown(workspace: Workspace, hotel_ids: list[str]) -> None:
    """Refuse a hotel that is neither in the release in force nor published, before anything is done."""
    current = read_current(workspace.state)
    unknown = [
        printable(hotel_id)
        for hotel_id in hotel_ids
        if not (current and find_row(workspace.state, current, hotel_id))
        and workspace.published.head(manifest_key(hotel_id)) is None
    ]
    if unknown:
        raise click.UsageError(
            f"unknown hotel: {', '.join(unknown)}: neither in the release in force nor published; nothing was done"
        )


def _document(done: HotelResult) -> dict[str, object]:
    return {
        "hotel_id": done.nudge.hotel_id,
        "status": done.status,
        "images": [
            {
                "url": image.candidate.url,
                "partner_id": image.candidate.accommodation.partner_id,
                "accommodation_id": image.candidate.accommodation.accommodation_id,
                "outcome": image.outcome,
                "position": image.position,
                "reason": image.reason,
            }
            for image in done.images
        ],
    }


def _tell(done: HotelResult) -> None:
    click.echo(f"{printable(done.nudge.hotel_id)}: {done.status}")
    for image in done.images:
        place = f"#{image.position}" if image.position else ""
        partner = printable(image.candidate.accommodation.partner_id, 20)
        line = f"  {place:>4} {image.outcome:18} {partner:12} {printable(image.candidate.url)}"
        click.echo(line + (f"  ({printable(image.reason, 160)})" if image.reason else ""))
