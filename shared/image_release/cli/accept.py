"""`image-release accept`: a person accepts a catalogue or a release that a brake holds."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import click

from image_release.cli.invocation import Invocation, common_options
from image_release.cli.pasting import command
from image_release.ingest import BadValueError, Waiting, checked_id, waiting_catalogue, waiting_release
from image_release.one_machine.workspace import Workspace
from image_release.problems import printable
from image_release.state import accept as accept_held
from image_release.store_keys import GONE, accept_gone_key, held_gone_key


@click.group()
def accept() -> None:
    """Accept a catalogue or a release that is held.

    Example: image-release accept catalogue partner-a 2026-11-02
    """


@accept.command()
@click.argument("partner_id", metavar="PARTNER")
@click.argument("version", metavar="VERSION")
@common_options
def catalogue(invocation: Invocation, partner_id: str, version: str) -> None:
    """Accept that a partner's catalogue deletes many images. It counts for the content that is held, once.

    VERSION is the catalogue's version; gone-DAY accepts that many images disappeared from the server on that day.

    Example: image-release accept catalogue partner-a 2026-11-02
    """
    _refuse_no_id(partner_id, "partner_id")
    with invocation.open() as workspace:
        if version.startswith(GONE):
            accept_key = _accept_gone(workspace, partner_id, version)
        else:
            found = waiting_catalogue(workspace.inbox, workspace.state, partner_id)
            accept_key = _accept(workspace, invocation, found, (partner_id, version))
    _tell(invocation, accept_key)


@accept.command()
@click.argument("release_id", metavar="ID")
@common_options
def release(invocation: Invocation, release_id: str) -> None:
    """Accept that a Data Release withdraws many hotels. It counts for the content that is held, once.

    Example: image-release accept release 2026-11-08
    """
    _refuse_no_id(release_id, "release_id")
    with invocation.open() as workspace:
        found = waiting_release(workspace.inbox, workspace.state, release_id)
        accept_key = _accept(workspace, invocation, found, (release_id,))
    _tell(invocation, accept_key)


def _accept(workspace: Workspace, invocation: Invocation, found: Waiting | None, names: tuple[str, ...]) -> str:
    """Accept what is held under these names. Anything else ends the command with status 2.

    A mistyped version must not let something through later.
    """
    if found is None or found.names != names:
        held = f"; held is {' '.join(map(printable, found.names))}" if found else ""
        raise click.UsageError(f"{' '.join(map(printable, names))}: is not held{held}")
    if not found.is_named:
        run = command(invocation.address, ["run"])
        raise click.UsageError(f"{' '.join(map(printable, names))}: was held by an earlier version; first: {run}")
    accept_held(workspace.inbox, found.accept_key, found.document)
    return found.accept_key


def _accept_gone(workspace: Workspace, partner_id: str, version: str) -> str:
    """Accept that the images of a partner which were held on a day are dropped."""
    try:
        day = date.fromisoformat(version.removeprefix(GONE))
    except ValueError:
        raise click.UsageError(f"{printable(version)}: must be {GONE} and a day, such as gone-2026-11-02") from None
    if workspace.state.head(held_gone_key(partner_id, day)) is None:
        raise click.UsageError(f"{printable(partner_id)}: nothing that disappeared is held since {day}")
    accept_key = accept_gone_key(partner_id, day)
    workspace.inbox.put(accept_key, json.dumps({"at": datetime.now(UTC).isoformat()}).encode())
    return accept_key


def _refuse_no_id(value: str, what: str) -> None:
    try:
        checked_id(value, what)
    except BadValueError as error:
        raise click.UsageError(f"{printable(error.value)}: {error}") from error


def _tell(invocation: Invocation, accept_key: str) -> None:
    run = command(invocation.address, ["run"])
    invocation.show({"accepted": accept_key}, f"accepted {printable(accept_key)}; this applies it: {run}")
