"""`detect_changes`: a catalogue came in; what changed is written, and the hotels concerned are nudged.

The order is that of invariant 8: write the accommodations, read the release in force to find their hotels, nudge these,
and only then move the partner's catalogue forward. After a crash at any point the message comes back and repeats all.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from image_release.ingest import (
    CatalogueApplied,
    Held,
    Ignored,
    Release,
    ReleaseIndex,
    apply_catalogue,
    is_let_through,
    open_index,
    read_current,
)
from image_release.serverless.messages import NudgeMessage
from image_release.serverless.ports import Suite
from image_release.store_keys import ACCEPTS, CATALOGUE_SUFFIXES, GONE
from image_release.values import Accommodation


@dataclass(frozen=True, slots=True)
class Detected:
    """What became of a catalogue, and how many hotels were nudged for it."""

    result: CatalogueApplied | Held | Ignored
    nudged: int


def detect_changes(key: str, suite: Suite) -> Detected:
    """Apply the catalogue at a key of the inbox, or the one that a key below `accepts/` lets through.

    An accept of what is not held is ignored with a warning. Raises CatalogueMisnamedError, BadValueError,
    InputDamagedError, MissingInputError.
    """
    if key.startswith(ACCEPTS) and key.rpartition("/")[2].startswith(GONE):
        return Detected(Ignored(key, "hotels find the accept when they are processed again", is_warning=False), 0)
    catalogue = accepted(key, CATALOGUE_SUFFIXES, suite)
    if catalogue is None:
        return Detected(nothing_is_held(key), 0)
    nudged = 0

    def nudge(changed: Sequence[Accommodation]) -> None:
        nonlocal nudged
        nudged = suite.urgent.send(
            NudgeMessage(hotel_id=hotel_id, reason="catalogue").message(group) for hotel_id in hotels_of(changed, suite)
        )

    group = catalogue.split("/")[1]
    result = apply_catalogue(suite.inbox, suite.state, catalogue, suite.settings, announce=nudge, threads=suite.threads)
    return Detected(result, nudged)


def accepted(key: str, suffixes: Sequence[str], suite: Suite) -> str | None:
    """The file that an `accepts/…` key lets through, None if it lets nothing through; other keys are files' own."""
    if not key.startswith(ACCEPTS):
        return key
    if not is_let_through(suite.inbox, suite.state, key):
        return None
    files = (key.removeprefix(ACCEPTS) + suffix for suffix in suffixes)
    return next((file for file in files if suite.inbox.head(file)), None)


def nothing_is_held(key: str) -> Ignored:
    """What becomes of an accept of what is not held: it was mistyped, or came twice, or too late."""
    return Ignored(key, "nothing is held that this accepts", is_warning=True)


def hotels_of(changed: Sequence[Accommodation], suite: Suite) -> Iterator[str]:
    """The hotels that hold these accommodations in the release in force, each once."""
    current = read_current(suite.state) if changed else None
    if current is None:
        return
    with local_index(suite, current) as index:
        hotel_ids = sorted(set(index.hotels_of(changed)))
    yield from hotel_ids


@contextmanager
def local_index(suite: Suite, release: Release) -> Iterator[ReleaseIndex]:
    """The index of a release, fetched into a file that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder, open_index(suite.state, release, Path(folder) / "index") as index:
        yield index
