"""A labelling session: hotels are opened one by one, edited, and saved with each edit.

If saving fails, the edit is not made and the page shows why. The proposed labels of a hotel are saved with the first
edit, or when a person accepts them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from image_release.child_process import ChildCrashedError
from image_release.lab.corpus_csv import LabelRow
from image_release.lab.grouping.labelling.edits import Edit, History, Names, State
from image_release.lab.grouping.labelling.finding import FoundHotel
from image_release.lab.grouping.labelling.proposing import KnownLabel, group_images, propose
from image_release.lab.grouping.labelling.saving import ChangedElsewhereError, read_rows, save_rows
from image_release.lab.grouping.labelling.thumbnails import Caller, sizes
from image_release.problems import printable
from image_release.settings import Settings

log = logging.getLogger(__name__)


class Step(StrEnum):
    """Actions on a hotel other than edits."""

    UNDO = "undo"
    REDO = "redo"
    ACCEPT = "accept"


class OutdatedError(Exception):
    """The page shows an older state of the hotel than the present one."""


@dataclass(slots=True)
class OpenHotel:
    """A hotel that is open on a page. `version` counts its states, so that an edit of an older state is refused."""

    found: FoundHotel
    names: Names
    rows: dict[str, LabelRow]
    history: History
    sizes: list[tuple[int, int, int] | None]
    saved: bool
    note: str = ""
    version: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Session:
    """The hotels of one corpus. Threads may share it.

    `group` and `decode` call functions in child processes: one for grouping, one for decoding.
    """

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
        """The number of images with a label, for each hotel. Raises CorpusUnreadableError."""
        rows = read_rows(self.file)
        return [sum(bool(rows[name].label) for name in hotel.images if name in rows) for hotel in self.hotels]

    def path(self, number: int, image: int) -> Path:
        """The file of an image."""
        return self.corpus / "images" / self.hotels[number].images[image]

    def opened(self, number: int) -> OpenHotel | None:
        """The hotel, or None while it is being grouped in the background.

        Once a hotel is open, the next one is prepared. Raises RuntimeError if the hotel could not be opened.
        """
        with self._lock:
            hotel, failure = self._opened.get(number), self._failed.pop(number, None)
        if failure:
            raise RuntimeError(failure)
        self._prepare(number if hotel is None else number + 1)
        return hotel

    def edit(self, number: int, version: int, edit: Edit) -> tuple[OpenHotel, State]:
        """Edit a hotel and save it; returns it with its state before the edit. Raises what `_advance` raises."""
        return self._advance(number, version, lambda hotel: hotel.history.edited(edit, hotel.names))

    def step(self, number: int, version: int, step: Step) -> tuple[OpenHotel, State]:
        """Undo, redo or accept, and save the hotel; returns it with its state before. Raises what `_advance` raises."""
        steps: dict[Step, Callable[[OpenHotel], History]] = {
            Step.UNDO: lambda hotel: hotel.history.undone(),
            Step.REDO: lambda hotel: hotel.history.redone(),
            Step.ACCEPT: lambda hotel: hotel.history,
        }
        return self._advance(number, version, steps[step], always=step is Step.ACCEPT)

    def _advance(
        self, number: int, version: int, change: Callable[[OpenHotel], History], *, always: bool = False
    ) -> tuple[OpenHotel, State]:
        """Change the history of a hotel, if saving it works.

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
                self._opened.pop(number, None)  # the file wins: the page opens the hotel again
            raise
        hotel.rows = rows

    def _prepare(self, number: int) -> None:
        """Open a hotel in the background, unless it is open or is being opened."""
        with self._lock:
            if number in self._opened or number in self._opening or not 0 <= number < len(self.hotels):
                return
            self._opening.add(number)
        threading.Thread(target=self._open, args=(number,), name=f"open hotel {number}", daemon=True).start()

    def _open(self, number: int) -> None:
        opened, failure = None, ""
        try:
            opened = self._read(self.hotels[number])
        except Exception as error:  # a thread has no caller: the page shows the error
            log.debug("hotel %d cannot be opened", number, exc_info=True)
            failure = printable(f"{type(error).__name__}: {error}", 300)
        with self._lock:
            self._opening.discard(number)
            if opened:
                self._opened[number] = opened
            else:
                self._failed[number] = failure

    def _read(self, found: FoundHotel) -> OpenHotel:
        all_rows = read_rows(self.file)
        rows = {image: all_rows[image] for image in found.images if image in all_rows}
        taken = frozenset(row.label for image, row in all_rows.items() if image not in rows)
        names = Names(found.hotel_id, taken)
        known = [
            KnownLabel(rows[image].label, rows[image].is_best) if image in rows else KnownLabel()
            for image in found.images
        ]
        complete = all(item.label for item in known)
        groups, note = None, ""
        if not complete:
            try:
                groups = self._group(group_images, self.corpus, found.hotel_id, found.images, self._settings)
            except (ChildCrashedError, OSError) as error:
                note = "The program could not group this hotel, so each image is a group of its own: "
                note += printable(str(error), 200)
        paths = [self.corpus / "images" / image for image in found.images]
        try:
            facts = self._decode(sizes, paths)
        except ChildCrashedError as error:
            facts = [None] * len(paths)
            note = note or f"The sizes of the images could not be read: {error}"
        return OpenHotel(found, names, rows, History(propose(known, groups, names)), facts, complete, note)


def _row(hotel: OpenHotel, image: str, label: str, best: bool | None) -> LabelRow:  # noqa: FBT001 - a value of the row, not a switch
    """The new row of an image. Cells whose meaning does not change keep their text."""
    old = hotel.rows.get(image, LabelRow(image, hotel.found.hotel_id, ""))
    mark = old.best if old.is_best is best else "" if best is None else str(int(best))
    return LabelRow(image, old.hotel_id or hotel.found.hotel_id, label, old.attacks, mark)
