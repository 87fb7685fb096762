"""A folder of photos as a Data Release and catalogues: for people who just have photos.

`FOLDER/<hotel_id>/<partner_id>/<file>` becomes release `photos` and, per partner, a catalogue of `file:` URLs with one
accommodation a hotel. An image's version is its file's size and time, so a replaced file is fetched again. If the
folder has not changed, nothing is handed in.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from image_release.ingest.ids import BadValueError, checked_id
from image_release.ingest.releases.reading import COLUMNS
from image_release.problems import Problem
from image_release.storage import Store
from image_release.store_keys import CATALOGUES, RELEASES, partner_folder
from image_release.values import key_part

RELEASE_ID = "photos"
VERSION_PREFIX = "photos-"
"""First characters of the version of each catalogue that is made from a folder."""
LAYOUT = "photos must lie in FOLDER/<hotel_id>/<partner_id>/<file>"

Tree = dict[str, dict[str, list[Path]]]


class PhotosFolderError(Exception):
    """The folder does not exist, or no photo in it is where it must be."""


def hand_in_photos(folder: Path, inbox: Store, now: datetime) -> tuple[Problem, ...]:
    """Write the release and the catalogues of a folder into the inbox, where they differ from what was handed in last.

    Returns what lies in the folder in the wrong place. Raises PhotosFolderError.
    """
    if not folder.is_dir():
        raise PhotosFolderError(f"{folder}: no such folder")
    folder = folder.resolve()
    tree, problems = _tree(folder)
    if not tree:
        raise PhotosFolderError(f"{folder}: no photos found; {LAYOUT}")
    _hand_in(inbox, f"{RELEASES}{RELEASE_ID}.csv", _release(tree))
    version = now.strftime("%Y-%m-%dT%H%M%S.%fZ")
    partners = {partner for hotel in tree.values() for partner in hotel} | _partners_before(inbox)
    for partner in sorted(partners):
        data = _catalogue(partner, tree)
        latest = max((listed.key for listed in inbox.list(partner_folder(partner) + VERSION_PREFIX)), default=None)
        stored = inbox.get(latest) if latest else None
        if stored is None or stored.data != data:
            inbox.put(f"{partner_folder(partner)}{VERSION_PREFIX}{version}.jsonl", data)
    return problems


def _tree(folder: Path) -> tuple[Tree, tuple[Problem, ...]]:
    """Files by hotel and partner, sorted; and what cannot be used."""
    tree: Tree = {}
    problems: list[Problem] = []
    for hotel in _entries(folder, problems):
        for partner in _entries(hotel, problems):
            files = [entry for entry in _visible(partner) if _usable(entry, folder, problems)]
            try:
                checked_id(hotel.name, "hotel_id")
                checked_id(partner.name, "partner_id")
            except BadValueError as error:
                problems.append(Problem(str(partner), 0, error.value, str(error)))
                continue
            tree.setdefault(hotel.name, {})[partner.name] = files
    return tree, tuple(problems)


def _entries(folder: Path, problems: list[Problem]) -> Iterator[Path]:
    """Folders in a folder. A file among them is reported: it is in the wrong place."""
    for entry in _visible(folder):
        if entry.is_dir() and not entry.is_symlink():
            yield entry
        else:
            problems.append(Problem(str(entry), 0, entry.name, LAYOUT))


def _visible(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _usable(entry: Path, folder: Path, problems: list[Problem]) -> bool:
    """A regular file, or a link to one inside the folder."""
    if entry.is_file() and entry.resolve().is_relative_to(folder):
        return True
    problems.append(Problem(str(entry), 0, entry.name, f"is not a file inside the folder; {LAYOUT}"))
    return False


def _release(tree: Tree) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for hotel, partners in tree.items():
        pairs = ";".join(f"{key_part(partner)}:{key_part(hotel)}" for partner in partners)
        writer.writerow([hotel, hotel, "ZZ", "", "", "", pairs])
    return out.getvalue().encode()


def _catalogue(partner: str, tree: Tree) -> bytes:
    """One accommodation a hotel, called as the hotel is."""
    lines = [
        json.dumps(
            {
                "accommodation_id": hotel,
                "images": [{"url": file.as_uri(), "version": _version(file)} for file in partners[partner]],
            }
        )
        for hotel, partners in tree.items()
        if partner in partners
    ]
    return "".join(line + "\n" for line in lines).encode()


def _version(file: Path) -> str:
    status = os.stat(file)  # noqa: PTH116 - one call for both
    return f"{status.st_size}-{status.st_mtime_ns}"


def _partners_before(inbox: Store) -> set[str]:
    """Partners whose photos were handed in before: one whose folder disappeared hands in an empty catalogue."""
    keys = (listed.key for listed in inbox.list(CATALOGUES))
    return {unquote(key.split("/")[1]) for key in keys if key.split("/")[2].startswith(VERSION_PREFIX)}


def _hand_in(inbox: Store, key: str, data: bytes) -> None:
    stored = inbox.get(key)
    if stored is None or stored.data != data:
        inbox.put(key, data)
