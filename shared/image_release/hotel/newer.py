"""When a writer has to leave a hotel to one with newer settings, or to a newer program (decision 42).

Asked before any other work, and once more after publishing: somebody may have found the hotel unchanged under settings
that were stored meanwhile. On one machine no newer writer is at work, and nothing is asked.
"""

from __future__ import annotations

from collections.abc import Collection

from image_release.hotel.ports import Ports
from image_release.ingest import HotelRequest
from image_release.publish import Before


class NewerEditionError(Exception):
    """Newer settings or a newer program are in force than those of this writer: the hotel is left to them."""


def leave_to_maker(before: Before, ports: Ports) -> None:
    """Raise NewerEditionError if a newer writer made what is published."""
    made = before.manifest.edition if before.manifest else None
    if ports.is_outdated and made and made.is_newer_than(ports.edition):
        raise NewerEditionError(f"what is published was made by {made}, and this is {ports.edition}")


def leave_to_asked(asked: HotelRequest, ports: Ports) -> None:
    """Raise NewerEditionError if the request was made under settings that were stored after ours."""
    if ports.is_outdated and ports.edition.has_older_settings_than(asked.stored_at):
        raise NewerEditionError(f"the request is for settings of {asked.stored_at}, and this is {ports.edition}")


def leave_if_outdated(seqs: Collection[int], ports: Ports) -> None:
    """Raise NewerEditionError if manifests of these numbers were published, and other settings are stored by now."""
    if seqs and ports.is_outdated and ports.is_outdated():
        raise NewerEditionError("other settings were stored meanwhile")
