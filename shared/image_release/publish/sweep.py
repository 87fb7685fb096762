"""Deleting renditions that nothing names, after the grace period, without locks.

A key whose `seq` is at most the current manifest's and which that manifest does not name can never be named again
(design, section 3): deleting it is safe whoever else is writing. How long it has been unnamed is known in one of two
ways: the manifest that ceased to name it says so in `pending`, or, for what a killed or losing writer left, its age.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from image_release.keys import rendition_seq, renditions_folder
from image_release.publish.manifest import Manifest, Pending
from image_release.storage import Store


def sweep_renditions(published: Store, manifest: Manifest, now: datetime, grace: timedelta) -> tuple[str, ...]:
    """Delete what may go and return its keys. `manifest` is the current one, `now` is aware UTC."""
    named = manifest.named_keys()
    resting = {
        key for entry in manifest.pending if entry.kind == "sweep" and entry.not_before > now for key in entry.keys
    }
    due = {key for entry in manifest.pending if entry.kind == "sweep" and entry.not_before <= now for key in entry.keys}
    swept = []
    for listed in published.list(renditions_folder(manifest.hotel_id)):
        seq = rendition_seq(listed.key)
        if seq is None or seq > manifest.seq or listed.key in named or listed.key in resting:
            continue
        if listed.key in due or listed.modified + grace <= now:
            published.delete(listed.key)
            swept.append(listed.key)
    return tuple(swept)


def sweeps_owed(before: Manifest | None, named: Iterable[str], now: datetime, not_before: datetime) -> list[Pending]:
    """The `pending` sweeps of the next manifest: those not yet due, and one for the keys that it ceases to name."""
    if before is None:
        return []
    resting = [entry for entry in before.pending if entry.kind == "sweep" and entry.not_before > now]
    dropped = before.named_keys() - frozenset(named)
    if dropped:
        resting.append(Pending(kind="sweep", not_before=not_before, keys=tuple(sorted(dropped))))
    return sorted(resting, key=lambda entry: (entry.not_before, entry.keys))
