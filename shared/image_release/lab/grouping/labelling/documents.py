"""The JSON documents for the page: the list of hotels, a whole hotel, and the changes of an edit."""

from __future__ import annotations

from typing import Any

from image_release.lab.grouping.labelling.edits import State
from image_release.lab.grouping.labelling.session import OpenHotel, Session
from image_release.lab.grouping.labels import is_placeholder


def session_document(session: Session) -> dict[str, Any]:
    """All hotels, with the number of images and of images with a label."""
    counts = zip(session.hotels, session.labelled(), strict=True)
    return {
        "hotels": [
            {"hotel_id": hotel.hotel_id, "images": len(hotel.images), "labelled": labelled}
            for hotel, labelled in counts
        ]
    }


def hotel_document(hotel: OpenHotel) -> dict[str, Any]:
    """A whole hotel: the facts of each image, and the groups in their order."""
    state = hotel.history.present
    images = [
        {"name": name, "size": size, "attacks": hotel.rows[name].attacks if name in hotel.rows else ""}
        for name, size in zip(hotel.found.images, hotel.sizes, strict=True)
    ]
    return {
        **_status(hotel),
        "note": hotel.note,
        "images": images,
        "order": state.order,
        "groups": [_group(state, label, members) for label, members in state.groups().items()],
    }


def change_document(hotel: OpenHotel, before: State) -> dict[str, Any]:
    """The changes since `before`: only the groups that differ, and the order of all groups."""
    state = hotel.history.present
    old = {label: _group(before, label, members) for label, members in before.groups().items()}
    new = (_group(state, label, members) for label, members in state.groups().items())
    return {
        **_status(hotel),
        "order": state.order,
        "groups": [group for group in new if group != old.get(group["label"])],
    }


def _status(hotel: OpenHotel) -> dict[str, Any]:
    history = hotel.history
    return {
        "version": hotel.version,
        "saved": hotel.saved,
        "undo": len(history.past),
        "redo": len(history.future),
    }


def _group(state: State, label: str, members: list[int]) -> dict[str, Any]:
    return {
        "label": label,
        "placeholder": is_placeholder(label),
        "images": members,
        "best": [image for image in members if state.best[image]],
    }
