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
from image_release.hotel import HotelReport
from image_release.problems import printable
from image_release.running import Done, Totals, run_nudges
from image_release.triggering import mark_failed
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
    totals, reports = Totals(), []
    with opened(address, settings_file, tagger) as workspace:
        existing(workspace)
        request_id = begin_request(workspace, {"hotel_ids": list(hotel_ids), "force": force}, len(hotel_ids))

        def observe(done: Done) -> None:
            totals.add(done)
            if done.status == "failed":
                mark_failed(workspace.state, request_id, done.nudge.hotel_id, done.error)
            if done.report:
                reports.append(done.report)

        nudges = [Nudge(hotel_id, "asked for", request_id) for hotel_id in dict.fromkeys(hotel_ids)]
        run_nudges(workspace, nudges, workers, observe, with_reports=True)
        unknown = [report.hotel_id for report in reports if report.status == "absent"]
        if unknown:
            names = ", ".join(printable(name) for name in unknown)
            raise click.UsageError(f"unknown hotel: {names}: neither in the release in force nor published")
        if totals.hotels["processed"]:
            write_index(workspace.published)
        reports.sort(key=lambda report: report.hotel_id)
        if as_json:
            emit({**totals_document(totals), "reports": [_document(report) for report in reports]})
        else:
            for report in reports:
                _tell(report)
            tell_totals(totals)
    end(failed=failed(totals))


def _document(report: HotelReport) -> dict[str, object]:
    return {
        "hotel_id": report.hotel_id,
        "status": report.status,
        "images": [
            {
                "url": image.candidate.url,
                "partner_id": image.candidate.accommodation.partner_id,
                "accommodation_id": image.candidate.accommodation.accommodation_id,
                "outcome": image.outcome,
                "position": image.position,
                "reason": image.reason,
            }
            for image in report.images
        ],
    }


def _tell(report: HotelReport) -> None:
    click.echo(f"{printable(report.hotel_id)}: {report.status}")
    for image in report.images:
        place = f"#{image.position}" if image.position else ""
        partner = printable(image.candidate.accommodation.partner_id, 20)
        line = f"  {place:>4} {image.outcome:18} {partner:12} {printable(image.candidate.url)}"
        click.echo(line + (f"  ({printable(image.reason, 160)})" if image.reason else ""))
