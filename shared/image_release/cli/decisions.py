"""The history of decisions on the command line: as text, as CSV or as one JSON document."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import click

from image_release.cli.invocation import Invocation
from image_release.desk.deciding import (
    DecisionRefusedError,
    Entry,
    HotelNow,
    HotelUnreadableError,
    NotPublishedError,
    effect_now,
    history,
    read_hotel,
    short,
)
from image_release.problems import cell, printable
from image_release.storage import Stores
from image_release.store_keys import overrides_key

MOST_SHOWN = 100
"""Maximum number of decisions that are shown to a person; CSV and JSON have all."""
CSV_COLUMNS = (
    *("hotel_id", "action", "images", "position", "labels", "why", "by", "at", "what", "in_force", "undone_by"),
    "digest",
)


def list_decisions(
    invocation: Invocation, stores: Stores, hotel_id: str, *, by: str | None, since: datetime | None, as_csv: bool
) -> None:
    """Show what was decided about a hotel, in the order of its file; or, if it is empty, about all, newest first."""
    now = _hotel(stores, hotel_id) if hotel_id else None
    aware = since.replace(tzinfo=UTC) if since else None
    entries = history(stores.inbox, hotel_id or None, by=by, since=aware)
    if as_csv:
        _write_csv(entries)
        return
    if hotel_id or invocation.as_json:
        shown = list(entries)
        documents = [_document(entry, now) for entry in (reversed(shown) if hotel_id else shown)]
        text = "\n".join(_line(entry, now, is_one_hotel=True) for entry in reversed(shown))
        nothing = f"{printable(hotel_id)}: no decisions"
        invocation.show({"hotel_id": hotel_id or None, "decisions": documents}, text or nothing)
        return
    first = list(islice(entries, MOST_SHOWN + 1))
    lines = [_line(entry, None, is_one_hotel=False) for entry in first[:MOST_SHOWN]]
    if len(first) > MOST_SHOWN:
        lines.append(f"these are the latest {MOST_SHOWN}; --csv and --json have all")
    click.echo("\n".join(lines) or "no decisions")


def _hotel(stores: Stores, hotel_id: str) -> HotelNow | None:
    """The hotel as it is published; None if that cannot be read, but something was decided."""
    try:
        return read_hotel(stores, hotel_id)
    except HotelUnreadableError:
        return None
    except DecisionRefusedError as error:
        if isinstance(error, NotPublishedError) and stores.inbox.head(overrides_key(hotel_id)):
            return None
        raise click.UsageError(str(error)) from error


def _document(entry: Entry, now: HotelNow | None) -> dict[str, Any]:
    decision, override = entry.decision, entry.decision.override
    return {
        "hotel_id": entry.hotel_id,
        "digest": decision.digest,
        "action": override.action if override else "revoke",
        "images": list(override.images) if override else [],
        "position": override.position if override else None,
        "labels": [label.description for label in override.labels] if override else [],
        "revokes": decision.revokes,
        "is_revoked": decision.is_revoked,
        "revoked_by": entry.undone_by.digest if entry.undone_by else None,
        "by": decision.by,
        "at": decision.at,
        "why": decision.why,
        "what": entry.what,
        "effect": effect_now(entry, now) if now else None,
    }


def _line(entry: Entry, now: HotelNow | None, *, is_one_hotel: bool) -> str:
    """A line for a person; what people wrote is escaped."""
    decision = entry.decision
    where = "" if is_one_hotel else f"{printable(entry.hotel_id)}  "
    who = printable(decision.by) or "somebody"
    why = f": {printable(decision.why, 400)}" if decision.why else ""
    revoked = "  (revoked)" if decision.is_revoked else ""
    effect = f"\n          {effect_now(entry, now)}" if now else ""
    when = f"{entry.when.astimezone(UTC):%Y-%m-%d %H:%M}"
    return f"{short(decision.digest)}  {when}  {where}{who} {entry.what}{why}{revoked}{effect}"


def _write_csv(entries: Iterator[Entry]) -> None:
    """Write CSV whose first columns are those of a file for `--from`."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for entry in entries:
        decision, override = entry.decision, entry.decision.override
        cells = (
            entry.hotel_id,
            override.action if override else "revoke",
            " ".join(override.images) if override else decision.revokes or "",
            str(override.position or "") if override else "",
            ";".join(label.description for label in override.labels) if override else "",
            decision.why,
            decision.by,
            decision.at,
            entry.what,
            "no" if decision.is_revoked else "yes",
            entry.undone_by.by if entry.undone_by else "",
            decision.digest,
        )
        writer.writerow([cell(text) for text in cells])
