"""A labelling session: hotels that are opened one by one, edited, and saved with each edit.

An edit counts when it is saved: where saving fails, the hotel stays as it was and the person hears why. Until the
first edit, or until a person accepts it as it stands, what the program proposes is written nowhere.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from image_release.isolation import ChildCrashedError
from image_release.lab.grouping.labelling.edits import Edit, History, Names, State
from image_release.lab.grouping.labelling.finding import FoundHotel
from image_release.lab.grouping.labelling.pictures import Caller, sizes
from image_release.lab.grouping.labelling.proposing import Known, group_images, propose
from image_release.lab.grouping.labelling.saving import ChangedElsewhereError, Row, read_rows, save_rows
from image_release.problems import printable
from image_release.settings import Settings

log = logging.getLogger(__name__)


class Step(StrEnum):
    """What can be done with a hotel besides edits."""

    UNDO = "undo"
    REDO = "redo"
    ACCEPT = "accept"


class OutdatedError(Exception):
    """The page shows an older state of the hotel than the one it wants to edit."""


@dataclass(slots=True)
class OpenHotel:
    """A hotel that somebody looks at. `version` counts its states, so that two pages cannot edit past each other."""

    found: FoundHotel
    names: Names
    rows: dict[str, Row]
    history: History
    sizes: list[tuple[int, int, int] | None]
    saved: bool
    note: str = ""
    version: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Session:
    """The hotels of one corpus. Threads may share it."""

    def __init__(
        self, corpus: Path, hotels: list[FoundHotel], settings: Settings, group: Caller, decode: Caller
    ) -> None:
        self.corpus = corpus
        self.hotels = hotels
        self.file = corpus / "labels.csv"
        self._settings = settings
        self._group = group
        self._decode = decode
        self._opened: dict[int, OpenHotel] = {}
        self._failed: dict[int, str] = {}
        self._opening: set[int] = set()
        self._lock = threading.Lock()
        self._saving = threading.Lock()

    def labelled(self) -> list[int]:
        """How many images of each hotel have a label."""
        rows = read_rows(self.file)
        return [sum(bool(rows[name].label) for name in hotel.images if name in rows) for hotel in self.hotels]

    def path(self, number: int, image: int) -> Path:
        """The file of an image."""
        return self.corpus / "images" / self.hotels[number].images[image]

    def opened(self, number: int) -> OpenHotel | None:
        """The hotel, or None while it is being grouped; the next one is then prepared too. Raises RuntimeError."""
        with self._lock:
            hotel, failure = self._opened.get(number), self._failed.pop(number, None)
        if failure:
            raise RuntimeError(failure)
        self._prepare(number if hotel is None else number + 1)
        return hotel

    def edit(self, number: int, version: int, edit: Edit) -> tuple[OpenHotel, State]:
        """Edit a hotel and save it; the state before comes back too. Raises what `_advance` raises."""
        return self._advance(number, version, lambda hotel: hotel.history.edited(edit, hotel.names))

    def step(self, number: int, version: int, step: Step) -> tuple[OpenHotel, State]:
        """Undo, redo, or accept the hotel as it stands; and save it. Raises what `_advance` raises."""
        steps: dict[Step, Callable[[OpenHotel], History]] = {
            Step.UNDO: lambda hotel: hotel.history.undone(),
            Step.REDO: lambda hotel: hotel.history.redone(),
            Step.ACCEPT: lambda hotel: hotel.history,
        }
        return self._advance(number, version, steps[step], always=step is Step.ACCEPT)

    def _advance(
        self, number: int, version: int, change: Callable[[OpenHotel], History], *, always: bool = False
    ) -> tuple[OpenHotel, State]:
        """Change a hotel's history if it can be saved.

        Raises OutdatedError, EditRefusedError, ChangedElsewhereError, CorpusUnreadableError or OSError.
        """
        hotel = self._opened.get(number)
        if hotel is None:
            raise OutdatedError("this hotel is not open any more")
        with hotel.lock:
            if version != hotel.version:
                raise OutdatedError("this hotel was edited in another window")
            before, history = hotel.history.present, change(hotel)
            if history is not hotel.history or (always and not hotel.saved):
                self._save(number, hotel, history.present)
                hotel.history, hotel.saved, hotel.version = history, True, hotel.version + 1
            return hotel, before

    def _save(self, number: int, hotel: OpenHotel, state: State) -> None:
        rows = {
            image: _row(hotel, image, label, best)
            for image, label, best in zip(hotel.found.images, state.labels, state.best, strict=True)
        }
        try:
            with self._saving:
                save_rows(self.file, hotel.rows, rows)
        except ChangedElsewhereError:
            with self._lock:
                self._opened.pop(number, None)  # what is there now counts: the page opens the hotel again
            raise
        hotel.rows = rows

    def _prepare(self, number: int) -> None:
        """Open a hotel in the background, unless it is open or being opened."""
        with self._lock:
            if number in self._opened or number in self._opening or not 0 <= number < len(self.hotels):
                return
            self._opening.add(number)
        threading.Thread(target=self._open, args=(number,), name=f"open hotel {number}", daemon=True).start()

    def _open(self, number: int) -> None:
        opened, failure = None, ""
        try:
            opened = self._read(self.hotels[number])
        except Exception as error:  # the page is told: a thread has nobody else to tell
            log.debug("hotel %d cannot be opened", number, exc_info=True)
            failure = printable(f"{type(error).__name__}: {error}", 300)
        with self._lock:
            self._opening.discard(number)
            if opened:
                self._opened[number] = opened
            else:
                self._failed[number] = failure

    def _read(self, found: FoundHotel) -> OpenHotel:
        everything = read_rows(self.file)
        rows = {image: everything[image] for image in found.images if image in everything}
        taken = frozenset(row.label for image, row in everything.items() if image not in rows)
        names = Names(found.hotel_id, taken)
        known = [Known(rows[image].label, rows[image].is_best) if image in rows else Known() for image in found.images]
        complete = all(item.label for item in known)
        groups, note = None, ""
        if not complete:
            try:
                groups = self._group(group_images, self.corpus, found.hotel_id, found.images, self._settings)
            except (ChildCrashedError, OSError) as error:
                note = f"The program could not group this hotel, so each image is alone: {printable(str(error), 200)}"
        paths = [self.corpus / "images" / image for image in found.images]
        try:
            facts = self._decode(sizes, paths)
        except ChildCrashedError as error:
            facts = [None] * len(paths)
            note = note or f"The sizes of the images could not be read: {error}"
        return OpenHotel(found, names, rows, History(propose(known, groups, names)), facts, complete, note)


def _row(hotel: OpenHotel, image: str, label: str, best: bool | None) -> Row:  # noqa: FBT001 - a mark, not a switch
    """What labels.csv is to say of an image; cells that say it already keep their spelling."""
    old = hotel.rows.get(image, Row(image, hotel.found.hotel_id, ""))
    mark = old.best if old.is_best is best else "" if best is None else str(int(best))
    return Row(image, old.hotel_id or hotel.found.hotel_id, label, old.attacks, mark)
