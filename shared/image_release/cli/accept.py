"""`image-release accept`: a person lets through what was held."""

from __future__ import annotations

from pathlib import Path

import click

from image_release.cli.common import common_options, emit, existing, opened
from image_release.problems import printable
from image_release.values import key_part


@click.group()
def accept() -> None:
    """Let through a catalogue or a release that was held.

    Example: image-release accept catalogue partner-a 2026-11-02
    """


@accept.command()
@click.argument("partner_id", metavar="PARTNER")
@click.argument("version", metavar="VERSION")
@common_options
def catalogue(partner_id: str, version: str, address: str, settings_file: Path | None, as_json: bool) -> None:
    """Accept that a partner's catalogue deletes many images (or `gone-<day>`: that many of them disappeared).

    Example: image-release accept catalogue partner-a 2026-11-02
    """
    folder = f"catalogues/{key_part(partner_id)}/"
    handed_in = [folder + version + suffix for suffix in (".jsonl", ".jsonl.gz")]
    _accept(address, settings_file, folder + version, handed_in if not version.startswith("gone-") else [], as_json)


@accept.command()
@click.argument("release_id", metavar="ID")
@common_options
def release(release_id: str, address: str, settings_file: Path | None, as_json: bool) -> None:
    """Accept that a Data Release withdraws many hotels.

    Example: image-release accept release 2026-11-08
    """
    handed_in = [f"releases/{release_id}{suffix}" for suffix in (".csv", ".csv.gz")]
    _accept(address, settings_file, f"releases/{release_id}", handed_in, as_json)


def _accept(address: str, settings_file: Path | None, name: str, handed_in: list[str], as_json: bool) -> None:
    with opened(address, settings_file) as workspace:
        existing(workspace)
        if handed_in and not any(workspace.inbox.head(key) for key in handed_in):
            raise click.UsageError(f"{printable(name)}: not in the inbox")
        workspace.inbox.put(f"accepts/{name}", b"")
    if as_json:
        emit({"accepted": name})
    else:
        click.echo(f"accepted {printable(name)}; the next `image-release run` applies it")
