"""Keeps the index up to date: the first build, what the feed says has changed, and what the desk just did.

Only the first build lists what is published. After that the feed names the hotels that changed. What is held, where the
release says that hotels are, and people's decisions for which no hotel was processed yet are looked up now and then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from image_release.desk.index.hotel_index import HotelIndex
from image_release.settings import Settings
from image_release.storage import Stores

Progress = Callable[[str, int, int | None], None]
"""Called with what is done (`listing`, `reading`), how many hotels are done, and of how many (None: not known yet)."""


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """What was done: how many hotels were read again, and why the index was built anew, if it was."""

    hotels: int
    built_because: str | None


def no_progress(what: str, done: int, total: int | None) -> None:
    """Tell nobody."""
    del what, done, total


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def catch_up(
    index: HotelIndex,
    stores: Stores,
    settings: Settings,
    progress: Progress = no_progress,
    now: Callable[[], datetime] = utc_now,
) -> CaughtUp:
    """Bring the index up to date, and build it first where that is needed. It may be killed: the next call goes on.

    Where another process is doing the same, this waits for it. Raises StorageError.
    """
    raise NotImplementedError


def touch(index: HotelIndex, stores: Stores, settings: Settings, hotel_ids: Iterable[str]) -> None:
    """Read some hotels and the decisions about them again, now: somebody just changed them.

    While the index is being built they are read with the others.
    """
    raise NotImplementedError
