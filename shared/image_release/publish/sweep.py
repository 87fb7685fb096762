"""The sweep: deleting renditions that nothing names, after the grace period, without locks.

If the current manifest does not name a key, and the key's `seq` is at most that manifest's, then no manifest will ever
name it (architecture, Formats). Deleting it is safe, whoever else is writing. How long it has been unnamed is known in
one of two ways: the manifest that stopped naming it says so in `pending`; for what a failed writer left, its age
counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from image_release.publish.manifest import Manifest, Pending
from image_release.storage import Listed, Store
from image_release.store_keys import rendition_seq, renditions_folder


def sweep_renditions(published: Store, manifest: Manifest, now: datetime, grace: timedelta) -> tuple[str, ...]:
    """Delete what may be deleted and return its keys. `manifest` is the current one, `now` is aware UTC."""
    swept = []
    for key in sweepable(manifest, published.list(renditions_folder(manifest.hotel_id)), now, grace):
        published.delete(key)
        swept.append(key)
    return tuple(swept)


def sweepable(manifest: Manifest, objects: Iterable[Listed], now: datetime, grace: timedelta) -> Iterator[str]:
    """Keys of the objects that may be deleted: renditions that nothing has named for the grace period."""
    named = manifest.named_keys()
    sweeps = [entry for entry in manifest.pending if entry.kind == "sweep"]
    not_due = {key for entry in sweeps if entry.not_before > now for key in entry.keys}
    due = {key for entry in sweeps if entry.not_before <= now for key in entry.keys}
    for listed in objects:
        seq = rendition_seq(listed.key)
        if seq is None or seq > manifest.seq or listed.key in named or listed.key in not_due:
            continue
        if listed.key in due or listed.modified + grace <= now:
            yield listed.key


def pending_sweeps(
    before: Manifest | None,
    named: AbstractSet[str],
    now: datetime,
    not_before: datetime,
    originals_at: datetime | None = None,
) -> list[Pending]:
    """The `pending` sweeps of the next manifest, one for each moment; every key is in one of them.

    They are those of `before` that are not yet due, and one at `not_before` for the keys that the next manifest stops
    naming. `originals_at` is when the next original may be deleted. A key that is named again is in none.
    """
    due: dict[str, datetime] = {}
    if before is not None:
        for entry in before.pending:
            if entry.kind == "sweep" and entry.not_before > now:
                due |= {key: max(entry.not_before, due.get(key, now)) for key in entry.keys}
        due |= dict.fromkeys(before.named_keys(), not_before)
    keys: dict[datetime, list[str]] = {} if originals_at is None else {originals_at: []}
    for key in sorted(due.keys() - named):
        keys.setdefault(due[key], []).append(key)
    return [Pending(kind="sweep", not_before=moment, keys=tuple(keys[moment])) for moment in sorted(keys)]
