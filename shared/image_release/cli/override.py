"""`image-release override`: a person's decision about a photograph, and undoing one."""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from datetime import UTC, datetime

import click

from image_release.cli.invocation import Invocation, common_options
from image_release.cli.pasting import command
from image_release.ingest import Decision, append_override, append_revoke, read_decisions
from image_release.outcomes import Outcome
from image_release.problems import printable
from image_release.publish import Manifest, RejectedImage, read_before
from image_release.values import Label, Override

ACTIONS = ("pin", "hide", "show", "same", "different", "label", "best", "rescue", "withdraw", "revoke", "list")
LEAST_PREFIX = 6
"""Minimum number of hexadecimal digits that name an image."""
PAIR = 2
"""Minimum number of different images of a decision `same` or `different`."""
GROUPED = (Outcome.HIDDEN, Outcome.OVER_LIMIT)
"""Outcomes of images that are not shown, but usable: decisions about their photograph hold."""
RESCUED = (Outcome.TOO_SMALL, Outcome.NO_CONTENT, Outcome.PLACEHOLDER)
"""Outcomes of images that a person may call usable."""


@click.command()
@click.argument("hotel_id", metavar="HOTEL")
@click.argument("action", type=click.Choice(ACTIONS))
@click.argument("images", metavar="[IMAGE...]", nargs=-1)
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
    r"""Record a person's decision about a photograph. IMAGE is a SHA-256 from the manifest, or its first digits.

    The decision holds for every copy of the photograph, including later ones; `best` lets one copy stand for it, and
    `rescue` lets a rejected image be shown. `withdraw` takes all pictures of the hotel off. `list` shows the decisions
    and their digests; `revoke` undoes one, named by the first digits of its digest. The next run applies it.

    \b
    Examples:
      image-release override 123456 hide 3fa9c1d2 --why "not this hotel"
      image-release override 123456 list
      image-release override 123456 revoke 77ab01ce
    """
    with invocation.open() as workspace:
        manifest = read_before(workspace.published, hotel_id).manifest
        if manifest is None:
            raise click.UsageError(f"{printable(hotel_id)}: no hotel of that id is published")
        decisions, _ = read_decisions(workspace.inbox, hotel_id)
        by, at = getpass.getuser(), datetime.now(UTC).isoformat(timespec="seconds")
        if action == "list":
            _show_decisions(invocation, hotel_id, decisions)
            return
        if action == "revoke":
            recorded = [_decision(decisions, images)]
            append_revoke(workspace.inbox, hotel_id, recorded[0], by=by, at=at, why=why)
        else:
            decision = Override(
                action=action,  # type: ignore[arg-type]  # click has checked it
                images=tuple(_full_sha256(image, _known_images(manifest)) for image in images),
                position=(position or 1) if action == "pin" else None,
                labels=tuple(Label(text, 1.0) for text in labels),
                by=by,
                at=at,
                why=why,
            )
            _check(decision, manifest, decisions)
            append_override(workspace.inbox, hotel_id, decision)
            recorded = list(decision.images)
    apply = command(invocation.address, ["hotel"], [hotel_id])
    invocation.show(
        {"hotel_id": hotel_id, "action": action, "images": recorded},
        f"{action} recorded for {printable(hotel_id)}; this applies it now: {apply}",
    )


def _check(decision: Override, manifest: Manifest, decisions: Iterable[Decision]) -> None:
    """Refuse a decision that makes no sense or would have no effect."""
    action = decision.action
    if action == "withdraw" and decision.images:
        raise click.UsageError("withdraw is about the hotel; it names no image")
    if action != "withdraw" and not decision.images:
        raise click.UsageError(f"{action} needs an image")
    if action == "label" and not decision.labels:
        raise click.UsageError("label needs --label TEXT")
    if action in ("same", "different") and len(set(decision.images)) < PAIR:
        raise click.UsageError(f"{action} needs at least two images")
    rejected = {image.sha256: image for image in manifest.rejected}
    hidden = {
        sha256
        for item in decisions
        if item.override and item.override.action == "hide" and not item.is_revoked
        for sha256 in item.override.images
    }
    for sha256 in decision.images:
        if why := _without_effect(action, rejected.get(sha256), is_hidden=sha256 in hidden):
            raise click.UsageError(f"{sha256[:12]} {why}, so {action} would have no effect")


def _without_effect(action: str, rejected: RejectedImage | None, *, is_hidden: bool) -> str | None:
    """Why a decision about an image would have no effect; None: it has one."""
    if action == "rescue":
        if rejected is None:
            return "is not rejected"
        return None if rejected.outcome in RESCUED else f"is {rejected.outcome} ({printable(rejected.reason)})"
    if action == "show":
        is_hidden = is_hidden or (rejected is not None and rejected.outcome == Outcome.HIDDEN)
        return None if is_hidden else "is not hidden"
    if rejected is not None and rejected.outcome not in GROUPED:
        return f"was rejected: {rejected.outcome} ({printable(rejected.reason)})"
    return None


def _decision(decisions: Iterable[Decision], words: tuple[str, ...]) -> str:
    """The digest of the decision that `revoke` names; wrong use if it names none or several."""
    if len(words) != 1:
        raise click.UsageError("revoke names one decision by its digest; `list` shows them")
    found = {item.digest: item for item in decisions if item.digest.startswith(words[0].lower())}
    if len(words[0]) < LEAST_PREFIX or len(found) != 1:
        rule = f"must be the first {LEAST_PREFIX} or more digits of one decision's digest; `list` shows them"
        raise click.UsageError(f"{printable(words[0])}: {rule} (fits {len(found)})")
    [(digest, item)] = found.items()
    if item.is_revoked:
        raise click.UsageError(f"{digest[:12]} is revoked already")
    return digest


def _show_decisions(invocation: Invocation, hotel_id: str, decisions: Iterable[Decision]) -> None:
    documents = [
        {
            "digest": item.digest,
            "action": item.override.action if item.override else "revoke",
            "images": list(item.override.images) if item.override else [],
            "revokes": item.revokes,
            "is_revoked": item.is_revoked,
            "by": item.by,
            "at": item.at,
            "why": item.why,
        }
        for item in decisions
    ]
    lines = [
        f"{item.digest[:12]}  {_said(item)}{'  (revoked)' if item.is_revoked else ''}"
        + printable(f"  {item.at} {item.by}" + (f": {item.why}" if item.why else ""))
        for item in decisions
    ]
    text = "\n".join(lines) or f"{printable(hotel_id)}: no decisions"
    invocation.show({"hotel_id": hotel_id, "decisions": documents}, text)


def _said(item: Decision) -> str:
    if item.override is None:
        return f"revoke {(item.revokes or '')[:12]}"
    return " ".join([item.override.action, *(sha256[:12] for sha256 in item.override.images)])


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
