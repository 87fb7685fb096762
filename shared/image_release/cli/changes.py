"""`image-release changes`: what a run, a request or a release changed, the worst first."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from image_release.cli.invocation import Invocation, workspace_options
from image_release.feed import WORDS, HotelChange, ListUnreadableError
from image_release.feed.changes import UnknownNameError, WhatChanged, changes_of
from image_release.problems import cell, printable
from image_release.publish import FirstPicture

SHOWN = 20
"""Number of hotels that are shown to a person, unless another is said."""
COLUMNS = (
    "hotel_id",
    "name",
    "what",
    "pictures_before",
    "pictures_after",
    "gained",
    "lost",
    "first_before",
    "first_before_kind",
    "first_after",
    "first_after_kind",
    "reordered",
    "withdrawn",
    "reason",
    "request",
)


@click.command()
@click.argument("name", metavar="[RUN|REQUEST|RELEASE]", required=False)
@click.option("--csv", "as_csv", is_flag=True, help="A line for each hotel, for a spreadsheet.")
@click.option(
    "--limit",
    type=click.IntRange(0),
    help=f"Maximum number of hotels; default: {SHOWN}, with --csv and --json all.",
)
@workspace_options
def changes(invocation: Invocation, name: str | None, as_csv: bool, limit: int | None) -> None:
    """Show what changed in hotels: pictures gained and lost, the first picture before and after, the worst first.

    A run is named by its time or the beginning of it, a request by its id, a release by its id: then all is shown that
    changed while it was in force. Without a name it is the last run or request that changed something; beside a suite,
    whose functions keep no lists, the release in force. Records of changes are kept for 90 days.

    Example: image-release changes

    Example: image-release changes --csv > changes.csv
    """
    if as_csv and invocation.as_json:
        raise click.UsageError("--csv and --json: choose one")
    with invocation.open() as workspace:
        wanted = limit if limit is not None or as_csv or invocation.as_json else SHOWN
        beside_a_suite = not isinstance(workspace.root, Path)
        try:
            found = changes_of(workspace.stores, name, limit=wanted, with_records=beside_a_suite)
        except UnknownNameError as error:
            raise click.UsageError(_unknown(error)) from error
        except ListUnreadableError as error:
            raise click.ClickException(str(error)) from error
    if as_csv:
        click.echo(_csv(found), nl=False)
    else:
        invocation.show(_document(found), "\n".join(_lines(found)))


def _unknown(error: UnknownNameError) -> str:
    if error.name is None:
        return "nothing changed in the last 90 days, or nothing was recorded; name a run, a request or a release"
    latest = ", ".join(map(printable, error.latest)) or "none"
    return f"{printable(error.name)}: no run, request or release of this name changed a hotel; the latest: {latest}"


def _document(found: WhatChanged) -> dict[str, Any]:
    totals = found.totals
    return {
        "kind": found.kind,
        "name": found.name,
        "started_at": found.started.isoformat() if found.started else None,
        "finished": found.is_finished,
        "totals": {
            "hotels": totals.hotels,
            "gained": totals.gained,
            "lost": totals.lost,
            "first_picture_changed": totals.other_first,
            "without_record": totals.unrecorded,
            "what": totals.words(),
        },
        "hotels": [_hotel_document(change) for change in found.hotels],
    }


def _hotel_document(change: HotelChange) -> dict[str, Any]:
    return {
        "hotel_id": change.hotel_id,
        "name": change.name,
        "what": WORDS[change.what],
        "seqs": change.seqs,
        "pictures_before": change.pictures_before,
        "pictures_after": change.pictures_after,
        "gained": change.gained,
        "lost": change.lost,
        "first_before": change.first_before and change.first_before.model_dump(mode="json"),
        "first_after": change.first_after and change.first_after.model_dump(mode="json"),
        "reordered": change.is_reordered,
        "withdrawn": change.withdrawn_after,
        "reasons": change.reasons,
        "requests": change.request_ids,
    }


def _csv(found: WhatChanged) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for change in found.hotels:
        writer.writerow([cell(str(value)) for value in _row(change)])
    return file.getvalue()


def _row(change: HotelChange) -> tuple[object, ...]:
    return (
        change.hotel_id,
        change.name,
        WORDS[change.what],
        change.pictures_before,
        change.pictures_after,
        len(change.gained),
        len(change.lost),
        *_opening(change.first_before),
        *_opening(change.first_after),
        "yes" if change.is_reordered else "no",
        "yes" if change.withdrawn_after else "no",
        " ".join(change.reasons),
        " ".join(change.request_ids),
    )


def _opening(first: FirstPicture | None) -> tuple[str, str]:
    """SHA-256 and kind of a first picture."""
    return (first.sha256, first.category or "") if first else ("", "")


def _lines(found: WhatChanged) -> Iterator[str]:
    totals = found.totals
    under_way = "" if found.is_finished else "  (under way, or killed)"
    yield f"{found.kind:8} {printable(found.name)}{under_way}"
    yield f"hotels   {totals.hotels} changed, {totals.other_first} open with another picture"
    yield f"pictures {totals.gained} gained, {totals.lost} lost"
    for words, count in totals.words().items():
        yield f"  {count:7} {words}"
    if totals.unrecorded:
        yield f"  {totals.unrecorded:7} without a record: it is older than 90 days, or cannot be read"
    for change in found.hotels:
        yield from _hotel_lines(change)
    if len(found.hotels) < totals.hotels:
        yield f"… and {totals.hotels - len(found.hotels)} more hotels: --limit {totals.hotels}, or --csv"


def _hotel_lines(change: HotelChange) -> Iterator[str]:
    pictures = f"{change.pictures_before} → {change.pictures_after} pictures"
    name = f" {printable(change.name, 60)}" if change.name else ""
    yield f"{printable(change.hotel_id)}{name}: {WORDS[change.what]}"
    counts = f"{pictures}, {len(change.gained)} gained, {len(change.lost)} lost"
    why = ", ".join(printable(reason) for reason in (*change.reasons, *change.request_ids))
    yield f"         {counts}; why: {why}"
    if change.has_other_first:
        yield f"         first: {_shown(change.first_before)} → {_shown(change.first_after)}"


def _shown(first: FirstPicture | None) -> str:
    if first is None:
        return "none"
    return f"{first.sha256[:12]} ({printable(first.category or 'kind not known')})"
