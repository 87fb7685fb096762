"""`image-release report hotels`: hotels with few good pictures, by country and city."""

from __future__ import annotations

from pathlib import Path

import click

from image_release.cli.indexed import indexed
from image_release.cli.invocation import Invocation, common_options
from image_release.cli.report.answering import answer, answer_options, check_answer
from image_release.desk.reports import (
    FEWER_THAN,
    WHAT_GOOD_MEANS,
    FewPicturesReport,
    few_hotels,
    few_hotels_csv,
    hotel_page,
    hotel_report,
    hotels_html,
)
from image_release.problems import printable

SHOWN = 20
"""Maximum number of cities that are shown; JSON and CSV have all."""


@click.command()
@click.option(
    "--fewer-than",
    type=click.IntRange(1, 10_000),
    default=FEWER_THAN,
    show_default=True,
    help="A hotel with fewer good pictures is listed.",
)
@answer_options
@common_options
def hotels(invocation: Invocation, fewer_than: int, as_csv: bool, page: Path | None) -> None:
    """Show where hotels have few good pictures, by country and city.

    A good picture has a best copy of at least 1,000 pixels on its long side, and shows nothing that should never open a
    hotel, such as a bathroom. Withdrawn hotels are left out. The CSV lists the hotels, JSON has both.

    Example: image-release report hotels --fewer-than 8 --csv

    Example: image-release report hotels --page hotels.html
    """
    check_answer(invocation, as_csv=as_csv)
    with invocation.open() as workspace:
        index = indexed(invocation, workspace)
    report = hotel_report(index, fewer_than)
    html = hotels_html(hotel_page(index, report)) if page else ""
    document = report.document()
    if invocation.as_json:
        document["few"] = [hotel.document() for hotel in few_hotels(index, fewer_than)]
    lines = few_hotels_csv(index, fewer_than) if as_csv else None
    answer(invocation, document, lambda: _tell(report), lines, (page, html) if page else None)


def _tell(report: FewPicturesReport) -> None:
    click.echo(f"{report.few:,} of {report.hotels:,} hotels have fewer than {report.fewer_than} good pictures")
    click.echo(WHAT_GOOD_MEANS)
    cities = [line for line in report.cities if line.few]
    for line in cities[:SHOWN]:
        place = f"{line.country or 'unknown'} {line.city or 'unknown'}".strip()
        none = f", {line.without:,} have none" if line.without else ""
        click.echo(f"  {printable(place, 40).ljust(40)} {line.few:,} of {line.hotels:,}{none}")
    if len(cities) > SHOWN:
        click.echo(f"  {len(cities) - SHOWN} more cities; --csv lists the hotels")
