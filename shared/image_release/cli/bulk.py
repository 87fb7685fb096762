"""Decisions in bulk on the command line: what a file would decide, or decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from image_release.cli.common import end, tell_problems
from image_release.cli.invocation import Invocation
from image_release.cli.pasting import command
from image_release.cli.progress import progress_bar
from image_release.desk.deciding import BulkPlan, DecisionRefusedError, make_bulk, plan_bulk, read_sheet
from image_release.problems import printable
from image_release.storage import Stores

MOST_SHOWN = 100
"""Maximum number of lines that are shown to a person; `--json` has all."""
MOST_PASTED = 20
"""Maximum number of hotels that a command names; more of them are left to `run`."""


def decide_in_bulk(invocation: Invocation, stores: Stores, file: Path, *, by: str, at: str, dry_run: bool) -> None:
    """Plan or make the decisions of a file, and end the command: with 1 if some lines are wrong, 2 if the file is."""
    try:
        sheet = read_sheet(file.read_bytes(), file.name)
    except (DecisionRefusedError, OSError) as error:
        raise click.UsageError(str(error)) from error
    with _progress(len({row.hotel_id for row in sheet.rows}), quiet=invocation.as_json) as done:
        plan = (plan_bulk if dry_run else make_bulk)(stores, sheet, by=by, at=at, done=done)
    apply = _apply(invocation, plan)
    invocation.show(_document(plan, apply), lambda: _tell(plan, apply))
    end(failed=bool(plan.problems))


@contextmanager
def _progress(hotels: int, *, quiet: bool) -> Iterator[Callable[[], None]]:
    with progress_bar(hotels, quiet=quiet) as advance:
        yield lambda: advance(0)


def _apply(invocation: Invocation, plan: BulkPlan) -> str | None:
    """The command that processes the hotels concerned; None if there are none."""
    if not plan.hotels or not plan.is_made:
        return None
    few = len(plan.hotels) <= MOST_PASTED
    return command(invocation.address, ["hotel"], plan.hotels) if few else command(invocation.address, ["run"])


def _document(plan: BulkPlan, apply: str | None) -> dict[str, object]:
    return {
        "file": plan.file,
        "is_made": plan.is_made,
        "new": plan.count("new"),
        "already": plan.count("already"),
        "wrong": plan.count("wrong") + len(plan.unread),
        "left_out": plan.count("left out"),
        "hotels": list(plan.hotels),
        "lines": [
            {
                "line": line.row.line,
                "hotel_id": line.row.hotel_id,
                "action": line.row.action,
                "status": line.status,
                "says": line.says,
                "notes": list(line.notes),
            }
            for line in plan.lines
        ],
        "problems": [str(problem) for problem in plan.problems],
        "warnings": list(plan.warnings),
        "apply": apply,
    }


def _tell(plan: BulkPlan, apply: str | None) -> None:
    for line in plan.lines[:MOST_SHOWN]:
        if line.status != "wrong":
            hotel_id = printable(line.row.hotel_id)
            click.echo(f"{line.row.line:>6}  {line.status:8}  {hotel_id}: {printable(line.says, 400)}")
            for note in line.notes:
                click.echo(f"        note: {printable(note, 400)}")
    if len(plan.lines) > MOST_SHOWN:
        click.echo(f"and {len(plan.lines) - MOST_SHOWN} more lines; --json has all")
    tell_problems(plan.problems, plan.warnings)
    decided = f"{plan.count('new')} decisions" if plan.is_made else f"{plan.count('new')} would be decided"
    click.echo(
        f"{decided} about {len(plan.hotels)} hotels; {plan.count('already')} decided already, "
        f"{len(plan.problems)} wrong, {plan.count('left out')} left out"
    )
    if apply:
        click.echo(f"this applies them now: {apply}")
