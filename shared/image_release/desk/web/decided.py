"""What happens after a decision was recorded: the hotel is processed, and the list shows it."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from datetime import UTC, datetime
from threading import Thread

from image_release.desk.applying import Applied
from image_release.desk.desk import Desk


def present_moment() -> str:
    """The time that a decision carries."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def follow_up(desk: Desk, hotel_ids: Iterable[str]) -> list[Future[Applied]]:
    """Have hotels processed with what was decided, and read again for the list; returns at once, with what is begun."""
    hotels = tuple(hotel_ids)
    begun = [desk.applying.begin(hotel_id) for hotel_id in hotels]
    Thread(target=desk.keeper.look, args=hotels, name="look", daemon=True).start()
    return begun
