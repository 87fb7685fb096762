"""What is known of a hotel at the moment when a person decides: its manifest and its decisions, as one value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from image_release.desk.deciding.errors import DecisionRefusedError, HotelUnreadableError, NotPublishedError
from image_release.desk.deciding.sentences import decided_by, short
from image_release.ingest import BadValueError, Decision, checked_id, decisions_in, find_row, read_current, with_lines
from image_release.problems import Problem, printable
from image_release.publish import (
    Manifest,
    ManifestUnreadableError,
    PublishedImage,
    PublishedPicture,
    RejectedImage,
    read_before,
)
from image_release.storage import Stores
from image_release.store_keys import overrides_key
from image_release.values import Override, sha256_hex

LEAST_PREFIX = 6
"""Minimum number of hexadecimal digits that name an image or a decision."""
MOST_NAMED = 3
"""Maximum number of images that a sentence lists."""
DEPARTED = "the hotel is not in the release in force, so it has no images; decide when it is back"
DIGEST_CHARS = 16
"""Characters of the decisions' digest in a page's version."""


@dataclass(frozen=True)
class HotelNow:
    """A hotel as its page shows it. `file` are the bytes of its decisions, None if there are none.

    `is_departed`: the release in force does not hold it, so it has no images.
    """

    hotel_id: str
    manifest: Manifest
    file: bytes | None
    is_departed: bool = False

    @cached_property
    def _read(self) -> tuple[tuple[Decision, ...], tuple[Problem, ...]]:
        return decisions_in(self.file, overrides_key(self.hotel_id))

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """All decisions, in the order of the file, also the revoked ones."""
        return self._read[0]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The lines of the decisions that cannot be used."""
        return self._read[1]

    @property
    def overrides(self) -> tuple[Override, ...]:
        """The decisions in force, in the order of the file."""
        return tuple(item.override for item in self.decisions if item.override and not item.is_revoked)

    @property
    def version(self) -> str:
        """A text that changes when the hotel is published again or a decision is added: what a page sends back."""
        data = self.file or b""
        return f"{self.manifest.seq}-{len(data)}-{sha256_hex(data)[:DIGEST_CHARS]}"

    @cached_property
    def shown(self) -> dict[str, PublishedPicture]:
        """SHA-256 of every image that is shown or a copy of one, with its picture."""
        return {image.sha256: picture for picture in self.manifest.pictures for image in images_of(picture)}

    @cached_property
    def rejected(self) -> dict[str, RejectedImage]:
        """SHA-256 of every image that is not shown, with why."""
        return {image.sha256: image for image in self.manifest.rejected if image.sha256}

    @cached_property
    def by_url(self) -> dict[str, set[str]]:
        """URL of each image, with the SHA-256 of what it gave; of several where it gave different images."""
        found: dict[str, set[str]] = {}
        for picture in self.manifest.pictures:
            for image in images_of(picture):
                found.setdefault(image.url, set()).add(image.sha256)
        for rejected in self.rejected.values():
            found.setdefault(rejected.url, set()).add(rejected.sha256 or "")
        return found

    def with_lines(self, lines: Sequence[bytes]) -> HotelNow:
        """The hotel with further decisions at the end. Only they are read: a file may hold thousands of lines."""
        later = replace(self, file=with_lines(self.file, lines))
        added, _ = decisions_in(b"\n".join(lines), "")
        known: dict[str, object] = {"shown": self.shown, "rejected": self.rejected, "by_url": self.by_url}
        if all(item.override for item in added):  # nothing of what was there is undone
            known["_read"] = (*self.decisions, *added), self.problems
        later.__dict__.update(known)  # what a cached property keeps
        return later

    def members(self, sha256: str) -> frozenset[str]:
        """SHA-256 of all copies of an image's picture; the image alone where it is not shown."""
        picture = self.shown.get(sha256)
        return frozenset(image.sha256 for image in images_of(picture)) if picture else frozenset((sha256,))

    def since(self, seen: str) -> str | None:
        """What happened since a page of the version `seen` was made; None if it is the present one."""
        if seen == self.version:
            return None
        match = re.fullmatch(r"([0-9]{1,18})-([0-9]{1,18})-([0-9a-f]{16})", seen)
        if match is None:
            return "the page is not one of this hotel"
        happened = []
        data, length = self.file or b"", int(match[2])
        if sha256_hex(data[:length])[:DIGEST_CHARS] != match[3] or length > len(data):
            happened.append("its decisions were edited")
        elif len(data) > length:
            count = len(decisions_in(data[:length], "")[0])
            added = [decided_by(item, self.decisions) for item in self.decisions[count:]]
            more = [f"{len(added) - MOST_NAMED} more decisions were made"] if len(added) > MOST_NAMED else []
            happened += [*added[:MOST_NAMED], *more] or ["its decisions were edited"]
        if int(match[1]) != self.manifest.seq:
            happened.append(f"it was published again (manifest {self.manifest.seq}; the page shows {int(match[1])})")
        return "; ".join(happened)


def read_hotel(stores: Stores, hotel_id: str) -> HotelNow:
    """Read a hotel as a person sees it. Raises DecisionRefusedError, HotelUnreadableError and storage faults."""
    try:
        manifest = read_before(stores.published, checked_id(hotel_id, "a hotel's id")).manifest
    except BadValueError as error:
        raise DecisionRefusedError(f"{printable(hotel_id)}: is no hotel: {error}") from error
    except ManifestUnreadableError as error:
        raise HotelUnreadableError(str(error)) from error
    if manifest is None:
        raise NotPublishedError(
            f"{printable(hotel_id)}: no hotel of that id is published; decisions are about published hotels"
        )
    stored = stores.inbox.get(overrides_key(hotel_id))
    return HotelNow(hotel_id, manifest, stored.data if stored else None, _is_departed(stores, manifest))


def images_of(picture: PublishedPicture) -> Iterator[PublishedImage]:
    """The images of a picture: the best one, then its copies."""
    yield picture.best
    yield from picture.merged


def image_named(now: HotelNow, word: str) -> str:
    """The SHA-256 of the image that a person names: by SHA-256, by its first digits, or by its URL."""
    if len(by_url := now.by_url.get(word, set())) == 1:
        [sha256] = by_url
        return sha256
    begin = word.lower()
    found = sorted({sha256 for known in (now.shown, now.rejected) for sha256 in known if sha256.startswith(begin)})
    if len(word) >= LEAST_PREFIX and len(found) == 1:
        return found[0]
    raise DecisionRefusedError(f"{printable(word)}: {_why_not_named(now, word, found)}")


def _why_not_named(now: HotelNow, word: str, found: list[str]) -> str:
    rule = f"an image is named by its URL, or by the first {LEAST_PREFIX} or more digits of its sha256 in the manifest"
    if len(word) < LEAST_PREFIX:
        return f"is too short: {rule} (fits {len(found)})"
    if found:
        listed = ", ".join(found[:MOST_NAMED]) + (" …" if len(found) > MOST_NAMED else "")
        return f"fits {len(found)} images of the hotel: {listed}; give more digits"
    return f"{why_unknown(now, word.lower())}; {rule} (fits 0)"


def why_unknown(now: HotelNow, sha256: str) -> str:
    """Why an image cannot be decided about: it left the hotel, or was never there."""
    if now.is_departed:
        return DEPARTED
    named = [item for item in now.decisions if item.override and _names(item.override, sha256)]
    if named:
        undo = f"; to undo that, revoke {short(named[-1].digest)}"
        return f"that image left the hotel, and {decided_by(named[-1], now.decisions)}{undo}"
    return "the hotel has no such image: it left, or never was there"


def _names(override: Override, start: str) -> bool:
    return any(sha256.startswith(start) for sha256 in override.images)


def _is_departed(stores: Stores, manifest: Manifest) -> bool:
    if not manifest.withdrawn or manifest.rejected:
        return False  # a hotel that a person withdrew still lists its images
    current = read_current(stores.state)
    return current is None or find_row(stores.state, current, manifest.hotel_id) is None
