"""Checking what must not be guessed: the release in force, the partners' catalogues in force, and their listings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from urllib.parse import unquote

from image_release.ingest import read_current, read_listing
from image_release.ingest.catalogues import rebuild_catalogue_state, rebuild_listing, unreadable_catalogue_state
from image_release.ingest.releases.rebuild import (
    has_whole_index,
    rebuild_current,
    rebuild_index,
    rebuild_rows,
    unreadable_shards,
)
from image_release.one_machine.check.findings import Finding
from image_release.one_machine.workspace import Workspace
from image_release.state import DocumentContendedError, StateUnreadableError
from image_release.store_keys import CATALOGUES, listing_key, release_index_key
from image_release.values import Accommodation

UNREADABLE = "cannot be read"
LOST = "is lost or cannot be read"


def check_release(workspace: Workspace, *, repair: bool) -> Iterator[Finding]:
    """Check the release in force: its document, its rows, and its index."""
    state = workspace.state
    try:
        current = read_current(state)
    except StateUnreadableError as error:
        mended = repair and _mend(partial(rebuild_current, state, datetime.now(UTC)))
        yield Finding("state", error.key, UNREADABLE, mended=mended)
        if not mended:
            return
        current = read_current(state)
    if current is None:
        return
    for release in (current, *current.before()):
        shards = unreadable_shards(state, release)
        rows_mended = bool(shards) and repair and _mend(partial(rebuild_rows, state, release))
        yield from (Finding("state", key, LOST, mended=rows_mended) for key in shards)
        if not has_whole_index(state, release):
            mended = repair and _mend(partial(rebuild_index, state, release))
            yield Finding("state", release_index_key(release.folder), LOST, mended=mended)


def check_catalogues(workspace: Workspace, *, repair: bool) -> Iterator[Finding]:
    """Check what says which catalogue of each partner is in force."""
    state = workspace.state
    partners = {unquote(listed.key.split("/")[1]) for listed in state.list(CATALOGUES)}
    for partner_id in sorted(partners):
        unreadable = unreadable_catalogue_state(state, partner_id)
        mended = bool(unreadable) and repair and _mend(partial(rebuild_catalogue_state, state, partner_id))
        yield from (Finding("state", key, UNREADABLE, mended=mended) for key in unreadable)


def check_listing(workspace: Workspace, accommodation: Accommodation, *, repair: bool) -> Iterator[Finding]:
    """Check what the catalogue in force says of an accommodation."""
    try:
        read_listing(workspace.state, accommodation)
    except StateUnreadableError:
        mended = repair and _mend(partial(rebuild_listing, workspace.inbox, workspace.state, accommodation))
        yield Finding("state", listing_key(accommodation), UNREADABLE, mended=mended)


def _mend(mend: Callable[[], object]) -> bool:
    """Whether something could be mended: the function says so, or fails."""
    try:
        return bool(mend())
    except (StateUnreadableError, DocumentContendedError):
        return False
