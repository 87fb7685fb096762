"""`image-release run`: apply what is new in the inbox, publish the hotels that it changes, write the gallery."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import click

from image_release.cli.common import FILE, FOLDER, end, tell_problems
from image_release.cli.invocation import Invocation, common_options, work_options
from image_release.cli.pasting import command
from image_release.cli.progress import progress_bar
from image_release.cli.run_dry import dry_document, tell_dry
from image_release.cli.totals import has_failures, tell_totals, totals_document
from image_release.ingest import Held
from image_release.one_machine.dry_run import would_change
from image_release.one_machine.intake import HandInError, Intake, apply_inbox, hand_in
from image_release.one_machine.photo_folder import PhotosFolderError
from image_release.one_machine.run import RunReport, hotels_in_force, report_run, write_feed
from image_release.one_machine.sharing import follow_shared
from image_release.one_machine.workspace import Workspace
from image_release.problems import Problem, printable

NOTHING_HANDED_IN = "no hotel is known; hand in a Data Release (--release) and catalogues, or photos (--photos)"


@click.command()
@click.option("--photos", type=FOLDER, help="A folder of photos: FOLDER/<hotel>/<partner>/<file>.")
@click.option("--release", type=FILE, help="A Data Release: <release_id>.csv[.gz].")
@click.option("--catalogues", type=FOLDER, help="Catalogues: DIR/<partner_id>/<version>.jsonl[.gz].")
@click.option("--dry-run", is_flag=True, help="Show what would change and what it would cost, and write nothing.")
@work_options
@common_options
def run(
    invocation: Invocation, photos: Path | None, release: Path | None, catalogues: Path | None, *, dry_run: bool
) -> None:
    """Apply what is new in the inbox and process every hotel that changed.

    First the catalogues and the release are applied. Then every hotel is checked; an unchanged one costs a few reads.
    You can interrupt a run at any time: the next one continues.

    What --settings and --tagger say is stored in the workspace, and every later command works with it. With other
    commands they hold for that command. A new workspace gets the tagger local, where it is installed. Never stored are
    recorded labels, and the settings that open the network, download.allowed_networks and download.resolve.

    The exit status is 1 if a line, a hotel or an image (unavailable, deferred, crashed) failed, also where the last
    good copy of the image is shown. That an image is broken, too small or gone from the partner's server is an
    outcome, not a failure. Accommodations without a catalogue or a hotel, and hotels without pictures, are warnings.
    All of these are listed in problems.csv, whose path is told.

    Example: image-release run --photos my-photos

    With --dry-run nothing is written, not even a new workspace: neither settings nor files are stored, no image is
    downloaded, and what is told is what a run would do now.

    Example: image-release run --release 2026-11-01.csv --catalogues catalogues --tagger google

    Example: image-release run --photos my-photos --dry-run
    """
    with invocation.open(photos=photos, must_exist=False) as opened, _perhaps_aside(opened, dry_run) as given:
        problems = list(given.tagger_problems())
        stored = invocation.store_first_tagger(given)
        try:
            problems += hand_in(given, photos, release, catalogues)
        except (HandInError, PhotosFolderError) as error:
            raise click.UsageError(str(error)) from error
        workspace, told = invocation.store_choices(given)
        stored += told
        intake = apply_inbox(workspace)
        problems += intake.problems
        if dry_run:
            _answer_dry(invocation, workspace, intake, problems)
        with invocation.progress(hotels_in_force(workspace)) as advance:
            report = report_run(workspace, invocation.workers, intake, problems, advance)
        totals = report.totals
        with _snapshot_progress(quiet=invocation.as_json) as advance_snapshot:
            write_feed(workspace, totals.problems, advance_snapshot)
        follow_shared(workspace, totals.problems)
        problems += totals.problems
        tell_problems(problems, intake.warnings)
        document = {**_document(workspace, report, intake, problems), "stored": stored}
        invocation.show(document, lambda: _tell(invocation.address, workspace, report, intake))
        end(failed=bool(problems) or has_failures(totals))


@contextmanager
def _perhaps_aside(workspace: Workspace, dry_run: bool) -> Iterator[Workspace]:
    """The workspace, or in a dry run one that writes into a folder of this machine, which is deleted then."""
    if not dry_run:
        yield workspace
        return
    click.echo("dry run: what follows would be done; nothing is written", err=True)
    with tempfile.TemporaryDirectory() as folder:
        yield replace(workspace, aside=Path(folder))


@contextmanager
def _snapshot_progress(*, quiet: bool) -> Iterator[Callable[[], None]]:
    """Gives a function to call for each hotel of the first snapshot; the bar appears with its first call."""
    bar: list[Callable[[int], None]] = []
    with ExitStack() as opened:

        def advance() -> None:
            if not bar:
                bar.append(opened.enter_context(progress_bar(None, quiet=quiet, unit="snapshot")))
            bar[0](0)

        yield advance


def _answer_dry(invocation: Invocation, workspace: Workspace, intake: Intake, problems: list[Problem]) -> NoReturn:
    with progress_bar(hotels_in_force(workspace), quiet=invocation.as_json) as advance:
        found = would_change(workspace, lambda: advance(0))
    problems = [*problems, *found.problems]
    tell_problems(problems, intake.warnings)
    invocation.show(dry_document(found, intake, problems), lambda: tell_dry(found, intake))
    end(failed=bool(problems))


def _document(workspace: Workspace, report: RunReport, intake: Intake, problems: list[Problem]) -> dict[str, Any]:
    listed = report.problems_csv
    return {
        **totals_document(report.totals),
        "missing_catalogues": report.unmatched.missing,
        "unclaimed_accommodations": report.unmatched.unclaimed,
        "nothing_to_do": _did_nothing(report, intake),
        "problems": [str(problem) for problem in problems],
        "problems_csv": workspace.place_in_state(listed) if listed else None,
        "warnings": intake.warnings,
        "held": [{"what": held.what, "id": held.identifier, "share": held.share} for held in intake.held],
        "gallery": workspace.gallery,
    }


def _did_nothing(report: RunReport, intake: Intake) -> bool:
    return not (report.totals.hotels["processed"] or report.totals.hotels["failed"] or intake.applied or intake.held)


def _tell(address: str, workspace: Workspace, report: RunReport, intake: Intake) -> None:
    tell_totals(report.totals)
    if report.unmatched.missing:
        click.echo(f"warning: {report.unmatched.missing} accommodations of the release are in no catalogue", err=True)
    if report.unmatched.unclaimed:
        click.echo(f"warning: {report.unmatched.unclaimed} accommodations of catalogues belong to no hotel", err=True)
    for held in intake.held:
        click.echo(_held_text(held, address), err=True)
    if _did_nothing(report, intake):
        known = any(report.totals.hotels.values())
        up_to_date = "no hotel changed" if report.totals.untagged else "every hotel is up to date"
        click.echo(f"nothing to do: {up_to_date if known else NOTHING_HANDED_IN}")
    if report.problems_csv:
        click.echo(f"problems {workspace.place_in_state(report.problems_csv)}")
    if report.totals.hotels["processed"]:
        click.echo(f"changes  {command(address, ['changes'])}")
    click.echo(f"gallery  {workspace.gallery}")


def _held_text(held: Held, address: str) -> str:
    """What is held, why, and the command that lets it through."""
    what = "images" if held.what == "catalogue" else "hotels"
    return (
        f"held: {held.what} {printable(held.identifier)}: {held.leaving} of {held.of} {what} would go "
        f"({held.share:.0%}, the brake is at {held.limit:.0%}); to let it through: "
        + command(address, ["accept", held.what], held.names)
    )
