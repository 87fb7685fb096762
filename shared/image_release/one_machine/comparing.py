"""Compares two images for the desk, with the instruments of the lab, in a child process: the bytes are hostile."""

from __future__ import annotations

from image_release.child_process import ChildCrashedError
from image_release.desk.comparing import ComparedImages, IncomparableError, Named
from image_release.hotel import Caller
from image_release.lab.grouping.report import ImageUnreadableError, compare_files, side_of_bytes
from image_release.settings import Settings


class IsolatedComparer:
    """Compares two images through a caller, whose child process may die for it."""

    def __init__(self, settings: Settings, call: Caller) -> None:
        self._settings = settings
        self._call = call

    def __call__(self, one: Named, other: Named) -> ComparedImages:
        """Compare them as if the hotel had no others. Raises IncomparableError."""
        try:
            return self._call(compared, one, other, self._settings)
        except ImageUnreadableError as error:
            raise IncomparableError(str(error)) from error
        except ChildCrashedError as error:
            raise IncomparableError(f"the two images cannot be compared: {error}") from error


def compared(one: Named, other: Named, settings: Settings) -> ComparedImages:
    """The sentence and the page of a pair. Raises ImageUnreadableError."""
    first, second = (side_of_bytes(item.data, item.name, None, settings) for item in (one, other))
    found = compare_files(first, second, settings)
    return ComparedImages(found.sentence, found.page)
