"""The desk: what its pages work with, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field

from image_release.desk.applying import HotelsUnderWay
from image_release.desk.comparing import Comparer
from image_release.desk.images import HotelImages
from image_release.desk.index import HotelIndex
from image_release.desk.keeping import IndexKeeper
from image_release.desk.recent import RecentManifests
from image_release.everywhere import PrintIndex
from image_release.settings import Settings
from image_release.storage import Stores


@dataclass(frozen=True, slots=True)
class Desk:
    """A workspace as the desk sees it. `workspace` is its address, as people wrote it."""

    stores: Stores
    settings: Settings
    workspace: str
    index: HotelIndex
    """All hotels, found by words and filters."""
    keeper: IndexKeeper
    """Keeps the index up to date: `look(hotel_id)` after each decision."""
    applying: HotelsUnderWay
    """Applies decisions: `begin(hotel_id)` after each one."""
    images: HotelImages
    """Small pictures of copies and rejected images."""
    compare: Comparer
    """Shows why two images are one picture or two."""
    prints: PrintIndex
    """Fingerprints of all hotels' images; the first search makes it."""
    recent: RecentManifests = field(default_factory=RecentManifests)
    """What pages showed before."""
