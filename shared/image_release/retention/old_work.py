"""Old work: releases that were superseded, requests that ended long ago, digests of catalogues not in force.

Nobody writes there any more. A release or a catalogue that sorts before the one in force is never applied again, and a
message lives for two weeks at most. What was written lately stays all the same: somebody may still be at work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain
from urllib.parse import unquote

from image_release.ingest import read_current
from image_release.retention.deleting import TimeBox
from image_release.state import StateUnreadableError, read_json
from image_release.storage import Store
from image_release.store_keys import CATALOGUES, RELEASES, REQUESTS, catalogue_state_key, partner_folder

RELEASES_KEPT = timedelta(days=30)
"""How long the rows of a release are kept that is neither in force, completed nor unfinished."""
REQUESTS_KEPT = timedelta(days=90)
"""How long a request and its progress are kept: as long as it is known what it changed."""
DIGESTS_KEPT = timedelta(days=30)
"""How long the digests of a catalogue are kept that is not in force."""


def delete_old_work(state: Store, now: datetime, box: TimeBox) -> tuple[int, bool]:
    """Delete what is too old; returns the number of objects, and whether that was all. Raises StateUnreadableError."""
    deleted = 0
    old: Iterator[Iterable[str]] = chain(_old_releases(state, now), _old_digests(state, now), _old_requests(state, now))
    for keys in old:
        count, is_all = box.delete(state, keys)
        deleted += count
        if not is_all:
            return deleted, False
    return deleted, True


def _old_releases(state: Store, now: datetime) -> Iterator[list[str]]:
    """The objects of each release that can go."""
    current = read_current(state)
    if current is None:
        return
    in_use = {release.folder for release in (current, *current.before())}
    for name in state.folders(RELEASES):
        folder = f"{RELEASES}{name}"
        if folder not in in_use and unquote(name.partition("+")[0]) < current.release_id:
            yield _all_old(state, f"{folder}/", now - RELEASES_KEPT)


def _old_requests(state: Store, now: datetime) -> Iterator[Iterator[str]]:
    """The old objects of each request that can go; `request.json` is the first of them: the rest counts for nothing."""
    before = now - REQUESTS_KEPT
    for name in state.folders(REQUESTS):
        request = f"{REQUESTS}{name}/request.json"
        found = state.head(request)
        if found is None or found.modified < before:
            marks = (listed.key for listed in state.list(f"{REQUESTS}{name}/") if listed.modified < before)
            yield chain([request] if found else [], (key for key in marks if key != request))


def _old_digests(state: Store, now: datetime) -> Iterator[list[str]]:
    """The digests of each partner's catalogues that can go."""
    for name in state.folders(CATALOGUES):
        partner_id = unquote(name)
        try:
            present = read_json(state, catalogue_state_key(partner_id))
        except StateUnreadableError:
            continue  # `check --repair` needs them
        prefix = f"{partner_folder(partner_id)}listings-"
        if isinstance(present, dict) and isinstance(version := present.get("version"), str):
            yield [
                listed.key
                for listed in state.list(prefix)
                if (found := re.fullmatch(r"([^/]+)\.jsonl\.gz", listed.key.removeprefix(prefix)))
                and unquote(found[1]) < version
                and listed.modified < now - DIGESTS_KEPT
            ]


def _all_old(state: Store, folder: str, before: datetime) -> list[str]:
    """All keys below a folder; none if one of them was written lately."""
    listed = list(state.list(folder))
    return [] if any(item.modified >= before for item in listed) else [item.key for item in listed]
