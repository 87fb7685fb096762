"""Families: images of different hotels that are copies of one another, though their bytes differ.

They lie beside the index of fingerprints, in its file. A trigger notes every row that is written there, by whichever
program; what is noted is compared with everything else, once. Candidates come from the hashes (`alike.py`), and each is
verified by its pixels (`dedup/copies.py`). What was verified is kept at once, so a process that is killed goes on.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from image_release.cache import read_fingerprints
from image_release.dedup import is_copy, may_be_copy
from image_release.everywhere import PrintIndex, Progress, tell_nobody
from image_release.fingerprint import Fingerprint
from image_release.sharing.alike import alike
from image_release.sharing.prints import Prints, read_prints
from image_release.storage import Store, Stores
from image_release.values import Accommodation

RULE = "1"
"""Version of what is a copy here. Families of another version are made again."""
ROWS_AT_ONCE = 10_000
"""New rows, of an accommodation each, that are compared together with all others."""
MOST_CANDIDATES = 16
"""Maximum number of images, the nearest by their hashes, that one is compared with by its pixels."""
KEPT_AFTER = 200
"""Images that are verified between two writes of the file."""
OPEN_ACCOMMODATIONS = 64
"""Maximum number of accommodations whose fingerprints are kept in memory."""
OPEN_IMAGES = 20_000
"""Maximum number of their images, unless one accommodation has more: 22 KB each."""
_TABLES = """
CREATE TABLE families (sha BLOB PRIMARY KEY, family BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE to_compare (id INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL);
CREATE INDEX to_compare_by_number ON to_compare (number);
CREATE TRIGGER note_new_prints AFTER INSERT ON prints BEGIN INSERT INTO to_compare (number) VALUES (new.number); END;
INSERT INTO to_compare (number) SELECT number FROM prints;
"""
_DUE = "SELECT id, number FROM to_compare ORDER BY id LIMIT ?"


@dataclass(frozen=True, slots=True)
class NearImage:
    """An image that may be a copy: its SHA-256, an accommodation that has it, and how many bits apart it is."""

    sha: bytes
    accommodation: Accommodation
    apart: float


@dataclass(slots=True)
class NewImage:
    """An image that is compared with all others: where it is, and its candidates."""

    sha: bytes
    accommodation: Accommodation
    candidates: dict[bytes, NearImage] = field(default_factory=dict)

    def nearest(self) -> list[NearImage]:
        """The candidates that it is compared with by its pixels, the nearest first."""
        ordered = sorted(self.candidates.values(), key=lambda candidate: (candidate.apart, candidate.sha))
        return ordered[:MOST_CANDIDATES]


class OpenFingerprints:
    """Fingerprints of images by their accommodations, of which those that were asked for last stay in memory."""

    def __init__(self, state: Store) -> None:
        self._state = state
        self._open: OrderedDict[Accommodation, dict[str, Fingerprint]] = OrderedDict()

    def of(self, sha: bytes, accommodation: Accommodation) -> Fingerprint | None:
        """The fingerprint of an image; None if the accommodation has none of it now."""
        found = self._open.pop(accommodation, None)
        if found is None:
            found = read_fingerprints(self._state, accommodation)
        self._open[accommodation] = found
        while len(self._open) > 1 and self._is_too_much():
            self._open.popitem(last=False)
        return found.get(sha.hex())

    def _is_too_much(self) -> bool:
        return len(self._open) > OPEN_ACCOMMODATIONS or sum(map(len, self._open.values())) > OPEN_IMAGES


class Families:
    """The families in the file of an index of fingerprints. Any process may use them."""

    def __init__(self, index: PrintIndex) -> None:
        self.index = index

    def are_made(self) -> bool:
        """Whether somebody asked for them before: only then does a run bring them up to date."""
        if not self.index.exists():
            return False
        with self.index.connected() as db:
            return _stored_rule(db) == RULE

    def catch_up(self, stores: Stores, progress: Progress = tell_nobody, reading: Progress = tell_nobody) -> None:
        """Bring the index of fingerprints and the families up to date. It may be killed at any time.

        `reading` is told how many hotels are read, then `progress` how many new rows are compared. Where another
        process is doing the same, this waits for it. Raises StorageError, StateUnreadableError.
        """
        self.index.catch_up(stores, reading)
        with self.index.locked("compared"), self.index.connected() as db:
            _prepare(db)
            total, done = int(db.execute("SELECT count(*) FROM to_compare").fetchone()[0]), 0
            while due := db.execute(_DUE, (ROWS_AT_ONCE,)).fetchall():
                verified = partial(_tell_share, progress, done, len(due), total)
                _compare(db, stores.state, sorted({number for _, number in due}), verified)
                with db:
                    db.executemany("DELETE FROM to_compare WHERE id = ?", [(noted,) for noted, _ in due])
                done += len(due)
                progress(done, total)

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """A connection to the file, whose families are there, though perhaps not up to date."""
        with self.index.connected() as db:
            _prepare(db)
            yield db


def _tell_share(progress: Progress, done: int, rows: int, total: int, images: int, of_images: int) -> None:
    """Tell how many rows are compared while images of some `rows` are verified."""
    progress(done + rows * images // of_images, total)


def _stored_rule(db: sqlite3.Connection) -> str | None:
    found = db.execute("SELECT value FROM meta WHERE key = 'families'").fetchone()
    return str(found[0]) if found else None


def _prepare(db: sqlite3.Connection) -> None:
    """Make the tables; those of another version are made again."""
    if _stored_rule(db) == RULE:
        return
    with db:
        db.execute("BEGIN IMMEDIATE")
        if _stored_rule(db) == RULE:
            return
        db.execute("DROP TRIGGER IF EXISTS note_new_prints")
        db.execute("DROP TABLE IF EXISTS families")
        db.execute("DROP TABLE IF EXISTS to_compare")
        for statement in _statements(_TABLES):
            db.execute(statement)
        db.execute("INSERT OR REPLACE INTO meta VALUES ('families', ?)", (RULE,))


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, each of which stands on a line of its own."""
    yield from (line for line in script.splitlines() if line)


def _compare(db: sqlite3.Connection, state: Store, numbers: Sequence[int], verified: Progress) -> None:
    """Compare the images of new rows with each other and with those that were compared before; keep what is a copy."""
    new = next(iter(read_prints(db, numbers=numbers)), None)
    if new is None:
        return
    new = new.without_repetitions()
    found = [NewImage(sha, new.accommodation(image)) for image, sha in enumerate(new.names())]
    is_known = np.zeros(len(found), bool)
    for old in read_prints(db):
        is_known |= new.known_in(old)
        _add_candidates(found, new, old.without_repetitions())
    _add_candidates(found, new, new)
    unknown = [image for image, known in zip(found, is_known.tolist(), strict=True) if not known]
    _verify(db, state, unknown, verified)


def _add_candidates(found: list[NewImage], new: Prints, old: Prints) -> None:
    """Add the images of `old` that may be copies of new ones and are in other hotels.

    Among new images (`old` is `new`) the earlier one of two is the candidate.
    """
    left, right, apart = alike(new.hashes, old.hashes)
    for image, other, bits in zip(left.tolist(), right.tolist(), apart.tolist(), strict=True):
        if (old is new and other >= image) or new.is_in_one_hotel_with(image, old, other):
            continue
        sha = old.name(other)
        if sha != found[image].sha:
            found[image].candidates.setdefault(sha, NearImage(sha, old.accommodation(other), bits))


def _verify(db: sqlite3.Connection, state: Store, images: Sequence[NewImage], verified: Progress) -> None:
    """Put each image into the family of the nearest candidate that is a copy of it."""
    fingerprints = OpenFingerprints(state)
    with_candidates = [image for image in images if image.candidates]
    for start in range(0, len(with_candidates), KEPT_AFTER):
        joined: dict[bytes, bytes] = {}
        for image in with_candidates[start : start + KEPT_AFTER]:
            joined |= _joined(db, image, joined, fingerprints)
        with db:
            db.executemany("INSERT OR IGNORE INTO families VALUES (?, ?)", joined.items())
        verified(start, len(with_candidates))


def _joined(
    db: sqlite3.Connection, image: NewImage, joined: dict[bytes, bytes], fingerprints: OpenFingerprints
) -> dict[bytes, bytes]:
    """Image -> family of what is to be kept: none, or the image and the one that it is a copy of."""
    if _family(db, image.sha):
        return {}
    mine = fingerprints.of(image.sha, image.accommodation)
    compared: set[bytes] = set()
    for candidate in image.nearest():
        family = joined.get(candidate.sha) or _family(db, candidate.sha) or candidate.sha
        if family in compared:
            continue
        compared.add(family)
        theirs = fingerprints.of(candidate.sha, candidate.accommodation)
        if mine is None or theirs is None:
            continue
        if may_be_copy(mine, theirs) and is_copy(mine, theirs):
            return {image.sha: family, family: family}
    return {}


def _family(db: sqlite3.Connection, sha: bytes) -> bytes | None:
    found = db.execute("SELECT family FROM families WHERE sha = ?", (sha,)).fetchone()
    return bytes(found[0]) if found else None


def stored_families(db: sqlite3.Connection) -> dict[bytes, bytes]:
    """Image -> family, by the SHA-256 of both, of all images that are copies of others."""
    return {bytes(sha): bytes(family) for sha, family in db.execute("SELECT sha, family FROM families")}
