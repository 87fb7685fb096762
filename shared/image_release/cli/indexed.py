"""The index of hotels for commands: opened and brought up to date, with progress on stderr."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from image_release.cli.invocation import Invocation
from image_release.desk.index import HotelIndex, IndexDamagedError, Progress, catch_up, index_path, open_index
from image_release.desk.index.following import no_progress
from image_release.one_machine.workspace import Workspace
from image_release.problems import printable
from image_release.storage import Stores

DOES = {"listing": "listing hotels", "reading": "reading hotels"}
"""What is done while the index is built -> how it is called on a terminal."""


def indexed(invocation: Invocation, workspace: Workspace) -> HotelIndex:
    """The index of a workspace, up to date. It tells on stderr why it was built, if it was.

    An index that cannot be written ends the command with status 1.
    """
    root = workspace.root if isinstance(workspace.root, Path) else None
    index = open_index(index_path(root, str(workspace.root)), beside_suite=root is None)
    stores = Stores(workspace.inbox, workspace.state, workspace.published)
    try:
        with index_progress(quiet=invocation.as_json) as progress:
            done = catch_up(index, stores, workspace.settings, progress)
    except (OSError, IndexDamagedError, sqlite3.Error) as error:
        raise click.ClickException(f"the index of hotels cannot be written: {printable(str(error), 400)}") from error
    if done.built_because:
        because = printable(done.built_because, 400)
        click.echo(f"the index of hotels was built ({done.hotels} hotels): {because}", err=True)
    return index


@contextmanager
def index_progress(*, quiet: bool) -> Iterator[Progress]:
    """Show on a terminal how far the index is; gives a function to call for each step."""
    if quiet or not sys.stderr.isatty():
        yield no_progress
        return

    def tell(what: str, done: int, total: int | None) -> None:
        of = f" of {total:,}" if total is not None else ""
        click.echo(f"\r\x1b[K{DOES.get(what, what)}: {done:,}{of}", err=True, nl=False)

    try:
        yield tell
    finally:
        click.echo("\r\x1b[K", err=True, nl=False)
