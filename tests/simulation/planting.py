"""Bugs that are planted one at a time. A simulation that does not find them would prove nothing.

Those of one hotel stand here, those of the functions around it in `planting_suite.py`, those of rounds in
`planting_rounds.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from image_release.cache import store as memories
from image_release.edition import ProgramInForce
from image_release.hotel import process, render, update_cache
from image_release.hotel.load import inputs_digest
from image_release.ingest.releases import applying
from image_release.publish import publish, put_rendition, read_before
from image_release.state import swap_json
from tests.simulation.patching import patched
from tests.simulation.planting_rounds import ROUND_BUGS
from tests.simulation.planting_suite import SUITE_BUGS


def manifest_before_renditions() -> ExitStack:
    """The manifest is published before its renditions are put."""
    waiting: dict[str, list[tuple[Any, str, bytes]]] = {}

    def put_later(published: Any, key: str, data: bytes) -> bool:
        waiting.setdefault(key.split("/")[1], []).append((published, key, data))
        return True

    def publish_first(published: Any, manifest: Any, before: Any) -> None:
        publish(published, manifest, before)
        for rendition in waiting.pop(manifest.hotel_id, []):
            put_rendition(*rendition)

    return patched((render, "put_rendition", put_later), (process, "publish", publish_first))


def state_overwritten() -> ExitStack:
    """New knowledge overwrites what other writers stored meanwhile."""

    def overwrite(
        state: Any, accommodation: Any, learned: Any, keep: Callable[[Any], Any] = lambda memory: memory
    ) -> None:
        state.put(memories.cached_images_key(accommodation), memories._serialised(keep(learned)))

    return patched((update_cache, "merge_cached_images", overwrite))


def older_release_accepted() -> ExitStack:
    """A release is applied although a newer one is in force."""

    def as_if_first(state: Any) -> Any:
        current = switch_over_read(state)
        return current and replace(current, release_id="")

    def swap_whatever(store: Any, key: str, change: Callable[[Any], Any]) -> Any:
        nothing_newer = "switch_over" in change.__qualname__
        return swap_json(
            store, key, lambda present: change({**present, "release_id": ""} if present and nothing_newer else present)
        )

    switch_over_read = applying.read_current
    return patched((applying, "read_current", as_if_first), (applying, "swap_json", swap_whatever))


def pending_ignored() -> ExitStack:
    """A hotel counts as unchanged although deferred work is due."""
    return patched((process, "is_unchanged", lambda before, digest, now: before.inputs == digest))


def etag_after_inputs() -> ExitStack:
    """The manifest's ETag is read long after the inputs.

    The check of the inputs after publishing is removed too, because it would repair this bug, and so is the record of
    the change, because it would find that the number is taken.
    """

    def publish_over_anything(published: Any, manifest: Any, before: Any) -> None:
        fresh = read_before(published, manifest.hotel_id)
        publish(published, replace_seq(manifest, max(manifest.seq, fresh.next_seq)), fresh)

    def replace_seq(manifest: Any, seq: int) -> Any:
        return manifest.model_copy(update={"seq": seq})

    return patched(
        (process, "publish", publish_over_anything),
        (process, "_is_stale", lambda *_: False),
        (process, "put_change", lambda *_: None),
    )


def decisions_overlooked() -> ExitStack:
    """A hotel counts as unchanged although a person made a decision about it."""

    def without_decisions(hotel: Any, settings: Any, tagger_identity: str) -> str:
        return inputs_digest(replace(hotel, overrides=()), settings, tagger_identity)

    return patched((process, "inputs_digest", without_decisions))


def two_settings_versions_flip() -> ExitStack:
    """A writer of older settings, or of an older program, publishes over what a newer one made."""
    return patched((process, "leave_to_maker", lambda *_: None))


def moved_back_unnoticed() -> ExitStack:
    """No epoch begins when an older program is put in force again: it leaves its hotels for ever."""
    noted = lambda found, program, stored_at: replace(found, program=program, stored_at=stored_at)
    return patched((ProgramInForce, "noted", noted))


BUGS = (
    manifest_before_renditions,
    state_overwritten,
    older_release_accepted,
    pending_ignored,
    etag_after_inputs,
    decisions_overlooked,
    two_settings_versions_flip,
    moved_back_unnoticed,
    *SUITE_BUGS,
    *ROUND_BUGS,
)


@contextmanager
def planted(bug: Callable[[], ExitStack]) -> Iterator[None]:
    """Run the block with a bug in the program."""
    with bug():
        yield
