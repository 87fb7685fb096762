"""One call of a command that works on a workspace: its options in one value, which opens the workspace and answers.

A command is decorated with `common_options` and is given an `Invocation` as its first argument. It opens the workspace
with `open`, and answers with `show`: one JSON document with `--json`, else text for a person.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from image_release.cli.common import F, json_option, settings_option, show, workers_option
from image_release.cli.pasting import command
from image_release.cli.progress import progress_bar
from image_release.one_machine.choices import (
    StoredChoiceError,
    choices_of,
    first_tagger,
    store_choices,
    store_first_tagger,
)
from image_release.one_machine.workers import HotelResult
from image_release.one_machine.workspace import Workspace, WorkspaceError, open_workspace
from image_release.problems import printable
from image_release.publish import ManifestUnreadableError
from image_release.settings import Settings
from image_release.settings_files import SettingsError
from image_release.state import StateUnreadableError
from image_release.storage import StorageError
from image_release.store_keys import SETTINGS
from image_release.tag import SpendingCap


@dataclass(frozen=True, slots=True)
class Invocation:
    """The common options of one call. `workers` and `tagger` are 0 and None where the command has no `work_options`.

    `settings_file` and `tagger` are None where the command line says nothing: then the workspace's own are in force.
    """

    address: str
    settings_file: Path | None
    as_json: bool
    workers: int = 0
    tagger: str | None = None

    @contextmanager
    def open(self, *, photos: Path | None = None, must_exist: bool = True) -> Iterator[Workspace]:
        """Open the workspace with its settings and its tagger, and with a spending cap that all its workers share.

        Wrong settings, a wrong address, a folder that does not exist and, where hotels are processed, a tagger that
        cannot be built end the command with status 2; a store that fails ends it with status 1. `must_exist` is there
        because a mistyped name must not look like an empty workspace. Where it need not exist, a new one gets a tagger.
        """
        with tempfile.TemporaryDirectory() as folder:
            try:
                opened = open_workspace(self.address, Settings(), photos=(photos.resolve(),) if photos else ())
                if must_exist:
                    _refuse_missing(opened, self.address)
                tagger = self.tagger if must_exist else self.tagger or first_tagger(opened)
                choices = choices_of(opened, self.settings_file, tagger)
                cap = SpendingCap(Path(folder) / "tagged", choices.settings.tagging.max_images_a_run)
                opened = replace(opened, settings=choices.settings, stored_at=choices.stored_at)
                opened = replace(opened, tagger=choices.tagger, allowance=cap)
                if self.workers:
                    opened.tagger_problems()
                yield opened
            except (SettingsError, StoredChoiceError, WorkspaceError) as error:
                raise click.UsageError(str(error)) from error
            except (StateUnreadableError, ManifestUnreadableError) as error:
                raise click.ClickException(f"{error}\nTo look at it: {command(self.address, ['check'])}") from error
            except StorageError as error:
                raise click.ClickException(str(error)) from error

    def store_first_tagger(self, workspace: Workspace) -> list[str]:
        """Store the tagger of a new workspace, before anything else is in it; returns what was told on stderr."""
        if self.tagger is None and (tagger := first_tagger(workspace)):
            return [_tell(store_first_tagger(workspace, tagger))]
        return []

    def store_choices(self, workspace: Workspace) -> tuple[Workspace, list[str]]:
        """Store the settings and the tagger that the command line says.

        Returns the workspace, which knows since when its settings are stored, and what was told about it on stderr.
        """
        choices = choices_of(workspace, self.settings_file, self.tagger)
        told = [_tell(text) for text in store_choices(workspace, choices, self.tagger)]
        kept = workspace.inbox.head(SETTINGS) if choices.stores is not None else None
        return (replace(workspace, stored_at=kept.modified) if kept else workspace), told

    def show(self, document: dict[str, Any], text: str | Callable[[], object]) -> None:
        """Answer: print `document` with `--json`, else `text`, which may be a function that prints."""
        show(document, text, as_json=self.as_json)

    @contextmanager
    def progress(self, hotels: int | None) -> Iterator[Callable[[HotelResult], None]]:
        """Show progress over so many hotels (None: not known) on a terminal; gives a function to call for each."""
        with progress_bar(hotels, quiet=self.as_json) as advance:
            yield lambda result: advance(sum(result.outcomes.values()))


def _tell(text: str) -> str:
    click.echo(printable(text, 2_000), err=True)
    return text


def _refuse_missing(workspace: Workspace, address: str) -> None:
    if isinstance(workspace.root, Path) and not workspace.root.is_dir():
        makes_one = command(address, ["run"])
        raise click.UsageError(f"--workspace {workspace.root}: no such folder; this makes one: {makes_one}")


def common_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--workspace`, `--settings` and `--json`, and give the command an `Invocation` as its first argument."""

    @functools.wraps(command)
    def with_invocation(
        *,
        address: str,
        settings_file: Path | None,
        as_json: bool,
        workers: int = 0,
        tagger: str | None = None,
        **others: Any,
    ) -> None:
        command(Invocation(address, settings_file, as_json, workers, tagger), **others)

    return _workspace_option(settings_option(json_option(with_invocation)))


def workspace_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--workspace` and `--json`, and give the command an `Invocation` as its first argument."""

    @functools.wraps(command)
    def with_invocation(*, address: str, as_json: bool, **others: Any) -> None:
        command(Invocation(address, None, as_json), **others)

    return _workspace_option(json_option(with_invocation))


def _workspace_option(command: F) -> F:
    return click.option(
        "--workspace",
        "address",
        default="./workspace",
        show_default=True,
        help="Folder of the workspace, or s3://bucket/prefix.",
    )(command)


def work_options(command: F) -> F:
    """Add `--workers` and `--tagger`."""
    tagger_option = click.option(
        "--tagger",
        metavar="none|local|google|google+local|recorded:FILE",
        help="What labels the best images; default: the workspace's tagger. A new workspace gets `local`, a model on "
        "this machine, if image-release[local] is installed; an older one has none until `run` stores one. "
        "`google` costs money; setting tagging.max_images_a_run limits it. `google+local`: labels by Google, and the "
        "model says which pictures appeal.",
    )
    return workers_option(tagger_option(command))
