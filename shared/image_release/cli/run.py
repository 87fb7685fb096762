"""`image-release run`: everything that is new in the inbox becomes published hotels and a gallery."""

from __future__ import annotations

from pathlib import Path

import click

from image_release.cli.common import (
    FILE,
    FOLDER,
    common_options,
    emit,
    end,
    failed,
    opened,
    progress,
    tell_problems,
    tell_totals,
    totals_document,
    work_options,
)
from image_release.ingest import Held, PhotosFolderError, read_current
from image_release.one_machine.intake import HandInError, apply_inbox, hand_in
from image_release.one_machine.run import update_workspace


@click.command()
@click.option("--photos", type=FOLDER, help="A folder of photos: FOLDER/<hotel>/<partner>/<file>.")
@click.option("--release", type=FILE, help="A Data Release: <release_id>.csv[.gz].")
@click.option("--catalogues", type=FOLDER, help="Catalogues: DIR/<partner_id>/<version>.jsonl[.gz].")
@work_options
@common_options
def run(
    photos: Path | None,
    release: Path | None,
    catalogues: Path | None,
    workers: int,
    tagger: str,
    address: str,
    settings_file: Path | None,
    as_json: bool,
) -> None:
    """Bring every hotel up to date with what was handed in.

    Catalogues and the release are applied, then every hotel is looked at; an unchanged one costs a few reads. Interrupt
    it when you like: the next run goes on. Exit status 1 if lines, hotels or images (unavailable, deferred, crashed)
    failed; what a partner sent broken, small or not at all is an outcome and no failure.

    Example: image-release run --photos my-photos

    Example: image-release run --release 2026-11-01.csv --catalogues catalogues --tagger google
    """
    with opened(address, settings_file, tagger, (photos.resolve(),) if photos else ()) as workspace:
        problems = list(workspace.tagger_problems())
        try:
            problems += hand_in(workspace, photos, release, catalogues)
        except (HandInError, PhotosFolderError) as error:
            raise click.UsageError(str(error)) from error
        intake = apply_inbox(workspace)
        problems += intake.problems
        current = read_current(workspace.state)
        with progress(current.hotels if current else None, quiet=as_json) as tell:
            result = update_workspace(workspace, workers, intake, tell)
        tell_problems(problems, intake.warnings)
        if as_json:
            emit(
                {
                    **totals_document(result.totals),
                    "problems": [str(problem) for problem in problems],
                    "warnings": intake.warnings,
                    "held": [{"what": held.what, "id": held.identifier, "share": held.share} for held in intake.held],
                    "gallery": str(workspace.gallery),
                }
            )
        else:
            tell_totals(result.totals)
            for held in intake.held:
                click.echo(held_text(held), err=True)
            click.echo(f"gallery  {workspace.gallery}")
        end(failed=bool(problems) or failed(result.totals))


def held_text(held: Held) -> str:
    """What is held and what to type to let it through."""
    what = "images" if held.what == "catalogue" else "hotels"
    return (
        f"held: {held.what} {held.identifier}: {held.leaving} of {held.of} {what} would go "
        f"({held.share:.0%}, the brake is at {held.limit:.0%}); to let it through: "
        f"image-release accept {held.what} {held.identifier}"
    )
