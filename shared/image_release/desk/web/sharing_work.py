"""The comparison of all hotels, which goes on in the background, and what the last one of this desk found."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import UTC, datetime

from image_release.desk.desk import Desk
from image_release.problems import printable
from image_release.sharing import Families, Shared, find_shared, read_round

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Comparing:
    """How far a comparison is; `error` is a sentence, and empty if all is well."""

    what: str = "Reading the images of all hotels"
    done: int = 0
    total: int | None = None
    is_over: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class FoundShared:
    """What a comparison found, and when. `by_suite`: the suite compared the hotels, in a round."""

    shared: Shared
    at: datetime
    by_suite: bool = False


class SharedByHotels:
    """What the hotels of one desk share. Threads may use it; one comparison goes on at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.found: FoundShared | None = None
        self.comparing: Comparing | None = None

    def begin(self, desk: Desk) -> None:
        """Begin to compare all hotels, unless that goes on already."""
        with self._lock:
            if self.comparing and not self.comparing.is_over:
                return
            self.comparing = Comparing()
            threading.Thread(target=self._compare, args=(desk, self.comparing), name="sharing", daemon=True).start()

    def _compare(self, desk: Desk, comparing: Comparing) -> None:
        def reading(done: int, total: int) -> None:
            comparing.done, comparing.total = done, total

        def progress(done: int, total: int) -> None:
            comparing.what, comparing.done, comparing.total = "Comparing new images with all others", done, total

        families = Families(desk.prints)

        def find() -> Shared:
            families.catch_up(desk.stores, progress, reading)
            comparing.what, comparing.total = "Looking for pictures and hotels", None
            return find_shared(families, desk.stores)

        try:
            before = read_round(desk.stores)
            if before:  # the suite compares all hotels, and people ask it for another round
                self.found = FoundShared(before.shared, before.ended, by_suite=True)
            else:
                self.found = FoundShared(desk.prints.made_again_if_damaged(find), datetime.now(UTC))
        except Exception as error:
            log.exception("what hotels share")
            comparing.error = printable(f"{error or type(error).__name__}", 500)
        finally:
            comparing.is_over = True
