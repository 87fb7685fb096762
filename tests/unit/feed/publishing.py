"""Publishes small manifests as `process_hotel` does it: the record, the note, the swap."""

from datetime import UTC, datetime, timedelta

from image_release.feed import Cause, Collecting, Noting
from image_release.feed.records import present_manifest
from image_release.publish import LostSwapError, change_of, publish, put_change, read_before
from image_release.storage import MemoryStore, Stores
from image_release.values import Nudge
from tests.unit.publish.manifests import manifest, picture

STARTED = datetime(2026, 11, 29, 8, tzinfo=UTC)


class Killed(BaseException):
    """The process ends at once: nothing is tidied up."""


class Mortal:
    """A store whose user is killed instead of its `left`th write; several stores may share the count."""

    def __init__(self, store, left):
        self._store = store
        self._left = left

    def __getattr__(self, name):
        found = getattr(self._store, name)
        if name not in ("put", "put_file", "delete"):
            return found

        def write(*args, **kwargs):
            if not self._left[0]:
                raise Killed
            self._left[0] -= 1
            return found(*args, **kwargs)

        return write


def memory_stores() -> Stores:
    return Stores(MemoryStore(), MemoryStore(), MemoryStore())


def mortal(stores, writes):
    """The same stores for a writer that is killed after so many writes."""
    left = [writes]
    return Stores(*(Mortal(store, left) for store in (stores.inbox, stores.state, stores.published)))


def a_run(number: int = 0) -> Cause:
    return Cause.of("run", STARTED + timedelta(minutes=number))


def publish_hotel(stores, cause, hotel_id, letters, release_id="r1", seq=None, **others):
    """Publish a hotel with a picture for each letter; returns the numbers that were published, as a report has them."""
    before = read_before(stores.published, hotel_id)
    nudge = Nudge(hotel_id, "release", cause.name if cause.kind == "request" else None)
    pictures = tuple(picture(position=at, sha256=letter * 64) for at, letter in enumerate(letters, start=1))
    named = {"hotel_id": hotel_id, "name": f"Hotel {hotel_id}", "release_id": release_id, "pictures": pictures}
    after = manifest(seq=seq or before.next_seq).model_copy(update={**named, **others})
    change = change_of(before.manifest, after, nudge)
    put_change(stores.state, change)
    after = after.model_copy(update={"change": change.digest})
    Noting(stores.state, cause)(before.manifest, after)
    try:
        publish(stores.published, after, before)
    except LostSwapError:
        return ()
    return (after.seq,)


def run(stores, cause, hotels, **others):
    """Publish hotels and collect them, as `run_nudges` does."""
    with Collecting(stores, cause) as collecting:
        for hotel_id, letters in hotels.items():
            collecting.add(hotel_id, publish_hotel(stores, cause, hotel_id, letters, **others))


def shown(stores, hotel_ids):
    """Hotel -> the letters of its pictures: a snapshot that owes nothing to records or lists."""
    found = {}
    for hotel_id in hotel_ids:
        present = present_manifest(stores, hotel_id)
        found[hotel_id] = "".join(item.best.sha256[0] for item in present.pictures) if present else None
    return found
