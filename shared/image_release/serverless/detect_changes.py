"""`detect_changes`: a catalogue came in; what changed is written, and the hotels concerned are nudged.

The order is that of invariant 8: write the accommodations, read the release in force to find their hotels, nudge these,
and only then move the partner's catalogue forward. After a crash at any point the message comes back and repeats all.
"""

from __future__ import annotations

from collections.abc import Sequence

from image_release.ingest import Ignored, is_let_through
from image_release.ingest.catalogues import SplitOutdatedError, apply_catalogue, is_large
from image_release.serverless.hotels import NOBODY, nudge_hotels
from image_release.serverless.messages import GoOnMessage
from image_release.serverless.ports import Suite
from image_release.serverless.shares import read_plan
from image_release.serverless.split_catalogues import Detected, advance, begin_again, split_catalogue
from image_release.store_keys import ACCEPTS, CATALOGUE_SUFFIXES, GONE
from image_release.values import Accommodation


def detect_changes(key: str, suite: Suite) -> Detected:
    """Apply the catalogue at a key of the inbox, or the one that a key below `accepts/` lets through.

    A large one is split, and goes on by messages. An accept of what is not held is ignored with a warning. Raises
    CatalogueMisnamedError, BadValueError, InputDamagedError, InputChangedError, MissingInputError.
    """
    if key.startswith(ACCEPTS) and key.rpartition("/")[2].startswith(GONE):
        return Detected(Ignored(key, "hotels find the accept when they are processed again", is_warning=False))
    catalogue = accepted(key, CATALOGUE_SUFFIXES, suite)
    if catalogue is None:
        return Detected(nothing_is_held(key))
    if is_large(suite.inbox, suite.state, catalogue, suite.split_sizes):
        return split_catalogue(catalogue, suite)
    nudged = NOBODY

    def nudge(changed: Sequence[Accommodation]) -> None:
        nonlocal nudged
        nudged = nudge_hotels(changed, catalogue, suite)

    result = apply_catalogue(suite.inbox, suite.state, catalogue, suite.settings, announce=nudge, threads=suite.threads)
    return Detected(result, nudged.hotels, nudged.shares)


def go_on(order: GoOnMessage, suite: Suite) -> Detected:
    """Take the next step of a catalogue that is split. If what it was split from changed, it begins again.

    A late message of finished work does nothing.
    """
    plan = read_plan(suite.state, order.go_on)
    if plan is None:
        return Detected(Ignored(order.go_on, "is done already", is_warning=False))
    try:
        return advance(plan, suite)
    except SplitOutdatedError:
        return begin_again(plan, lambda key: detect_changes(key, suite), suite)


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
