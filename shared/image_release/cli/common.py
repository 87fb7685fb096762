"""What the commands share: options, the workspace they open, progress on a terminal, and how they end."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from image_release.cli.progress import progress_bar
from image_release.one_machine.workers import Done, Totals
from image_release.one_machine.workspace import Workspace, WorkspaceError, open_workspace
from image_release.problems import Problem, printable
from image_release.settings import SettingsError, load_settings
from image_release.storage import StorageError
from image_release.tag import CountedAllowance

FAILED_IMAGES = ("unavailable", "deferred", "crashed")
"""Outcomes that are a failure of a run. The others are facts about what a partner sent."""
MOST_PROBLEMS_SHOWN = 20

F = TypeVar("F", bound=Callable[..., Any])

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
OUT_FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def common_options(command: F) -> F:
    """`--workspace`, `--settings` and `--json`."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else there."),
        click.option(
            "--settings", "settings_file", type=FILE, help="Settings that differ from the shipped ones, YAML."
        ),
        click.option(
            "--workspace",
            "address",
            default="./workspace",
            show_default=True,
            help="Folder of the stores, or s3://bucket/prefix.",
        ),
    ):
        command = option(command)
    return command


def workers_option(command: F) -> F:
    """`--workers`."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return click.option("--workers", type=click.IntRange(1, 256), default=cores, help="Processes; default: all cores.")(
        command
    )


def work_options(command: F) -> F:
    """`--workers` and `--tagger`."""
    for option in (
        click.option(
            "--tagger",
            default="none",
            show_default=True,
            metavar="none|google|recorded:FILE",
            help="Who labels the best images. `google` costs money: settings tagging.max_images_a_run.",
        ),
        workers_option,
    ):
        command = option(command)
    return command


@contextmanager
def opened(
    address: str, settings_file: Path | None, tagger: str = "none", photos: tuple[Path, ...] = ()
) -> Iterator[Workspace]:
    """The workspace of a command, with a spending cap that all its workers share. Wrong use ends with status 2."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            settings = load_settings(settings_file)
            cap = CountedAllowance(Path(folder) / "tagged", settings.tagging.max_images_a_run)
            yield open_workspace(address, settings, tagger=tagger, photos=photos, allowance=cap)
        except (SettingsError, WorkspaceError) as error:
            raise click.UsageError(str(error)) from error
        except StorageError as error:
            raise click.ClickException(str(error)) from error


def existing(workspace: Workspace) -> Workspace:
    """Refuse a workspace that is not there: a mistyped name must not look like an empty one."""
    if isinstance(workspace.root, Path) and not workspace.root.is_dir():
        raise click.UsageError(f"--workspace {workspace.root}: no such folder; `image-release run` makes one")
    return workspace


@contextmanager
def progress(total: int | None, *, quiet: bool) -> Iterator[Callable[[Done], None]]:
    """Show progress. Yields a function that is called with each hotel that is done."""
    with progress_bar(total, quiet=quiet) as advance:
        yield lambda done: advance(sum(done.outcomes.values()))


def tell_problems(problems: list[Problem] | tuple[Problem, ...], warnings: list[str] | tuple[str, ...] = ()) -> None:
    """The first bad lines on stderr, and how many more there are."""
    for problem in problems[:MOST_PROBLEMS_SHOWN]:
        click.echo(f"error: {problem}", err=True)
    if len(problems) > MOST_PROBLEMS_SHOWN:
        click.echo(f"error: {len(problems) - MOST_PROBLEMS_SHOWN} more bad lines", err=True)
    for warning in warnings:
        click.echo(f"warning: {printable(warning, 400)}", err=True)


def totals_document(totals: Totals) -> dict[str, Any]:
    """The totals as the design gives them for `run --json`."""
    return {
        "hotels": totals.hotels,
        "images": {"total": totals.total_images, **dict(sorted(totals.images.items()))},
        "work": {**totals.work, "cpu_seconds": round(totals.cpu_seconds, 3)},
        "untagged": [{"reason": reason, "hotels": count} for reason, count in sorted(totals.untagged.items())],
        "failures": [{"hotel_id": hotel_id, "error": error} for hotel_id, error in totals.failures],
    }


def tell_totals(totals: Totals) -> None:
    """The summary by outcome, for a person."""
    hotels = ", ".join(f"{count} {name}" for name, count in totals.hotels.items())
    click.echo(f"hotels   {hotels}")
    click.echo(f"images   {totals.total_images}")
    for outcome, count in sorted(totals.images.items(), key=lambda item: (-item[1], item[0])):
        click.echo(f"  {outcome:18} {count}")
    work = totals.work
    click.echo(
        f"work     {work['downloads']} downloads, {work['decodes']} decodes, {work['tagged']} tagged, "
        f"{work['renditions_written']} renditions written, {totals.cpu_seconds:.1f} s CPU"
    )
    for reason, count in sorted(totals.untagged.items()):
        click.echo(f"warning: {count} hotels are published without labels for now: {printable(reason, 300)}", err=True)
    for hotel_id, error in totals.failures[:MOST_PROBLEMS_SHOWN]:
        click.echo(f"error: hotel {printable(hotel_id)}: {error}", err=True)


def emit(document: dict[str, Any]) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(document, ensure_ascii=True))


def failed(totals: Totals) -> bool:
    """Whether hotels or images of a run failed."""
    return bool(totals.hotels["failed"] or any(totals.images.get(outcome) for outcome in FAILED_IMAGES))


def end(*, failed: bool) -> NoReturn:
    """End a command: status 1 where something failed."""
    sys.exit(1 if failed else 0)
