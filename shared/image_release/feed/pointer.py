"""`feed/latest.json`: which snapshot is the latest, of which release, and how far it followed what changed."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from image_release.feed.following import Position
from image_release.ingest import Current
from image_release.storage import Store
from image_release.store_keys import LATEST_SNAPSHOT, snapshot_time


class Pointer(BaseModel):
    """The key of a snapshot, the release of its cities, and how far it followed."""

    model_config = ConfigDict(frozen=True)

    snapshot: str
    release: str
    hotels: int
    position: str

    @classmethod
    def parsed(cls, data: bytes) -> Pointer | None:
        """What a document says; None if it is none of ours."""
        try:
            latest = cls.model_validate_json(data)
        except ValueError:
            return None
        return latest if snapshot_time(latest.snapshot) else None

    def is_ahead(self, now: datetime) -> bool:
        """Whether it is of a clock that was set back since, or does not say how far it followed the changes."""
        made = snapshot_time(self.snapshot)
        try:
            followed = Position.from_text(self.position)
        except ValueError:
            return True
        return made is None or Position(made).is_ahead(now) or followed.is_ahead(datetime.now(UTC))


def read_pointer(published: Store) -> Pointer | None:
    """What `latest.json` says; None if it cannot be read, or the snapshot that it names is not there."""
    stored = published.get(LATEST_SNAPSHOT)
    latest = Pointer.parsed(stored.data) if stored else None
    return latest if latest and published.head(latest.snapshot) else None


def release_name(current: Current | None) -> str:
    """The release that cities are taken from; empty if there is none."""
    return current.folder if current else ""
