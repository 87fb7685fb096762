"""`image-release sweep`: process the hotels with a due sweep marker, as the schedule does on AWS."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from image_release.cli.common import end, tell_problems
from image_release.cli.invocation import Invocation, common_options, work_options
from image_release.cli.totals import has_failures, tell_totals, totals_document
from image_release.one_machine.intake import Intake
from image_release.one_machine.run import due_sweeps, update_workspace


@click.command()
@click.option("--dry-run", is_flag=True, help="Show how many hotels are due and do nothing.")
@work_options
@common_options
def sweep(invocation: Invocation, dry_run: bool) -> None:
    """Delete files that nothing names, for hotels where this is due.

    Such files are left by runs that were killed or lost a race. `image-release run` does the same.

    Example: image-release sweep
    """
    with invocation.open() as workspace:
        due = len(due_sweeps(workspace.state, datetime.now(UTC).date(), []))
        if dry_run:
            invocation.show({"due": due}, f"{due} hotels are due")
            return
        with invocation.progress(due) as advance:
            totals = update_workspace(workspace, invocation.workers, Intake(), advance, sweep_only=True)
        tell_problems(totals.problems)
        invocation.show(totals_document(totals), lambda: tell_totals(totals))
    end(failed=has_failures(totals))
