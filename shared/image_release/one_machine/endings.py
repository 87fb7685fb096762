"""What a run could not do, and what it warns of: counted, and listed in the run's `problems.csv`.

A line for each image that could not be fetched or decoded (also where its last good copy is shown), each hotel that
failed or has no pictures, each partner that is wholly down, each accommodation without a catalogue or a hotel, and each
bad line or object. The file is written while the run goes on, because a partner may have a million images.
"""

from __future__ import annotations

import csv
import gzip
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from image_release.ingest import open_index, read_current
from image_release.one_machine.intake import told
from image_release.outcomes import Outcome
from image_release.problems import Problem, cell
from image_release.publish import Manifest
from image_release.state import read_json
from image_release.storage import Listed, Store
from image_release.store_keys import (
    CATALOGUES,
    PROBLEMS,
    catalogue_digests_key,
    catalogue_state_key,
    run_problems_key,
)

FAILED_IMAGES = (Outcome.UNAVAILABLE, Outcome.DEFERRED, Outcome.CRASHED)
"""Outcomes that mean that something was asked for and not done. The others are facts about what a partner sent."""
COLUMNS = ("url", "partner", "hotel", "outcome", "reason")
MOST_COMPARED_BYTES = 20_000_000
"""Maximum size of a list that is compared with the latest one; a larger one is written by each run."""


@dataclass(frozen=True, slots=True)
class FailedImage:
    """An image that could not be fetched or decoded. `is_shown`: its last good copy is shown."""

    url: str
    partner_id: str
    outcome: str
    reason: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class HotelEnding:
    """What a manifest says that a run has to tell.

    `partners` has the number of each partner's images, and of those that could not be fetched.
    """

    failed: tuple[FailedImage, ...] = ()
    partners: tuple[tuple[str, int, int], ...] = ()
    has_no_pictures: bool = False


NOTHING_TO_TELL = HotelEnding()


def ending_of(manifest: Manifest | None) -> HotelEnding:
    """What has to be told of a hotel."""
    if manifest is None:
        return NOTHING_TO_TELL
    failed = []
    counts: dict[str, list[int]] = {}
    for picture in manifest.pictures:
        for image in (picture.best, *picture.merged):
            outcome = (image.reason or "").partition(":")[0]
            if outcome in FAILED_IMAGES:
                failed.append(FailedImage(image.url, image.partner_id, outcome, image.reason or "", is_shown=True))
            _count(counts, image.partner_id, is_down=outcome == Outcome.UNAVAILABLE)
    for rejected in manifest.rejected:
        if rejected.outcome in FAILED_IMAGES:
            outcome = str(rejected.outcome)
            failed.append(FailedImage(rejected.url, rejected.partner_id, outcome, rejected.reason, is_shown=False))
        _count(counts, rejected.partner_id, is_down=rejected.outcome == Outcome.UNAVAILABLE)
    partners = tuple((partner, images, down) for partner, (images, down) in sorted(counts.items()))
    return HotelEnding(tuple(failed), partners, not manifest.pictures and not manifest.withdrawn)


def _count(counts: dict[str, list[int]], partner_id: str, *, is_down: bool) -> None:
    count = counts.setdefault(partner_id, [0, 0])
    count[0] += 1
    count[1] += is_down


class RunProblems:
    """The lines of a run's `problems.csv`, in a file of this machine until they are stored. Close it at the end."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / "problems.csv"
        self._file = self._path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(COLUMNS)
        self.rows = 0

    def add(self, url: str, partner_id: str, hotel_id: str, outcome: str, reason: str) -> None:
        """Add a line."""
        self._writer.writerow([cell(text) for text in (url, partner_id, hotel_id, outcome, reason)])
        self.rows += 1

    def add_hotel(self, hotel_id: str, ending: HotelEnding, error: str) -> None:
        """Add what has to be told of a hotel; `error` is why it failed, or empty."""
        for image in ending.failed:
            kept = "the last good copy is shown; " if image.is_shown else ""
            self.add(image.url, image.partner_id, hotel_id, image.outcome, kept + image.reason)
        if error:
            self.add("", "", hotel_id, "failed", error)
        elif ending.has_no_pictures:
            self.add("", "", hotel_id, "no_pictures", "the hotel is published without pictures")

    def add_problems(self, problems: Sequence[Problem]) -> None:
        """Add bad lines and objects that cannot be read."""
        for problem in problems:
            self.add("", "", "", "bad_input", str(problem))

    def store(self, state: Store, started: datetime) -> str | None:
        """Store the lines beside the run's history; returns their key, None if there are none.

        If the latest list has the same lines, in whatever order, it is that one's key, and nothing is written.
        """
        self._file.flush()
        if not self.rows:
            return None
        latest = max((listed.key for listed in state.list(PROBLEMS)), default=None)
        if latest and self._is_like(state.head(latest), latest, state):
            return latest
        state.put_file(run_problems_key(started), self._path)
        return run_problems_key(started)

    def _is_like(self, listed: Listed | None, key: str, state: Store) -> bool:
        size = self._path.stat().st_size
        if listed is None or listed.size != size or size > MOST_COMPARED_BYTES:
            return False
        stored = state.get(key)
        return stored is not None and sorted(stored.data.splitlines()) == sorted(self._path.read_bytes().splitlines())

    def close(self) -> None:
        """Delete the file of this machine."""
        self._file.close()
        self._folder.cleanup()


@dataclass(slots=True)
class Unmatched:
    """Accommodations of the release that are in no catalogue, and those of catalogues that no hotel of it claims."""

    missing: int = 0
    unclaimed: int = 0


def find_unmatched(state: Store, lines: RunProblems, problems: list[Problem]) -> Unmatched:
    """Compare the release in force with the catalogues in force, and add a line for each accommodation without other.

    It reads the index of the release, and two objects a partner. A partner whose catalogue cannot be read is a problem.
    """
    found = Unmatched()
    current = read_current(state)
    if current is None:
        return found
    unclaimed: dict[str, set[str]] = {}
    unread = set()
    for partner_id in _partners(state):
        unread.add(partner_id)
        with told(problems, catalogue_state_key(partner_id)):
            unclaimed[partner_id] = set(_listed(state, partner_id))
            unread.remove(partner_id)
    with tempfile.TemporaryDirectory() as folder, open_index(state, current, Path(folder) / "index") as index:
        for hotel_id, item in ((row.hotel_id, item) for row in index.rows() for item in row.accommodations):
            partner_id, name = item.partner_id, item.accommodation_id
            if name in unclaimed.get(partner_id, ()):
                unclaimed[partner_id].remove(name)
            elif partner_id not in unread:
                found.missing += 1
                reason = f"the release names accommodation {name}, and no catalogue in force lists it"
                lines.add("", partner_id, hotel_id, "no_catalogue", reason)
    for partner_id, names in sorted(unclaimed.items()):
        for name in sorted(names):
            found.unclaimed += 1
            lines.add("", partner_id, "", "no_hotel", f"no hotel of the release claims accommodation {name}")
    return found


def _partners(state: Store) -> Iterator[str]:
    for listed in state.list(CATALOGUES):
        partner_id = unquote(listed.key.removeprefix(CATALOGUES).partition("/")[0])
        if listed.key == catalogue_state_key(partner_id):
            yield partner_id


def _listed(state: Store, partner_id: str) -> Iterator[str]:
    """The accommodations of a partner's catalogue in force."""
    version = read_json(state, catalogue_state_key(partner_id))["version"]
    stored = state.get(catalogue_digests_key(partner_id, version))
    for line in gzip.decompress(stored.data).splitlines() if stored else ():
        yield json.loads(line)[0]
