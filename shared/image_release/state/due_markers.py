"""Keys of due-markers: what brings a hotel back on a day, `due/<day>/<kind>/<hotel>`."""

from __future__ import annotations

from datetime import date
from urllib.parse import unquote

from image_release.values import key_part


def due_key(day: date, kind: str, hotel_id: str) -> str:
    """Key of the marker that brings a hotel back on a day."""
    return f"due/{day.isoformat()}/{kind}/{key_part(hotel_id)}"


def parse_due_key(key: str) -> tuple[date, str, str] | None:
    """Day, kind and hotel of a marker; None for what is no marker."""
    try:
        _, day, kind, hotel = key.split("/")
        return date.fromisoformat(day), kind, unquote(hotel)
    except ValueError:
        return None
