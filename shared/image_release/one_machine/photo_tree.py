"""A folder of photos, `FOLDER/<hotel_id>/<partner_id>/<file>`, as it lies on the disk, with what cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from image_release.ingest import BadValueError, checked_id
from image_release.problems import Problem

LAYOUT = "photos must lie in FOLDER/<hotel_id>/<partner_id>/<file>"

Image = dict[str, Any]
"""An image as a catalogue has it: `url` and `version`."""


@dataclass
class PhotoTree:
    """Photos by hotel and partner, sorted; and what could not be read, which keeps what it had."""

    root: Path
    images: dict[str, dict[str, list[Image]]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unread_hotels: set[str] = field(default_factory=set)
    unread_partners: set[tuple[str, str]] = field(default_factory=set)
    """Hotel and partner."""
    unread_urls: set[str] = field(default_factory=set)

    def walk(self) -> None:
        """Read the folder. Raises OSError if the folder itself cannot be listed."""
        for hotel in self._entries(self.root, lambda entry: self.unread_hotels.add(entry.name)):
            if not self._is_id(hotel, "hotel_id"):
                continue
            try:
                self._walk_hotel(hotel)
            except OSError as error:
                self._tell(hotel, _reason(error))
                self.unread_hotels.add(hotel.name)

    def keeps(self, hotel: str, partner: str, url: str) -> bool:
        """Whether an image that was there before stays, because its place could not be read."""
        return hotel in self.unread_hotels or (hotel, partner) in self.unread_partners or url in self.unread_urls

    @property
    def has_unread(self) -> bool:
        """Whether anything could not be read."""
        return bool(self.unread_hotels or self.unread_partners or self.unread_urls)

    def _walk_hotel(self, hotel: Path) -> None:
        for partner in self._entries(hotel, lambda entry: self.unread_partners.add((hotel.name, entry.name))):
            if not self._is_id(partner, "partner_id"):
                continue
            found: list[Image] = []
            try:
                found += (image for entry in _visible(partner) if (image := self._image(entry)))
            except OSError as error:
                self._tell(partner, _reason(error))
                self.unread_partners.add((hotel.name, partner.name))
            else:
                self.images.setdefault(hotel.name, {})[partner.name] = found

    def _entries(self, folder: Path, leave_out: Callable[[Path], None]) -> Iterator[Path]:
        """Folders in a folder. Anything else among them is told: it is in the wrong place."""
        for entry in _visible(folder):
            try:
                is_folder = entry.is_dir() and not entry.is_symlink()
            except OSError as error:
                self._tell(entry, _reason(error))
                leave_out(entry)
                continue
            if is_folder:
                yield entry
            else:
                self._tell(entry, LAYOUT)
                leave_out(entry)

    def _image(self, entry: Path) -> Image | None:
        """A regular file, or a link to one inside the folder."""
        try:
            if entry.is_file() and entry.resolve().is_relative_to(self.root):
                status = entry.stat()
                return {"url": entry.as_uri(), "version": f"{status.st_size}-{status.st_mtime_ns}"}
            self._tell(entry, f"is not a file inside the folder; {LAYOUT}")
        except FileNotFoundError:
            return None  # deleted a moment ago
        except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError
            self._tell(entry, _reason(error))
        self.unread_urls.add(entry.as_uri())
        return None

    def _is_id(self, folder: Path, what: str) -> bool:
        try:
            checked_id(folder.name, what)
        except BadValueError as error:
            self.problems.append(Problem(str(folder), 0, error.value, str(error)))
            return False
        return True

    def _tell(self, entry: Path, rule: str) -> None:
        self.problems.append(Problem(str(entry), 0, entry.name, rule))


def _visible(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _reason(error: Exception) -> str:
    return f"cannot be read: {getattr(error, 'strerror', None) or error}; it keeps what it had"
