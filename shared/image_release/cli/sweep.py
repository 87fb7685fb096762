"""`image-release sweep`: what the schedule does on AWS, on one machine."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from image_release.cli.common import (
    common_options,
    emit,
    end,
    existing,
    failed,
    opened,
    progress,
    tell_totals,
    totals_document,
    work_options,
)
from image_release.one_machine.intake import Intake
from image_release.one_machine.run import pending_nudges, update_workspace


@click.command()
@click.option("--dry-run", is_flag=True, help="Say how many hotels are due, and do nothing.")
@work_options
@common_options
def sweep(dry_run: bool, workers: int, tagger: str, address: str, settings_file: Path | None, as_json: bool) -> None:
    """Do what is due by date: leftovers of writers that were killed or lost a race. `run` does so too.

    Example: image-release sweep
    """
    with opened(address, settings_file, tagger) as workspace:
        existing(workspace)
        due = list(pending_nudges(workspace, None, datetime.now(UTC).date().isoformat()))
        if dry_run:
            emit({"due": len(due)}) if as_json else click.echo(f"{len(due)} hotels are due")
            return
        with progress(len(due), quiet=as_json) as tell:
            result = update_workspace(workspace, workers, Intake(), tell, sweep_only=True)
        emit(totals_document(result.totals)) if as_json else tell_totals(result.totals)
    end(failed=failed(result.totals))
