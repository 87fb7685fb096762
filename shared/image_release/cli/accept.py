"""`image-release accept`: a person accepts a catalogue or a release that a brake holds."""

from __future__ import annotations

import click

from image_release.cli.invocation import Invocation, common_options
from image_release.problems import printable
from image_release.store_keys import ACCEPTS, CATALOGUE_SUFFIXES, GONE, RELEASE_SUFFIXES, RELEASES, partner_folder


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
    """Accept that a partner's catalogue deletes many images.

    VERSION is the catalogue's version; gone-DAY accepts that many images disappeared from the server on that day.

    Example: image-release accept catalogue partner-a 2026-11-02
    """
    name = partner_folder(partner_id) + version
    files = [] if version.startswith(GONE) else [name + suffix for suffix in CATALOGUE_SUFFIXES]
    _accept(invocation, name, files)


@accept.command()
@click.argument("release_id", metavar="ID")
@common_options
def release(invocation: Invocation, release_id: str) -> None:
    """Accept that a Data Release withdraws many hotels.

    Example: image-release accept release 2026-11-08
    """
    name = RELEASES + release_id
    _accept(invocation, name, [name + suffix for suffix in RELEASE_SUFFIXES])


def _accept(invocation: Invocation, name: str, files: list[str]) -> None:
    """Put the acceptance into the inbox, if one of `files` is there (or none has to be).

    A mistyped version must not let something through later, so it ends the command with status 2.
    """
    with invocation.open() as workspace:
        if files and not any(workspace.inbox.head(key) for key in files):
            raise click.UsageError(f"{printable(name)}: not in the inbox")
        workspace.inbox.put(ACCEPTS + name, b"")
    invocation.show({"accepted": name}, f"accepted {printable(name)}; the next `image-release run` applies it")
