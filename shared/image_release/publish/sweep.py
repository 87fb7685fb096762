"""The sweep: deleting renditions that nothing names, after the grace period, without locks.

If the current manifest does not name a key, and the key's `seq` is at most that manifest's, then no manifest will ever
name it (architecture, Formats). Deleting it is safe, whoever else is writing. How long it has been unnamed is known in
one of two ways: the manifest that stopped naming it says so in `pending`; for what a failed writer left, its age
counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from image_release.publish.manifest import Manifest, Pending
from image_release.storage import Store
from image_release.store_keys import rendition_seq, renditions_folder


def sweep_renditions(published: Store, manifest: Manifest, now: datetime, grace: timedelta) -> tuple[str, ...]:
    """Delete what may be deleted and return its keys. `manifest` is the current one, `now` is aware UTC."""
    named = manifest.named_keys()
    not_due = {
        key for entry in manifest.pending if entry.kind == "sweep" and entry.not_before > now for key in entry.keys
    }
    due = {key for entry in manifest.pending if entry.kind == "sweep" and entry.not_before <= now for key in entry.keys}
    swept = []
    for listed in published.list(renditions_folder(manifest.hotel_id)):
        seq = rendition_seq(listed.key)
        if seq is None or seq > manifest.seq or listed.key in named or listed.key in not_due:
            continue
        if listed.key in due or listed.modified + grace <= now:
            published.delete(listed.key)
            swept.append(listed.key)
    return tuple(swept)


def pending_sweeps(before: Manifest | None, named: Iterable[str], now: datetime, not_before: datetime) -> list[Pending]:
    """The `pending` sweeps of the next manifest: those not yet due, and one for the keys that it stops naming."""
    if before is None:
        return []
    sweeps = [entry for entry in before.pending if entry.kind == "sweep" and entry.not_before > now]
    dropped = before.named_keys() - frozenset(named)
    if dropped:
        sweeps.append(Pending(kind="sweep", not_before=not_before, keys=tuple(sorted(dropped))))
    return sorted(sweeps, key=lambda entry: (entry.not_before, entry.keys))
