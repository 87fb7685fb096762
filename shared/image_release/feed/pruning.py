"""Deletes what is too old: lists of changed hotels with the records that they name, and snapshots."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from image_release.feed.lists import ListUnreadableError, changed_lists, merged
from image_release.feed.snapshots import prune_snapshots
from image_release.storage import Stores
from image_release.store_keys import change_key

KEPT = timedelta(days=90)
"""How long it is known what changed."""


def prune(stores: Stores, now: datetime) -> None:
    """Delete lists that are older than 90 days with their records, and snapshots that are older than a week.

    Records go first: a crash in between leaves the list, which names them. A record that a younger list names, too,
    goes with the older one: it was put then.
    """
    prune_snapshots(stores.published, now)
    for made in changed_lists(stores.state):
        if now - made.cause.started <= KEPT:
            continue
        with suppress(ListUnreadableError):  # the records of one that is damaged stay
            for changed in merged([iter(made.notes()), *made.written(stores.state)]):
                stores.state.delete(change_key(*changed))
        for listed in (*made.opened, made.finished):
            if listed:
                stores.state.delete(listed.key)
