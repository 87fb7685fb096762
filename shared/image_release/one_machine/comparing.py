"""Compares two images for the desk, with the instruments of the lab, in a child process: the bytes are hostile."""

from __future__ import annotations

from image_release.child_process import ChildCrashedError, IsolatedCaller
from image_release.desk.comparing import Comparison, IncomparableError, Named
from image_release.lab.grouping.report import ImageUnreadableError, compare_files, side_of_bytes
from image_release.settings import Settings


class IsolatedComparer:
    """Compares two images in a child process that may die for it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._call = IsolatedCaller()

    def __call__(self, one: Named, other: Named) -> Comparison:
        """Compare them as if the hotel had no others. Raises IncomparableError."""
        try:
            return self._call(compared, one, other, self._settings)
        except ImageUnreadableError as error:
            raise IncomparableError(str(error)) from error
        except ChildCrashedError as error:
            raise IncomparableError(f"the two images cannot be compared: {error}") from error

    def close(self) -> None:
        """End the child process."""
        self._call.kill()


def compared(one: Named, other: Named, settings: Settings) -> Comparison:
    """The sentence and the page of a pair. Raises ImageUnreadableError."""
    first, second = (side_of_bytes(item.data, item.name, None, settings) for item in (one, other))
    found = compare_files(first, second, settings)
    return Comparison(found.sentence, found.page)
