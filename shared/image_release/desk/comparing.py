"""Comparing two images closely: the port through which the desk shows why they are one picture or two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Named:
    """An image's name on a page, and its bytes as a partner sent them."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ComparedImages:
    """What a close comparison found: one sentence, and a page that stands alone with all evidence."""

    sentence: str
    page: str


class IncomparableError(Exception):
    """One of the images cannot be opened; the message is a sentence that says which, and why."""


class Comparer(Protocol):
    """Compares two images, as `image-release corpus pair` does."""

    def __call__(self, one: Named, other: Named) -> ComparedImages:
        """Compare them as if the hotel had no others. Raises IncomparableError."""
