"""What all commands share: types of arguments, options, one JSON document on stdout, bad lines on stderr, the end."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from image_release.problems import Problem, printable

MOST_PROBLEMS_SHOWN = 20
"""Maximum number of bad lines or failed hotels that are shown to a person; the others are counted."""

F = TypeVar("F", bound=Callable[..., Any])

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
OUT_FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def json_option(command: F) -> F:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else there.")(
        command
    )


def settings_option(command: F) -> F:
    """Add `--settings`."""
    return click.option(
        "--settings", "settings_file", type=FILE, help="Settings that differ from the shipped ones, YAML."
    )(command)


def workers_option(command: F) -> F:
    """Add `--workers`."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return click.option(
        "--workers", type=click.IntRange(1, 256), default=cores, help="Worker processes; default: one for each core."
    )(command)


def tell_problems(problems: list[Problem] | tuple[Problem, ...], warnings: list[str] | tuple[str, ...] = ()) -> None:
    """Print the first bad lines on stderr, how many more there are, and all warnings."""
    for problem in problems[:MOST_PROBLEMS_SHOWN]:
        click.echo(f"error: {problem}", err=True)
    if len(problems) > MOST_PROBLEMS_SHOWN:
        click.echo(f"error: {len(problems) - MOST_PROBLEMS_SHOWN} more bad lines", err=True)
    for warning in warnings:
        click.echo(f"warning: {printable(warning, 400)}", err=True)


def show(document: dict[str, Any], text: str | Callable[[], object], *, as_json: bool) -> None:
    """Answer on stdout: one JSON document with `--json`, else `text`, which may be a function that prints."""
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=True))
    elif isinstance(text, str):
        click.echo(text)
    else:
        text()


def person() -> str:
    """Who is logged in; empty where the machine does not know."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


def present_moment() -> str:
    """The present moment as decisions carry it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def end(*, failed: bool) -> NoReturn:
    """End the command: with status 1 if something failed, else with 0."""
    sys.exit(1 if failed else 0)
