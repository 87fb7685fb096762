"""`image-release override`: a person's decision about a photograph."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime

import click

from image_release.cli.invocation import Invocation, common_options
from image_release.ingest import append_override
from image_release.problems import printable
from image_release.publish import Manifest, read_before
from image_release.values import Label, Override

ACTIONS = ("pin", "hide", "show", "same", "different", "label")
LEAST_PREFIX = 6
"""Minimum number of hexadecimal digits that name an image."""
PAIR = 2
"""Minimum number of different images of a decision `same` or `different`."""


@click.command()
@click.argument("hotel_id", metavar="HOTEL")
@click.argument("action", type=click.Choice(ACTIONS))
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True)
@click.option("--position", type=click.IntRange(min=1), help="pin: position in the order; default 1.")
@click.option("--label", "labels", multiple=True, metavar="TEXT", help="label: what the photograph shows.")
@click.option("--why", default="", help="The reason; stored with the decision and shown at hidden images.")
@common_options
def override(
    invocation: Invocation,
    hotel_id: str,
    action: str,
    images: tuple[str, ...],
    position: int | None,
    labels: tuple[str, ...],
    why: str,
) -> None:
    """Record a person's decision about a photograph. IMAGE is a SHA-256 from the manifest, or its first digits.

    The decision holds for every copy of the photograph, including later ones. The next run applies it.

    Example: image-release override 123456 hide 3fa9c1d2 --why "not this hotel"
    """
    with invocation.open() as workspace:
        manifest = read_before(workspace.published, hotel_id).manifest
        if manifest is None:
            raise click.UsageError(f"{printable(hotel_id)}: no hotel of that id is published")
        known = _known_images(manifest)
        decision = Override(
            action=action,  # type: ignore[arg-type]  # click has checked it
            images=tuple(_full_sha256(image, known) for image in images),
            position=(position or 1) if action == "pin" else None,
            labels=tuple(Label(text, 1.0) for text in labels),
            by=getpass.getuser(),
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            why=why,
        )
        _check(decision)
        append_override(workspace.inbox, hotel_id, decision)
    name = printable(hotel_id)
    invocation.show(
        {"hotel_id": hotel_id, "action": action, "images": list(decision.images)},
        f"{action} recorded for {name}; `image-release hotel {name}` applies it now",
    )


def _check(decision: Override) -> None:
    if decision.action == "label" and not decision.labels:
        raise click.UsageError("label needs --label TEXT")
    if decision.action in ("same", "different") and len(set(decision.images)) < PAIR:
        raise click.UsageError(f"{decision.action} needs at least two images")


def _known_images(manifest: Manifest) -> set[str]:
    """SHA-256 of every image that the manifest names, shown or not."""
    shown = {image.sha256 for picture in manifest.pictures for image in (picture.best, *picture.merged)}
    return shown | {image.sha256 for image in manifest.rejected if image.sha256}


def _full_sha256(image: str, known: set[str]) -> str:
    """The SHA-256 that an argument names; wrong use if it fits none or several."""
    found = [sha256 for sha256 in known if sha256.startswith(image.lower())]
    if len(image) < LEAST_PREFIX or len(found) != 1:
        rule = f"must be the first {LEAST_PREFIX} or more digits of one image's sha256 in the hotel's manifest"
        raise click.UsageError(f"{printable(image)}: {rule} (fits {len(found)})")
    return found[0]
