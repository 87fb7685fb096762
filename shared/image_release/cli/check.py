"""`image-release check`: tell what is lost or damaged in a workspace, and mend it."""

from __future__ import annotations

from dataclasses import asdict

import click

from image_release.cli.common import end
from image_release.cli.invocation import Invocation, common_options
from image_release.cli.pasting import command
from image_release.cli.progress import progress_bar
from image_release.one_machine.check import Report, check_workspace
from image_release.problems import printable

SHOWN = 50
"""Findings that are printed; `--json` has all of them."""


@click.command()
@click.option("--repair", is_flag=True, help="Mend what can be mended; without it nothing is written.")
@common_options
def check(invocation: Invocation, repair: bool) -> None:
    r"""Compare what is published with what is stored, and tell what is lost or damaged.

    It reads every manifest, cache and original, and may run beside a run. With --repair, documents are made again,
    hotels are processed, and what nothing names is deleted as `sweep` does. The exit status is 1 if something is left.

    Example: image-release check

    Example: image-release check --repair
    """
    with (
        invocation.open() as workspace,
        progress_bar(None, quiet=invocation.as_json, unit="hotels and accommodations") as advance,
    ):
        report = check_workspace(workspace, lambda: advance(0), repair=repair)
    document = {**asdict(report), "left": len(report.left)}
    mend = "" if repair else command(invocation.address, ["check", "--repair"])
    invocation.show(document, lambda: _tell(report, mend))
    end(failed=bool(report.left))


def _tell(report: Report, mend: str) -> None:
    """Print the report. `mend` is the command that mends what is damaged; empty after it was tried."""
    for finding in report.findings[:SHOWN]:
        hotel = f" (hotel {finding.hotel_id})" if finding.hotel_id else ""
        mended = ": mended" if finding.mended else ""
        click.echo(printable(f"{finding.store}/{finding.key} {finding.what}{hotel}{mended}"))
    if len(report.findings) > SHOWN:
        click.echo(f"… and {len(report.findings) - SHOWN} more; --json lists all")
    click.echo(
        f"{report.hotels} hotels, {report.renditions} renditions, {report.originals} originals: "
        f"{len(report.findings)} lost or damaged, {len(report.findings) - len(report.left)} mended"
    )
    for name, count in (
        ("renditions that nothing names", report.orphans - report.swept),
        ("hotels with something due", report.pending),
        ("hotels of the release that are not published", report.unpublished),
    ):
        if count:
            click.echo(f"{count} {name}; the next run sees to it")
    for held in report.held:
        click.echo(printable(f"held: {held}"))
    if report.left and mend:
        click.echo(f"This mends it: {mend}")
    elif report.left:
        click.echo("What is left needs the partner's server, or the file handed in again; then check again")
