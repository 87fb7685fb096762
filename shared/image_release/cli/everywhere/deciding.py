"""What the commands of `everywhere` share: finding, deciding, and bringing a decision to its hotels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from image_release.cli.common import person, present_moment
from image_release.cli.invocation import Invocation
from image_release.cli.pasting import command
from image_release.cli.progress import progress_bar
from image_release.cli.requested import process_request
from image_release.cli.totals import has_failures
from image_release.desk.deciding import DecisionRefusedError, HotelUnreadableError, image_named, read_hotel
from image_release.desk.index import index_path
from image_release.everywhere import (
    PrintIndex,
    ShowingHotel,
    decide_everywhere,
    find_everywhere,
    fingerprint_in,
    hand_over,
    job_of,
    listed_everywhere,
    print_index_path,
)
from image_release.fingerprint import Fingerprint
from image_release.ingest import EverywhereDecision, EverywhereRefusedError
from image_release.one_machine.workspace import Workspace
from image_release.problems import printable

MOST_SHOWN = 20
"""Maximum number of hotels that are shown to a person; `--json` has all."""
LEAST_PREFIX = 6
"""Minimum number of hexadecimal digits that name an image."""


@contextmanager
def refusals() -> Iterator[None]:
    """End the command with a sentence when a decision is refused: as wrong use, or with 1 if the hotel is damaged."""
    try:
        yield
    except HotelUnreadableError as error:
        raise click.ClickException(str(error)) from error
    except (DecisionRefusedError, EverywhereRefusedError) as error:
        raise click.UsageError(str(error)) from error


def found_in(
    invocation: Invocation, workspace: Workspace, hotel_id: str, image: str
) -> tuple[str, tuple[ShowingHotel, ...]]:
    """The SHA-256 of the image that a word names, and the hotels that show it."""
    sha256 = image_named(read_hotel(workspace.stores, hotel_id), image)
    return sha256, search(invocation, workspace, sha256, fingerprint_in(workspace.stores, hotel_id, sha256))


def search(
    invocation: Invocation, workspace: Workspace, sha256: str, fingerprint: Fingerprint
) -> tuple[ShowingHotel, ...]:
    """The hotels that show an image, after the index was brought up to date, with progress on a terminal."""
    root = workspace.root if isinstance(workspace.root, Path) else None
    index = PrintIndex(print_index_path(index_path(root, invocation.address)))
    with progress_bar(None, quiet=invocation.as_json, unit="hundreds of hotels read") as advance:
        index.catch_up(workspace.stores, lambda _done, _total: advance(0))
    with progress_bar(None, quiet=invocation.as_json, unit="candidates") as advance:
        return find_everywhere(index, workspace.stores, sha256, fingerprint, lambda _done, _total: advance(1))


def tell_found(invocation: Invocation, hotel_id: str, sha256: str, found: Sequence[ShowingHotel]) -> None:
    """Show the hotels that were found."""
    lines = [f"image {sha256[:12]} of {printable(hotel_id)} is in {len(found)} hotels"]
    lines += [
        f"  {printable(hotel.hotel_id)}  {' '.join(image[:12] for image in hotel.images)}"
        for hotel in found[:MOST_SHOWN]
    ]
    lines += [f"  and {len(found) - MOST_SHOWN} more"] if len(found) > MOST_SHOWN else []
    hotels = [{"hotel_id": hotel.hotel_id, "images": list(hotel.images)} for hotel in found]
    invocation.show({"image": sha256, "hotels": len(found), "found": hotels}, "\n".join(lines))


def decide(
    invocation: Invocation,
    hotel_id: str,
    image: str,
    action: str,
    labels: Sequence[str],
    why: str,
    *,
    dry_run: bool,
) -> None:
    """Find the hotels, and unless it is a dry run decide and have them processed. Ends with 1 if a hotel failed."""
    with invocation.open() as workspace, refusals():
        sha256, found = found_in(invocation, workspace, hotel_id, image)
        if dry_run:
            tell_found(invocation, hotel_id, sha256, found)
            return
        decision = decide_everywhere(
            workspace.stores, hotel_id, sha256, action, labels=labels, by=person(), at=present_moment(), why=why
        )
        failed = finish(invocation, workspace, decision, [hotel.hotel_id for hotel in found])
    if failed:
        raise click.exceptions.Exit(1)


def keep_everywhere(invocation: Invocation, hotel_id: str, image: str, why: str) -> None:
    """Decide that an image stays in every hotel. Ends with 1 if lines of an earlier decision could not be undone."""
    with invocation.open() as workspace, refusals():
        sha256 = image_named(read_hotel(workspace.stores, hotel_id), image)
        decision = decide_everywhere(
            workspace.stores, hotel_id, sha256, "keep", by=person(), at=present_moment(), why=why
        )
        failed = finish(invocation, workspace, decision, ())
    if failed:
        raise click.exceptions.Exit(1)


def decision_named(workspace: Workspace, image: str) -> EverywhereDecision:
    """The decision about the image of which a person gives the first digits. Raises EverywhereRefusedError."""
    decisions, _ = listed_everywhere(workspace.stores)
    found = [decision for decision in decisions if decision.image.startswith(image.lower())]
    if len(image) < LEAST_PREFIX or len(found) != 1:
        rule = f"must be the first {LEAST_PREFIX} or more digits of one decided image; `list` shows them"
        raise EverywhereRefusedError(f"{printable(image)}: {rule} (fits {len(found)})")
    return found[0]


def finish(invocation: Invocation, workspace: Workspace, decision: EverywhereDecision, found: Sequence[str]) -> bool:
    """Bring a decision to its hotels: process them here, or hand a request to the suite. Returns whether any failed."""
    job = job_of(workspace.state, decision, found)
    what = f"{decision.action} {decision.image[:12]}" + ("" if decision.in_force else " revoked")
    document = {"image": decision.image, "action": decision.action, "in_force": decision.in_force}
    is_here = isinstance(workspace.root, Path)
    if not job.left:
        nothing: dict[str, object] = {"processed": 0, "failed": 0} if is_here else {"requests": []}
        invocation.show({**document, "hotels": 0, **nothing}, f"{what}: no hotel is left to do")
        return False
    if not is_here:
        ids = hand_over(workspace.inbox, job)
        text = (
            f"{what}: {len(job.left)} hotels are handed to the suite; `status` shows the progress of {', '.join(ids)}"
        )
        invocation.show({**document, "hotels": len(job.left), "requests": list(ids)}, text)
        return False
    with invocation.progress(len(job.left)) as advance:
        totals = process_request(
            workspace, job.request, job.nudges, invocation.workers, advance, "request", total=len(job.hotel_ids)
        )
    failed = totals.hotels["failed"]
    text = f"{what}: {len(job.left)} hotels followed, {totals.hotels['processed']} changed, {failed} failed"
    if failed:
        text += f"; this goes on: {command(invocation.address, ['everywhere', 'resume'], [decision.image[:12]])}"
    document |= {"hotels": len(job.left), "processed": totals.hotels["processed"], "failed": failed}
    invocation.show(document, text)
    return has_failures(totals)
