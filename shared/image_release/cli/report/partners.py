"""`image-release report partners`: what each partner sends, what becomes of it, and which hotels depend on it."""

from __future__ import annotations

from pathlib import Path

import click

from image_release.cli.indexed import indexed
from image_release.cli.invocation import Invocation, common_options
from image_release.cli.report.answering import answer, answer_options, check_answer
from image_release.desk.reports import PartnerReport, partner_page, partner_report, partners_csv, partners_html
from image_release.problems import printable

_HEAD = ("partner", "hotels", "images", "pictures", "only", "best", "depend", "unfetched")
_NAME = 24
"""Width of the column of partners, in characters."""


@click.command()
@answer_options
@common_options
def partners(invocation: Invocation, as_csv: bool, page: Path | None) -> None:
    """Show what each partner sends, what becomes of it, and which hotels depend on it.

    `only`: pictures that no other partner has an image of. `best`: of the pictures that others send, too, how often
    this partner's copy is shown. `depend`: hotels of which it alone brings more than half of the pictures, or all.
    `unfetched`: images whose server did not answer. JSON and CSV have all outcomes.

    Example: image-release report partners

    Example: image-release report partners --page partners.html
    """
    check_answer(invocation, as_csv=as_csv)
    with invocation.open() as workspace:
        report = partner_report(indexed(invocation, workspace))
    html = partners_html(partner_page(report)) if page else ""
    lines = partners_csv(report) if as_csv else None
    answer(invocation, report.document(), lambda: _tell(report), lines, (page, html) if page else None)


def _tell(report: PartnerReport) -> None:
    click.echo(f"{report.hotels:,} hotels, {report.pictures:,} pictures, {report.images:,} images")
    if report.lines:
        click.echo(_HEAD[0].ljust(_NAME) + "".join(name.rjust(11) for name in _HEAD[1:]))
    for line in report.lines:
        best = "-" if line.share_best is None else f"{line.share_best:.0%}"
        missing = "-" if line.share_unavailable is None else f"{line.share_unavailable:.1%}"
        counts = (line.hotels, line.images, line.pictures, line.only)
        depend = line.depends_wholly + line.depends_mostly
        cells = (*(f"{count:,}" for count in counts), best, f"{depend:,}", missing)
        click.echo(printable(line.partner_id, _NAME - 1).ljust(_NAME) + "".join(text.rjust(11) for text in cells))
