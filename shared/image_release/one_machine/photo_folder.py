"""A folder of photos as a Data Release and catalogues: for people who just have photos.

`FOLDER/<hotel_id>/<partner_id>/<file>` becomes release `photos` and, per partner, a catalogue of `file:` URLs with one
accommodation a hotel. An image's version is its file's size and time, so a replaced file is fetched again. If the
folder has not changed, nothing is handed in. What cannot be read keeps what it had.

The files that are handed in are whole, and say so: each ends with a line end, and the catalogue of a partner whose
folder vanished says that in a line of its own, because an empty catalogue deletes nothing.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from image_release.ingest.catalogues import FOLDER_IS_GONE, PHOTOS_PREFIX, GoodLine, read_catalogue
from image_release.ingest.releases.reading import COLUMNS
from image_release.one_machine.photo_tree import LAYOUT, Image, PhotoTree
from image_release.problems import Problem, printable
from image_release.storage import Store
from image_release.store_keys import CATALOGUES, catalogue_key, partner_folder, release_key, without_suffix
from image_release.values import key_part

RELEASE_ID = "photos"
VERSION_TIME = "%Y-%m-%dT%H%M%S.%fZ"

Lists = dict[str, list[Image]]
"""Hotel -> images: what one partner's catalogue lists."""


class PhotosFolderError(Exception):
    """The folder does not exist, or no photo in it is where it must be."""


def hand_in_photos(folder: Path, inbox: Store, now: datetime) -> tuple[Problem, ...]:
    """Write the release and the catalogues of a folder into the inbox, where they differ from what was handed in last.

    Returns what lies in the folder in the wrong place or cannot be read. Raises PhotosFolderError.
    """
    if not folder.is_dir():
        raise PhotosFolderError(f"{printable(str(folder))}: no such folder")
    tree = PhotoTree(folder.resolve())
    try:
        tree.walk()
    except OSError as error:
        raise PhotosFolderError(f"{printable(str(folder))}: cannot be read: {error.strerror or error}") from error
    before = {partner: _latest(inbox, partner) for partner in _partners_before(inbox)}
    _keep_unread(tree, before)
    if not tree.images:
        raise PhotosFolderError(f"{printable(str(folder))}: no photos found; {LAYOUT}")
    lists = _lists(tree)
    release = inbox.get(release_key(RELEASE_ID, ".csv"))
    data = _release(tree)
    if release is None or release.data != data:
        inbox.put(release_key(RELEASE_ID, ".csv"), data)
    for partner in sorted({*lists, *before}):
        latest = before.get(partner, NOTHING_BEFORE)
        data = _catalogue(lists[partner]) if partner in lists else _vanished(latest, lists)
        if latest.data is None or (latest.data != data and (latest.data or data != FOLDER_IS_GONE + b"\n")):
            inbox.put(catalogue_key(partner, _next_version(latest.version, now), ".jsonl"), data)
    return tuple(tree.problems)


@dataclass(frozen=True, slots=True)
class _Latest:
    """The catalogue of a partner that was handed in last: its version and its bytes, None if there was none."""

    version: str = ""
    data: bytes | None = None

    def lists(self) -> Lists:
        """What it lists: nothing where the folder had vanished."""
        return {
            item.accommodation_id: [{"url": image.url, "version": image.version} for image in item.images]
            for item in read_catalogue(io.BytesIO(self.data or b""), "")
            if isinstance(item, GoodLine)
        }


NOTHING_BEFORE = _Latest()


def _latest(inbox: Store, partner: str) -> _Latest:
    folder = partner_folder(partner)
    names = (listed.key.removeprefix(folder) for listed in inbox.list(folder + PHOTOS_PREFIX))
    version = max((found for name in names if (found := without_suffix(name, (".jsonl",)))), default="")
    stored = inbox.get(catalogue_key(partner, version, ".jsonl")) if version else None
    return _Latest(version, stored.data) if stored else NOTHING_BEFORE


def _next_version(latest: str, now: datetime) -> str:
    """The version of a catalogue: the time, and a number more than the latest one if the clock was set back."""
    version = PHOTOS_PREFIX + now.strftime(VERSION_TIME)
    if version > latest:
        return version
    time, _, number = latest.partition("Z_")
    return f"{time.removesuffix('Z')}Z_{int(number or 0) + 1:06}"


def _keep_unread(tree: PhotoTree, before: dict[str, _Latest]) -> None:
    """Add what was listed before and could not be read now."""
    if not tree.has_unread:
        return
    for partner, latest in before.items():
        for hotel, images in latest.lists().items():
            found = tree.images.get(hotel, {}).get(partner, [])
            urls = {image["url"] for image in found}
            kept = [i for i in images if i["url"] not in urls and tree.keeps(hotel, partner, i["url"])]
            if kept or tree.keeps(hotel, partner, ""):
                tree.images.setdefault(hotel, {})[partner] = sorted([*found, *kept], key=lambda image: image["url"])


def _lists(tree: PhotoTree) -> dict[str, Lists]:
    """What each partner's catalogue lists: one accommodation a hotel, called as the hotel is."""
    found: dict[str, Lists] = {}
    for hotel in sorted(tree.images):
        for partner, images in tree.images[hotel].items():
            found.setdefault(partner, {})[hotel] = images
    return found


def _release(tree: PhotoTree) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for hotel in sorted(tree.images):
        pairs = ";".join(f"{key_part(partner)}:{key_part(hotel)}" for partner in sorted(tree.images[hotel]))
        writer.writerow([hotel, hotel, "ZZ", "", "", "", pairs])
    return out.getvalue().encode()


def _catalogue(lists: Lists) -> bytes:
    lines = [json.dumps({"accommodation_id": hotel, "images": images}) for hotel, images in lists.items()]
    return "".join(line + "\n" for line in lines).encode()


def _vanished(latest: _Latest, others: dict[str, Lists]) -> bytes:
    """The catalogue of a partner whose folder vanished. Where no photo of anybody is left, a brake holds it."""
    if any(images for lists in others.values() for images in lists.values()):
        return FOLDER_IS_GONE + b"\n"
    return _catalogue({hotel: [] for hotel in latest.lists()})


def _partners_before(inbox: Store) -> set[str]:
    """Partners whose photos were handed in before."""
    keys = (listed.key for listed in inbox.list(CATALOGUES))
    return {unquote(key.split("/")[1]) for key in keys if key.split("/")[2].startswith(PHOTOS_PREFIX)}
